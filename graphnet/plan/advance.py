"""The task that advances an ArrayLayer: what runs for every layer and block, so it does little besides calling it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..blocks import Events, between
from ..errors import NotFinite
from ..layer import ArrayLayer, State
from ..span import Arena, Span
from .grid import Grid
from .joints import frozen
from .recording import Recording
from .store import Store

Tap = Callable[[int, int, Any], None]
"""Called with the first absolute step, the number of steps, and the input block of a layer."""


class Advance:
    """Advances an ArrayLayer over block k.

    Where ``watched`` or ``stepped`` name variables to record, the output is a tuple of the block and the rows (steps,
    n) of each, in that order; the layer writes the watched ones itself, for the stepped ones it runs in one-step
    blocks. ``tap`` is shown the input before the layer reads it. Once it is no longer ``careful``, a loop sets where
    ``span`` lies and calls ``step(state, block, span)`` itself; it copies what it gets before it goes on.
    """

    __slots__ = (
        "_block", "_per", "_returned", "_schedule", "arenas", "careful", "finite", "grid", "layer",
        "observes", "path", "record", "span", "step", "stepped", "tap", "watched",
    )  # fmt: skip

    def __init__(
        self, layer: ArrayLayer, path: str, grid: Grid, key: int | tuple[str | int, ...], *, tiled: bool = True,
        watched: Sequence[str] = (), stepped: Sequence[str] = (), tap: Tap | None = None, finite: bool = False,
    ) -> None:  # fmt: skip
        self.layer: ArrayLayer = layer
        self.path: str = path
        self.grid: Grid = grid
        self.watched: Sequence[str] = watched
        self.stepped: Sequence[str] = stepped
        self.tap: Tap | None = tap
        self.arenas: Sequence[Arena] = ()
        self.record: Store | None = None  # where the output may be written at once
        self._returned = -1  # which of its buffers the layer returns
        self.step: Callable[..., tuple[State, Any]] = layer.advance
        self.span: Span = Span(grid.first, 0, key, tiled=tiled)
        self.finite: bool = finite
        self.observes: bool = bool(watched or stepped or finite or tap is not None)
        self.careful: bool = True  # until the first block has been looked at, and as long as somebody observes
        self._schedule, self._per, self._block = grid.schedule, grid.per, grid.block

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """Buffers belong to one process: elsewhere every block gets fresh ones."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        return None, {**kept, "arenas": (), "record": None}

    @property
    def observed(self) -> tuple[str, ...]:
        """The variables whose rows follow the block in the output."""
        return (*self.watched, *self.stepped)

    def __call__(self, k: int, state: State, block: Any = None) -> tuple[State, Any]:
        schedule, span = self._schedule, self.span
        begun = (schedule.base + k) * self._block
        left = self._per * schedule.total - begun
        span.start = self.grid.first + begun
        span.steps = self._block if left > self._block else left
        arenas, arena = self.arenas, None
        if arenas:
            span.arena = arena = arenas[k % len(arenas)]
            arena.begin()
        if self.careful:
            return self.run(state, block, span.start, span.steps)
        if self.record is not None:
            assert isinstance(arena, Recording)
            return self._recording(state, block, self.record, arena)
        state, out = self.step(state, block, span)
        if arena is not None:
            view = arena.views.get(id(out))
            if view is not None:
                return state, view
            if out.__class__ is np.ndarray and out.base is None and out is not block:
                return state, arena.lend(out)
        return state, frozen(_apart(out, block))

    def _recording(self, state: State, block: Any, record: Store, arena: Recording) -> tuple[State, Any]:
        """As long as the record has no rows, the block is copied into it afterwards, like any other."""
        span = self.span
        rows = record.room(span.start, span.steps)
        arena.rows, arena.returned = rows, self._returned
        state, out = self.step(state, block, span)
        arena.rows = None  # a record is not held longer than its run
        if out is rows:
            return state, frozen(out)
        self._returned = arena.place_of(out)
        return state, frozen(_apart(out, block))

    def run(self, state: State, block: Any, start: int, steps: int) -> tuple[State, Any]:
        """Advance over any stretch of steps, without buffers of a run."""
        if self.observes:
            return self._observed(state, block, start, steps)
        span = self.span
        span.start, span.steps = start, steps
        state, out = self.step(state, block, span)
        if self.careful:
            self._check(out, steps)
        if isinstance(span.arena, Recording):
            self._returned = span.arena.place_of(out)
        return state, frozen(_apart(out, block) if self.arenas else out)

    def ahead(self, state: State, start: int, steps: int) -> Any:
        """What the layer gives over steps that its input cannot reach any more."""
        span = self.span
        span.start, span.steps = start, steps
        out = self.layer.ahead(state, span)
        if self.careful:
            self.layer.check_output(out, steps)
        return out

    # ------------------------------------------------------------------ while somebody looks

    def _observed(self, state: State, block: Any, start: int, steps: int) -> tuple[State, Any]:
        if self.tap is not None:
            self.tap(start, steps, block)
        rows = {name: np.empty((steps, *state[name].shape), dtype=state[name].dtype) for name in self.observed}
        if self.stepped:
            state, out = self._by_steps(state, block, start, steps, rows)
        else:
            state, out = self._look(state, block, start, steps, rows)
        if self.careful:
            self._check(out, steps)
        if self.finite and not isinstance(out, Events):
            check_finite(self.path, self.grid, out, start)
        out = frozen(out)
        return state, (out, *(rows[name].reshape(steps, -1) for name in self.observed)) if rows else out

    def _look(self, state: State, block: Any, start: int, steps: int, rows: dict[str, NDArray[Any]]) -> Any:
        span = self.span
        span.start, span.steps = start, steps
        span.watch = {name: rows[name] for name in self.watched}
        state, out = self.step(state, block, span)
        span.watch = {}
        return state, out

    def _by_steps(self, state: State, block: Any, start: int, steps: int, rows: dict[str, NDArray[Any]]) -> Any:
        outs: list[Any] = []
        for k in range(steps):
            one = _step(block, start, k)
            here = {name: rows[name][k : k + 1] for name in self.watched}
            state, out = self._look(state, one, start + k, 1, here)
            kept = Events(out.step.copy(), out.channel.copy()) if isinstance(out, Events) else np.array(out)
            outs.append(kept)
            for name in self.stepped:
                rows[name][k] = state[name]
        if not outs:
            return self._look(state, block, start, 0, rows)
        if isinstance(outs[0], Events):
            return state, Events(*(np.concatenate(column) for column in zip(*outs, strict=True)))
        return state, np.concatenate(outs)

    # ------------------------------------------------------------------ the first block

    def _check(self, out: Any, steps: int) -> None:
        """A layer is somebody's code: look once at what it returns."""
        self.careful = self.observes
        self.layer.check_output(out, steps)


