"""Events on channels over time: clocked (whole steps) or timed (float seconds)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphnet.errors import ChannelError, SeriesError, SeriesTypeError

from . import binning, counting, overlay
from .base import listed
from .checks import as_bound, as_channels, as_instants, frozen
from .content import Train
from .countable import Countable, room_for, spread_channels
from .doors import EventDoors
from .exactly import Grid, Time
from .extent import extent_of, spread_offsets
from .stepping import step_fraction


class TSEvent(Countable, EventDoors):
    """Events: instants in [t_start, t_stop), each on a channel.

    ``times`` in any order are sorted, equal times keep their order. Events need a ``t_stop`` after the last of them.
    ``t_start`` defaults to the first time. ``channels``: one per event, one for all, or None for channel 0.
    ``num_channels`` defaults to the largest channel and one. Memory of the caller is shared where nothing has to be
    sorted or converted; ``copy=True`` isolates.

    Raises SeriesTypeError (a TypeError) for events without ``t_stop``, SeriesError (a ValueError) for times that are
    not finite or lie outside the extent, for channels that are negative, not whole or beyond ``num_channels``.

    >>> ts = TSEvent([0.2, 0.1], [1, 0], t_stop=1.0)
    >>> ts.times, ts.channels, ts.num_channels
    (array([0.1, 0.2]), array([0, 1], dtype=int32), 2)
    """

    def __init__(
        self,
        times: ArrayLike | None = None,
        channels: ArrayLike | None = None,
        periodic: bool = False,
        t_start: Time | None = None,
        t_stop: Time | None = None,
        name: str | None = None,
        num_channels: int | None = None,
        *,
        copy: bool = False,
    ) -> None:
        stamps = as_instants(() if times is None else times)
        stamps = stamps.copy() if copy else stamps
        ids = spread_channels(channels, len(stamps), copy)
        if len(stamps) > 1 and (stamps[1:] < stamps[:-1]).any():
            order = np.argsort(stamps, kind="stable")
            stamps, ids = stamps[order], ids[order]
        if len(stamps) and t_stop is None:
            raise SeriesTypeError("t_stop: a series with events needs to know where it ends, got None")
        low, high = extent_of(stamps, t_start, t_stop)
        if len(stamps) and not stamps[-1] < high:
            raise SeriesError(f"t_stop: {high} s must lie after the last event, at {stamps[-1]} s")
        self._content = Train(
            stamps=frozen(stamps),
            channels=frozen(ids),
            num_channels=room_for(ids, num_channels),
            t_start=low,
            t_stop=high,
        )
        self._describe(name, periodic)

    @classmethod
    def from_steps(
        cls,
        step: NDArray[np.int64],
        channel: NDArray[np.int32],
        dt: Time,
        num_channels: int,
        start_step: int,
        num_steps: int,
        name: str | None = "unnamed",
    ) -> Self:
        """A clocked series from sorted arrays, without a copy and without a check.

        Event i lies at ``step[i] * dt`` on ``channel[i]``; ``step`` (int64) and ``channel`` (int32) are sorted by
        (step, channel) and lie in [start_step, start_step + num_steps). The extent is those steps.

        >>> ts = TSEvent.from_steps(np.array([3, 4]), np.array([0, 1], dtype=np.int32), 0.1, 2, 2, 4)
        >>> ts.times, ts.t_start, ts.t_stop
        (array([0.3, 0.4]), 0.2, 0.6)
        """
        own = step_fraction(dt)
        series = object.__new__(cls)
        series._content = Train(
            grid=Grid(Fraction(0), own),
            steps=frozen(step),
            channels=frozen(channel),
            num_channels=num_channels,
            t_start=start_step * own,
            t_stop=(start_step + num_steps) * own,
        )
        series._describe(name, False)
        return series

    @classmethod
    def from_raster(
        cls,
        raster: ArrayLike,
        dt: Time = 1.0,
        t_start: Time = 0.0,
        t_stop: Time | None = None,
        name: str | None = None,
        periodic: bool = False,
        num_channels: int | None = None,
        spikes_at_bin_start: bool = False,
    ) -> Self:
        """A clocked series from a table (T, C) of counts or of presence: row k covers ``t_start + [k, k + 1) dt``.

        Events lie in the middle of their row's step, or at its start. ``t_stop`` defaults to the end of the last row.

        >>> TSEvent.from_raster([[0, 2], [1, 0]], dt=0.1).times
        array([0.05, 0.05, 0.15])
        """
        train = counting.from_table(
            raster, step_fraction(dt), as_bound(t_start, "t_start"), num_channels, spikes_at_bin_start
        )
        series = object.__new__(cls)
        series._content = train
        series._describe(name, periodic)
        if t_stop is not None:
            series.t_stop = t_stop
        return series

    # --- parts -------------------------------------------------------------------------------------------------------

    def __call__(
        self, t_start: Time | None = None, t_stop: Time | None = None, channels: Any = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Times and channels of the events in [t_start, t_stop), on ``channels`` or on all; views where they can be.

        Bounds may be swapped. Raises ChannelError (an IndexError) for a channel that does not exist.
        """
        train = self._content
        low, high = self._bounds(t_start, t_stop)
        if self.periodic and train.duration > 0:
            train = binning.unrolled(train, Fraction(low), Fraction(high))
        begin, end = overlay.window(train, low, high)
        times, ids = overlay.times_between(train, begin, end), train.channels[begin:end]
        if channels is None:
            return times, ids
        chosen = overlay.of_channels(replace(train, channels=ids), overlay.asked_channels(train, channels))
        return times[chosen], ids[chosen]

    def _bounds(self, t_start: Any, t_stop: Any) -> tuple[Time, Time]:
        content = self._content
        low = content.t_start if t_start is None else content.exactly(as_bound(t_start, "t_start"))
        high = content.t_stop if t_stop is None else content.exactly(as_bound(t_stop, "t_stop"))
        return min(low, high), max(low, high)

    def __getitem__(self, indices: Any) -> Self:
        """Some of the events, by position (a number, a slice, a list, a mask), in the same extent and channels."""
        if not isinstance(indices, slice):
            try:
                indices = np.sort(np.atleast_1d(np.arange(len(self))[indices]))
            except IndexError as error:
                raise ChannelError(f"{self.name}: no such events among {len(self)} ({error})") from error
        elif indices.step is not None and indices.step < 0:
            indices = np.sort(np.arange(len(self))[indices])
        return self._become(overlay.taken(self._content, indices), False)

    def clip(
        self,
        t_start: Time | None = None,
        t_stop: Time | None = None,
        channels: Any = None,
        remap_channels: bool = False,
        inplace: bool = False,
    ) -> Self:
        """The events of [t_start, t_stop), which becomes the extent, on ``channels`` or on all.

        ``remap_channels``: number the channels asked for from 0, in order. A part of a periodic series is not periodic.
        Raises ChannelError (an IndexError) for a channel that does not exist.
        """
        train, periodic = self._content, self.periodic
        if t_start is not None or t_stop is not None:
            train = overlay.clip(train, self._bounds(t_start, t_stop), self.periodic)
            periodic = periodic and (train.t_start, train.t_stop) == (self._content.t_start, self._content.t_stop)
        if channels is not None:
            ids = overlay.asked_channels(train, channels)
            train = overlay.taken(train, overlay.of_channels(train, ids))
            if remap_channels:
                train = overlay.renumbered(train, np.searchsorted(ids, train.channels).astype(np.int32), len(ids))
        return self._become(train, inplace, _periodic=periodic)

    def remap_channels(self, channel_map: ArrayLike, inplace: bool = False) -> Self:
        """The series with channel c moved to ``channel_map[c]``; the map names every channel.

        >>> TSEvent([0.1, 0.2], [0, 1], t_stop=1.0).remap_channels([3, 0]).channels
        array([3, 0], dtype=int32)
        """
        ids = as_channels(channel_map, "channel_map")
        if len(ids) != self.num_channels:
            raise SeriesError(f"channel_map: {len(ids)} entries for {self.num_channels} channels")
        number = int(ids.max()) + 1 if len(ids) else 0
        return self._become(overlay.renumbered(self._content, ids[self.channels], number), inplace)

    def to_clocked(self, dt: Time) -> Self:
        """The events on a clock: each at the start of its step of ``dt``, by the rounding rule, in whole steps.

        >>> TSEvent([0.1, 0.25], [0, 1], t_start=0.0, t_stop=0.95).to_clocked(0.1).times
        array([0.1, 0.2])
        """
        step = step_fraction(dt)
        return self._become(binning.clocked(self._content, step), False)

    # --- putting together --------------------------------------------------------------------------------------------

    def append_c(self, other_series: Any, inplace: bool = False) -> Self:
        """The series with the channels of others behind its own: each is numbered on from those before it."""
        several = [self, *listed(other_series, TSEvent, "append_c")]
        trains, number = [], 0
        for one in several:
            trains.append(replace(one._content, channels=one.channels + np.int32(number)))
            number += one.num_channels
        return self._become(overlay.united(trains, number, False), inplace)

    def append_t(
        self, other_series: Any, offset: Any = None, remove_duplicates: bool = False, inplace: bool = False
    ) -> Self:
        """The series with others behind it, each ``offset`` seconds (default 0) after the ``t_stop`` of the one before.

        ``offset``: a number, or a list with one for each. ``remove_duplicates``: of each time and channel keep one
        event.
        """
        others = listed(other_series, TSEvent, "append_t")
        trains = overlay.behind([one._content for one in (self, *others)], spread_offsets(offset, len(others)))
        number = max(one.num_channels for one in trains)
        return self._become(overlay.united(trains, number, remove_duplicates), inplace)

    def merge(
        self, other_series: Any, delay: Any = 0.0, remove_duplicates: bool = False, inplace: bool = False
    ) -> Self:
        """The events of several series, the others ``delay`` seconds (a number, or one for each) later than they are.

        ``remove_duplicates``: of each time and channel keep one event.
        """
        others = listed(other_series, TSEvent, "merge")
        delays = spread_offsets(delay, len(others))
        late = [one._content.shifted(gap or 0.0) for one, gap in zip(others, delays, strict=True)]
        trains = [self._content, *late]
        number = max(one.num_channels for one in trains)
        return self._become(overlay.united(trains, number, remove_duplicates), inplace)
