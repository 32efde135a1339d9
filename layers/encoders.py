"""Encoders: a continuous signal in, events out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np

from graphnet import (
    ArrayLayer,
    Events,
    InputError,
    PerUnit,
    Positive,
    Seconds,
    Size,
    Span,
    State,
    TimeSeries,
    TSEvent,
    kernel,
    positional,
    steps_of,
)

from .durations import whole

NO_NOISE = "must be 0: noise belongs to the signal that is encoded"
FARTHEST = 1_000_000  # thresholds that one sample may lie from the level: bounds the events of one step and channel


class DeltaEncoder(ArrayLayer):
    """Delta modulation: an event for every ``threshold`` by which a channel moves away from its level.

    Channel 2c says that channel c rose by one threshold, channel 2c + 1 that it fell by one; a large change gives
    several events in its step. The level starts at the first sample and is first + n threshold, computed from the whole
    number n and never accumulated, so |x - level| < threshold holds after every step, for a threshold above the
    resolution of x. A NaN sample (where NaN is let in) gives no event.

    Shapes: x (T, N), events on 2 N channels. State: n (N,) int64, first (N,), started (N,) uint8.
    Raises InputError for a sample more than 1,000,000 thresholds from the level, also an infinite one.
    Source: derived in tests/reference/test_delta.py from the definition above (delta modulation with hysteresis).

    >>> from graphnet import TSContinuous
    >>> series = DeltaEncoder(1, threshold=0.5).evolve(TSContinuous.from_clocked([[0.0], [1.2], [0.9], [0.4]], dt=1e-3))
    >>> series.times, series.channels.tolist()
    (array([0.001, 0.001, 0.003]), [0, 0, 1])
    """

    size: Size = positional()
    threshold: PerUnit[Positive[float]]

    family: ClassVar[str] = "encoders"
    emits: ClassVar[type[TimeSeries]] = TSEvent
    recordable: ClassVar[tuple[str, ...]] = ("n", "first", "started")
    demonstration: ClassVar[Mapping[str, Any]] = {"threshold": 0.2}

    def sizes(self) -> tuple[int, int, int]:
        size, _, _ = super().sizes()
        return size, size, 2 * size

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_NOISE)
        self._threshold = np.array(np.broadcast_to(self.threshold, (self.size,)), dtype=np.float64)

    def initial(self) -> State:
        return {
            "n": np.zeros(self.size, dtype=np.int64),
            "first": np.zeros(self.size, dtype=self.dtype),
            "started": np.zeros(self.size, dtype=np.uint8),
        }

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        if block is None:
            block = np.zeros((span.steps, self.size), dtype=self.dtype)
        x = np.ascontiguousarray(block, dtype=self.dtype)
        moves = span.empty(x.shape, np.int64)
        watched = [span.watch.get(name, np.empty((0, self.size), dtype=state[name].dtype)) for name in self.recordable]
        variables = (state["n"], state["first"], state["started"])
        total = follow(x, self._threshold, *variables, moves, *watched)
        if total < 0:
            k, channel = divmod(-1 - total, self.size)
            raise InputError(
                f"{self.start_print}: the sample {float(x[k, channel])!r} of channel {channel} at step {span.start + k}"
                f" is more than {FARTHEST} thresholds from the level",
                hint="raise the threshold, or look for what makes the signal jump",
            )
        step, channel = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int32)
        list_moves(moves, span.start, step, channel)
        return state, Events(step, channel)


class LatencyEncoder(ArrayLayer):
    r"""Latency code: at most one event per channel and period, the earlier the larger the sample at the period's start.

    ``charge``: the first spike of tau dv/dt = u - v from v = 0, so t = tau ln(u / (u - threshold)) for u > threshold.
    ``linear``: t = tau (1 - u) for threshold < u < 1, and t = 0 from u = 1 on. A sample at or below the threshold gives
    no event, nor does one whose time would lie beyond the period. Periods start at the whole multiples of ``period`` on
    the clock; the input matters there alone. The event falls in the step that holds its time.

    Shapes: u (T, N), events on N channels. State: due (N,) int64, the steps until each event; -1 where none is due.
    Raises ParameterError for a period that is no whole number of steps.
    Source: Gerstner, Kistler, Naud and Paninski 2014, Neuronal Dynamics, section 1.3 (leaky integrate-and-fire), of
    which ``charge`` is the time to the first spike; ``linear`` as defined here.

    >>> from graphnet import TSContinuous
    >>> frame = TSContinuous.from_clocked([[1.0, 0.75, 0.25]] * 10, dt=1e-3)
    >>> spikes = LatencyEncoder(3, period=0.01, tau=0.008, threshold=0.1, form="linear").evolve(frame)
    >>> spikes.times, spikes.channels.tolist()
    (array([0. , 0.002, 0.006]), [0, 1, 2])
    """

    size: Size = positional()
    period: Positive[Seconds]
    """How long a sample is shown: a whole number of steps."""
    tau: PerUnit[Positive[Seconds]] = 0.01
    """The time constant of ``charge``; the latency of a sample near 0 in ``linear``."""
    threshold: PerUnit[Positive[float]] = 0.01
    """The value that a sample must exceed to give an event."""
    form: Literal["charge", "linear"] = "charge"
    """How the latency follows from the sample."""

    family: ClassVar[str] = "encoders"
    emits: ClassVar[type[TimeSeries]] = TSEvent
    recordable: ClassVar[tuple[str, ...]] = ("due",)
    example: ClassVar[Mapping[str, Any]] = {"period": 0.02, "threshold": 0.3}

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_NOISE)
        self._period = whole(self, "period")
        size = (self.size,)
        self._tau, self._threshold = (np.array(np.broadcast_to(one, size)) for one in (self.tau, self.threshold))
        below = self.form == "charge" or bool(np.all(self._threshold < 1.0))
        self.must(below, "threshold", "must be below 1 for form='linear', whose samples lie between it and 1")

    def initial(self) -> State:
        return {"due": np.full(self.size, -1, dtype=np.int64)}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        first = -span.start % self._period  # the row of the first onset
        onsets = len(range(first, span.steps, self._period))
        # no event: as if at the end of the period, where the next one begins
        times = np.full((onsets, self.size), self._period * self.dt)
        if block is not None:
            x = np.ascontiguousarray(block[first :: self._period], dtype=self.dtype)
            time_to_spike(x, self._tau, self._threshold, self.form == "linear", times)
        room = (onsets + 1) * self.size
        out = Events(np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int32))
        watch = span.watch.get("due", np.empty((0, self.size), dtype=np.int64))
        ahead = steps_of(times, self.dt)
        count = count_down(state["due"], ahead, first, self._period, span.start, span.steps, *out, watch)
        return state, Events(out.step[:count], out.channel[:count])


@kernel
def follow(x, threshold, n, first, started, moves, watch_n, watch_first, watch_started):
    """Fill ``moves`` with the thresholds crossed (down: negative); return their number, or -1 - the place of a jump."""
    total = 0
    for k in range(x.shape[0]):
        for c in range(x.shape[1]):
            moves[k, c] = 0
            if np.isnan(x[k, c]):
                continue
            if started[c] == 0:
                first[c] = x[k, c]
                started[c] = 1
            new = place(np.float64(x[k, c]), np.float64(first[c]), n[c], threshold[c])
            if abs(new - n[c]) > FARTHEST:
                return -1 - (k * x.shape[1] + c)
            moves[k, c] = new - n[c]
            total += abs(new - n[c])
            n[c] = new
        if watch_n.shape[0] > 0:
            watch_n[k] = n
        if watch_first.shape[0] > 0:
            watch_first[k] = first
        if watch_started.shape[0] > 0:
            watch_started[k] = started
    return total


@kernel
def place(x, first, n, threshold):
    """The level nearest to ``n`` that is less than one threshold from x; beyond FARTHEST, some number beyond it."""
    away = x - (first + n * threshold)
    if abs(away) < threshold:
        return n
    if not abs(away) < threshold * FARTHEST:
        return n + 2 * FARTHEST
    # division may round to the wrong side of a whole number: start one short of it, and let the form that defines the
    # level decide
    way = 1 if away > 0 else -1
    new = n + np.int64(away / threshold) - way
    for _ in range(4):
        if abs(x - (first + new * threshold)) < threshold:
            break
        new += way
    return new


@kernel
def list_moves(moves, start, step, channel):
    e = 0
    for k in range(moves.shape[0]):
        for c in range(moves.shape[1]):
            move = moves[k, c]
            for _ in range(abs(move)):
                step[e] = start + k
                channel[e] = 2 * c if move > 0 else 2 * c + 1
                e += 1


@kernel
def time_to_spike(x, tau, threshold, linear, times):
    """Shorten ``times`` to the latencies of samples above the threshold, in seconds."""
    for k in range(x.shape[0]):
        for c in range(x.shape[1]):
            u = np.float64(x[k, c])
            if u > threshold[c]:
                time = tau[c] * max(1.0 - u, 0.0) if linear else -tau[c] * np.log1p(-threshold[c] / u)
                times[k, c] = min(times[k, c], time)


@kernel
def count_down(due, ahead, first, period, start, steps, out_step, out_channel, watch):
    """Scan over time: at an onset take the steps ahead, where none is due write an event. Returns how many."""
    count, onset = 0, 0
    for k in range(steps):
        if k == first + onset * period:
            for c in range(due.shape[0]):
                due[c] = ahead[onset, c] if ahead[onset, c] < period else -1
            onset += 1
        for c in range(due.shape[0]):
            if due[c] == 0:
                out_step[count] = start + k
                out_channel[count] = c
                count += 1
            if due[c] >= 0:
                due[c] -= 1
        if watch.shape[0] > 0:
            watch[k] = due
    return count
