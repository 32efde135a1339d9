"""Decoders: events in, a continuous signal out that counts them or estimates their rate; and the softmax."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    ArrayLayer,
    Positive,
    Seconds,
    Size,
    Span,
    State,
    TimeSeries,
    TSEvent,
    kernel,
    positional,
)

from .durations import whole
from .filters import own
from .linear import NO_STATE

NO_NOISE = "must be 0: add noise to the signal behind this layer"


class SpikeCounter(ArrayLayer):
    """Counts the events of each channel in a window of W steps.

    ``sliding``: y_k counts the W steps that end with step k, itself among them; before step W, those that there are.
    ``tumbling``: windows lie side by side from time 0 of the clock, and y_k counts the last one that is complete with
    step k; 0 before the first is. A layer whose step is the window then reads each count once, one window later.

    Shapes: events on N channels, y (T, N). State: count (N,) int64, what y shows; ``sliding`` also line (W, N) int32, a
    ring of the numbers of the last W steps, and at (1,) int64, where its oldest stands; ``tumbling`` also running (N,)
    int64, the count of the window that is not complete.
    Raises ParameterError for a window that is no whole number of steps.

    >>> from graphnet import TSEvent
    >>> spikes = TSEvent([0.0, 0.001, 0.001, 0.003], [0, 0, 0, 0], t_stop=0.006)
    >>> SpikeCounter(1, window=0.002).evolve(spikes).samples.T
    array([[1., 3., 2., 1., 1., 0.]])
    >>> SpikeCounter(1, window=0.002, mode="tumbling").evolve(spikes).samples.T
    array([[0., 3., 3., 1., 1., 0.]])
    """

    size: Size = positional()
    window: Positive[Seconds]
    """How long the window is: a whole number of steps."""
    mode: Literal["sliding", "tumbling"] = "sliding"
    """Whether every step ends a window, or windows lie side by side."""

    family: ClassVar[str] = "encoders"
    accepts: ClassVar[type[TimeSeries]] = TSEvent
    recordable: ClassVar[tuple[str, ...]] = ("count",)
    example: ClassVar[Mapping[str, Any]] = {"window": 0.013}
    demonstration: ClassVar[Mapping[str, Any]] = {"window": 0.03}

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_NOISE)
        self._window = whole(self, "window")

    def initial(self) -> State:
        count = np.zeros(self.size, dtype=np.int64)
        return {
            "count": count,
            **(ring(self._window, self.size) if self.mode == "sliding" else {"running": count.copy()}),
        }

    def trusts(self, state: State) -> bool:
        return in_ring(state)

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        y = numbers_of(self, block, span)
        if self.mode == "sliding":
            slide(state["count"], state["line"], state["at"], y)
        else:
            tumble(state["count"], state["running"], span.start, self._window, y)
        if "count" in span.watch:
            span.watch["count"][:] = y
        return state, y


class RateDecoder(ArrayLayer):
    r"""Estimates the rate of the events of each channel, in Hz.

    ``exponential``: tau dy/dt = n/dt - y with tau = ``width``, exact for the n events of a step spread evenly over it,
    so y <- exp(-dt/tau) y + (1 - exp(-dt/tau)) n/dt, whose mean is the rate at any dt. ``window``: the events of the
    last ``width`` seconds, the present step among them, divided by ``width``; too low until as much time has passed.

    Shapes: events on N channels, y (T, N). State: rate (N,); ``window`` also count (N,), line (W, N) and at (1,), as
    ``SpikeCounter`` has them.
    Raises ParameterError for a window that is no whole number of steps.
    Source: Dayan and Abbott 2001, Theoretical Neuroscience, section 1.2 (measuring firing rates).

    >>> import math
    >>> from graphnet import TSEvent
    >>> spikes = TSEvent([0.0, 0.001], [0, 0], t_stop=0.003)
    >>> RateDecoder(1, width=1e-3 / math.log(2)).evolve(spikes).samples.T
    array([[500., 750., 375.]])
    >>> RateDecoder(1, width=0.002, form="window").evolve(spikes).samples.T
    array([[ 500., 1000.,  500.]])
    """

    size: Size = positional()
    width: Positive[Seconds]
    """The time constant of the exponential, or the length of the window: a whole number of steps."""
    form: Literal["exponential", "window"] = "exponential"
    """What an event becomes: a jump that decays, or a window that begins with it."""

    family: ClassVar[str] = "encoders"
    accepts: ClassVar[type[TimeSeries]] = TSEvent
    recordable: ClassVar[tuple[str, ...]] = ("rate",)
    example: ClassVar[Mapping[str, Any]] = {"width": 0.02}

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_NOISE)
        self._window = whole(self, "width") if self.form == "window" else 0
        narrow = np.dtype(self.dtype).type
        self._keep = narrow(math.exp(-self.dt / self.width))
        self._jump = narrow(-math.expm1(-self.dt / self.width) / self.dt)

    def initial(self) -> State:
        rate = np.zeros(self.size, dtype=self.dtype)
        if self.form == "exponential":
            return {"rate": rate}
        return {"rate": rate, "count": np.zeros(self.size, dtype=np.int64), **ring(self._window, self.size)}

    def trusts(self, state: State) -> bool:
        return in_ring(state)

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        y = numbers_of(self, block, span)
        if self.form == "exponential":
            average(state["rate"], self._keep, self._jump, y)
        else:
            slide(state["count"], state["line"], state["at"], y)
            y /= self.width
            state["rate"][:] = y[-1] if span.steps else state["rate"]
        if "rate" in span.watch:
            span.watch["rate"][:] = y
        return state, y


class Softmax(ArrayLayer):
    """Softmax over the channels: y_i = exp(u_i / temperature) / sum_j exp(u_j / temperature).

    The largest u is taken off first, which changes nothing but keeps the exponentials below 1. Every row of y sums to 1
    to rounding; -inf gives 0, a row with NaN or +inf is NaN (where they are let in).

    Shapes: u, y (T, N). No state.
    Source: Bishop 2006, Pattern Recognition and Machine Learning, section 4.2 (the softmax function).

    >>> import math
    >>> from graphnet import TSContinuous
    >>> Softmax(2).evolve(TSContinuous.from_clocked([[math.log(3.0), 0.0], [1e6, 0.0]], dt=1e-3)).samples.round(12)
    array([[0.75, 0.25],
           [1.  , 0.  ]])
    """

    size: Size = positional()
    temperature: Positive[float] = 1.0
    """How large a difference between channels counts: the lower, the more the largest takes all."""

    family: ClassVar[str] = "readouts"
    demonstration: ClassVar[Mapping[str, Any]] = {"size": 2, "temperature": 0.5}

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_STATE)

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        y = own(self, block, span)
        normalise(y, self.temperature)
        return state, y


def numbers_of(layer: ArrayLayer, block: Any, span: Span) -> NDArray[Any]:
    """How many events each step and channel has, as an array of the layer's dtype to write to."""
    y = span.empty((span.steps, layer.size_in), layer.value("dtype"))
    y[:] = 0
    if block is not None:
        tally(*block, span.start, y)
    return y


