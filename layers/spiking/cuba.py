"""CubaLIF: leaky integrate-and-fire neurons with exponential synaptic currents, several receptors if need be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    Arriving,
    Exchange,
    PerUnit,
    Positive,
    Seconds,
    SeriesType,
    Span,
    State,
    TSContinuous,
    TSEvent,
    kernel,
)

from .base import ByReceptor
from .kernels import add_scaled, arrive, emit, gather, integrate, note, reset, send
from .plastic import Plastic
from .stdp_kernels import fire, receive, take_in
from .wires import Fixed

AT_ONCE = "an event changes its current at once; in NIR the same charge comes during the step, so v differs by O(dt)"


class CubaLIF(Plastic):
    r"""Leaky integrate-and-fire neurons with current-based synapses: tau_mem dv/dt = v_rest - v + r (sum of I + bias).

    Each receptor has its current: an event adds its row of weights to I, which decays, tau_syn dI/dt = -I. A signal
    (``input_type=TSContinuous``) drives it instead: tau_syn dI/dt = -I + W' u, u held over the step. ``w_in``
    multiplies the input weights of each neuron.

    A step, in this order: its events add to I at its beginning; I and v are integrated exactly to its end, also where
    tau_syn is tau_mem or nearly; noise, exactly integrated: dv = ... + noise_std dW; then the threshold, at most one
    spike per step and neuron; then spikes arrive through ``weights_rec`` at its end, which is the beginning of the next
    step: those of this step, or with ``delay_rec`` those of (delay - dt) ago. So an event of step k acts within output
    k: v_k is the voltage at the end of step k, dt after it. A spike resets v ``to`` v_reset, or ``subtract`` takes
    threshold - v_reset from v. For ``refractory`` seconds afterwards, rounded up to whole steps, v stays at its value
    after the reset, while the currents go on.

    Shapes: events or u (T, M); events on N channels. By receptor (``weights={"exc": ..., "inh": ...}``) the layer has
    one input for each name. ``weights_rec``: (N, N) dense or CSR, or a diagonal; ``delay_rec``: one delay, or one for
    each of these weights in their form. Weights may learn: ``plasticity``.
    State: v (N,) starts at ``v0`` (v_rest where None); current (N,), or (receptors, N) in the order of ``tau_syn``,
    starts at 0; wait (N,), steps of refractoriness left; fired (N,) uint8, who spiked in the last step; with delays
    above one step pending (delay, N x receptors), what arrives from row ``place`` on; what ``STDP`` needs where weights
    learn: these weights, traces, who fired lately.
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> from graphnet import TSEvent
    >>> neuron = CubaLIF([[10.0]], tau_mem=0.02, tau_syn=0.005)
    >>> neuron.evolve(TSEvent([0.0], [0], t_stop=0.02)).times
    array([0.002])
    """

    tau_mem: PerUnit[Positive[Seconds]]
    """The time constant of the membrane."""
    tau_syn: ByReceptor[PerUnit[Positive[Seconds]]]
    """The time constant of the synaptic current, one or by receptor."""
    v_rest: PerUnit[float] = 0.0
    """Where v goes without input."""
    v0: PerUnit[float] | None = None
    """Where v starts; v_rest where none is given."""
    w_in: ByReceptor[PerUnit[float]] = 1.0
    """What the input weights are multiplied by, one or by receptor."""
    input_type: SeriesType = TSEvent
    """The kind of the input: events, or a signal."""

    recordable: ClassVar[tuple[str, ...]] = ("v", "current", "wait", "fired")
    example: ClassVar[Mapping[str, Any]] = {"tau_mem": 0.02, "tau_syn": 0.005}
    demonstration: ClassVar[Mapping[str, Any]] = {"weights": ((4.0,),)}

    nir_name: ClassVar[str | None] = "CubaLIF"

    def prepare(self) -> None:
        receptors = self.receptors(of_all=("tau_syn",), of_input=("w_in",))
        self._several = None if receptors == ("",) else len(receptors)
        tau_mem = np.broadcast_to(np.asarray(self.tau_mem, dtype=np.float64), (self.size,))
        share = -np.expm1(-self.dt / tau_mem)
        spread = self.noise_std * np.sqrt(tau_mem / 2.0 * -np.expm1(-2.0 * self.dt / tau_mem))
        base = share * (self.v_rest + self.r * np.asarray(self.bias))
        tau_syn = self.of_receptors("tau_syn", receptors)
        passed = self.r * passed_on(tau_mem, tau_syn, self.dt)
        decay, relax, drive = np.exp(-self.dt / tau_syn), -np.expm1(-self.dt / tau_syn), share * self.r - passed
        alike = all(bool(np.all(one == one[:, :1])) for one in (passed, decay))
        currents = [one.astype(self.dtype) for one in (passed, decay, relax, drive)]
        self._constants = Fixed([*self.membrane(np.exp(-self.dt / tau_mem), base, spread), alike, *currents])
        w_in = self.of_receptors("w_in", receptors)
        self.wire(receptors, len(receptors), None if np.all(w_in == 1.0) else w_in)

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        own: dict[str, Any] = {name: np.ravel(getattr(node, name)) for name in ("tau_mem", "tau_syn", "w_in")}
        own |= {"v_rest": np.ravel(node.v_leak), **cls.read_from(node)}
        return cls(np.ones(arriving.size), **own, input_type=TSContinuous, dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        """An event adds its weight to the current at once; in NIR it is an input of the same charge during its step."""
        self.nir_still()
        self.nir_must(not isinstance(self.tau_syn, Mapping), "receptors")
        self.nir_must(not np.any(self.bias), "bias of the current")
        self.nir_must(self.v0 is None or np.all(np.equal(self.v0, self.v_rest)), "state to start from (v0)")
        charge, w_in = np.asarray(self.tau_syn) / self.dt, self.w_in
        gain = charge if self.input_type is TSEvent else 1.0
        if self.weights_rec is not None:  # which w_in leaves alone: put it into the weights of the input
            gain, w_in = gain * np.asarray(w_in), 1.0
        product = self.nir_product(self.value("weights"), shape, gain=gain)
        own = {"tau_mem": self.tau_mem, "tau_syn": self.tau_syn, "v_leak": self.v_rest, "w_in": w_in}
        made = self.written_as("CubaLIF", product, shape, charge, **own)
        at_once = self.input_type is TSEvent or self.weights_rec is not None
        return made._replace(note=AT_ONCE) if at_once else made

    def initial(self) -> State:
        several = (self.size,) if self._several is None else (self._several, self.size)
        at_rest = self.at_rest(self.per_unit("v_rest" if self.v0 is None else "v0"))
        v = at_rest.pop("v")
        return {
            "v": v,
            "current": np.zeros(several, dtype=self.dtype),
            **at_rest,
            **self.under_way(2),
            **self.learning(),
        }

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        state = self.laid_out(state, span)
        current = state["current"].reshape(-1, self.size)
        push = span.empty((self.size,), self.dtype)
        own = (state["v"], current, state["wait"], state["fired"], push, *self.watched(span), *self._constants)
        own = (*own, self.learner(state))
        # what is sent with one step of delay arrives at once: it is added to the currents themselves
        return state, self.scan(run, state, block, span, own, current.reshape(1, -1))


def passed_on(tau_mem: NDArray[np.float64], tau_syn: NDArray[np.float64], dt: float) -> NDArray[np.float64]:
    """What a current of 1 that decays with tau_syn adds to v within a step: no division by a small difference.

    It is the integral of exp(-(dt - s)/tau_mem) exp(-s/tau_syn) ds / tau_mem over the step. With the slower rate a and
    the faster one b = a + d it is exp(-a dt) (1 - exp(-d dt)) / d / tau_mem, and (1 - exp(-z)) / z is smooth at 0.
    """
    slow, fast = np.maximum(tau_mem, tau_syn), np.minimum(tau_mem, tau_syn)
    z = (slow - fast) / fast / slow * dt  # from the difference of the times, which is exact where they are near
    safe = np.where(z == 0.0, 1.0, z)
    risen = np.where(z == 0.0, 1.0, -np.expm1(-safe) / safe)
    return dt / tau_mem * np.exp(-dt / slow) * risen


@kernel
def run(
    first, seen, start, steps, out_step, out_channel, rows, step, channel,
    in_dense, in_lane, in_data, in_targets, in_indptr, delay, rec_dense, rec_lane, rec_data, rec_targets, rec_indptr,
    pending, place, noise, flags, words, v, current, wait, fired, push, watch_v, watch_current, watch_wait, watch_fired,
    alike, waits, keep, base, spread, threshold, target, subtract, refractory, alike_currents, passed, decay, relax,
    drive, learn
):  # fmt: skip
    """Scan over time, as ``lif.run`` does."""
    size = v.shape[0]
    flat = current.reshape(current.size)
    noted = watch_v.shape[0] + watch_current.shape[0] + watch_wait.shape[0] + watch_fired.shape[0] > 0
    # what is commonest is one pass over the neurons
    plain = alike and alike_currents and waits and current.shape[0] == 2 and noise.shape[0] + rows.shape[0] == 0
    here = place[0]
    count = 0
    k = first
    while k < steps and count + size < out_step.shape[0]:
        if learn is None:
            seen = gather(flat, step, start + k, channel, seen, in_dense, in_lane, in_data, in_targets, in_indptr)
        else:
            seen = take_in(
                flat, step, start + k, channel, seen, in_dense, in_lane, in_data, in_targets, in_indptr, learn
            )  # fmt: skip
        if plain:
            step_two_alike(v, wait, current[0], current[1], keep, base, threshold, passed, decay, flags)
        else:
            pushed(push, current, passed, decay, alike_currents, rows, k, drive, relax, noise, spread)
            integrate(v, wait, keep, base, push, threshold, flags, waits, alike)
        before = count
        count = emit(start + k, flags, words, out_step, out_channel, before)
        reset(v, wait, out_channel, before, count, target, subtract, refractory)
        if rec_dense.shape[0] + rec_indptr.shape[0] > 0:
            send(
                pending, here, out_channel, before, count, delay,
                rec_dense, rec_lane, rec_data, rec_targets, rec_indptr
            )  # fmt: skip
            if pending.shape[0] > 1:  # else pending is the currents
                arrive(flat, pending[here])
            here = here + 1 if here + 1 < pending.shape[0] else 0
        if learn is not None:
            fire(out_channel, before, count, learn)
            receive(flat, learn)
        if noted:
            note(watch_v, k, v)
            note(watch_current, k, flat)
            note(watch_wait, k, wait)
            note(watch_fired, k, flags[:size])
        k += 1
    fired[:] = flags[:size]
    place[0] = here
    return k, seen, count


@kernel
def pushed(push, current, passed, decay, alike, rows, k, drive, relax, noise, spread):
    """push = what currents, signals and noise add to v within the step; the currents go on."""
    pass_on(push, current, passed, decay, alike)
    for receptor in range(rows.shape[0]):
        add_scaled(push, drive[receptor], rows[receptor, k])
        add_scaled(current[receptor], relax[receptor], rows[receptor, k])
    if noise.shape[0] > 0:
        add_scaled(push, spread, noise[k])


@kernel
def pass_on(push, current, passed, decay, alike):
    """push = what the currents add to v within the step; the currents decay."""
    done = 0
    if alike and current.shape[0] > 1:  # two at once: the sums need not be read again
        pass_two_alike(push, current[0], current[1], passed[0, 0], passed[1, 0], decay[0, 0], decay[1, 0])
        done = 2
    else:
        push[:] = 0
    for receptor in range(done, current.shape[0]):
        pass_one(push, current[receptor], passed[receptor], decay[receptor])


@kernel
def pass_one(push, current, passed, decay):
    for j in range(push.shape[0]):
        push[j] += passed[j] * current[j]
        current[j] *= decay[j]


@kernel
def pass_two_alike(push, one, two, pass_one, pass_two, decay_one, decay_two):
    for j in range(push.shape[0]):
        push[j] = pass_one * one[j] + pass_two * two[j]
        one[j] *= decay_one
        two[j] *= decay_two


@kernel
def step_two_alike(v, wait, one, two, keep, base, threshold, passed, decay, flags):
    """``pass_two_alike`` and ``integrate_waiting_alike`` in one pass: the same arithmetic, and no sums between."""
    kept, risen, at = keep[0], base[0], threshold[0]
    pass_one, pass_two, decay_one, decay_two = passed[0, 0], passed[1, 0], decay[0, 0], decay[1, 0]
    for j in range(v.shape[0]):
        free = wait[j] == 0
        new = kept * v[j] + (risen + (pass_one * one[j] + pass_two * two[j]))
        one[j] *= decay_one
        two[j] *= decay_two
        new = new if free else v[j]
        v[j] = new
        wait[j] -= not free
        flags[j] = free & (new >= at)
