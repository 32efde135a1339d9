"""Filters: a continuous signal in and out, each channel by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    ArrayLayer,
    Exchange,
    PerUnit,
    Positive,
    Seconds,
    Size,
    Span,
    State,
    Stepping,
    kernel,
    positional,
)

from .linear import NO_STATE
from .listed import Listed
from .synapses import decay

NO_NOISE = "must be 0: add noise to the signal before or after the filter"


class Leaky(ArrayLayer, register=False):
    """What filters of first order share: tau dv/dt = x - v, exact for an input held over each step."""

    size: Size = positional()
    tau: PerUnit[Positive[Seconds]]

    family: ClassVar[str] = "filters"
    recordable: ClassVar[tuple[str, ...]] = ("v",)
    demonstration: ClassVar[Mapping[str, Any]] = {"tau": 0.01}

    def prepare(self) -> None:
        tau = np.broadcast_to(np.asarray(self.tau, dtype=np.float64), (self.size,))
        self._keep = np.exp(-self.dt / tau).astype(self.dtype)
        self._share = (-np.expm1(-self.dt / tau)).astype(self.dtype)
        self._spread = (self.noise_std * np.sqrt(tau / 2.0 * -np.expm1(-2.0 * self.dt / tau))).astype(self.dtype)

    def initial(self) -> State:
        return {"v": np.zeros(self.size, dtype=self.dtype)}

    def smoothed(self, state: State, x: NDArray[Any], span: Span) -> NDArray[Any]:
        """``x``, in the layer's dtype and its own to write to, filtered in place."""
        noise = span.normal(0, self.size) if self.noise_std else np.empty((0, self.size))
        smooth(state["v"], x, noise, self._keep, self._share, self._spread)
        if "v" in span.watch:
            span.watch["v"][:] = x
        return x

    def stepped(self, state: State, span: Span) -> tuple[Any, ...]:
        """What the kernel that steps gets of the layer."""
        noise = span.normal(0, self.size) if self.noise_std else np.empty((0, self.size))
        watch = span.watch.get("v", np.empty((0, self.size), dtype=self.dtype))
        return state["v"], noise, watch, self._keep, self._share, self._spread


class LowPass(Leaky):
    r"""First-order low-pass filter: tau dv/dt = x - v, y = v.

    Exact for an input held over each step, so stable at any dt: v_k = v_{k-1} + (1 - exp(-dt/tau)) (x_k - v_{k-1}).
    The half-power frequency is 1 / (2 pi tau). ``noise_std``: dv = ... + noise_std dW.

    Shapes: x, y (T, N). State: v (N,), starts at 0.
    Source: Oppenheim and Willsky 1997, Signals and Systems (the RC circuit); the exact step is the solution over dt of
    the equation above, checked against its closed form in tests/reference/test_filters.py.

    >>> import math
    >>> from graphnet import TSContinuous
    >>> LowPass(1, tau=1e-3 / math.log(2)).evolve(TSContinuous.from_clocked([[1.0], [1.0], [0.0]], dt=1e-3)).samples.T
    array([[0.5  , 0.75 , 0.375]])
    """

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        return state, self.smoothed(state, own(self, block, span), span)

    def stepping(self, state: State, span: Span) -> Stepping:
        return Stepping(step_smooth, (False, *self.stepped(state, span)))

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        self.nir_must(self.noise_std == 0, "noise")
        tau = self.nir_units(self.tau, shape)
        return Exchange().then("LI", tau=tau, r=np.ones_like(tau), v_leak=np.zeros_like(tau))


class Envelope(Leaky):
    r"""Envelope: the low-pass filtered absolute value, tau dv/dt = |x| - v, y = v.

    Of a sine of amplitude A and a period far below tau it is 2 A / pi, its mean absolute value.
    Exact for an input held over each step, so stable at any dt. ``noise_std``: dv = ... + noise_std dW.

    Shapes: x, y (T, N). State: v (N,), starts at 0.
    Source: the envelope detector, a rectifier and a first-order low-pass filter, as defined above.

    >>> import math
    >>> from graphnet import TSContinuous
    >>> layer = Envelope(1, tau=1e-3 / math.log(2))
    >>> layer.evolve(TSContinuous.from_clocked([[1.0], [-1.0], [0.0]], dt=1e-3)).samples.T
    array([[0.5  , 0.75 , 0.375]])
    """

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        x = own(self, block, span)
        return state, self.smoothed(state, np.abs(x, out=x), span)

    def stepping(self, state: State, span: Span) -> Stepping:
        return Stepping(step_smooth, (True, *self.stepped(state, span)))


