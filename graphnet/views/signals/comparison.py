"""Spikes beside those that were wanted: what was heard, who fired when, and the rates, over one time axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...timeseries import TimeSeries, TSContinuous, TSEvent
from ..figures import style
from ..letters import measure
from ..palette import COLOURS, INK, LIGHT, RULE, SOFT
from . import panels, rasters
from .frames import NAME, SMALL, TITLE, frame, time_ticks
from .ticks import nice_ticks, tick_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, LEFT, RIGHT, TOP, BOTTOM, GAP, HEADER = 640.0, 62.0, 18.0, 12.0, 38.0, 12.0, 17.0  # points, as all below
INPUT, ROW, RATE = 62.0, 25.0, 130.0
WANTED, MET, MISSED = "#1b222b", 1.0, 0.32  # the ink of wanted spikes; how opaque those are that meet, and others
LINES = (COLOURS["TSEvent"], COLOURS["TSContinuous"], "#3b8f6b", "#7c6bb0", "#8a7a3a")
STROKES: tuple[Any, ...] = ("solid", (0, (4.0, 1.6)), (0, (1.2, 1.4)), "dashdot")


@dataclass(frozen=True)
class Compared:
    """A signal beside the wanted spikes: its ``rate`` in Hz, how well rates and spikes agree in a few words, and, of
    events, which ``met``: index pairs, of its own events and of the wanted ones, that coincide.
    """

    name: str
    series: TimeSeries
    rate: TSContinuous
    of_rates: str
    of_spikes: str
    met: tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class Comparison:
    """What a picture of a comparison shows: ``inputs``, ``wanted`` spikes and their ``rate``, the signals, and the
    ``window`` of coincidences in seconds, where there is one.
    """

    title: str
    inputs: Mapping[str, TimeSeries]
    wanted: TSEvent
    rate: TSContinuous
    signals: Sequence[Compared]
    between: tuple[float, float]
    window: float | None


def draw(shown: Comparison) -> Figure:
    """One figure: a panel for each input, one of spikes, one of rates.

    Spikes that coincide with a wanted one are joined to it, the others are pale. Rates are means over channels, the
    wanted one is the grey area.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rasters = [one for one in shown.signals if isinstance(one.series, TSEvent)]
    heights = [INPUT] * len(shown.inputs) + [ROW * (1 + len(rasters)), RATE]
    height = TOP + 24.0 + sum(heights) + HEADER * len(heights) + GAP * (len(heights) - 1) + BOTTOM
    with style():
        figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=100, facecolor="white")
        FigureCanvasAgg(figure)
        at = (LEFT / WIDTH, 1 - (TOP + TITLE * 0.6) / height)
        figure.text(*at, shown.title, size=TITLE, weight="bold", color=INK, va="center_baseline", gid="title")
        boxes, y = [], TOP + 24.0
        for tall in heights:
            y += HEADER + tall
            boxes.append((LEFT / WIDTH, 1 - y / height, (WIDTH - LEFT - RIGHT) / WIDTH, tall / height))
            y += GAP
        axes = [figure.add_axes(box) for box in boxes]
        for ax, (name, series) in zip(axes, shown.inputs.items(), strict=False):
            _input(ax, name, series, shown.between)
        _spikes(axes[-2], shown, rasters)
        _rates(axes[-1], shown)
        ticks = time_ticks(shown.between)
        for ax in axes:
            ax.set_xlim(*shown.between)
            ax.set_xticks(ticks, tick_words(ticks) if ax is axes[-1] and ticks else [""] * len(ticks))
        axes[-1].set_xlabel("time (s)", size=SMALL, color=INK, labelpad=3.0)
    return figure


def _input(ax: Axes, name: str, series: TimeSeries, span: tuple[float, float]) -> None:
    frame(ax, LIGHT)
    if isinstance(series, TSContinuous):
        panels.continuous(ax, series, span, INPUT, LIGHT)
        unit = f" ({series.units})" if series.units else ""
    else:
        assert isinstance(series, TSEvent)  # there is no third kind
        rasters.events(ax, series, span, INPUT, LIGHT)
        unit = ""
    _header(ax, [(name + unit, INK)])


