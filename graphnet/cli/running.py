"""Commands that run: run."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import click

from .door import commands
from .reading import document, load, seed, settings, with_seed

T = TypeVar("T")


@commands.command(short_help="Run what a document asks, write results and pictures.")
@document
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Folder of the results [default: out/NAME].")
@settings
@seed
def run(file: Path, output: Path | None, settings: tuple[str, ...], seed: int | None) -> None:
    """Fit, evaluate or run a network as its document says, and write results and pictures."""
    from ..experiment import made_folder, perform, write

    net = load(file, with_seed(settings, seed))
    folder = made_folder(output or Path("out") / net.name)  # before the run: it may be long
    outcome = perform(net, watch=_bars, progress=True)
    write(net, outcome, folder)
    click.echo(outcome.table + f"written to {folder}/: {', '.join(sorted(one.name for one in folder.iterdir()))}")


def _bars(trials: Sequence[T], what: str) -> Iterable[T]:
    from tqdm import tqdm

    def going() -> Iterator[T]:
        yield from tqdm(trials, desc=f"{what:<8}", unit="trial", dynamic_ncols=True, file=sys.stderr)

    return going()
