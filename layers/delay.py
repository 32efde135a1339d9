"""Delay: the input, later, channel by channel; in a loop it is what the others wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from graphnet import (
    ArrayLayer,
    Arriving,
    Events,
    Exchange,
    NonNegative,
    PerUnit,
    Seconds,
    SeriesType,
    Size,
    Span,
    State,
    Stepping,
    TimeSeries,
    TSContinuous,
    TSEvent,
    kernel,
    positional,
)

from .durations import whole_per_unit
from .linear import silence


class Delay(ArrayLayer):
    """The input, later: y_j(t) = u_j(t - delay_j), zeros or no events before anything arrives.

    ``delay`` is a whole number of steps, one for all channels or one for each. A loop through the layer needs no
    further delay: the shortest of its channels counts as the delay of an edge does.

    Shapes: u, y (T, N), or events on N channels, some repeated. State, with D the longest delay in steps: line (D, N),
    a ring of the last D samples; or of events (D + 1, N) int32, how many will come out in which of the next steps; at
    (1,) int64, where the ring begins; of events also held (D + 1,) int64, how many stand in each row.
    Raises ParameterError for a delay that is no whole number of steps, naming the two nearest.
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> from graphnet import TSContinuous
    >>> layer = Delay(2, delay=[0.002, 0.001], dt=1e-3)
    >>> layer.evolve(TSContinuous.from_clocked([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]], dt=1e-3)).samples.T
    array([[0., 0., 1.],
           [0., 1., 2.]])
    """

    size: Size = positional()
    input_type: SeriesType = positional(default=TSContinuous)
    delay: PerUnit[NonNegative[Seconds]]
    """How much later the output is."""

    family: ClassVar[str] = "filters"
    example: ClassVar[Mapping[str, Any]] = {"delay": (0.005, 0.002, 0.003)}
    demonstration: ClassVar[Mapping[str, Any]] = {"delay": 0.05}

    nir_name: ClassVar[str | None] = "Delay"

    @property
    def output_type(self) -> type[TimeSeries]:
        """The kind of series that it emits: the one it accepts."""
        return self.input_type

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: what is under way does not change")
        self._delays = whole_per_unit(self, "delay")
        self._longest = int(self._delays.max())
        self._alike = bool(np.all(self._delays == self._longest))

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        delays = np.asarray(node.delay, dtype=np.float64).reshape(-1)
        delay = float(delays[0]) if np.all(delays == delays[0]) else np.broadcast_to(delays, (arriving.size,))
        return cls(arriving.size, arriving.type, delay=delay, dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        return Exchange().then("Delay", delay=self.nir_units(self.delay, shape))

    def initial(self) -> State:
        at = np.zeros(1, dtype=np.int64)
        if self.input_type is TSEvent:
            rows = self._longest + 1
            return {"line": np.zeros((rows, self.size), np.int32), "at": at, "held": np.zeros(rows, np.int64)}
        return {"line": np.zeros((self._longest, self.size), dtype=self.dtype), "at": at}

    def trusts(self, state: State) -> bool:
        if "at" not in state:
            return True
        line, held = state["line"], state.get("held")
        counted = held is None or bool((line >= 0).all() and (line.sum(axis=1, dtype=np.int64) == held).all())
        return counted and 0 <= int(state["at"][0]) < len(line)

    def lag(self) -> int:
        return int(self._delays.min())

    def ahead(self, state: State, span: Span) -> Any:
        if self.input_type is TSEvent:
            rows = (state["at"][0] + np.arange(span.steps)) % len(state["line"])
            coming = state["line"][rows]
            step, channel = np.nonzero(coming)
            many = coming[step, channel]
            return Events(np.repeat(step + span.start, many), np.repeat(channel, many).astype(np.int32))
        y = np.empty((span.steps, self.size), dtype=self.dtype)
        look(state["line"], state["at"], self._delays, y)
        return y

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        u = silence(self, span) if block is None else block
        if isinstance(u, Events):
            return state, self._later(state, u, span) if self._longest else u
        y = span.empty((span.steps, self.size), self.dtype)
        y[:] = u
        if self._longest and self._alike:
            exchange(state["line"], state["at"], y)
        elif self._longest:
            exchange_each(state["line"], state["at"], self._delays, y)
        return state, y

    def stepping(self, state: State, span: Span) -> Stepping | None:
        if self.input_type is TSEvent:
            return None
        return Stepping(step_exchange, (state["line"], state["at"], self._delays), ahead=step_look)

    def _later(self, state: State, events: Events, span: Span) -> Events:
        room = int(state["held"].sum()) + events.count
        out = Events(np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int32))
        given = (self._delays, *events, span.start, span.steps, *out)
        count = exchange_events(state["line"], state["at"], state["held"], *given)
        return Events(out.step[:count], out.channel[:count])


@kernel
def step_exchange(first, given, made, line, at, delays):
    made[:] = given
    exchange_each(line, at, delays, made)


@kernel
def step_look(first, given, made, line, at, delays):
    look(line, at, delays, made)


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
def exchange_each(line, at, delays, y):
    """The same where channels differ: each takes the sample of as many steps ago as it waits."""
    n = at[0]
    for k in range(y.shape[0]):
        row = y[k]
        for j in range(row.shape[0]):
            if delays[j] > 0:
                i = n - delays[j]
                i += line.shape[0] if i < 0 else 0
                old = line[i, j]
                line[n, j] = row[j]
                row[j] = old
        n = n + 1 if n + 1 < line.shape[0] else 0
    at[0] = n


@kernel
def look(line, at, delays, y):
    """The rows that come next, as long as no delay is shorter than they are many; the ring stays as it is."""
    for k in range(y.shape[0]):
        for j in range(y.shape[1]):
            i = (at[0] + k - delays[j]) % line.shape[0]
            y[k, j] = line[i, j]


@kernel
def exchange_events(line, at, held, delays, step, channel, start, steps, out_step, out_channel):
    """Put numbers of events where they will come out, and take out those of each step; rows where nothing stands are
    passed over. Returns how many come out."""
    n, seen, count = at[0], 0, 0
    rows = line.shape[0]
    for k in range(steps):
        while seen < step.shape[0] and step[seen] == start + k:
            j = channel[seen]
            i = (n + delays[j]) % rows
            line[i, j] += 1
            held[i] += 1
            seen += 1
        if held[n] > 0:
            count = take_out(line[n], start + k, out_step, out_channel, count)
            held[n] = 0
        n = n + 1 if n + 1 < rows else 0
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
