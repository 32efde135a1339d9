"""Cut a template into stripes: tasks that one thread runs together for a block, so that handing over pays.

The stripes wait for each other without a circle: they are stretches of one topological order, the one that goes down a
branch before it turns to the next, so that a branch stays together and a chain becomes the stages of a pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ..tasks import Template
from .serial import TaskFailed

Step = tuple[int, Callable[..., tuple[Any, Any]], tuple[int, ...], Sequence[int]]
"""A task's index, its function, the tasks it reads, and those whose output nobody reads once it has run."""


@dataclass(frozen=True, slots=True)
class Stripe:
    """Tasks that run together, in the template's order.

    ``pre`` are the stripes that it reads, ``post`` those that read it.
    """

    walk: list[Step]
    pre: tuple[int, ...]
    post: tuple[int, ...]

    @property
    def first(self) -> int:
        """The least index among its tasks."""
        return self.walk[0][0]


def whole(template: Template) -> list[Step]:
    """The walk over all tasks, as one thread does it."""
    ends: list[list[int]] = [[] for _ in template]
    for j, task in enumerate(template):
        ends[task.last_reader].append(j)
    return [(i, task.function, task.inputs, ends[i]) for i, task in enumerate(template)]


def cut(template: Template, costs: Sequence[float], grain: float) -> list[Stripe]:
    """Stripes of which each costs about ``grain`` or more; a task that costs more ends its stripe."""
    readers = readers_of(template)
    home = _homes(_depth_first(template, readers), costs, grain)
    count = max(home, default=-1) + 1
    ends: list[list[int]] = [[] for _ in template]
    for j, reading in enumerate(readers):
        if all(home[i] == home[j] for i in reading):  # else it stays until the block is complete
            ends[max(reading, default=j)].append(j)
    walks: list[list[Step]] = [[] for _ in range(count)]
    pre: list[dict[int, None]] = [{} for _ in range(count)]
    post: list[dict[int, None]] = [{} for _ in range(count)]
    for i, task in enumerate(template):
        walks[home[i]].append((i, task.function, task.inputs, ends[i]))
        for j in task.inputs:
            if home[j] != home[i]:
                pre[home[i]][home[j]] = None
                post[home[j]][home[i]] = None
    return [Stripe(walks[s], tuple(pre[s]), tuple(post[s])) for s in range(count)]


def run_walk(
    walk: Sequence[Step], k: int, states: list[Any], slots: list[Any], halts: Sequence[tuple[int, int]] = ()
) -> tuple[int, BaseException] | None:
    """Run tasks over block k, as far as nothing halts them; gives the one that failed and how, or None."""
    i = walk[0][0]
    try:
        for i, function, inputs, ends in walk:  # i names the task that failed
            if halts and beyond(halts, k, i):
                break
            if len(inputs) == 1:
                states[i], slots[i] = function(k, states[i], slots[inputs[0]])
            else:
                states[i], slots[i] = function(k, states[i], *[slots[j] for j in inputs])
            for j in ends:
                slots[j] = None
    except BaseException as error:
        return i, error
    return None


def beyond(halts: Sequence[tuple[int, int]], k: int, i: int) -> bool:
    """Whether task i of block k comes at or after one of the (block, task) from which on nothing may start."""
    return bool(halts) and (k, i) >= min(halts)


def raise_failure(template: Template, k: int, i: int, error: BaseException) -> NoReturn:
    """TaskFailed from the exception of task i in block k; what is no Exception, an interrupt, as it is."""
    if isinstance(error, Exception):
        raise TaskFailed(template[i].name, k) from error
    raise error


def readers_of(template: Template) -> list[list[int]]:
    """For each task those that read its output, each once, in order."""
    readers: list[list[int]] = [[] for _ in template]
    for i, task in enumerate(template):
        for j in dict.fromkeys(task.inputs):
            readers[j].append(i)
    return readers


def _depth_first(template: Template, readers: Sequence[Sequence[int]]) -> list[int]:
    waiting = [len(set(task.inputs)) for task in template]
    stack = [i for i in reversed(range(len(template))) if not waiting[i]]
    order: list[int] = []
    while stack:
        i = stack.pop()
        order.append(i)
        for one in reversed(readers[i]):
            waiting[one] -= 1
            if not waiting[one]:
                stack.append(one)
    return order


def _homes(order: Sequence[int], costs: Sequence[float], grain: float) -> list[int]:
    """The stripe of each task: stretches of the order; a rest that is too cheap joins the stretch before it."""
    home = [0] * len(order)
    stretch: list[int] = []
    number, cost = 0, 0.0
    for i in order:
        home[i] = number
        stretch.append(i)
        cost += costs[i]
        if cost >= grain:
            number, cost, stretch = number + 1, 0.0, []
    if number and cost < grain:
        for i in stretch:
            home[i] = number - 1
    return home
