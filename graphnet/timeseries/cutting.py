"""Parts of a trace: between two times, at chosen times, of chosen channels."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphnet.errors import ChannelError, SeriesError, SeriesTypeError

from .checks import Samples, as_bound, as_times, frozen, plain_array
from .content import Trace, clocked_times
from .exactly import Grid, Time, ceil_step, on_grid
from .sampling import Reading, sample, valid_range
from .stepping import reaches_steps, sample_steps, step_fraction


def columns(channels: Any, number: int) -> Any:
    """An index that picks ``channels`` (one, several, a slice, or a mask) of ``number``; raises ChannelError."""
    if channels is None or isinstance(channels, slice):
        return slice(None) if channels is None else channels
    ids = plain_array(channels, "channels").reshape(-1)
    if ids.dtype.kind == "b":
        if len(ids) != number:
            raise ChannelError(f"channels: a mask of {len(ids)} for {number} channels")
        return np.flatnonzero(ids)
    if ids.size and not np.array_equal(ids, ids.astype(np.int64)):
        raise SeriesTypeError(f"channels: expected whole numbers, got {ids}")
    ids = ids.astype(np.int64)
    wrong = ids[(ids < -number) | (ids >= number)]
    if wrong.size:
        raise ChannelError(f"channels: there is no channel {wrong[0]} among {number}")
    return ids


def picked(trace: Trace, channels: Any) -> Trace:
    """The trace of some channels: a view where a slice picks them."""
    if channels is None:
        return trace
    return replace(trace, samples=frozen(trace.samples[:, columns(channels, trace.samples.shape[1])]))


def repeated(trace: Trace, low: Time, high: Time) -> Trace:
    """The repetitions of a periodic trace that meet [low, high], as one trace; clocked if its period is whole steps."""
    period = trace.duration
    first = math.floor((low - trace.t_start) / period)
    last = max(math.ceil((high - trace.t_start) / period), first + 1)
    turns = last - first
    extent = {"t_start": trace.t_start + first * period, "t_stop": trace.t_start + last * period}
    samples = frozen(np.concatenate([trace.samples] * turns)) if turns > 1 else trace.samples
    if trace.grid is not None and period == len(trace.samples) * trace.grid.dt:
        return replace(trace, grid=trace.grid.shifted(Fraction(first * period)), samples=samples, **extent)
    starts = np.arange(first, last) * float(period)
    stamps = (starts[:, None] + trace.times[None, :]).reshape(-1)
    if turns > 1 and trace.last == trace.t_stop and trace.first == trace.t_start:
        keep = np.ones(len(stamps), dtype=bool)  # the end of one period is the beginning of the next
        keep[len(trace.times) - 1 : -1 : len(trace.times)] = False
        stamps, samples = stamps[keep], frozen(samples[keep])
    floats = {name: float(t) for name, t in extent.items()}
    return replace(trace, grid=None, stamps=frozen(stamps), samples=samples, **floats)


def clip(trace: Trace, bounds: tuple[Time | None, Time | None], stop: bool, limits: bool, reading: Reading) -> Trace:
    """The samples between two times, in that extent; with ``limits`` also one at each bound that was given.

    ``stop`` says whether a sample at the upper bound belongs to it. Clocked traces give views, and stay clocked unless
    a bound that is to have a sample lies between steps.
    """
    source = trace
    low, high = ordered(trace, bounds)
    if reading.periodic and trace.duration > 0 and len(trace.samples):
        source = repeated(trace, low, high)
        low, high = source.exactly(low), source.exactly(high)
    elif low < trace.t_start or high > trace.t_stop:
        warnings.warn(
            f"clip from {float(low)} s to {float(high)} s reaches beyond the series,"
            f" {float(trace.t_start)} s to {float(trace.t_stop)} s",
            stacklevel=3,
        )
    begin, end = positions(source, low, high, stop)
    part = between(source, begin, end, low, high)
    if limits and len(source.samples):
        if bounds[0] is not None:
            part = with_sample_at(part, low, True, trace, reading)
        if bounds[1] is not None and stop:
            part = with_sample_at(part, high, False, trace, reading)
    return part


def ordered(trace: Trace, bounds: tuple[Time | None, Time | None]) -> tuple[Time, Time]:
    """Two bounds in order, as the trace keeps times; None is the trace's own."""
    ends = (trace.t_start, trace.t_stop)
    given = [end if bound is None else trace.exactly(bound) for bound, end in zip(bounds, ends, strict=True)]
    if trace.grid is None:  # a bound that is an end but for rounding is that end
        given = [next((end for end in ends if abs(t - end) <= 4.0 * math.ulp(end)), t) for t in given]
    return min(given), max(given)