class Rectify(ArrayLayer):
    """Rectifier: y = |x| (``full``), or max(x, 0) (``half``).

    Shapes: x, y (T, N). No state.

    >>> from graphnet import TSContinuous
    >>> Rectify(2).evolve(TSContinuous.from_clocked([[-1.0, 2.0]], dt=1e-3)).samples
    array([[1., 2.]])
    """

    size: Size = positional()
    wave: Literal["full", "half"] = "full"
    """Whether negative values change their sign or become 0."""

    family: ClassVar[str] = "filters"

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_STATE)

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        x = own(self, block, span)
        return state, np.abs(x, out=x) if self.wave == "full" else np.maximum(x, 0, out=x)


class FIR(ArrayLayer):
    """Finite impulse response: y_k = sum_i taps[i] x_{k-i}, with x = 0 before the first sample.

    The terms are added in the order of i, so blocks change no bit.

    Shapes: x, y (T, N); the same L = len(``taps``) taps for every channel. State: past (L - 1, N), the last samples,
    the oldest first; starts at 0.
    Source: Oppenheim and Schafer 2010, Discrete-Time Signal Processing, 3rd edition, chapter 6.

    >>> from graphnet import TSContinuous
    >>> FIR(1, taps=[0.5, 0.5]).evolve(TSContinuous.from_clocked([[1.0], [3.0], [5.0]], dt=1e-3)).samples.T
    array([[0.5, 2. , 4. ]])
    """

    size: Size = positional()
    taps: Annotated[Sequence[float], Listed(tuple[float, ...])]

    family: ClassVar[str] = "filters"
    recordable: ClassVar[tuple[str, ...]] = ("past",)
    example: ClassVar[Mapping[str, Any]] = {"taps": (0.5, -0.25, 0.125, 1.0)}
    demonstration: ClassVar[Mapping[str, Any]] = {"taps": (0.1,) * 10}

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_NOISE)
        self.must(len(self.taps) > 0, "taps", "must be at least one number")
        self._taps = np.array(self.taps, dtype=self.dtype)

    def initial(self) -> State:
        return {"past": np.zeros((len(self.taps) - 1, self.size), dtype=self.dtype)}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        held = len(self.taps) - 1
        x = span.empty((held + span.steps, self.size), self.dtype)
        x[:held] = state["past"]
        x[held:] = 0 if block is None else block
        y = span.empty((span.steps, self.size), self.dtype)
        convolve(x, self._taps, y)
        if "past" in span.watch:
            for k in range(span.steps):
                span.watch["past"][k] = x[k + 1 : k + 1 + held]
        state["past"][:] = x[span.steps :]
        return state, y


def own(layer: ArrayLayer, block: Any, span: Span) -> NDArray[Any]:
    """The input in the layer's dtype, as an array to write to."""
    y = span.empty((span.steps, layer.size_in), layer.value("dtype"))
    y[:] = 0 if block is None else block
    return y


@kernel
def smooth(v, y, noise, keep, share, spread):
    """Scan over time: ``y`` holds the input and becomes the output."""
    for k in range(y.shape[0]):
        row = y[k]
        for j in range(v.shape[0]):
            row[j] = share[j] * row[j]
    decay(v, y, noise, keep, spread)


@kernel
def step_smooth(first, given, made, rectified, v, noise, watch, keep, share, spread):
    """The scan for a loop: of noise and watched variables come the rows from ``first`` on."""
    steps = given.shape[0]
    for k in range(steps):
        row, one = made[k], given[k]
        for j in range(row.shape[0]):
            row[j] = abs(one[j]) if rectified else one[j]
    smooth(v, made, noise[first : first + steps] if noise.shape[0] > 0 else noise, keep, share, spread)
    if watch.shape[0] > 0:
        watch[first : first + steps] = made


@kernel
def convolve(x, taps, y):
    """y[k] = sum of taps[i] x[k + L - 1 - i], i ascending."""
    last = taps.shape[0] - 1
    for k in range(y.shape[0]):
        row = y[k]
        row[:] = 0
        for i in range(taps.shape[0]):
            tap, sample = taps[i], x[k + last - i]
            for j in range(row.shape[0]):
                row[j] += tap * sample[j]
