"""Commands that run: run."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from .door import commands
from .reading import load, seed, settings, with_seed

if TYPE_CHECKING:
    from ..runs import RunFolder

T = TypeVar("T")


@commands.command(short_help="Run what a document asks, write results and pictures.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder of the run [default: out/NAME].")
@settings
@seed
@click.option("--resume", is_flag=True, help="FILE is the folder of a run that was stopped: continue it.")
def run(file: Path, output: Path | None, settings: tuple[str, ...], seed: int | None, resume: bool) -> None:
    """Fit, evaluate or run a network as its document says, and write results and pictures.

    The folder keeps all that the run needs: graphnet run FOLDER/document.yaml gives the same bits.
    """
    from ..runs import again

    if not resume:
        folder = _started(file, output, with_seed(settings, seed))
    elif output or settings or seed is not None:
        raise click.UsageError("--resume continues a run as it was begun: without -o, --set and --seed")
    else:
        folder = again(file)
        if folder.done:
            click.echo(f"{file}: this run is done")
            return
    outcome = folder.run(watch=_bars, progress=True)
    names = ", ".join(sorted(one.name for one in folder.path.iterdir()))
    click.echo(f"{outcome.table}written to {folder.path}/: {names}")


def _started(file: Path, output: Path | None, settings: Sequence[str]) -> RunFolder:
    from ..runs import start
    from ..runs.folder import origin
    from ..runs.resolved import resolved

    net = load(file, settings)
    return start(resolved(net), net.seed, output or Path("out") / net.name, origin(file, settings))


def _bars(trials: Sequence[T], what: str) -> Iterable[T]:
    from tqdm import tqdm

    def going() -> Iterator[T]:
        yield from tqdm(trials, desc=f"{what:<8}", unit="trial", dynamic_ncols=True, file=sys.stderr)

    return going()
