"""Tables of how many events each step and channel has, and events from such tables."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphnet.clock import TOLERANCE, steps_of
from graphnet.errors import SeriesError

from .binning import unrolled
from .checks import as_channels, as_count, frozen, plain_array
from .content import Train
from .exactly import Grid, Time, ceil_step, common, floor_steps, on_grid, step_slack
from .kernels import count_between, count_steps, count_times, row_ends

log: logging.Logger = logging.getLogger("graphnet")

_ALL = np.iinfo(np.int64).max
MANY = 8  # events a row from which it pays to look for the rows among the events
_ROOM = 2**62  # integers below this may be added once without leaving int64


class Table(NamedTuple):
    """Which table is asked for: its first instant, step, number of rows, and the column of each channel."""

    origin: Time
    dt: Fraction
    rows: int
    column: NDArray[np.int32]
    width: int
    everything: bool  # column j is channel j, for all channels


def wanted(train: Train, dt: Fraction, t_start: Any, t_stop: Any, num_timesteps: Any, channels: Any) -> Table:
    """The table that the arguments of ``raster`` describe."""
    if num_timesteps is not None and t_stop is not None:
        raise SeriesError("raster: t_stop and num_timesteps both say where it ends", hint="give one of them")
    origin = train.t_start if t_start is None else train.exactly(t_start)
    if num_timesteps is not None:
        rows = as_count(num_timesteps, "num_timesteps")
    else:
        rows = steps_between(origin, train.t_stop if t_stop is None else train.exactly(t_stop), dt)
    column = np.arange(train.num_channels, dtype=np.int32)
    if channels is None:
        return Table(origin, dt, rows, column, train.num_channels, True)
    ids = as_channels(channels)
    unknown = ids[ids >= train.num_channels]
    if unknown.size:
        warnings.warn(f"raster: no channel {unknown[0]} among {train.num_channels}: its column is 0", stacklevel=3)
    column[:] = -1
    known = ids < train.num_channels
    column[ids[known]] = np.flatnonzero(known)
    return Table(origin, dt, rows, column, len(ids), False)


def steps_between(low: Time, high: Time, dt: Fraction) -> int:
    """How many steps begin in [low, high), by the rounding rule.

    >>> steps_between(0.0, 0.3, Fraction(1, 10)), steps_between(0.0, 0.31, Fraction(1, 10))
    (3, 4)
    """
    if isinstance(low, Fraction) and isinstance(high, Fraction):
        return max(ceil_step(high - low - dt / 10**6, dt), 0)
    u = (float(high) - float(low)) / float(dt)
    nearest = round(u)
    slack = max(step_slack(float(low), float(dt)), step_slack(float(high), float(dt)))
    return max(nearest if abs(u - nearest) <= slack else math.ceil(u), 0)


def count(train: Train, table: Table, periodic: bool, first: int, rows: int, limit: int) -> NDArray[Any]:
    """Rows first ... first + rows - 1 of a table, shape (rows, width): int64, or uint8 for a small ``limit``."""
    counts = np.zeros((rows, table.width), dtype=np.int64 if limit == _ALL else np.uint8)
    if rows == 0 or table.width == 0:
        return counts
    begin, dt = Fraction(table.origin), table.dt
    if periodic and train.duration > 0:
        train = unrolled(train, begin + first * dt, begin + (first + rows) * dt)
    if len(train.channels):
        if train.grid is not None and train.steps is not None:
            _count_clocked(train, train.grid, train.steps, table, first, limit, counts)
        else:
            _count_timed(train, table, first, limit, counts)
    return counts


def _count_clocked(
    train: Train, grid: Grid, steps: NDArray[np.int64], table: Table, first: int, limit: int, counts: NDArray[Any]
) -> None:
    offset = grid.origin - table.origin - first * table.dt
    scale, shift, unit = common(grid.dt, Fraction(offset), table.dt)
    bounds = (-(shift // scale), -((shift - len(counts) * unit) // scale))
    low, high = np.searchsorted(steps, bounds) if len(steps) else (0, 0)
    step, channel = steps[low:high], train.channels[low:high]
    if len(step) == 0:
        return
    if scale == unit and shift % unit == 0 and table.everything and len(step) > MANY * len(counts):
        ends = np.searchsorted(step, np.arange(len(counts) + 1, dtype=np.int64) - shift // unit)
        count_between(channel.view(np.uint32), ends, limit < _ALL, counts)
    elif max(abs(int(step[0])), abs(int(step[-1]))) * scale + abs(shift) < _ROOM:
        count_steps(step, channel, table.column, scale, shift, unit, limit, counts)
    else:
        rows = floor_steps(step, grid.dt, Fraction(offset), table.dt)
        count_steps(rows, channel, table.column, 1, 0, 1, limit, counts)


def _count_timed(train: Train, table: Table, first: int, limit: int, counts: NDArray[Any]) -> None:
    origin, dt = float(table.origin), float(table.dt)
    low = np.searchsorted(train.times, origin + (first - 1) * dt, side="left")
    high = np.searchsorted(train.times, origin + (first + len(counts) + 1) * dt, side="right")
    times, channel = train.times[low:high], train.channels[low:high]
    if len(times) == 0:
        return
    largest = max(abs(float(times[0])), abs(float(times[-1])), abs(origin))
    if 4.0 * math.ulp(largest) / dt <= TOLERANCE:
        if table.everything and len(times) > MANY * len(counts):
            ends = np.empty(len(counts) + 1, dtype=np.int64)
            row_ends(times, origin, dt, TOLERANCE, first, ends)
            count_between(channel.view(np.uint32), ends, limit < _ALL, counts)
            return
        count_times(times, channel, table.column, origin, dt, TOLERANCE, first, limit, counts)
        return
    step = steps_of(times, dt, origin)  # so late that the tolerance depends on the time
    begin, end = np.searchsorted(step, (first, first + len(counts)))
    count_steps(step[begin:end], channel[begin:end], table.column, 1, -first, 1, limit, counts)


def raster(train: Train, table: Table, periodic: bool, add_events: bool, first: int, rows: int) -> NDArray[Any]:
    """Counts (int64), or presence (bool) with a note in the log where that hides something."""
    if add_events:
        return count(train, table, periodic, first, rows, _ALL)
    present = count(train, table, periodic, first, rows, 2)
    if (present > 1).any():
        log.info("raster: some bins hold several events; add_events=True counts them")
        np.minimum(present, 1, out=present)
    return present.view(np.bool_)


def rows_of(train: Train, table: Table, periodic: bool, add_events: bool, block: int = 1024) -> Iterator[NDArray[Any]]:
    """The rows of a raster one by one, made by the block."""
    for first in range(0, table.rows, block):
        yield from raster(train, table, periodic, add_events, first, min(block, table.rows - first))


def from_table(counts: ArrayLike, dt: Fraction, t_start: Time, num_channels: int | None, at_start: bool) -> Train:
    """The events of a table (T, C) of counts, each in the middle of its step or at the start; extent T steps."""
    table = plain_array(counts, "raster")
    if table.ndim > 2:
        raise SeriesError(f"raster: expected shape (T, C) or (T,), got {table.shape}")
    table = table.reshape(len(table) if table.ndim else 1, -1) if table.ndim < 2 else table
    step, channel = np.nonzero(table)
    number = table[step, channel]
    if table.dtype.kind != "b":
        whole = np.nan_to_num(number, nan=-1.0, posinf=-1.0).astype(np.int64)
        if not np.array_equal(whole, number) or (whole < 0).any():
            raise SeriesError(
                f"raster: expected whole numbers from 0 in its {table.shape}, got {number.min()} and others"
            )
        step, channel = np.repeat(step, whole), np.repeat(channel, whole)
    width = table.shape[1] if num_channels is None else as_count(num_channels, "num_channels")
    if width < table.shape[1]:
        raise SeriesError(f"num_channels: {width} leaves no room for the {table.shape[1]} columns of the raster")
    begin = on_grid(t_start, dt)
    return Train(
        grid=Grid(begin if at_start else begin + dt / 2, dt),
        steps=frozen(step.astype(np.int64, copy=False)),
        channels=frozen(channel.astype(np.int32)),
        num_channels=width,
        t_start=begin,
        t_stop=begin + len(table) * dt,
    )
