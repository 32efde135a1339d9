"""CubaLI: the leaky integrator behind an exponential synapse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

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
    TSContinuous,
    TSEvent,
    Weights,
    kernel,
    positional,
)

from .synapses import over

AT_ONCE = "an event changes its current at once; in NIR the same charge comes during the step, so v differs by O(dt)"


class CubaLI(ArrayLayer):
    r"""Leaky integrator with a synaptic current: tau_syn dI/dt = -I + W' u, tau_mem dv/dt = v_rest - v + r I, y = v.

    Exact for an input held over each step, also where tau_syn is tau_mem or nearly. For event input
    (``input_type=TSEvent``) u is left out there, and every event adds its row of weights to I at the beginning of its
    step instead. Output k is v at the end of step k, dt after such an event: what ``CubaLIF`` is below its threshold.
    ``noise_std``: dv = ... + noise_std dW.

    Shapes: u (T, M) or events on M channels, y (T, N). State: v (N,), starts at ``v0`` (v_rest where None); current
    (N,), starts at 0.
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> import math
    >>> from graphnet import TSContinuous
    >>> halves = 1e-3 / math.log(2)
    >>> layer = CubaLI([[1.0]], tau_mem=halves, tau_syn=halves)
    >>> layer.evolve(TSContinuous.from_clocked([[1.0]] * 4, dt=1e-3)).samples.T.round(4)
    array([[0.1534, 0.4034, 0.6151, 0.7642]])
    """

    weights: Weights = positional()
    tau_mem: PerUnit[Positive[Seconds]]
    """The time constant of v."""
    tau_syn: PerUnit[Positive[Seconds]]
    """The time constant of the synaptic current."""
    r: PerUnit[float] = 1.0
    """The resistance that the current meets."""
    v_rest: PerUnit[float] = 0.0
    """Where v goes without input; NIR's v_leak."""
    v0: PerUnit[float] | None = None
    """Where v starts; v_rest where none is given."""
    input_type: SeriesType = TSContinuous
    """The kind of the input: a signal, or events."""

    family: ClassVar[str] = "synapses"
    recordable: ClassVar[tuple[str, ...]] = ("v", "current")
    example: ClassVar[Mapping[str, Any]] = {"tau_mem": 0.02, "tau_syn": 0.005}

    nir_name: ClassVar[str | None] = "CubaLI"

    def prepare(self) -> None:
        size, dt = (self.size,), self.dt
        mem, syn = (np.broadcast_to(np.asarray(one, dtype=np.float64), size) for one in (self.tau_mem, self.tau_syn))
        share, relax = -np.expm1(-dt / mem), -np.expm1(-dt / syn)
        # what I = 1 at the beginning of a step adds to v within it: the integral of
        # exp(-(dt - s) / tau_mem) exp(-s / tau_syn) ds / tau_mem, without a division by a small difference
        slow, fast = np.maximum(mem, syn), np.minimum(mem, syn)
        apart = (slow - fast) / fast / slow * dt
        passed = dt / mem * np.exp(-dt / slow) * over(lambda z: -np.expm1(-z), apart)
        spread = self.noise_std * np.sqrt(mem / 2.0 * -np.expm1(-2.0 * dt / mem))
        constants = (
            np.exp(-dt / mem),
            share * self.v_rest,
            self.r * passed,
            self.r * (share - passed),
            np.exp(-dt / syn),
            relax,
            spread,
        )
        self._constants = tuple(np.broadcast_to(one, size).astype(self.dtype) for one in constants)

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        mem, syn, r, v_rest = (np.ravel(one) for one in (node.tau_mem, node.tau_syn, node.r, node.v_leak))
        w_in = np.array(np.broadcast_to(np.ravel(node.w_in), r.shape))
        return cls(w_in, tau_mem=mem, tau_syn=syn, r=r, v_rest=v_rest, dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        """An event adds its weight to the current at once; in NIR it is an input of the same charge during its step."""
        self.nir_must(self.noise_std == 0, "noise")
        self.nir_must(self.v0 is None or np.all(np.equal(self.v0, self.v_rest)), "state to start from (v0)")
        weights, events = self.value("weights"), self.input_type is TSEvent
        gain = np.asarray(self.tau_syn) / self.dt if events else 1.0
        by_one = isinstance(weights, np.ndarray) and weights.ndim == 1  # which NIR's w_in is
        product = Exchange() if by_one else self.nir_product(weights, shape, gain=gain)
        given = {"tau_mem": self.tau_mem, "tau_syn": self.tau_syn, "r": self.r, "v_leak": self.v_rest}
        given["w_in"] = weights * gain if by_one else 1.0
        inner = product.gives or shape
        made = product.then("CubaLI", **{name: self.nir_units(one, inner) for name, one in given.items()})
        return made._replace(note=AT_ONCE) if events else made

    def initial(self) -> State:
        v = self.per_unit("v_rest" if self.v0 is None else "v0")
        return {"v": v, "current": np.zeros(self.size, dtype=self.dtype)}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        rows = span.product(block, self.matrix())
        noise = span.normal(0, self.size) if self.noise_std else np.empty((0, self.size))
        watch = span.watch.get("current", np.empty((0, self.size), dtype=self.dtype))
        events = self.input_type is TSEvent
        drive(state["v"], state["current"], rows, noise, watch, events, *self._constants)
        if "v" in span.watch:
            span.watch["v"][:] = rows
        return state, rows

    def stepping(self, state: State, span: Span) -> Stepping:
        noise = span.normal(0, self.size) if self.noise_std else np.empty((0, self.size))
        v, current = (span.watch.get(name, np.empty((0, self.size), dtype=self.dtype)) for name in ("v", "current"))
        given = state["v"], state["current"], noise, v, current, self.input_type is TSEvent
        return Stepping(step_drive, (*given, *self._constants), self.matrix())


@kernel
def step_drive(
    first, given, made, v, current, noise, seen, watch, events, keep, base, passed, direct, decay, relax, spread
):
    """The scan for a loop: of noise and watched variables come the rows from ``first`` on."""
    steps = given.shape[0]
    made[:] = given
    kicks = noise[first : first + steps] if noise.shape[0] > 0 else noise
    part = watch[first : first + steps] if watch.shape[0] > 0 else watch
    drive(v, current, made, kicks, part, events, keep, base, passed, direct, decay, relax, spread)
    if seen.shape[0] > 0:
        seen[first : first + steps] = made


@kernel
def drive(v, current, rows, noise, watch, events, keep, base, passed, direct, decay, relax, spread):
    """Scan over time: ``rows`` holds the weighted input and becomes the output."""
    for k in range(rows.shape[0]):
        row = rows[k]
        if events:
            for j in range(v.shape[0]):
                start = current[j] + row[j]
                current[j] = decay[j] * start
                row[j] = keep[j] * v[j] + (base[j] + passed[j] * start)
        else:
            for j in range(v.shape[0]):
                pushed = base[j] + (passed[j] * current[j] + direct[j] * row[j])
                current[j] = decay[j] * current[j] + relax[j] * row[j]
                row[j] = keep[j] * v[j] + pushed
        if noise.shape[0] > 0:
            kick = noise[k]
            for j in range(v.shape[0]):
                row[j] += spread[j] * kick[j]
        v[:] = row
        if watch.shape[0] > 0:
            watch[k] = current
