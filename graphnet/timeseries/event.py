"""Events on channels over time: clocked (whole steps) or timed (float seconds)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphnet.blocks import Events
from graphnet.errors import SeriesError, SeriesTypeError

from . import binning
from .base import TimeSeries, extent_of
from .checks import as_bound, as_channels, as_count, as_instants, frozen
from .content import Train
from .exactly import Grid, Time
from .sampling import extent_covers, step_fraction


class TSEvent(TimeSeries):
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

    _content: Train

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

    # --- what it holds -----------------------------------------------------------------------------------------------

    @property
    def channels(self) -> NDArray[np.int32]:
        """Channel of each event, shape (n,), read-only."""
        return self._content.channels

    @property
    def num_channels(self) -> int:
        """How many channels there are, with events or without."""
        return self._content.num_channels

    def __len__(self) -> int:
        return len(self._content.channels)

    # --- on the steps of a clock -------------------------------------------------------------------------------------

    def covers(self, start: int, stop: int, dt: Time) -> bool:
        """Whether the extent covers all steps of ``dt`` in [start, stop), by the rounding rule; always, if periodic."""
        if stop <= start or (self.periodic and self._content.duration > 0):
            return True
        return extent_covers(self._content.t_start, self._content.t_stop, start, stop, step_fraction(dt))

    def event_steps(self, start: int, count: int, dt: Time) -> Events:
        """The events in steps start ... start + count - 1 of ``dt``: absolute steps, sorted by (step, channel).

        An event falls in the step that the rounding rule gives; a clocked series answers by integers alone, and on its
        own grid without a copy. Beyond the extent there are no events, unless the series is periodic.

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


def bound_or(t: Any, default: Time, what: str) -> Time:
    """A bound if given, else the default."""
    return default if t is None else as_bound(t, what)
