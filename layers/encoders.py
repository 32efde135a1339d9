"""Encoders: a continuous signal in, events out."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from graphnet import (
    ArrayLayer,
    Events,
    InputError,
    PerUnit,
    Positive,
    Size,
    Span,
    State,
    TimeSeries,
    TSEvent,
    kernel,
    positional,
)

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

    emits: ClassVar[type[TimeSeries]] = TSEvent
    recordable: ClassVar[tuple[str, ...]] = ("n", "first", "started")

    def sizes(self) -> tuple[int, int, int]:
        size, _, _ = super().sizes()
        return size, size, 2 * size

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: noise belongs to the signal that is encoded")
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
