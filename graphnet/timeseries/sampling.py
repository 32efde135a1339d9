"""Reading a trace at times it may not hold: whether it may be read there, then by its kind of interpolation."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphnet.clock import TOLERANCE, steps_of
from graphnet.errors import SeriesError

from .checks import Samples
from .content import Trace
from .exactly import second_slack
from .extent import ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE
from .kernels import blend, line_clocked, line_stamped

Times = NDArray[np.float64]

SPLINES = {"quadratic": 2, "cubic": 3}
LINES = frozenset({"linear", "slinear"})
KINDS = ("previous", "next", "nearest", "nearest-up", "zero", *sorted(LINES), *SPLINES)


@dataclass(frozen=True)
class Reading:
    """How a trace is read: between its samples, after the last, and outside its range."""

    kind: str = "previous"
    periodic: bool = False
    fill_value: Any = "extrapolate"
    beyond_range_exception: bool = True
    approx_limit_times: bool = True

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SeriesError(f"interp_kind: there is no {self.kind!r}; there are {', '.join(KINDS)}")
        if isinstance(self.fill_value, str) and self.fill_value != "extrapolate":
            raise SeriesError(f"fill_value: expected a number or 'extrapolate', got {self.fill_value!r}")

    @property
    def holds(self) -> bool:
        """Whether the last sample stands until something else is said."""
        return isinstance(self.fill_value, str)


def sample(trace: Trace, times: Times, reading: Reading) -> Samples:
    """Samples at ``times``, shape (n, C); (n, 0) from an empty trace.

    A time outside the range raises SeriesError, or gives NaN with a warning, as ``reading`` says.
    """
    if len(trace.samples) == 0:
        return np.zeros((len(times), 0), dtype=trace.samples.dtype)
    if len(times) == 0:
        return trace.samples[:0]
    if reading.periodic and trace.duration > 0:
        trace, times = unrolled(trace, times, time_slack(trace, times), reading.kind)
        return interpolate(trace, times, reading.kind)
    low, high = valid_range(trace, reading)
    if low <= times.min() and times.max() <= high:
        return _inside(trace, times, reading)
    times, outside = _near_limits(trace, times, reading, low, high)
    if not outside.any():
        return _inside(trace, times, reading)
    i = int(np.argmax(outside))
    said = (
        f"times: {np.count_nonzero(outside)} of {len(times)} lie outside the range of this series, {low} s to {high} s"
    )
    said += f", e.g. {times[i]} s"
    if reading.beyond_range_exception:
        raise SeriesError(said, hint="clip the times, make the series periodic, or set beyond_range_exception = False")
    warnings.warn(said + ": NaN there", stacklevel=4)
    values = _inside(trace, np.clip(times, low, high), reading).copy()
    values[outside] = np.nan
    return values


def valid_range(trace: Trace, reading: Reading) -> tuple[float, float]:
    """Where a trace may be read: from its first sample to its last, a held one to ``t_stop``."""
    if len(trace.samples) == 1:
        if reading.holds:
            return float(trace.t_start), float(trace.t_stop)
        return float(trace.first), float(trace.first)
    return float(trace.first), float(trace.t_stop if reading.kind == "previous" else trace.last)


def time_slack(trace: Trace, times: Times) -> Any:
    """How far from a sample, in seconds, a time may lie and mean it: the rounding rule, or rounding alone."""
    rounding = 4.0 * np.spacing(np.abs(times))
    return rounding if trace.grid is None else np.maximum(TOLERANCE * float(trace.grid.dt), rounding)


def _near_limits(
    trace: Trace, times: Times, reading: Reading, low: float, high: float
) -> tuple[Times, NDArray[np.bool_]]:
    """``times`` with those moved into the range that lie outside by rounding, and which of them still do not."""
    gap = np.maximum(low - times, times - high)
    near = 0.0 if trace.grid is None else max(second_slack(t, trace.grid.dt) for t in (low, high))
    allowed = near
    if reading.approx_limit_times:
        allowed = max(near, min(ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE * float(trace.duration)))
        if np.any((gap > near) & (gap <= allowed)):
            warnings.warn(f"times at most {allowed} s outside the series were moved to its limits", stacklevel=5)
    outside = gap > allowed
    return np.where(outside, times, np.clip(times, low, high)), outside


def _inside(trace: Trace, times: Times, reading: Reading) -> Samples:
    """Samples at times within the range."""
    values = interpolate(trace, times, reading.kind)
    if reading.holds or reading.kind != "previous":
        return values
    after = times > float(trace.last)
    if after.any():
        values = values.copy()
        values[after] = reading.fill_value
    return values


def unrolled(trace: Trace, times: Times, slack: Any, kind: str) -> tuple[Trace, Times]:
    """A trace with its neighbours in the periods around it, and ``times`` folded into [t_start, t_start + period).

    Only the times of the result are needed to read it, so it is no longer clocked, unless folding is exact.
    """
    period, begin = float(trace.duration), float(trace.t_start)
    turns = np.floor((times - begin + slack) / period)
    folded = np.maximum(times - turns * period, begin)
    reach = len(trace.samples) if kind in SPLINES else 1
    samples = np.concatenate((trace.samples[-reach:], trace.samples, trace.samples[:reach]))
    grid = trace.grid
    if grid is not None and trace.duration == len(trace.samples) * grid.dt:
        return replace(trace, grid=grid.shifted(-reach * grid.dt), samples=samples), folded
    stamps = np.concatenate((trace.times[-reach:] - period, trace.times, trace.times[:reach] + period))
    if reach > 1:  # a period that begins where it ended has the same instant twice
        keep = np.concatenate(([True], np.diff(stamps) > 0))
        stamps, samples = stamps[keep], samples[keep]
    return replace(trace, grid=None, stamps=stamps, samples=samples), folded


def interpolate(trace: Trace, times: Times, kind: str, slack: Any = 0.0) -> Samples:
    """Samples at ``times``, which lie between the first sample and the last (for ``previous``: or after it).

    A time within ``slack`` seconds below a sample of an irregular trace is that sample's.
    """
    if kind in SPLINES and len(trace.samples) > 1:
        return _spline(trace, SPLINES[kind])(times).astype(trace.samples.dtype, copy=False)
    if kind in LINES:
        return _lines(trace, times, slack)
    low, fraction = locate(trace, times, slack)
    last = len(trace.samples) - 1
    # half way belongs to the earlier sample for nearest, to the later for nearest-up
    later = {"next": fraction > 0.0, "nearest": fraction > 0.5, "nearest-up": fraction >= 0.5}.get(kind)
    if later is not None:
        low = np.where(later, np.minimum(low + 1, last), low)
    return trace.samples[low]


def _lines(trace: Trace, times: Times, slack: Any) -> Samples:
    out = np.empty((len(times), trace.samples.shape[1]), dtype=trace.samples.dtype)
    if trace.grid is None:
        if isinstance(slack, float) and slack == 0.0:
            line_stamped(trace.samples, trace.times, times, out)
            return out
    elif len(times):
        origin, dt = float(trace.grid.origin), float(trace.grid.dt)
        largest = max(abs(float(times.min())), abs(float(times.max())))
        if 4.0 * max(math.ulp(largest), math.ulp(origin)) / dt <= TOLERANCE:
            line_clocked(trace.samples, origin, dt, TOLERANCE, times, out)
            return out
    blend(trace.samples, *locate(trace, times, slack), out)
    return out


def locate(trace: Trace, times: Times, slack: Any = 0.0) -> tuple[NDArray[np.int64], Times]:
    """For each time the sample at or before it, and which part of the way to the next one it has gone."""
    last = len(trace.samples) - 1
    if trace.grid is not None:
        origin, dt = float(trace.grid.origin), float(trace.grid.dt)
        low = np.clip(steps_of(times, dt, origin), 0, last)
        fraction = (times - origin) / dt - low
        coarse = 4.0 * np.maximum(np.spacing(np.abs(times)), math.ulp(origin)) / dt
        near = fraction <= np.maximum(TOLERANCE, coarse)
    else:
        stamps = trace.times
        low = np.clip(np.searchsorted(stamps, times + slack, side="right") - 1, 0, last)
        above = stamps[np.minimum(low + 1, last)] - stamps[low]
        gone = times - stamps[low]
        near = gone <= slack
        fraction = np.divide(gone, above, out=np.zeros(len(times)), where=above > 0)
    return low, np.where(near | (low == last), 0.0, fraction)


def _spline(trace: Trace, degree: int) -> Callable[[Times], Samples]:
    from scipy.interpolate import make_interp_spline

    times = trace.times
    if len(times) <= degree:
        raise SeriesError(f"a spline of degree {degree} needs {degree + 1} samples, this series has {len(times)}")
    if not np.all(np.diff(times) > 0):
        raise SeriesError(f"a spline of degree {degree} needs times that increase, here some are equal")
    spline: Any = make_interp_spline(times, trace.samples, k=degree, check_finite=False)
    return spline


def full_nan(shape: int | tuple[int, ...]) -> NDArray[np.float64]:
    """An array of NaN.

    >>> full_nan(2)
    array([nan, nan])
    """
    return np.full(shape, np.nan)
