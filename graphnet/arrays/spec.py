"""What describes an array, and what an array is written as."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError
from ..limits import LARGEST_SIDE, count
from ..products import Matrix
from ..showing import named, shown
from .files import read_file
from .initialising import initialise
from .places import Folders

Spec = Mapping[str, Any]


def is_spec(value: Any) -> TypeGuard[Spec]:
    """Whether a value describes an array instead of being one."""
    return isinstance(value, Mapping)


def resolve(spec: Spec, folder: Path | None = None, allow: Folders = ()) -> Matrix:
    """The array that a description means.

    ``folder`` is that of the document: relative files lie there, and none may lie outside of it, except within one of
    ``allow``. Without it files are the caller's own, from the working directory. Raises ParameterError, UnknownName.

    >>> resolve({"init": "diagonal", "size": 2, "value": 3.0}).toarray()
    array([[3., 0.],
           [0., 3.]])
    """
    found = _found(spec, folder, allow)
    count(int(found.size if isinstance(found, np.ndarray) else 2 * found.nnz))
    return found


def _found(spec: Spec, folder: Path | None, allow: Folders) -> Matrix:
    if "init" in spec:
        return initialise(spec)
    if "file" in spec:
        found = read_file(spec, folder, allow)
        return _sparse_in_file(found, str(spec["file"])) if isinstance(found, Mapping) else found
    if "csr" in spec:
        return _sparse(spec)
    raise ParameterError(
        "an array is a number, a list, or a mapping with 'init', 'file' or 'csr', got keys "
        f"[{', '.join(sorted(shown(one) for one in spec))}]"
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
    parts = spec["csr"]
    needed = {"shape", "data", "indices", "indptr"}
    if set(spec) != {"csr"} or not isinstance(parts, Mapping) or set(parts) != needed:
        raise ParameterError("a sparse matrix is written {csr: {shape: [M, N], data: ..., indices: ..., indptr: ...}}")
    return _checked(parts)


def _sparse_in_file(parts: Spec, file: str) -> Matrix:
    try:
        return _checked({**parts, "shape": parts["shape"].tolist()})
    except ParameterError as error:
        raise ParameterError(f"{named(file)}: {error.message}", hint=error.hint) from error


def _checked(parts: Spec) -> Matrix:
    from scipy.sparse import csr_array

    try:
        data = np.asarray(parts["data"], dtype=np.float64)
        if data.ndim != 1 or not np.isfinite(data).all():
            raise ValueError("data must be a list of finite numbers")
        index = [_whole(parts[name], name) for name in ("indices", "indptr")]
        matrix = csr_array((data, *index), shape=_sides(parts["shape"]))
        matrix.check_format(full_check=True)
    except (ValueError, TypeError, OverflowError, MemoryError, RecursionError) as error:
        raise ParameterError(f"not a sparse matrix in CSR form: {shown(str(error))[1:-1]}") from error
    return matrix


def _sides(shape: Any) -> tuple[int, ...]:
    sides = tuple(shape)
    if len(sides) != 2 or not all(type(n) is int and 0 < n <= LARGEST_SIDE for n in sides):
        raise ValueError(f"shape must be [M, N] with whole numbers above 0, got {shown(shape)}")
    return sides


def _whole(numbers: Any, name: str) -> NDArray[np.int32]:
    array = np.asarray(numbers)
    if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
        raise ValueError(f"{name} must be a list of whole numbers")
    if array.size and (array.min() < 0 or array.max() > LARGEST_SIDE):
        raise ValueError(f"{name} must be from 0 to {LARGEST_SIDE}")
    return array.astype(np.int32)
