"""Weights, receptors and delays in the form in which the kernels of spiking neurons read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..matrices import aligned


class Part(NamedTuple):
    """A matrix, the number of the receptor that it leads to, and its delays in whole steps.

    ``steps``: one number, or one for each weight in the form of the matrix.
    """

    receptor: int
    matrix: Any
    steps: Any = 1


class Fixed(tuple[Any, ...]):
    """Constants of a layer that nobody writes to: read-only arrays, which copies share and a pickle freezes again.

    Read-only one and all, so that kernels are compiled once for every form of weights.
    """

    __slots__ = ()

    def __new__(cls, values: Sequence[Any]) -> Fixed:
        return super().__new__(cls, tuple(read_only(one) if isinstance(one, np.ndarray) else one for one in values))

    def __copy__(self) -> Fixed:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Fixed:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Fixed, (tuple(self),)


class Rows(NamedTuple):
    """Rows of weights to be added for a channel that has an event: dense ones, or CSR; the absent form is empty.

    ``lane``: where in the sums the dense row of a channel begins. ``targets``: where an entry of CSR is added.
    """

    dense: NDArray[Any]
    lane: NDArray[np.int64]
    data: NDArray[Any]
    targets: NDArray[np.uint32]
    indptr: NDArray[np.int64]


def no_rows(dtype: Any) -> Rows:
    """Nobody has weights."""
    none = np.zeros(0, dtype=np.int64)
    return Rows(np.zeros((0, 0), dtype), none, np.zeros(0, dtype), np.zeros(0, dtype=np.uint32), none)


def input_rows(parts: Sequence[Part], size: int, lanes: int, dtype: Any) -> Rows:
    """The rows of inputs whose channels follow each other. ``lanes``: how many receptors have sums of their own."""
    empty = no_rows(dtype)
    if not parts:
        return empty
    begins = [one.receptor * size if lanes > 1 else 0 for one in parts]
    if all(_is_dense(one.matrix) for one in parts):
        lane = np.repeat(np.array(begins, dtype=np.int64), [len(one.matrix) for one in parts])
        matrices = [one.matrix for one in parts]
        dense = matrices[0] if len(parts) == 1 else np.concatenate(matrices)
        return empty._replace(dense=aligned(dense), lane=lane)
    sparse = [as_csr(one.matrix) for one in parts]
    data = np.concatenate([one.data for one in sparse])
    targets = np.concatenate([one.indices + begin for one, begin in zip(sparse, begins, strict=True)])
    counts = np.concatenate([np.diff(one.indptr) for one in sparse])
    return empty._replace(data=data, targets=targets.astype(np.uint32), indptr=_bounds(counts))


def sent_rows(parts: Sequence[Part], size: int, lanes: int, dtype: Any) -> tuple[Rows, int, int]:
    """The rows that a spike sends: (rows, delay, depth).

    ``delay``: the steps of all synapses, or 0 where they differ and ``targets`` count on from (steps - 1) rows.
    ``depth``: the most steps that anything is under way.
    """
    if not parts:
        return no_rows(dtype), 1, 0
    steps = np.concatenate([_of_each_weight(one) for one in parts])
    # a matrix without any weight sends nothing, so late or early
    shortest, longest = (int(steps.min()), int(steps.max())) if steps.size else (1, 1)
    if shortest == longest and all(_is_dense(one.matrix) for one in parts):
        dense, lane = _side_by_side(parts, size, lanes), np.zeros(size, dtype=np.int64)
        return no_rows(dtype)._replace(dense=dense, lane=lane), longest, longest
    sparse = [as_csr(one.matrix) for one in parts]
    rows = np.concatenate([np.repeat(np.arange(size), np.diff(one.indptr)) for one in sparse])
    data = np.concatenate([one.data for one in sparse])
    begins = [one.receptor * size if lanes > 1 else 0 for one in parts]
    targets = np.concatenate([one.indices.astype(np.int64) + begin for one, begin in zip(sparse, begins, strict=True)])
    if shortest < longest:
        targets += (steps - 1) * (size * lanes)
    if len(parts) > 1:
        order = np.argsort(rows, kind="stable")
        data, targets = data[order], targets[order]
    indptr = _bounds(np.bincount(rows, minlength=size))
    found = no_rows(dtype)._replace(data=data, targets=targets.astype(np.uint32), indptr=indptr)
    return found, longest if shortest == longest else 0, longest


def as_csr(matrix: Any) -> Any:
    """A matrix (M, N), a diagonal or a CSR array as CSR."""
    from scipy.sparse import csr_array, dia_array

    if isinstance(matrix, np.ndarray) and matrix.ndim == 1:
        return csr_array(dia_array((matrix[None], [0]), shape=(len(matrix), len(matrix))))
    return csr_array(matrix)


def _of_each_weight(part: Part) -> NDArray[np.int64]:
    """The delay of each weight that ``as_csr`` stores, in its order."""
    stored = as_csr(part.matrix)
    steps = part.steps
    if np.ndim(steps) == 0 and not is_csr(steps):
        return np.full(stored.nnz, int(steps), dtype=np.int64)
    if is_csr(steps):
        return steps.data.astype(np.int64)
    if steps.ndim == 1:
        return steps[stored.indices].astype(np.int64)
    rows = np.repeat(np.arange(len(steps)), np.diff(stored.indptr))
    return steps[rows, stored.indices].astype(np.int64)


def _side_by_side(parts: Sequence[Part], size: int, lanes: int) -> NDArray[Any]:
    """Dense matrices (N, N) of receptors, side by side where each has sums of its own, else added up."""
    if len(parts) == 1 and lanes == 1:
        return parts[0].matrix
    found = np.zeros((size, size * lanes), dtype=parts[0].matrix.dtype)
    for one in parts:
        begin = one.receptor * size if lanes > 1 else 0
        found[:, begin : begin + size] += one.matrix
    return found


def is_csr(value: Any) -> bool:
    """Whether a held matrix is a CSR array and not a number, a dense matrix or a diagonal."""
    return not isinstance(value, np.ndarray | np.generic | int | float)


def _is_dense(matrix: Any) -> bool:
    return isinstance(matrix, np.ndarray) and matrix.ndim == 2


def _bounds(counts: NDArray[Any]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view through which nobody can write."""
    view = array.view()
    view.flags.writeable = False
    return view
