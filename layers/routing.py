"""Select: samples and events as they are, on other channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np

from graphnet import (
    ArrayLayer,
    Events,
    Exchange,
    SeriesType,
    Size,
    Span,
    State,
    TimeSeries,
    TSContinuous,
    positional,
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
