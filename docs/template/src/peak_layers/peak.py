"""Peak detectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from graphnet import ArrayLayer, PerUnit, Positive, Seconds, Size, Span, State, kernel, positional


class PeakHold(ArrayLayer):
    """Peak detector: y_k = max(u_k, floor, y_{k-1} exp(-dt / tau)).

    It follows a rising input at once and forgets a peak exponentially, exactly at any dt.

    Shapes: u, y (T, N). State: y (N,), starts at ``floor``.
    Source: the definition above (a diode and an RC circuit, idealised).

    >>> import math
    >>> from graphnet import TSContinuous
    >>> layer = PeakHold(1, tau=1e-3 / math.log(2), dt=1e-3)
    >>> layer.evolve(TSContinuous.from_clocked([[1.0], [0.0], [0.4], [0.0]], dt=1e-3)).samples.T
    array([[1. , 0.5, 0.4, 0.2]])
    """

    # Each field is a parameter: its type says unit and bounds, the line below it what it means. All of this is checked
    # when a layer is built, and shown by `graphnet layers PeakHold` and in the schema of documents.
    size: Size = positional()
    """The number of channels."""
    tau: PerUnit[Positive[Seconds]] = 0.05
    """The time constant with which a peak is forgotten."""
    floor: PerUnit[float] = 0.0
    """The least value that the output has."""

    recordable: ClassVar[tuple[str, ...]] = ("y",)
    demonstration: ClassVar[Mapping[str, Any]] = {"tau": 0.03}

    def prepare(self) -> None:
        """Runs once the parameters are checked: constants, and checks across parameters."""
        self.must(self.noise_std == 0, "noise_std", "must be 0: a peak would be one of the noise")
        tau = np.broadcast_to(np.asarray(self.tau, dtype=np.float64), (self.size,))
        self._keep = np.exp(-self.dt / tau).astype(self.dtype)
        self._floor = self.per_unit("floor")

    def initial(self) -> State:
        """Fresh arrays at every call."""
        return {"y": self.per_unit("floor")}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        """Take ``span.steps`` steps: write into the state's arrays and into the output, never into the block."""
        y = span.empty((span.steps, self.size), self.dtype)
        y[:] = 0 if block is None else block  # None: nothing leads to this layer
        hold(state["y"], y, self._keep, self._floor)
        if "y" in span.watch:  # somebody records the variable
            span.watch["y"][:] = y
        return state, y


@kernel
def hold(last, y, keep, floor):
    """In place: ``y`` holds the input and becomes the output, row after row."""
    for k in range(y.shape[0]):
        row = y[k]
        for j in range(last.shape[0]):
            new = max(row[j], floor[j], keep[j] * last[j])
            last[j] = new
            row[j] = new
