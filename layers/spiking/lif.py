"""LIF and IF: integrate-and-fire neurons, leaky or not, whose input acts on the membrane itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from graphnet import (
    Arriving,
    Exchange,
    PerUnit,
    Positive,
    Seconds,
    Span,
    State,
    TSEvent,
    kernel,
)

from .kernels import add_scaled, add_whole_rows, emit, gather, integrate, note, put_back, reset, send
from .plastic import Plastic
from .stdp_kernels import fire, receive, take_in
from .wires import Fixed


class Jumping(Plastic, register=False):
    """Integrate-and-fire neurons whose events add their weights to v at once."""

    recordable: ClassVar[tuple[str, ...]] = ("v", "wait", "fired")

    def connect(self, keep: Any, base: Any, gain: Any, spread: Any) -> None:
        """The step v <- keep v + base + gain W' u + events, with the spread of the noise."""
        gain = np.array(np.broadcast_to(gain, (self.size,)), dtype=self.dtype)
        self._constants = Fixed([gain, *self.membrane(keep, base, spread)])
        self.wire(self.receptors())

    def jumps_as(self, kind: str, shape: tuple[int, ...], jump: Any, **own: Any) -> Exchange:
        """The layer in NIR, where an event is an input of 1 that lasts for its step, and r times ``jump`` of it adds 1
        to v. Events that reach v past r do so there by an r of 1."""
        self.nir_still()
        events = self.input_type is TSEvent
        r = np.ones(self.size) if events else np.broadcast_to(np.asarray(self.r, dtype=np.float64), (self.size,))
        bias = self.r * np.asarray(self.bias) if events else self.bias
        product = self.nir_product(
            self.value("weights"), shape, bias if np.any(bias) else None, jump if events else 1.0
        )
        back = np.divide(jump, r, out=np.full(self.size, np.inf), where=r != 0.0)
        return self.written_as(kind, product, shape, back, **own, r=r)

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        state = self.laid_out(state, span)
        own = (state["v"], state["wait"], state["fired"], *self.watched(span), *self._constants, self.learner(state))
        return state, self.scan(run, state, block, span, own)


