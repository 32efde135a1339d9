"""When a series is: its instants, its extent, whether it repeats; and what it is called."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphnet.errors import SeriesError

from .checks import as_bound, as_instants, as_times, frozen
from .content import Content
from .exactly import Time
from .extent import snapped_below
from .stepping import extent_covers, step_fraction


class Placed:
    """A content in time, replaced as a whole or not at all; ``TimeSeries`` without what makes new series of it."""

    _content: Any

    def _describe(self, name: str | None, periodic: bool) -> None:
        self._name = "unnamed" if name is None else str(name)
        self._periodic = bool(periodic)
        self._plotting_backend: str | None = None
        self._trial_start_times: NDArray[np.float64] | None = None

    def _twin(self, content: Content, **fields: Any) -> Self:
        """A series like this one around another content."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, _content=content, **fields)
        return other

    def _become(self, content: Content, inplace: bool, **fields: Any) -> Self:
        """This series or a twin with ``content``, replaced at one stroke."""
        if not inplace:
            return self._twin(content, **fields)
        self.__dict__.update(_content=content, **fields)
        return self

    # --- extent ------------------------------------------------------------------------------------------------------

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds, shape (n,), read-only. Setting them needs the same number, and widens the extent where needed."""
        return self._content.times

    @times.setter
    def times(self, times: ArrayLike) -> None:
        stamps = as_times(times)
        if len(stamps) != len(self):
            raise SeriesError(f"times: this series has {len(self)} samples, got {len(stamps)} times")
        self._content = self._restamped(stamps)

    def _restamped(self, stamps: NDArray[np.float64]) -> Content:
        low, high = float(self.t_start), float(self.t_stop)
        if len(stamps):
            low, high = min(low, float(stamps[0])), max(high, float(stamps[-1]))
        return replace(self._content, grid=None, stamps=stamps, t_start=low, t_stop=high)

    @property
    def t_start(self) -> float:
        """Where the series begins, in seconds: at or before the first sample."""
        return float(self._content.t_start)

    @t_start.setter
    def t_start(self, t_start: Time) -> None:
        low = self._content.exactly(as_bound(t_start, "t_start"))
        if len(self):
            low = snapped_below(low, self._first(), "t_start")
        if low > self._content.t_stop:
            raise SeriesError(f"t_start: {float(low)} s lies after t_stop, {self.t_stop} s")
        self._content = replace(self._content, t_start=low)

    @property
    def t_stop(self) -> float:
        """Where the series ends, in seconds."""
        return float(self._content.t_stop)

    @t_stop.setter
    def t_stop(self, t_stop: Time) -> None:
        high = self._content.exactly(as_bound(t_stop, "t_stop"))
        high = self._stop_behind_last(high)
        if high < self._content.t_start:
            raise SeriesError(f"t_stop: {float(high)} s lies before t_start, {self.t_start} s")
        self._content = replace(self._content, t_stop=high)

    def _stop_behind_last(self, high: Time) -> Time:
        """``high`` where the series may stop there."""
        return -snapped_below(-high, -self._last(), "t_stop") if len(self) else high

    def _first(self) -> Time:
        return float(self.times[0])

    def _last(self) -> Time:
        return float(self.times[-1])

    @property
    def duration(self) -> float:
        """``t_stop - t_start``, in seconds."""
        return float(self._content.duration)

    @property
    def num_channels(self) -> int:
        """How many channels there are; instants alone have none."""
        return 0

    def covers(self, start: int, stop: int, dt: Time) -> bool:
        """Whether the extent covers all steps of ``dt`` in [start, stop), by the rounding rule; always, if periodic."""
        if stop <= start or (self.periodic and self._content.duration > 0):
            return True
        return extent_covers(self._content.t_start, self._content.t_stop, start, stop, step_fraction(dt))

    @property
    def dt(self) -> float | None:
        """The step of a clocked series in seconds; None for an irregular one."""
        grid = self._content.grid
        return None if grid is None else float(grid.dt)

    @property
    def exact_dt(self) -> Fraction | None:
        """``dt`` as the fraction that the arithmetic uses."""
        grid = self._content.grid
        return None if grid is None else grid.dt

    @property
    def periodic(self) -> bool:
        """Whether the extent repeats for ever, before and after."""
        return self._periodic

    @periodic.setter
    def periodic(self, periodic: bool) -> None:
        self._periodic = bool(periodic)

    @property
    def trial_start_times(self) -> NDArray[np.float64] | None:
        """Where trials begin, in seconds, read-only; None where nobody said. Files keep them."""
        return self._trial_start_times

    @trial_start_times.setter
    def trial_start_times(self, times: ArrayLike | None) -> None:
        self._trial_start_times = None if times is None else frozen(as_instants(times, "trial_start_times").copy())

    @property
    def name(self) -> str:
        """What plots and errors call the series; None becomes ``"unnamed"``."""
        return self._name

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = "unnamed" if name is None else str(name)

    def __len__(self) -> int:
        return len(self.times)

    def isempty(self) -> bool:
        """Whether there are no samples or events (a series of one instant is not empty)."""
        return len(self) == 0

    def contains(self, times: ArrayLike) -> bool:
        """Whether all ``times`` lie in [t_start, t_stop]; always, for a periodic series.

        >>> from graphnet.timeseries import TimeSeries
        >>> TimeSeries([0.0, 1.0]).contains([0.5, 1.5])
        False
        """
        if self.periodic:
            return True
        asked = as_instants(times)
        return bool(asked.size == 0 or (self.t_start <= asked.min() and asked.max() <= self.t_stop))

    def _modulo_period(self, times: ArrayLike) -> NDArray[np.float64]:
        """``times`` folded into [t_start, t_start + duration)."""
        return self.t_start + np.mod(as_instants(times) - self.t_start, self.duration)
