"""Scalars made arrays of the sizes that a layer has."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SizeError
from .node import Node


class Expanding(Node):
    """The part of a layer that replicates scalars to its sizes."""

    def _expand_to_shape(
        self, inp: Any, shape: tuple[int, ...], var_name: str = "input", allow_none: bool = True
    ) -> NDArray[Any] | None:
        """A scalar, or an array of that shape or of exactly so many elements in one row, in that shape.

        Raises SizeError (an AssertionError) where it does not fit, or where it is None and None is not allowed.
        """
        if inp is None:
            if allow_none:
                return None
            raise SizeError(f"{self.start_print}: {var_name} must not be None, its shape is {shape}")
        try:
            array = np.asarray(inp)
        except ValueError as error:
            raise SizeError(f"{self.start_print}: {var_name}: {error}") from error
        if array.size == 1:
            return np.full(shape, array.reshape(()).item(), dtype=array.dtype)
        # a matrix of another shape is never what was meant, were its elements as many; a plain list of them may be
        fits = array.ndim <= 1 or _without_ones(array.shape) == _without_ones(shape)
        if array.size != math.prod(shape) or not fits:
            raise SizeError(
                f"{self.start_print}: {var_name} must be a scalar or have shape {shape}, got shape {array.shape}"
            )
        return array.reshape(shape)

    def _expand_to_size(
        self, inp: Any, size: int, var_name: str = "input", allow_none: bool = True
    ) -> NDArray[Any] | None:
        """A scalar, or an array of ``size`` elements, in shape (size,). Raises SizeError."""
        return self._expand_to_shape(inp, (size,), var_name, allow_none)

    def _expand_to_net_size(self, inp: Any, var_name: str = "input", allow_none: bool = True) -> NDArray[Any] | None:
        """A scalar, or an array of N elements, in shape (N,). Raises SizeError."""
        return self._expand_to_shape(inp, (self._size,), var_name, allow_none)

    def _expand_to_weight_size(self, inp: Any, var_name: str = "input", allow_none: bool = True) -> NDArray[Any] | None:
        """A scalar, or an array of as many elements as the weights, in the shape of the weights. Raises SizeError."""
        return self._expand_to_shape(inp, np.shape(self.weights), var_name, allow_none)


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)
