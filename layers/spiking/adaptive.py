"""AdaptiveLIF: leaky integrate-and-fire neurons that tire, by a current, by a threshold that rises, or by both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from graphnet import NonNegative, PerUnit, Positive, Seconds, Span, State, kernel

from .kernels import add_scaled, emit, gather, note, reset
from .propagators import Adapting
from .synaptic import Synaptic, into_sums, send_on
from .threshold import Thresholded
from .wires import Fixed


class AdaptiveLIF(Synaptic, Thresholded):
    r"""Adaptive integrate-and-fire: tau_mem dv/dt = v_rest - v + r (I + bias - w), tau_w dw/dt = a (v - v_rest) - w.

    A spike where v >= threshold + theta; it adds ``b`` to the adaptation current w and ``threshold_jump`` to theta,
    which decays, tau_threshold dtheta/dt = -theta. With a = b = 0 only the threshold adapts, with threshold_jump = 0
    only the current.

    A step, in this order: v, w and the synaptic currents are integrated exactly to its end, as one linear system, for
    an input held over it and for any time constants, equal ones too; noise, exactly integrated: dv = ... + noise_std
    dW; then the threshold, at most one spike per step and neuron. Without ``tau_syn`` I = W' u, and every event adds
    its row of weights to v after the leak of its step, as do the spikes that arrive through ``weights_rec``: those of
    the previous step, or of ``delay_rec`` ago. With ``tau_syn`` I is the sum of the receptors' currents, as in
    ``CubaLIF``: an event adds to its current at the beginning of its step. A spike resets v ``to`` v_reset, or
    ``subtract`` takes threshold - v_reset from v. For ``refractory`` seconds afterwards, rounded up to whole steps, v
    stays at its value after the reset, while w, theta and the currents go on.

    Shapes: u (T, M) or events on M channels; events on N channels. By receptor, as in
    ``weights={"exc": ..., "inh": ...}``, the layer has one input for each name.
    State: v (N,) starts at ``v0`` (v_rest where None); w and theta (N,) start at 0; wait (N,), steps of refractoriness
    left; fired (N,) uint8, who spiked in the last step; with ``tau_syn`` current (N,), or (receptors, N); with
    recurrence pending, what arrives from row ``place`` on.
    Raises ParameterError where a r <= -1: there would be no rest to go back to.
    Source: Gerstner, Kistler, Naud and Paninski 2014, Neuronal Dynamics, section 6.1 (the adaptation current, here
    without the exponential term) and section 6.4 (the threshold that moves).

    >>> from graphnet import TSContinuous
    >>> neuron = AdaptiveLIF([[1.0]], tau_mem=0.01, b=0.3)
    >>> neuron.evolve(TSContinuous.from_clocked([[2.0]] * 60, dt=1e-3)).times
    array([0.006, 0.015, 0.027, 0.043])
    """

    tau_mem: PerUnit[Positive[Seconds]] = 0.02
    """The time constant of the membrane."""
    tau_w: PerUnit[Positive[Seconds]] = 0.1
    """The time constant of the adaptation current."""
    a: PerUnit[float] = 0.0
    """How strongly the adaptation current follows v."""
    b: PerUnit[float] = 0.1
    """What a spike adds to the adaptation current."""
    threshold_jump: PerUnit[NonNegative[float]] = 0.0
    """What a spike adds to the threshold."""
    tau_threshold: PerUnit[Positive[Seconds]] = 0.05
    """The time constant with which the threshold comes back."""
    v_rest: PerUnit[float] = 0.0
    """Where v goes without input."""
    v0: PerUnit[float] | None = None
    """Where v starts; v_rest where none is given."""

    recordable: ClassVar[tuple[str, ...]] = ("v", "w", "theta", "wait", "fired")
    demonstration: ClassVar[Mapping[str, Any]] = {"weights": ((3.0,),), "b": 0.3}

    def prepare(self) -> None:
        stays = bool(np.all(np.asarray(self.a) * self.r > -1.0))
        self.must(stays, "a", "times r must be above -1, or v would run away from its rest")
        receptors, tau_syn = self.synapses()
        membrane = Adapting(*self.of_all(("tau_mem", "tau_w", "a", "r")))
        ((vv, vw), (wv, ww)), gain, gain_w = membrane.held(self.dt)
        v_rest, bias, b, jump, tau_w, tau_threshold = self.of_all(
            ("v_rest", "bias", "b", "threshold_jump", "tau_w", "tau_threshold")
        )
        _, waits, *_, threshold, target, subtract, refractory = self.membrane(vv, 0.0, 0.0)
        alone = np.exp(-self.dt / tau_w)
        base = v_rest * (1.0 - vv) + gain * bias, gain_w * bias - wv * v_rest
        self._coupled = bool(np.any(np.asarray(self.a) != 0.0))
        spreads = [self.noise_std * one for one in membrane.spread(self.dt)]
        through = [membrane.through(one, self.dt) for one in tau_syn]
        passed, passed_w, driven, driven_w = (
            np.array(one) for one in (zip(*through, strict=True) if through else ([gain], [gain_w], [gain], [gain_w]))
        )
        own = [
            vv, vw, wv, ww, *base, alone, -np.expm1(-self.dt / tau_w) * self.of_all(("a",))[0], v_rest,
            np.exp(-self.dt / tau_threshold), b, jump, *spreads, passed, passed_w, driven, driven_w,
            np.exp(-self.dt / tau_syn), -np.expm1(-self.dt / tau_syn),
        ]  # fmt: skip
        held = [np.ascontiguousarray(one, dtype=self.dtype) for one in own]
        self._constants = Fixed([waits, threshold, target, subtract, refractory, *held])
        self.wire(receptors, max(1, len(tau_syn)))

    def of_all(self, names: tuple[str, ...]) -> list[Any]:
        """Parameters as one value for each neuron, in double precision."""
        return [np.broadcast_to(np.asarray(self.value(one), dtype=np.float64), (self.size,)) for one in names]

    def initial(self) -> State:
        at_rest = self.at_rest(self.per_unit("v_rest" if self.v0 is None else "v0"))
        w, theta = np.zeros((2, self.size), dtype=self.dtype)
        return {"v": at_rest.pop("v"), "w": w.copy(), "theta": theta.copy(), **at_rest, **self.at_start()}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        # what noise does to w is no multiple of what it does to v: it takes a second number, where v acts on w
        other = span.normal(1, self.size) if self.noise_std and self._coupled else self._no_noise
        own = [state[name] for name in ("v", "w", "theta", "wait", "fired")]
        scratch = span.empty((self.size,), self.dtype)
        own = (scratch, other, *own, *self.watched(span), *self._constants)
        return state, self.scan_synapses(run, state, block, span, own)


@kernel
def run(
    first, seen, start, steps, out_step, out_channel, rows, step, channel,
    in_dense, in_lane, in_data, in_targets, in_indptr, delay, rec_dense, rec_lane, rec_data, rec_targets, rec_indptr,
    pending, place, noise, flags, words, current, push, push_w, other, v, w, theta, wait, fired,
    watch_v, watch_w, watch_theta, watch_wait, watch_fired, waits, threshold, target, subtract, refractory,
    vv, vw, wv, ww, base, base_w, alone, follow, v_rest, fade, b, jump, spread, spread_w, spread_other,
    passed, passed_w, driven, driven_w, decay, relax
):  # fmt: skip
    """Scan over time, as ``lif.run`` does."""
    size = v.shape[0]
    here = place[0]
    count = 0
    k = first
    while k < steps and count + size < out_step.shape[0]:
        sums = into_sums(current, pending, here)
        seen = gather(sums, step, start + k, channel, seen, in_dense, in_lane, in_data, in_targets, in_indptr)
        push[:] = base
        push_w[:] = base_w
        take_in(push, push_w, pending[here], current, rows, k, passed, passed_w, driven, driven_w, decay, relax)
        if noise.shape[0] > 0:
            add_scaled(push, spread, noise[k])
            if other.shape[0] > 0:
                add_scaled(push_w, spread_w, noise[k])
                add_scaled(push_w, spread_other, other[k])
        relax_all(v, w, theta, wait, push, push_w, vv, vw, wv, ww, alone, follow, v_rest, fade, threshold, flags, waits)
        before = count
        count = emit(start + k, flags, words, out_step, out_channel, before)
        reset(v, wait, out_channel, before, count, target, subtract, refractory)
        for m in range(before, count):
            w[out_channel[m]] += b[out_channel[m]]
            theta[out_channel[m]] += jump[out_channel[m]]
        here = send_on(
            pending, here, current, out_channel, before, count, delay,
            rec_dense, rec_lane, rec_data, rec_targets, rec_indptr
        )  # fmt: skip
        note(watch_v, k, v)
        note(watch_w, k, w)
        note(watch_theta, k, theta)
        note(watch_wait, k, wait)
        note(watch_fired, k, flags[:size])
        k += 1
    fired[:] = flags[:size]
    place[0] = here
    return k, seen, count


@kernel
def take_in(push, push_w, arrived, current, rows, k, passed, passed_w, driven, driven_w, decay, relax):
    """What input adds to v and to w within a step; what has arrived is used up, the currents go on."""
    if current.shape[0] == 0:
        for j in range(push.shape[0]):
            push[j] += arrived[j]
            arrived[j] = 0
    for receptor in range(current.shape[0]):
        add_scaled(push, passed[receptor], current[receptor])
        add_scaled(push_w, passed_w[receptor], current[receptor])
        for j in range(push.shape[0]):
            current[receptor, j] *= decay[receptor, j]
    for receptor in range(rows.shape[0]):
        add_scaled(push, driven[receptor], rows[receptor, k])
        add_scaled(push_w, driven_w[receptor], rows[receptor, k])
        if current.shape[0] > 0:
            add_scaled(current[receptor], relax[receptor], rows[receptor, k])


@kernel
def relax_all(
    v, w, theta, wait, push, push_w, vv, vw, wv, ww, alone, follow, v_rest, fade, threshold, flags, waits
):  # fmt: skip
    """One step of every neuron; ``flags`` says who reaches the threshold. The refractory keep v and count down."""
    for j in range(v.shape[0]):
        x, y = v[j], w[j]
        level = theta[j] * fade[j]
        theta[j] = level
        if waits and wait[j] > 0:
            wait[j] -= 1
            w[j] = alone[j] * y + follow[j] * (x - v_rest[j])
            flags[j] = False
        else:
            new = vv[j] * x + vw[j] * y + push[j]
            v[j] = new
            w[j] = wv[j] * x + ww[j] * y + push_w[j]
            flags[j] = new >= threshold[j] + level
