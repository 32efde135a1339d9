"""HH: the membrane of the squid's giant axon, sodium, potassium and leak, by Hodgkin and Huxley."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np

from graphnet import NonNegative, PerUnit, Positive, Seconds, Span, State, Unit, kernel, steps_of

from .kernels import emit, gather, note
from .synaptic import Driven, Millivolts, driven, into_sums, send_on
from .wires import Fixed

FAR = 1000.0  # mV: the rates of the gates are taken no farther from 0, where their exponentials stay finite
NEAR = 0.5  # to 0, where 1 - exp(-x) is taken by expm1
OF_M, OF_N, OF_H = math.exp(2.5), math.exp(1.0), math.exp(3.0)  # exp(-(v + 65)/10) is that many times as much there
Conductance = Annotated[float, Unit("mS/cm^2")]
GATES = ("m", "h", "n")


class HH(Driven):
    r"""Hodgkin-Huxley neurons: C dv/dt = g_na m^3 h (e_na - v) + g_k n^4 (e_k - v) + g_l (e_l - v) + I.

    Each gate x of m, h, n follows dx/dt = phi (alpha_x (1 - x) - beta_x x), t in ms and v in mV, with

        alpha_m = 0.1 (v + 40) / (1 - exp(-(v + 40)/10))      beta_m = 4 exp(-(v + 65)/18)
        alpha_h = 0.07 exp(-(v + 65)/20)                      beta_h = 1 / (1 + exp(-(v + 35)/10))
        alpha_n = 0.01 (v + 55) / (1 - exp(-(v + 55)/10))     beta_n = 0.125 exp(-(v + 65)/80)

    and phi = 3^((temperature - 6.3)/10): the equations of 1952 in today's sign, depolarisation positive, with the rest
    at -65 mV. Where an alpha reads 0/0 its limit is taken, exactly so on both sides.

    A step of dt is divided into equal sub-steps of at most ``substep``. In each the gates relax exactly at v held, then
    v relaxes exactly at the gates held (exponential Euler): bounded at any step. The gates so stand half a sub-step
    before v, which makes the method one of second order in v: at 0.025 ms a spike comes some 0.004 ms off for each
    spike before it, at 0.01 ms some 0.0006 ms. A spike is where v comes from below ``threshold`` to it or above in any
    sub-step, at most one per step and neuron. There is no reset and no refractory period: the gates do both.

    I = W' u + bias in uA/cm^2, W' u held over the step. An event without ``tau_syn`` adds its weight in mV to v in the
    course of its step: I is greater by C weight / dt in it. So do spikes through ``weights_rec``, in the step after or
    ``delay_rec`` later. With ``tau_syn`` each receptor has a current, which decays exactly and enters I by its mean
    over the step. Noise: dv = ... + noise_std dW with t in s, in the same way.

    Shapes: u (T, M) or events on M channels; events on N channels. By receptor, as in
    ``weights={"exc": ..., "inh": ...}``, the layer has one input for each name.
    State: v (N,) in mV starts at ``v0``; m, h, n (N,) start where they stay at v0; fired (N,) uint8, who spiked in the
    last step; with ``tau_syn`` current (N,), or (receptors, N); with recurrence pending, what arrives from row
    ``place`` on.
    Source: Hodgkin and Huxley 1952, Journal of Physiology 117, 500-544; the method: Rush and Larsen 1978, IEEE
    Transactions on Biomedical Engineering 25, staggered as by Hines 1984, International Journal of Bio-Medical
    Computing 15.

    >>> from graphnet import TSContinuous
    >>> neuron = HH([[10.0]])
    >>> neuron.evolve(TSContinuous.from_clocked([[1.0]] * 50, dt=1e-3)).times
    array([0.001, 0.016, 0.031, 0.046])
    """

    c: PerUnit[Positive[Annotated[float, Unit("uF/cm^2")]]] = 1.0
    """The membrane's capacitance."""
    g_na: PerUnit[NonNegative[Conductance]] = 120.0
    """The greatest conductance of sodium."""
    g_k: PerUnit[NonNegative[Conductance]] = 36.0
    """The greatest conductance of potassium."""
    g_l: PerUnit[Positive[Conductance]] = 0.3
    """The conductance of the leak."""
    e_na: PerUnit[Millivolts] = 50.0
    """The reversal potential of sodium."""
    e_k: PerUnit[Millivolts] = -77.0
    """The reversal potential of potassium."""
    e_l: PerUnit[Millivolts] = -54.387
    """The reversal potential of the leak."""
    temperature: PerUnit[Annotated[float, Unit("C")]] = 6.3
    """The temperature in degrees Celsius: the gates are three times as fast for every 10 more."""
    threshold: PerUnit[Millivolts] = 0.0
    """A neuron spikes where v comes from below to it or above."""
    substep: Positive[Seconds] = 2.5e-5
    """The longest step of the method; dt is divided into as many equal ones as it takes."""
    v0: PerUnit[Millivolts] = -65.0
    """Where v starts."""

    recordable: ClassVar[tuple[str, ...]] = ("v", "m", "h", "n", "fired")
    demonstration: ClassVar[Mapping[str, Any]] = {"weights": ((15.0,),)}

    def prepare(self) -> None:
        substeps = max(1, int(-steps_of(-np.array(self.dt), self.substep)))
        (temperature,) = self.wide("temperature")
        speed = 3.0 ** ((temperature - 6.3) / 10.0)
        own = self.wide("c", "g_na", "g_k", "g_l", "e_na", "e_k", "e_l", "threshold")
        self._constants = Fixed([*self.drives(self.c, 1e3), substeps, self.dt * 1e3 / substeps, speed, *own])
        self.wire_synapses()

    def initial(self) -> State:
        v = self.per_unit("v0")
        levels, which = np.unique(v, return_inverse=True)
        settled = np.array([settled_at(float(one)) for one in levels], dtype=self.dtype)[which]
        gates = {name: settled[:, i].copy() for i, name in enumerate(GATES)}
        return {"v": v, **gates, **self.silent()}

    def randomize_state(self) -> None:
        """Draw as every layer does; gates stay within 0 and 1."""
        super().randomize_state()
        now = self.state_now()
        self.set_state_now({**now, **{name: np.clip(now[name], 0.0, 1.0) for name in GATES}})

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        own = (state["v"], *(state[name] for name in GATES), state["fired"], *self.watched(span), *self._constants)
        return state, self.scan_synapses(run, state, block, span, own)


