"""ConstantLeakIAF: integrate-and-fire neurons of whole numbers with a constant leak, as chips have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import annotated_types as at
import numpy as np
from numpy.typing import NDArray

from graphnet import NonNegative, PerUnit, Seconds, SeriesType, Span, State, TSEvent, kernel, steps_of

from .base import NO_EVENTS, Spiking
from .kernels import emit, gather, note, reset, send
from .wires import Fixed, is_csr

Bits = Annotated[int, at.Ge(2), at.Le(32)]
HELD = 2.0**31  # signals are held within it, so that whole products stay exact in double precision


class ConstantLeakIAF(Spiking):
    r"""Integrate-and-fire neurons of whole numbers: v <- v + W' counts - leak; a spike where v >= threshold.

    A step, in this order: the weights of its events, and of the spikes that arrive through ``weights_rec``, are added
    up exactly and v takes their sum; then the leak, as much at every step, ``down``, or ``to_zero`` from both sides and
    no farther; then the threshold, at most one spike per step and neuron. v stays within ``v_min`` and the greatest
    number of ``bits`` bits after each of the two. A spike resets v ``to`` v_reset, or ``subtract`` takes
    threshold - v_reset from v. For ``refractory`` seconds afterwards, rounded up to whole steps, v stays at its value
    after the reset: input is lost.

    Weights, threshold, leak, v_reset, v_min and v0 are whole numbers, weights those of ``weight_bits`` bits, and no
    step rounds anything: a chip that adds up a step's events before it looks at the result gives the same numbers.
    One that holds v within its bits after each single event differs where the sum of a step comes near their ends. A
    signal (``input_type=TSContinuous``) is rounded to whole numbers, halves to even ones. ``dtype`` changes nothing.

    Shapes: events or u (T, M); events on N channels. By receptor, as in ``weights={"exc": ..., "inh": ...}``, the layer
    has one input for each name.
    State: v (N,) int32 starts at ``v0``; wait (N,), steps of refractoriness left; fired (N,) uint8, who spiked in the
    last step; with recurrence pending (delay, N) int64, what arrives from row ``place`` on.
    Raises ParameterError for numbers that are not whole or not within their bits, and for noise.
    Source: Cassidy et al. 2013, Cognitive computing building block: a versatile and efficient digital neuron model for
    neurosynaptic cores, IJCNN 2013 (its deterministic synapses, leak, threshold and two of its resets).

    >>> neuron = ConstantLeakIAF([[60]], threshold=100, leak=3)
    >>> neuron.evolve(TSEvent([0.0, 0.004], [0, 0], t_stop=0.01)).times
    array([0.004])
    """

    threshold: PerUnit[float] = 127
    """A neuron spikes where v reaches it."""
    v_reset: PerUnit[float] = 0
    """Where a spike sets v."""
    leak: PerUnit[float] = 1
    """What v loses in every step; below 0 it gains."""
    leaks: Literal["down", "to_zero"] = "down"
    """Whether the leak always goes down, or towards 0 and no farther."""
    v_min: PerUnit[float] | None = None
    """The lowest v; the least number of ``bits`` bits where none is given."""
    bits: Bits = 16
    """The width of v, with its sign."""
    weight_bits: Bits = 8
    """The width of the weights, with their sign."""
    refractory: PerUnit[NonNegative[Seconds]] = 0.0
    """How long v stays at its value after a reset, rounded up to whole steps."""
    reset: Literal["to", "subtract"] = "to"
    """Whether a spike sets v to v_reset, or takes threshold - v_reset from it."""
    v0: PerUnit[float] = 0
    """Where v starts."""
    input_type: SeriesType = TSEvent
    """The kind of the input: events, or a signal of whole numbers."""

    recordable: ClassVar[tuple[str, ...]] = ("v", "wait", "fired")
    example: ClassVar[Mapping[str, Any]] = {"weights": ((40, -20, 7, 90), (100, 60, -128, 5), (-30, 127, 50, 25))}
    demonstration: ClassVar[Mapping[str, Any]] = {"weights": ((50,),), "v_min": 0}

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: whole numbers have no noise of any strength")
        for name in ("weights", "weights_rec"):
            self._check_weights(name)
        top = 2 ** (self.bits - 1) - 1
        v_min = self._whole("v_min") if self.v_min is not None else np.full(self.size, -top - 1, dtype=np.int64)
        threshold, v_reset, leak = (self._whole(name) for name in ("threshold", "v_reset", "leak"))
        below = bool(np.all(v_min <= np.minimum(v_reset, self._whole("v0"))))
        self.must(below, "v_min", "must be at most v_reset and at most v0 for every neuron")
        shrinks = self.leaks == "down" or bool(np.all(leak >= 0))
        self.must(shrinks, "leak", "must be 0 or more where it goes to_zero")
        above = bool(np.all(threshold > v_reset))
        self.must(above, "threshold", "must be above v_reset for every neuron, or a spike would follow every spike")
        target = v_reset if self.reset == "to" else threshold - v_reset
        refractory = np.broadcast_to(np.asarray(self.refractory, dtype=np.float64), (self.size,))
        steps = -steps_of(-refractory, self.dt)
        held = (v_min, top, leak, self.leaks == "to_zero", threshold, target, self.reset == "subtract", steps)
        self._constants = Fixed(held)
        self.wire(self.receptors())

    def _check_weights(self, name: str) -> None:
        given, end = self.value(name), 2 ** (self.weight_bits - 1)
        for one in given.values() if isinstance(given, Mapping) else () if given is None else (given,):
            numbers = one.data if is_csr(one) else one
            wrong = numbers[(numbers != np.rint(numbers)) | (numbers < -end) | (numbers >= end)]
            said = f"must be whole numbers from {-end} to {end - 1} ({self.weight_bits} bits)"
            self.must(wrong.size == 0, name, f"{said}, got {wrong.flat[0] if wrong.size else 0}")

    def _whole(self, name: str) -> NDArray[np.int64]:
        """A parameter of whole numbers that v may have, one for each neuron."""
        numbers = np.broadcast_to(np.asarray(self.value(name), dtype=np.float64), (self.size,))
        end = 2 ** (self.bits - 1)
        wrong = numbers[(numbers != np.rint(numbers)) | (numbers < -end) | (numbers >= end)]
        said = f"must be whole numbers from {-end} to {end - 1} ({self.bits} bits)"
        self.must(wrong.size == 0, name, f"{said}, got {wrong[0] if wrong.size else 0}")
        return numbers.astype(np.int64)

    def matrix(self, name: str = "weights") -> Any:
        """Weights as whole numbers, except those that a signal is multiplied with: in double precision, exactly."""
        dtype = np.float64 if name == "weights" and self.input_type is not TSEvent else np.int64
        given = self.value(name)
        if isinstance(given, Mapping):
            return {key: one.astype(dtype) for key, one in given.items()}
        return None if given is None else given.astype(dtype)

    def initial(self) -> State:
        found = {
            "v": self._whole("v0").astype(np.int32),
            "wait": np.zeros(self.size, dtype=np.int64),
            "fired": np.zeros(self.size, dtype=np.uint8),
            **self.under_way(),
        }
        if "pending" in found:
            found["pending"] = found["pending"].astype(np.int64)
        return found

    def randomize_state(self) -> None:
        """Draw v from a normal distribution around itself, std. dev. 20% of it, as a whole number of its bits."""
        now = self.state_now()
        drawn = np.rint(now["v"] * (1.0 + 0.2 * self._draw(self.size)))
        v_min, top, *_ = self._constants
        self.set_state_now({**now, "v": np.clip(drawn, v_min, top).astype(np.int32)})

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        own = (state["v"], state["wait"], state["fired"], *self.watched(span), *self._constants)
        sums = np.zeros((1, self.size), dtype=np.int64)
        return state, self.scan(run, state, block, span, own, sums)

    def _arriving(self, block: Any, span: Span) -> tuple[Any, ...]:
        """Signals are rounded, and multiplied and added up in double precision whatever ``dtype`` is."""
        if self._event:
            return super()._arriving(block, span)
        blocks = block if isinstance(block, Mapping) else {"": block}
        given = [(one, blocks[name]) for name, one in self._input.items() if blocks[name] is not None]
        rows = span.empty((1 if given else 0, span.steps, self.size))
        rows[:] = 0
        for part, signal in given:
            rows[0] += span.product(np.clip(np.rint(signal.astype(np.float64)), -HELD, HELD), part.matrix)
        return rows, *NO_EVENTS


@kernel
def run(
    first, seen, start, steps, out_step, out_channel, rows, step, channel,
    in_dense, in_lane, in_data, in_targets, in_indptr, delay, rec_dense, rec_lane, rec_data, rec_targets, rec_indptr,
    pending, place, noise, flags, words, v, wait, fired, watch_v, watch_wait, watch_fired,
    v_min, top, leak, to_zero, threshold, target, subtract, refractory
):  # fmt: skip
    """Scan over time, as ``lif.run`` does."""
    size = v.shape[0]
    here = place[0]
    count = 0
    k = first
    while k < steps and count + size < out_step.shape[0]:
        sums = pending[here]
        if rows.shape[0] > 0:
            for j in range(size):
                sums[j] += np.int64(rows[0, k, j])
        seen = gather(sums, step, start + k, channel, seen, in_dense, in_lane, in_data, in_targets, in_indptr)
        step_of_all(v, wait, sums, v_min, top, leak, to_zero, threshold, flags)
        sums[:] = 0
        before = count
        count = emit(start + k, flags, words, out_step, out_channel, before)
        reset(v, wait, out_channel, before, count, target, subtract, refractory)
        here = (here + 1) % pending.shape[0]
        if rec_dense.shape[0] + rec_indptr.shape[0] > 0:
            send(
                pending, here, out_channel, before, count, delay,
                rec_dense, rec_lane, rec_data, rec_targets, rec_indptr
            )  # fmt: skip
        note(watch_v, k, v)
        note(watch_wait, k, wait)
        note(watch_fired, k, flags[:size])
        k += 1
    fired[:] = flags[:size]
    place[0] = here
    return k, seen, count


@kernel
def step_of_all(v, wait, sums, v_min, top, leak, to_zero, threshold, flags):
    """Sum, leak and threshold of every neuron in wide whole numbers, which no sum of a step leaves."""
    for j in range(v.shape[0]):
        if wait[j] > 0:
            wait[j] -= 1
            flags[j] = False
        else:
            x = min(max(np.int64(v[j]) + sums[j], v_min[j]), top)
            if not to_zero:
                x = x - leak[j]
            elif x > 0:
                x = max(x - leak[j], 0)
            else:
                x = min(x + leak[j], 0)
            x = min(max(x, v_min[j]), top)
            v[j] = x
            flags[j] = x >= threshold[j]
