"""Recurrent weights of a given spectral radius."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..blas import one_blas_thread
from ..errors import ParameterError
from ..limits import room
from ..products import Matrix
from ..showing import shown
from .arguments import Above, Array, Count, Seed, Share
from .drawing import chosen
from .initialising import Draws, initialiser
from .spec import resolve

DENSE = 500  # units of one loop: up to there all eigenvalues are found as fast as a few


@initialiser("reservoir")
def draw_reservoir(size: Count, seed: Seed, spectral_radius: Above = 0.9, density: Share = 0.1) -> Matrix:
    """Recurrent weights (size, size): normal entries, sparse, its largest eigenvalue scaled to this modulus.

    CSR where at most a quarter of the entries is not zero.
    """
    room(size * size // 8, f"size {size}", "drawn", "give a smaller size")  # numbers are drawn, few are kept
    weights = _sparse_normal(size, seed, density)
    radius = _radius_of(weights)
    if radius == 0.0:
        raise ParameterError(
            f"a reservoir of {size} units at density {density!r} and seed {seed!r} has no loop to scale",
            hint="raise the density or the size, or take another seed",
        )
    weights.data *= spectral_radius / radius
    return weights if density <= 0.25 else weights.toarray()


@initialiser("spectral_radius")
def draw_spectral_radius(of: Array, radius: Above = 0.9) -> Matrix:
    """Another square matrix, scaled so that the largest modulus of its eigenvalues is ``radius``.

    ``of`` is numbers, a sparse literal or an initialiser; it stays dense or CSR as it is.
    """
    if isinstance(of, Mapping) and "file" in of:
        raise ParameterError("of must be numbers, a sparse literal or an initialiser, not a file", parameter="of")
    weights: Any = resolve(of) if isinstance(of, Mapping) else _numbers(of)
    if len(weights.shape) != 2 or weights.shape[0] != weights.shape[1]:
        raise ParameterError(f"of must be a square matrix, got shape {list(weights.shape)}", parameter="of")
    found = _radius_of(weights)
    if found == 0.0:
        raise ParameterError("of has no loop to scale: all its eigenvalues are 0", parameter="of")
    return weights * (radius / found)


def _numbers(rows: Any) -> NDArray[np.float64]:
    try:
        return np.array(rows, dtype=np.float64, ndmin=2)
    except (ValueError, TypeError, OverflowError) as error:
        raise ParameterError(f"of must be rows of numbers, got {shown(rows)}", parameter="of") from error


def _radius_of(weights: Any) -> float:
    from scipy.sparse import csr_array

    with one_blas_thread():
        return spectral_radius_of(csr_array(weights))


def _sparse_normal(size: int, seed: int, density: float) -> Any:
    """What the initialiser ``normal`` draws, as CSR, some rows at a time so that no dense matrix stands in memory."""
    from scipy.sparse import csr_array, vstack

    draws, rows = Draws(seed), max(1, 2**20 // size)
    parts: list[Any] = []
    for low in range(0, size, rows):
        count = min(rows, size - low)
        drawn = draws.normal(count, size, 0, low)
        parts.append(csr_array(drawn if density == 1.0 else drawn * chosen(seed, count, size, density, low)))
    whole: Any = vstack(parts, format="csr")
    whole.eliminate_zeros()
    return whole


def spectral_radius_of(weights: Any) -> float:
    """The largest modulus of an eigenvalue of a CSR array; exactly 0 where its graph has no loop.

    The eigenvalues are those of the strongly connected parts, which the rounding of all others does not touch.
    """
    from scipy.sparse.csgraph import connected_components

    _, part = connected_components(weights, directed=True, connection="strong")
    counts = np.bincount(part)
    alone = np.abs(weights.diagonal()[counts[part] == 1])
    radius = float(np.max(alone, initial=0.0))
    for which in np.flatnonzero(counts > 1):
        units = np.flatnonzero(part == which)
        radius = max(radius, _largest(weights[units][:, units]))
    return radius


def _largest(weights: Any) -> float:
    """The largest modulus of an eigenvalue of a matrix that is one loop of many units."""
    found = _leading(weights) if weights.shape[0] > DENSE else None
    return float(np.max(np.abs(np.linalg.eigvals(weights.toarray()) if found is None else found)))


def _leading(weights: Any) -> NDArray[np.complex128] | None:
    """A few eigenvalues, the largest among them; None where the iteration does not find them, which is rare."""
    from scipy.sparse.linalg import ArpackError, eigs

    start = np.ones(weights.shape[0])  # not a random one, so that every process finds the same bits
    try:
        found: Any = eigs(weights, k=6, ncv=80, v0=start, return_eigenvectors=False)
    except ArpackError:
        return None
    return found
