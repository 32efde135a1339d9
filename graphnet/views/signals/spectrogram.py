"""What frequencies a signal has when: its power in windows of time, in decibels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import ParameterError, ParameterTypeError
from ...timeseries import TSContinuous
from ..palette import Theme
from .decimating import within
from .inks import POWER, shades
from .panels import apart, empty, held, scale_beside
from .ticks import MINUS, Span, nice_ticks, seconds, tick_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...timeseries import TimeSeries

LONGEST, SHORTEST = 1024, 16  # samples of a window
COLUMNS = 500  # of the image
AT_ONCE = 32  # windows whose power is averaged in a column, at the most: evenly spread over it
RANGE, FAINT = 80.0, 2.0  # decibels below the greatest power, hundredths of the weakest: drawn as no weaker than that
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Spectrogram:
    """Power densities ``power`` (frequencies, n), in squared units per Hz, the mean of the channels.

    Columns lie between ``edges`` (n + 1,) in seconds, rows at ``frequencies`` in Hz. Each window has ``window`` samples
    of ``dt`` seconds, weighed by Hann's window, its mean taken away.
    """

    edges: Array
    frequencies: Array
    power: Array
    window: int
    dt: float

    @property
    def decibels(self) -> Array:
        """Relative to one squared unit per Hz; no power is minus infinity."""
        with np.errstate(divide="ignore"):
            return 10.0 * np.log10(self.power)


def check(name: str, series: TimeSeries) -> None:
    """Raises ParameterTypeError for events, ParameterError for a signal without a clock or too short."""
    if not isinstance(series, TSContinuous):
        raise ParameterTypeError(f"spectrogram: {name!r} is a series of events", parameter="spectrogram")
    if series.exact_dt is None:
        raise ParameterError(
            f"spectrogram: {name!r} has no clock", parameter="spectrogram", hint="give it one: ts.to_clocked(dt)"
        )
    if len(series.samples) < SHORTEST:
        number = len(series.samples)
        raise ParameterError(
            f"spectrogram: {name!r} has {number} samples, a window needs {SHORTEST}", parameter="spectrogram"
        )


def spectrogram(series: TSContinuous, span: Span, window: int | None = None) -> Spectrogram:
    """The power of a clocked signal in the part of the span that it covers.

    ``window``: samples of a window, by default a power of two from 16 to 1024 near the square root of what is shown. A
    column is the mean of the windows in it, which overlap by half; of a long signal, of 32 windows evenly
    spread over the column.
    """
    from scipy import signal

    here = within(series, *span)
    part = series.samples[here]
    size = min(window or _window(len(part)), len(part))
    step = float(series.exact_dt or 1)
    hop = max(size // 2, 1)
    starts = np.arange(0, len(part) - size + 1, hop)
    columns = min(len(starts), COLUMNS)
    power, frequencies = [], np.zeros(0)
    for chunk in np.array_split(starts, columns):
        picked = chunk[np.linspace(0, len(chunk) - 1, min(len(chunk), AT_ONCE)).astype(int)]
        rows = np.concatenate([part[begin : begin + size].T for begin in picked]).astype(np.float64)
        rows[~np.isfinite(rows)] = np.nan
        frequencies, found = signal.periodogram(rows, 1.0 / step, "hann", detrend="constant")
        power.append(found.mean(axis=0))
    begin = float(held(series, here.start, here.start + 1)[0][0])
    first = begin + (size - hop) / 2 * step  # a column lies around the middles of its windows
    edges = np.linspace(first, first + len(starts) * hop * step, columns + 1)
    return Spectrogram(edges, frequencies, np.array(power).T, size, step)


def _window(samples: int) -> int:
    """As many samples as make about as many columns as rows."""
    return int(min(max(2 ** round(np.log2(max(samples, 1)) / 2), SHORTEST), LONGEST))


def draw(ax: Axes, series: TSContinuous, span: Span, theme: Theme) -> None:
    """Draw a spectrogram, its scale in decibels beside it."""
    if apart(series, span) or within(series, *span).stop - within(series, *span).start < SHORTEST:
        empty(ax, "too short for a spectrogram", theme)
        return
    found = spectrogram(series, span)
    level = found.decibels
    known = level[np.isfinite(level)]
    if not known.size:
        empty(ax, "no power", theme)
        return
    high = float(known.max())
    faint = float(np.percentile(known, FAINT))
    low = max(high - RANGE, faint) if faint < high else high - 1.0
    step = found.frequencies[1] / 2
    scale = shades(POWER, theme)
    ax.imshow(
        np.maximum(level, low),  # NaN stays NaN
        extent=(found.edges[0], found.edges[-1], -step, found.frequencies[-1] + step),
        vmin=low,
        vmax=high,
        cmap=scale,
        aspect="auto",
        origin="lower",
        interpolation="nearest",
        gid="spectrogram",
    )
    top = float(found.frequencies[-1])
    ax.set_ylim(0.0, top)
    ticks = nice_ticks(0.0, top, 3)
    ax.set_yticks(ticks, tick_words(ticks))
    scale_beside(ax, scale, [f"{value:.0f}".replace("-", MINUS) for value in (low, high)], theme, "dB")


def about(series: TSContinuous, span: Span) -> str:
    """How the spectrogram of a signal is made, in a line."""
    here = within(series, *span)
    size = min(_window(here.stop - here.start), max(here.stop - here.start, 1))
    unit = str(series.units or "1")
    channels = f", mean of {series.num_channels} channels" if series.num_channels > 1 else ""
    return f"Hann window of {seconds(size * float(series.exact_dt or 1))} ({size} samples), dB re {unit}²/Hz{channels}"


__all__ = ["Spectrogram", "about", "check", "draw", "spectrogram"]
