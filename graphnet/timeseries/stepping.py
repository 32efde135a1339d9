"""Reading a trace on the steps of a clock: by integers where it is clocked, without a copy on its own grid."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from graphnet.clock import checked_dt, step_times
from graphnet.errors import ParameterError

from .checks import Samples, frozen
from .content import Trace
from .exactly import Grid, Time, as_fraction, ceil_step, common, floor_steps, second_slack
from .sampling import interpolate, time_slack, unrolled

_SLACK = Fraction(1, 10**6)  # the rounding rule's, of a step


def step_fraction(dt: Any) -> Fraction:
    """A positive dt, exactly."""
    if not isinstance(dt, Fraction):
        return as_fraction(checked_dt(dt))
    if dt <= 0:
        raise ParameterError(f"dt must be positive, got {dt}", parameter="dt")
    return dt


def own_rows(trace: Trace, start: int, count: int, dt: Fraction) -> Samples | None:
    """The rows of steps of the trace's own clock, as a view; None where it takes more than that."""
    first = trace.own_start
    if first is None or trace.grid is None or trace.grid.dt != dt:
        return None
    low = start - first
    return trace.samples[low : low + count] if 0 <= low <= len(trace.samples) - count else None


def sample_steps(trace: Trace, start: int, count: int, dt: Fraction, kind: str, periodic: bool) -> Samples:
    """Samples at ``k * dt`` for k = start ... start + count - 1, shape (count, C), C-contiguous, read-only.

    After the last sample its value is held to ``t_stop``. The steps must lie in the range (see ``reaches_steps``).
    """
    if trace.grid is not None:
        rows = _clocked_rows(trace, trace.grid, start, count, dt, kind, periodic)
        if rows is not None:
            return frozen(np.ascontiguousarray(rows))
    times = step_times(start, count, dt)
    slack = np.maximum(float(_SLACK * dt), time_slack(trace, times))
    if periodic:
        trace, times = unrolled(trace, times, slack, kind)
    else:
        times = np.clip(times, float(trace.first), float(trace.last) if kind != "previous" else None)
    return frozen(np.ascontiguousarray(interpolate(trace, times, kind, slack)))


def _clocked_rows(
    trace: Trace, grid: Grid, start: int, count: int, dt: Fraction, kind: str, periodic: bool
) -> Samples | None:
    """Rows of a clocked trace by integer arithmetic alone, or None where the steps lie between samples."""
    step, rest = divmod(start * dt - grid.origin, grid.dt)
    if kind != "previous" and (rest != 0 or dt % grid.dt != 0):
        return None
    if periodic:
        return _repeated_rows(trace, grid, start, count, dt, kind)
    last = len(trace.samples) - 1
    if grid.dt == dt and 0 <= step <= last + 1 - count:
        return trace.samples[int(step) : int(step) + count]
    index = floor_steps(np.arange(start, start + count, dtype=np.int64), dt, -grid.origin, grid.dt)
    return trace.samples[np.clip(index, 0, last)]  # a step that means the first sample may lie a hair before it


def _repeated_rows(trace: Trace, grid: Grid, start: int, count: int, dt: Fraction, kind: str) -> Samples | None:
    """``_clocked_rows`` of a periodic trace."""
    rows = len(trace.samples)
    begin = Fraction(trace.t_start)
    whole = trace.duration == rows * grid.dt and begin == grid.origin
    if whole and grid.dt == dt:
        low = int((start * dt - begin) // dt) % rows
        if low + count <= rows:
            return trace.samples[low : low + count]
    if kind != "previous" and not whole:
        return None
    n, first, zero, period, unit = common(dt, begin, grid.origin, Fraction(trace.duration), grid.dt)
    large = max(abs(start), abs(start + count)) * n + abs(first) >= 2**62
    k = np.arange(start, start + count, dtype=np.int64).astype(object if large else np.int64)
    index = np.asarray(((k * n - first) % period + (first - zero)) // unit, dtype=np.int64)
    # before the first sample of the period stands the last of the period before
    return trace.samples[np.where(index < 0, rows - 1, np.minimum(index, rows - 1))]


def covers_steps(trace: Trace, start: int, stop: int, dt: Fraction, periodic: bool) -> bool:
    """Whether steps start ... stop - 1 of ``dt`` lie between the first sample and ``t_stop``."""
    if stop <= start:
        return True
    if len(trace.samples) == 0:
        return False
    if periodic and trace.duration > 0:
        return True
    return extent_covers(trace.first, trace.t_stop, start, stop, dt)


def extent_covers(low: Time, high: Time, start: int, stop: int, dt: Fraction) -> bool:
    """Whether [low, high] covers steps [start, stop) of ``dt``, by the rounding rule."""
    if isinstance(low, Fraction) and isinstance(high, Fraction):
        return low <= (start + _SLACK) * dt and high >= (stop - _SLACK) * dt
    begin, end = float(start * dt), float(stop * dt)
    return low <= begin + second_slack(begin, dt) and high >= end - second_slack(end, dt)


def reaches_steps(trace: Trace, start: int, count: int, dt: Fraction) -> bool:
    """Whether every instant ``k * dt`` lies between the first sample and ``t_stop``, both included."""
    low, high = trace.first, trace.t_stop
    if isinstance(low, Fraction) and isinstance(high, Fraction):
        return ceil_step(low - _SLACK * dt, dt) <= start and start + count - 1 <= (high + _SLACK * dt) // dt
    begin, end = float(start * dt), float((start + count - 1) * dt)
    return low <= begin + second_slack(begin, dt) and high >= end - second_slack(end, dt)
