"""Layers without state: a product with weights, and the identity."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet import (
    ArrayLayer,
    Events,
    SeriesType,
    Size,
    Span,
    State,
    TimeSeries,
    TSContinuous,
    TSEvent,
    Weights,
    positional,
)


class Linear(ArrayLayer):
    """Weighted sum: y = W' u; of events, sample k is the sum of the weights of the events of step k.

    Shapes: u (T, M), y (T, N). No state. ``weights``: a scalar, a diagonal (N,), dense (M, N), or CSR.

    >>> from graphnet import TSContinuous
    >>> Linear([[1.0, -1.0], [0.5, 2.0]]).evolve(TSContinuous.from_clocked([[1.0, 2.0]], dt=1e-3)).samples
    array([[2., 3.]])
    """

    weights: Weights = positional()
    input_type: SeriesType = TSContinuous

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: there is no state that noise could act on")

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        return state, span.product(block, self.matrix())


class PassThrough(ArrayLayer):
    """The identity: y = u, for either kind of series; where nothing is connected, zeros or no events.

    Shapes: u, y (T, N). No state. A continuous block keeps its dtype.

    >>> PassThrough(3)
    PassThrough 'unnamed': 3 -> 3 (TSContinuous -> TSContinuous), dt 0.001 s
    """

    size: Size = positional()
    input_type: SeriesType = positional(default=TSContinuous)

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: there is no state that noise could act on")

    @property
    def output_type(self) -> type[TimeSeries]:
        """The kind of series that it emits: the one it accepts."""
        return self.input_type

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        if block is not None:
            return state, block
        if self.input_type is TSEvent:
            return state, Events(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
        silence = span.empty((span.steps, self.size), self.dtype)
        silence[:] = 0
        return state, silence