@kernel
def run(
    first, seen, start, steps, out_step, out_channel, rows, step, channel,
    in_dense, in_lane, in_data, in_targets, in_indptr, delay, rec_dense, rec_lane, rec_data, rec_targets, rec_indptr,
    pending, place, noise, flags, words, current, push, v, m, h, n, fired,
    watch_v, watch_m, watch_h, watch_n, watch_fired,
    bias, charge, spread, mean, decay, relax, held, substeps, short, speed,
    c, g_na, g_k, g_l, e_na, e_k, e_l, threshold
):  # fmt: skip
    """Scan over time, as ``lif.run`` does."""
    size = v.shape[0]
    here = place[0]
    count = 0
    k = first
    while k < steps and count + size < out_step.shape[0]:
        sums = into_sums(current, pending, here)
        seen = gather(sums, step, start + k, channel, seen, in_dense, in_lane, in_data, in_targets, in_indptr)
        driven(push, pending[here], current, bias, charge, spread, mean, decay, relax, held, rows, k, noise)
        step_of_all(
            v, m, h, n, push, substeps, short, speed, c, g_na, g_k, g_l, e_na, e_k, e_l, threshold, flags
        )  # fmt: skip
        before = count
        count = emit(start + k, flags, words, out_step, out_channel, before)
        here = send_on(
            pending, here, current, out_channel, before, count, delay,
            rec_dense, rec_lane, rec_data, rec_targets, rec_indptr
        )  # fmt: skip
        note(watch_v, k, v)
        note(watch_m, k, m)
        note(watch_h, k, h)
        note(watch_n, k, n)
        note(watch_fired, k, flags[:size])
        k += 1
    fired[:] = flags[:size]
    place[0] = here
    return k, seen, count


@kernel
def step_of_all(v, m, h, n, push, substeps, short, speed, c, g_na, g_k, g_l, e_na, e_k, e_l, threshold, flags):
    """The sub-steps of every neuron; ``flags`` says whose v has come up to the threshold in one of them."""
    for j in range(v.shape[0]):
        x, a, b, d, i = float(v[j]), float(m[j]), float(h[j]), float(n[j]), float(push[j])
        pace, spike = speed[j] * short, False
        for _ in range(substeps):
            am, bm, ah, bh, an, bn = rates(x)
            a = am / (am + bm) + (a - am / (am + bm)) * math.exp(-(am + bm) * pace)
            b = ah / (ah + bh) + (b - ah / (ah + bh)) * math.exp(-(ah + bh) * pace)
            d = an / (an + bn) + (d - an / (an + bn)) * math.exp(-(an + bn) * pace)
            sodium, potassium = g_na[j] * (a * a * a * b), g_k[j] * (d * d * d * d)
            total = sodium + potassium + g_l[j]
            level = (sodium * e_na[j] + potassium * e_k[j] + g_l[j] * e_l[j] + i) / total
            new = level + (x - level) * math.exp(-total / c[j] * short)
            spike = spike or (x < threshold[j] and new >= threshold[j])
            x = new
        v[j], m[j], h[j], n[j] = x, a, b, d
        flags[j] = spike


@kernel
def rates(v):
    """alpha and beta of m, h and n at v, in 1/ms, from one exponential: the others are powers of it.

    x / (1 - exp(-x)) is taken by expm1 near 0, where the difference would lose digits.
    """
    v = min(max(v, -FAR), FAR)
    slow = math.exp(-(v + 65.0) / 80.0)
    faster = slow * slow * slow * slow
    fast = faster * faster
    x, y = -0.1 * (v + 40.0), -0.1 * (v + 55.0)
    alpha_m = fast * OF_M - 1.0 if abs(x) > NEAR else math.expm1(x)
    alpha_m = x / alpha_m if x != 0.0 else 1.0
    alpha_n = fast * OF_N - 1.0 if abs(y) > NEAR else math.expm1(y)
    alpha_n = 0.1 * (y / alpha_n if y != 0.0 else 1.0)
    beta_m = 4.0 * math.exp(-(v + 65.0) / 18.0)
    return alpha_m, beta_m, 0.07 * faster, 1.0 / (1.0 + fast * OF_H), alpha_n, 0.125 * slow


def settled_at(v: float) -> tuple[float, float, float]:
    """m, h and n where they stay at v."""
    alpha_m, beta_m, alpha_h, beta_h, alpha_n, beta_n = rates.python(v)
    return alpha_m / (alpha_m + beta_m), alpha_h / (alpha_h + beta_h), alpha_n / (alpha_n + beta_n)
