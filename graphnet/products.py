"""The one door for products of a block with a matrix of weights: the same bits for every length of block.

Three ways, chosen from structure alone (what the block is, the matrix's form and size, whether blocks are long), never
from data: BLAS in tiles of exactly 64 rows, an ordered loop, a gather of rows over events. BLAS gives other bits for
another number of rows or threads, hence the fixed tile and, in a run, its single thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .blocks import Events
from .jit import Kernel, kernel
from .team import members, share

if TYPE_CHECKING:
    Matrix = NDArray[Any] | Any  # or a scipy.sparse.csr_array, which carries no types
else:
    Matrix = Any

TILE = 64  # rows of every BLAS call, and of a sparse product at a time
FEW = 8  # rows: from here on a sparse product takes several at a time
WIDE = 2**14  # entries: from here on a tile takes much longer than handing it to another thread
SMALL = 2048  # entries: up to here the ordered loop is used, at any length of block


def columns(matrix: Any) -> int:
    """How many channels a product with ``matrix`` (dense, a diagonal (N,), or CSR) has."""
    return matrix.shape[-1]


def multiply(x: NDArray[Any] | Events, matrix: Matrix, out: NDArray[Any], start: int, tiled: bool) -> NDArray[Any]:
    """Fill ``out`` (steps, N) with the product of a block and a matrix; return it.

    A continuous block (steps, M) is cast once to the matrix's dtype. Events add the matrix row of their channel to the
    row of their step, in order. A 1-D matrix is a diagonal.
    """
    if isinstance(x, Events):
        out[:] = 0
        _gather(x, matrix, out, start)
        return out
    if x.dtype != matrix.dtype or not x.flags.c_contiguous:
        x = np.ascontiguousarray(x, dtype=matrix.dtype)
    if not isinstance(matrix, np.ndarray):
        out[:] = 0
        way = sparse_rows if len(x) < FEW else sparse_tiles  # the same sums in the same order
        way(x, matrix.data, matrix.indices, matrix.indptr, out)
    elif matrix.ndim == 1:
        np.multiply(x, matrix, out=out)
    elif tiled and matrix.size > SMALL:
        _tiles(x, matrix, out)
    else:
        ordered_rows(x, matrix, out)
    return out


def _tiles(x: NDArray[Any], matrix: NDArray[Any], out: NDArray[Any]) -> None:
    steps = len(x)
    whole = steps - steps % TILE
    parts = max(1, min(members(), whole // TILE)) if matrix.size >= WIDE else 1

    def fill(part: int) -> None:
        for k in range(part * TILE, whole, parts * TILE):
            np.dot(x[k : k + TILE], matrix, out=out[k : k + TILE])

    share(fill, parts) if parts > 1 else fill(0)
    if whole < steps:
        padded = np.zeros((TILE, x.shape[1]), dtype=matrix.dtype)
        padded[: steps - whole] = x[whole:]
        out[whole:] = np.dot(padded, matrix)[: steps - whole]


def _gather(events: Events, matrix: Matrix, out: NDArray[Any], start: int) -> None:
    if not isinstance(matrix, np.ndarray):
        gather_sparse(events.step, events.channel, matrix.data, matrix.indices, matrix.indptr, start, out)
    elif matrix.ndim == 1:
        gather_diagonal(events.step, events.channel, matrix, start, out)
    else:
        gather_rows(events.step, events.channel, matrix, start, out)


def weigh(matrix: Matrix) -> tuple[Kernel, tuple[Any, ...]]:
    """The product of rows with a matrix as a kernel that steps, ``kernel(first, given, made, *arguments)``, and its
    arguments: the bits of ``multiply`` for rows of the matrix's dtype where it does not go by tiles."""
    if not isinstance(matrix, np.ndarray):
        return weigh_sparse, (matrix.data, matrix.indices, matrix.indptr)
    return (weigh_each if matrix.ndim == 1 else weigh_dense), (matrix,)


@kernel
def weigh_dense(first, given, made, matrix):
    ordered_rows(given, matrix, made)


@kernel
def weigh_each(first, given, made, diagonal):
    for k in range(given.shape[0]):
        row, one = made[k], given[k]
        for j in range(row.shape[0]):
            row[j] = one[j] * diagonal[j]


@kernel
def weigh_sparse(first, given, made, data, indices, indptr):
    made[:] = 0
    sparse_rows(given, data, indices, indptr, made)


