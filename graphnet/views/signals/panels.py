"""One continuous signal in one panel: lines for a few channels, bands where they are long, an image for many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...timeseries.content import clocked_times
from ..palette import Theme
from .decimating import envelope, means, within
from .inks import AROUND, RISING, line_colours, shades
from .ticks import LETTERS, Span, limits, nice_ticks, tick_words, value_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...timeseries import TSContinuous, TSEvent

MOST_LINES = 12  # channels drawn as lines; more become the rows of an image
COLUMNS = 1000  # what a page can show: a longer signal is drawn by its extremes and its mean in so many columns
ROWS = 300  # of an image: neighbouring channels beyond that share one
Array = NDArray[np.float64]


def continuous(ax: Axes, series: TSContinuous, span: Span, height: float, theme: Theme) -> None:
    """Draw a continuous signal over the span of time; each sample holds until the next, the last one to t_stop."""
    if series.samples.size == 0:
        empty(ax, "no samples", theme)
    elif apart(series, span):
        empty(ax, "nothing at these times", theme)
    elif series.num_channels <= MOST_LINES:
        _lines(ax, series, span, height, theme)
    else:
        _image(ax, series, span, theme)


def apart(series: TSContinuous | TSEvent, span: Span) -> bool:
    """Whether a series lies outside the span of time."""
    return series.t_stop > series.t_start and not (series.t_start < span[1] and span[0] < series.t_stop)


def empty(ax: Axes, why: str, theme: Theme) -> None:
    """Say that there is nothing to see."""
    ax.set_yticks([])
    ax.text(0.5, 0.5, why, transform=ax.transAxes, size=LETTERS, color=theme.soft, ha="center", va="center")


# --- lines and bands --------------------------------------------------------------------------------------------------


def _lines(ax: Axes, series: TSContinuous, span: Span, height: float, theme: Theme) -> None:
    here = within(series, *span)
    colours = line_colours(series.num_channels, theme)
    if here.stop - here.start <= 2 * COLUMNS:
        times, samples = held(series, max(here.start - 1, 0), here.stop)
        if len(times) > 1 and times[1] <= span[0]:  # the one before is not held into the span
            times, samples = times[1:], samples[1:]
        for channel, colour in enumerate(colours):
            look: dict[str, Any] = {"color": colour, "linewidth": 0.9, "drawstyle": "steps-post"}
            ax.plot(times, samples[:, channel], gid=f"channel-{channel}", **look)
        low = high = samples
    else:
        low, high = _bands(ax, series, span, colours)
    found = [one[np.isfinite(one)] for one in (low, high)]
    if not found[0].size:
        empty(ax, "no finite samples", theme)
        return
    bottom, top = limits(float(found[0].min()), float(found[1].max()))
    ax.set_ylim(bottom, top)
    ticks = nice_ticks(bottom, top, 3)
    ax.set_yticks(ticks, tick_words(ticks) if ticks else [])
    if series.num_channels > 1:
        _channel_numbers(ax, colours, height)


def held(series: TSContinuous, first: int, last: int) -> tuple[Array, NDArray[Any]]:
    """Samples first to last and their times, the last one again where it ends; the times of no others are computed."""
    grid = series._content.grid
    if grid is None:
        times = series.times[first : last + 1]
    else:
        times = clocked_times(grid, first, min(last + 1, len(series.samples)) - first)
    samples = series.samples[first:last]
    if last >= len(series.samples) and len(samples):
        times = np.append(times, max(series.t_stop, float(times[-1])))
    return times, np.concatenate([samples, samples[-1:]])


def _bands(ax: Axes, series: TSContinuous, span: Span, colours: list[Any]) -> tuple[Array, Array]:
    """From the least to the greatest value in each column, with the mean in it."""
    start, stop = max(span[0], series.t_start), min(span[1], series.t_stop)
    found = envelope(series, COLUMNS, start, stop)
    middle = means(series, COLUMNS, start, stop)
    low, high = (np.where(np.isfinite(one), one, np.nan) for one in (found.low, found.high))
    for channel, colour in enumerate(colours):
        edges = [np.append(one[:, channel], one[-1, channel]) for one in (low, high, middle)]
        look: dict[str, Any] = {"color": colour, "linewidth": 0.5, "step": "post"}
        ax.fill_between(found.edges, edges[0], edges[1], alpha=0.45, gid=f"band-{channel}", **look)
        ax.plot(found.edges, edges[2], color=colour, linewidth=0.9, drawstyle="steps-post", gid=f"mean-{channel}")
    return low, high


def _channel_numbers(ax: Axes, colours: list[Any], height: float) -> None:
    """The channels' numbers in their colours, in columns right of the panel."""
    rows = int(height // (1.25 * LETTERS))
    for channel, colour in enumerate(colours):
        column, row = divmod(channel, rows)
        at = (5.0 + 16.0 * column, -1.25 * LETTERS * row)
        ax.annotate(
            str(channel), (1.0, 1.0), at, "axes fraction", "offset points", size=LETTERS, color=colour, va="top"
        )


# --- images -----------------------------------------------------------------------------------------------------------


def _image(ax: Axes, series: TSContinuous, span: Span, theme: Theme) -> None:
    """Channels as rows, means as shades, with the scale of shades right of the panel."""
    start, stop = max(span[0], series.t_start), min(span[1], series.t_stop)
    shown = _rows(means(series, _columns(series, start, stop), start, stop))
    finite = shown[np.isfinite(shown)]
    if not finite.size:
        empty(ax, "no finite samples", theme)
        return
    low, high = float(finite.min()), float(finite.max())
    around = low < 0.0 < high
    if around:
        high = max(-low, high)
        low = -high
    else:
        low = 0.0 if 0.0 < low < 0.05 * high else low
    scale = shades(AROUND if around else RISING, theme)
    ax.imshow(
        shown.T,
        extent=(start, stop, -0.5, series.num_channels - 0.5),
        vmin=low,
        vmax=high if high > low else low + 1.0,
        cmap=scale,
        aspect="auto",
        origin="lower",
        interpolation="nearest",
        interpolation_stage="data",
        gid="image",
    )
    channel_axis(ax, series.num_channels)
    scale_beside(ax, scale, value_words([low, high]), theme, str(series.units or ""))


def _columns(series: TSContinuous, start: float, stop: float) -> int:
    """As many columns as there are samples, COLUMNS at the most."""
    dt = series.dt
    if dt is None:
        steps = np.diff(series.times[within(series, start, stop)])
        steps = steps[steps > 0]
        dt = float(steps.min()) if steps.size else stop - start
    return int(min(COLUMNS, max(1.0, np.ceil((stop - start) / dt - 1e-6))))


def _rows(values: Array) -> Array:
    """(n, C) with the means of neighbouring channels, where there are more than ROWS."""
    group = -(-values.shape[1] // ROWS)
    if group == 1:
        return values
    starts = np.arange(0, values.shape[1], group)
    return np.add.reduceat(values, starts, axis=1) / np.diff(np.append(starts, values.shape[1]))


def scale_beside(ax: Axes, scale: Any, ends: list[str], theme: Theme, unit: str = "") -> None:
    """A strip of the shades right of the panel, its ends in words, the unit between them."""
    width = ax.get_window_extent().width * 72 / ax.figure.dpi
    strip = ax.inset_axes((1.0 + 6.0 / width, 0.0, 6.0 / width, 1.0))
    strip.imshow(np.linspace(0.0, 1.0, 64)[:, None], cmap=scale, aspect="auto", origin="lower", vmin=0.0, vmax=1.0)
    strip.set(xticks=[], yticks=[])
    for spine in strip.spines.values():
        spine.set(color=theme.rule, linewidth=0.6)
    words = [(ends[0], 0.0, "bottom", theme.ink), (ends[1], 1.0, "top", theme.ink), (unit, 0.5, "center", theme.soft)]
    for text, y, va, colour in words:
        look: dict[str, Any] = {"size": LETTERS, "color": colour, "va": va, "ha": "left"}
        if text:
            ax.annotate(text, (1.0, y), (16.0, 0.0), "axes fraction", "offset points", **look)


def channel_axis(ax: Axes, channels: int) -> None:
    """The numbers of the lowest and the highest channel, within the panel's height."""
    ax.set_ylim(-0.5, channels - 0.5)
    ticks = [0, channels - 1] if channels > 1 else [0]
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    if channels > 6:  # the rows are lower than the numbers
        low, high = ax.get_yticklabels()[0], ax.get_yticklabels()[-1]
        low.set_verticalalignment("bottom")
        high.set_verticalalignment("top")


__all__ = ["COLUMNS", "MOST_LINES", "apart", "channel_axis", "continuous", "empty", "held", "scale_beside"]
