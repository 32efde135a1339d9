"""What a run keeps of a signal: all of it, every n-th step, or only the block that has just run."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..blocks import NO_EVENTS, Events, between
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from .grid import Grid


class Kept(Protocol):
    """Something that takes in blocks of a signal and gives series."""

    grid: Grid
    every: int

    def renew(self) -> None:
        """Begin with nothing, where the grid now does."""
        ...

    def add(self, start: int, block: Any) -> None:
        """Keep a copy of a block that starts at an absolute step."""
        ...

    def part(self, start: int, steps: int, name: str) -> TimeSeries:
        """The steps that a block covers, as a series."""
        ...

    def series(self, name: str) -> TimeSeries:
        """Everything kept, as a series."""
        ...


class Store:
    """A signal of ``size`` channels over the whole run; of a continuous one the steps that are multiples of
    ``every``."""

    def __init__(self, grid: Grid, size: int, event: bool, every: int = 1) -> None:
        self.grid: Grid = grid
        self.size: int = size
        self.event: bool = event
        self.every: int = every
        self.renew()

    def renew(self) -> None:
        """Begin with nothing, where the grid now does; what was given as series is theirs alone from here on."""
        self._first = ceiling(self.grid.first, self.every)
        self._rows: NDArray[Any] | None = None
        self._parts: list[Events] = []

    def add(self, start: int, block: Any) -> None:
        """Keep a copy of a block that starts at an absolute step."""
        if isinstance(block, Events):
            if block.count:
                self._parts.append(Events(block.step.copy(), block.channel.copy()))
        elif block is not None and (block.base is None or block.base is not self._rows):  # else it is there already
            if self._rows is None:
                self._rows = np.zeros((self._count(), self.size), dtype=block.dtype)
            kept = strided(block, start, self.every)
            begin = ceiling(start, self.every) - self._first
            self._rows[begin : begin + len(kept)] = kept

    def room(self, start: int, steps: int) -> NDArray[Any] | None:
        """Where the rows of a block will be kept, once there is such a place: whoever fills it need not ``add`` them.

        None for events, for samples of a signal, and before the first block was added.
        """
        if self._rows is None or self.every != 1:
            return None
        begin = start - self._first
        return self._rows[begin : begin + steps]

    def _count(self) -> int:
        return ceiling(self.grid.first + self.grid.total, self.every) - self._first

    def block(self) -> Any:
        """The whole signal as one block."""
        if not self.event:
            if self._rows is None:
                return np.zeros((self._count(), self.size))
            return self._rows[: self._count()]
        if len(self._parts) > 1:
            self._parts = [Events(*(np.concatenate(column) for column in zip(*self._parts, strict=True)))]
        return self._parts[0] if self._parts else NO_EVENTS

    def part(self, start: int, steps: int, name: str) -> TimeSeries:
        """The steps that a block covers, as a series that shares the store's memory."""
        if self.event:
            events = between(self._parts[-1] if self._parts else NO_EVENTS, start, start + steps)
            return as_series(events, start, steps, self.grid, self.size, name)
        begin, end = ceiling(start, self.every), ceiling(start + steps, self.every)
        rows = self.block()[begin - self._first : end - self._first]
        return continuous(rows, begin, self, name)

    def series(self, name: str) -> TimeSeries:
        """The whole signal as a series that shares the store's memory."""
        if self.event:
            return as_series(self.block(), self.grid.first, self.grid.total, self.grid, self.size, name)
        return continuous(self.block(), self._first, self, name)


class Window:
    """The block of a signal that has just run, and nothing before it: what a stream keeps."""

    def __init__(self, grid: Grid, size: int, event: bool, every: int = 1) -> None:
        self.grid: Grid = grid
        self.size: int = size
        self.event: bool = event
        self.every: int = every
        self.renew()

    def renew(self) -> None:
        """Begin with nothing, where the grid now does."""
        self._start = self.grid.first
        self._block: Any = NO_EVENTS if self.event else np.zeros((0, self.size))

    def add(self, start: int, block: Any) -> None:
        """Keep a copy of a block that starts at an absolute step, in place of the last one."""
        self._start = start
        if isinstance(block, Events):
            self._block = Events(block.step.copy(), block.channel.copy())
        elif block is not None:
            self._block = strided(block, start, self.every).copy()

    def part(self, start: int, steps: int, name: str) -> TimeSeries:
        """The block, as a series."""
        if self.event:
            return as_series(self._block, start, steps, self.grid, self.size, name)
        return continuous(self._block, ceiling(start, self.every), self, name)

    def series(self, name: str) -> TimeSeries:
        """The block, as a series."""
        return self.part(self._start, self.grid.steps(0), name)


class Keep:
    """A task that copies block k into what keeps it."""

    def __init__(self, store: Kept) -> None:
        self.store = store

    def __call__(self, k: int, state: Any, block: Any) -> tuple[Any, None]:
        self.store.add(self.store.grid.start(k), block)
        return state, None


def ceiling(step: int, every: int) -> int:
    """How many multiples of ``every`` lie below a step."""
    return -(-step // every)


def strided(block: NDArray[Any], start: int, every: int) -> NDArray[Any]:
    """The rows of a block whose absolute steps are multiples of ``every``."""
    return block if every == 1 else block[-start % every :: every]


def continuous(rows: NDArray[Any], first: int, store: Any, name: str) -> TSContinuous:
    """Kept rows as a series; ``first`` counts in units of ``every`` steps."""
    dt = store.grid.dt * store.every
    return TSContinuous.from_clocked(rows, dt, first * dt, name=name)


def as_series(block: Any, start: int, steps: int, grid: Grid, size: int, name: str) -> TimeSeries:
    """A block as a series that shares its memory."""
    if isinstance(block, Events):
        return TSEvent.from_steps(block.step, block.channel, grid.dt, size, start, steps, name=name)
    return TSContinuous.from_clocked(block, grid.dt, start * grid.dt, name=name)
