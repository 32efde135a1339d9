"""A loop is one task that iterates inside, in blocks as long as its delays allow; the rest keeps its long blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import MemberFailed
from .grid import Grid
from .joints import State, frozen
from .member import Inner, Member
from .walk import walk, walkers
from .ways import outlet_of, reader_of, way_of


class Loop:
    """Advances the layers of a loop over block k.

    Its state is (states of the members, states of the lines). The members' output blocks come as a tuple. ``inner`` is
    the length of its own blocks, in steps of ``grid``, which is the loop's common step.
    """

    def __init__(self, members: Sequence[Member], grid: Grid, inner: int) -> None:
        self.members: Sequence[Member] = members
        self.grid: Grid = grid
        self.inner: int = inner
        self.per: list[int] = [int(grid.dt / one.advance.grid.dt) for one in members]
        self.edges: list[Inner] = [one for member in members for one in member.reads if isinstance(one, Inner)]
        self.edges.sort(key=lambda one: one.line)
        self._walkers = walkers(members, self.per, inner)

    def __call__(self, k: int, state: tuple[list[Any], list[State]], *outer: Any) -> tuple[Any, tuple[Any, ...]]:
        states, lines = list(state[0]), state[1]
        start, steps = self.grid.start(k), self.grid.steps(k)
        outlets = [
            outlet_of(one.advance, start * per, steps * per) for one, per in zip(self.members, self.per, strict=True)
        ]
        ways = [
            way_of(one, lines[one.line], outlets[one.pre], start * self.per[one.post], self._dtype(one))
            for one in self.edges
        ]
        if not self._stepped(states, lines, outer, outlets, start, steps):
            self._walked(states, outer, ways, outlets, start, steps)
        for one, way in zip(self.edges, ways, strict=True):
            lines[one.line] = way.end(steps * self.per[one.pre])
        return (states, lines), tuple(one.whole() for one in outlets)

    def _dtype(self, edge: Inner) -> Any:
        return self.members[edge.pre].advance.layer.dtype

    def _walked(
        self, states: list[Any], outer: Sequence[Any], ways: Sequence[Any], outlets: Sequence[Any], start: int,
        steps: int,
    ) -> None:  # fmt: skip
        """Call each member in turn, inner block by inner block."""
        walk = [
            (i, per, one.advance, [reader_of(outer, ways, read) for read in one.reads], one.join, outlets[i].put)
            for i, (one, per) in enumerate(zip(self.members, self.per, strict=True))
        ]
        # those that send early do so first, and read when all others have sent
        early = [(i, per, advance, outlets[i].early) for i, per, advance, *_ in walk if self.members[i].early]
        if early:
            walk = [one for one in walk if not self.members[one[0]].early] + [
                (i, per, advance, reads, join, outlets[i].rest)
                for i, per, advance, reads, join, _ in walk
                if self.members[i].early
            ]
        advance = self.members[0].advance
        try:
            for begin in range(0, steps, self.inner):
                count = min(self.inner, steps - begin)
                for i, per, advance, put in early:
                    first, length = begin * per, count * per
                    put(advance.ahead(states[i], start * per + first, length), first, length)
                for i, per, advance, reads, join, put in walk:  # advance names the member that failed
                    first, length = begin * per, count * per
                    at = start * per + first
                    if join is None:
                        block = reads[0](first, at, length) if reads else None
                    else:
                        block = frozen(join.join([read(first, at, length) for read in reads]))
                    if advance.careful:
                        states[i], out = advance.run(states[i], block, at, length)
                    else:
                        span = advance.span
                        span.start, span.steps = at, length
                        states[i], out = advance.step(states[i], block, span)
                    put(out, first, length)
        except Exception as error:
            raise MemberFailed(advance.path, error) from error

    def _stepped(
        self, states: list[Any], lines: list[State], outer: Sequence[Any], outlets: Sequence[Any], start: int,
        steps: int,
    ) -> bool:  # fmt: skip
        """Go through the block in one call of compiled code, where that covers all members; else nothing is done."""
        if self._walkers is None:
            return False
        made = walk(self._walkers, states, lines, outer, start, steps, self.inner)
        if made is None:
            return False
        for outlet, out in zip(outlets, made, strict=True):
            outlet.take(out)
        return True


class Pick:
    """One output of a task that has several: a member of a loop, the block or a variable of a layer that is
    watched."""

    def __init__(self, position: int) -> None:
        self.position = position

    def __call__(self, k: int, state: Any, outs: tuple[Any, ...]) -> tuple[Any, Any]:
        return state, outs[self.position]
