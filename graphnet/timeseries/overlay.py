"""Trains of events cut, renumbered and united; a common clock survives."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphnet.blocks import sort_events
from graphnet.clock import gcd
from graphnet.errors import ChannelError

from .binning import unrolled
from .checks import as_channels, frozen, plain_array
from .content import Train, stepped_times
from .exactly import Grid, Time, ceil_step, common, on_grid

_ROOM = 2**62  # integers below this may be added once without leaving int64


def window(train: Train, low: Time, high: Time) -> tuple[int, int]:
    """Where the events of [low, high) begin and end."""
    if train.grid is None or train.steps is None:
        times = train.times  # numbers one by one: a pair would have to become an array first
        return int(times.searchsorted(float(low))), int(times.searchsorted(float(high)))
    origin, dt = train.grid
    bounds = (ceil_step(Fraction(low) - origin, dt), ceil_step(Fraction(high) - origin, dt))
    return int(train.steps.searchsorted(bounds[0])), int(train.steps.searchsorted(bounds[1]))


def times_between(train: Train, begin: int, end: int) -> NDArray[np.float64]:
    """The times of some events, without computing those of all."""
    if train.grid is None or train.steps is None or "times" in train.__dict__:
        return train.times[begin:end]
    return frozen(stepped_times(train.grid, train.steps[begin:end]))


def taken(train: Train, index: Any) -> Train:
    """The events of an index in order (slice, mask, or positions)."""
    return replace(
        train,
        channels=frozen(train.channels[index]),
        steps=None if train.steps is None else frozen(train.steps[index]),
        stamps=None if train.stamps is None else frozen(train.stamps[index]),
    )


def asked_channels(train: Train, channels: Any) -> NDArray[np.int32]:
    """Channels that exist, distinct and in order; raises ChannelError."""
    given = plain_array(channels, "channels").reshape(-1)
    if given.size and given.dtype.kind != "b" and given.min() < 0:
        raise ChannelError(f"channels: there is no channel {given.min()} among {train.num_channels}")
    ids = np.unique(as_channels(given))
    if ids.size and ids[-1] >= train.num_channels:
        raise ChannelError(f"channels: there is no channel {ids[-1]} among {train.num_channels}")
    return ids


def of_channels(train: Train, ids: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which events lie on one of ``ids``."""
    chosen = np.zeros(train.num_channels, dtype=bool)
    chosen[ids] = True
    return chosen[train.channels]


def clip(train: Train, bounds: tuple[Time, Time], periodic: bool) -> Train:
    """The events of [low, high), in that extent; repetitions of a periodic train included."""
    low, high = min(bounds), max(bounds)
    if periodic and train.duration > 0:
        train = unrolled(train, Fraction(low), Fraction(high))
    elif low < train.t_start - 4.0 * math.ulp(train.t_start) or high > train.t_stop + 4.0 * math.ulp(train.t_stop):
        warnings.warn(
            f"clip from {float(low)} s to {float(high)} s reaches beyond the series,"
            f" {float(train.t_start)} s to {float(train.t_stop)} s",
            stacklevel=3,
        )
    return replace(taken(train, slice(*window(train, low, high))), t_start=low, t_stop=high)


def renumbered(train: Train, ids: NDArray[np.int32], num_channels: int) -> Train:
    """The same events on other channels, one given for each."""
    moved = replace(train, channels=frozen(ids), num_channels=num_channels)
    if train.steps is None:
        return moved
    events = sort_events(train.steps, ids)
    return replace(moved, steps=frozen(events.step), channels=frozen(events.channel))


def behind(trains: Sequence[Train], offsets: Sequence[Time | None]) -> list[Train]:
    """Trains moved so that each begins its offset (None: 0) after the ``t_stop`` of the one before."""
    placed = [trains[0]]
    for train, offset in zip(trains[1:], offsets, strict=True):
        before = placed[-1]
        gap = 0.0 if offset is None else offset
        if before.grid is not None:
            goal = train.exactly(before.t_stop + on_grid(gap, before.grid.dt))
        else:
            goal = train.exactly(before.t_stop + float(gap))
        placed.append(replace(train.shifted(goal - train.t_start), t_start=goal))
    return placed


def united(trains: Sequence[Train], num_channels: int, remove_duplicates: bool) -> Train:
    """All events in the order of time, in the extent of all; equal times in the order of the trains, or, if all are
    clocked, of the channels. Without duplicates: of each time and channel one."""
    low, high = min(one.t_start for one in trains), max(one.t_stop for one in trains)
    channels = np.concatenate([one.channels for one in trains])
    grid = common_clock(trains)
    if grid is not None:
        steps = np.concatenate([rescaled(one, grid) for one in trains])
        events = sort_events(steps, channels)
        keep = distinct(events.step, events.channel) if remove_duplicates else slice(None)
        return Train(
            grid=grid,
            steps=frozen(events.step[keep]),
            channels=frozen(events.channel[keep]),
            num_channels=num_channels,
            t_start=low,
            t_stop=high,
        )
    stamps = np.concatenate([one.times for one in trains])
    order = np.argsort(stamps, kind="stable")
    if remove_duplicates:
        by_channel = np.lexsort((channels, stamps))
        first = by_channel[distinct(stamps[by_channel], channels[by_channel])]
        kept = np.zeros(len(stamps), dtype=bool)
        kept[first] = True
        order = order[kept[order]]
    return Train(
        stamps=frozen(stamps[order]),
        channels=frozen(channels[order]),
        num_channels=num_channels,
        t_start=float(low),
        t_stop=float(high),
    )


def distinct(key: NDArray[Any], channel: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which of sorted pairs differ from the one before."""
    keep = np.ones(len(key), dtype=bool)
    keep[1:] = (key[1:] != key[:-1]) | (channel[1:] != channel[:-1])
    return keep


def common_clock(trains: Sequence[Train]) -> Grid | None:
    """The coarsest clock on which all events lie; None where some are not clocked, or their steps would not fit."""
    grids = [one.grid for one in trains if one.grid is not None]
    if len(grids) < len(trains):
        return None
    first = grids[0]
    apart = [abs(grid.origin - first.origin) for grid in grids[1:]]
    dt = gcd([grid.dt for grid in grids] + [gap for gap in apart if gap])
    for train, grid in zip(trains, grids, strict=True):
        scale, shift, unit = common(grid.dt, grid.origin - first.origin, dt)
        steps = train.steps
        if steps is not None and len(steps):
            top = max(abs(int(steps[0])), abs(int(steps[-1])))
            if (top * scale + abs(shift)) // unit >= _ROOM:
                return None
    return Grid(first.origin, dt)


def rescaled(train: Train, grid: Grid) -> NDArray[np.int64]:
    """The steps of a train on a finer clock."""
    if train.steps is None or train.grid is None:
        return np.zeros(0, dtype=np.int64)
    scale = train.grid.dt / grid.dt
    shift = (train.grid.origin - grid.origin) / grid.dt
    return train.steps * int(scale) + int(shift)
