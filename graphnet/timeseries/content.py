"""What a series holds, and never changes: sample times, values, extent. The classes of series are faces over these.

A clocked content knows its ``Grid`` and computes times when asked; an irregular one holds float stamps. Extents of a
clocked content are exact fractions, those of an irregular one floats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from graphnet.clock import step_times

from .checks import Samples, frozen
from .exactly import Grid, Time, on_grid

NO_TIMES: NDArray[np.float64] = frozen(np.zeros(0))


@dataclass(frozen=True, eq=False, kw_only=True)
class Content:
    """Instants of time within an extent."""

    t_start: Time
    t_stop: Time
    grid: Grid | None = None
    stamps: NDArray[np.float64] | None = None

    @cached_property
    def times(self) -> NDArray[np.float64]:
        """Seconds, shape (n,), read-only."""
        return NO_TIMES if self.stamps is None else self.stamps

    @property
    def duration(self) -> Time:
        return self.t_stop - self.t_start

    def exactly(self, t: Time) -> Time:
        """``t`` as this content keeps times: a fraction (snapped to the grid) if clocked, else a float."""
        return float(t) if self.grid is None else on_grid(t, self.grid.dt, self.grid.origin)

    def shifted(self, offset: Time) -> Self:
        """The same, ``offset`` seconds later."""
        if self.grid is not None:
            exact = on_grid(offset, self.grid.dt)
            return replace(
                self, grid=self.grid.shifted(exact), t_start=self.t_start + exact, t_stop=self.t_stop + exact
            )
        late = float(offset)
        stamps = None if self.stamps is None else frozen(self.stamps + late)
        return replace(self, stamps=stamps, t_start=self.t_start + late, t_stop=self.t_stop + late)

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}  # without the cached times

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():  # arrays come out of a pickle writable
            self.__dict__[name] = frozen(value) if isinstance(value, np.ndarray) else value


@dataclass(frozen=True, eq=False, kw_only=True)
class Trace(Content):
    """Samples (T, C): sample k at ``grid.origin + k * grid.dt``, or at ``stamps[k]``."""

    samples: Samples

    @cached_property
    def times(self) -> NDArray[np.float64]:
        if self.grid is not None:
            return frozen(clocked_times(self.grid, 0, len(self.samples)))
        return NO_TIMES if self.stamps is None else self.stamps

    @cached_property
    def own_start(self) -> int | None:
        """The absolute step of the first sample on the trace's own clock; None where it lies between steps."""
        if self.grid is None or not self.samples.flags.c_contiguous:
            return None
        whole, rest = divmod(self.grid.origin, self.grid.dt)
        return int(whole) if rest == 0 else None

    @property
    def first(self) -> Time:
        """The time of the first sample (of ``t_start`` where there is none)."""
        if len(self.samples) == 0:
            return self.t_start
        return float(self.times[0]) if self.grid is None else self.grid.origin

    @property
    def last(self) -> Time:
        """The time of the last sample (of ``t_start`` where there is none)."""
        if len(self.samples) == 0:
            return self.t_start
        if self.grid is None:
            return float(self.times[-1])
        return self.grid.origin + (len(self.samples) - 1) * self.grid.dt


@dataclass(frozen=True, eq=False, kw_only=True)
class Train(Content):
    """Events: event i on ``channels[i]`` at ``grid.origin + steps[i] * grid.dt``, or at ``stamps[i]``.

    Clocked ones are sorted by (step, channel), others by time, equal times in the order given. No event lies outside
    [t_start, t_stop).
    """

    channels: NDArray[np.int32]
    num_channels: int
    steps: NDArray[np.int64] | None = None

    def shifted(self, offset: Time) -> Self:
        """The same, ``offset`` seconds later, every event still before ``t_stop``."""
        moved = super().shifted(offset)
        if moved.stamps is not None and len(moved.stamps) and moved.stamps[-1] >= moved.t_stop:
            return replace(
                moved, t_stop=math.nextafter(float(moved.stamps[-1]), math.inf)
            )  # far out, floats are coarse
        return moved

    @cached_property
    def times(self) -> NDArray[np.float64]:
        if self.grid is not None and self.steps is not None:
            return frozen(stepped_times(self.grid, self.steps))
        return NO_TIMES if self.stamps is None else self.stamps


def clocked_times(grid: Grid, start: int, count: int) -> NDArray[np.float64]:
    """The times of ``count`` steps from ``start``, each rounded once where the origin is a whole step."""
    whole, rest = divmod(grid.origin, grid.dt)
    if rest == 0:
        return step_times(int(whole) + start, count, grid.dt)
    return step_times(start, count, grid.dt, float(grid.origin))


def stepped_times(grid: Grid, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """The times of ``steps``, with the bits of ``clocked_times``."""
    if len(steps) == 0:
        return np.zeros(0)
    whole, rest = divmod(grid.origin, grid.dt)
    k = steps + int(whole) if rest == 0 else steps
    top = max(abs(int(k[0])), abs(int(k[-1]) + 1)) * grid.dt.numerator
    if top < 2**53 and grid.dt.denominator < 2**53:
        times = np.asarray(k * grid.dt.numerator, dtype=np.float64) / float(grid.dt.denominator)
    else:
        times = np.asarray(k * float(grid.dt), dtype=np.float64)
    return times if rest == 0 else times + float(grid.origin)
