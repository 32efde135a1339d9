"""A template cut into segments: tasks that one process runs together, block after block.

A segment is local (the caller's process) or remote. Levels order them within a block: the local segment of level -1
reads no remote one, remote segments of level n read local ones of lower levels only, the local segment of level n reads
the remote ones of its level and below.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...tasks import Template


@dataclass(frozen=True, slots=True)
class Step:
    """A task in its segment: its place in the template, and whose output nobody in the segment needs after it."""

    number: int
    function: Callable[..., tuple[Any, Any]]
    inputs: tuple[int, ...]
    drops: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """Tasks that run together. ``reads`` are the tasks elsewhere whose output they read, ``exports`` those here whose
    output is read elsewhere.
    """

    steps: tuple[Step, ...]
    local: bool
    level: int
    reads: frozenset[int]
    exports: frozenset[int]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The places of its tasks in the template."""
        return tuple(one.number for one in self.steps)


@dataclass(frozen=True, slots=True)
class Failure:
    """The first task that raised: in which block, its place in the template, its exception."""

    block: int
    task: int
    error: BaseException


@dataclass(slots=True)
class Made:
    """What a segment made of some blocks: its states after them, the blocks that others read (fewer where a task failed
    or an input fell short), the first failure.
    """

    states: dict[int, Any]
    blocks: dict[int, list[Any]] = field(default_factory=dict)
    failure: Failure | None = None
    short: bool = False
    seconds: float = 0.0


def run_blocks(
    segment: Segment, states: dict[int, Any], first: int, count: int, given: Mapping[int, list[Any]]
) -> Made:
    """Run a segment over blocks; ``given`` holds the blocks of the tasks elsewhere that it reads.

    A task that raises does not hide an earlier one: the block is finished with all tasks that can still run, so that
    the least failure of all segments is the one that a serial run would meet.
    """
    made = Made(states, {i: [] for i in segment.exports})
    for n in range(count):
        outs = {j: blocks[n] for j, blocks in given.items() if n < len(blocks)}
        _run_block(segment, made, first + n, outs)
        for i in segment.exports & outs.keys():
            # tasks of the caller may write the next block into the same buffers
            made.blocks[i].append(copy.deepcopy(outs[i]) if segment.local else outs[i])
        if made.short:
            break
    return made


def _run_block(segment: Segment, made: Made, k: int, outs: dict[int, Any]) -> None:
    states = made.states
    for one in segment.steps:
        if not all(j in outs for j in one.inputs) or (made.failure is not None and one.number > made.failure.task):
            made.short = True
            continue
        try:
            states[one.number], outs[one.number] = one.function(k, states[one.number], *[outs[j] for j in one.inputs])
        except BaseException as error:  # an interrupt too: it is raised again by the caller
            made.short = True
            made.failure = Failure(k, one.number, error)
        for j in one.drops:
            outs.pop(j, None)


# ---------------------------------------------------------------------- cutting


def cut(template: Template, pieces: int) -> list[Segment]:
    """Cut a template into one local segment for every level and about ``pieces`` remote ones of equal cost."""
    level = _levels(template)
    groups: list[tuple[bool, int, list[int]]] = []
    total = sum(task.cost for task in template if not task.local) or 1.0
    for here in range(-1, max(level, default=-1) + 1):
        remote = [i for i, task in enumerate(template) if level[i] == here and not task.local]
        share = sum(template[i].cost for i in remote) / total
        groups += [(False, here, part) for part in _parts(template, _branches(template, remote), round(pieces * share))]
        local = [i for i, task in enumerate(template) if level[i] == here and task.local]
        if local:
            groups.append((True, here, local))
    return [_segment(template, *group) for group in groups]


def _levels(template: Template) -> list[int]:
    level: list[int] = []
    for task in template:
        if task.local:
            level.append(max((level[j] for j in task.inputs), default=-1))
        else:
            level.append(max((level[j] + template[j].local for j in task.inputs), default=0))
    return level


def _branches(template: Template, chosen: list[int]) -> list[int]:
    """The chosen tasks in an order in which each follows its inputs and branches stay in one piece."""
    inside, done, order = set(chosen), set[int](), list[int]()
    read = {j for i in chosen for j in template[i].inputs}
    for sink in (i for i in chosen if i not in read):
        stack = [(sink, iter(template[sink].inputs))]
        while stack:
            i, waiting = stack[-1]
            j = next((j for j in waiting if j in inside and j not in done), None)
            if j is not None:
                stack.append((j, iter(template[j].inputs)))
                continue
            stack.pop()
            if i not in done:
                done.add(i)
                order.append(i)
    return order


def _parts(template: Template, order: list[int], pieces: int) -> list[list[int]]:
    """Cut an order of tasks where the cost so far passes the next share: segments so never wait in a circle."""
    if not order:
        return []
    share = sum(template[i].cost for i in order) / max(1, pieces)
    parts: list[list[int]] = [[]]
    spent = 0.0
    for i in order:
        cost = template[i].cost
        if parts[-1] and spent + cost / 2 > share * len(parts):
            parts.append([])
        parts[-1].append(i)
        spent += cost
    return parts


def _segment(template: Template, local: bool, level: int, numbers: list[int]) -> Segment:
    inside = set(numbers)
    reads = frozenset(j for i in numbers for j in template[i].inputs if j not in inside)
    exports = frozenset(
        j for i, task in enumerate(template) if i not in inside for j in task.inputs if j in inside
    )  # fmt: skip
    last = {j: i for i in numbers for j in (i, *template[i].inputs)}
    drops: dict[int, list[int]] = {i: [] for i in numbers}
    for j, i in last.items():
        if j not in exports:
            drops[i].append(j)
    steps = tuple(Step(i, template[i].function, template[i].inputs, tuple(drops[i])) for i in numbers)
    return Segment(steps, local, level, reads, exports)