def _spikes(ax: Axes, shown: Comparison, rasters: Sequence[Compared]) -> None:
    """Wanted spikes in the uppermost row, those of each signal in a row below, coincident ones joined to them."""
    frame(ax, LIGHT)
    lines = dict(zip((one.name for one in shown.signals), LINES * len(shown.signals), strict=False))
    words = [("spikes", INK)]
    for number, one in enumerate(rasters):
        times, (mine, theirs) = _times(one.series), one.met
        if number == 0:  # further rows would have their lines cross this one
            _row(ax, shown, shown.wanted.times, theirs, 0, WANTED)
            for i, j in zip(mine.tolist(), theirs.tolist(), strict=True):
                ax.plot([times[i], shown.wanted.times[j]], [-0.12, 0.12], color=SOFT, linewidth=0.7, gid="met")
        _row(ax, shown, times, mine, -1 - number, lines[one.name])
        words.append((f"{one.name} {one.of_spikes}".strip(), lines[one.name]))
    if not rasters:
        _row(ax, shown, shown.wanted.times, np.arange(len(shown.wanted)), 0, WANTED)
    elif shown.window is not None:
        words.append((f"pale: no counterpart within {shown.window * 1000:g} ms", SOFT))
    ax.set_ylim(-len(rasters), 1.0)
    ax.set_yticks([0.5 - k for k in range(len(rasters) + 1)], [_name(shown), *(one.name for one in rasters)])
    ax.tick_params(left=False)
    ax.spines["left"].set_visible(False)
    for label, one in zip(ax.get_yticklabels()[1:], rasters, strict=True):
        label.set_color(lines[one.name])
    _header(ax, words)


def _row(ax: Axes, shown: Comparison, times: NDArray[Any], met: NDArray[np.int64], bottom: int, colour: str) -> None:
    """One train as strokes, pale where they have not met another, all alike where nobody asked for coincidences."""
    found = np.full(len(times), shown.window is None)
    found[met] = True
    here = (times >= shown.between[0]) & (times < shown.between[1])
    for which, opaque in ((found, MET), (~found, MISSED)):
        look: dict[str, Any] = {"colors": colour, "alpha": opaque, "linewidths": 1.1}
        ax.vlines(times[which & here], bottom + 0.12, bottom + 0.88, gid="spikes", **look)


def _name(shown: Comparison) -> str:
    return "wanted" if shown.wanted.name == "unnamed" else shown.wanted.name


def _times(series: TimeSeries) -> NDArray[np.float64]:
    assert isinstance(series, TSEvent)  # only these have a row
    return series.times


def _rates(ax: Axes, shown: Comparison) -> None:
    frame(ax, LIGHT)
    times, values = _within(shown.rate, shown.between)
    ax.fill_between(times, 0.0, values, color=RULE, alpha=0.55, linewidth=0.0, gid="wanted-rate")
    top = float(values.max(initial=0.0))
    words = [("rate (1/s)", INK), (_name(shown), SOFT)]
    for number, one in enumerate(shown.signals):
        times, values = _within(one.rate, shown.between)
        colour, stroke = LINES[number % len(LINES)], STROKES[number % len(STROKES)]
        ax.plot(times, values, color=colour, linewidth=1.3, linestyle=stroke, gid=f"rate-{one.name}")
        top = max(top, float(values.max(initial=0.0)))
        words.append((f"{one.name} {one.of_rates}".strip(), colour))
    ax.set_ylim(0.0, 1.06 * top or 1.0)
    ticks = nice_ticks(0.0, 1.06 * top or 1.0, 4)
    ax.set_yticks(ticks, tick_words(ticks))
    _header(ax, words)


def _within(series: TSContinuous, span: tuple[float, float]) -> tuple[NDArray[Any], NDArray[Any]]:
    times = np.asarray(series.times)
    here = (times >= span[0]) & (times < span[1])
    return times[here], series.samples[here].mean(axis=1)


def _header(ax: Axes, words: Sequence[tuple[str, str]]) -> None:
    """Above the panel at its left edge: what it shows, then what is in it, each in its colour."""
    x = 0.0
    for number, (text, colour) in enumerate(words):
        bold = number == 0
        size = NAME if bold else SMALL
        look = {"size": size, "weight": "bold" if bold else "normal", "color": colour, "va": "baseline"}
        ax.annotate(text, (0.0, 1.0), (x, 5.0), "axes fraction", "offset points", gid="header", **look)
        x += measure(text, size, bold)[0] + 12.0


__all__ = ["Compared", "Comparison", "draw"]
