"""What stands between the layers of a plan: external inputs, lines for delays and rates, and merges."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..blocks import NO_EVENTS, Block, Events, merge_events, sort_events
from ..clock import gcd
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from .grid import Grid

State = dict[str, NDArray[Any]]


def frozen(block: Any) -> Any:
    """A block through which nobody can write; every block that a layer reads is one, so kernels compile once."""
    if isinstance(block, Events):
        return block if not block.step.flags.writeable else Events(frozen(block.step), frozen(block.channel))
    if block is None or block.__class__ is dict or not block.flags.writeable:  # in a dict each is one already
        return block
    view = block.view()
    view.flags.writeable = False
    return view


class Source:
    """Block k of an external input on its reader's grid; None where the input was not given."""

    def __init__(self, series: TimeSeries | None, grid: Grid) -> None:
        self.series = series
        self.grid = grid

    def __call__(self, k: int, state: Any) -> tuple[Any, Block]:
        start, steps = self.grid.start(k), self.grid.steps(k)
        if isinstance(self.series, TSContinuous):
            rows = self.series.sample_steps(start, steps, self.grid.dt)
            return state, frozen(np.ascontiguousarray(rows))
        if isinstance(self.series, TSEvent):
            return state, frozen(self.series.event_steps(start, steps, self.grid.dt))
        return state, None


class Line:
    """What an edge does to blocks on their way: picks channels, changes the rate, delays.

    Times are ticks of gcd(pre.dt, post.dt). The state is what is under way, counted relative to the block's start: of a
    continuous signal the last rows that were sent, of events those that have not arrived. ``push`` takes in what the
    pre layer sent, ``read`` gives the post layer its steps, ``shift`` moves on; a loop calls them apart.
    """

    def __init__(
        self, size: int, event: bool, pre: Fraction, post: Fraction, delay: Fraction, picked: Sequence[int] | None
    ) -> None:
        tick = gcd([pre, post])
        self.event = event
        self.a: int = int(pre / tick)
        self.b: int = int(post / tick)
        self.d: int = int(delay / tick)
        self.size: int = size if picked is None else len(picked)
        self.held: int = -(-self.d // self.a)
        self.picked: NDArray[Any] | None = None if picked is None else np.array(picked)
        self.renamed: NDArray[np.int32] | None = None
        if picked is not None and event:
            self.renamed = np.full(size, -1, dtype=np.int32)
            self.renamed[self.picked] = np.arange(self.size, dtype=np.int32)

    @property
    def is_plain(self) -> bool:
        """Whether blocks pass unchanged."""
        return self.d == 0 and self.a == self.b and self.picked is None

    def initial(self) -> State:
        """Nothing under way: zeros, or no events."""
        if self.event:
            return {"offset": np.zeros(0, dtype=np.int64), "channel": np.zeros(0, dtype=np.int32)}
        return {"rows": np.zeros((self.held, self.size))}

    def pick(self, block: Any) -> Any:
        """The channels that the edge carries, numbered from 0."""
        if block is None or self.picked is None:
            return block
        if not self.event:
            return np.ascontiguousarray(block[:, self.picked])
        assert self.renamed is not None
        channel = self.renamed[block.channel]
        kept = channel >= 0
        return sort_events(block.step[kept], channel[kept])

    def push(self, state: State, block: Any, start: int, steps: int) -> State:
        """Send block rows: ``start`` and ``steps`` in steps of the pre layer."""
        block = self.pick(block)
        if self.event:
            if block is None or block.count == 0:
                return state
            offset = (block.step - start) * self.a + self.d
            return {
                "offset": np.concatenate([state["offset"], offset]),
                "channel": np.concatenate([state["channel"], block.channel]),
            }
        sent = np.zeros((steps, self.size)) if block is None else block
        return {"rows": np.concatenate([state["rows"], sent])}

    def read(self, state: State, start: int, steps: int) -> Any:
        """What arrives in ``steps`` steps of the post layer, of which the first is ``start``."""
        if self.event:
            arrived = int(np.searchsorted(state["offset"], steps * self.b))
            step = state["offset"][:arrived] // self.b + start
            channel = state["channel"][:arrived]
            return sort_events(step, channel) if self.b > 1 else Events(step, channel)
        if self.a == self.b == 1:
            return np.ascontiguousarray(state["rows"][:steps])
        index = (np.arange(steps) * self.b - self.d) // self.a + self.held
        return state["rows"][index]

    def shift(self, state: State, ticks: int) -> State:
        """Move the origin of time on by a block."""
        if self.event:
            arrived = int(np.searchsorted(state["offset"], ticks))
            return {"offset": state["offset"][arrived:] - ticks, "channel": state["channel"][arrived:].copy()}
        return {"rows": state["rows"][ticks // self.a :].copy()}


class Carry:
    """A line as a task: block k of the pre layer in, block k of the post layer out."""

    def __init__(self, line: Line, pre: Grid, post: Grid) -> None:
        self.line: Line = line
        self.pre: Grid = pre
        self.post: Grid = post

    def __call__(self, k: int, state: State, block: Any) -> tuple[State, Any]:
        line = self.line
        if line.d == 0 and line.a == line.b:
            return state, frozen(line.pick(block))
        if block is None and line.d == 0:
            return state, None
        state = line.push(state, block, self.pre.start(k), self.pre.steps(k))
        out = line.read(state, self.post.start(k), self.post.steps(k))
        return line.shift(state, self.pre.steps(k) * line.a), frozen(out)


class Join:
    """Several edges into one input: added or united, set side by side, or led to channels of their own."""

    def __init__(self, places: Sequence[Sequence[int]], size: int, event: bool) -> None:
        self.whole: list[bool] = [place == range(size) for place in places]
        self.places: list[Any] = [
            slice(place.start, place.stop)
            if isinstance(place, range) and not event
            else np.array(place, dtype=np.int32)
            for place in places
        ]
        self.size = size
        self.event = event
        self._sums: bool = not event and all(self.whole)
        self.is_pair: bool = self._sums and len(places) == 2

    def __call__(self, k: int, state: Any, *blocks: Any) -> tuple[Any, Any]:
        return state, frozen(self.join(blocks))

    def join(self, blocks: Sequence[Any]) -> Any:
        """The block that the layer reads; None where every part is absent."""
        if self.is_pair and blocks[0] is not None and blocks[1] is not None:
            return blocks[0] + blocks[1]
        given = [i for i, block in enumerate(blocks) if block is not None]
        if not given:
            return None
        if self.event:
            parts = [self._moved(i, blocks[i]) for i in given if blocks[i].count]
            if len(parts) == 1:  # copied where it is the input itself, whose buffers go back after this task
                return Events(parts[0].step.copy(), parts[0].channel.copy())
            return merge_events(parts) if parts else NO_EVENTS
        first = blocks[given[0]]
        dtype = np.result_type(*(blocks[i].dtype for i in given))
        out = np.zeros((len(first), self.size), dtype=dtype)
        for i in given:
            if self.whole[i]:
                out += blocks[i]
            else:
                out[:, self.places[i]] += blocks[i]
        return out

    def _moved(self, i: int, block: Events) -> Events:
        if self.whole[i]:
            return block
        return sort_events(block.step, self.places[i][block.channel])