class LIF(Jumping):
    r"""Leaky integrate-and-fire neurons: tau_mem dv/dt = v_rest - v + r (W' u + bias); a spike where v >= threshold.

    A step, in this order: the leak, exact for an input held over it, v <- v_inf + (v - v_inf) exp(-dt/tau_mem) with
    v_inf = v_rest + r (W' u + bias). For event input (``input_type=TSEvent``) u is left out there, and every event adds
    its row of weights to v instead, as do the spikes that arrive through ``weights_rec``: those of the previous step,
    or of ``delay_rec`` ago. Noise, exactly integrated: dv = ... + noise_std dW. Then the threshold: at most one spike
    per step and neuron. A spike resets v ``to`` v_reset, or ``subtract`` takes threshold - v_reset from v. For
    ``refractory`` seconds afterwards, rounded up to whole steps, v stays at its value after the reset: input is lost.

    Shapes: u (T, M) or events on M channels; events on N channels. ``weights_rec``: (N, N) dense or CSR, or a diagonal;
    ``delay_rec``: one delay, or one for each of these weights in their form. By receptor, as in
    ``weights={"exc": ..., "inh": ...}``, the layer has one input for each name. Weights may learn: ``plasticity``.
    State: v (N,) starts at ``v0`` (v_rest where None); wait (N,), steps of refractoriness left; fired (N,) uint8, who
    spiked in the last step; with recurrence pending (delay, N), what arrives from row ``place`` on; what ``STDP``
    needs where weights learn: these weights, traces, who fired lately.
    Source: Gerstner, Kistler, Naud and Paninski 2014, Neuronal Dynamics, section 1.3 (leaky integrate-and-fire).

    >>> from graphnet import TSContinuous
    >>> neuron = LIF([[1.0]], tau_mem=0.01, refractory=0.002)
    >>> neuron.evolve(TSContinuous.from_clocked([[2.0]] * 30, dt=1e-3)).times
    array([0.006, 0.015, 0.024])
    """

    tau_mem: PerUnit[Positive[Seconds]] = 0.02
    """The time constant of the membrane."""
    v_rest: PerUnit[float] = 0.0
    """Where v goes without input."""
    v0: PerUnit[float] | None = None
    """Where v starts; v_rest where none is given."""

    demonstration: ClassVar[Mapping[str, Any]] = {"weights": ((2.0,),)}
    nir_name: ClassVar[str | None] = "LIF"

    def prepare(self) -> None:
        tau = np.asarray(self.tau_mem, dtype=np.float64)
        share = -np.expm1(-self.dt / tau)
        spread = self.noise_std * np.sqrt(tau / 2.0 * -np.expm1(-2.0 * self.dt / tau))
        base = share * (self.v_rest + self.r * np.asarray(self.bias))
        self.connect(np.exp(-self.dt / tau), base, share * self.r, spread)

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        own: dict[str, Any] = {"tau_mem": np.ravel(node.tau), "v_rest": np.ravel(node.v_leak)}
        return cls(np.ones(arriving.size), **cls.read_from(node), **own, dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        self.nir_must(self.v0 is None or np.all(np.equal(self.v0, self.v_rest)), "state to start from (v0)")
        jump = -1.0 / np.expm1(-self.dt / np.asarray(self.tau_mem))
        return self.jumps_as("LIF", shape, jump, tau=self.tau_mem, v_leak=self.v_rest)

    def initial(self) -> State:
        return {
            **self.at_rest(self.per_unit("v_rest" if self.v0 is None else "v0")),
            **self.under_way(),
            **self.learning(),
        }


class IF(Jumping):
    r"""Integrate-and-fire neurons without a leak: dv/dt = r (W' u + bias); a spike where v >= threshold.

    A step: v <- v + dt r (W' u + bias), exact for an input held over it. Event input (``input_type=TSEvent``) and
    spikes that arrive through ``weights_rec`` add their rows of weights to v; noise: dv = ... + noise_std dW.
    Threshold, reset, refractoriness, recurrence, receptors and ``plasticity`` are those of ``LIF``.

    Shapes: u (T, M) or events on M channels; events on N channels. State: v (N,) starts at ``v0``; the rest as in LIF.
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> from graphnet import TSContinuous
    >>> IF([[1.0]]).evolve(TSContinuous.from_clocked([[250.0]] * 10, dt=1e-3)).times
    array([0.003, 0.007])
    """

    v0: PerUnit[float] = 0.0
    """Where v starts."""

    demonstration: ClassVar[Mapping[str, Any]] = {"weights": ((60.0,),)}
    nir_name: ClassVar[str | None] = "IF"

    def prepare(self) -> None:
        r = np.asarray(self.r) * self.dt
        self.connect(1.0, r * self.bias, r, self.noise_std * np.sqrt(self.dt))

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        return cls(np.ones(arriving.size), **cls.read_from(node), dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        self.nir_must(not np.any(self.v0), "state to start from (v0)")
        return self.jumps_as("IF", shape, 1.0 / self.dt)

    def initial(self) -> State:
        return {**self.at_rest(self.per_unit("v0")), **self.under_way(), **self.learning()}


@kernel
def run(
    first, seen, start, steps, out_step, out_channel, rows, step, channel,
    in_dense, in_lane, in_data, in_targets, in_indptr, delay, rec_dense, rec_lane, rec_data, rec_targets, rec_indptr,
    pending, place, noise, flags, words, v, wait, fired, watch_v, watch_wait, watch_fired,
    gain, alike, waits, keep, base, spread, threshold, target, subtract, refractory,
    learn
):  # fmt: skip
    """Scan over time from row ``first`` until the block ends or the room for events does.

    Returns the row that comes next, the input events seen, and the events written.
    """
    size = v.shape[0]
    noted = watch_v.shape[0] + watch_wait.shape[0] + watch_fired.shape[0] > 0
    plain = learn is None and alike and not waits and rows.shape[0] + noise.shape[0] == 0
    plain = plain and in_dense.shape[0] > 0 and in_dense.shape[1] == size
    here = place[0]
    count = 0
    k = first
    while k < steps and count + size < out_step.shape[0]:
        push = pending[here]
        if learn is not None:
            receive(push, learn)
        if plain:  # what is commonest takes a pass less over the sums
            seen = take_and_integrate(
                v, keep[0], base[0], push, threshold[0], flags, step, start + k, channel, seen, in_dense
            )  # fmt: skip
        else:
            if rows.shape[0] > 0:
                add_scaled(push, gain, rows[0, k])
            if learn is None:
                seen = gather(push, step, start + k, channel, seen, in_dense, in_lane, in_data, in_targets, in_indptr)
            else:
                seen = take_in(
                    push, step, start + k, channel, seen, in_dense, in_lane, in_data, in_targets, in_indptr, learn
                )  # fmt: skip
            if noise.shape[0] > 0:
                add_scaled(push, spread, noise[k])
            integrate_and_clear(v, wait, keep, base, push, threshold, flags, waits, alike)
        before = count
        count = emit(start + k, flags, words, out_step, out_channel, before)
        reset_all(v, wait, out_channel, before, count, target, subtract, refractory, waits)
        here = here + 1 if here + 1 < pending.shape[0] else 0
        if rec_dense.shape[0] + rec_indptr.shape[0] > 0:
            send(
                pending, here, out_channel, before, count, delay,
                rec_dense, rec_lane, rec_data, rec_targets, rec_indptr
            )  # fmt: skip
        if learn is not None:
            fire(out_channel, before, count, learn)
        if noted:
            note(watch_v, k, v)
            note(watch_wait, k, wait)
            note(watch_fired, k, flags[:size])
        k += 1
    fired[:] = flags[:size]
    place[0] = here
    return k, seen, count


@kernel
def reset_all(v, wait, channels, low, high, target, subtract, refractory, waits):
    if waits:
        reset(v, wait, channels, low, high, target, subtract, refractory)
    else:
        put_back(v, channels, low, high, target, subtract)


@kernel
def integrate_and_clear(v, wait, keep, base, push, threshold, flags, waits, alike):
    """``integrate``, which leaves ``push`` at 0 for the next step."""
    if alike and not waits:
        integrate_clearing(v, keep[0], base[0], push, threshold[0], flags)
    else:
        integrate(v, wait, keep, base, push, threshold, flags, waits, alike)
        push[:] = 0


@kernel
def integrate_clearing(v, keep, base, push, threshold, flags):
    """``integrate_alike``, which leaves ``push`` at 0 for the next step: one pass less over it."""
    zero = push.dtype.type(0)
    for j in range(v.shape[0]):
        new = keep * v[j] + (base + push[j])
        v[j] = new
        flags[j] = new >= threshold
        push[j] = zero


@kernel
def take_and_integrate(v, keep, base, push, threshold, flags, step, now, channel, seen, dense):
    """``gather_whole_rows``, then ``integrate_clearing``, with the same sums; how many events have been seen since.

    The last row or two are added on the way through v, where the sums need not be written and read again.
    """
    stop = seen
    while stop < step.shape[0] and step[stop] == now:
        stop += 1
    if stop == seen:
        integrate_clearing(v, keep, base, push, threshold, flags)
    elif (stop - seen) % 2 == 1:
        add_whole_rows(push, channel, seen, stop - 1, dense)
        integrate_one(v, keep, base, push, threshold, flags, dense[channel[stop - 1]])
    else:
        add_whole_rows(push, channel, seen, stop - 2, dense)
        integrate_two(v, keep, base, push, threshold, flags, dense[channel[stop - 2]], dense[channel[stop - 1]])
    return stop


@kernel
def integrate_one(v, keep, base, push, threshold, flags, one):
    zero = push.dtype.type(0)
    for j in range(v.shape[0]):
        new = keep * v[j] + (base + (push[j] + one[j]))
        v[j] = new
        flags[j] = new >= threshold
        push[j] = zero


@kernel
def integrate_two(v, keep, base, push, threshold, flags, one, two):
    zero = push.dtype.type(0)
    for j in range(v.shape[0]):
        new = keep * v[j] + (base + ((push[j] + one[j]) + two[j]))
        v[j] = new
        flags[j] = new >= threshold
        push[j] = zero
