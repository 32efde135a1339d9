"""Synapses: events in, a continuous signal out; and the leaky integrator, which takes either kind."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    ArrayLayer,
    Arriving,
    Exchange,
    PerUnit,
    Positive,
    Seconds,
    SeriesType,
    Span,
    State,
    Stepping,
    TimeSeries,
    TSContinuous,
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

    family: ClassVar[str] = "synapses"
    accepts: ClassVar[type[TimeSeries]] = TSEvent
    recordable: ClassVar[tuple[str, ...]] = ("y",)

    def prepare(self) -> None:
        tau = np.broadcast_to(np.asarray(self.tau, dtype=np.float64), (self.size,))
        self._keep = np.exp(-self.dt / tau).astype(self.dtype)
        spread = np.sqrt(tau / 2.0 * -np.expm1(-2.0 * self.dt / tau))
        self._spread = (self.noise_std * spread).astype(self.dtype)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        """An event adds w at once; in NIR it is an input of 1 during its step, which adds 1 - exp(-dt/tau) of w."""
        self.nir_must(self.noise_std == 0, "noise")
        product = self.nir_product(self.value("weights"), shape, gain=-1.0 / np.expm1(-self.dt / np.asarray(self.tau)))
        tau = self.nir_units(self.tau, product.gives or shape)
        return product.then("LI", tau=tau, r=np.ones_like(tau), v_leak=np.zeros_like(tau))

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


class LI(ArrayLayer):
    r"""Leaky integrator: tau dv/dt = v_rest - v + r W' u, y = v.

    Exact for an input held over each step: v <- v_inf + (v - v_inf) exp(-dt/tau) with v_inf = v_rest + r W' u. For
    event input (``input_type=TSEvent``) u is left out there, and every event adds its row of weights to v instead, so
    that sample k holds the events of step k undecayed. ``noise_std``: dv = ... + noise_std dW.

    Shapes: u (T, M) or events on M channels, y (T, N). State: v (N,), starts at ``v0`` (v_rest where None).
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> import math
    >>> from graphnet import TSContinuous
    >>> layer = LI([[2.0]], tau=1e-3 / math.log(2))
    >>> layer.evolve(TSContinuous.from_clocked([[1.0], [1.0], [0.0]], dt=1e-3)).samples.T
    array([[1.  , 1.5 , 0.75]])
    """

    weights: Weights = positional()
    tau: PerUnit[Positive[Seconds]]
    r: PerUnit[float] = 1.0
    v_rest: PerUnit[float] = 0.0
    v0: PerUnit[float] | None = None
    input_type: SeriesType = TSContinuous

    family: ClassVar[str] = "synapses"
    recordable: ClassVar[tuple[str, ...]] = ("v",)
    demonstration: ClassVar[Mapping[str, Any]] = {"tau": 0.02}

    nir_name: ClassVar[str | None] = "LI"

    def prepare(self) -> None:
        tau = np.broadcast_to(np.asarray(self.tau, dtype=np.float64), (self.size,))
        share = -np.expm1(-self.dt / tau)
        gain = np.ones(self.size) if self.input_type is TSEvent else share * self.r
        spread = self.noise_std * np.sqrt(tau / 2.0 * -np.expm1(-2.0 * self.dt / tau))
        constants = (np.exp(-self.dt / tau), share * self.v_rest, gain, spread)
        self._constants = tuple(one.astype(self.dtype) for one in constants)

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        tau, r, v_rest = (np.ravel(one) for one in (node.tau, node.r, node.v_leak))
        return cls(np.ones(len(tau)), tau=tau, r=r, v_rest=v_rest, dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        """An event adds w at once; in NIR it is an input of 1 during its step, which adds 1 - exp(-dt/tau) of w."""
        self.nir_must(self.noise_std == 0, "noise")
        self.nir_must(self.v0 is None or np.all(np.equal(self.v0, self.v_rest)), "state to start from (v0)")
        events = self.input_type is TSEvent
        gain = -1.0 / np.expm1(-self.dt / np.asarray(self.tau)) if events else 1.0
        product = self.nir_product(self.value("weights"), shape, gain=gain)
        given = {"tau": self.tau, "r": 1.0 if events else self.r, "v_leak": self.v_rest}
        inner = product.gives or shape
        return product.then("LI", **{name: self.nir_units(one, inner) for name, one in given.items()})

    def initial(self) -> State:
        return {"v": self.per_unit("v_rest" if self.v0 is None else "v0")}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        rows = span.product(block, self.matrix())
        noise = span.normal(0, self.size) if self.noise_std else np.empty((0, self.size))
        integrate(state["v"], rows, noise, *self._constants)
        if "v" in span.watch:
            span.watch["v"][:] = rows
        return state, rows

    def stepping(self, state: State, span: Span) -> Stepping:
        noise = span.normal(0, self.size) if self.noise_std else np.empty((0, self.size))
        watch = span.watch.get("v", np.empty((0, self.size), dtype=self.dtype))
        return Stepping(step_integrate, (state["v"], noise, watch, *self._constants), self.matrix())


@kernel
def integrate(v, rows, noise, keep, base, gain, spread):
    """Scan over time: ``rows`` holds the weighted input and becomes the output."""
    for k in range(rows.shape[0]):
        row = rows[k]
        for j in range(v.shape[0]):
            row[j] = base[j] + gain[j] * row[j]
        if noise.shape[0] > 0:
            kick = noise[k]
            for j in range(v.shape[0]):
                row[j] += spread[j] * kick[j]
        for j in range(v.shape[0]):
            new = keep[j] * v[j] + row[j]
            v[j] = new
            row[j] = new


@kernel
def step_integrate(first, given, made, v, noise, watch, keep, base, gain, spread):
    """The scan for a loop: of noise and watched variables come the rows from ``first`` on."""
    steps = given.shape[0]
    made[:] = given
    integrate(v, made, noise[first : first + steps] if noise.shape[0] > 0 else noise, keep, base, gain, spread)
    if watch.shape[0] > 0:
        watch[first : first + steps] = made


class TwoStages(ArrayLayer, register=False):
    """What synapses of two stages share: dx/dt = -x/tau_x, dy/dt = -y/tau_y + c x; an event adds its weights to x.

    c is such that the response to one event of weight w has the peak w. With the rates a <= b of the two stages and
    d = b - a it is y(t) = w c exp(-a t) (1 - exp(-d t)) / d, whose peak, at t = ln(b / a) / d, is c exp(-a t) / b.
    Neither needs a division by d where d is small: (1 - exp(-z)) / z and ln(1 + z) / z are smooth at 0.
    """

    weights: Weights = positional()

    family: ClassVar[str] = "synapses"
    accepts: ClassVar[type[TimeSeries]] = TSEvent
    recordable: ClassVar[tuple[str, ...]] = ("y", "x")

    @abstractmethod
    def times(self) -> tuple[Any, Any]:
        """(tau_x, tau_y), each one number or (N,)."""

    def prepare(self) -> None:
        tau_x, tau_y = (np.broadcast_to(np.asarray(one, dtype=np.float64), (self.size,)) for one in self.times())
        slow, fast = np.maximum(tau_x, tau_y), np.minimum(tau_x, tau_y)
        apart = (
            (slow - fast) / fast / slow
        )  # b - a, from the difference of the times, which is exact where they are near
        peak = np.exp(over(np.log1p, apart * slow)) / fast
        passed = peak * np.exp(-self.dt / slow) * self.dt * over(_risen, apart * self.dt)
        spread = self.noise_std * np.sqrt(tau_y / 2.0 * -np.expm1(-2.0 * self.dt / tau_y))
        constants = (np.exp(-self.dt / tau_x), np.exp(-self.dt / tau_y), passed, spread)
        self._constants = tuple(one.astype(self.dtype) for one in constants)

    def initial(self) -> State:
        return {"y": np.zeros(self.size, dtype=self.dtype), "x": np.zeros(self.size, dtype=self.dtype)}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        rows = span.product(block, self.matrix())
        noise = span.normal(0, self.size) if self.noise_std else np.empty((0, self.size))
        watch = span.watch.get("x", np.empty((0, self.size), dtype=self.dtype))
        rise_and_decay(state["x"], state["y"], rows, noise, watch, *self._constants)
        if "y" in span.watch:
            span.watch["y"][:] = rows
        return state, rows


def over(function: Any, z: NDArray[np.float64]) -> NDArray[np.float64]:
    """function(z) / z, and its limit 1 at 0, for a function that is z near 0."""
    safe = np.where(z == 0.0, 1.0, z)
    return np.where(z == 0.0, 1.0, function(safe) / safe)


def _risen(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return -np.expm1(-z)


class AlphaSyn(TwoStages):
    r"""Alpha synapse: an event of weight w at t = 0 gives y(t) = w (t / tau) exp(1 - t / tau), whose peak is w, at tau.

    dx/dt = -x/tau, dy/dt = (e x - y)/tau, and an event on channel i adds row i of the weights to x. Exact at any dt, in
    samples: y_k is y(k dt) after an event of step 0, so y_0 = 0. ``noise_std``: dy = ... + noise_std dW.

    Shapes: events on M channels, y (T, N). State: y and x (N,), start at 0.
    Source: Dayan and Abbott 2001, Theoretical Neuroscience, chapter 5 (synaptic conductances: the alpha function).

    >>> from graphnet import TSEvent
    >>> AlphaSyn([[2.0]], tau=0.01, dt=0.01).evolve(TSEvent([0.0], [0], t_stop=0.03)).samples.T.round(4)
    array([[0.    , 2.    , 1.4715]])
    """

    tau: PerUnit[Positive[Seconds]] = 0.005

    def times(self) -> tuple[Any, Any]:
        return self.tau, self.tau


class DoubleExpSyn(TwoStages):
    r"""Synapse of two exponentials: one event gives y(t) = w c (exp(-t/tau_decay) - exp(-t/tau_rise)), whose peak is w.

    dx/dt = -x/tau_rise, dy/dt = -y/tau_decay + c' x, and an event on channel i adds row i of the weights to x. Exact at
    any dt, in samples: y_k is y(k dt) after an event of step 0, so y_0 = 0. No division by a small difference: where
    the time constants are equal it is ``AlphaSyn``. ``noise_std``: dy = ... + noise_std dW.

    Shapes: events on M channels, y (T, N). State: y and x (N,), start at 0.
    Source: Dayan and Abbott 2001, Theoretical Neuroscience, chapter 5 (synaptic conductances: the difference of two
    exponentials).

    >>> from graphnet import TSEvent
    >>> layer = DoubleExpSyn([[1.0]], tau_rise=0.01, tau_decay=0.02, dt=0.01)
    >>> layer.evolve(TSEvent([0.0], [0], t_stop=0.03)).samples.T.round(4)
    array([[0.    , 0.9546, 0.9302]])
    """

    tau_rise: PerUnit[Positive[Seconds]]
    tau_decay: PerUnit[Positive[Seconds]]

    example: ClassVar[Mapping[str, Any]] = {"tau_rise": 0.002, "tau_decay": 0.01}

    def times(self) -> tuple[Any, Any]:
        return self.tau_rise, self.tau_decay


@kernel
def rise_and_decay(x, y, rows, noise, watch, keep_x, keep_y, passed, spread):
    """Scan over time: ``rows`` holds what each step adds to x and becomes the output."""
    for k in range(rows.shape[0]):
        row = rows[k]
        for j in range(x.shape[0]):
            y[j] = keep_y[j] * y[j] + passed[j] * x[j]
            x[j] = keep_x[j] * x[j] + row[j]
            row[j] = y[j]
        if noise.shape[0] > 0:
            kick = noise[k]
            for j in range(x.shape[0]):
                y[j] += spread[j] * kick[j]
                row[j] = y[j]
        if watch.shape[0] > 0:
            watch[k] = x
