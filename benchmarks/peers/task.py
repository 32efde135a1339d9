"""What an adapter gives the worker: work that can be done again and again, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Arrays = Mapping[str, Any]


class Unable(Exception):
    """A peer cannot do this: it has no such precision, model or size."""


@dataclass
class Task:
    """One workload, built from its inputs in a peer's own terms."""

    run: Callable[[], Any]
    """Does all of it once, from the same state each time; what it gives is handed to ``outputs`` and ``seconds``."""
    outputs: Callable[[Any], dict[str, Any]]
    """What came out, by the names that the workload checks; not timed."""
    before: Callable[[], Any] = lambda: None
    """What brings the state back to where it starts; not timed."""
    seconds: Callable[[Any], float] | None = None
    """The peer's own clock, where the compiled loop alone is to be timed; else the wall clock around ``run``."""
    alike: float | None = None
    """Where the peer's model is not the one asked: by how much of it the mean activity may differ. None: the same."""
    tolerance: float | None = None
    """Where the model is the same but a peer rounds more: how far apart numbers may be, beside the largest."""
    note: str = ""
    """What differs, in one line."""
