"""Traces put together: side by side, one after another, one into another; a common clock survives."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from graphnet.errors import SeriesError

from .checks import Samples, frozen
from .content import NO_TIMES, Trace, stepped_times
from .cutting import on_clock
from .exactly import Grid, Time, on_grid
from .sampling import Reading, sample


def at_times_of(trace: Trace, other: Trace, reading: Reading) -> Samples:
    """``other`` read at the times of ``trace``: by integers where both are clocked, its own rows on the same grid."""
    if trace.grid is not None:
        return on_clock(other, trace.grid, len(trace.samples), reading)
    return sample(other, trace.times, reading)


def beside(trace: Trace, others: Sequence[Samples]) -> Trace:
    """The trace with more columns."""
    return replace(trace, samples=frozen(np.concatenate((trace.samples, *others), axis=1)))


def same_width(traces: Sequence[Trace]) -> int:
    """The number of channels that all traces with samples have; an empty one takes theirs."""
    widths = {one.samples.shape[1] for one in traces if len(one.samples)}
    if not widths:
        widths = {traces[0].samples.shape[1]}
    if len(widths) > 1:
        raise SeriesError(f"series of {' and '.join(str(n) for n in sorted(widths))} channels cannot become one")
    return widths.pop()


def usual_step(trace: Trace) -> Time:
    """What separates a trace from the next: nothing after a clocked one, whose last step is complete; else its median
    step; nothing where it has none."""
    if len(trace.samples) < 2:
        return 0.0
    if trace.grid is not None:
        return Fraction(0) if trace.t_stop - trace.last >= trace.grid.dt else trace.grid.dt
    return float(statistics.median(np.diff(trace.times)))


def chained(traces: Sequence[Trace], offsets: Sequence[Time | None]) -> Trace:
    """Traces one behind another: each begins its offset (None: the usual step) after the ``t_stop`` of the one before.

    Clocked ones of one dt without a gap make a clocked one.
    """
    width = same_width(traces)
    placed = [traces[0]]
    for trace, offset in zip(traces[1:], offsets, strict=True):
        placed.append(behind(placed[-1], trace, offset))
    filled = [one for one in placed if len(one.samples)]
    samples = frozen(np.concatenate([one.samples for one in filled])) if filled else frozen(np.zeros((0, width)))
    low, high = min(one.t_start for one in placed), max(one.t_stop for one in placed)
    grid = filled[0].grid if filled else placed[0].grid
    if grid is not None and all(follows(one, two, grid.dt) for one, two in pairwise(filled)):
        shell = filled[0] if filled else placed[0]
        return replace(shell, samples=samples, t_start=shell.exactly(low), t_stop=shell.exactly(high))
    stamps = frozen(np.concatenate([one.times for one in filled])) if filled else NO_TIMES
    if len(stamps) > 1 and (stamps[1:] < stamps[:-1]).any():
        raise SeriesError("offset: puts a series before the end of the one that it is appended to")
    return Trace(stamps=stamps, samples=samples, t_start=float(low), t_stop=float(high))


def behind(before: Trace, trace: Trace, offset: Time | None) -> Trace:
    """``trace`` moved behind another; an empty trace is not kept at a distance by default."""
    if offset is None:
        offset = usual_step(before) if len(trace.samples) else 0.0
    if isinstance(before.t_stop, Fraction):
        goal = trace.exactly(before.t_stop + on_grid(offset, before.grid.dt if before.grid else Fraction(1)))
    else:
        goal = trace.exactly(before.t_stop + float(offset))
    return replace(trace.shifted(goal - trace.t_start), t_start=goal)


def follows(one: Trace, two: Trace, dt: Fraction) -> bool:
    """Whether both are on one clock and ``two`` goes on where ``one`` ends."""
    return (
        one.grid is not None
        and two.grid is not None
        and one.grid.dt == two.grid.dt == dt
        and two.first - one.last == dt
    )


def merged(traces: Sequence[Trace], remove_duplicates: bool) -> Trace:
    """All samples in the order of time, those of equal times in the order of the traces.

    Without duplicates: a sample whose time an earlier trace has, too, is left out.
    """
    width = same_width(traces)
    filled = [one for one in traces if len(one.samples)]
    low, high = min(one.t_start for one in traces), max(one.t_stop for one in traces)
    if not filled:
        return replace(traces[0], samples=frozen(np.zeros((0, width))), t_start=low, t_stop=high)
    keys, grid = common_keys(filled)
    kept = [without(keys[:i], keys[i]) if remove_duplicates else slice(None) for i in range(len(keys))]
    key = np.concatenate([one[keep] for one, keep in zip(keys, kept, strict=True)])
    samples = np.concatenate([one.samples[keep] for one, keep in zip(filled, kept, strict=True)])
    order = np.argsort(key, kind="stable")
    key, samples = key[order], frozen(samples[order])
    if grid is None:
        return Trace(stamps=frozen(key), samples=samples, t_start=float(low), t_stop=float(high))
    exact = filled[0].exactly(low), filled[0].exactly(high)
    if np.all(np.diff(key) == 1):
        return Trace(grid=grid.shifted(int(key[0]) * grid.dt), samples=samples, t_start=exact[0], t_stop=exact[1])
    stamps = frozen(stepped_times(grid, key.astype(np.int64, copy=False)))
    return Trace(stamps=stamps, samples=samples, t_start=float(low), t_stop=float(high))


def common_keys(traces: Sequence[Trace]) -> tuple[list[NDArray[np.int64]] | list[NDArray[np.float64]], Grid | None]:
    """What orders the samples of several traces: whole steps of the clock that they share, or else seconds."""
    grids = [one.grid for one in traces if one.grid is not None]
    first = grids[0] if grids else None
    if first is not None and len(grids) == len(traces):
        places = [(grid.origin - first.origin) / first.dt for grid in grids]
        if all(grid.dt == first.dt for grid in grids) and all(place.denominator == 1 for place in places):
            return [
                np.arange(len(one.samples), dtype=np.int64) + place.numerator
                for one, place in zip(traces, places, strict=True)
            ], first
    return [one.times for one in traces], None


def without(earlier: Sequence[NDArray[np.generic]], key: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Which of ``key`` do not occur in any earlier one."""
    return np.ones(len(key), dtype=bool) if not earlier else ~np.isin(key, np.concatenate(earlier))
