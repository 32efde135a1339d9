"""Arrays in documents: a literal, a file with its hash, or an initialiser with its seed, each read to the same array.

| form | example |
|---|---|
| literal | ``0.5``, ``[1, 2]``, ``[[1, 2], [3, 4]]`` |
| sparse literal | ``{csr: {shape: [2, 2], data: [1.0], indices: [0], indptr: [0, 1, 1]}}`` |
| file | ``{file: weights.npz, key: w, sha256: ...}``, relative to the document |
| initialiser | ``{init: normal, shape: [6, 200], scale: 0.5, seed: 1}`` |
"""

from __future__ import annotations

import hashlib
import inspect
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from .blas import one_blas_thread
from .errors import ParameterError, UnknownName
from .noise import noise_key, normal, uniform
from .products import Matrix

Spec = Mapping[str, Any]


def is_spec(value: Any) -> TypeGuard[Spec]:
    """Whether a value describes an array instead of being one."""
    return isinstance(value, Mapping)


def resolve(spec: Spec, folder: Path | None = None) -> Matrix:
    """The array that a description means.

    ``folder`` is where relative files lie (default: the working directory). Raises ParameterError.
    """
    if "init" in spec:
        return _initialise(spec)
    if "file" in spec:
        return _from_file(spec, folder or Path())
    if "csr" in spec:
        return _sparse(spec)
    raise ParameterError(
        f"an array is a number, a list, or a mapping with 'init', 'file' or 'csr', got keys {sorted(spec)}"
    )


