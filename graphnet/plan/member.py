"""The layers of a loop and the edges between them, as its task sees them."""

from __future__ import annotations

from dataclasses import dataclass

from .advance import Advance
from .joints import Join, Line
from .several import Deal

LONG = 16  # steps: inner blocks of a loop from this length on use products in tiles


@dataclass(frozen=True, slots=True)
class Inner:
    """An edge inside a loop: from which member to which, over which line; ``line`` counts the loop's lines."""

    pre: int
    post: int
    path: Line
    line: int


@dataclass(frozen=True, slots=True)
class Member:
    """A layer of a loop: what it reads (an outer block by position, or an inner edge), and how that meets.

    An ``early`` one lags by a whole inner block or more: it sends before it reads.
    """

    advance: Advance
    reads: tuple[int | Inner, ...]
    join: Join | Deal | None
    early: bool = False
