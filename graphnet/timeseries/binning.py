"""Which step an event falls in: by integers where the train is clocked, by the rounding rule otherwise."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from graphnet.blocks import NO_EVENTS, Events, sort_events
from graphnet.clock import seconds, step_of, steps_of

from .checks import frozen
from .content import Train
from .exactly import Grid, ceil_step, common, floor_steps, on_grid, second_slack


def event_steps(train: Train, start: int, count: int, dt: Fraction, periodic: bool) -> Events:
    """The events in steps start ... start + count - 1 of ``dt``, sorted by (step, channel)."""
    if count <= 0 or len(train.channels) == 0:
        return NO_EVENTS
    if train.grid == Grid(Fraction(0), dt) and train.steps is not None and not periodic:
        low, high = train.steps.searchsorted(start), train.steps.searchsorted(start + count)
        return Events(train.steps[low:high], train.channels[low:high])
    if periodic and train.duration > 0:
        train = unrolled(train, start * dt, (start + count) * dt)
    return _clocked(train, train.grid, start, count, dt) if train.grid else _timed(train, start, count, dt)


def _clocked(train: Train, grid: Grid, start: int, count: int, dt: Fraction) -> Events:
    steps = train.steps if train.steps is not None else NO_EVENTS.step
    own, offset, unit = common(grid.dt, grid.origin, dt)
    # event s falls in [start, stop) where start * unit <= s * own + offset < stop * unit
    bounds = (-((offset - start * unit) // own), -((offset - (start + count) * unit) // own))
    low, high = np.searchsorted(steps, bounds)
    step = floor_steps(steps[low:high], grid.dt, grid.origin, dt)
    channel = train.channels[low:high]
    if grid.dt >= dt:  # each own step has steps of the reader for itself: the order by channel stands
        return Events(step, channel)
    return sort_events(step, channel)


def _timed(train: Train, start: int, count: int, dt: Fraction) -> Events:
    times = train.times
    begin, end = seconds(start, dt), seconds(start + count, dt)
    # a window wide enough for every event that the rounding rule may put into the steps, then the rule itself
    low = np.searchsorted(times, begin - 2 * second_slack(begin, dt), side="left")
    high = np.searchsorted(times, end + 2 * second_slack(end, dt), side="right")
    step = steps_of(times[low:high], dt)
    first, last = np.searchsorted(step, (start, start + count))
    return sort_events(step[first:last], train.channels[low + first : low + last])


def unrolled(train: Train, begin: Fraction, end: Fraction) -> Train:
    """The repetitions of a periodic train that meet [begin, end], as one train."""
    period = Fraction(train.duration)
    low = math.floor((begin - Fraction(train.t_start)) / period) - 1
    high = math.ceil((end - Fraction(train.t_start)) / period) + 1
    turns = np.arange(low, high, dtype=np.int64)
    channels = np.tile(train.channels, len(turns))
    extent = {"t_start": train.t_start + low * train.duration, "t_stop": train.t_start + high * train.duration}
    if train.grid is None or train.steps is None:
        stamps = (turns[:, None] * float(period) + train.times[None, :]).reshape(-1)
        return replace(train, stamps=stamps, channels=channels, **extent)
    own, turn = common(train.grid.dt, period)
    unit = math.gcd(own, turn)  # a step fine enough for the events of every repetition
    steps = (turns[:, None] * (turn // unit) + train.steps[None, :] * (own // unit)).reshape(-1)
    grid = Grid(train.grid.origin, train.grid.dt * unit / own)
    return replace(train, grid=grid, steps=steps, channels=channels, **extent)


def regular(steps: NDArray[np.int64], channels: NDArray[np.int32]) -> bool:
    """Whether events are sorted by (step, channel)."""
    rise = np.diff(steps)
    return bool(np.all((rise > 0) | ((rise == 0) & (np.diff(channels) >= 0))))


def clocked(train: Train, dt: Fraction) -> Train:
    """The events at the starts of their steps, in an extent of whole steps."""
    low, high = (on_grid(t, dt) for t in (train.t_start, train.t_stop))
    first, last = low // dt, ceil_step(high, dt)
    if len(train.channels):  # an extent may be so short that it means no step: no event is lost for that
        last = max(last, step_of(float(train.times[-1]), dt) + 1)
    events = event_steps(train, first, last - first, dt, False)
    return Train(
        grid=Grid(Fraction(0), dt),
        steps=frozen(events.step),
        channels=frozen(events.channel),
        num_channels=train.num_channels,
        t_start=first * dt,
        t_stop=last * dt,
    )
