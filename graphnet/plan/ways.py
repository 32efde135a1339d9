"""What the members of a loop have sent, and what reaches them: rows and events between the blocks of a loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..blocks import NO_EVENTS, Events, between, sort_events
from .advance import Advance
from .joints import Line, State, frozen
from .member import Inner

Reader = Callable[[int, int, int], Any]
"""Gives ``length`` steps of what a member reads: (first, counted from the outer block's beginning; the same as an
absolute step; length)."""


def reader_of(outer: Sequence[Any], ways: Sequence[Any], read: int | Inner) -> Reader:
    """What reads an outer block part by part, or what an inner edge brings by now."""
    source = outer[read] if isinstance(read, int) else ways[read.line]
    if isinstance(source, np.ndarray):
        return lambda first, at, length: source[first : first + length]
    if source is None:
        return lambda first, at, length: None
    if isinstance(source, Events):
        return lambda first, at, length: between(source, at, at + length)
    return source.reader()


# ---------------------------------------------------------------------- what members send


def outlet_of(advance: Advance, start: int, steps: int) -> Any:
    if advance.observed:
        return Several(len(advance.observed), start, steps)
    return Outlet(start, steps)


class Outlet:
    """What a member has sent since the loop's block began: rows in one array, or chunks of events."""

    __slots__ = ("chunks", "readable", "rows", "start", "steps")

    def __init__(self, start: int, steps: int) -> None:
        self.start: int = start
        self.steps: int = steps
        self.rows: Any = None
        self.readable: Any = None
        self.chunks: list[Events] = []

    def put(self, out: Any, first: int, length: int) -> None:
        """Take in the steps from ``first``, counted from the block's beginning."""
        if out.__class__ is Events:
            if len(out.step):
                self.chunks.append(out)
            return
        if self.rows is None:
            self.rows = np.empty((self.steps, *out.shape[1:]), dtype=out.dtype)
            self.readable = frozen(self.rows)
        self.rows[first : first + length] = out

    early = put

    def take(self, rows: NDArray[Any]) -> None:
        """Take over an array of all steps."""
        self.rows, self.readable = rows, frozen(rows)

    def rest(self, out: Any, first: int, length: int) -> None:
        """What an early member gives once it has read: nothing that it has not sent."""

    def whole(self) -> Any:
        """The block of the whole stretch."""
        if self.readable is not None:
            return self.readable
        if not self.chunks:
            return NO_EVENTS
        return frozen(Events(*(np.concatenate(column) for column in zip(*self.chunks, strict=True))))


class Several:
    """The outlets of a member whose variables are watched: its block, then each variable."""

    def __init__(self, count: int, start: int, steps: int) -> None:
        self.outlets: list[Outlet] = [Outlet(start, steps) for _ in range(1 + count)]

    def put(self, out: Any, first: int, length: int) -> None:
        """Take in the block and the rows of each variable."""
        for outlet, column in zip(self.outlets, out, strict=True):
            outlet.put(column, first, length)

    def take(self, out: Sequence[Any]) -> None:
        """Take over the arrays of all steps."""
        for outlet, rows in zip(self.outlets, out, strict=True):
            outlet.take(rows)

    def early(self, out: Any, first: int, length: int) -> None:
        """Take in the block alone."""
        self.outlets[0].put(out, first, length)

    def rest(self, out: Any, first: int, length: int) -> None:
        """Take in the rows of each variable."""
        for outlet, column in zip(self.outlets[1:], out[1:], strict=True):
            outlet.put(column, first, length)

    def whole(self) -> tuple[Any, ...]:
        """The blocks of the whole stretch."""
        return tuple(one.whole() for one in self.outlets)


# ---------------------------------------------------------------------- what reaches them


def way_of(edge: Inner, state: State, outlet: Any, at: int, dtype: Any) -> Any:
    """The way of an edge from a layer of a dtype."""
    sent = outlet.outlets[0] if isinstance(outlet, Several) else outlet
    return EventWay(edge.path, state, sent, at) if edge.path.event else RowWay(edge.path, state, sent, dtype)


