"""The task that advances an ArrayLayer: what runs for every layer and block, so it does little besides calling it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..blocks import Events, between
from ..errors import InputError, NotFinite
from ..layer import ArrayLayer, State
from ..span import Pool, Span
from ..timeseries import TSEvent
from .grid import Grid
from .joints import frozen

Tap = Callable[[int, int, Any], None]
"""Called with the first absolute step, the number of steps, and the input block of a layer."""


class Advance:
    """Advances an ArrayLayer over block k.

    Where ``watched`` or ``stepped`` name variables to record, the output is a tuple of the block and the rows (steps,
    n) of each, in that order; the layer writes the watched ones itself, for the stepped ones it runs in one-step
    blocks. ``tap`` is shown the input before the layer reads it.
    """

    def __init__(
        self, layer: ArrayLayer, path: str, grid: Grid, key: int, pool: Pool | None, *, tiled: bool = True,
        watched: Sequence[str] = (), stepped: Sequence[str] = (), tap: Tap | None = None, finite: bool = False,
    ) -> None:  # fmt: skip
        self.layer, self.path, self.grid, self.pool = layer, path, grid, pool
        self.watched, self.stepped, self.tap = tuple(watched), tuple(stepped), tap
        self.leases: dict[int, list[NDArray[Any]]] = {}
        self._advance = layer.advance
        self._span = Span(grid.first, 0, key, pool=pool, tiled=tiled)
        self._finite = finite
        self._plain = not (self.watched or self.stepped or finite or tap is not None)
        self._checked = False

    def __getstate__(self) -> dict[str, Any]:
        """What travels to another process: no buffers, which are lent in this one."""
        return {**self.__dict__, "pool": None, "leases": {}}

    @property
    def observed(self) -> tuple[str, ...]:
        """The variables whose rows follow the block in the output."""
        return (*self.watched, *self.stepped)

    def __call__(self, k: int, state: State, block: Any = None) -> tuple[State, Any]:
        return self.run(state, block, self.grid.start(k), self.grid.steps(k), k)

    def run(self, state: State, block: Any, start: int, steps: int, k: int = 0) -> tuple[State, Any]:
        """Advance over any stretch of steps; buffers of the output are held under ``k``."""
        if not self._plain:
            return self._observed(state, block, start, steps, k)
        span = self._span
        span.start, span.steps = start, steps
        state, out = self._advance(state, block, span)
        if not self._checked:
            self._check(out, steps)
        if self.pool is not None:
            out = self._leased(out, block, k)
        return state, frozen(out)

    def _leased(self, out: Any, block: Any, k: int) -> Any:
        """Hold the buffers that the output lies in until its readers have run; give scratch back at once.

        An output that is the input itself is copied: the input's buffers go back after its own readers.
        """
        taken = self._span.taken
        if len(taken) == 1 and taken[0] is out:
            self.leases[k] = taken
            self._span.taken = []
            return out
        columns = out if isinstance(out, Events) else (out,)
        backing = {id(column if column.base is None else column.base) for column in columns}
        given = block if isinstance(block, Events) else () if block is None else (block,)
        if not backing.isdisjoint([id(one if one.base is None else one.base) for one in given]):
            out = Events(*(column.copy() for column in out)) if isinstance(out, Events) else out.copy()
        if taken:
            self.leases[k] = [buffer for buffer in taken if id(buffer) in backing]
            for buffer in taken:
                if id(buffer) not in backing:
                    self.pool.give(buffer)  # type: ignore[union-attr] # only called where there is a pool
            self._span.taken = []
        return out

    def release(self, k: int) -> None:
        """The readers of block k have run: its buffers may be used again."""
        for buffer in self.leases.pop(k, ()):
            self.pool.give(buffer)  # type: ignore[union-attr] # leases come from it

    # ------------------------------------------------------------------ while somebody looks

    def _observed(self, state: State, block: Any, start: int, steps: int, k: int) -> tuple[State, Any]:
        if self.tap is not None:
            self.tap(start, steps, block)
        rows = {name: np.empty((steps, *state[name].shape), dtype=state[name].dtype) for name in self.observed}
        if self.stepped:
            state, out = self._by_steps(state, block, start, steps, rows)
        else:
            state, out = self._look(state, block, start, steps, rows)
        if not self._checked:
            self._check(out, steps)
        if self._finite and not isinstance(out, Events):
            self._check_finite(out, start)
        if self.pool is not None:
            out = self._leased(out, block, k)
        out = frozen(out)
        return state, (out, *(rows[name].reshape(steps, -1) for name in self.observed)) if rows else out

    def _look(self, state: State, block: Any, start: int, steps: int, rows: dict[str, NDArray[Any]]) -> Any:
        span = self._span
        span.start, span.steps = start, steps
        span.watch = {name: rows[name] for name in self.watched}
        state, out = self._advance(state, block, span)
        span.watch = {}
        return state, out

    def _by_steps(self, state: State, block: Any, start: int, steps: int, rows: dict[str, NDArray[Any]]) -> Any:
        outs: list[Any] = []
        for k in range(steps):
            one = between(block, start + k, start + k + 1) if isinstance(block, Events) else block
            one = one[k : k + 1] if isinstance(one, np.ndarray) else one
            here = {name: rows[name][k : k + 1] for name in self.watched}
            state, out = self._look(state, one, start + k, 1, here)
            outs.append(Events(*(np.array(column) for column in out)) if isinstance(out, Events) else np.array(out))
            self._give_back()
            for name in self.stepped:
                rows[name][k] = state[name]
        if not outs:
            return self._look(state, block, start, 0, rows)
        if isinstance(outs[0], Events):
            return state, Events(*(np.concatenate(column) for column in zip(*outs, strict=True)))
        return state, np.concatenate(outs)

    def _give_back(self) -> None:
        if self.pool is not None:
            for buffer in self._span.taken:
                self.pool.give(buffer)
            self._span.taken = []

    def _check_finite(self, out: NDArray[Any], start: int) -> None:
        if np.isfinite(out).all():
            return
        k, channel = (int(one) for one in np.argwhere(~np.isfinite(out))[0])
        t = float((start + k) * self.grid.dt)
        raise NotFinite(
            f"{self.path} gives {out[k, channel]} at step {start + k}, {t!r} s, channel {channel}",
            layer=self.path, step=start + k, time=t, channel=channel,
        )  # fmt: skip

    # ------------------------------------------------------------------ the first block

    def _check(self, out: Any, steps: int) -> None:
        """A layer is somebody's code: look once at what it returns."""
        layer = self.layer
        self._checked = True
        event = layer.output_type is TSEvent
        if isinstance(out, Events) != event or not (event or isinstance(out, np.ndarray)):
            wanted = "Events" if event else "an array"
            raise InputError(f"{layer.start_print}: advance must return {wanted}, got a {type(out).__name__}")
        if not event and out.shape != (steps, layer.size_out):
            raise InputError(
                f"{layer.start_print}: advance must return shape {(steps, layer.size_out)}, got shape {out.shape}"
            )
