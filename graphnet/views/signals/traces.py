"""The activity of a run: every signal in a panel of its own, over one axis of time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from ...errors import ParameterError, ParameterTypeError, UnknownName
from ...timeseries import TSContinuous, TSEvent
from ..figures import check_format, style, write
from ..palette import Theme
from ..palette import theme as themed
from . import frames, panels, rasters, spectrogram
from .frames import LEFT, SMALL, TITLE, WIDTH, Line
from .ticks import Span

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Series = TSContinuous | TSEvent
Panel = tuple[str, str, Series]

TOP, BOTTOM, HEADER, GAP = 10.0, 36.0, 15.0, 9.0  # points, as all below
PANEL, RATE, POWER = 60.0, 24.0, 66.0
CROWD, TALL = 500, 216.0  # a raster of more channels is so high: lower, its events run into each other
UNROLLED = 50_000_000  # samples or events of a periodic series, repeated
MOST = 100  # panels, where nobody has named them


@dataclass(frozen=True)
class Strip:
    """A part of the figure: what is drawn of which panel, how high, and how far below the one above it."""

    what: str
    panel: Panel
    height: float
    above: float


def activity(
    shown: Sequence[Panel],
    title: str | None = None,
    *,
    t_start: float | None = None,
    t_stop: float | None = None,
    spectrograms: Collection[str] = (),
    theme: str = "light",
) -> Figure:
    """One figure of a run: a panel for each ``(name, class_name, series)``, stacked in that order over one time axis.

    Continuous signals of up to 12 channels are lines, each sample held to the next; long ones bands from the least to
    the greatest value in each of 1000 columns, with the mean; more channels become an image with its scale beside it.
    Events are rasters, the rate of a channel below. ``spectrograms`` names signals whose power is drawn too. The axis
    runs from ``t_start`` to ``t_stop`` in seconds, by default over all series. ``theme`` is "light" or "dark". Letters
    have 8 points or more, and the figure grows with its panels.

    Raises ParameterError where there is no panel or no time to show, UnknownName for spectrograms of what is not shown,
    ParameterTypeError for any other kind of panel.
    """
    found = [_checked(panel, number) for number, panel in enumerate(shown)]
    span = _span(found, t_start, t_stop)
    found = [(name, class_name, _unrolled(series, span)) for name, class_name, series in found]
    colours = themed(theme)
    power = {_with_power(name, found) for name in spectrograms}
    strips = [one for number, panel in enumerate(found) for one in _strips(panel, span, number in power)]
    return _drawn(strips, title, span, colours)


def chosen(signals: Mapping[str, Any], classes: Mapping[str, str], names: str | Iterable[str] | None) -> list[Panel]:
    """The panels of these names, by default of all signals (the first MOST of them), in the signals' own order.

    Raises what ``signals`` raise for an unknown name.
    """
    asked = list(signals)[:MOST] if names is None else [names] if isinstance(names, str) else list(names)
    place = {name: i for i, name in enumerate(signals)}
    found = {name: signals[name] for name in asked}
    return [(name, classes.get(name, ""), found[name]) for name in sorted(found, key=place.__getitem__)]


def clocked(shown: Iterable[Panel]) -> list[str]:
    """The signals of which a spectrogram can be drawn, of those that are drawn as lines."""
    return [
        name
        for name, _, series in shown
        if isinstance(series, TSContinuous)
        and series.exact_dt is not None
        and series.num_channels <= panels.MOST_LINES
        and len(series.samples) >= spectrogram.SHORTEST
    ]


def save(figure: Figure, path: str | FilePath) -> None:
    """Write the figure as .png, .svg or .pdf, as the path's ending says. The same figure gives the same bytes.

    Raises ParameterError for another ending.
    """
    write(figure, path)


# --- what is shown ----------------------------------------------------------------------------------------------------


def _checked(panel: Any, number: int) -> Panel:
    shape = "a panel is a triple of (name, class name, series)"
    if not isinstance(panel, Sequence) or isinstance(panel, str) or len(panel) != 3:
        raise ParameterTypeError(f"panel {number}: {shape}, got {type(panel).__name__}", parameter="panels")
    name, class_name, series = panel
    if not isinstance(series, TSContinuous | TSEvent):
        raise ParameterTypeError(
            f"panel {number} ({name!r}): {shape}; its series must be TSContinuous or TSEvent, "
            f"got {type(series).__name__}",
            parameter="panels",
        )
    return str(name), str(class_name), series


def _span(shown: Sequence[Panel], t_start: float | None, t_stop: float | None) -> Span:
    if not shown:
        raise ParameterError("an activity figure needs at least one panel", parameter="panels")
    everything = [series for _, _, series in shown]
    lasting = [one for one in everything if one.t_stop > one.t_start]
    filled = [one for one in lasting if not one.periodic] or lasting or everything
    start = min(float(one.t_start) for one in filled) if t_start is None else float(t_start)
    stop = max(float(one.t_stop) for one in filled) if t_stop is None else float(t_stop)
    if not start < stop < float("inf") or start == -float("inf"):
        raise ParameterError(
            f"there is no time to show between t_start = {start:g} s and t_stop = {stop:g} s",
            parameter="t_stop",
            hint="give a t_stop later than t_start",
        )
    return start, stop


def _unrolled(series: Series, span: Span) -> Series:
    """A periodic series over the whole span; one that would be longer than UNROLLED as it is, once."""
    repeats = (span[1] - span[0]) / series.duration if series.periodic and series.duration > 0 else 0.0
    if not 0 < repeats * len(series._content.channels if isinstance(series, TSEvent) else series.samples) <= UNROLLED:
        return series
    if isinstance(series, TSEvent):
        return series.clip(*span)
    return series.clip(*span, include_stop=False, sample_limits=False)


def _with_power(name: str, shown: Sequence[Panel]) -> int:
    """The panel of a signal whose spectrogram is asked for."""
    known = [one for one, _, _ in shown]
    if name not in known:
        raise UnknownName("signal", name, known, where="spectrogram")
    spectrogram.check(name, shown[known.index(name)][2])
    return known.index(name)


def _strips(panel: Panel, span: Span, power: bool) -> list[Strip]:
    series = panel[2]
    height = PANEL
    if isinstance(series, TSEvent) and series.num_channels:
        height = TALL if series.num_channels > CROWD else min(PANEL, 10.0 + 10.0 * series.num_channels)
    found = [Strip("signal", panel, height, GAP + HEADER)]
    if isinstance(series, TSEvent) and rasters.any_in(series, span):
        found.append(Strip("rate", panel, RATE, 5.0))
    if power:
        found.append(Strip("power", panel, POWER, GAP + HEADER))
    return found


# --- drawing ----------------------------------------------------------------------------------------------------------


def _drawn(strips: Sequence[Strip], title: str | None, span: Span, theme: Theme) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from .shown import Shown

    top = TOP - GAP + (TITLE * 1.2 + 8.0 if title else 0.0)
    height = top + sum(one.height + one.above for one in strips) + BOTTOM
    with style():
        figure = Shown(figsize=(WIDTH / 72, height / 72), dpi=100, facecolor=theme.page)
        FigureCanvasAgg(figure)
        if title:
            frames.title(figure, title, TOP, height, theme)
        ticks = frames.time_ticks(span)
        bottom = height - top
        for number, one in enumerate(strips):
            bottom -= one.above + one.height
            box = (LEFT / WIDTH, bottom / height, frames.INNER / WIDTH, one.height / height)
            ax = figure.add_axes(box)
            frames.frame(ax, theme)
            _draw(ax, one, span, theme)
            frames.time_axis(ax, span, ticks, theme, last=number == len(strips) - 1)
    return figure


def _draw(ax: Any, strip: Strip, span: Span, theme: Theme) -> None:
    name, class_name, series = strip.panel
    if strip.what == "power":
        assert isinstance(series, TSContinuous)  # check has refused the others
        spectrogram.draw(ax, series, span, theme)
        frames.side_label(ax, "Hz", strip.height, theme)
        frames.header(ax, [Line("spectrogram", theme.soft, SMALL), Line(spectrogram.about(series, span), theme.soft)])
        return
    if strip.what == "rate":
        assert isinstance(series, TSEvent)  # others have no rate
        rasters.histogram(ax, series, span, theme)
        frames.side_label(ax, "Hz", strip.height, theme)
        return
    label = "channel"
    if isinstance(series, TSEvent):
        rasters.events(ax, series, span, strip.height, theme)
    else:
        panels.continuous(ax, series, span, strip.height, theme)
        if series.num_channels <= panels.MOST_LINES:
            label = str(series.units or "")
    if strip.height >= PANEL / 2 or label != "channel":
        frames.side_label(ax, label, strip.height, theme)
    frames.header(ax, frames.named(name, class_name, series, theme))


__all__ = ["MOST", "Panel", "activity", "check_format", "chosen", "clocked", "save"]
