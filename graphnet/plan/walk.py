"""A loop whose members all say how they step without Python, over its whole block in one call of compiled code.

What this does not cover is walked member by member as ever, to the same bits: events, several rates, members that send
before they read, observers, channels that are not next to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..addresses import ALONE, PAIR, SUM, WIDE_PAIR, Placed, Stepping, placed, walker
from ..errors import MemberFailed
from ..layer import ArrayLayer
from ..products import weigh
from .advance import Advance
from .joints import Join, State
from .member import Inner, Member

LEAST = 16  # inner blocks in a block of the loop: with fewer of them, to put the tables together takes longer
SHORT = 16  # steps: inner blocks from this length on use products in tiles

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


def walkers(members: Sequence[Member], per: Sequence[int], inner: int) -> list[Walker] | None:
    """The members as the compiled walk sees them; None where it does not cover one of them."""
    if inner >= SHORT or any(one != 1 for one in per):
        return None
    found = [_walker(one) for one in members]
    known = [one for one in found if one is not None]
    alike = len({np.dtype(one.layer.value("dtype")) for one in known}) == 1
    return known if alike and len(known) == len(members) else None


def _walker(member: Member) -> Walker | None:
    advance, layer, join = member.advance, member.advance.layer, member.join
    watched_only = advance.tap is None and not advance.stepped and not advance._finite  # pyright: ignore
    if member.early or not member.reads or not watched_only or not _steps(type(layer)):
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
    return Walker(advance, layer, kept, join is not None, join is not None and all(join.whole))


def _steps(cls: type[ArrayLayer]) -> bool:
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
    kept: list[Any] = []
    sources: list[list[int]] = []
    calls: list[list[int]] = []
    watched: list[dict[str, Numbers]] = []
    for i, one in enumerate(members):
        met = _met(one, rows, lines, outer, dtype, kept, inner)
        if met is None:
            return None
        watch = {
            name: np.empty((steps, *states[i][name].shape), dtype=states[i][name].dtype) for name in one.advance.watched
        }
        made = _functions(one, states[i], watch, start, steps, dtype)
        if not made:
            return None
        watched.append(watch)
        more, way, scratch = met
        ends = [len(sources), len(sources) + len(more), way]
        sources += more
        at, stride = rows[i].ctypes.data, rows[i].strides[0]
        calls.append([made[0].function, made[0].table, at, stride, scratch, one.layer.size_in, *ends])
        if len(made) == 2:  # the product has left its rows where the kernel finds them
            calls.append([made[1].function, made[1].table, at, stride, 0, rows[i].shape[1], len(sources),
                          len(sources) + 1, ALONE])  # fmt: skip
            sources.append([at, stride, 0, 0, 0, 0, rows[i].shape[1]])
        kept.append(made)
    tables = (np.array(table, dtype=np.int64) for table in (calls, sources))
    walker()(np.empty(0, dtype=dtype), np.empty(0), *tables, steps, inner)
    return [
        (made, *(one.reshape(steps, -1) for one in watch.values())) if watch else made
        for made, watch in zip(rows, watched, strict=True)
    ]


def _met(
    one: Walker, rows: Sequence[Numbers], lines: Sequence[State], outer: Sequence[Any], dtype: np.dtype[Any],
    kept: list[Any], inner: int,
) -> tuple[list[list[int]], int, int] | None:  # fmt: skip
    """The sources of a member as the compiled walk reads them, how they meet, and where; None where it cannot."""
    found: list[list[int]] = []
    wides = 0
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
    scratch = np.empty((inner, one.layer.size_in), dtype=dtype)
    kept.append(scratch)
    return found, way, scratch.ctypes.data


def _functions(
    one: Walker, state: State, watch: dict[str, Numbers], start: int, steps: int, dtype: np.dtype[Any]
) -> list[Placed]:
    """The product and the kernel of a member, whichever it has; none where one of them cannot be called."""
    span = one.advance.span
    span.start, span.steps, span.watch = start, steps, watch
    try:
        stepping: Stepping | None = one.layer.stepping(state, span)
    except Exception as error:
        raise MemberFailed(one.advance.path, error) from error
    span.watch = {}
    if stepping is None:
        return []
    width = one.layer.size_out
    made: list[Placed | None] = []
    if stepping.weights is not None:
        if stepping.weights.dtype != dtype:
            return []
        made.append(placed(*weigh(stepping.weights), one.layer.size_in, width, dtype))
    if stepping.kernel is not None:
        given = one.layer.size_in if stepping.weights is None else width
        made.append(placed(stepping.kernel, stepping.arguments, given, width, dtype))
    found = [each for each in made if each is not None]
    return found if len(found) == len(made) else []
