"""The tables by which compiled code walks the members of a stretch, and the buffers that they point to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..addresses import ALONE, AT, FLAT, MADE, Placed, walker
from ..span import Span
from .advance import Advance
from .joints import Join, frozen
from .placing import functions

Numbers = NDArray[Any]


class Still(Span):
    """A span that notes whether it was asked where it lies, which another one would answer differently."""

    def __init__(self) -> None:
        super().__init__(0, 1)
        self.asked: bool = False

    @property
    def start(self) -> int:
        self.asked = True
        return 0

    @start.setter
    def start(self, value: int) -> None:  # pyright: ignore[reportIncompatibleVariableOverride] # a field elsewhere
        """It lies nowhere."""

    @property
    def steps(self) -> int:
        self.asked = True
        return 1

    @steps.setter
    def steps(self, value: int) -> None:  # pyright: ignore[reportIncompatibleVariableOverride] # likewise
        """It has no length."""


@dataclass(frozen=True, slots=True)
class Member:
    """A layer of a stretch: its task, the tasks whose whole signals it reads, and what adds them, where there are two.

    ``inside`` is whether only members read its own; ``done`` are members whose rows nobody reads once it has run.
    """

    task: int
    advance: Advance
    reads: tuple[int, ...]
    join: Join | None
    inside: bool
    done: tuple[int, ...]


class Tables:
    """The calls of all members, in order, for blocks of up to so many steps.

    ``states`` holds the state of every task, in arrays that stay where they are; ``outside`` are the tasks whose blocks
    ``advance`` gets. ``reachable`` is false where a kernel cannot be called by its address: kernels run as Python.
    """

    def __init__(
        self, members: Sequence[Member], states: Sequence[Any], outside: Sequence[int], dtype: np.dtype[Any]
    ) -> None:
        grid = members[0].advance.grid
        self._length = min(grid.block, grid.total)
        self._dtype = dtype
        self._rows: dict[int, Numbers] = {}
        self._free: dict[int, list[Numbers]] = {}
        self._calls: list[list[int]] = []
        self._sources: list[list[int]] = []
        self._reading: dict[int, list[int]] = {}  # by task, the sources that are its rows
        self._given: list[tuple[int, int]] = []  # of each source from outside, its row and which of the blocks it is
        self._shown: list[tuple[Member, list[int], Numbers]] = []  # those that others read, with their calls and rows
        self._sum = np.empty((self._length, max(one.advance.layer.size_in for one in members)), dtype=dtype)
        self._kept: list[Any] = []
        self.nbytes: int = self._sum.nbytes
        self.reachable: bool = all(self._add(one, states[one.task], outside) for one in members)
        self._like, self._wide, self._walk = np.empty(0, dtype=dtype), np.empty(0), walker()
        self._tables = tuple(np.array(table, dtype=np.int64) for table in (self._calls, self._sources))

    def advance(self, given: Sequence[Any], start: int, steps: int) -> dict[int, Any]:
        """Advance over so many steps; gives the rows of the members that others read."""
        calls, sources = self._tables
        for row, which in self._given:
            sources[row, AT] = given[which].ctypes.data
        outs: dict[int, Any] = {}
        for member, mine, spare in self._shown:
            record = member.advance.record
            rows = None if record is None else record.room(start, steps)
            if rows is None or rows.dtype != self._dtype:
                rows = spare[:steps]
            calls[mine, MADE] = sources[self._reading[member.task], AT] = rows.ctypes.data
            outs[member.task] = frozen(rows)
        self._walk(self._like, self._wide, calls, sources, steps, max(steps, 1))
        return outs

    def _add(self, one: Member, state: Any, outside: Sequence[int]) -> bool:
        """Add the calls of a member; gives whether it has any."""
        layer, mine = one.advance.layer, [len(self._calls)]
        stepping = layer.stepping(state, Still())
        made = [] if stepping is None else functions(stepping, layer.size_in, layer.size_out, self._dtype)
        if not made:
            return False
        self._kept.append(made)
        rows = self._rows[one.task] = self._buffer(one)
        self._reading[one.task] = []
        low = len(self._sources)
        for task in one.reads:
            self._read(task, layer.size_in, outside)
        self._call(made[0], rows, layer.size_in, low, FLAT if one.join is not None else ALONE)
        if len(made) == 2:  # the product has left its rows where the kernel finds them
            mine.append(len(self._calls))
            self._read(one.task, layer.size_out, outside)
            self._call(made[1], rows, layer.size_out, len(self._sources) - 1, ALONE)
        if not one.inside:
            self._shown.append((one, mine, rows))
        for task in one.done:
            if task in self._rows:
                done = self._rows[task]
                self._free.setdefault(done.shape[1], []).append(done)
        return True

    def _buffer(self, one: Member) -> Numbers:
        width = one.advance.layer.size_out
        spare = self._free.get(width) if one.inside else None
        if spare:
            return spare.pop()
        made = np.empty((self._length, width), dtype=self._dtype)
        self._kept.append(made)
        self.nbytes += made.nbytes
        return made

    def _read(self, task: int, width: int, outside: Sequence[int]) -> None:
        """Add a source: the rows of a member, or a block from outside."""
        at = 0
        if task in self._rows:
            self._reading[task].append(len(self._sources))
            at = self._rows[task].ctypes.data
        else:
            self._given.append((len(self._sources), outside.index(task)))
        self._sources.append([at, width * self._dtype.itemsize, 0, 0, 0, 0, width])

    def _call(self, function: Placed, rows: Numbers, width: int, low: int, way: int) -> None:
        at, stride = rows.ctypes.data, rows.strides[0]
        ends = low, len(self._sources), way
        self._calls.append([function.function, function.table, at, stride, self._sum.ctypes.data, width, *ends])
