"""Resampling: from one step to another without aliases, by a polyphase filter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from graphnet import ArrayLayer, NonNegative, Positive, Seconds, Size, Span, State, kernel, positional

from .durations import whole
from .filters import NO_NOISE

FEW = 8  # channels below which a vector of them is not worth its loop


class Resample(ArrayLayer):
    r"""Changes the step of a signal from ``dt_in`` to ``dt_out``, low-passed so that no frequency turns into another.

    The layer's own ``dt`` divides both, and is best their greatest common divisor. A slower layer of step ``dt_in`` in
    front of it is held for it by the network, so it reads its input at the multiples of ``dt_in`` alone; it computes
    its output at the multiples of ``dt_out`` alone and holds it in between, so a layer of that step behind it reads
    every value once. With dt_in = p g and dt_out = q g, p and q without common divisor, in steps of g and with taps h:
    y(n q) = sum of h[i] x(n q - i) over the i for which n q - i is a multiple of p. That is scipy.signal.upfirdn(h, x,
    p, q), in the same number of products; with p = 1 it is a filter to sample behind, with q = 1 an interpolation.

    h is a sinc of cutoff 1 / (2 max(dt_in, dt_out)) under a Kaiser window of shape ``beta``, ``half_length`` of the
    slower steps to either side, as scipy.signal.resample_poly designs it. So y lags behind x by the group delay
    half_length max(dt_in, dt_out), which ``group_delay`` shows in seconds, and which resample_poly takes off.

    Shapes: x, y (T, N). State: y (N,), the value held; past (K, N), the last inputs read, the oldest first; start at 0.
    Raises ParameterError where ``dt_in`` or ``dt_out`` is no whole number of steps, and where they are equal.
    Source: Oppenheim and Schafer 2010, Discrete-Time Signal Processing, 3rd edition, chapters 4 (changing the sampling
    rate, polyphase filters) and 7 (Kaiser windows).

    >>> from graphnet import TSContinuous
    >>> layer = Resample(1, dt_out=0.004, dt=1e-3)
    >>> layer.group_delay
    0.04
    >>> layer.evolve(TSContinuous.from_clocked([[1.0]] * 100, dt=1e-3)).samples[-8:].T.round(3)
    array([[1., 1., 1., 1., 1., 1., 1., 1.]])
    """

    size: Size = positional()
    dt_in: Positive[Seconds] | None = None
    """The step of the signal that it reads, a whole number of its own steps; ``dt`` where not given."""
    dt_out: Positive[Seconds] | None = None
    """The step of the signal that it gives, a whole number of its own steps; ``dt`` where not given."""
    half_length: Size = 10
    """How far the filter reaches to either side, in steps of the slower signal: the more, the steeper."""
    beta: NonNegative[float] = 5.0
    """The shape of the Kaiser window: the larger, the less of an alias is left, and the less steep."""

    family: ClassVar[str] = "filters"
    recordable: ClassVar[tuple[str, ...]] = ("y",)
    example: ClassVar[Mapping[str, Any]] = {"dt_in": 0.004, "dt_out": 0.006}

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_NOISE)
        self._every_in, self._every_out = (
            1 if self.value(name) is None else whole(self, name) for name in ("dt_in", "dt_out")
        )
        self.must(self._every_in != self._every_out, "dt_out", "must differ from dt_in (dt where not given)")
        self._tick = math.gcd(self._every_in, self._every_out)
        up, down = self._every_in // self._tick, self._every_out // self._tick
        taps = design(up, down, self.half_length, self.beta)
        # row r: the taps r, r + up, r + 2 up, ..., those that meet an input where the newest one is r ticks old
        self._phases = np.zeros((up, -(-len(taps) // up)))
        for r in range(up):
            own = taps[r::up]
            self._phases[r, : len(own)] = own
        self._phases = self._phases.astype(self.dtype)
        self._lengths = np.array([len(taps[r::up]) for r in range(up)])

    @property
    def group_delay(self) -> float:
        """How far the output lags behind the input, in seconds."""
        return self.half_length * max(self._every_in, self._every_out) * self.dt

    def initial(self) -> State:
        past = np.zeros((self._phases.shape[1], self.size), dtype=self.dtype)
        return {"y": np.zeros(self.size, dtype=self.dtype), "past": past}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        past = state["past"]
        held = len(past)
        first = -span.start % self._every_in  # the row of the first input that is read
        read = len(range(first, span.steps, self._every_in))
        x = span.empty((held + read, self.size), self.dtype)
        x[:held] = past
        x[held:] = 0 if block is None else block[first :: self._every_in]
        y = span.empty((span.steps, self.size), self.dtype)
        filtered(x, self._phases, self._lengths, span.start, self._every_in, self._every_out, self._tick, state["y"], y)
        past[:] = x[read:]
        if "y" in span.watch:
            span.watch["y"][:] = y
        return state, y


def design(up: int, down: int, half_length: int, beta: float) -> NDArray[np.float64]:
    """The taps of a low-pass filter with the cutoff of the slower side, whose sum is ``up``."""
    slower = max(up, down)
    reach = half_length * slower
    taps = np.sinc(np.arange(-reach, reach + 1) / slower) * np.kaiser(2 * reach + 1, beta)
    return taps * (up / taps.sum())


@kernel
def filtered(x, phases, lengths, start, every_in, every_out, tick, held, y):
    """``x``: what was read before, then what is read in this block; ``held`` is the value of each step in ``y``."""
    before = phases.shape[1] - (start + every_in - 1) // every_in  # input m stands in row before + m of x
    for k in range(y.shape[0]):
        now = start + k
        if now % every_out == 0:
            newest = now // every_in
            phase = (now - newest * every_in) // tick
            combine(phases[phase], lengths[phase], x, before + newest, held)
        row = y[k]
        for j in range(row.shape[0]):
            row[j] = held[j]


@kernel
def combine(taps, count, x, newest, held):
    """held = sum of taps[i] x[newest - i], i ascending: of many channels row by row, of few one after the other."""
    if held.shape[0] < FEW:
        for j in range(held.shape[0]):
            total = taps.dtype.type(0)
            for i in range(count):
                total += taps[i] * x[newest - i, j]
            held[j] = total
    else:
        held[:] = 0
        for i in range(count):
            tap, sample = taps[i], x[newest - i]
            for j in range(held.shape[0]):
                held[j] += tap * sample[j]
