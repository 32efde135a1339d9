"""What a run keeps: a signal over the whole run, or every n-th step of it, copied block by block."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..blocks import NO_EVENTS, Events
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from .grid import Grid


class Store:
    """A signal of ``size`` channels on a grid; of a continuous one every step that is a multiple of ``every`` is kept."""

    def __init__(self, grid: Grid, size: int, event: bool, every: int = 1) -> None:
        self.grid, self.size, self.event, self.every = grid, size, event, every
        self._first = -(-grid.first // every)
        self._rows: NDArray[Any] | None = None
        self._parts: list[Events] = []

    def add(self, start: int, block: Any) -> None:
        """Keep a copy of a block that starts at an absolute step."""
        if isinstance(block, Events):
            if block.count:
                self._parts.append(Events(block.step.copy(), block.channel.copy()))
            return
        if block is None:
            return
        if self._rows is None:
            self._rows = np.zeros((self._count(), self.size), dtype=block.dtype)
        kept = block if self.every == 1 else block[-start % self.every :: self.every]
        begin = -(-start // self.every) - self._first
        self._rows[begin : begin + len(kept)] = kept.reshape(len(kept), self.size)

    def _count(self) -> int:
        return -(-(self.grid.first + self.grid.total) // self.every) - self._first

    def block(self) -> Any:
        """The whole signal as one block."""
        if not self.event:
            return np.zeros((self._count(), self.size)) if self._rows is None else self._rows
        if len(self._parts) > 1:
            self._parts = [Events(*(np.concatenate(column) for column in zip(*self._parts, strict=True)))]
        return self._parts[0] if self._parts else NO_EVENTS

    def series(self, name: str) -> TimeSeries:
        """The whole signal as a series that shares its memory."""
        dt = self.grid.dt
        if self.event:
            return as_series(self.block(), self.grid.first, self.grid.total, self.grid, self.size, name)
        return TSContinuous.from_clocked(self.block(), dt * self.every, self._first * self.every * dt, name=name)


class Keep:
    """A task that copies block k into a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __call__(self, k: int, state: Any, block: Any) -> tuple[Any, None]:
        self.store.add(self.store.grid.start(k), block)
        return state, None


def as_series(block: Any, start: int, steps: int, grid: Grid, size: int, name: str) -> TimeSeries:
    """A block as a series that shares its memory."""
    if isinstance(block, Events):
        return TSEvent.from_steps(block.step, block.channel, grid.dt, size, start, steps, name=name)
    return TSContinuous.from_clocked(block, grid.dt, start * grid.dt, name=name)
