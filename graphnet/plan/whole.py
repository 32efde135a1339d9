"""Plain Layers: they evolve series, most of them over the whole run at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..blocks import Events, between
from ..clock import exact
from ..errors import InputError
from ..layer import Layer
from ..timeseries import TSContinuous, TSEvent
from .advance import check_finite
from .grid import Grid
from .joints import frozen
from .store import Store, as_series


class Whole:
    """A signal that was gathered over the whole run, cut into blocks again."""

    def __init__(self, store: Store, grid: Grid) -> None:
        self.store = store
        self.grid = grid

    def __call__(self, k: int, state: Any) -> tuple[Any, Any]:
        block = self.store.block()
        start, steps = self.grid.start(k), self.grid.steps(k)
        if isinstance(block, Events):
            return state, frozen(between(block, start, start + steps))
        begin = start - self.grid.first
        return state, frozen(block[begin : begin + steps])


class Evolve:
    """Evolves a plain Layer over a block as a series; its state lives in the layer and is restored if the run fails."""

    def __init__(self, layer: Layer, path: str, grid: Grid, finite: bool = False) -> None:
        self.finite: bool = finite
        self.layer: Layer = layer
        self.path: str = path
        self.grid: Grid = grid

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
        rows = np.ascontiguousarray(out.sample_steps(start, steps, dt))
        if self.finite:
            check_finite(self.path, self.grid, rows, start)
        return frozen(rows)