def positions(trace: Trace, low: Time, high: Time, stop: bool) -> tuple[int, int]:
    """The rows of the samples in [low, high], or [low, high)."""
    if trace.grid is None:
        begin = int(np.searchsorted(trace.times, float(low), side="left"))
        end = int(np.searchsorted(trace.times, float(high), side="right" if stop else "left"))
    else:
        first, dt = trace.grid
        begin = ceil_step(Fraction(low) - first, dt)
        end = int((Fraction(high) - first) // dt) + 1 if stop else ceil_step(Fraction(high) - first, dt)
    rows = len(trace.samples)
    begin = min(max(begin, 0), rows)
    return begin, min(max(end, begin), rows)


def between(trace: Trace, begin: int, end: int, low: Time, high: Time) -> Trace:
    """Rows begin ... end - 1 in the extent [low, high]."""
    grid = None if trace.grid is None else trace.grid.shifted(begin * trace.grid.dt)
    stamps = None if trace.stamps is None else trace.stamps[begin:end]
    return replace(trace, grid=grid, stamps=stamps, samples=trace.samples[begin:end], t_start=low, t_stop=high)


def with_sample_at(part: Trace, at: Time, early: bool, trace: Trace, reading: Reading) -> Trace:
    """``part`` with a sample at its early or late bound ``at``, unless it has one or ``trace`` cannot be read there."""
    low, high = valid_range(trace, reading)
    at = part.exactly(at)
    there = len(part.samples) > 0 and at == (part.first if early else part.last)
    if there or not (reading.periodic or low <= float(at) <= high):
        return part
    row = sample(trace, np.array([float(at)]), reading)
    grid = part.grid
    rows = (row, part.samples) if early else (part.samples, row)
    samples = frozen(np.concatenate(rows))
    if grid is not None:
        next_to = at + grid.dt == part.first if early else at - grid.dt == part.last
        if next_to or len(part.samples) == 0:
            origin = Fraction(at) if early else grid.origin
            return replace(part, grid=Grid(origin, grid.dt), samples=samples)
    moment = np.array([float(at)])
    stamps = frozen(np.concatenate((moment, part.times) if early else (part.times, moment)))
    return irregular(replace(part, samples=samples), stamps)


def irregular(trace: Trace, stamps: NDArray[np.float64]) -> Trace:
    """The same samples at ``stamps``, no longer clocked."""
    return replace(trace, grid=None, stamps=stamps, t_start=float(trace.t_start), t_stop=float(trace.t_stop))


def resampled(trace: Trace, times: Any, channels: Any, reading: Reading) -> Trace:
    """An irregular trace of the samples at ``times``, which are its extent."""
    stamps = as_times(times)
    part = picked(trace, channels)
    samples = frozen(sample(part, stamps, reading))
    low, high = (float(stamps[0]), float(stamps[-1])) if len(stamps) else (float(trace.t_start),) * 2
    return Trace(stamps=stamps, samples=samples, t_start=low, t_stop=high)


def strided(trace: Trace, part: slice, reading: Reading) -> Trace:
    """Clocked samples at ``start, start + step, ...`` below ``stop``, as far as the trace can be read.

    A negative step turns their values round.
    """
    stride = as_bound(part.step, "step")
    if stride == 0:
        raise SeriesError("step: a slice with a step needs one that is not 0 s", hint="leave the step out to clip")
    step = step_fraction(abs(stride))
    low, high = (trace.t_start, trace.t_stop) if reading.periodic else valid_range(trace, reading)
    begin = on_grid(trace.t_start if part.start is None else as_bound(part.start, "start"), step)
    end = on_grid(trace.t_stop if part.stop is None else as_bound(part.stop, "stop"), step, begin)
    begin, end = min(begin, end), max(begin, end)
    count = ceil_step(end - begin, step)
    if not reading.periodic:
        skipped = max(ceil_step(on_grid(low, step, begin) - begin, step), 0)
        count = min(count, int((on_grid(high, step, begin) - begin) // step) + 1) - skipped
        begin += skipped * step
    samples = on_clock(trace, Grid(begin, step), max(count, 0), reading)
    samples = samples if stride > 0 else frozen(samples[::-1])
    return Trace(grid=Grid(begin, step), samples=samples, t_start=begin, t_stop=begin + len(samples) * step)


def clocked(trace: Trace, dt: Fraction, reading: Reading) -> Trace:
    """Samples at ``t_start + k dt``, as many as begin before ``t_stop``, which moves to the end of the last step.

    A periodic trace keeps its period.
    """
    begin = on_grid(trace.t_start, dt)
    length = on_grid(trace.t_stop, dt, begin) - begin
    count = ceil_step(length, dt) if len(trace.samples) else 0
    samples = on_clock(trace, Grid(begin, dt), count, reading)
    stop = begin + (length if reading.periodic else count * dt)
    return Trace(grid=Grid(begin, dt), samples=samples, t_start=begin, t_stop=stop)


def on_clock(trace: Trace, grid: Grid, count: int, reading: Reading) -> Samples:
    """Samples on ``count`` steps of a clock that may begin between its whole steps."""
    if count == 0 or len(trace.samples) == 0:
        return trace.samples[:0]
    wraps = reading.periodic and trace.duration > 0
    if trace.grid is not None and reading.kind == "previous" and reading.holds:
        moved = trace.shifted(-grid.origin)
        if wraps or reaches_steps(moved, 0, count, grid.dt):
            return sample_steps(moved, 0, count, grid.dt, "previous", wraps)
    return frozen(sample(trace, clocked_times(grid, 0, count), reading))
