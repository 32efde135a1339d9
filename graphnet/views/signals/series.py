"""Series drawn into Axes: signals as lines or an image, events as strokes or an image, whatever the pixels can show."""

from __future__ import annotations

import base64
import html as markup
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import SeriesError, SeriesTypeError
from ...timeseries import TSEvent
from ...timeseries.cutting import columns
from ..figures import style as paper
from .axes import axes, channel_axis, finish, is_axes, pixels, properties
from .decimating import counts, envelope, means, within
from .panels import held

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OVERLAID = 8  # so many channels share one scale; more are drawn one above the other
STROKES = 4000  # so many events are drawn one by one
TRACE_PIXELS = 5  # an offset trace lower than this cannot be read as a line
STROKE_PIXELS = 4  # a stroke lower than this is a smear
POINTS = 4  # per pixel column: more samples are drawn as the span that they fill


# --- signals ---------------------------------------------------------------------------------------------------------


def draw_continuous(
    ax: Axes | None,
    series: Any,
    *,
    times: Any = None,
    channels: Any = None,
    stagger: float | None = None,
    skip: int | None = None,
    dt: float | None = None,
    xlim: tuple[float, float] | None = None,
    colors: Sequence[Any] | None = None,
    args: Sequence[Any] = (),
    **kwargs: Any,
) -> Axes:
    """Draw a signal into ``ax`` (default: the current Axes) and return it.

    Up to eight channels share one scale. More are raised one above the other, or drawn as an image where the Axes is
    too low for that. ``stagger`` raises channel k by k times its value (0: not at all). ``times`` or a step ``dt`` say
    where the signal is read. ``colors``: one for each channel.
    """
    ax = axes(ax, series, times)
    times = None if is_axes(times) else times
    drawn = series if times is None else series.resample(times)
    drawn = drawn.to_clocked(dt) if dt is not None else drawn
    numbers = np.arange(series.num_channels)[columns(channels, series.num_channels)][:: skip or 1]
    limits = (drawn.t_start, drawn.t_stop) if xlim is None else (float(xlim[0]), float(xlim[1]))
    crowd = stagger is None and len(numbers) > OVERLAID
    distance = 1.0
    if crowd and len(numbers) * TRACE_PIXELS > pixels(ax)[1]:
        picture(ax, drawn, numbers, limits)
    elif len(numbers) and len(drawn):
        x, y = points(drawn, limits, pixels(ax)[0])
        y = y[:, numbers]
        distance = spread(y) if crowd else float(stagger or 0.0)
        lines(ax, x, y, numbers, distance, crowd, colors, drawn, args, kwargs)
    if crowd:
        channel_axis(ax, numbers, distance)
    finish(ax, series, limits, "Channel" if crowd else (series.units or ""))
    return ax


def points(series: Any, limits: tuple[float, float], width: int) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """What a line needs within ``limits``: the samples, or for each pixel column the span that they fill."""
    number = len(series.samples)
    if series.interp_kind in ("quadratic", "cubic", "nearest", "nearest-up", "next") and 1 < number < width:
        x = np.linspace(series.times[0], series.times[-1], 2 * width)
        return x, series(x)
    here = within(series, *limits)
    first, last = max(here.start - 1, 0), min(here.stop + 1, number)
    if last - first > POINTS * width and series.num_channels:
        start, stop = max(limits[0], series.t_start), min(limits[1], series.t_stop)
        found = envelope(series, width, start, stop)
        spans = np.stack((found.low, found.high), axis=1)
        return np.repeat(found.edges[:-1], 2), spans.reshape(-1, spans.shape[2])
    x, y = held(series, first, last)
    lasts = series.interp_kind == "previous" and len(x) > 1 and x[-1] > x[-2]
    return (x, y) if lasts else (x[:-1], y[:-1])  # only a held sample reaches to the next, or to the end