@kernel
def ordered_rows(x, matrix, out):
    """The sums of a row in ascending order, eight terms to a pass over it, so that it is seldom read and written."""
    if matrix.shape[0] == 8:
        rows_of_eight(x, matrix, out)
        return
    whole = matrix.shape[0] - matrix.shape[0] % 8
    zero = out.dtype.type(0)
    for k in range(x.shape[0]):
        row, given = out[k], x[k]
        if whole == 0:
            row[:] = 0
        for i in range(0, whole, 8):
            a, b, c, d = given[i], given[i + 1], given[i + 2], given[i + 3]
            e, f, g, h = given[i + 4], given[i + 5], given[i + 6], given[i + 7]
            wa, wb, wc, wd = matrix[i], matrix[i + 1], matrix[i + 2], matrix[i + 3]
            we, wf, wg, wh = matrix[i + 4], matrix[i + 5], matrix[i + 6], matrix[i + 7]
            if i == 0:
                for j in range(row.shape[0]):
                    half = (((zero + a * wa[j]) + b * wb[j]) + c * wc[j]) + d * wd[j]
                    row[j] = (((half + e * we[j]) + f * wf[j]) + g * wg[j]) + h * wh[j]
            else:
                for j in range(row.shape[0]):
                    half = (((row[j] + a * wa[j]) + b * wb[j]) + c * wc[j]) + d * wd[j]
                    row[j] = (((half + e * we[j]) + f * wf[j]) + g * wg[j]) + h * wh[j]
        for i in range(whole, matrix.shape[0]):
            one, weights = given[i], matrix[i]
            for j in range(row.shape[0]):
                row[j] += one * weights[j]


@kernel
def rows_of_eight(x, matrix, out):
    """The same of eight inputs, whose weights are found once: small layers are many."""
    wa, wb, wc, wd = matrix[0], matrix[1], matrix[2], matrix[3]
    we, wf, wg, wh = matrix[4], matrix[5], matrix[6], matrix[7]
    zero = out.dtype.type(0)
    for k in range(x.shape[0]):
        row, given = out[k], x[k]
        a, b, c, d = given[0], given[1], given[2], given[3]
        e, f, g, h = given[4], given[5], given[6], given[7]
        for j in range(wa.shape[0]):
            half = (((zero + a * wa[j]) + b * wb[j]) + c * wc[j]) + d * wd[j]
            row[j] = (((half + e * we[j]) + f * wf[j]) + g * wg[j]) + h * wh[j]


@kernel
def sparse_rows(x, data, indices, indptr, out):
    for k in range(x.shape[0]):
        for i in range(x.shape[1]):
            a = x[k, i]
            for n in range(indptr[i], indptr[i + 1]):
                out[k, indices[n]] += a * data[n]


@kernel
def sparse_tiles(x, data, indices, indptr, out):
    """As ``sparse_rows``, with time as the inner loop: a weight is read once for up to 64 rows."""
    columns_first = np.zeros((out.shape[1], TILE), dtype=out.dtype)
    rows = np.empty((x.shape[1], TILE), dtype=x.dtype)
    for low in range(0, x.shape[0], TILE):
        steps = min(TILE, x.shape[0] - low)
        columns_first[:] = 0
        rows[:, :steps] = x[low : low + steps].T
        for i in range(x.shape[1]):
            given = rows[i, :steps]
            for n in range(indptr[i], indptr[i + 1]):
                sums = columns_first[np.uint64(indices[n]), :steps]
                weight = data[n]
                for k in range(steps):
                    sums[k] += given[k] * weight
        out[low : low + steps] = columns_first[:, :steps].T


@kernel
def gather_rows(step, channel, matrix, start, out):
    for e in range(step.shape[0]):
        row = out[step[e] - start]
        weights = matrix[channel[e]]
        for j in range(weights.shape[0]):
            row[j] += weights[j]


@kernel
def gather_diagonal(step, channel, diagonal, start, out):
    for e in range(step.shape[0]):
        out[step[e] - start, channel[e]] += diagonal[channel[e]]


@kernel
def gather_sparse(step, channel, data, indices, indptr, start, out):
    for e in range(step.shape[0]):
        row = out[step[e] - start]
        for n in range(indptr[channel[e]], indptr[channel[e] + 1]):
            row[indices[n]] += data[n]
