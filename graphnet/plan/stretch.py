"""Small layers that follow each other, a block of all of them in one call of compiled code: calling each from Python
would take about as long as what it does.

A stretch stands at the place of its first task and does what all of them did. Where a block is not what its tables are
made for, and in the first block, whose outputs are looked at, it advances one layer after another, to the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import MemberFailed
from ..products import SMALL
from .advance import Advance
from .joints import Join, frozen
from .store import Keep
from .tables import Member, Still, Tables
from .walk import steps_itself

LEAST = 4  # layers: with fewer, the tables are not worth it

Entry = tuple[str, Any, tuple[int, ...]]


class Shown:
    """The task of a member that others read: what the stretch, which has run before it, made of it."""

    def __init__(self, stretch: Stretch, task: int) -> None:
        self._stretch, self._task = stretch, task

    def __call__(self, k: int, state: Any, first: Any) -> tuple[Any, Any]:
        return state, self._stretch.outs[self._task]


class Stretch:
    """The members in the order of their tasks, at the place of the first.

    ``states`` holds the state of every task; ``outside`` are the tasks whose blocks it reads, in the order in which it
    is called with them.
    """

    def __init__(self, members: Sequence[Member], states: list[Any], outside: Sequence[int]) -> None:
        self.members: Sequence[Member] = members
        self.states: list[Any] = states
        self.outside: Sequence[int] = outside
        self.dtype: np.dtype[Any] = np.dtype(members[0].advance.layer.value("dtype"))
        self.outs: dict[int, Any] = {}
        """By task, what those gave last that others read."""
        self._tables: Tables | None = None

    def __call__(self, k: int, state: Any, *given: Any) -> tuple[Any, Any]:
        first = self.members[0]
        tables = self._tables
        if self.members[-1].advance.careful or not all(self._fits(one) for one in given):
            tables = self._tables = None
        elif tables is None:
            tables = self._tables = Tables(self.members, self.states, self.outside, self.dtype)
        if tables is None or not tables.reachable:
            self.outs = self._each(k, given)
        else:
            grid = first.advance.grid
            self.outs = tables.advance(given, grid.start(k), grid.steps(k))
        return self.states[first.task], self.outs.get(first.task)

    @property
    def nbytes(self) -> int:
        """Bytes of its buffers."""
        return 0 if self._tables is None else self._tables.nbytes

    def empty(self) -> None:
        """Let go of all buffers."""
        self._tables, self.outs = None, {}

    def _fits(self, block: Any) -> bool:
        return isinstance(block, np.ndarray) and block.dtype == self.dtype and block.flags.c_contiguous

    def _each(self, k: int, given: Sequence[Any]) -> dict[int, Any]:
        """Advance one member after another, which may put other arrays into their states."""
        blocks: dict[int, Any] = dict(zip(self.outside, given, strict=True))
        outs: dict[int, Any] = {}
        for one in self.members:
            read = [blocks[task] for task in one.reads]
            try:
                block = read[0] if one.join is None else frozen(one.join.join(read))
                self.states[one.task], blocks[one.task] = one.advance(k, self.states[one.task], block)
            except Exception as error:
                raise MemberFailed(one.advance.path, error) from error
            if not one.inside:
                outs[one.task] = blocks[one.task]
            for task in one.done:
                del blocks[task]
        return outs


def find(entries: Sequence[Entry], states: list[Any]) -> list[tuple[Stretch, list[int]]]:
    """The stretches of a template in the making, each with its tasks in order; what keeps records may lie between."""
    found: list[tuple[Stretch, list[int]]] = []
    here: list[int] = []
    form: Any = None
    for i, (_, function, inputs) in enumerate(entries):
        if (isinstance(function, Keep) and inputs[0] in here) or (isinstance(function, Join) and function.is_pair):
            if here and isinstance(function, Join):
                here.append(i)
            continue
        mine = _form(function, states[i]) if isinstance(function, Advance) and len(inputs) == 1 else None
        if mine != form:
            _close(entries, states, here, found)
            here, form = [], mine
        if mine is not None:
            here.append(i)
    _close(entries, states, here, found)
    return found


def _close(
    entries: Sequence[Entry], states: list[Any], here: list[int], found: list[tuple[Stretch, list[int]]]
) -> None:
    while here and isinstance(entries[here[-1]][1], Join):
        here.pop()
    if sum(isinstance(entries[one][1], Advance) for one in here) >= LEAST:
        stretch = _stretch(entries, states, here)
        if stretch is not None:
            found.append((stretch, here))


def _form(advance: Advance, state: Any) -> Any:
    """What the members of a stretch have in common; None for a layer that cannot be one."""
    return (advance.grid, np.dtype(advance.layer.value("dtype"))) if _steps_still(advance, state) else None


def _steps_still(advance: Advance, state: Any) -> bool:
    """Whether a layer says how it steps, in the same way for every block."""
    layer, span = advance.layer, Still()
    if advance.observes or layer.noise_std or not steps_itself(type(layer)):
        return False
    stepping = layer.stepping(state, span)
    if stepping is None or span.asked:
        return False
    weights = stepping.weights  # sparse and large ones go by tiles where a block is long
    return weights is None or (isinstance(weights, np.ndarray) and (weights.ndim == 1 or weights.size <= SMALL))


def _stretch(entries: Sequence[Entry], states: list[Any], tasks: list[int]) -> Stretch | None:
    """None where something must run between its tasks."""
    inside, joins, found = set(tasks), {}, []
    for i in tasks:
        _, function, inputs = entries[i]
        if isinstance(function, Join):
            joins[i] = function, inputs
        else:
            join, reads = joins.get(inputs[0], (None, inputs))
            found.append((i, function, reads, join))
    outside = dict.fromkeys(task for _, _, reads, _ in found for task in reads if task not in inside)
    read = {task for i, (_, _, inputs) in enumerate(entries) if i not in inside for task in inputs}
    if any(task > tasks[0] for task in outside) or not read.isdisjoint(joins):
        return None
    until = {task: i for i, _, reads, _ in found for task in reads}  # the last one stays
    members = [
        Member(i, function, reads, join, i not in read, _done(i, reads, until, read))
        for i, function, reads, join in found
    ]
    return Stretch(members, states, list(outside))


def _done(i: int, reads: Sequence[int], until: dict[int, int], shown: set[int]) -> tuple[int, ...]:
    """What a member reads as the last one of the stretch, and its own rows where nobody reads them."""
    mine = [] if i in until or i in shown else [i]
    return (*dict.fromkeys(task for task in reads if until[task] == i and task not in shown), *mine)
