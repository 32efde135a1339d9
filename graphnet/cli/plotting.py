"""The command that draws what was recorded: plot."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .door import commands

if TYPE_CHECKING:
    from ..run import Result

PLOT = "plot.png"
"""What is written into a run folder without -o."""


_NUMBER: re.Pattern[str] = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")


class _Seconds(click.ParamType):
    """A time: a number of seconds, or a number with its unit."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from ..errors import GraphnetError
        from ..quantities import amount

        try:
            return float(value) if _NUMBER.fullmatch(str(value)) else amount(str(value), "s")
        except GraphnetError as error:
            self.fail(error.message, param, ctx)


_SECONDS = _Seconds()


@commands.command(short_help="Draw what a run recorded, or a series.")
@click.argument("what", metavar="FOLDER|FILE", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1, metavar="[NAMES]...")
@click.option("-o", "--output", type=click.Path(path_type=Path), help=f"A file .png, .svg or .pdf [FOLDER/{PLOT}].")
@click.option("--from", "start", type=_SECONDS, help="Where the axis of time begins: 0.2, or '200 ms'.")
@click.option("--to", "stop", type=_SECONDS, help="Where it ends.")
@click.option("--spectrogram", multiple=True, metavar="NAME", help="Draw the power of a signal too; may be repeated.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
def plot(
    what: Path,
    names: tuple[str, ...],
    output: Path | None,
    start: float | None,
    stop: float | None,
    spectrogram: tuple[str, ...],
    theme: str,
) -> None:
    """Draw the signals of a run, from its folder or from a file that Result.save wrote, or the series in a file: a
    panel each in the order of evolution, over one axis of time.

    NAMES picks signals, by default all. Lines for a few channels, an image for many, a raster with its rate for events;
    a long signal is a band from its least to its greatest value in each of 1000 columns, with the mean.
    """
    from ..views.signals import traces

    if output is None and not what.is_dir():
        raise click.UsageError(f"{what} is no folder to write {PLOT} into: say where with -o, e.g. -o {what.stem}.png")
    place = what / PLOT if output is None else output
    traces.check_format(place)  # before anything is read
    found = _result(what)
    asked: Any = names or None
    figure = found.plot(asked, t_start=start, t_stop=stop, spectrogram=spectrogram, theme=theme)
    traces.save(figure, place)
    if asked is None and len(found) > traces.MOST:
        click.echo(f"drawn are the first {traces.MOST} of {len(found)} signals: give the names of others", err=True)
    click.echo(f"written to {place}")


def _result(what: Path) -> Result:
    """The signals in a run folder, in a file of a result or of a series. Raises FileError, SeriesError."""
    import math

    from ..errors import FileError
    from ..run import Info, Result
    from ..run.result import SIGNALS
    from ..timeseries import TimeSeries
    from ..timeseries.bundle import is_bundle

    if what.is_dir() and not (what / SIGNALS).exists():
        raise FileError(
            f"{what} has no {SIGNALS}: it is no folder of a run that has ended",
            path=str(what),
            hint="give a folder that 'graphnet run -o FOLDER' has made",
        )
    if what.is_dir() or is_bundle(what):
        return Result.load(what)
    series = TimeSeries.load(what)
    name = what.stem if series.name == "unnamed" else series.name
    return Result({name: series}, Info(series.duration, math.nan, 0, "unknown", "unknown", {}))


__all__ = ["PLOT", "plot"]
