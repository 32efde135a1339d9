"""Weights as small pictures: a matrix, or blocks of it, in a few thousand numbers."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...layer.values import dense_shape, is_sparse

Plain = dict[str, Any]


def picture(matrix: Any, most: int) -> Plain:
    """A matrix (M, N), a diagonal (N,) or CSR as an image of at most ``most`` numbers.

    A larger matrix is cut into equal blocks; each shows its value of greatest magnitude, so that no weight is lost
    from view. ``shape`` is the matrix's own; ``reach`` the greatest magnitude; ``data`` float32, row by row.

    >>> image = picture(np.eye(4), most=4)
    >>> image["shape"], image["rows"], image["columns"], image["block"]
    ([4, 4], 2, 2, [2, 2])
    """
    shape = dense_shape(matrix)
    rows, columns = int(shape[0]), int(shape[1])
    tall, wide = _block(rows, columns, most)
    shown = blocks(matrix, (rows, columns), (tall, wide))
    reach = float(np.abs(shown).max()) if shown.size else 0.0
    return {
        "shape": [rows, columns],
        "rows": shown.shape[0],
        "columns": shown.shape[1],
        "block": [tall, wide],
        "reach": reach,
        "data": packed(shown, "<f4"),
    }


def packed(array: NDArray[Any], dtype: str) -> str:
    """The array's bytes in that type, as base64."""
    return base64.b64encode(np.ascontiguousarray(array, dtype=dtype).tobytes()).decode("ascii")


def _block(rows: int, columns: int, most: int) -> tuple[int, int]:
    """How tall and wide a block is: as nearly square as the shape allows, and few enough of them."""
    tall = wide = 1
    while -(-rows // tall) * -(-columns // wide) > most:
        if -(-rows // tall) >= -(-columns // wide):
            tall += max(1, tall // 8)
        else:
            wide += max(1, wide // 8)
    return tall, wide


def blocks(matrix: Any, shape: tuple[int, int], block: tuple[int, int]) -> NDArray[np.float64]:
    """The value of greatest magnitude in each block."""
    rows, columns = -(-shape[0] // block[0]), -(-shape[1] // block[1])
    low, high = np.zeros((rows, columns)), np.zeros((rows, columns))
    if is_sparse(matrix) or np.ndim(matrix) == 1:
        at, to, values = _entries(matrix)
        place = (at // block[0], to // block[1])
        np.minimum.at(low, place, values)
        np.maximum.at(high, place, values)
    else:
        tops, lefts = np.arange(0, shape[0], block[0]), np.arange(0, shape[1], block[1])
        for row, top in enumerate(tops):  # a strip at a time: no copy of the whole matrix
            strip = np.asarray(matrix[top : top + block[0]], dtype=np.float64)
            low[row] = np.minimum.reduceat(strip.min(axis=0), lefts)
            high[row] = np.maximum.reduceat(strip.max(axis=0), lefts)
    return np.where(-low > high, low, high)


def _entries(matrix: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    if isinstance(matrix, np.ndarray):
        each = np.arange(len(matrix))
        return each, each, matrix
    table = matrix.tocoo()
    return table.row.astype(np.int64), table.col.astype(np.int64), table.data
