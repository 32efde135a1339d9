"""Arithmetic with signals: sample by sample, with numbers, arrays, or other signals read at the same times."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphnet.errors import SeriesError, SeriesTypeError

from .base import TimeSeries
from .checks import plain_array
from .readable import Readable

Values = NDArray[Any]


class Algebra(Readable):
    """The operators of a signal.

    The other side is a number, an array that broadcasts to the samples, or a signal, which is read at the times of this
    one. For + and - a NaN counts as 0 unless both sides are NaN; elsewhere NaN stays NaN. ``*`` broadcasts both ways.
    Results keep the name, units and settings of the series. In-place operators replace its samples as a whole.
    """

    __array_ufunc__ = None  # so that array + series asks the series

    @abstractmethod
    def _at_my_times(self, other: Any) -> Values | None:
        """The samples of another signal at the times of this one; None if it is no signal."""

    def _operand(self, other: Any, widens: bool = False) -> Any:
        if isinstance(other, int | float) and not isinstance(other, bool):
            return other  # a number of Python takes the type of the samples
        values = self._at_my_times(other)
        if values is None:
            if isinstance(other, TimeSeries):
                raise SeriesTypeError(f"{self.name}: cannot be combined with a {type(other).__name__}")
            values = plain_array(other, "operand")
            values = values.astype(np.int64) if values.dtype.kind == "b" else values
        shape = self.samples.shape
        try:
            fits = np.broadcast_shapes(values.shape, shape)
        except ValueError:
            fits = None
        if fits is None or (fits != shape and not (widens and len(fits) == 2 and fits[0] == shape[0])):
            raise SeriesError(f"{self.name}: an operand of shape {values.shape} does not fit samples of shape {shape}")
        return values

    def _combine(
        self, other: Any, operation: Callable[[Any, Any], Values], *, swap: bool = False, inplace: bool = False
    ) -> Self:
        values = self._operand(other, widens=operation is np.multiply)
        pair = (values, self.samples) if swap else (self.samples, values)
        return self._with_samples(operation(*pair), inplace)

    def __add__(self, other: Any) -> Self:
        return self._combine(other, add)

    def __radd__(self, other: Any) -> Self:
        return self._combine(other, add, swap=True)

    def __iadd__(self, other: Any) -> Self:
        return self._combine(other, add, inplace=True)

    def __sub__(self, other: Any) -> Self:
        return self._combine(other, subtract)

    def __rsub__(self, other: Any) -> Self:
        return self._combine(other, subtract, swap=True)

    def __isub__(self, other: Any) -> Self:
        return self._combine(other, subtract, inplace=True)

    def __mul__(self, other: Any) -> Self:
        return self._combine(other, np.multiply)

    def __rmul__(self, other: Any) -> Self:
        return self._combine(other, np.multiply, swap=True)

    def __imul__(self, other: Any) -> Self:
        return self._combine(other, np.multiply, inplace=True)

    def __truediv__(self, other: Any) -> Self:
        return self._combine(other, np.true_divide)

    def __rtruediv__(self, other: Any) -> Self:
        return self._combine(other, np.true_divide, swap=True)

    def __itruediv__(self, other: Any) -> Self:
        return self._combine(other, np.true_divide, inplace=True)

    def __floordiv__(self, other: Any) -> Self:
        return self._combine(other, np.floor_divide)

    def __rfloordiv__(self, other: Any) -> Self:
        return self._combine(other, np.floor_divide, swap=True)

    def __ifloordiv__(self, other: Any) -> Self:
        return self._combine(other, np.floor_divide, inplace=True)

    def __pow__(self, other: Any) -> Self:
        return self._combine(other, power)

    def __rpow__(self, other: Any) -> Self:
        return self._combine(other, power, swap=True)

    def __ipow__(self, other: Any) -> Self:
        return self._combine(other, power, inplace=True)

    def __matmul__(self, matrix: ArrayLike) -> Self:
        return self._with_samples(self._product(matrix), False)

    def __imatmul__(self, matrix: ArrayLike) -> Self:
        return self._with_samples(self._product(matrix), True)

    def __rmatmul__(self, matrix: ArrayLike) -> Self:
        return NotImplemented  # samples are rows: they stand on the left of a matrix

    def __abs__(self) -> Self:
        return self._with_samples(np.abs(self.samples), False)

    def __neg__(self) -> Self:
        return self._with_samples(-self.samples, False)

    def __pos__(self) -> Self:
        return self._with_samples(self.samples, False)

    def _product(self, matrix: ArrayLike) -> Values:
        if isinstance(matrix, TimeSeries):
            raise SeriesTypeError(f"{self.name}: @ takes a matrix, got a {type(matrix).__name__}")
        values = plain_array(matrix, "matrix")
        if values.ndim not in (1, 2) or len(values) != self.samples.shape[1]:
            raise SeriesError(
                f"{self.name}: samples of shape {self.samples.shape} cannot be multiplied by a matrix of {values.shape}"
            )
        product = self.samples @ values
        return product if product.ndim == 2 else product[:, None]


def add(a: Any, b: Any) -> Values:
    """``a + b``, in which one NaN counts as 0."""
    return _unless_both(a + b, a, b)


def subtract(a: Any, b: Any) -> Values:
    """``a - b``, in which one NaN counts as 0."""
    return _unless_both(a - b, a, -np.asarray(b) if isinstance(b, np.ndarray) else -b)


def _unless_both(result: Values, a: Any, b: Any) -> Values:
    """``result``, the sum of a and b, with the number where only one of them is NaN."""
    lost = np.isnan(result)
    if not lost.any():
        return result
    a, b = np.broadcast_to(a, result.shape), np.broadcast_to(b, result.shape)
    result = np.where(lost & np.isnan(a), b, result)
    return np.where(lost & np.isnan(b), a, result)


def power(a: Any, b: Any) -> Values:
    """``a ** b``, but NaN stays NaN, also to the power of 0 and as a power of 1."""
    result = np.power(a, b)
    return np.where(np.isnan(a) | np.isnan(b), np.nan, result).astype(result.dtype, copy=False)
