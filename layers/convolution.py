"""Convolution over flattened maps. Channels are maps in C order: (channel, row, column)."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphnet import (
    ArrayLayer,
    Arriving,
    Events,
    Exchange,
    ParameterError,
    PerUnit,
    SeriesType,
    Size,
    Span,
    State,
    TSContinuous,
    Weights,
    kernel,
    positional,
)

from .linear import NO_STATE
from .listed import Listed
from .windows import Padding, Pair, Window, maps_of, window

PATCHES = 1 << 16  # numbers of patches that are laid out at a time: half a megabyte stays in cache


class Convolution(ArrayLayer, register=False):
    """What convolutions share: patches of the input maps, laid out as rows, times the weights; or a gather of events.

    Products go through the one door for them, in tiles of the same length for any block, so blocks change no bit.
    """

    weights: Weights = positional()
    bias: PerUnit[float] = 0.0
    groups: Size = 1
    input_type: SeriesType = TSContinuous

    family: ClassVar[str] = "weights"

    @abstractmethod
    def window(self) -> Window:
        """How the kernels go over a map. Raises ParameterError where they do not fit."""

    def sizes(self) -> tuple[int, int, int]:
        weights, here = self.value("weights"), self.window()
        dense = isinstance(weights, np.ndarray) and weights.ndim == 2
        self.must(dense, "weights", "must be a dense matrix: patches of the input in rows, kernels in columns")
        patch, kernels = weights.shape
        area = math.prod(here.kernel)
        self.must(
            patch % area == 0,
            "weights",
            f"must have a multiple of {area} rows, the places of a kernel, got shape {weights.shape}",
        )
        self.must(kernels % self.groups == 0, "groups", f"must divide the number of kernels, {kernels}")
        self._window, self._channels = here, patch // area * self.groups
        return self._channels * math.prod(here.inner), kernels, kernels * math.prod(here.outer)

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", NO_STATE)
        weights, each = self.matrix(), self.size // self.groups
        of_one = self._channels // self.groups
        self._bias = self.per_unit("bias")[:, None]
        self._by_group = [np.ascontiguousarray(weights[:, g : g + each]) for g in range(0, self.size, each)]
        # for events: the weights of all kernels at one place of a window, side by side
        taps = weights.reshape(of_one, *self._window.kernel, self.groups, each)
        self._taps = np.ascontiguousarray(taps.transpose(3, 0, 1, 2, 4))

    @property
    def kernels(self) -> NDArray[np.float64]:
        """The weights as kernels, (kernels, channels / groups, rows, columns); of Conv1d without the rows."""
        return self.weights.T.reshape(self.size, self._channels // self.groups, *self._window.kernel)

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(kernels, rows, columns) of what it emits; of Conv1d (kernels, length)."""
        return (self.size, *self._window.outer)

    def taken(self) -> tuple[int, ...]:
        """The shape of the maps that it reads, with their number."""
        return (self._channels, *self._window.inner)

    def without_groups(self) -> NDArray[np.float64]:
        """The kernels over all channels, with zeros for those of other groups: NIR's types know no groups."""
        of_one, each = self._channels // self.groups, self.size // self.groups
        every = np.zeros((self.size, self._channels, *self.kernels.shape[2:]))
        for g in range(self.groups):
            some = slice(g * each, (g + 1) * each)
            every[some, g * of_one : (g + 1) * of_one] = self.kernels[some]
        return every

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        y = span.empty((span.steps, self.size_out), self.dtype)
        maps = y.reshape(span.steps, self.size, -1)
        if isinstance(block, Events):
            places = span.empty(
                (span.steps, maps.shape[2], self.size), self.dtype
            )  # kernels side by side, for the sums
            places[:] = self._bias[:, 0]
            spread(*block, span.start, self._taps, places, *self._window)
            maps[:] = places.transpose(0, 2, 1)
            return state, y
        maps[:] = self._bias
        if block is not None:
            self._products(block.reshape(span.steps, self._channels, *self._window.inner), maps, span.start)
        return state, y

    def _products(self, x: NDArray[Any], maps: NDArray[Any], start: int) -> None:
        places, patch = math.prod(self._window.outer), len(self.matrix())
        each, of_one = self.size // self.groups, self._channels // self.groups
        room = max(1, PATCHES // (places * patch))
        rows = np.empty((room * places, patch), dtype=self.dtype)
        for low in range(0, len(x), room):
            some = x[low : low + room]
            many = len(some) * places
            for g, weights in enumerate(self._by_group):
                lay_out(some, g * of_one, of_one, rows, *self._window)
                sums = Span(start, many).product(rows[:many], weights)
                out = maps[low : low + room, g * each : (g + 1) * each]
                out += sums.reshape(len(some), places, each).transpose(0, 2, 1)


class Conv2d(Convolution):
    """Convolution over maps: y[o, i, j] = bias[o] + sum over c, a, b of kernel[o, c, a, b] u[c, i s + a d - p, j s + b
    d - p], for every step by itself, with stride s, dilation d and padding p, each its own for rows and columns.

    As everywhere in the field the kernel is not turned round (a cross-correlation). Of events, every event adds what a
    sample of 1 at its place would.

    Shapes: u (T, C * H * W) or events on as many channels, maps in C order; y (T, N * H' * W'). No state.
    ``weights``: (C / groups * rows * columns, N), a kernel a column, in C order; ``from_kernels`` takes them as (N, C /
    groups, rows, columns). ``input_shape``: (H, W); ``kernel_size``: (rows, columns). ``bias``: one, or (N,).
    ``padding``: zeros around each map; "valid" is none; "same" as many as let H' = H and W' = W at stride 1, an odd one
    below and to the right. ``groups``: kernels and channels fall into as many parts that have nothing to do with each
    other.
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> from graphnet import TSContinuous
    >>> layer = Conv2d.from_kernels([[[[1.0, -1.0]]]], (2, 3))
    >>> layer.evolve(TSContinuous.from_clocked([[1.0, 2.0, 4.0, 8.0, 8.0, 9.0]], dt=1e-3)).samples
    array([[-1., -2.,  0., -1.]])
    """

    input_shape: Annotated[Sequence[int], Listed(tuple[int, int])] = positional()
    kernel_size: Pair = positional()
    stride: Pair = 1
    padding: Padding = 0
    dilation: Pair = 1

    example: ClassVar[Mapping[str, Any]] = {
        "weights": np.linspace(-1.0, 2.0, 48).reshape(12, 4),
        "input_shape": (5, 4),
        "kernel_size": (3, 2),
        "stride": (2, 1),
        "padding": 1,
        "groups": 2,
        "bias": 0.25,
    }
    demonstration: ClassVar[Mapping[str, Any]] = {
        "weights": ((-0.5,), (0.5,), (-0.5,), (0.5,)),
        "input_shape": (2, 4),
        "kernel_size": 2,
        "stride": 1,
        "padding": 0,
        "groups": 1,
        "bias": 0.0,
    }

    nir_name: ClassVar[str | None] = "Conv2d"

    def window(self) -> Window:
        rows, columns = self.input_shape
        return window(self, (rows, columns), self.kernel_size, self.stride, self.padding, self.dilation)

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        shape = maps_of(arriving)[1:] if node.input_shape is None else node.input_shape
        given = {name: getattr(node, name) for name in ("stride", "padding", "dilation", "groups", "bias")}
        return cls.from_kernels(node.weight, shape, **given, input_type=arriving.type, dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        here, kernels = self._window, self.without_groups()
        padding = self.padding if isinstance(self.padding, str) else here.before
        if padding != "same" and here.kernel[0] != here.kernel[1]:
            kernels, padding = squared(kernels, here.before, here.dilation)
        given = {"weight": kernels, "stride": here.stride, "padding": padding, "dilation": here.dilation, "groups": 1}
        bias = self.per_unit("bias").astype(np.float64)
        made = Exchange(takes=self.taken(), gives=self.output_shape)
        return made.then("Conv2d", input_shape=here.inner, bias=bias, **given)

    @classmethod
    def from_kernels(cls, kernels: ArrayLike, input_shape: Sequence[int], **more: Any) -> Self:
        """A layer with kernels given as (N, C / groups, rows, columns). Raises ParameterError for another shape."""
        array = _kernels(kernels, cls, ("rows", "columns"))
        return cls(array.reshape(len(array), -1).T, input_shape, array.shape[2:], **more)


class Conv1d(Convolution):
    """Convolution along the length of maps, not along time: y[o, i] = bias[o] + sum over c, a of kernel[o, c, a] u[c, i
    s + a d - p], for every step by itself, with stride s, dilation d and padding p.

    Otherwise as ``Conv2d``, with maps (channel, place).

    Shapes: u (T, C * L) or events on as many channels, y (T, N * L'). No state. ``weights``: (C / groups * length, N);
    ``from_kernels`` takes them as (N, C / groups, length). ``input_shape``: L; ``kernel_size``: length of a kernel.
    Source: NIR's primitive of that name (Pedersen et al. 2024, Nature Communications 15:8122).

    >>> from graphnet import TSContinuous
    >>> layer = Conv1d.from_kernels([[[1.0, -1.0]]], 4)
    >>> layer.evolve(TSContinuous.from_clocked([[1.0, 2.0, 4.0, 8.0]], dt=1e-3)).samples
    array([[-1., -2., -4.]])
    """

    input_shape: Size = positional()
    kernel_size: Size = positional()
    stride: Size = 1
    padding: Annotated[int | str, Listed(int | Literal["same", "valid"])] = 0
    dilation: Size = 1

    example: ClassVar[Mapping[str, Any]] = {
        "weights": np.linspace(-1.0, 2.0, 24).reshape(6, 4),
        "input_shape": 7,
        "kernel_size": 3,
        "padding": "same",
        "dilation": 2,
    }
    demonstration: ClassVar[Mapping[str, Any]] = {
        "weights": ((-0.5,), (0.0,), (0.5,)),
        "input_shape": 6,
        "kernel_size": 3,
        "padding": "valid",
        "dilation": 1,
    }

    nir_name: ClassVar[str | None] = "Conv1d"

    def window(self) -> Window:
        padding = self.padding if isinstance(self.padding, str) else (0, self.padding)
        along = [(1, one) for one in (self.input_shape, self.kernel_size, self.stride, self.dilation)]
        inner, size, stride, dilation = along
        return window(self, inner, size, stride, padding, dilation)

    @property
    def kernels(self) -> NDArray[np.float64]:
        """The weights as kernels, (kernels, channels / groups, length)."""
        return super().kernels[:, :, 0]

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(kernels, length) of what it emits."""
        return self.size, self._window.outer[1]

    def taken(self) -> tuple[int, ...]:
        """The shape of the maps that it reads, with their number."""
        return self._channels, self.input_shape

    @classmethod
    def from_nir(cls, node: Any, arriving: Arriving) -> Self:
        length = maps_of(arriving, 2)[1] if node.input_shape is None else node.input_shape
        given = {name: getattr(node, name) for name in ("stride", "padding", "dilation", "groups", "bias")}
        return cls.from_kernels(node.weight, int(length), **given, input_type=arriving.type, dt=arriving.dt)

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        given = {"stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": 1}
        bias = self.per_unit("bias").astype(np.float64)
        made = Exchange(takes=self.taken(), gives=self.output_shape)
        return made.then("Conv1d", input_shape=self.input_shape, weight=self.without_groups(), bias=bias, **given)

    @classmethod
    def from_kernels(cls, kernels: ArrayLike, input_shape: int, **more: Any) -> Self:
        """A layer with kernels given as (N, C / groups, length). Raises ParameterError for another shape."""
        array = _kernels(kernels, cls, ("length",))
        return cls(array.reshape(len(array), -1).T, input_shape, array.shape[2], **more)


def squared(
    kernels: NDArray[np.float64], before: tuple[int, int], dilation: tuple[int, int]
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Kernels that are as high as wide by zeros set around them, and the padding that they need then: NIR's types know
    one size of a kernel. As they are where the zeros would not be as many on each side."""
    rows, columns = kernels.shape[2:]
    more = max(rows, columns) - rows, max(rows, columns) - columns
    if more[0] % 2 or more[1] % 2:
        return kernels, before
    half = more[0] // 2, more[1] // 2
    padded = np.pad(kernels, [(0, 0), (0, 0), (half[0], half[0]), (half[1], half[1])])
    return padded, (before[0] + dilation[0] * half[0], before[1] + dilation[1] * half[1])


def _kernels(kernels: ArrayLike, cls: type[ArrayLayer], along: tuple[str, ...]) -> NDArray[Any]:
    array = np.asarray(kernels)
    if array.ndim != 2 + len(along) or array.size == 0:
        raise ParameterError(
            f"{cls.__name__}: kernels must have shape (kernels, channels / groups, {', '.join(along)}), "
            f"got shape {array.shape}",
            owner=cls.__name__,
            parameter="kernels",
        )
    return array


@kernel
def lay_out(x, first, channels, rows, inner, outer, size, stride, before, dilation):
    """Every patch of some channels of the maps x as a row, zeros where it hangs over."""
    n = 0
    for k in range(x.shape[0]):
        for i in range(outer[0]):
            for j in range(outer[1]):
                row, q = rows[n], 0
                n += 1
                for c in range(first, first + channels):
                    for a in range(size[0]):
                        y = i * stride[0] - before[0] + a * dilation[0]
                        within = 0 <= y < inner[0]
                        for b in range(size[1]):
                            z = j * stride[1] - before[1] + b * dilation[1]
                            row[q] = x[k, c, y, z] if within and 0 <= z < inner[1] else 0
                            q += 1


@kernel
def spread(step, channel, start, taps, places, inner, outer, size, stride, before, dilation):
    """Add to each place what each event brings: the weights of its place in every window that holds it."""
    area = inner[0] * inner[1]
    each = taps.shape[4]
    for e in range(step.shape[0]):
        c, place = channel[e] // area, channel[e] % area
        group, among = c // taps.shape[1], c % taps.shape[1]
        rows = places[step[e] - start, :, group * each : (group + 1) * each]
        for a in range(size[0]):
            y = place // inner[1] + before[0] - a * dilation[0]
            if y < 0 or y % stride[0] != 0 or y // stride[0] >= outer[0]:
                continue
            for b in range(size[1]):
                z = place % inner[1] + before[1] - b * dilation[1]
                if z < 0 or z % stride[1] != 0 or z // stride[1] >= outer[1]:
                    continue
                row, weights = rows[y // stride[0] * outer[1] + z // stride[1]], taps[group, among, a, b]
                for o in range(each):
                    row[o] += weights[o]
