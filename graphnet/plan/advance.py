"""The tasks that advance layers, and the stores that keep what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..blocks import NO_EVENTS, Events, between
from ..clock import exact
from ..errors import InputError
from ..layer import ArrayLayer, Layer, State
from ..span import Pool, Span
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from .grid import Grid
from .joints import frozen

Tap = Callable[[int, int, Any], None]
"""Called with the first absolute step, the number of steps, and the input block of a layer."""


class Store:
    """A signal kept over the whole run, copied block by block."""

    def __init__(self, grid: Grid, size: int, event: bool) -> None:
        self.grid, self.size, self.event = grid, size, event
        self._rows: NDArray[Any] | None = None
        self._parts: list[Events] = []

    def add(self, start: int, block: Any) -> None:
        """Keep a copy of a block that starts at an absolute step."""
        if isinstance(block, Events):
            if block.count:
                self._parts.append(Events(block.step.copy(), block.channel.copy()))
            return
        if block is None:
            return
        begin = start - self.grid.first
        self.rows(block.dtype)[begin : begin + len(block)] = block

    def rows(self, dtype: Any) -> NDArray[Any]:
        """The array of all rows of the run, made when the first block tells its dtype."""
        if self._rows is None:
            self._rows = np.zeros((self.grid.total, self.size), dtype=dtype)
        return self._rows

    def block(self) -> Any:
        """The whole signal as one block."""
        if not self.event:
            return self.rows(np.float64)
        if len(self._parts) > 1:
            self._parts = [Events(*(np.concatenate(column) for column in zip(*self._parts, strict=True)))]
        return self._parts[0] if self._parts else NO_EVENTS

    def series(self, name: str) -> TimeSeries:
        """The whole signal as a series."""
        return as_series(self.block(), self.grid.first, self.grid.total, self.grid, self.size, name)


def as_series(block: Any, start: int, steps: int, grid: Grid, size: int, name: str) -> TimeSeries:
    """A block as a series that shares its memory."""
    if isinstance(block, Events):
        return TSEvent.from_steps(block.step, block.channel, grid.dt, size, start, steps, name=name)
    return TSContinuous.from_clocked(block, grid.dt, start * grid.dt, name=name)


class Keep:
    """Copies block k into a store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __call__(self, k: int, state: Any, block: Any) -> tuple[Any, None]:
        self.store.add(self.store.grid.start(k), block)
        return state, None


