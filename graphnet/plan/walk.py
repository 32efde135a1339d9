"""A loop whose members all say how they step without Python, over its whole block in one call of compiled code.

What this does not cover is walked member by member as ever, to the same bits: events, several rates, observers,
channels that are not next to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..addresses import ALONE, PAIR, SUM, WIDE_PAIR, Placed, Stepping, placed, walker
from ..errors import MemberFailed
from ..layer import ArrayLayer, Layer
from .advance import Advance
from .joints import Join, State
from .member import LONG, Inner, Member
from .placing import functions

LEAST = 16  # inner blocks in a block of the loop: with fewer of them, to put the tables together takes longer

Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Source:
    """What a member reads over one path: an outer block by its position, or a member's rows ``late`` steps later.

    ``line``: which line of the loop holds the rows of the steps until then; ``first``: where among the sender's
    channels those that it carries begin; ``count``: how many there are; ``place``: where they go.
    """

    outer: int
    pre: int
    line: int
    late: int
    first: int
    count: int
    place: int


@dataclass(frozen=True, slots=True)
class Walker:
    """A member of a loop that can be walked: its sources, and how they meet."""

    advance: Advance
    layer: ArrayLayer
    sources: tuple[Source, ...]
    joined: bool
    pair: bool
    early: bool


def walkers(members: Sequence[Member], per: Sequence[int], inner: int) -> list[Walker] | None:
    """The members as the compiled walk sees them; None where it does not cover one of them."""
    if inner >= LONG or any(one != 1 for one in per):
        return None
    found = [_walker(one) for one in members]
    known = [one for one in found if one is not None]
    alike = len({np.dtype(one.layer.value("dtype")) for one in known}) == 1
    return known if alike and len(known) == len(members) else None


def _walker(member: Member) -> Walker | None:
    advance, layer, join = member.advance, member.advance.layer, member.join
    watched_only = advance.tap is None and not advance.stepped and not advance.finite
    if not member.reads or not watched_only or not steps_itself(type(layer)):
        return None
    if join is None:
        places: Sequence[Any] = [slice(0, layer.size_in)]
    elif isinstance(join, Join) and not join.event:
        places = join.places
    else:
        return None
    sources = [_source(read, place) for read, place in zip(member.reads, places, strict=True)]
    kept = tuple(one for one in sources if one is not None)
    if len(kept) < len(sources):
        return None
    return Walker(advance, layer, kept, join is not None, join is not None and all(join.whole), member.early)


def steps_itself(cls: type[Layer]) -> bool:
    """Whether a class says how it steps, for the ``advance`` that it has: not where one below overrides that alone."""
    for one in cls.__mro__:
        if "stepping" in vars(one):
            return one is not ArrayLayer
        if "advance" in vars(one):
            return False
    return False


def _source(read: int | Inner, place: slice | Numbers) -> Source | None:
    low, high = (place.start, place.stop) if isinstance(place, slice) else _next_to_each_other(place)
    if high == low:
        return None
    if isinstance(read, int):
        return Source(read, -1, -1, 0, 0, high - low, low)
    path = read.path
    if path.event or path.a != path.b:
        return None
    first, last = (0, path.size) if path.picked is None else _next_to_each_other(path.picked)
    return Source(-1, read.pre, read.line, path.d, first, path.size, low) if last > first else None


def _next_to_each_other(channels: Numbers) -> tuple[int, int]:
    """The first channel and the one after the last; (0, 0) where they are not one after another."""
    low, high = int(channels[0]), int(channels[0]) + len(channels)
    return (low, high) if np.array_equal(channels, np.arange(low, high)) else (0, 0)


# ------------------------------------------------------------------ one block of the loop


def walk(
    members: Sequence[Walker], states: Sequence[State], lines: Sequence[State], outer: Sequence[Any], start: int,
    steps: int, inner: int,
) -> list[Any] | None:  # fmt: skip
    """Advance all members; gives the rows of each, or a tuple of them and of its watched variables.

    None, and nothing is changed, where a block or a line is not of the members' dtype, or kernels run as Python.
    """
    if steps < LEAST * inner:
        return None
    dtype = np.dtype(members[0].layer.value("dtype"))
    rows = [np.empty((steps, one.layer.size_out), dtype=dtype) for one in members]
    tables = Calls(dtype, inner)
    watched: list[dict[str, Numbers]] = []
    for one, state, made in zip(members, states, rows, strict=True):
        met = _met(one, rows, lines, outer, tables)
        watch = {name: np.empty((steps, *state[name].shape), dtype=state[name].dtype) for name in one.advance.watched}
        watched.append(watch)
        if met is None or not _call(one, met, _stepping(one, state, watch, start, steps), made, tables):
            return None
    tables.walk(steps)
    return [
        (made, *(each.reshape(steps, -1) for each in watch.values())) if watch else made
        for made, watch in zip(rows, watched, strict=True)
    ]


class Calls:
    """The calls of a walk in their order, those that send before they read and those that read at last, the sources
    of all, and what must stay alive meanwhile."""

    def __init__(self, dtype: np.dtype[Any], inner: int) -> None:
        self.dtype: np.dtype[Any] = dtype
        self.inner: int = inner
        self.sources: list[list[int]] = []
        self.early: list[list[int]] = []
        self.calls: list[list[int]] = []
        self.late: list[list[int]] = []
        self.kept: list[Any] = []

    def rows(self, size: int) -> int:
        """Where rows of an inner block can be put."""
        rows = np.empty((self.inner, size), dtype=self.dtype)
        self.kept.append(rows)
        return rows.ctypes.data

    def read(self, sources: list[list[int]]) -> tuple[int, int]:
        """Which of all sources these are."""
        low = len(self.sources)
        self.sources += sources
        return low, len(self.sources)

    def walk(self, steps: int) -> None:
        """Go through all steps."""
        tables = (np.array(one, dtype=np.int64) for one in (self.early + self.calls + self.late, self.sources))
        walker()(np.empty(0, dtype=self.dtype), np.empty(0), *tables, steps, self.inner)


def _stepping(one: Walker, state: State, watch: dict[str, Numbers], start: int, steps: int) -> Stepping | None:
    span = one.advance.span
    span.start, span.steps, span.watch = start, steps, watch
    try:
        return one.layer.stepping(state, span)
    except Exception as error:
        raise MemberFailed(one.advance.path, error) from error
    finally:
        span.watch = {}


def _call(
    one: Walker, met: tuple[list[list[int]], int, int], stepping: Stepping | None, made: Numbers, tables: Calls
) -> bool:
    """Enter the calls of a member: its product and its kernel, whichever it has; False where one is not possible."""
    if stepping is None or (one.early and stepping.ahead is None):
        return False
    size, width, dtype, arguments = one.layer.size_in, one.layer.size_out, tables.dtype, stepping.arguments
    sources, way, scratch = met
    low, high = tables.read(sources)
    at, stride, calls = made.ctypes.data, made.strides[0], tables.calls
    own = tables.read([[at, stride, 0, 0, 0, 0, width]])
    if one.early and stepping.ahead is not None:
        ahead = placed(stepping.ahead, arguments, width, width, dtype)
        if ahead is None:
            return False
        _enter(tables.early, ahead, [at, stride, 0, width, *own, ALONE])
        tables.kept.append(ahead)
        at, stride, calls = tables.rows(width), 0, tables.late
        own = tables.read([[at, 0, 0, 0, 0, 0, width]])
    made_of = functions(stepping, size, width, dtype)
    tables.kept.append(made_of)
    reads = [scratch, size, low, high, way]
    for function in made_of:
        _enter(calls, function, [at, stride, *reads])
        reads = [0, width, *own, ALONE]  # the product has left its rows where the kernel finds them
    return bool(made_of)


def _enter(calls: list[list[int]], function: Placed, columns: list[int]) -> None:
    calls.append([function.function, function.table, *columns])


def _met(
    one: Walker, rows: Sequence[Numbers], lines: Sequence[State], outer: Sequence[Any], tables: Calls
) -> tuple[list[list[int]], int, int] | None:  # fmt: skip
    """The sources of a member as the compiled walk reads them, how they meet, and where; None where it cannot."""
    found: list[list[int]] = []
    wides, dtype, kept = 0, tables.dtype, tables.kept
    for source in one.sources:
        late, before, before_row = 0, 0, 0
        block = outer[source.outer] if source.pre < 0 else rows[source.pre]
        if block is None:
            continue
        wide = block.dtype == np.float64 != dtype
        if block.dtype == np.float32 != dtype:
            block = block.astype(dtype)
        if block.dtype not in (dtype, np.float64):
            return None
        if source.late:
            held = lines[source.line]["rows"]
            history = np.ascontiguousarray(held, dtype=dtype)
            if not np.array_equal(history, held, equal_nan=True):
                return None
            late, before, before_row = source.late, history.ctypes.data, history.strides[0]
            kept.append(history)
        kept.append(block)
        at = block.ctypes.data + source.first * dtype.itemsize
        # of a pair, what is wide comes first
        found.insert(0 if wide else len(found), [at, block.strides[0], late, before, before_row, source.place,
                                                 source.count])  # fmt: skip
        wides += wide
    way = (WIDE_PAIR if wides else PAIR) if one.pair and len(found) == 2 else SUM if one.joined else ALONE
    if not found or wides > (way == WIDE_PAIR) or (way == SUM and dtype != np.float64):
        return None  # where nothing is given it reads None; more than two singles, some held as doubles, add otherwise
    return found, way, tables.rows(one.layer.size_in)
