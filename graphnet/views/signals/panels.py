"""One signal in one panel: lines for a few channels, an image for many, a raster for events."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..letters import measure
from ..palette import COLOURS, INK, RULE, SOFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...timeseries import TSContinuous, TSEvent

MOST_LINES = 12  # channels drawn as lines; more become the rows of an image
COLUMNS = 1500  # what a page can show: longer signals are drawn by their extremes in as many columns
MANY_EVENTS = 5000  # above, an SVG holds the raster as an image
LETTERS = 8.0
ROOM = 52.0  # points: the widest number beside a panel
MINUS = "\N{MINUS SIGN}"
LINES = ("#27598c", "#d0782a", "#3b8f6b", "#a23b5b", "#7c6bb0", "#8a7a3a")
Array = NDArray[np.float64]
Span = tuple[float, float]


def tick_words(ticks: list[float]) -> list[str]:
    """The shortest labels that tell evenly spaced ticks apart.

    >>> tick_words([0.0, 0.5, 1.0]), tick_words([0.0, 2e6])
    (['0.0', '0.5', '1.0'], ['0', '2e+06'])
    """
    step = min((b - a for a, b in pairwise(ticks)), default=1.0)
    places = next((p for p in range(5) if abs(step * 10**p - round(step * 10**p)) < 1e-6 * step * 10**p), 5)
    if places < 5 and max(abs(tick) for tick in ticks) < 1e5:
        return [f"{tick + 0.0:.{places}f}".replace("-", MINUS) for tick in ticks]
    return value_words(ticks)


def value_words(values: list[float]) -> list[str]:
    """Values to three digits, or to as many as tell them apart; beyond ROOM points, the first and what is added to it.

    >>> value_words([0.0, 121.558]), value_words([1000.0, 1000.25]), value_words([123456.0, 123456.0000002])
    (['0', '122'], ['1000', '1000.2'], ['1.23e+05', '+2e−07'])
    """
    digits = next((d for d in range(3, 17) if len({f"{v:.{d}g}" for v in values}) == len(set(values))), 17)
    labels = [f"{value + 0.0:.{digits}g}" for value in values]
    if max(measure(label, LETTERS)[0] for label in labels) > ROOM:
        labels = [f"{values[0]:.3g}", *(f"+{value - values[0]:.2g}" for value in values[1:])]
    return [label.replace("-", MINUS) for label in labels]


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Round values within [low, high], one or two more than ``most`` at the most."""
    from matplotlib.ticker import MaxNLocator

    slack = 1e-9 * (high - low)
    found = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in found if low - slack <= tick <= high + slack]


def continuous(ax: Axes, series: TSContinuous, span: Span, height: float) -> None:
    """Draw a continuous signal over the span of time; each sample holds until the next, the last one to t_stop."""
    times, samples = _within(series, span)
    if samples.size == 0:
        empty(ax, "no samples")
    elif not np.isfinite(samples).any():
        empty(ax, "no finite samples")
    elif samples.shape[1] <= MOST_LINES:
        _lines(ax, times, samples, height)
    else:
        _image(ax, times, samples, span)


def events(ax: Axes, series: TSEvent, span: Span, height: float) -> None:
    """Draw events as ticks, one row a channel, channel 0 at the bottom."""
    channels = int(series.num_channels)
    if channels == 0:
        empty(ax, "no channels")
        return
    here = (series.times >= span[0]) & (series.times <= span[1])
    size = min(max(0.85 * height / channels, 1.2), 9.0)
    count = int(here.sum())
    width = min(max(140.0 * channels / max(count, 1), 0.25), 0.7)  # thinner where they crowd
    look: dict[str, Any] = {"linestyle": "none", "marker": "|", "markersize": size, "markeredgewidth": width}
    many = count > MANY_EVENTS
    colour = COLOURS["TSEvent"]
    ax.plot(series.times[here], series.channels[here], color=colour, rasterized=many, gid="events", **look)
    _channel_axis(ax, channels)


def empty(ax: Axes, why: str) -> None:
    """Say that there is nothing to see."""
    ax.set_yticks([])
    ax.text(0.5, 0.5, why, transform=ax.transAxes, size=LETTERS, color=SOFT, ha="center", va="center")


def _within(series: TSContinuous, span: Span) -> tuple[Array, Array]:
    """Times (T + 1,), the last being the end of the last sample, and samples (T, channels), cut to the span."""
    times = np.asarray(series.times, dtype=float)
    first = max(int(np.searchsorted(times, span[0], side="right")) - 1, 0)
    last = int(np.searchsorted(times, span[1], side="right"))
    end = times[last] if last < len(times) else max(float(series.t_stop), times[-1] if len(times) else 0.0)
    return np.append(times[first:last], end), np.asarray(series.samples, dtype=float)[first:last]


def _lines(ax: Axes, times: Array, samples: Array, height: float) -> None:
    channels = samples.shape[1]
    colours = _colours(channels)
    for channel in range(channels):
        x, y = _extremes(times, samples[:, channel])
        look = {"color": colours[channel], "linewidth": 0.9, "drawstyle": "steps-post", "gid": f"channel-{channel}"}
        ax.plot(x, y, **look)
    finite = samples[np.isfinite(samples)]
    low, high = _limits(float(finite.min()), float(finite.max()))
    ax.set_ylim(low, high)
    ticks = nice_ticks(low, high, 3)
    ax.set_yticks(ticks, tick_words(ticks) if ticks else [])
    if channels > 1:
        _channel_numbers(ax, colours, height)


