"""The entries of a template: what a backend runs over blocks, knowing nothing else.

A template is a list of tasks in topological order. Task i of block k runs after the tasks it reads have run block k and
after its own block k - 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Task:
    """One entry of a template.

    ``function(k, state, *inputs) -> (state, output)`` runs block ``k``; ``inputs`` are the indices of the tasks whose
    block k it reads; ``state`` is what its own block k - 1 returned (a run starts with the one in the backend's list);
    ``last_reader`` is the index of the last task that reads its output (its own where none does): after that task has
    run, ``release(output)`` gives the block's buffers back.
    """

    name: str
    function: Callable[..., tuple[Any, Any]]
    inputs: tuple[int, ...] = ()
    last_reader: int = 0
    release: Callable[[], None] | None = None


Template = Sequence[Task]
