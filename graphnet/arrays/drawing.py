"""The initialisers that come with graphnet, but for reservoirs: what each draws is fixed by its seed.

Draws are counted (``graphnet.noise``), so they do not depend on the version of NumPy. Uniform numbers and places are
the same bits everywhere; normal ones pass through the logarithm and the cosine of the machine, orthogonal matrices
through its LAPACK, and may differ in the last bits between types of processor.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Annotated, Any

import annotated_types as at
import numpy as np
from numpy.typing import NDArray

from ..blas import one_blas_thread
from ..errors import ParameterError
from ..limits import LARGEST_SIDE, room
from ..products import Matrix
from ..showing import shown
from .arguments import Above, Count, NotBelow, Ratio, Seed, Shape, Share, Sides, Slice
from .initialising import Distribution, Draws, Values, distribution, initialiser


def as_rows(shape: tuple[int, ...]) -> tuple[int, int]:
    """The rows and columns that are drawn for a shape, N being one row; refused where they pass the limit."""
    rows, columns = shape if len(shape) == 2 else (1, shape[0])
    room(rows * columns, f"shape {shown(list(shape) if len(shape) == 2 else shape[0])}", "drawn")
    return rows, columns


@initialiser("constant")
def constant(shape: Shape, value: float = 0.0) -> NDArray[np.float64]:
    """Every entry the same."""
    return np.full(as_rows(shape), value).reshape(shape)


@initialiser("normal")
def draw_normal(
    shape: Shape, seed: Seed, mean: float = 0.0, scale: NotBelow = 1.0, density: Share = 1.0
) -> NDArray[np.float64]:
    """Normal entries of this mean and standard deviation ``scale``, a fraction ``density`` of them not zero."""
    return _thinned(Distribution("normal", {"mean": mean, "scale": scale}), shape, seed, density)


@initialiser("uniform")
def draw_uniform(
    shape: Shape, seed: Seed, low: float = -1.0, high: float = 1.0, density: Share = 1.0
) -> NDArray[np.float64]:
    """Entries spread evenly between ``low`` and ``high``, a fraction ``density`` of them not zero."""
    return _thinned(Distribution("uniform", {"low": low, "high": high}), shape, seed, density)


@initialiser("lognormal")
def draw_lognormal(
    shape: Shape, seed: Seed, median: Above = 1.0, sigma: Annotated[Ratio, at.Ge(0)] = 1.0, density: Share = 1.0
) -> NDArray[np.float64]:
    """Entries above 0, their logarithm normal with standard deviation ``sigma``; a fraction ``density`` not zero."""
    return _thinned(Distribution("lognormal", {"median": median, "sigma": sigma}), shape, seed, density)


def _thinned(values: Distribution, shape: tuple[int, ...], seed: int, density: float) -> NDArray[np.float64]:
    rows, columns = as_rows(shape)
    found = values(Draws(seed), 0, 0, rows, columns)
    return (found if density == 1.0 else found * chosen(seed, rows, columns, density)).reshape(shape)


def chosen(seed: int, rows: int, columns: int, density: float, start: int = 0) -> NDArray[np.bool_]:
    """Which entries of a dense array are not zero."""
    return Draws(seed).uniform(rows, columns, 1, start) < density


@initialiser("glorot")
def draw_glorot(shape: Sides, seed: Seed, gain: Above = 1.0) -> NDArray[np.float64]:
    """Even entries that keep the variance of a signal both ways, between +-gain sqrt(6 / (M + N)).

    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.
    """
    bound = gain * math.sqrt(6.0 / sum(shape))
    return draw_uniform(shape, seed, -bound, bound)


@initialiser("he")
def draw_he(shape: Sides, seed: Seed, gain: Above = 2.0**0.5) -> NDArray[np.float64]:
    """Normal entries that keep the variance of a signal through rectifying units, of deviation gain / sqrt(M).

    Source: He, Zhang, Ren and Sun 2015, Delving deep into rectifiers.
    """
    return draw_normal(shape, seed, scale=gain / math.sqrt(shape[0]))


@initialiser("orthogonal")
def draw_orthogonal(shape: Sides, seed: Seed, gain: Above = 1.0) -> NDArray[np.float64]:
    """A matrix whose shorter side is orthonormal times ``gain``, evenly distributed among all such.

    Source: Mezzadri 2007, How to generate random matrices from the classical compact groups; as initial weights Saxe,
    McClelland and Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks.
    """
    rows, columns = as_rows(shape)
    wide = columns > rows
    drawn = Draws(seed).normal(max(shape), min(shape))
    with one_blas_thread():
        q, r = np.linalg.qr(drawn)
    q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)  # QR alone prefers some matrices to others
    return np.ascontiguousarray(gain * (q.T if wide else q))


@initialiser("identity")
def draw_identity(shape: Shape, gain: float = 1.0) -> NDArray[np.float64]:
    """``gain`` where row and column are the same, 0 elsewhere; N means [N, N]."""
    sides = shape if len(shape) == 2 else (shape[0], shape[0])
    as_rows(sides)
    return gain * np.eye(*sides)


@initialiser("diagonal")
def draw_diagonal(
    size: Count, value: Values = 1.0, offset: int = 0, wrap: bool = False, seed: Seed | None = None
) -> Matrix:
    """CSR weights (size, size) from unit k to unit k + ``offset``; the last ones to the first where ``wrap``.

    With offset 1 it is a delay line, wrapped a ring.
    """
    from scipy.sparse import csr_array

    room(2 * size, f"size {size}", "drawn")
    if not -size < offset < size:
        raise ParameterError(f"offset must be within the size, {size}, got {shown(offset)}", parameter="offset")
    values = _entries(value, seed)
    units = np.arange(size)
    targets = units + offset
    inside = np.ones(size, dtype=bool) if wrap else (targets >= 0) & (targets < size)
    data = values(Draws(seed or 0), 2, 0, 1, size)[0]
    places = (units[inside], targets[inside] % size)
    return csr_array((data[inside], places), shape=(size, size))


def _entries(value: Any, seed: int | None) -> Distribution:
    """What is drawn from, which needs a seed unless it is one number."""
    values = value if isinstance(value, Distribution) else distribution("value", value)
    if seed is None and values.name != "constant":
        raise ParameterError("missing a required argument: 'seed'", parameter="seed")
    return values


@initialiser("sparse")
def draw_sparse(
    shape: Sides,
    seed: Seed,
    density: Share,
    value: Values = 1.0,
    rows: Slice = None,
    columns: Slice = None,
) -> Matrix:
    """CSR weights (M, N), each entry there with probability ``density``, its ``value`` a number or drawn.

    ``rows`` and ``columns``: slices such as ``0:3200``, the only ones that have entries. What a row holds depends on
    the seed, the columns and its own number alone. Time and memory go with the number of entries, not with M x N.
    """
    from scipy.sparse import csr_array

    height, width = shape
    first, last = within("rows", rows, height)
    left, right = within("columns", columns, width)
    entries = density * (last - first) * (right - left)
    room(
        int(2 * entries) + height, f"shape {shown(list(shape))} at density {density!r}", "drawn", "give less of either"
    )
    counts, parts, data = np.zeros(height, dtype=np.int64), [np.zeros(0, dtype=np.int32)], [np.zeros(0)]
    values = _entries(value, seed)
    for low, places in _blocks(Draws(seed), (first, last), right - left, density):
        there = places < right - left
        counts[low : low + len(places)] = np.count_nonzero(there, axis=1)
        parts.append((places[there] + left).astype(np.int32))
        if values.name != "constant":
            data.append(values(Draws(seed), 2, low, *places.shape)[there])
    indices = np.concatenate(parts)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32 if len(indices) <= LARGEST_SIDE else np.int64)
    weights = np.full(len(indices), values.given["value"]) if values.name == "constant" else np.concatenate(data)
    return csr_array((weights, indices, indptr), shape=shape)


def _blocks(draws: Draws, rows: tuple[int, int], width: int, density: float) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """The places of entries in some rows at a time, each with its first row."""
    # 6 standard deviations above the mean number of entries: rows that need more are very rare
    most = min(width, int(width * density + 6.0 * np.sqrt(width * density)) + 8)
    at_once = max(1, 2**20 // most)
    for low in range(*rows, at_once):
        yield low, places_in(draws, low, min(at_once, rows[1] - low), width, density, most)


def places_in(draws: Draws, low: int, rows: int, width: int, density: float, most: int) -> NDArray[np.int64]:
    """Increasing places of entries in each row, the last one at ``width`` or beyond.

    From one entry to the next it is a geometric number of places, so nothing is drawn for those between.
    """
    drawn = draws.uniform(rows, most, 1, low)
    gaps = np.ones_like(drawn)
    if density < 1.0:
        with np.errstate(over="ignore"):
            gaps += np.floor(np.minimum(np.log(drawn) / np.log1p(-density), width))
    places = np.cumsum(gaps, axis=1).astype(np.int64) - 1
    if np.all(places[:, -1] >= width) or most >= width:
        return places
    return places_in(draws, low, rows, width, density, min(width, 2 * most))  # the first draws stay the same


def within(name: str, text: Any, length: int) -> tuple[int, int]:
    """The slice that a text such as ``0:10`` means in a side of a matrix; None is all of it. Raises ParameterError."""
    if text is None:
        return 0, length
    found = re.fullmatch(r"(\d{0,12}):(\d{0,12})", text) if isinstance(text, str) else None
    if found:
        low, high = int(found[1] or 0), int(found[2] or length)
        if low < high <= length:
            return low, high
    raise ParameterError(
        f"{name} must be a slice within 0:{length}, such as 0:{length}, got {shown(text)}", parameter=name
    )
