"""Layers that hand samples and events on as they are: to other channels, or later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

import numpy as np

from graphnet import (
    ArrayLayer,
    Arriving,
    Events,
    Exchange,
    ExchangeError,
    NonNegative,
    Seconds,
    SeriesType,
    Size,
    Span,
    State,
    TimeSeries,
    TSContinuous,
    TSEvent,
    kernel,
    positional,
    steps_of,
)

from .linear import NO_STATE, silence
from .listed import Listed


class Select(ArrayLayer):
    """Some of the channels, in any order, also several times: output channel j is input channel channels[j].

    Shapes: u (T, ``size_in``) or events on as many channels, y of the same kind on len(``channels``). No state.
    Raises ParameterError for no channel, and for one outside of 0 to ``size_in`` - 1.

    >>> from graphnet import TSContinuous
    >>> Select([2, 0], 3).evolve(TSContinuous.from_clocked([[1.0, 2.0, 3.0]], dt=1e-3)).samples
    array([[3., 1.]])
    """

    channels: Annotated[Sequence[int], Listed(tuple[int, ...])] = positional()
    """Output channel j is input channel ``channels[j]``."""
    size_in: Size = positional()
    input_type: SeriesType = positional(default=TSContinuous)

    example: ClassVar[Mapping[str, Any]] = {"channels": (2, 0, 2, 3), "size_in": 4}
    demonstration: ClassVar[Mapping[str, Any]] = {"channels": (1,), "size_in": 2}

    def sizes(self) -> tuple[int, int, int]:
        size = len(self.channels)
        self.must(size > 0, "channels", "must name at least one channel")
        return self.value("size_in"), size, size

    @property
    def output_type(self) -> type[TimeSeries]:
        """The kind of series that it emits: the one it accepts."""
        return self.input_type

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_STATE)
        for one in self.channels:
            self.must(0 <= one < self.size_in, "channels", f"must be from 0 to {self.size_in - 1}, got {one}")
        self._channels = np.array(self.channels, dtype=np.int64)
        # for events the other way round: the outputs of input c are _outputs[_first[c] : _first[c + 1]], ascending
        self._outputs = np.argsort(self._channels, kind="stable").astype(np.int32)
        self._copies = np.bincount(self._channels, minlength=self.size_in)
        self._first = np.concatenate([[0], np.cumsum(self._copies)])

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        weights = np.zeros((self.size_in, self.size_out))
        weights[self._channels, np.arange(self.size_out)] = 1.0
        return self.nir_product(weights, shape)

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        u = silence(self, span) if block is None else block
        if isinstance(u, Events):
            return state, self._selected(u)
        y = span.empty((span.steps, self.size_out), self.dtype)
        y[:] = u[:, self._channels]
        return state, y

    def _selected(self, events: Events) -> Events:
        copies = self._copies[events.channel]
        step = np.repeat(events.step, copies)
        # the place of each copy among those of its event
        among = np.arange(len(step)) - np.repeat(np.cumsum(copies) - copies, copies)
        channel = self._outputs[np.repeat(self._first[events.channel], copies) + among]
        order = np.lexsort((channel, step))
        return Events(step[order], channel[order])


class Delay(ArrayLayer):
    """The input, later: y(t) = u(t - delay), zeros or no events before anything arrives.

    Shapes: u, y (T, N), or events on N channels, some repeated. ``delay`` is a whole number D of steps.
    State: line (D, N), a ring of the last D samples, or of the numbers of events of the last D steps (int32); at (1,)
    int64, where its oldest stands; of events also held (D,) int64, how many stand in each row.
    Raises ParameterError for a delay that is no whole number of steps, naming the two nearest.
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> from graphnet import TSContinuous
    >>> layer = Delay(1, delay=0.002, dt=1e-3)
    >>> layer.evolve(TSContinuous.from_clocked([[1.0], [2.0], [3.0]], dt=1e-3)).samples.T
    array([[0., 0., 1.]])
    """

    size: Size = positional()
    input_type: SeriesType = positional(default=TSContinuous)
    delay: NonNegative[Seconds]
    """How much later the output is."""

    example: ClassVar[Mapping[str, Any]] = {"delay": 0.005}
    demonstration: ClassVar[Mapping[str, Any]] = {"delay": 0.05}

    nir_name: ClassVar[str | None] = "Delay"

    @property
    def output_type(self) -> type[TimeSeries]:
        """The kind of series that it emits: the one it accepts."""
        return self.input_type

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: what is under way does not change")
        below, above = (int(abs(steps_of(np.array([sign * self.delay]), self.dt)[0])) for sign in (1, -1))
        nearest = f"{below * self.dt!r} s and {above * self.dt!r} s"
        self.must(
            below == above,
            "delay",
            f"must be a whole number of steps of {self.dt!r} s, got {self.delay!r} s; the nearest are {nearest}",
        )
        self._steps = below

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        delays = np.unique(node.delay)
        if len(delays) > 1:
            raise ExchangeError(f"the channels of a delay share one here, got several: {delays.tolist()} s")
        return cls(arriving.size, arriving.type, delay=float(delays[0]), dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        return Exchange().then("Delay", delay=self.nir_units(self.delay, shape))

    def initial(self) -> State:
        shape, at = (self._steps, self.size), np.zeros(1, dtype=np.int64)
        if self.input_type is TSEvent:
            return {"line": np.zeros(shape, dtype=np.int32), "at": at, "held": np.zeros(self._steps, dtype=np.int64)}
        return {"line": np.zeros(shape, dtype=self.dtype), "at": at}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        u = silence(self, span) if block is None else block
        if isinstance(u, Events):
            return state, self._later(state, u, span) if self._steps else u
        y = span.empty((span.steps, self.size), self.dtype)
        y[:] = u
        if self._steps:
            exchange(state["line"], state["at"], y)
        return state, y

    def _later(self, state: State, events: Events, span: Span) -> Events:
        room = int(state["held"].sum()) + events.count
        out = Events(np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int32))
        count = exchange_events(state["line"], state["at"], state["held"], *events, span.start, span.steps, *out)
        return Events(out.step[:count], out.channel[:count])


@kernel
def exchange(line, at, y):
    """Give each row its place in the ring, and take what stood there: the row of D steps ago."""
    n = at[0]
    for k in range(y.shape[0]):
        row, kept = y[k], line[n]
        for j in range(row.shape[0]):
            old = kept[j]
            kept[j] = row[j]
            row[j] = old
        n = n + 1 if n + 1 < line.shape[0] else 0
    at[0] = n


@kernel
def exchange_events(line, at, held, step, channel, start, steps, out_step, out_channel):
    """The same for numbers of events; rows where nothing stands are passed over. Returns how many come out."""
    n, seen, count = at[0], 0, 0
    for k in range(steps):
        kept = line[n]
        if held[n] > 0:
            count = take_out(kept, start + k, out_step, out_channel, count)
            held[n] = 0
        while seen < step.shape[0] and step[seen] == start + k:
            kept[channel[seen]] += 1
            held[n] += 1
            seen += 1
        n = n + 1 if n + 1 < line.shape[0] else 0
    at[0] = n
    return count


@kernel
def take_out(kept, now, out_step, out_channel, count):
    """Write the events of one row, which is empty afterwards."""
    for j in range(kept.shape[0]):
        for _ in range(kept[j]):
            out_step[count] = now
            out_channel[count] = j
            count += 1
        kept[j] = 0
    return count