def _apart(out: Any, block: Any) -> Any:
    """An output that is the input itself, or a view of it, is copied: the input's buffers go back after its readers."""
    if isinstance(out, Events):
        shared = isinstance(block, Events) and _base(out.step) is _base(block.step)
        return Events(out.step.copy(), out.channel.copy()) if shared else out
    return out.copy() if isinstance(block, np.ndarray) and _base(out) is _base(block) else out


def _step(block: Any, start: int, k: int) -> Any:
    """One step of a block, or of each input's."""
    if isinstance(block, dict):
        return {name: _step(one, start, k) for name, one in block.items()}
    if isinstance(block, Events):
        return between(block, start + k, start + k + 1)
    return block[k : k + 1] if isinstance(block, np.ndarray) else block


def _base(array: NDArray[Any]) -> Any:
    return array if array.base is None else array.base


def check_finite(path: str, grid: Grid, out: NDArray[Any], start: int) -> None:
    """Refuse a block with NaN or infinity: NotFinite, naming the first step and channel."""
    if np.isfinite(out).all():
        return
    k, channel = (int(one) for one in np.argwhere(~np.isfinite(out))[0])
    t = float((start + k) * grid.dt)
    raise NotFinite(
        f"{path} gives {out[k, channel]} at step {start + k}, {t!r} s, channel {channel}",
        layer=path, step=start + k, time=t, channel=channel,
    )  # fmt: skip
