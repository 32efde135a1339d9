"""The entries of a template: what a backend runs over blocks, knowing nothing else.

A template is a list of tasks in topological order. Task i of block k runs after the tasks it reads have run block k and
after its own block k - 1; nothing else orders them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Task(NamedTuple):
    """One entry of a template.

    ``function(k, state, *inputs) -> (state, output)`` runs block ``k``; ``inputs`` are the indices of the tasks whose
    block k it reads; ``state`` is what its own block k - 1 returned (a run starts with the one in the backend's list).
    ``last_reader`` is the index of the last task in the list that reads its output (its own where none does). A
    ``local`` task has effects outside its state and output (it keeps, shows or asks for something) and runs in the
    process of the caller. ``cost`` is a guess of the microseconds that a block takes.
    """

    name: str
    function: Callable[..., tuple[Any, Any]]
    inputs: tuple[int, ...] = ()
    last_reader: int = 0
    local: bool = False
    cost: float = 1.0


def nothing(k: int, state: Any, *inputs: Any) -> tuple[Any, None]:
    """Stands for a task that has become a part of another one: nobody reads it, and a backend may leave it out."""
    return state, None


Template = Sequence[Task]