class Advance:
    """Advances an ArrayLayer over block k.

    ``watched`` maps recordable variables to stores that the layer writes into; ``stepped`` the others, for which it
    runs in one-step blocks; ``tap`` is shown the input with its first step before the layer reads it.
    """

    def __init__(
        self, layer: ArrayLayer, path: str, grid: Grid, key: int, pool: Pool | None, tiled: bool = True
    ) -> None:
        self.layer, self.path, self.grid, self.key, self.pool, self.tiled = layer, path, grid, key, pool, tiled
        self.watched: dict[str, Store] = {}
        self.stepped: dict[str, Store] = {}
        self.tap: Tap | None = None
        self.leases: list[NDArray[Any]] = []
        self._checked = False

    def __call__(self, k: int, state: State, block: Any = None) -> tuple[State, Any]:
        return self.run(state, block, self.grid.start(k), self.grid.steps(k))

    def run(self, state: State, block: Any, start: int, steps: int) -> tuple[State, Any]:
        """Advance over any stretch of steps."""
        if self.tap is not None:
            self.tap(start, steps, block)
        if self.stepped:
            state, out = self._by_steps(state, block, start, steps)
        else:
            state, out = self._advance(state, block, start, steps)
        if not self._checked:
            self._check(out, steps)
        return state, out

    def _advance(self, state: State, block: Any, start: int, steps: int) -> tuple[State, Any]:
        begin = start - self.grid.first
        watch = {name: store.rows(np.float64)[begin : begin + steps] for name, store in self.watched.items()}
        shaped = {name: rows.reshape((steps, *state[name].shape)) for name, rows in watch.items()}
        span = Span(start, steps, self.key, pool=self.pool, tiled=self.tiled, watch=shaped)
        state, out = self.layer.advance(state, block, span)
        if self.pool is not None:
            out = self._lease(span.taken, out, block)
        return state, frozen(out)

    def _by_steps(self, state: State, block: Any, start: int, steps: int) -> tuple[State, Any]:
        outs: list[Any] = []
        for k in range(steps):
            one = between(block, start + k, start + k + 1) if isinstance(block, Events) else block
            one = one[k : k + 1] if isinstance(one, np.ndarray) else one
            state, out = self._advance(state, one, start + k, 1)
            outs.append(Events(*(np.array(column) for column in out)) if isinstance(out, Events) else np.array(out))
            self.release()
            for name, store in self.stepped.items():
                store.rows(state[name].dtype)[start + k - self.grid.first] = state[name].ravel()
        if isinstance(outs[0], Events):
            return state, frozen(Events(*(np.concatenate(column) for column in zip(*outs, strict=True))))
        return state, frozen(np.concatenate(outs))

    def _lease(self, taken: list[NDArray[Any]], out: Any, block: Any) -> Any:
        """Hold the buffers that the output lies in until its last reader has run; give scratch back at once.

        An output that is the input itself is copied: the input's buffers go back after its own last reader.
        """
        assert self.pool is not None
        columns = out if isinstance(out, Events) else (out,)
        backing = {id(_owner(column)) for column in columns if column is not None}
        given = block if isinstance(block, Events) else (block,)
        if block is not None and not backing.isdisjoint(id(_owner(column)) for column in given):
            out = Events(*(column.copy() for column in out)) if isinstance(out, Events) else out.copy()
        for buffer in taken:
            if id(buffer) in backing:
                self.leases.append(buffer)
            else:
                self.pool.give(buffer)
        return out

    def release(self) -> None:
        """The output's last reader has run."""
        if self.pool is not None:
            for buffer in self.leases:
                self.pool.give(buffer)
        self.leases.clear()

    def _check(self, out: Any, steps: int) -> None:
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


def _owner(array: NDArray[Any]) -> Any:
    return array if array.base is None else array.base


class Evolve:
    """Evolves a plain Layer over a block as a series; its state lives in the layer and is restored if the run fails."""

    def __init__(self, layer: Layer, path: str, grid: Grid) -> None:
        self.layer, self.path, self.grid = layer, path, grid

    def __call__(self, k: int, state: Any, block: Any = None) -> tuple[Any, Any]:
        return state, self.run(block, self.grid.start(k), self.grid.steps(k))

    def run(self, block: Any, start: int, steps: int) -> Any:
        """The output block of ``steps`` steps from an absolute step."""
        layer = self.layer
        layer._timestep = start
        given = None if block is None else as_series(block, start, steps, self.grid, layer.size_in, self.path)
        out = layer.evolve(given, num_timesteps=steps)
        if not isinstance(out, layer.output_type):
            raise InputError(
                f"{layer.start_print}: evolve must return a {layer.output_type.__name__}, got a {type(out).__name__}"
            )
        if out.num_channels != layer.size_out:
            raise InputError(
                f"{layer.start_print}: evolve must return {layer.size_out} channels, got {out.num_channels}"
            )
        dt = exact(layer.dt)
        if not out.covers(start, start + steps, dt):
            raise InputError(
                f"{layer.start_print}: evolve must return a series from {float(start * dt)!r} s to "
                f"{float((start + steps) * dt)!r} s, got {out.t_start!r} s to {out.t_stop!r} s"
            )
        if isinstance(out, TSEvent):
            return frozen(out.event_steps(start, steps, dt))
        assert isinstance(out, TSContinuous)
        return frozen(np.ascontiguousarray(out.sample_steps(start, steps, dt)))