def _limits(low: float, high: float) -> Span:
    """Room above and below the values; around a constant, room that shows it as a line in the middle."""
    room = 0.08 * (high - low) if high > low else 0.0
    if room <= 1e-12 * max(abs(low), abs(high)):
        room = max(abs(high), 1.0) * 0.5
    return low - room, high + room


def _colours(channels: int) -> list[Any]:
    if channels <= len(LINES):
        return list(LINES[:channels])
    from matplotlib import colormaps

    return [tuple(colour) for colour in colormaps["viridis"](np.linspace(0.0, 0.92, channels))]


def _channel_numbers(ax: Axes, colours: list[Any], height: float) -> None:
    """The channels' numbers in their colours, in columns right of the panel."""
    rows = int(height // (1.25 * LETTERS))
    for channel, colour in enumerate(colours):
        column, row = divmod(channel, rows)
        at = (5.0 + 16.0 * column, -1.25 * LETTERS * row)
        ax.annotate(
            str(channel), (1.0, 1.0), at, "axes fraction", "offset points", size=LETTERS, color=colour, va="top"
        )


def _extremes(times: Array, values: Array) -> tuple[Array, Array]:
    """The signal as steps, or by its least and greatest value in each column where it has more samples than a page."""
    if len(values) <= 2 * COLUMNS:
        return times, np.append(values, values[-1])
    edges = np.linspace(0, len(values), COLUMNS + 1).astype(int)[:-1]
    both = np.column_stack([np.fmin.reduceat(values, edges), np.fmax.reduceat(values, edges)])
    return np.repeat(times[edges], 2), both.ravel()


def _image(ax: Axes, times: Array, samples: Array, span: Span) -> None:
    """Channels as rows, values as shades, with the scale of shades right of the panel."""
    from matplotlib import colormaps

    finite = samples[np.isfinite(samples)]
    low, high = float(finite.min()), float(finite.max())
    if low < 0.0 < high:
        high = max(-low, high)
        low, shades = -high, "RdBu_r"
    else:
        low = 0.0 if 0.0 < low < 0.05 * high else low
        shades = "Blues"
    start, stop = max(span[0], float(times[0])), min(span[1], float(times[-1]))
    ax.imshow(
        _columns(times, samples, start, stop).T,
        extent=(start, stop, -0.5, samples.shape[1] - 0.5),
        vmin=low,
        vmax=high if high > low else low + 1.0,
        cmap=colormaps[shades].with_extremes(bad=RULE),
        aspect="auto",
        origin="lower",
        interpolation="nearest",
        interpolation_stage="data",
        gid="image",
    )
    _channel_axis(ax, samples.shape[1])
    _scale(ax, shades, value_words([low, high]))


def _columns(times: Array, samples: Array, start: float, stop: float) -> Array:
    """The mean of the samples in each of at most COLUMNS equal stretches of time, or the one held where none begins."""
    step = np.diff(times)
    count = int(min(COLUMNS, max(1.0, math.ceil((stop - start) / max(float(step.min()), 1e-300)))))
    edges = np.linspace(start, stop, count + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    held = np.clip(np.searchsorted(times[:-1], middles, side="right") - 1, 0, len(samples) - 1)
    if len(samples) <= COLUMNS:
        return samples[held]
    starts = np.clip(np.searchsorted(times[:-1], edges[:-1]), 0, len(samples) - 1)
    counts = np.diff(np.append(starts, len(samples)))
    means = np.add.reduceat(samples, starts, axis=0) / np.maximum(counts, 1)[:, None]
    return np.where((counts > 0)[:, None], means, samples[held])


def _scale(ax: Axes, shades: str, ends: list[str]) -> None:
    width = ax.get_window_extent().width * 72 / ax.figure.dpi
    strip = ax.inset_axes((1.0 + 6.0 / width, 0.0, 6.0 / width, 1.0))
    strip.imshow(np.linspace(0.0, 1.0, 64)[:, None], cmap=shades, aspect="auto", origin="lower", vmin=0.0, vmax=1.0)
    strip.set(xticks=[], yticks=[])
    for spine in strip.spines.values():
        spine.set(color=RULE, linewidth=0.6)
    for text, y, va in ((ends[0], 0.0, "bottom"), (ends[1], 1.0, "top")):
        ax.annotate(
            text, (1.0, y), (16.0, 0.0), "axes fraction", "offset points", size=LETTERS, color=INK, va=va, ha="left"
        )


def _channel_axis(ax: Axes, channels: int) -> None:
    ax.set_ylim(-0.5, channels - 0.5)
    ticks = [0, channels - 1] if channels > 1 else [0]
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    if channels > 1:
        low, high = ax.get_yticklabels()[0], ax.get_yticklabels()[-1]
        low.set_verticalalignment("bottom")
        high.set_verticalalignment("top")