def spread(y: NDArray[Any]) -> float:
    """A distance between traces at which few of them cross."""
    low, high = reach(y)
    heights = high - low
    heights = heights[np.isfinite(heights) & (heights > 0)]
    return float(np.percentile(heights, 90)) * 0.8 if len(heights) else 1.0


def reach(y: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lowest and highest finite value of each column, NaN where there is none."""
    finite = np.where(np.isfinite(y), y, np.nan)
    return np.fmin.reduce(finite, axis=0, initial=np.nan), np.fmax.reduce(finite, axis=0, initial=np.nan)


def lines(
    ax: Axes,
    x: NDArray[np.float64],
    y: NDArray[Any],
    numbers: NDArray[np.int64],
    stagger: float,
    raised: bool,
    colors: Sequence[Any] | None,
    series: Any,
    args: Sequence[Any],
    kwargs: dict[str, Any],
) -> None:
    """One line a channel; a crowd is drawn in one quiet colour, since nobody tells twenty apart."""
    from matplotlib.lines import Line2D

    held = series.interp_kind in ("previous", "zero") and len(x) <= POINTS * pixels(ax)[0]
    style: dict[str, Any] = {"linewidth": 1.0, "drawstyle": "steps-post" if held else "default"}
    if len(x) == 1 and not args:
        style["marker"] = "."  # a line through one point is none
    style |= properties(kwargs, Line2D)
    label = style.pop("label", series.name)
    if colors is None and len(numbers) > OVERLAID and "color" not in style and not args:
        colors = ["0.25"] * len(numbers)
    middle = np.nan_to_num(sum(reach(y)) / 2) if raised else np.zeros(len(numbers))
    for k, number in enumerate(numbers):
        own: dict[str, Any] = {} if colors is None else {"color": colors[k % len(colors)]}
        name = label if len(numbers) == 1 else f"{label}[{number}]"
        ax.plot(x, y[:, k] - middle[k] + k * stagger, *args, label=name, **(style | own))


def picture(ax: Axes, series: Any, numbers: NDArray[np.int64], limits: tuple[float, float]) -> None:
    """All channels as the rows of an image, each pixel column showing the mean of what lies in it."""
    width, height = pixels(ax)
    if not len(series.samples):
        return
    rows = means(series, width, *limits)[:, numbers].T
    group = max(len(numbers) // height, 1)
    starts = np.arange(0, len(numbers), group)
    weight = np.add.reduceat(np.isfinite(rows), starts, axis=0)
    sums = np.add.reduceat(np.nan_to_num(rows, posinf=0.0, neginf=0.0), starts, axis=0)
    shades = np.divide(sums, weight, out=np.full(sums.shape, np.nan), where=weight > 0)
    finite = shades[np.isfinite(shades)]
    low, high = np.percentile(finite, (1, 99)) if finite.size else (0.0, 1.0)
    shown = ax.imshow(
        shades,
        extent=(*limits, -0.5, len(numbers) - 0.5),
        vmin=low,
        vmax=high if high > low else low + 1.0,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap="viridis",
    )
    bar = ax.figure.colorbar(shown, ax=ax, pad=0.01, fraction=0.05)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.ax.tick_params(labelsize="small")
    if series.units:
        bar.set_label(series.units)


# --- events ----------------------------------------------------------------------------------------------------------


def draw_events(
    ax: Axes | None,
    series: Any,
    *,
    time_limits: Any = None,
    channels: Any = None,
    xlim: tuple[float, float] | None = None,
    color: Any = "0.15",
    args: Sequence[Any] = (),
    **kwargs: Any,
) -> Axes:
    """Draw events over time and channel into ``ax`` (default: the current Axes) and return it.

    Up to some thousands are strokes as high as their channel, more an image whose pixels are the darker the more events
    they hold. ``marker``, ``s`` and other properties of ``Axes.scatter`` draw markers instead. With ``channels`` only
    these are drawn, at their own numbers.
    """
    from matplotlib.collections import LineCollection

    ax = axes(ax, series, time_limits)
    limits = checked_limits(None if is_axes(time_limits) else time_limits) or checked_limits(xlim)
    limits = limits or (series.t_start, series.t_stop)
    markers = bool({"marker", "s", "c"} & set(kwargs) or args)
    if not markers and channels is None and not series.periodic and _crowded(ax, series, limits):
        density(ax, series, limits, color)
    else:
        times, ids = series(*limits, channels=channels)
        if markers:
            ax.scatter(times, ids, *args, **({"s": 4.0, "color": color} | kwargs if "c" not in kwargs else kwargs))
        elif len(times) <= STROKES and series.num_channels * STROKE_PIXELS <= pixels(ax)[1]:
            style = {"linewidth": 1.0, "color": color, "label": series.name}
            style |= properties(kwargs, LineCollection)
            ax.vlines(times, ids - 0.4, ids + 0.4, **style)
        else:
            picked = TSEvent(
                times, ids, t_start=limits[0], t_stop=np.nextafter(limits[1], np.inf), num_channels=series.num_channels
            )
            density(ax, picked, limits, color)
    channel_axis(ax, np.arange(series.num_channels), 1.0)
    ax.set_ylim(-0.5, max(series.num_channels, 1) - 0.5)
    finish(ax, series, limits, "Channel")
    return ax


def _crowded(ax: Axes, series: Any, limits: tuple[float, float]) -> bool:
    """Whether events are so many, or channels so low, that they are drawn as an image."""
    here = within(series, *limits)
    return here.stop - here.start > STROKES or series.num_channels * STROKE_PIXELS > pixels(ax)[1]


def density(ax: Axes, series: TSEvent, limits: tuple[float, float], color: Any) -> None:
    """An image with a pixel for each column of time and each channel, or group of channels where there are too many."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    width, height = pixels(ax)
    width = max(width // 2, 1)  # two pixels wide, a stroke is still there when the picture is saved smaller
    group = -(-max(series.num_channels, 1) // height)
    found = counts(series, width, *limits, group).T
    rows = len(found)
    busy = found[found > 0]
    top = float(np.percentile(busy, 99)) if busy.size else 1.0
    # a lone event is seen, and twice as many are seen as more
    shade = np.where(found > 0, 0.3 + 0.7 * found / max(top, 1.0), 0.0)
    ink = LinearSegmentedColormap.from_list("ink", [(*to_rgba(color)[:3], 0.0), to_rgba(color)])
    ax.imshow(
        np.minimum(shade, 1.0),
        extent=(*limits, -0.5, rows * group - 0.5),
        vmin=0.0,
        vmax=1.0,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=ink,
    )


def checked_limits(limits: Any) -> tuple[float, float] | None:
    """A pair of finite times in order, or None.

    Raises SeriesTypeError (a TypeError) for what is no pair of numbers, SeriesError (a ValueError) for a wrong number.
    """
    if limits is None:
        return None
    try:
        pair = np.asarray(limits, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError) as error:
        raise SeriesTypeError(f"time_limits: expected a pair of seconds, got {limits!r}") from error
    if len(pair) != 2 or not np.isfinite(pair).all():
        raise SeriesError(f"time_limits: expected two finite times, got {limits!r}")
    return float(pair.min()), float(pair.max())


# --- notebooks ------------------------------------------------------------------------------------------------------


def html(series: Any) -> str:
    """The series as a line of text and a small inline picture, for notebooks."""
    text = f"<code>{markup.escape(repr(series))}</code>"
    if series.plotting_backend is None or series.isempty():
        return text
    data = base64.b64encode(png(series)).decode("ascii")
    return f'{text}<br><img alt="{markup.escape(series.name)}" src="data:image/png;base64,{data}">'


def png(series: Any) -> bytes:
    """A picture of 5 by 1.3 inches on white, made without touching the current figure or heeding its style."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with paper():
        figure: Figure = Figure(figsize=(5.0, 1.3), dpi=100, layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
        series.plot(ax=ax)
        ax.set_title("")
        stream = io.BytesIO()
        figure.savefig(stream, format="png")
    return stream.getvalue()
