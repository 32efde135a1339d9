"""What a picture can show of a long signal: the extremes, the mean or the events in each column of time. NumPy alone.

A column is a stretch of time; every sample and every event lies in exactly one. Nothing here copies a whole signal or
its times: the time goes with the number of samples, the memory with the number of columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...clock import TOLERANCE, step_times
from ...timeseries import TSContinuous, TSEvent
from ...timeseries.exactly import Grid

Array = NDArray[Any]
Index = NDArray[np.int64]
AT_ONCE = 2**21  # events, or numbers of samples, that are looked at together
FOLD = 64  # rows that are compared side by side: a processor does not compare two numbers at a time


@dataclass(frozen=True)
class Envelope:
    """The least and greatest value of each channel, ``low`` and ``high`` (n, C), in each of n columns of time.

    ``edges`` (n + 1,) are the columns' limits in seconds. A column in which the signal has no value, or no number, is
    NaN.
    """

    edges: NDArray[np.float64]
    low: Array
    high: Array


@dataclass(frozen=True)
class Level:
    """One of several resolutions of a signal: column i begins at ``times[i]`` (s) and ends where the next one begins.

    Of a continuous signal ``low`` and ``high`` (n, C), each over ``stride`` samples, the same array where that is 1. Of
    events ``counts`` (n, rows), each of ``group`` channels.
    """

    times: NDArray[np.float64]
    stride: int = 1
    low: Array | None = None
    high: Array | None = None
    counts: Index | None = None
    group: int = 1


# --- columns of equal length ------------------------------------------------------------------------------------------


def envelope(series: TSContinuous, columns: int, t_start: float | None = None, t_stop: float | None = None) -> Envelope:
    """The extremes of a signal in ``columns`` equal stretches of [t_start, t_stop), by default of its whole extent.

    Each sample holds until the next: a column also has the value that the sample before it holds into it. NaN is left
    out.

    >>> ts = TSContinuous.from_clocked([0.0, 3.0, -1.0, 2.0], dt=0.5)
    >>> found = envelope(ts, 2)
    >>> found.edges.tolist(), found.low[:, 0].tolist(), found.high[:, 0].tolist()
    ([0.0, 1.0, 2.0], [0.0, -1.0], [3.0, 2.0])
    """
    first, last = _extent(series, t_start, t_stop)
    samples: Array = series.samples
    bounds, held = _bounds(series, first, last, columns)
    low, high = extremes(samples, bounds)
    known = held >= 0
    before = samples[held[known]]
    low[known] = np.fmin(low[known], before)
    high[known] = np.fmax(high[known], before)
    return Envelope(np.linspace(first, last, columns + 1), low, high)


def means(series: TSContinuous, columns: int, t_start: float | None = None, t_stop: float | None = None) -> Array:
    """The mean of the finite samples in each of ``columns`` equal stretches of time, or the sample held there.

    Returns shape (columns, C), NaN where there is neither.
    """
    first, last = _extent(series, t_start, t_stop)
    samples: Array = series.samples
    bounds, held = _bounds(series, first, last, columns)
    sums = _reduced(np.add, samples, bounds, np.float64)
    many = np.diff(bounds)
    sums[many > 0] /= many[many > 0, None]
    for i in np.flatnonzero(~np.isfinite(sums).all(axis=1) & (many > 0)):
        sums[i] = _finite_mean(samples[bounds[i] : bounds[i + 1]])
    lone = (many == 0) & (held >= 0)
    sums[lone] = samples[held[lone]]
    return sums


def _finite_mean(rows: Array) -> Array:
    known = np.isfinite(rows)
    sums = np.where(known, rows, 0.0).sum(axis=0, dtype=np.float64)
    many = known.sum(axis=0)
    return np.divide(sums, many, out=np.full(len(many), np.nan), where=many > 0)


def counts(
    series: TSEvent, columns: int, t_start: float | None = None, t_stop: float | None = None, group: int = 1
) -> Index:
    """The events in each of ``columns`` equal stretches of time, of each ``group`` of neighbouring channels.

    Returns shape (columns, ceil(num_channels / group)).

    >>> counts(TSEvent([0.1, 0.2, 0.7], [0, 1, 1], t_start=0, t_stop=1), 2).tolist()
    [[1, 1], [0, 1]]
    """
    first, last = _extent(series, t_start, t_stop)
    rows = -(-int(series.num_channels) // group)
    bounds = _event_bounds(series, first, last, columns)
    found = np.zeros(columns * rows, dtype=np.int64)
    for begin in range(int(bounds[0]), int(bounds[-1]), AT_ONCE):
        end = min(begin + AT_ONCE, int(bounds[-1]))
        column = np.repeat(np.arange(columns), np.diff(np.clip(bounds, begin, end)))
        cells = column * rows + series.channels[begin:end] // group
        found += np.bincount(cells, minlength=columns * rows)
    return found.reshape(columns, rows)


def totals(series: TSEvent, columns: int, t_start: float | None = None, t_stop: float | None = None) -> Index:
    """The events of all channels in each of ``columns`` equal stretches of time, shape (columns,)."""
    first, last = _extent(series, t_start, t_stop)
    return np.diff(_event_bounds(series, first, last, columns))


def within(series: TSContinuous | TSEvent, t_start: float, t_stop: float) -> slice:
    """Which samples or events lie in [t_start, t_stop)."""
    if isinstance(series, TSEvent):
        begin, end = _event_bounds(series, t_start, t_stop, 1)
    else:
        begin, end = _bounds(series, t_start, t_stop, 1)[0]
    return slice(int(begin), int(end))


def extremes(samples: Array, bounds: Index) -> tuple[Array, Array]:
    """Least and greatest of rows bounds[i] to bounds[i + 1] of samples (T, C); NaN counts only where all are NaN."""
    return _reduced(np.fmin, samples, bounds), _reduced(np.fmax, samples, bounds)


def moments(samples: Array) -> tuple[float, float]:
    """Mean and standard deviation of all finite samples, in double precision; NaN where there is none.

    >>> moments(np.array([[1.0, 3.0], [np.nan, 2.0]]))
    (2.0, 0.816496580927726)
    """
    flat = samples.reshape(-1) if samples.flags.c_contiguous else samples
    rows = max(AT_ONCE // max(flat[:1].size, 1), 1)
    pieces = [flat[i : i + rows] for i in range(0, len(flat), rows)]
    known = [one[np.isfinite(one)] for one in pieces[:1]]
    shift = float(known[0].mean(dtype=np.float64)) if known and known[0].size else 0.0  # squares far from 0 lose digits
    number, total, squares = 0, 0.0, 0.0
    for piece in pieces:
        away = piece[np.isfinite(piece)].astype(np.float64) - shift
        number += away.size
        total += float(away.sum())
        squares += float(np.dot(away, away))
    if not number:
        return float("nan"), float("nan")
    return shift + total / number, float(np.sqrt(max(squares / number - (total / number) ** 2, 0.0)))


def _extent(series: TSContinuous | TSEvent, t_start: float | None, t_stop: float | None) -> tuple[float, float]:
    first = float(series.t_start) if t_start is None else float(t_start)
    return first, float(series.t_stop) if t_stop is None else float(t_stop)


def _reduced(ufunc: np.ufunc, samples: Array, bounds: Index, dtype: Any = None) -> Array:
    found = np.full((len(bounds) - 1, samples.shape[1]), np.nan, dtype=dtype or samples.dtype)
    full = np.diff(bounds) > 0
    starts = bounds[:-1][full]
    if not len(starts) or not samples.shape[1]:
        return found
    part = samples[: bounds[-1]]
    if samples.shape[1] == 1:
        found[full, 0] = ufunc.reduceat(part[:, 0], starts, dtype=dtype)
    elif samples.shape[1] < FOLD and len(part) > FOLD * FOLD * len(starts):
        ends = np.append(starts[1:], bounds[-1])
        found[full] = [_folded(ufunc, part[a:b], dtype) for a, b in zip(starts, ends, strict=True)]
    else:
        found[full] = ufunc.reduceat(part, starts, axis=0, dtype=dtype)
    return found


def _folded(ufunc: np.ufunc, rows: Array, dtype: Any) -> Array:
    """One row of many, FOLD of them side by side."""
    channels = rows.shape[1]
    whole = len(rows) - len(rows) % FOLD
    wide = ufunc.reduce(rows[:whole].reshape(-1, FOLD * channels), axis=0, dtype=dtype)
    both = np.concatenate([wide.reshape(FOLD, channels), rows[whole:]])
    return np.asarray(ufunc.reduce(both, axis=0, dtype=dtype))


# --- where columns begin ----------------------------------------------------------------------------------------------


def _bounds(series: TSContinuous, first: float, last: float, columns: int) -> tuple[Index, Index]:
    """The first sample at or behind each edge, and which sample is held where each column begins, -1 for none."""
    number = len(series.samples)
    edges = np.linspace(first, last, columns + 1)
    grid = series._content.grid
    if grid is None:
        bounds = np.searchsorted(series.times, edges, side="left")
        held = np.searchsorted(series.times, edges[:-1], side="right") - 1
    else:
        at = _steps(grid, first, last, columns)
        bounds = np.clip(np.ceil(at - TOLERANCE), 0, number).astype(np.int64)
        held = np.clip(np.floor(at[:-1] + TOLERANCE), -1, number - 1).astype(np.int64)
    if last >= series.t_stop:
        bounds[-1] = number  # a series may end with its last sample
    return bounds, np.where(edges[:-1] < series.t_stop, held, -1)


def _event_bounds(series: TSEvent, first: float, last: float, columns: int) -> Index:
    """The first event at or behind each edge."""
    content = series._content
    if content.grid is None or content.steps is None:
        return np.searchsorted(series.times, np.linspace(first, last, columns + 1), side="left")
    at = _steps(content.grid, first, last, columns)
    return np.searchsorted(content.steps, np.ceil(at - TOLERANCE).astype(np.int64), side="left")


def _steps(grid: Grid, first: float, last: float, columns: int) -> NDArray[np.float64]:
    """Where the edges lie on the clock of a series, in steps from its origin: exact far from zero, too."""
    begin, end = ((Fraction(t) - grid.origin) / grid.dt for t in (first, last))
    return np.linspace(float(begin), float(end), columns + 1)


# --- several resolutions ----------------------------------------------------------------------------------------------


def levels(
    series: TSContinuous | TSEvent, *, numbers: int = 200_000, least: int = 1000, factor: int = 4, rows: int = 100
) -> tuple[Level, ...]:
    """A signal at several resolutions, the finest first, for views that are zoomed.

    The finest level has at most ``numbers`` numbers (of a short signal: the samples themselves), each further one
    ``factor`` times fewer, the last one about ``least`` columns; all together take at most about 2 x 4/3 times
    ``numbers`` at factor 4. A coarse level is exact: its extremes are those of the samples. Events are counted, those
    of neighbouring channels together where there are more than ``rows``.
    """
    if isinstance(series, TSEvent):
        return _event_levels(series, numbers, least, factor, rows)
    samples = series.samples
    columns = max(numbers // max(samples.shape[1], 1), 1)
    stride = max(-(-len(samples) // columns), 1)
    low = high = samples
    if stride > 1:
        low, high = extremes(samples, _strided(len(samples), stride))
    found = [Level(_times(series, stride), stride, low, high)]
    while len(low) > factor * least:
        bounds = _strided(len(low), factor)
        low, high = _reduced(np.fmin, low, bounds), _reduced(np.fmax, high, bounds)
        stride *= factor
        found.append(Level(_times(series, stride), stride, low, high))
    return tuple(found)


def _strided(number: int, stride: int) -> Index:
    return np.append(np.arange(0, number, stride), number)


def _times(series: TSContinuous, stride: int) -> NDArray[np.float64]:
    """The times of every so many samples, without those between."""
    grid = series._content.grid
    if grid is None:
        return series.times[::stride]
    return step_times(0, -(-len(series.samples) // stride), grid.dt * stride, float(grid.origin))


def _event_levels(series: TSEvent, numbers: int, least: int, factor: int, rows: int) -> tuple[Level, ...]:
    group = max(-(-int(series.num_channels) // rows), 1)
    height = -(-int(series.num_channels) // group)
    columns = least
    while columns * factor * max(height, 1) <= numbers:
        columns *= factor
    seen = counts(series, columns, group=group)
    found = []
    while True:
        times = np.linspace(series.t_start, series.t_stop, len(seen) + 1)[:-1]
        found.append(Level(times, counts=seen, group=group))
        if len(seen) <= least:
            return tuple(found)
        seen = seen.reshape(-1, factor, height).sum(axis=1)


__all__ = ["Envelope", "Level", "counts", "envelope", "extremes", "levels", "means", "moments", "totals", "within"]
