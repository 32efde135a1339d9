"""Synapses: events in, a continuous signal out."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from graphnet import (
    ArrayLayer,
    PerUnit,
    Positive,
    Seconds,
    Span,
    State,
    TimeSeries,
    TSEvent,
    Weights,
    kernel,
    positional,
)


class ExpSyn(ArrayLayer):
    r"""Exponential synapse: tau dy/dt = -y, and an event on channel i adds row i of the weights to y.

    Exact at any dt: sample k holds the events of step k undecayed, so one event of weight w at step 0 gives
    y_k = w exp(-k dt / tau). ``noise_std``: dy = ... + noise_std dW.

    Shapes: events on M channels, y (T, N). State: y (N,), starts at 0.
    Source: Gerstner, Kistler, Naud and Paninski 2014, Neuronal Dynamics, section 3.1 (exponential synaptic currents).

    >>> from graphnet import TSEvent
    >>> ExpSyn([[2.0]], tau=0.01, dt=0.01).evolve(TSEvent([0.0], [0], t_stop=0.03)).samples.T.round(4)
    array([[2.    , 0.7358, 0.2707]])
    """

    weights: Weights = positional()
    tau: PerUnit[Positive[Seconds]] = 0.005

    accepts: ClassVar[type[TimeSeries]] = TSEvent
    recordable: ClassVar[tuple[str, ...]] = ("y",)

    def prepare(self) -> None:
        tau = np.broadcast_to(np.asarray(self.tau, dtype=np.float64), (self.size,))
        self._keep = np.exp(-self.dt / tau).astype(self.dtype)
        spread = np.sqrt(tau / 2.0 * -np.expm1(-2.0 * self.dt / tau))
        self._spread = (self.noise_std * spread).astype(self.dtype)

    def initial(self) -> State:
        return {"y": np.zeros(self.size, dtype=self.dtype)}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        rows = span.product(block, self.matrix())
        noise = span.normal(0, self.size) if self.noise_std else np.empty((0, self.size))
        decay(state["y"], rows, noise, self._keep, self._spread)
        if "y" in span.watch:
            span.watch["y"][:] = rows
        return state, rows


@kernel
def decay(y, rows, noise, keep, spread):
    """Scan over time: ``rows`` holds what each step adds and becomes the output."""
    for k in range(rows.shape[0]):
        row = rows[k]
        if noise.shape[0] > 0:
            kick = noise[k]
            for j in range(y.shape[0]):
                row[j] += spread[j] * kick[j]
        for j in range(y.shape[0]):
            new = keep[j] * y[j] + row[j]
            y[j] = new
            row[j] = new
