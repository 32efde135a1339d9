"""Spiking neurons: leaky integrate-and-fire."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    ArrayLayer,
    Arriving,
    Events,
    Exchange,
    NonNegative,
    PerUnit,
    Positive,
    Seconds,
    SeriesType,
    Span,
    State,
    TimeSeries,
    TSContinuous,
    TSEvent,
    Weights,
    kernel,
    positional,
    steps_of,
)

NO_EVENTS = Events(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
ROOM = 16384  # events written before the kernel hands them over; it always keeps room for one whole step


class LIF(ArrayLayer):
    r"""Leaky integrate-and-fire neurons: tau_mem dv/dt = v_rest - v + r (W' u + bias); a spike where v >= threshold.

    A step, in this order: the leak, exact for an input held over it, v <- v_inf + (v - v_inf) exp(-dt/tau_mem) with
    v_inf = v_rest + r (W' u + bias). For event input (``input_type=TSEvent``) u is left out there, and every event adds
    its row of weights to v instead. The previous step's own spikes add their rows of ``weights_rec`` to v. Noise,
    exactly integrated: dv = ... + noise_std dW. Then the threshold: at most one spike per step and neuron.
    A spike resets v ``to`` v_reset, or ``subtract`` takes threshold - v_reset from v. For ``refractory`` seconds
    afterwards, rounded up to whole steps, v stays at its value after the reset and input is lost.

    Shapes: u (T, M) or events on M channels; events on N channels. ``weights_rec``: (N, N) dense or CSR, or a diagonal.
    State: v (N,) starts at ``v0`` (v_rest where None); wait (N,), steps of refractoriness left; fired (N,) uint8, who
    spiked in the last step.
    Source: Gerstner, Kistler, Naud and Paninski 2014, Neuronal Dynamics, section 1.3 (leaky integrate-and-fire).

    >>> from graphnet import TSContinuous
    >>> neuron = LIF([[1.0]], tau_mem=0.01, refractory=0.002)
    >>> neuron.evolve(TSContinuous.from_clocked([[2.0]] * 30, dt=1e-3)).times
    array([0.006, 0.015, 0.024])
    """

    weights: Weights = positional()
    weights_rec: Weights | None = positional(default=None)
    tau_mem: PerUnit[Positive[Seconds]] = 0.02
    threshold: PerUnit[float] = 1.0
    v_rest: PerUnit[float] = 0.0
    v_reset: PerUnit[float] = 0.0
    r: PerUnit[float] = 1.0
    bias: PerUnit[float] = 0.0
    refractory: PerUnit[NonNegative[Seconds]] = 0.0
    reset: Literal["to", "subtract"] = "to"
    v0: PerUnit[float] | None = None
    input_type: SeriesType = TSContinuous

    emits: ClassVar[type[TimeSeries]] = TSEvent
    recordable: ClassVar[tuple[str, ...]] = ("v", "wait", "fired")

    nir_name: ClassVar[str | None] = "LIF"

    def prepare(self) -> None:
        size = (self.size,)
        tau, threshold, v_reset = (np.broadcast_to(one, size) for one in (self.tau_mem, self.threshold, self.v_reset))
        above = bool(np.all(threshold > v_reset))
        self.must(above, "threshold", "must be above v_reset for every neuron, or a spike would follow every spike")
        share = -np.expm1(-self.dt / tau)
        spread = np.sqrt(tau / 2.0 * -np.expm1(-2.0 * self.dt / tau))
        # minus the floor of minus the time: the whole steps that hold it, by the one rounding rule
        steps = -steps_of(-np.broadcast_to(np.asarray(self.refractory, dtype=np.float64), size), self.dt)
        self._counter = np.dtype(
            np.int32 if self.dtype == "float32" else np.int64
        )  # as wide as v: one lane of a vector
        weights_rec = self.matrix("weights_rec")
        shape = np.shape(weights_rec)
        fits = weights_rec is None or shape in ((self.size, self.size), (self.size,))
        self.must(fits, "weights_rec", f"must have shape ({self.size}, {self.size}), got {shape}")
        constants = (
            np.exp(-self.dt / tau).astype(self.dtype),
            (share * (self.v_rest + self.r * np.asarray(self.bias))).astype(self.dtype),
            (share * self.r).astype(self.dtype),
            (self.noise_std * spread).astype(self.dtype),
            self.per_unit("threshold"),
            (v_reset if self.reset == "to" else threshold - v_reset).astype(self.dtype),
            self.reset == "subtract",
            steps.astype(self._counter),
        )
        keep, base, threshold = constants[0], constants[1], constants[4]
        alike = all(bool(np.all(one == one[0])) for one in (keep, base, threshold))
        input_rows = self._rows(self.matrix() if self.input_type is TSEvent else None)
        self._constants = (alike, *constants, *input_rows, *self._rows(weights_rec))
        self._no_rows, self._no_noise = np.empty((0, self.size), dtype=self.dtype), np.empty((0, self.size))
        self._unwatched = tuple(np.empty((0, self.size), dtype=one.dtype) for one in self.initial().values())
        self._words = -(-self.size // 8)

    def _rows(self, weights: Any) -> tuple[NDArray[Any], ...]:
        """Weights as the kernel adds them: (dense, then data, indices, indptr of CSR); what is absent is empty."""
        dense = np.zeros((0, self.size), dtype=self.dtype)
        data, indices, indptr = np.zeros(0, dtype=self.dtype), np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.int64)
        if weights is None:
            pass
        elif not isinstance(weights, np.ndarray):
            data, indices, indptr = weights.data, weights.indices, weights.indptr
        elif weights.ndim == 1:
            data, indices, indptr = weights, np.arange(self.size), np.arange(self.size + 1)
        else:
            dense = weights
        # read-only one and all, so that the kernel is compiled once for every form
        return tuple(map(_frozen, (dense, data, indices.astype(np.uint32), indptr.astype(np.int64))))

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        """In NIR a spike is where v > threshold: the next number above is reached exactly there."""
        tau, r, v_rest, v_reset = (np.ravel(one) for one in (node.tau, node.r, node.v_leak, node.v_reset))
        threshold = np.nextafter(np.ravel(node.v_threshold).astype(np.float64), np.inf)
        return cls(
            np.ones(len(tau)), tau_mem=tau, r=r, v_rest=v_rest, v_reset=v_reset, threshold=threshold, dt=arriving.dt
        )

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        """An event adds w at once; in NIR it is an input of 1 during its step, which adds 1 - exp(-dt/tau) of r w."""
        self.nir_must(self.noise_std == 0, "noise")
        self.nir_must(not np.any(self.refractory), "refractory period")
        self.nir_must(self.reset == "to", "reset by subtraction")
        self.nir_must(self.v0 is None or np.all(np.equal(self.v0, self.v_rest)), "state to start from (v0)")
        events, held = self.input_type is TSEvent, -1.0 / np.expm1(-self.dt / np.asarray(self.tau_mem))
        r = 1.0 if events else self.r
        bias = self.r * np.asarray(self.bias) if events else self.bias
        made = self.nir_product(self.weights, shape, bias, held if events else 1.0)
        inner = made.gives or shape
        if self.weights_rec is not None:
            self.nir_must(np.all(r), "recurrence where r is 0")
            made = made._replace(back=self.nir_product(self.weights_rec, inner, gain=held / r).chain)
        threshold = np.nextafter(self.threshold, -np.inf)
        given = {"tau": self.tau_mem, "r": r, "v_leak": self.v_rest, "v_threshold": threshold, "v_reset": self.v_reset}
        return made.then("LIF", **{name: self.nir_units(one, inner) for name, one in given.items()})

    def initial(self) -> State:
        return {
            "v": self.per_unit("v_rest" if self.v0 is None else "v0"),
            "wait": np.zeros(self.size, dtype=self._counter),
            "fired": np.zeros(self.size, dtype=np.uint8),
        }

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        rows, step, channel = self._no_rows, *NO_EVENTS
        if self.input_type is not TSEvent:
            rows = span.product(block, self.matrix())
        elif block is not None:
            step, channel = block
        noise = span.normal(0, self.size) if self.noise_std else self._no_noise
        watch = self._unwatched
        if span.watch:
            watch = tuple(span.watch.get(name, one) for name, one in zip(self.recordable, watch, strict=True))
        flags = np.zeros(self._words, dtype=np.uint64)  # eight neurons to a word
        push = span.empty((self.size,), self.dtype)
        variables = (state["v"], state["wait"], state["fired"])
        given: list[Any] = [*variables, rows, step, channel, noise, push, flags.view(np.uint8), flags, *watch]
        given += self._constants
        pieces: list[Events] = []
        done, seen = 0, 0
        while done < span.steps:
            room = (ROOM + self.size,)
            out = Events(span.empty(room, np.int64), span.empty(room, np.int32))
            done, seen, count = run(done, seen, span.start, span.steps, out.step, out.channel, *given)
            pieces.append(Events(out.step[:count], out.channel[:count]))
        return state, _joined(pieces)


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view


def _joined(pieces: list[Events]) -> Events:
    """Events in arrays of their own: the room that they were written into is used again."""
    if len(pieces) == 1:
        return Events(pieces[0].step.copy(), pieces[0].channel.copy())
    pieces = pieces or [NO_EVENTS]
    return Events(np.concatenate([one.step for one in pieces]), np.concatenate([one.channel for one in pieces]))


@kernel
def run(
    first, seen, start, steps, out_step, out_channel, v, wait, fired, rows, step, channel, noise, push, flags, words,
    watch_v, watch_wait, watch_fired, alike, keep, base, gain, spread, threshold, target, subtract, refractory,
    in_dense, in_data, in_indices, in_indptr, rec_dense, rec_data, rec_indices, rec_indptr
):  # fmt: skip
    """Scan over time from row ``first`` until the block ends or the room for events does.

    Returns the row that comes next, the input events seen, and the events written.
    """
    size = v.shape[0]
    waits = np.any(refractory > 0)
    watched = watch_v.shape[0] + watch_wait.shape[0] + watch_fired.shape[0] > 0
    recurrent = rec_dense.shape[0] + rec_indptr.shape[0] > 0
    last = np.empty(size, dtype=np.int32)  # who fired in the step before
    recent = list_fired(fired, last)
    count = 0
    k = first
    while k < steps and count + size < out_step.shape[0]:
        begin(push, rows, k, gain)
        seen = gather(push, step, start + k, channel, seen, in_dense, in_data, in_indices, in_indptr)
        if recurrent:
            add_rows(push, last, 0, recent, rec_dense, rec_data, rec_indices, rec_indptr)
        if noise.shape[0] > 0:
            add_noise(push, noise[k], spread)
        if waits:
            integrate_waiting(v, wait, keep, base, push, threshold, flags)
        elif alike:
            integrate_alike(v, keep[0], base[0], push, threshold[0], flags)
        else:
            integrate(v, keep, base, push, threshold, flags)
        before = count
        count = spikes(start + k, v, wait, flags, words, target, subtract, refractory, out_step, out_channel, count)
        if recurrent:
            recent = count - before
            last[:recent] = out_channel[before:count]
        if watched:
            note(watch_v, k, v)
            note(watch_wait, k, wait)
            note(watch_fired, k, flags[:size])
        k += 1
    fired[:] = flags[:size]
    return k, seen, count


@kernel
def begin(push, rows, k, gain):
    """push = gain times the row of weighted input, or zeros where input comes as events."""
    if rows.shape[0] > 0:
        row = rows[k]
        for j in range(push.shape[0]):
            push[j] = gain[j] * row[j]
    else:
        push[:] = 0


@kernel
def gather(push, step, now, channel, seen, dense, data, indices, indptr):
    """Add the weights of the events of one step; return how many events have been seen since."""
    stop = seen
    while stop < step.shape[0] and step[stop] == now:
        stop += 1
    add_rows(push, channel, seen, stop, dense, data, indices, indptr)
    return stop


@kernel
def add_rows(push, channels, low, high, dense, data, indices, indptr):
    """push += rows low to high - 1 of the list of channels, in order; dense ones two to a pass."""
    m = low
    if dense.shape[0] > 0:
        while m + 2 <= high:
            one, two = dense[channels[m]], dense[channels[m + 1]]
            for j in range(push.shape[0]):
                push[j] = (push[j] + one[j]) + two[j]
            m += 2
        if m < high:
            one = dense[channels[m]]
            for j in range(push.shape[0]):
                push[j] += one[j]
    else:
        for m in range(low, high):
            i = channels[m]
            for n in range(indptr[i], indptr[i + 1]):
                push[indices[n]] += data[n]


@kernel
def add_noise(push, kick, spread):
    for j in range(push.shape[0]):
        push[j] += spread[j] * kick[j]


@kernel
def note(watch, k, variable):
    if watch.shape[0] > 0:
        watch[k] = variable


@kernel
def integrate(v, keep, base, push, threshold, flags):
    """One step of every neuron; ``flags`` says who reaches the threshold."""
    for j in range(v.shape[0]):
        new = keep[j] * v[j] + (base[j] + push[j])
        v[j] = new
        flags[j] = new >= threshold[j]


@kernel
def integrate_alike(v, keep, base, push, threshold, flags):
    """The same arithmetic for neurons of equal constants: three arrays less to read, so it all stays in cache."""
    for j in range(v.shape[0]):
        new = keep * v[j] + (base + push[j])
        v[j] = new
        flags[j] = new >= threshold


@kernel
def integrate_waiting(v, wait, keep, base, push, threshold, flags):
    """The same with refractory neurons, which keep v and count down."""
    for j in range(v.shape[0]):
        free = wait[j] == 0
        new = keep[j] * v[j] + (base[j] + push[j])
        new = new if free else v[j]
        v[j] = new
        wait[j] -= not free
        flags[j] = free & (new >= threshold[j])


@kernel
def spikes(now, v, wait, flags, words, target, subtract, refractory, out_step, out_channel, count):
    """Reset those who fired and write their events; eight silent neurons are passed over at once (``words``).

    Every candidate is written and only counted where its flag is 1: a branch here would be mispredicted at most spikes.
    """
    n = count
    for word in range(words.shape[0]):
        if words[word]:
            for j in range(8 * word, 8 * word + 8):
                out_channel[n] = j
                n += np.int64(flags[j])
    for m in range(count, n):
        j = out_channel[m]
        out_step[m] = now
        v[j] = v[j] - target[j] if subtract else target[j]
        wait[j] = refractory[j]
    return n


@kernel
def list_fired(fired, out):
    count = 0
    for j in range(fired.shape[0]):
        if fired[j]:
            out[count] = j
            count += 1
    return count