def in_ring(state: State) -> bool:
    """Whether the oldest stands within the ring, where there is one."""
    return "at" not in state or 0 <= int(state["at"][0]) < len(state["line"])


def ring(window: int, size: int) -> State:
    """The numbers of events of the last steps, none yet, and where the oldest stands."""
    return {"line": np.zeros((window, size), dtype=np.int32), "at": np.zeros(1, dtype=np.int64)}


@kernel
def tally(step, channel, start, y):
    for e in range(step.shape[0]):
        y[step[e] - start, channel[e]] += 1


@kernel
def slide(count, line, at, y):
    """Scan over time: ``y`` holds the numbers of each step and becomes those of the window that ends with it."""
    n = at[0]
    for k in range(y.shape[0]):
        row, oldest = y[k], line[n]
        for j in range(row.shape[0]):
            new = np.int32(row[j])
            count[j] += np.int64(new) - np.int64(oldest[j])
            oldest[j] = new
            row[j] = count[j]
        n = n + 1 if n + 1 < line.shape[0] else 0
    at[0] = n


@kernel
def tumble(count, running, start, window, y):
    """The same for windows side by side: the last one that is complete."""
    for k in range(y.shape[0]):
        row, place = y[k], (start + k) % window
        if place == 0:
            running[:] = 0
        for j in range(row.shape[0]):
            running[j] += np.int64(row[j])
        if place == window - 1:
            count[:] = running
        for j in range(row.shape[0]):
            row[j] = count[j]


@kernel
def average(rate, keep, jump, y):
    """The same for an exponential that looks back."""
    for k in range(y.shape[0]):
        row = y[k]
        for j in range(row.shape[0]):
            rate[j] = keep * rate[j] + jump * row[j]
            row[j] = rate[j]


@kernel
def normalise(y, temperature):
    for k in range(y.shape[0]):
        row = y[k]
        top, total = row.max(), 0.0
        for j in range(row.shape[0]):
            one = math.exp((np.float64(row[j]) - np.float64(top)) / temperature)
            row[j] = one
            total += one
        for j in range(row.shape[0]):
            row[j] = row[j] / total
