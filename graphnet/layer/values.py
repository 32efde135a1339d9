"""Numbers and matrices in the form in which a layer holds them: owned, finite, in C order, read-only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import annotated_types as at
import numpy as np
from numpy.typing import NDArray

from ..arrays import read_only
from ..errors import ParameterError
from ..products import Matrix


class ByName(Mapping[str, Any]):
    """Values by name, in the order in which they were given. Nobody can write to it, so copies share it."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values: dict[str, Any] = dict(values)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(self._values)

    def __reduce__(self) -> tuple[Any, ...]:
        return ByName, (self._values,)

    def __copy__(self) -> ByName:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> ByName:
        return self

    @property
    def nnz(self) -> int:
        """How many numbers it holds in all, those stored of sparse arrays."""
        return sum(int(one.nnz if is_sparse(one) else np.size(one)) for one in self.values())


def described(value: Mapping[Any, Any]) -> bool:
    """Whether a mapping describes an array, by an initialiser, a file or the lists of a CSR array."""
    return any(isinstance(value.get(key), kind) for key, kind in (("init", str), ("file", str), ("csr", Mapping)))


def each(value: Any) -> tuple[Any, ...]:
    """The values of a parameter that may have several by name."""
    return tuple(value.values()) if isinstance(value, ByName) else (value,)


def within(array: NDArray[np.float64], bound: Any) -> None:
    """Refuse an array with a value outside of a bound: ParameterError with the first such value and where it stands."""
    tests: dict[type, tuple[str, Callable[..., Any], str]] = {
        at.Gt: ("gt", np.greater, "greater than"),
        at.Ge: ("ge", np.greater_equal, "greater than or equal to"),
        at.Lt: ("lt", np.less, "less than"),
        at.Le: ("le", np.less_equal, "less than or equal to"),
    }
    attribute, test, words = tests[type(bound)]
    limit = getattr(bound, attribute)
    wrong = ~np.atleast_1d(test(array, limit))
    if wrong.any():
        worst = float(np.atleast_1d(array)[wrong][0])
        place = f" at unit {int(np.argmax(wrong))}" if array.ndim else ""
        raise ParameterError(f"should be {words} {limit}, got {worst!r}{place}")


def numbers(value: Any) -> NDArray[np.float64]:
    """An owned float64 array of finite numbers, or a ParameterError."""
    if isinstance(value, np.ma.MaskedArray):
        raise ParameterError("should be an array without a mask", hint="fill the masked entries first")
    try:
        array = np.array(value)
    except ValueError as error:
        raise ParameterError("should be numbers in rows of equal length") from error
    if array.dtype == bool or not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
        raise ParameterError(f"should be real numbers, got {_shown(value)} (dtype {array.dtype})")
    array = np.array(array, dtype=np.float64, order="C")
    if not np.isfinite(array).all():
        raise ParameterError("should be finite, got NaN or infinity")
    return array


def owned_matrix(value: Any) -> Matrix:
    """Weights in owned, C-ordered, read-only form: (M, N) dense, (N,) diagonal, or CSR with sorted rows.

    A scalar becomes (1, 1). Raises ParameterError.
    """
    if not is_sparse(value):
        array = numbers(value)
        if array.ndim > 2 or array.size == 0:
            raise ParameterError(f"should be a matrix (M, N) or a diagonal (N,), got shape {array.shape}")
        return read_only(array.reshape(1, 1) if array.ndim == 0 else array)
    from scipy.sparse import csr_array

    if value.ndim != 2 or 0 in value.shape:
        raise ParameterError(f"should be a matrix (M, N), got a sparse array of shape {value.shape}")
    matrix = csr_array(value, copy=True)
    matrix.sum_duplicates()
    matrix.data = numbers(matrix.data)
    return frozen(matrix)


PLAIN = frozenset((int, float, str, bool, type(None)))
"""The kinds of values that nothing can change."""


def frozen(value: Any) -> Any:
    """A held parameter that nobody can write to: copies and pickles of arrays forget that they were read-only."""
    if isinstance(value, ByName):
        return ByName({name: frozen(one) for name, one in value.items()})
    if isinstance(value, np.ndarray):
        return read_only(value)
    if not isinstance(value, type) and is_sparse(value):
        value.data = read_only(value.data)
    return value


def dense_shape(value: Any) -> tuple[int, ...]:
    """The shape of weights as a matrix, a diagonal's too."""
    shape = np.shape(value)
    return shape if len(shape) != 1 else (shape[0], shape[0])


def dense_matrix(value: Any) -> NDArray[np.float64]:
    """Weights as one dense matrix; those of several names below each other, in their order."""
    if isinstance(value, ByName):
        return np.concatenate([dense_matrix(one) for one in value.values()])
    if not isinstance(value, np.ndarray):
        return value.toarray()
    return np.diag(value) if value.ndim == 1 else value


def is_sparse(value: Any) -> bool:
    """Whether it is a sparse array or matrix of scipy, which is imported only where that may be."""
    if value is None or isinstance(value, np.ndarray | np.generic | str | int | float | list | tuple | Mapping):
        return False
    from scipy.sparse import issparse

    return issparse(value)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{type(value).__name__} {text[:50]}..."
