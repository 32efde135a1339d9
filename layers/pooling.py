"""Layers over flattened maps: pooling, flattening. Channels are maps in C order: (channel, row, column)."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

import numpy as np

from graphnet import (
    ArrayLayer,
    Arriving,
    Events,
    Exchange,
    SeriesType,
    Span,
    State,
    TimeSeries,
    TSContinuous,
    kernel,
    positional,
)

from .linear import NO_STATE, silence
from .listed import Listed
from .windows import Pair, maps_of, window


class Pool2d(ArrayLayer, register=False):
    """What pooling layers share: a number made of each window of each map."""

    input_shape: Annotated[Sequence[int], Listed(tuple[int, int, int])] = positional()
    kernel_size: Pair = positional()
    stride: Annotated[int | Sequence[int] | None, Listed(int | tuple[int, int] | None)] = None
    padding: Annotated[int | Sequence[int], Listed(int | tuple[int, int])] = 0
    input_type: SeriesType = TSContinuous

    family: ClassVar[str] = "weights"
    example: ClassVar[Mapping[str, Any]] = {"input_shape": (2, 5, 6), "kernel_size": (2, 3), "padding": 1}
    demonstration: ClassVar[Mapping[str, Any]] = {"input_shape": (1, 2, 4), "kernel_size": 2, "padding": 0}

    @abstractmethod
    def share(self) -> float:
        """What the sum over a window is multiplied with."""

    def sizes(self) -> tuple[int, int, int]:
        channels, rows, columns = self.input_shape
        self.must(channels > 0, "input_shape", f"must be above 0, got {tuple(self.input_shape)}")
        stride = self.kernel_size if self.stride is None else self.stride
        self._window = window(self, (rows, columns), self.kernel_size, stride, self.padding)
        size = channels * math.prod(self._window.outer)
        return channels * rows * columns, size, size

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_STATE)

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """(channels, rows, columns) of what it emits."""
        return (self.input_shape[0], *self._window.outer)

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        given = {"stride": node.stride, "padding": node.padding, "input_type": arriving.type, "dt": arriving.dt}
        return cls(maps_of(arriving), node.kernel_size, **given)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        here = self._window
        given = {"kernel_size": here.kernel, "stride": here.stride, "padding": here.before}
        made = Exchange(takes=tuple(self.input_shape), gives=self.output_shape)
        return made.then(type(self).__name__, **{name: np.array(value) for name, value in given.items()})

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        y = span.empty((span.steps, self.size_out), self.dtype)
        y[:] = 0
        channels = self.input_shape[0]
        maps = y.reshape(span.steps, channels, *self._window.outer)
        share = y.dtype.type(self.share())
        if isinstance(block, Events):
            drop(*block, span.start, share, maps, *self._window)
        elif block is not None:
            add_windows(block.reshape(span.steps, channels, *self._window.inner), share, maps, *self._window)
        return state, y


class SumPool2d(Pool2d):
    """Sum over each window of each map; of events, the number of events in the window in that step.

    Shapes: u (T, C * H * W) or events on as many channels, maps in C order of ``input_shape`` (C, H, W); y (T, C * H' *
    W') with H' = (H + 2 padding - kernel_size) // stride + 1, likewise W'. No state. ``stride``: ``kernel_size`` where
    None. Padded zeros add nothing.
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> from graphnet import TSContinuous
    >>> layer = SumPool2d((1, 2, 4), 2)
    >>> layer.evolve(TSContinuous.from_clocked([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]], dt=1e-3)).samples
    array([[14., 22.]])
    """

    nir_name: ClassVar[str | None] = "SumPool2d"

    def share(self) -> float:
        return 1.0


class AvgPool2d(Pool2d):
    """Mean over each window of each map: the sum that ``SumPool2d`` gives over the number of places of the window.

    Shapes: as of ``SumPool2d``. No state. Padded zeros count as places.
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> from graphnet import TSContinuous
    >>> layer = AvgPool2d((1, 2, 4), 2)
    >>> layer.evolve(TSContinuous.from_clocked([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]], dt=1e-3)).samples
    array([[3.5, 5.5]])
    """

    nir_name: ClassVar[str | None] = "AvgPool2d"

    def share(self) -> float:
        return 1.0 / math.prod(self._window.kernel)


@kernel
def add_windows(x, share, out, inner, outer, size, stride, before, dilation):
    """The sum of each window, rows first, times ``share``."""
    for k in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(outer[0]):
                top = i * stride[0] - before[0]
                for j in range(outer[1]):
                    left = j * stride[1] - before[1]
                    total = out[k, c, i, j]
                    for row in range(max(top, 0), min(top + size[0], inner[0])):
                        for column in range(max(left, 0), min(left + size[1], inner[1])):
                            total += x[k, c, row, column]
                    out[k, c, i, j] = total * share


@kernel
def drop(step, channel, start, share, out, inner, outer, size, stride, before, dilation):
    """Add ``share`` to every window that an event falls into."""
    area = inner[0] * inner[1]
    for e in range(step.shape[0]):
        c, place = channel[e] // area, channel[e] % area
        row, column = place // inner[1] + before[0], place % inner[1] + before[1]
        maps = out[step[e] - start, c]
        for i in range(max(0, -((size[0] - 1 - row) // stride[0])), min(row // stride[0] + 1, outer[0])):
            for j in range(max(0, -((size[1] - 1 - column) // stride[1])), min(column // stride[1] + 1, outer[1])):
                maps[i, j] += share


class Flatten(ArrayLayer):
    """Maps as one row of channels: y = u, since channels are flat here in any case; what changes is their shape in NIR.

    Shapes: u, y (T, N), or events on N channels, N the product of ``input_shape``. No state. ``start_dim`` to
    ``end_dim``, both included and counted from 0 (from the end where negative), become one: see ``output_shape``.
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> Flatten((2, 4, 4)).output_shape, Flatten((2, 4, 4), start_dim=0).output_shape
    ((2, 16), (32,))
    """

    input_shape: Annotated[Sequence[int], Listed(tuple[int, ...])] = positional()
    start_dim: int = 1
    end_dim: int = -1
    input_type: SeriesType = TSContinuous

    example: ClassVar[Mapping[str, Any]] = {"input_shape": (2, 3, 4)}
    demonstration: ClassVar[Mapping[str, Any]] = {"input_shape": (1, 2, 2)}

    nir_name: ClassVar[str | None] = "Flatten"

    @property
    def output_type(self) -> type[TimeSeries]:
        """The kind of series that it emits: the one it accepts."""
        return self.input_type

    def sizes(self) -> tuple[int, int, int]:
        shape = tuple(self.input_shape)
        self.must(len(shape) > 0 and min(shape) > 0, "input_shape", f"must be numbers above 0, got {shape}")
        size = math.prod(shape)
        return size, size, size

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_STATE)
        many = len(self.input_shape)
        for name, value in (("start_dim", self.start_dim), ("end_dim", self.end_dim)):
            self.must(-many <= value < many, name, f"must be from {-many} to {many - 1}, got {value}")
        first, last = self.start_dim % many, self.end_dim % many
        self.must(first <= last, "start_dim", f"must not come after end_dim, got {self.start_dim} and {self.end_dim}")
        joined = math.prod(self.input_shape[first : last + 1])
        self._shape = (*self.input_shape[:first], joined, *self.input_shape[last + 1 :])

    @property
    def output_shape(self) -> tuple[int, ...]:
        """The shape of what it emits."""
        return self._shape

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        start, end = int(node.start_dim), int(node.end_dim)
        return cls(arriving.shape, start_dim=start, end_dim=end, input_type=arriving.type, dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        given = {"input_type": np.array(self.input_shape), "start_dim": self.start_dim, "end_dim": self.end_dim}
        return Exchange(takes=tuple(self.input_shape), gives=self.output_shape).then("Flatten", **given)

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        return state, silence(self, span) if block is None else block
