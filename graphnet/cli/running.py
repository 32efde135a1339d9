"""Commands that run: run, sweep."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from .door import DONE, FAILED, commands
from .reading import seed, settings, with_seed

if TYPE_CHECKING:
    from ..runs import RunFolder

T = TypeVar("T")
BACKEND = "What runs the runs: this process, its threads, or processes [default: serial; dask for several workers]."


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
        click.echo(folder.standing(), err=True)
    outcome = folder.run(watch=_bars, progress=True)
    names = ", ".join(sorted(one.name for one in folder.path.iterdir()))
    click.echo(f"{outcome.table}written to {folder.path}/: {names}")


def _started(file: Path, output: Path | None, settings: Sequence[str]) -> RunFolder:
    from ..files import apply_settings, read_flawed
    from ..runs import start
    from ..runs.folder import origin
    from ..runs.ready import ready
    from ..runs.resolved import resolved

    net = ready(apply_settings(read_flawed(file), settings))
    return start(resolved(net), net.seed, output or Path("out") / net.name, origin(file, settings))


@commands.command(short_help="Run a document once for each combination of values.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder of the sweep [default: out/NAME-sweep].")
@click.option("--backend", type=click.Choice(["serial", "threads", "dask"]), help=BACKEND)
@click.option("--workers", type=click.IntRange(min=1), help="How many run at once [default: as many as processors].")
@click.option("--scheduler", metavar="ADDRESS", help="Run on this Dask cluster, which shares the folder's disk.")
@settings
@seed
def sweep(
    file: Path, output: Path | None, backend: str | None, workers: int | None, scheduler: str | None,
    settings: tuple[str, ...], seed: int | None,
) -> int:  # fmt: skip
    """Run a document once for each combination of the values of its section sweep.

    Writes a table, runs.csv, with a row for each run, a figure, and a folder for each run. Run again, it leaves out
    what is done. A run that fails is noted and the others go on; the status is then 1.
    """
    from ..files import apply_settings, read_flawed
    from ..runs.ready import ready
    from ..sweeping import planned
    from ..sweeping.folder import sweep as swept

    source = apply_settings(read_flawed(file), with_seed(settings, seed))
    net = ready(source)  # what is wrong with the document is said before anything runs
    plan = planned(source)
    folder = output or Path("out") / f"{net.name}-sweep"
    chosen, count = _workers(backend or plan.backend, workers or plan.workers, scheduler)
    going = partial(_bar, total=len(plan.members))
    rows = swept(plan, folder, net.name, backend=chosen, workers=count, watch=going)
    failed = [row for row in rows if row.error]
    click.echo(f"{len(rows)} runs, {len(failed)} failed; written to {folder}/: runs.csv, sweep.png, runs/")
    for row in failed:
        values = ", ".join(row.member.settings)
        click.echo(f"run {row.member.number} failed ({values}): {row.error}", err=True)
    return FAILED if failed else DONE


def _workers(backend: str | None, workers: int | None, scheduler: str | None) -> tuple[str, int | None]:
    """What runs the members: what is asked for, or else processes where several are to run at once."""
    if scheduler is None:
        return backend or ("dask" if workers is not None and workers > 1 else "serial"), workers
    if backend not in (None, "dask") or "://" not in scheduler:
        raise click.UsageError("--scheduler is the address of a Dask scheduler, such as tcp://host:8786")
    return scheduler, None


def _bar(rows: Iterator[T], total: int) -> Iterator[T]:
    from tqdm import tqdm

    yield from tqdm(rows, total=total, desc="sweep   ", unit="run", dynamic_ncols=True, file=sys.stderr)


def _bars(trials: Sequence[T], what: str) -> Iterable[T]:
    from tqdm import tqdm

    def going() -> Iterator[T]:
        yield from tqdm(trials, desc=f"{what:<8}", unit="trial", dynamic_ncols=True, file=sys.stderr)

    return going()