def literal(matrix: Matrix | float) -> Any:
    """An array as plain numbers and lists (a CSR array as its three lists)."""
    if isinstance(matrix, int | float | np.ndarray):
        return np.asarray(matrix).tolist()
    sparse: Any = matrix
    parts = {name: getattr(sparse, name).tolist() for name in ("data", "indices", "indptr")}
    return {"csr": {"shape": list(sparse.shape), **parts}}


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view of an array through which nobody can write."""
    view = array.view()
    view.flags.writeable = False
    return view


def _sparse(spec: Spec) -> Matrix:
    from scipy.sparse import csr_array

    parts = spec["csr"]
    needed = {"shape", "data", "indices", "indptr"}
    if set(spec) != {"csr"} or not isinstance(parts, Mapping) or set(parts) != needed:
        raise ParameterError("a sparse matrix is written {csr: {shape: [M, N], data: ..., indices: ..., indptr: ...}}")
    try:
        data = np.asarray(parts["data"], dtype=np.float64)
        index = [_whole(parts[name], name) for name in ("indices", "indptr")]
        matrix = csr_array((data, *index), shape=tuple(parts["shape"]))
        matrix.check_format(full_check=True)
    except (ValueError, TypeError) as error:
        raise ParameterError(f"not a sparse matrix in CSR form: {error}") from error
    return matrix


def _whole(numbers: Any, name: str) -> NDArray[np.int32]:
    array = np.asarray(numbers)
    if array.size and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{name} must be whole numbers")
    return array.astype(np.int32)


def _from_file(spec: Spec, folder: Path) -> NDArray[Any]:
    unknown = sorted(set(spec) - {"file", "key", "sha256"})
    if unknown:
        raise ParameterError(f"a file of an array has the keys file, key and sha256, not {unknown}")
    path = folder / str(spec["file"])
    if path.exists() and not path.is_file():  # a device or a pipe would be read for ever
        raise ParameterError(f"cannot read {spec['file']}: it is no regular file")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ParameterError(f"cannot read {spec['file']}: {error.strerror}") from error
    found = hashlib.sha256(content).hexdigest()
    if spec.get("sha256") != found:
        stated = "states no sha256" if "sha256" not in spec else "states another sha256: the file has changed"
        raise ParameterError(
            f"{spec['file']}: the document {stated}", hint=f"if it is the file you mean: sha256: {found}"
        )
    try:
        loaded = np.load(io.BytesIO(content), allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            if spec.get("key") not in loaded:
                raise UnknownName("array", str(spec.get("key")), loaded.files, where=str(spec["file"]))
            return loaded[spec["key"]]
    except UnknownName:
        raise
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ParameterError(f"{spec['file']} holds no array that can be read: {error}") from error


def _initialise(spec: Spec) -> Matrix:
    given = dict(spec)
    name = str(given.pop("init"))
    if name not in INITIALISERS:
        raise UnknownName("initialiser", name, INITIALISERS)
    function = INITIALISERS[name]
    takes = inspect.signature(function).parameters
    try:
        bound = inspect.signature(function).bind(**given)
    except TypeError as error:
        raise ParameterError(f"initialiser {name!r}: {error}", hint=f"it takes: {', '.join(takes)}") from error
    for key, value in given.items():
        if key not in ("shape", "rows"):
            _number(f"initialiser {name!r}", key, value, whole=takes[key].annotation == "int")
    return function(*bound.args, **bound.kwargs)


def _number(owner: str, name: str, value: Any, whole: bool) -> None:
    real = isinstance(value, int | np.integer if whole else int | float | np.integer | np.floating)
    if isinstance(value, bool) or not real or not np.isfinite(value):
        wanted = "a whole number" if whole else "a finite number"
        raise ParameterError(f"{owner}: {name} must be {wanted}, got {value!r}", parameter=name)


def _shape(shape: Any) -> tuple[int, int]:
    sizes = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
    whole = all(isinstance(n, int | np.integer) and not isinstance(n, bool) and n > 0 for n in sizes)
    if not whole or not 1 <= len(sizes) <= 2:
        raise ParameterError(
            f"shape must be N, [N] or [M, N] with whole numbers above 0, got {shape!r}", parameter="shape"
        )
    return (1, int(sizes[0])) if len(sizes) == 1 else (int(sizes[0]), int(sizes[1]))


def _finish(array: NDArray[np.float64], shape: Any) -> NDArray[np.float64]:
    return array if isinstance(shape, list | tuple) and len(shape) == 2 else array[0]


def draw_normal(shape: Any, seed: int, scale: float = 1.0, density: float = 1.0) -> NDArray[np.float64]:
    """Normal entries of standard deviation ``scale``, a fraction ``density`` of them not zero, from the seed."""
    rows, cols = _shape(shape)
    weights = scale * normal(noise_key("init", seed), 0, 0, rows, cols)
    return _finish(weights * _mask(seed, rows, cols, density), shape)


def draw_uniform(
    shape: Any, seed: int, low: float = -1.0, high: float = 1.0, density: float = 1.0
) -> NDArray[np.float64]:
    """Entries spread evenly between ``low`` and ``high``, a fraction ``density`` of them not zero, from the seed."""
    rows, cols = _shape(shape)
    weights = low + (high - low) * uniform(noise_key("init", seed), 0, 0, rows, cols)
    return _finish(weights * _mask(seed, rows, cols, density), shape)


def draw_sparse(shape: Any, seed: int, density: float, value: float = 1.0, rows: str | None = None) -> Matrix:
    """CSR weights (M, N), each entry ``value`` with probability ``density`` and absent otherwise, from the seed.

    ``rows``: a slice such as ``0:3200``, the only rows that have entries. What a row holds depends on the seed and its
    own number alone. Time and memory go with the number of entries, not with M x N.
    """
    from scipy.sparse import csr_array

    if not isinstance(shape, list | tuple) or len(shape) != 2:
        raise ParameterError(f"shape must be [M, N] for a sparse matrix, got {shape!r}", parameter="shape")
    (height, width), key = _shape(shape), noise_key("init", seed)
    _checked_density(density)
    first, last = (0, height) if rows is None else _slice_of(rows, height)
    # 6 standard deviations above the mean number of entries: rows that need more are very rare
    most = min(width, int(width * density + 6.0 * np.sqrt(width * density)) + 8)
    at_once = max(1, 2**20 // most)
    counts, parts = np.zeros(height, dtype=np.int64), [np.zeros(0, dtype=np.int32)]
    for low in range(first, last, at_once):
        high = min(low + at_once, last)
        places = _chosen(key, low, high - low, width, density, most)
        counts[low:high] = np.count_nonzero(places < width, axis=1)
        parts.append(places[places < width].astype(np.int32))
    indices = np.concatenate(parts)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32 if len(indices) < 2**31 else np.int64)
    return csr_array((np.full(len(indices), float(value)), indices, indptr), shape=(height, width))


def _chosen(key: int, low: int, rows: int, width: int, density: float, most: int) -> NDArray[np.int64]:
    """Increasing places of entries in each row, the last one at ``width`` or beyond.

    From one entry to the next it is a geometric number of places, so nothing is drawn for those between.
    """
    draws = uniform(key, 1, low, rows, most)
    gaps = np.ones_like(draws)
    if density < 1.0:
        with np.errstate(over="ignore"):
            gaps += np.floor(np.minimum(np.log(draws) / np.log1p(-density), width))
    places = np.cumsum(gaps, axis=1).astype(np.int64) - 1
    if np.all(places[:, -1] >= width) or most >= width:
        return places
    return _chosen(key, low, rows, width, density, min(width, 2 * most))  # the first draws stay the same


def _slice_of(rows: Any, height: int) -> tuple[int, int]:
    found = re.fullmatch(r"(\d*):(\d*)", rows) if isinstance(rows, str) else None
    if found:
        low, high = int(found[1] or 0), int(found[2] or height)
        if low < high <= height:
            return low, high
    raise ParameterError(f"rows must be a slice within 0:{height}, such as 0:{height}, got {rows!r}", parameter="rows")


def draw_reservoir(size: int, seed: int, spectral_radius: float = 0.9, density: float = 0.1) -> Matrix:
    """Recurrent weights (size, size): normal entries, sparse, its largest eigenvalue scaled to this modulus.

    CSR where at most a quarter of the entries is not zero.
    """
    _shape([size, size])
    if spectral_radius <= 0.0:
        raise ParameterError(f"spectral_radius must be above 0, got {spectral_radius!r}", parameter="spectral_radius")
    weights = _sparse_normal(size, seed, density)
    with one_blas_thread():
        radius = _spectral_radius(weights)
    if radius == 0.0:
        raise ParameterError(
            f"a reservoir of {size} units at density {density!r} and seed {seed!r} has no loop to scale",
            hint="raise the density or the size, or take another seed",
        )
    weights.data *= spectral_radius / radius
    return weights if density <= 0.25 else weights.toarray()


def _sparse_normal(size: int, seed: int, density: float) -> Any:
    """What ``draw_normal`` draws, as CSR, some rows at a time so that no dense matrix stands in memory."""
    from scipy.sparse import csr_array, vstack

    key, rows = noise_key("init", seed), max(1, 2**20 // size)
    parts: list[Any] = []
    for low in range(0, size, rows):
        count = min(rows, size - low)
        parts.append(csr_array(normal(key, 0, low, count, size) * _mask(seed, count, size, density, low)))
    whole: Any = vstack(parts, format="csr")
    whole.eliminate_zeros()
    return whole


DENSE = 500  # units of one loop: up to there all eigenvalues are found as fast as a few


def _spectral_radius(weights: Any) -> float:
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


def constant(shape: Any, value: float = 0.0) -> NDArray[np.float64]:
    """Every entry the same."""
    return _finish(np.full(_shape(shape), float(value)), shape)


def _mask(seed: int, rows: int, cols: int, density: float, first: int = 0) -> NDArray[np.bool_]:
    _checked_density(density)
    if density == 1.0:
        return np.ones((rows, cols), dtype=bool)
    return uniform(noise_key("init", seed), 1, first, rows, cols) < density


def _checked_density(density: float) -> None:
    if not 0.0 < density <= 1.0:
        raise ParameterError(f"density must be above 0 and at most 1, got {density!r}", parameter="density")


INITIALISERS: dict[str, Callable[..., Matrix]] = {
    "constant": constant,
    "normal": draw_normal,
    "uniform": draw_uniform,
    "sparse": draw_sparse,
    "reservoir": draw_reservoir,
}
