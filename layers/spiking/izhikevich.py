"""Izhikevich: the simple model of spiking neurons, two equations and four parameters for every kind of firing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np

from graphnet import NonNegative, PerUnit, Span, State, Unit, kernel, steps_of

from .kernels import emit, gather, note
from .synaptic import Driven, Millivolts, driven, into_sums, send_on
from .wires import Fixed

HALF = 0.5e-3  # seconds: the longest step of v
LONGEST = 1e-3  # seconds: beyond it v runs away within a step, before the reset that ends it


class Izhikevich(Driven):
    r"""Izhikevich's neurons: dv/dt = 0.04 v^2 + 5 v + 140 - u + I, du/dt = a (b v - u), t in ms and v in mV.

    Where v reaches ``threshold``, 30 mV at the peak of the spike, the neuron spikes, and v <- c, u <- u + d. The four
    parameters make the kind of firing: regular spiking as they stand here; fast spiking a=0.1, d=2; intrinsically
    bursting c=-55, d=4; chattering c=-50, d=2; low-threshold spiking b=0.25, d=2.

    A step is Euler's, as in the paper, where Euler is part of the model: v in equal steps of at most 0.5 ms (two at
    dt = 1 ms), then u in one of dt from the new v, then the threshold, at most one spike per step and neuron. So dt may
    be 1 ms at most, and the firing depends on it somewhat. Where v is far below -112 mV the steps of 0.5 ms overshoot
    (they are stable while |0.08 v + 5| < 4 per ms): take a smaller dt for strong inhibition.

    I = W' u + bias, W' u held over the step. An event without ``tau_syn`` adds its weight in mV to v in the course of
    its step: I is greater by weight / dt in it. So do spikes through ``weights_rec``, in the step after or
    ``delay_rec`` later: at dt = 1 ms that is the paper's network. With ``tau_syn`` each receptor has a current, which
    decays exactly and enters I by its mean over the step. Noise: dv = ... + noise_std dW with t in s, in the same way.
    There is no refractory period: c and d make the neuron rest.

    Shapes: u (T, M) or events on M channels; events on N channels. By receptor, as in
    ``weights={"exc": ..., "inh": ...}``, the layer has one input for each name.
    State: v (N,) in mV starts at ``v0``; u (N,) starts at ``u0`` (b v0 where None); fired (N,) uint8, who spiked in the
    last step; with ``tau_syn`` current (N,), or (receptors, N); with recurrence pending, what arrives from row
    ``place`` on.
    Raises ParameterError for dt above 1 ms, and where Euler's steps of u are unstable, a dt >= 2.
    Source: Izhikevich 2003, Simple model of spiking neurons, IEEE Transactions on Neural Networks 14(6).

    >>> from graphnet import TSContinuous
    >>> neuron = Izhikevich([[10.0]])
    >>> neuron.evolve(TSContinuous.from_clocked([[1.0]] * 100, dt=1e-3)).times
    array([0.003, 0.03 , 0.078])
    """

    a: PerUnit[NonNegative[Annotated[float, Unit("1/ms")]]] = 0.02
    """How fast u recovers."""
    b: PerUnit[float] = 0.2
    """How strongly u follows v."""
    c: PerUnit[Millivolts] = -65.0
    """Where a spike sets v."""
    d: PerUnit[float] = 8.0
    """What a spike adds to u."""
    threshold: PerUnit[Millivolts] = 30.0
    """The peak of a spike: a neuron spikes where v reaches it."""
    v0: PerUnit[Millivolts] = -65.0
    """Where v starts."""
    u0: PerUnit[float] | None = None
    """Where u starts; b v0 where none is given."""

    recordable: ClassVar[tuple[str, ...]] = ("v", "u", "fired")
    demonstration: ClassVar[Mapping[str, Any]] = {"weights": ((10.0,),)}

    def prepare(self) -> None:
        self.must(
            self.dt <= LONGEST * (1.0 + 1e-9),
            "dt",
            f"must be at most 0.001 s, got {self.dt!r} s: in longer steps v runs away before a spike resets it",
        )
        fast = float(np.max(self.a)) * self.dt * 1e3
        self.must(
            fast < 2.0, "a", f"times dt in ms must be below 2, or Euler's steps of u are unstable; it is {fast!r}"
        )
        above = bool(np.all(np.asarray(self.threshold) > self.c))
        self.must(above, "threshold", "must be above c for every neuron, or a spike would follow every spike")
        substeps = int(-steps_of(-np.array(self.dt), HALF))
        step = self.dt * 1e3
        own = self.wide("a", "b", "c", "d", "threshold")
        self._constants = Fixed([*self.drives(1.0, 1e3), substeps, step / substeps, step, *own])
        self.wire_synapses()

    def initial(self) -> State:
        v = self.per_unit("v0")
        u = self.per_unit("u0") if self.u0 is not None else (np.asarray(self.b) * self.v0 + np.zeros(self.size))
        return {"v": v, "u": u.astype(self.dtype), **self.silent()}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        own = (state["v"], state["u"], state["fired"], *self.watched(span), *self._constants)
        return state, self.scan_synapses(run, state, block, span, own)


@kernel
def run(
    first, seen, start, steps, out_step, out_channel, rows, step, channel,
    in_dense, in_lane, in_data, in_targets, in_indptr, delay, rec_dense, rec_lane, rec_data, rec_targets, rec_indptr,
    pending, place, noise, flags, words, current, push, v, u, fired, watch_v, watch_u, watch_fired,
    bias, charge, spread, mean, decay, relax, held, substeps, short, long, a, b, c, d, threshold
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
        step_of_all(v, u, push, substeps, short, long, a, b, threshold, flags)
        before = count
        count = emit(start + k, flags, words, out_step, out_channel, before)
        for m in range(before, count):
            j = out_channel[m]
            v[j] = c[j]
            u[j] += d[j]
        here = send_on(
            pending, here, current, out_channel, before, count, delay,
            rec_dense, rec_lane, rec_data, rec_targets, rec_indptr
        )  # fmt: skip
        note(watch_v, k, v)
        note(watch_u, k, u)
        note(watch_fired, k, flags[:size])
        k += 1
    fired[:] = flags[:size]
    place[0] = here
    return k, seen, count


@kernel
def step_of_all(v, u, push, substeps, short, long, a, b, threshold, flags):
    """Euler's steps of v, one of u; ``flags`` says who has reached the peak. Wide numbers within the step."""
    for j in range(v.shape[0]):
        x, y, i = float(v[j]), float(u[j]), float(push[j])
        for _ in range(substeps):
            x = x + short * (0.04 * (x * x) + 5.0 * x + 140.0 - y + i)
        y = y + long * (a[j] * (b[j] * x - y))
        v[j] = x
        u[j] = y
        flags[j] = x >= threshold[j]
