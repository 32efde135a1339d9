"""The Poisson encoder: a continuous signal in, events at random times out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from graphnet import (
    ArrayLayer,
    Events,
    Hertz,
    InputError,
    NonNegative,
    PerUnit,
    Size,
    Span,
    State,
    TimeSeries,
    TSEvent,
    kernel,
    positional,
)

MOST = 1_000_000  # events that may be expected in one step of one channel: bounds what is written
FAR = 16.0  # the mean from which counts are looked for around it and not from 0
TINY = 2.0**-60  # probabilities below it are finer than the uniform numbers, which are multiples of 2**-54


class PoissonEncoder(ArrayLayer):
    """Inhomogeneous Poisson process: events of each channel at the rate ``rate`` max(u, 0), in Hz for ``rate`` in Hz.

    ``rate`` is that of u = 1. The input is held over each step, so the number of events of a step is Poisson of mean
    rate max(u, 0) dt and may exceed one; steps and channels are independent. The count of a second therefore does not
    depend on dt. Each number is the inverse of its distribution at one uniform number, which follows from the layer's
    key, the absolute step and the channel, so that blocks change no event. A NaN sample (where NaN is let in) gives no
    event.

    Shapes: u (T, N), events on N channels. No state.
    Raises InputError for a sample that makes more than 1,000,000 events a step expected.
    Source: Dayan and Abbott 2001, Theoretical Neuroscience, section 1.4 (the Poisson process); Devroye 1986,
    Non-Uniform Random Variate Generation, chapter X (inversion); Loader 2000, Fast and Accurate Computation of Binomial
    Probabilities (the largest probability, without cancellation).

    >>> from graphnet import TSContinuous
    >>> encoder = PoissonEncoder(1, rate=100.0, seed=1)
    >>> 850 < len(encoder.evolve(TSContinuous.from_clocked([[1.0]] * 10_000, dt=1e-3)).times) < 1150
    True
    """

    size: Size = positional()
    rate: PerUnit[NonNegative[Hertz]]
    """The events per second of a channel whose input is 1."""

    family: ClassVar[str] = "encoders"
    emits: ClassVar[type[TimeSeries]] = TSEvent
    example: ClassVar[Mapping[str, Any]] = {"rate": 400.0}

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: the events are random already")
        self._mean = np.array(np.broadcast_to(self.rate, (self.size,)), dtype=np.float64) * self.dt

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        if block is None:
            return state, Events(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))
        x = np.ascontiguousarray(block, dtype=self.dtype)
        table = span.empty(x.shape, np.int64)
        total = draw(x, self._mean, span.uniform(0, self.size), table)
        if total < 0:
            k, channel = divmod(-1 - total, self.size)
            raise InputError(
                f"{self.start_print}: the sample {float(x[k, channel])!r} of channel {channel} at step {span.start + k}"
                f" makes more than {MOST} events in the step expected",
                hint="lower the rate or dt, or scale the signal",
            )
        step, channel = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int32)
        list_events(table, span.start, step, channel)
        return state, Events(step, channel)


@kernel
def draw(x, scale, uniform, table):
    """Fill ``table`` with numbers of events; return their sum, or -1 - the place of a mean that is too large."""
    total = 0
    for k in range(x.shape[0]):
        for c in range(x.shape[1]):
            mean = scale[c] * np.float64(x[k, c])
            count = 0
            if mean > MOST:
                return -1 - (k * x.shape[1] + c)
            # P(no event) = exp(-mean) >= 1 - mean, which spares most steps the exponential; NaN is no mean
            if mean > uniform[k, c]:
                count = quantile(uniform[k, c], mean)
            table[k, c] = count
            total += count
    return total


@kernel
def quantile(u, mean):
    """A count that is n with probability exp(-mean) mean**n / n!, for u uniform in (0, 1)."""
    if mean < FAR:
        return from_zero(u, mean)
    return from_mode(u, mean)


@kernel
def from_zero(u, mean):
    """The least n with P(more than n) <= u."""
    n = 0
    p, more = math.exp(-mean), -math.expm1(-mean)
    while u < more:
        n += 1
        p *= mean / n
        if n > mean and p < TINY:  # what is left of ``more`` is rounding
            break
        more -= p
    return n


@kernel
def from_mode(u, mean):
    """The same for large means: outcomes are taken in the order mode, mode + 1, mode - 1, ..., the likely ones first.

    Any order inverts; this one needs about sqrt(mean) terms and none that underflows.
    """
    mode = np.int64(mean)
    low, high = mode, mode
    below = above = at_mode(np.float64(mode), mean)
    u -= above
    while u >= 0.0:
        high += 1
        above *= mean / high
        u -= above
        if u < 0.0:
            return high
        below *= low / mean
        low -= 1
        u -= below
        if u < 0.0:
            return low
        if above < TINY and below < TINY:  # what is left of u is rounding
            return high
    return mode


@kernel
def at_mode(n, mean):
    """exp(-mean) mean**n / n! for a whole n >= 16 less than one from the mean, by Stirling's series for n!."""
    away = mean - n
    square = 1.0 / (n * n)
    series = 1.0 / 1260.0 - square * (1.0 / 1680.0 - square / 1188.0)
    stirling = (1.0 / 12.0 - square * (1.0 / 360.0 - square * series)) / n
    return math.exp(n * math.log1p(away / n) - away - stirling) / math.sqrt(2.0 * math.pi * n)


@kernel
def list_events(table, start, step, channel):
    e = 0
    for k in range(table.shape[0]):
        for c in range(table.shape[1]):
            for _ in range(table[k, c]):
                step[e] = start + k
                channel[e] = c
                e += 1
