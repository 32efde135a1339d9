"""Arrays in files beside a document: one reader for each kind, one way in which all of them are refused."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import GraphnetError, ParameterError
from ..showing import named, shown
from .archives import UNREADABLE, told
from .chunks import files_of, read_zarr
from .npy import AT_ONCE, read_npy
from .npz import read_npz
from .places import Folders, open_regular, place
from .tables import read_csv

SUFFIXES = (".npy", ".npz", ".csv", ".zarr")
KEYS = ("file", "key", "sha256")


def read_file(spec: Mapping[str, Any], folder: Path | None = None, allow: Folders = ()) -> Any:
    """The array of ``{file: weights.npz#w, sha256: ...}``; a sparse matrix in an archive as its four arrays by name.

    What follows ``#`` says which array of several: the member of an archive, the column of a table, the path inside a
    Zarr store; where the name of the file has a ``#`` itself, ``key`` says it. Raises ParameterError, UnknownName.
    """
    unknown = sorted(shown(one) for one in set(spec) - set(KEYS))
    if unknown:
        raise ParameterError(f"a file of an array has the keys file, key and sha256, not [{', '.join(unknown)}]")
    file, key = _split(spec)
    path = place(file, folder, allow)
    suffix = Path(file).suffix.lower()
    if suffix not in SUFFIXES:
        kinds = ", ".join(SUFFIXES)
        raise ParameterError(f"cannot read {named(file)}: a file of an array ends in one of {kinds}", parameter="file")
    try:
        found = _folder(path, key, file, spec) if suffix == ".zarr" else _file(path, suffix, key, file, spec)
    except GraphnetError:
        raise
    except UNREADABLE as error:
        said = "there is not enough memory for it" if isinstance(error, MemoryError) else str(error)
        raise ParameterError(
            f"{named(file)} holds no array that can be read: {told(said)}", parameter="file"
        ) from error
    for name, array in found.items() if isinstance(found, Mapping) else ((key, found),):
        _finite(array, file, name)
    return found


def _split(spec: Mapping[str, Any]) -> tuple[str, str | None]:
    file, key = spec["file"], spec.get("key")
    if not isinstance(file, str):
        raise ParameterError(f"file must be the name of a file, got {shown(file)}", parameter="file")
    if key is None and "#" in file:
        file, _, key = file.rpartition("#")
    if key is not None and not isinstance(key, str | int):
        raise ParameterError(f"{named(file)}: key must be the name of an array inside, got {shown(key)}")
    return file, None if key is None else str(key)


def _file(path: Path, suffix: str, key: str | None, file: str, spec: Mapping[str, Any]) -> Any:
    with open_regular(path, file) as stream:
        if "sha256" in spec:
            _agree(_digest(stream), spec["sha256"], file)
        size = os.fstat(stream.fileno()).st_size
        if suffix != ".npy":
            return (read_npz if suffix == ".npz" else read_csv)(stream, size, key, file)
        found = read_npy(stream, size)
    if key is not None:
        raise ParameterError(f"{named(file)} holds one array, it has no key {shown(key)}", parameter="key")
    return found


def _folder(path: Path, key: str | None, file: str, spec: Mapping[str, Any]) -> NDArray[Any]:
    if not path.is_dir():
        what = "it is no folder, as a Zarr array is" if os.path.lexists(path) else "No such file or directory"
        raise ParameterError(f"cannot read {named(file)}: {what}", parameter="file")
    if "sha256" in spec:
        _agree(folder_digest(path, file), spec["sha256"], file)
    return read_zarr(path, key, file)


def folder_digest(folder: Path, file: str) -> str:
    """The hash of a folder: of the lines ``HASH  ./PATH`` of all files, sorted by path.

    It is what ``find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum`` prints inside the folder.
    """
    total = hashlib.sha256()
    for path in files_of(folder, file):
        with open_regular(path, f"{file}/{path.name}") as stream:
            total.update(f"{_digest(stream)}  ./{path.relative_to(folder).as_posix()}\n".encode())
    return total.hexdigest()


def _digest(stream: BinaryIO) -> str:
    found = hashlib.sha256()
    while piece := stream.read(AT_ONCE):
        found.update(piece)
    stream.seek(0)
    return found.hexdigest()


def _agree(found: str, stated: Any, file: str) -> None:
    if str(stated).lower() != found:
        raise ParameterError(
            f"{named(file)}: the document states another sha256: the file has changed",
            parameter="sha256",
            hint=f"if it is the file you mean: sha256: {found}",
        )


def _finite(array: NDArray[Any], file: str, key: Any) -> None:
    if array.dtype.kind != "f":
        return
    flat = array.reshape(-1)
    pieces = ((low, np.isfinite(flat[low : low + AT_ONCE])) for low in range(0, flat.size, AT_ONCE))
    first = next((low + int(np.argmin(finite)) for low, finite in pieces if not finite.all()), None)
    if first is None:
        return
    place = [int(one) for one in np.unravel_index(first, array.shape)]
    of = "" if key is None else f" of {shown(key)}"
    raise ParameterError(
        f"{named(file)}: should be finite, got {float(array[tuple(place)])} at {place}{of}",
        hint="replace what is missing before it is saved",
    )
