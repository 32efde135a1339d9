"""What a series of events holds and how it is counted: in tables, and on the steps of a clock."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphnet.blocks import Events
from graphnet.errors import SeriesError

from . import binning, counting, overlay
from .base import TimeSeries
from .checks import as_bound, as_channels, as_count
from .content import Train
from .exactly import Time
from .stepping import step_fraction


class Countable(TimeSeries):
    """Events over time and the ways to count them; ``TSEvent`` without what makes new series of it."""

    _content: Train

    # --- what it holds -----------------------------------------------------------------------------------------------

    @property
    def channels(self) -> NDArray[np.int32]:
        """Channel of each event, shape (n,), read-only. Setting larger ones makes more channels."""
        return self._content.channels

    @channels.setter
    def channels(self, channels: ArrayLike) -> None:
        ids = spread_channels(channels, len(self), copy=True)
        number = max(self.num_channels, room_for(ids, None))
        self._content = overlay.renumbered(self._content, ids, number)

    @property
    def num_channels(self) -> int:
        """How many channels there are, with events or without."""
        return self._content.num_channels

    @num_channels.setter
    def num_channels(self, num_channels: int) -> None:
        number = room_for(self.channels, as_count(num_channels, "num_channels"))
        self._content = replace(self._content, num_channels=number)

    def _restamped(self, stamps: NDArray[np.float64]) -> Train:
        content: Any = super()._restamped(stamps)
        high = content.t_stop
        if len(stamps) and stamps[-1] >= high:
            high = math.nextafter(float(stamps[-1]), math.inf)
        return replace(content, steps=None, t_stop=high)

    def _stop_behind_last(self, high: Time) -> Time:
        if len(self) and not high > self._last():
            raise SeriesError(f"t_stop: {float(high)} s must lie after the last event, at {self.times[-1]} s")
        return high

    def _first(self) -> Time:
        return self._exact_time(0)

    def _last(self) -> Time:
        return self._exact_time(-1)

    def _exact_time(self, i: int) -> Time:
        grid, steps = self._content.grid, self._content.steps
        return float(self.times[i]) if grid is None or steps is None else grid.origin + int(steps[i]) * grid.dt

    def _emptied(self) -> Self:
        return self._twin(replace(overlay.taken(self._content, slice(0, 0)), t_stop=self._content.t_start))

    def _value(self, i: int) -> str:
        return f"channel {self.channels[i]}"

    def _size(self) -> str:
        return f" Events: {len(self)}. Channels: {self.num_channels}"

    def __len__(self) -> int:
        return len(self._content.channels)

    def __iter__(self) -> Iterator[tuple[float, int]]:
        """Pairs of a time and a channel."""
        return zip(self.times.tolist(), self.channels.tolist(), strict=True)

    # --- tables ------------------------------------------------------------------------------------------------------

    def raster(
        self,
        dt: Time,
        t_start: Time | None = None,
        t_stop: Time | None = None,
        num_timesteps: int | None = None,
        channels: Any = None,
        add_events: bool = False,
    ) -> NDArray[Any]:
        """Which steps and channels have events: bool, shape (T, channels); with ``add_events`` how many: int64.

        Row k covers ``t_start + [k, k + 1) dt``; an event falls in the row that the rounding rule gives: one on a
        boundary belongs to the later row, also where ``t / dt`` is not exact in binary. ``num_timesteps`` gives the
        number of rows, else [t_start, t_stop) does. Column j is ``channels[j]``; one that does not exist stays empty,
        with a warning.

        Raises SeriesError (a ValueError) where both ``t_stop`` and ``num_timesteps`` are given.

        >>> from graphnet.timeseries import TSEvent
        >>> TSEvent([0.015, 0.017], [0, 0], t_start=0, t_stop=0.02).raster(dt=0.01, add_events=True)
        array([[0],
               [2]])
        """
        table = self._table(dt, t_start, t_stop, num_timesteps, channels)
        return counting.raster(self._content, table, self.periodic, add_events, 0, table.rows)

    def xraster(
        self,
        dt: Time,
        t_start: Time | None = None,
        t_stop: Time | None = None,
        num_timesteps: int | None = None,
        channels: Any = None,
        add_events: bool = False,
    ) -> Iterator[NDArray[Any]]:
        """The rows of ``raster`` one after another, in little memory."""
        table = self._table(dt, t_start, t_stop, num_timesteps, channels)
        return counting.rows_of(self._content, table, self.periodic, add_events)

    def _table(self, dt: Any, t_start: Any, t_stop: Any, num_timesteps: Any, channels: Any) -> counting.Table:
        low = None if t_start is None else as_bound(t_start, "t_start")
        high = None if t_stop is None else as_bound(t_stop, "t_stop")
        return counting.wanted(self._content, step_fraction(dt), low, high, num_timesteps, channels)

    # --- on the steps of a clock -------------------------------------------------------------------------------------

    def event_steps(self, start: int, count: int, dt: Time) -> Events:
        """The events in steps start ... start + count - 1 of ``dt``: absolute steps, sorted by (step, channel).

        An event falls in the step that the rounding rule gives; a clocked series answers by integers alone, and on its
        own grid without a copy. Beyond the extent there are no events, unless the series is periodic.

        >>> from graphnet.timeseries import TSEvent
        >>> TSEvent([0.1, 0.3, 0.35], [0, 1, 0], t_stop=1.0).event_steps(2, 3, 0.1)
        Events(step=array([3, 3]), channel=array([0, 1], dtype=int32))
        """
        return binning.event_steps(self._content, start, count, step_fraction(dt), self.periodic)

    def _fields(self) -> dict[str, Any]:
        return super()._fields() | {"channels": self.channels, "num_channels": self.num_channels}


def spread_channels(channels: Any, count: int, copy: bool = False) -> NDArray[np.int32]:
    """One channel per event: as given, one for all, or 0."""
    if channels is None:
        return np.zeros(count, dtype=np.int32)
    ids = as_channels(channels)
    if np.ndim(channels) == 0:
        return np.full(count, ids[0], dtype=np.int32)
    if len(ids) != count:
        raise SeriesError(f"channels: {len(ids)} channels for {count} times")
    return ids.copy() if copy else ids


def room_for(channels: NDArray[np.int32], num_channels: Any) -> int:
    """``num_channels`` where it has room for every channel, or the smallest that has."""
    needed = int(channels.max()) + 1 if len(channels) else 0
    if num_channels is None:
        return needed
    number = as_count(num_channels, "num_channels")
    if number < needed:
        raise SeriesError(f"num_channels: {number} leaves no room for channel {needed - 1}")
    return number
