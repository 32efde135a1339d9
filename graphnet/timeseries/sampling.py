"""Reading a trace at times it may not hold: on steps by integers, anywhere by the kind of interpolation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphnet.clock import step_times, steps_of
from graphnet.errors import SeriesError

from .checks import Samples, frozen
from .content import Trace
from .exactly import as_fraction, ceil_step, common, floor_steps, second_slack
from .kernels import blend

Times = NDArray[np.float64]

SPLINES = {"quadratic": 2, "cubic": 3}
KINDS = ("previous", "next", "nearest", "nearest-up", "zero", "linear", "slinear", *SPLINES)


# --- on the steps of a clock -----------------------------------------------------------------------------------------


def sample_steps(trace: Trace, start: int, count: int, dt: Fraction, kind: str, periodic: bool) -> Samples:
    """Samples at ``k * dt`` for k = start ... start + count - 1, shape (count, C), C-contiguous, read-only.

    After the last sample its value is held to ``t_stop``. The steps must lie in the extent (see ``covers_steps``).
    """
    if trace.grid is not None:
        rows = _clocked_rows(trace, trace.grid.dt, start, count, dt, kind, periodic)
        if rows is not None:
            return frozen(np.ascontiguousarray(rows))
    times = step_times(start, count, dt)
    slack = np.maximum(1e-6 * float(dt), 4.0 * np.spacing(np.abs(times)))
    if periodic:
        trace, times = _unrolled(trace, times, slack, kind)
    times = np.clip(times, float(trace.first), float(trace.last) if kind != "previous" else None)
    return frozen(np.ascontiguousarray(interpolate(trace, times, kind, slack)))


def _clocked_rows(
    trace: Trace, own: Fraction, start: int, count: int, dt: Fraction, kind: str, periodic: bool
) -> Samples | None:
    """Rows of a clocked trace by integer arithmetic alone, or None where the steps lie between samples."""
    first = Fraction(trace.first)
    step, rest = divmod(start * dt - first, own)
    if kind != "previous" and (rest != 0 or dt % own != 0):
        return None
    last = len(trace.samples) - 1
    if not periodic:
        if own == dt and step + count - 1 <= last:
            return trace.samples[int(step) : int(step) + count]
        index = floor_steps(np.arange(start, start + count, dtype=np.int64), dt, -first, own)
        return trace.samples[np.minimum(index, last)]
    n, zero, begin, period, unit = common(dt, first, Fraction(trace.t_start), Fraction(trace.duration), own)
    if own == dt and (period % unit, zero) == (0, begin):
        low = step % (last + 1) if period == (last + 1) * unit else -1
        if 0 <= low <= last + 1 - count:
            return trace.samples[int(low) : int(low) + count]
    k = np.arange(start, start + count, dtype=object if abs(start + count) * n >= 2**62 else np.int64)
    index = np.asarray(((k * n - begin) % period + begin - zero) // unit, dtype=np.int64)
    if kind != "previous" and (period % unit != 0 or zero != begin or period != (last + 1) * unit):
        return None
    return trace.samples[np.where(index < 0, last, np.minimum(index, last))]


def covers_steps(trace: Trace, start: int, stop: int, dt: Fraction, periodic: bool) -> bool:
    """Whether steps start ... stop - 1 of ``dt`` lie between the first sample and ``t_stop``."""
    if stop <= start:
        return True
    if len(trace.samples) == 0:
        return False
    if periodic and trace.duration > 0:
        return True
    return extent_covers(trace.first, trace.t_stop, start, stop, dt)


def extent_covers(low: Any, high: Any, start: int, stop: int, dt: Fraction) -> bool:
    """Whether [low, high] covers steps [start, stop) of ``dt``, by the rounding rule."""
    if isinstance(low, Fraction) and isinstance(high, Fraction):
        slack = Fraction(1, 10**6) * dt
        return low <= start * dt + slack and high >= stop * dt - slack
    begin, end = float(start * dt), float(stop * dt)
    return low <= begin + second_slack(begin, dt) and high >= end - second_slack(end, dt)


def sampled_steps(trace: Trace, start: int, count: int, dt: Fraction) -> bool:
    """Whether every step instant ``k * dt`` lies between the first sample and ``t_stop``, both included."""
    low, high = trace.first, trace.t_stop
    if isinstance(low, Fraction) and isinstance(high, Fraction):
        return ceil_step(low, dt) <= start and start + count - 1 <= high // dt
    begin, end = float(start * dt), float((start + count - 1) * dt)
    return low <= begin + second_slack(begin, dt) and high >= end - second_slack(end, dt)


# --- anywhere --------------------------------------------------------------------------------------------------------


def _unrolled(trace: Trace, times: Times, slack: Any, kind: str) -> tuple[Trace, Times]:
    """A trace with its neighbours in the periods around it, and ``times`` folded into [t_start, t_start + period)."""
    period, begin = float(trace.duration), float(trace.t_start)
    turns = np.floor((times - begin + slack) / period)
    folded = np.maximum(times - turns * period, begin)
    reach = len(trace.samples) if kind in SPLINES else 1
    stamps = np.concatenate((trace.times[-reach:] - period, trace.times, trace.times[:reach] + period))
    samples = np.concatenate((trace.samples[-reach:], trace.samples, trace.samples[:reach]))
    if reach > 1:  # a period that begins where it ended has the same instant twice
        keep = np.concatenate(([True], np.diff(stamps) > 0))
        stamps, samples = stamps[keep], samples[keep]
    return replace(trace, grid=None, stamps=stamps, samples=samples), folded


def interpolate(trace: Trace, times: Times, kind: str, slack: Any = 0.0) -> Samples:
    """Samples at ``times``, which lie between the first sample and the last (for ``previous``: or after it).

    A time within ``slack`` seconds below a sample is that sample's.
    """
    if kind in SPLINES and len(trace.samples) > 1:
        return _spline(trace, SPLINES[kind])(times).astype(trace.samples.dtype, copy=False)
    low, fraction = locate(trace, times, slack)
    if kind in ("linear", "slinear"):
        out = np.empty((len(times), trace.samples.shape[1]), dtype=trace.samples.dtype)
        blend(trace.samples, low, fraction, out)
        return out
    last = len(trace.samples) - 1
    if kind == "next":
        low = np.where(fraction > 0.0, np.minimum(low + 1, last), low)
    elif kind == "nearest":  # half way belongs to the earlier sample, with nearest-up to the later
        low = np.where(fraction > 0.5, np.minimum(low + 1, last), low)
    elif kind == "nearest-up":
        low = np.where(fraction >= 0.5, np.minimum(low + 1, last), low)
    return trace.samples[low]


def locate(trace: Trace, times: Times, slack: Any = 0.0) -> tuple[NDArray[np.int64], Times]:
    """For each time the sample at or before it, and which part of the way to the next one it has gone."""
    last = len(trace.samples) - 1
    if trace.grid is not None:
        origin, dt = float(trace.grid.origin), float(trace.grid.dt)
        low = np.clip(steps_of(times, dt, origin), 0, last)
        fraction = (times - origin) / dt - low
        fraction[fraction <= np.maximum(1e-6, 4.0 * np.spacing(np.abs(times)) / dt)] = 0.0
    else:
        stamps = trace.times
        low = np.clip(np.searchsorted(stamps, times + slack, side="right") - 1, 0, last)
        above = stamps[np.minimum(low + 1, last)] - stamps[low]
        gone = times - stamps[low]
        near = gone <= slack
        fraction = np.divide(gone, above, out=np.zeros(len(times)), where=(above > 0) & ~near)
    return low, np.where(low == last, 0.0, fraction)


def _spline(trace: Trace, degree: int) -> Callable[[Times], Samples]:
    from scipy.interpolate import make_interp_spline

    times = trace.times
    if len(times) <= degree:
        raise SeriesError(f"a spline of degree {degree} needs {degree + 1} samples, this series has {len(times)}")
    if not np.all(np.diff(times) > 0):
        raise SeriesError(f"a spline of degree {degree} needs times that increase, here some are equal")
    spline: Any = make_interp_spline(times, trace.samples, k=degree, check_finite=False)
    return spline


def checked_kind(kind: str) -> str:
    """``kind`` if it is one that this room knows."""
    if kind not in KINDS:
        raise SeriesError(f"interp_kind: there is no {kind!r}; there are {', '.join(KINDS)}")
    return kind


def step_fraction(dt: Any) -> Fraction:
    """A positive dt, exactly."""
    from graphnet.clock import checked_dt

    return dt if isinstance(dt, Fraction) and dt > 0 else as_fraction(checked_dt(dt))
