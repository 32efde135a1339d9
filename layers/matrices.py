"""Weights as kernels read them: dense rows, or the three arrays of CSR, the absent form empty."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphnet import ArrayLayer

LINE = 64  # bytes of a cache line
Forms = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]


def recurrent_forms(layer: ArrayLayer) -> Forms:
    """``weights_rec`` of a layer: dense, or transposed in CSR, so that a unit finds what reaches it in one row.

    Raises ParameterError where its shape is not (N, N) or (N,).
    """
    weights, size = layer.matrix("weights_rec"), layer.size
    shape = np.shape(weights)
    fits = weights is None or shape in ((size, size), (size,))
    layer.must(fits, "weights_rec", f"must have shape ({size}, {size}), got {shape}")
    if weights is not None and not isinstance(weights, np.ndarray):
        weights = weights.T.tocsr()
        weights.sort_indices()
    return forms(weights, size, layer.value("dtype"))


def forms(weights: Any, size: int, dtype: str) -> Forms:
    """(dense, data, indices, indptr) of weights to ``size`` units: dense (M, N), a diagonal (N,), CSR, or None."""
    dense = np.zeros((0, size), dtype=dtype)
    data, indices, indptr = np.zeros(0, dtype=dtype), np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.int64)
    if weights is None:
        pass
    elif not isinstance(weights, np.ndarray):
        data, indices, indptr = weights.data, weights.indices, weights.indptr
    elif weights.ndim == 1:
        data, indices, indptr = weights, np.arange(size), np.arange(size + 1)
    else:
        dense = weights
    # read-only one and all, so that a kernel is compiled once for every form
    return _frozen(aligned(dense)), _frozen(data), _frozen(indices.astype(np.uint32)), _frozen(indptr.astype(np.int64))


def columns(dense: NDArray[Any], low: int, high: int) -> NDArray[Any]:
    """A copy of some columns, for a thread that reads these alone: nothing else lies between them."""
    return _frozen(aligned(np.ascontiguousarray(dense[:, low:high])))


def aligned(array: NDArray[Any]) -> NDArray[Any]:
    """The array, or its copy, at an address that is a whole number of cache lines: vectors then cross none.

    Where every step reads all of it that is worth a tenth.
    """
    if array.ctypes.data % LINE == 0:
        return array
    room = np.empty(array.nbytes + LINE, dtype=np.uint8)
    begin = -room.ctypes.data % LINE
    made = room[begin : begin + array.nbytes].view(array.dtype).reshape(array.shape)
    made[...] = array
    return made


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view
