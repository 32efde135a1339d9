"""The simplest layers: products with weights, the identity, a threshold, an integral."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    ArrayLayer,
    Arriving,
    Events,
    Exchange,
    ExchangeError,
    PerUnit,
    SeriesType,
    Size,
    Span,
    State,
    Stepping,
    TimeSeries,
    TSContinuous,
    TSEvent,
    Weights,
    positional,
)

from .steps import accumulate, step_above, step_same, step_shifted, step_sums

NO_STATE = "must be 0: there is no state that noise could act on"


class Linear(ArrayLayer):
    """Weighted sum: y = W' u; of events, sample k is the sum of the weights of the events of step k.

    Shapes: u (T, M), y (T, N). No state. ``weights``: a scalar, a diagonal (N,), dense (M, N), or CSR.

    >>> from graphnet import TSContinuous
    >>> Linear([[1.0, -1.0], [0.5, 2.0]]).evolve(TSContinuous.from_clocked([[1.0, 2.0]], dt=1e-3)).samples
    array([[2., 3.]])
    """

    weights: Weights = positional()
    input_type: SeriesType = TSContinuous

    family: ClassVar[str] = "weights"
    demonstration: ClassVar[Mapping[str, Any]] = {"weights": ((1.0, -0.5), (0.0, 0.5))}

    nir_name: ClassVar[str | None] = "Linear"

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_STATE)

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        return cls(weights_of(node.weight), input_type=arriving.type, dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        return self.nir_product(self.value("weights"), shape)

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        return state, span.product(block, self.matrix())

    def stepping(self, state: State, span: Span) -> Stepping:
        return Stepping(None, weights=self.matrix())


class Affine(ArrayLayer):
    """Weighted sum and offset: y = W' u + bias; of events, sample k is the sum of the weights of step k, and the bias.

    Shapes: u (T, M) or events on M channels, y (T, N). No state. ``weights``: as in ``Linear``; ``bias``: one, or (N,).
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> from graphnet import TSContinuous
    >>> Affine([[2.0, 3.0]], [1.0, -1.0]).evolve(TSContinuous.from_clocked([[1.0], [0.0]], dt=1e-3)).samples
    array([[ 3.,  2.],
           [ 1., -1.]])
    """

    weights: Weights = positional()
    bias: PerUnit[float] = positional()
    input_type: SeriesType = TSContinuous

    family: ClassVar[str] = "weights"
    demonstration: ClassVar[Mapping[str, Any]] = {"weights": ((1.0, -0.5),), "bias": (0.5, 0.0)}

    nir_name: ClassVar[str | None] = "Affine"

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_STATE)
        self._bias = self.per_unit("bias")

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        return cls(weights_of(node.weight), np.ravel(node.bias), input_type=arriving.type, dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        return self.nir_product(self.value("weights"), shape, np.broadcast_to(self.bias, (self.size,)))

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        y = span.product(block, self.matrix())
        y += self._bias
        return state, y

    def stepping(self, state: State, span: Span) -> Stepping:
        return Stepping(step_shifted, (self._bias,), self.matrix())


class Scale(ArrayLayer):
    """Each channel times its own number: y = scale u.

    Shapes: u, y (T, N). No state. ``scale`` (N,) says N itself; one number for all channels says it with ``size``.
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> from graphnet import TSContinuous
    >>> Scale([2.0, -1.0]).evolve(TSContinuous.from_clocked([[1.0, 2.0]], dt=1e-3)).samples
    array([[ 2., -2.]])
    >>> Scale(0.5, size=16)
    Scale 'unnamed': 16 -> 16 (TSContinuous -> TSContinuous), dt 0.001 s
    """

    scale: PerUnit[float] = positional()
    size: Size | None = None

    family: ClassVar[str] = "weights"
    demonstration: ClassVar[Mapping[str, Any]] = {"scale": (1.0, -0.5)}

    nir_name: ClassVar[str | None] = "Scale"

    def sizes(self) -> tuple[int, int, int]:
        size = self.value("size") or int(np.size(self.scale))
        return size, size, size

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_STATE)
        self._scale = self.per_unit("scale")

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        return cls(np.ravel(node.scale), dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        return Exchange().then("Scale", scale=self.nir_units(self.scale, shape))

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        u = silence(self, span) if block is None else block
        y = span.empty(u.shape, self.dtype)
        np.multiply(u, self._scale, out=y, dtype=self.dtype, casting="same_kind")
        return state, y

    def stepping(self, state: State, span: Span) -> Stepping:
        return Stepping(None, weights=self._scale)


class PassThrough(ArrayLayer):
    """The identity: y = u, for either kind of series; where nothing is connected, zeros or no events.

    Shapes: u, y (T, N). No state. A continuous block keeps its dtype.

    >>> PassThrough(3)
    PassThrough 'unnamed': 3 -> 3 (TSContinuous -> TSContinuous), dt 0.001 s
    """

    size: Size = positional()
    input_type: SeriesType = positional(default=TSContinuous)

    nir_name: ClassVar[str | None] = "Output"

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_STATE)

    @property
    def output_type(self) -> type[TimeSeries]:
        """The kind of series that it emits: the one it accepts."""
        return self.input_type

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        return cls(arriving.size, arriving.type, dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        return Exchange()

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        return state, silence(self, span) if block is None else block

    def stepping(self, state: State, span: Span) -> Stepping | None:
        return Stepping(step_same) if self.dtype == "float64" else None  # what it gives is of the block's dtype


def weights_of(weight: Any) -> NDArray[Any]:
    """Weights of NIR, (N, M), as they are here. Raises ExchangeError for a stack of matrices."""
    weights = np.asarray(weight)
    if weights.ndim > 2:
        raise ExchangeError(f"weight must be a matrix, got shape {weights.shape}")
    return weights.T


def silence(layer: ArrayLayer, span: Span) -> Any:
    """What an input that nothing leads to stands for: zeros, or no events."""
    if layer.input_type is TSEvent:
        return Events(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
    zeros = span.empty((span.steps, layer.size_in), layer.value("dtype"))
    zeros[:] = 0
    return zeros


class Threshold(ArrayLayer):
    """Heaviside step: y = 1 where u > threshold, else 0.

    Shapes: u, y (T, N). No state. At the threshold itself y is 0, as NIR says; so it is for NaN (where NaN is let in).
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> from graphnet import TSContinuous
    >>> Threshold(1, threshold=0.5).evolve(TSContinuous.from_clocked([[0.4], [0.5], [0.6]], dt=1e-3)).samples.T
    array([[0., 0., 1.]])
    """

    size: Size = positional()
    threshold: PerUnit[float]
    """The value that must be exceeded."""

    family: ClassVar[str] = "encoders"
    nir_name: ClassVar[str | None] = "Threshold"

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_STATE)
        self._threshold = self.per_unit("threshold")

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        return cls(np.size(node.threshold), threshold=np.ravel(node.threshold), dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        return Exchange().then("Threshold", threshold=self.nir_units(self.threshold, shape))

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        u = silence(self, span) if block is None else block
        y = span.empty(u.shape, self.dtype)
        y[:] = u
        return state, np.greater(y, self._threshold, out=y)

    def stepping(self, state: State, span: Span) -> Stepping:
        return Stepping(step_above, (self._threshold,))


class I(ArrayLayer):  # noqa: E742 # the literature's and NIR's name of it
    r"""Integrator: dv/dt = r u, y = v.

    Exact for an input held over each step: v_k = v_{k-1} + r u_k dt. ``noise_std``: dv = ... + noise_std dW.

    Shapes: u, y (T, N). State: v (N,), starts at ``v0``.
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> from graphnet import TSContinuous
    >>> I(1, r=2.0, dt=0.5).evolve(TSContinuous.from_clocked([[1.0], [1.0], [-3.0]], dt=0.5)).samples.T
    array([[ 1.,  2., -1.]])
    """

    size: Size = positional()
    r: PerUnit[float] = 1.0
    v0: PerUnit[float] = 0.0

    family: ClassVar[str] = "weights"
    recordable: ClassVar[tuple[str, ...]] = ("v",)

    nir_name: ClassVar[str | None] = "I"

    def prepare(self) -> None:
        self._gain = (np.broadcast_to(self.r, (self.size,)) * self.dt).astype(self.dtype)
        self._spread = self.noise_std * np.sqrt(self.dt)

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        return cls(np.size(node.r), r=np.ravel(node.r), dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        self.nir_must(self.noise_std == 0, "noise")
        self.nir_must(not np.any(self.v0), "state to start from (v0)")
        return Exchange().then("I", r=self.nir_units(self.r, shape))

    def initial(self) -> State:
        return {"v": self.per_unit("v0")}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        u = silence(self, span) if block is None else block
        y = span.empty(u.shape, self.dtype)
        np.multiply(u, self._gain, out=y, dtype=self.dtype, casting="same_kind")
        if self.noise_std:
            y += (self._spread * span.normal(0, self.size)).astype(self.dtype)
        accumulate(state["v"], y)
        if "v" in span.watch:
            span.watch["v"][:] = y
        return state, y

    def stepping(self, state: State, span: Span) -> Stepping:
        noise = np.empty((0, self.size), dtype=self.dtype)
        if self.noise_std:
            noise = (self._spread * span.normal(0, self.size)).astype(self.dtype)
        watch = span.watch.get("v", np.empty((0, self.size), dtype=self.dtype))
        return Stepping(step_sums, (state["v"], noise, watch), self._gain)
