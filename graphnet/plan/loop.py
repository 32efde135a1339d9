"""A loop is one task that iterates inside, in blocks no longer than its delays allow; the rest keeps its long
blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..blocks import Events, between
from .advance import Advance
from .grid import Grid
from .joints import Join, Line, State, frozen


@dataclass(frozen=True, slots=True)
class Inner:
    """An edge inside a loop: from which member to which, over which line; ``line`` counts the loop's lines."""

    pre: int
    post: int
    path: Line
    line: int


@dataclass(frozen=True, slots=True)
class Member:
    """A layer of a loop: what it reads (an outer block by position, or an inner edge), and what it sends."""

    advance: Advance
    reads: tuple[int | Inner, ...]
    sends: tuple[Inner, ...]
    join: Join | None


class Loop:
    """Advances the layers of a loop over block k.

    Its state is (states of the members, states of the lines). The members' output blocks come as a tuple. ``inner`` is
    the length of its own blocks, in steps of ``grid``, which is the loop's common step.
    """

    def __init__(self, members: Sequence[Member], grid: Grid, inner: int) -> None:
        self.members, self.grid, self.inner = members, grid, inner
        self.per = [int(grid.dt / one.advance.grid.dt) for one in members]
        self.lines = {one.line: one for member in members for one in member.sends}

    def __call__(self, k: int, state: tuple[list[Any], list[State]], *outer: Any) -> tuple[Any, tuple[Any, ...]]:
        states, lines = list(state[0]), list(state[1])
        start, steps = self.grid.start(k), self.grid.steps(k)
        parts: list[list[Any]] = [[] for _ in self.members]
        for begin in range(0, steps, self.inner):
            count = min(self.inner, steps - begin)
            for i, member in enumerate(self.members):
                self._member(i, member, start, begin, count, states, lines, outer, parts)
            for number, one in self.lines.items():
                ticks = count * self.per[one.pre] * one.path.a
                lines[number] = one.path.shift(lines[number], ticks)
        outs = tuple(_together(part, bool(one.advance.observed)) for part, one in zip(parts, self.members, strict=True))
        return (states, lines), outs

    def _member(
        self, i: int, member: Member, start: int, begin: int, count: int,
        states: list[Any], lines: list[State], outer: Sequence[Any], parts: list[list[Any]],
    ) -> None:  # fmt: skip
        per = self.per[i]
        first, steps = (start + begin) * per, count * per
        blocks = [
            _cut(outer[one], begin * per, first, steps)
            if isinstance(one, int)
            else frozen(one.path.read(lines[one.line], first, steps))
            for one in member.reads
        ]
        alone = blocks[0] if blocks else None
        block = alone if member.join is None else frozen(member.join.join(blocks))
        states[i], out = member.advance.run(states[i], block, first, steps)
        parts[i].append(out)
        sent = out[0] if member.advance.observed else out
        for one in member.sends:
            lines[one.line] = one.path.push(lines[one.line], sent, first, steps)


def _cut(block: Any, begin: int, first: int, steps: int) -> Any:
    if isinstance(block, Events):
        return between(block, first, first + steps)
    return None if block is None else block[begin : begin + steps]


def _together(parts: list[Any], observed: bool) -> Any:
    if len(parts) == 1:
        return parts[0]
    if observed:
        return tuple(_together(list(column), False) for column in zip(*parts, strict=True))
    if isinstance(parts[0], Events):
        return frozen(Events(*(np.concatenate(column) for column in zip(*parts, strict=True))))
    return frozen(np.concatenate(parts))


class Pick:
    """One output of a task that has several: a member of a loop, the block or a variable of a layer that is watched."""

    def __init__(self, position: int) -> None:
        self.position = position

    def __call__(self, k: int, state: Any, outs: tuple[Any, ...]) -> tuple[Any, Any]:
        return state, outs[self.position]