class RowWay:
    """A continuous edge inside a loop: first the rows that were under way, then those sent since the block began.

    The former are kept as doubles and go on in the sender's dtype: sums would otherwise depend on where a block begins.
    """

    __slots__ = ("history", "outlet", "path")

    def __init__(self, path: Line, state: State, outlet: Outlet, dtype: Any) -> None:
        self.path: Line = path
        self.outlet: Outlet = outlet
        held = state["rows"]
        sent = held.astype(dtype)
        self.history: NDArray[Any] = frozen(sent if np.array_equal(sent, held, equal_nan=True) else held)

    def reader(self) -> Reader:
        """What reads it, step by step of the post layer."""
        return self._rows if self.path.a == self.path.b == 1 and self.path.picked is None else self._picked

    def _rows(self, first: int, at: int, length: int) -> NDArray[Any]:
        low = first - self.path.d
        if low >= 0:
            return self.outlet.readable[low : low + length]
        return self._picked(first, at, length)

    def _picked(self, first: int, at: int, length: int) -> NDArray[Any]:
        path = self.path
        if path.a == path.b == 1:
            low = first - path.d
            if low >= 0:
                return path.pick(self.outlet.readable[low : low + length])
            if low + length <= 0:
                return self.history[low + path.held : low + path.held + length]
        index = (np.arange(first, first + length) * path.b - path.d) // path.a
        old = index < 0
        rows: NDArray[Any] = np.empty((length, path.size), dtype=self.history.dtype)
        rows[old] = self.history[index[old] + path.held]
        if not old.all():
            rows[~old] = path.pick(self.outlet.readable[index[~old]])
        return frozen(rows)

    def end(self, steps: int) -> State:
        """What is under way at the end of a block in which the pre layer took ``steps`` steps."""
        held = self.path.held
        sent = path_rows(self.path, self.outlet)
        if steps >= held:
            return {"rows": np.array(sent[steps - held :], dtype=np.float64)}
        return {"rows": np.concatenate([self.history[steps:], sent], dtype=np.float64)}


def path_rows(path: Line, outlet: Outlet) -> NDArray[Any]:
    """Everything sent, in the channels that the edge carries."""
    return np.zeros((0, path.size)) if outlet.readable is None else path.pick(outlet.readable)


class EventWay:
    """An edge of events inside a loop: chunks that wait until their time has come."""

    __slots__ = ("at", "outlet", "path", "taken", "waiting")

    def __init__(self, path: Line, state: State, outlet: Outlet, at: int) -> None:
        self.path: Line = path
        self.outlet: Outlet = outlet
        self.at: int = at
        self.taken = 0
        self.waiting: deque[tuple[NDArray[np.int64], NDArray[np.int32]]] = deque()
        if len(state["offset"]):
            self.waiting.append((state["offset"], state["channel"]))

    def _take_in(self) -> None:
        """Put what was sent since the last look among what waits, with its ticks of arrival."""
        path, chunks = self.path, self.outlet.chunks
        for chunk in chunks[self.taken :]:
            picked = path.pick(chunk)
            if len(picked.step):
                self.waiting.append(((picked.step - self.outlet.start) * path.a + path.d, picked.channel))
        self.taken: int = len(chunks)

    def reader(self) -> Reader:
        """What reads it, step by step of the post layer."""
        return self._read

    def _read(self, first: int, at: int, length: int) -> Events:
        if self.taken < len(self.outlet.chunks):
            self._take_in()
        if not self.waiting or self.waiting[0][0][0] >= (first + length) * self.path.b:
            return NO_EVENTS
        end = (first + length) * self.path.b
        ticks: list[NDArray[np.int64]] = []
        channels: list[NDArray[np.int32]] = []
        while self.waiting and self.waiting[0][0][0] < end:
            tick, channel = self.waiting.popleft()
            cut = int(np.searchsorted(tick, end))
            if cut < len(tick):
                self.waiting.appendleft((tick[cut:], channel[cut:]))
            ticks.append(tick[:cut])
            channels.append(channel[:cut])
        step = np.concatenate(ticks) // self.path.b + self.at
        events = Events(step, np.concatenate(channels))
        return frozen(sort_events(*events) if self.path.b > 1 else events)

    def end(self, steps: int) -> State:
        """What is under way at the end of a block in which the pre layer took ``steps`` steps."""
        self._take_in()
        none = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
        columns = list(zip(*self.waiting, none, strict=True))
        return {"offset": np.concatenate(columns[0]) - steps * self.path.a, "channel": np.concatenate(columns[1])}
