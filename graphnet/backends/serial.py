"""The serial backend: walk the template once for every block, with one slot for each task's output."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from ..errors import GraphnetError
from ..tasks import Template, nothing


class TaskFailed(GraphnetError):
    """A task raised; the cause is its own exception."""

    def __init__(self, name: str, block: int) -> None:
        super().__init__(f"{name} failed in block {block}")
        self.name = name
        self.block = block


def run(template: Template, states: list[Any], blocks: int, after: Callable[[int], None] | None = None) -> None:
    """Run every task for every block, in order; ``states`` is replaced entry by entry; ``after(k)`` follows block k.

    Raises TaskFailed where a task raises.
    """
    slots: list[Any] = [None] * len(template)
    walk = [
        (i, _called(task.function), task.inputs, ends)
        for i, (task, ends) in enumerate(zip(template, _ends(template), strict=True))
        if task.function is not nothing
    ]
    for k in range(blocks):
        i = 0
        try:
            for i, function, inputs, ends in walk:  # i names the task that failed
                if len(inputs) == 1:
                    states[i], slots[i] = function(k, states[i], slots[inputs[0]])
                else:
                    states[i], slots[i] = function(k, states[i], *[slots[j] for j in inputs])
                for j in ends:
                    slots[j] = None
        except Exception as error:
            raise TaskFailed(template[i].name, k) from error
        if after is not None:
            after(k)


def _called(function: Callable[..., Any]) -> Callable[..., Any]:
    """What calling an object comes to: its bound method, which Python calls with less ado than the object."""
    return function if isinstance(function, FunctionType) else function.__call__


def _ends(template: Template) -> list[list[int]]:
    """For each task the tasks whose output nobody reads any more once it has run."""
    ends: list[list[int]] = [[] for _ in template]
    for j, task in enumerate(template):
        ends[task.last_reader].append(j)
    return ends
