"""Events in two panels: who sent them when, and how many there were, in Hz of each channel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..palette import Theme
from .decimating import counts, totals, within
from .inks import fading
from .panels import apart, channel_axis, empty
from .ticks import LETTERS, Span, nice_ticks, seconds, tick_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...timeseries import TSEvent

STROKES = 30_000  # so many events are drawn one by one, as strokes; more as an image
MANY = 5000  # above, an SVG holds the strokes as an image
COLUMNS, ROWS = 700, 500  # of the image
BINS, FEWEST, FILLED = 100, 20, 3  # of a histogram: at most, and so few where a bin would hold fewer events than that


@dataclass(frozen=True)
class Rates:
    """Events per second and channel: ``hertz`` (n,) between ``edges`` (n + 1,), in bins of ``bin`` seconds.

    The last bin may be shorter; its rate is that of its own length.
    """

    edges: NDArray[np.float64]
    hertz: NDArray[np.float64]
    bin: float


def rates(series: TSEvent, span: Span) -> Rates:
    """The rates of a series in at most 100 bins of the part of the span that it covers; of few events in about 20.

    A bin is 1, 2 or 5 times a power of ten seconds; of a clocked series it is a whole number of steps, the next one.
    """
    start, stop = max(span[0], series.t_start), min(span[1], series.t_stop)
    here = within(series, start, stop)
    bins = min(max((here.stop - here.start) / FILLED, FEWEST), BINS)
    size = _bin((stop - start) / bins, series.exact_dt)
    number = max(math.ceil((stop - start) / float(size) - 1e-6), 1)
    end = float(Fraction(start) + (number - 1) * size)  # where the last bin begins
    found = np.append(totals(series, number - 1, start, end), totals(series, 1, end, stop))
    edges = np.append(np.linspace(start, end, number), stop)
    return Rates(edges, found / np.diff(edges) / series.num_channels, float(size))


def _bin(least: float, dt: Fraction | None) -> Fraction:
    """The next round duration that is a whole number of steps."""
    power = math.floor(math.log10(least))
    nice = [Fraction(base) * Fraction(10) ** (power + more) for more in (0, 1) for base in (1, 2, 5)]
    found = next(one for one in nice if one >= Fraction(least) * (1 - Fraction(1, 10**9)))
    if dt is None or (found / dt).denominator == 1:
        return found
    return dt * math.ceil(found / dt)


def any_in(series: TSEvent, span: Span) -> bool:
    """Whether there is an event in the span of time."""
    here = within(series, *span)
    return here.stop > here.start and series.duration > 0


def events(ax: Axes, series: TSEvent, span: Span, height: float, theme: Theme) -> None:
    """Draw events as strokes, one row a channel, channel 0 at the bottom; very many as an image of their numbers."""
    channels = int(series.num_channels)
    if channels == 0 or apart(series, span):
        empty(ax, "no channels" if channels == 0 else "nothing at these times", theme)
        return
    here = within(series, *span)
    count = here.stop - here.start
    channel_axis(ax, channels)
    if not count:
        ax.text(0.5, 0.5, "no events", transform=ax.transAxes, size=LETTERS, color=theme.soft, ha="center", va="center")
        return
    colour = theme.signals["TSEvent"]
    if count > STROKES:
        _image(ax, series, span, colour)
    else:
        size = min(max(0.85 * height / channels, 1.2), 14.0)
        width = min(max(140.0 * channels / max(count, 1), 0.25), 0.7)  # thinner where they crowd
        look: dict[str, Any] = {"linestyle": "none", "marker": "|", "markersize": size, "markeredgewidth": width}
        look |= {"color": colour, "rasterized": count > MANY}
        ax.plot(series.times[here], series.channels[here], gid="events", **look)


def _image(ax: Axes, series: TSEvent, span: Span, colour: str) -> None:
    """Columns of time and rows of channels, the denser the more events: a lone one is seen, twice as many as more."""
    channels = int(series.num_channels)
    group = -(-channels // ROWS)
    start, stop = max(span[0], series.t_start), min(span[1], series.t_stop)
    found = counts(series, COLUMNS, start, stop, group).T
    busy = found[found > 0]
    top = max(float(np.percentile(busy, 99)), 1.0)
    ax.imshow(
        np.where(found > 0, np.minimum(0.3 + 0.7 * found / top, 1.0), 0.0),
        extent=(start, stop, -0.5, len(found) * group - 0.5),
        vmin=0.0,
        vmax=1.0,
        cmap=fading(colour),
        aspect="auto",
        origin="lower",
        interpolation="nearest",
        gid="events",
    )


def histogram(ax: Axes, series: TSEvent, span: Span, theme: Theme) -> None:
    """Draw the rate of a series below its raster, in Hz; the bin is said right of the panel."""
    found = rates(series, span)
    top = float(found.hertz.max(initial=0.0)) or 1.0
    look: dict[str, Any] = {"color": theme.signals["TSEvent"], "linewidth": 0.8}
    ax.stairs(found.hertz, found.edges, fill=False, gid="rate", **look)
    ax.stairs(found.hertz, found.edges, fill=True, alpha=0.3, color=look["color"], linewidth=0.0)
    ax.set_ylim(0.0, 1.08 * top)
    ticks = [0.0, max(nice_ticks(0.0, top, 2))]
    ax.set_yticks(ticks, tick_words(ticks))
    each = ["per channel"] if series.num_channels > 1 else []
    for line, text in enumerate([*each, f"bin {seconds(found.bin)}"]):
        at = (5.0, -1.2 * LETTERS * line)
        look = {"size": LETTERS, "color": theme.soft, "va": "top", "ha": "left"}
        ax.annotate(text, (1.0, 1.0), at, "axes fraction", "offset points", **look)


__all__ = ["Rates", "any_in", "events", "histogram", "rates"]
