"""How a window goes over maps, which lie in channels in C order: (channel, row, column)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

from graphnet import ArrayLayer, Arriving, ExchangeError

from .listed import Listed

Pair = Annotated[int | Sequence[int], Listed(int | tuple[int, int])]
"""One whole number for rows and columns alike, or (rows, columns)."""
Padding = Annotated[int | Sequence[int] | str, Listed(int | tuple[int, int] | Literal["same", "valid"])]
"""Zeros set around a map: as many on each side, (above and below, left and right), or in words."""


class Window(NamedTuple):
    """How a window goes over a map, everything as (rows, columns): the map that it reads, and the one it makes."""

    inner: tuple[int, int]
    outer: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    before: tuple[int, int]
    dilation: tuple[int, int]


def pair(value: int | Sequence[int]) -> tuple[int, int]:
    """A whole number as rows and columns."""
    rows, columns = (value, value) if isinstance(value, int) else value
    return rows, columns


def window(
    layer: ArrayLayer, inner: tuple[int, int], kernel: Any, stride: Any, padding: Any, dilation: Any = 1
) -> Window:
    """The window that a layer's parameters describe. Raises ParameterError where there is none."""
    sizes, strides, apart = pair(kernel), pair(stride), pair(dilation)
    for name, value in (("input_shape", inner), ("kernel_size", sizes), ("stride", strides), ("dilation", apart)):
        layer.must(min(value) > 0, name, f"must be above 0, got {value}")
    reach = [d * (k - 1) for d, k in zip(apart, sizes, strict=True)]
    if padding == "same":
        layer.must(strides == (1, 1), "stride", f"must be 1 where padding is 'same', got {strides}")
        before, outer = (reach[0] // 2, reach[1] // 2), inner
    else:
        before = pair(0 if padding == "valid" else padding)
        layer.must(min(before) >= 0, "padding", f"must not be negative, got {before}")
        room = [n + 2 * p - far - 1 for n, p, far in zip(inner, before, reach, strict=True)]
        layer.must(min(room) >= 0, "kernel_size", f"{sizes} must fit into the map {inner} with its padding")
        outer = (room[0] // strides[0] + 1, room[1] // strides[1] + 1)
    return Window(inner, outer, sizes, strides, before, apart)


def maps_of(arriving: Arriving, dimensions: int = 3) -> tuple[int, ...]:
    """The shape of maps that reach a node of NIR. Raises ExchangeError for any other shape."""
    if len(arriving.shape) != dimensions:
        words = "(channels, rows, columns)" if dimensions == 3 else "(channels, length)"
        raise ExchangeError(f"takes maps {words}, shape {arriving.shape} arrives")
    return arriving.shape
