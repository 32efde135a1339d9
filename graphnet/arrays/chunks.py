"""Arrays in folders of Zarr: the description and each chunk are checked before anything is unpacked.

Read here, not by the package: a chunk may promise more than a machine holds, and what it promises must be known first.
The formats: Zarr storage specification version 2, and Zarr core specification version 3.0.
"""

from __future__ import annotations

import importlib
import itertools
import json
import math
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError
from ..limits import current, raising
from ..showing import named, shown
from .places import open_regular

LARGEST_DESCRIPTION = 2**20  # bytes
_TYPES = {f"{kind}{8 * size}": f"{kind[0]}{size}" for kind in ("int", "uint") for size in (1, 2, 4, 8)} | {
    f"float{8 * size}": f"f{size}" for size in (2, 4, 8)
}
_TYPE_2 = re.compile(r"[<>|](?:[iu][1248]|f[248])")


@dataclass(frozen=True)
class Layout:
    """An array of Zarr as its folder describes it."""

    shape: tuple[int, ...]
    chunk: tuple[int, ...]
    dtype: np.dtype[Any]
    fill: Any
    fortran: bool
    packing: str  # "", zlib, gzip, zstd or blosc
    prefix: tuple[str, ...]
    separator: str

    def path(self, folder: Path, index: tuple[int, ...]) -> Path:
        """Where a chunk lies."""
        parts = [*self.prefix, *(str(one) for one in index)]
        name = self.separator.join(parts) or "0"
        return folder / name


def read_zarr(folder: Path, key: str | None, file: str) -> NDArray[Any]:
    """The array of a folder, or with a key the one in a folder inside. Raises ParameterError or ValueError."""
    if key is not None:
        parts = key.split("/")
        if any(one in ("", ".", "..") or not one.isprintable() for one in parts) or "\\" in key:
            raise ValueError(f"a key is the name of an array inside, got {shown(key)}")
        folder = folder.joinpath(*parts)
    layout = _layout(folder, file)
    count = math.prod(layout.shape)
    grid = [range(-(-side // step)) for side, step in zip(layout.shape, layout.chunk, strict=True)]
    most = current()
    needed = 8 * count + 3 * layout.dtype.itemsize * math.prod(layout.chunk)  # and a chunk as it lies, and unpacked
    if needed > most.unpacked:
        said = f"its shape and chunks need {shown(needed)} bytes, which pass the limit, {most.unpacked}"
        raise ValueError(f"{said}; {raising('unpacked')}")
    if math.prod(len(one) for one in grid) > most.members:
        raise ValueError(f"it has more than {most.members} chunks; {raising('members')}")
    found = np.full(layout.shape, layout.fill, dtype=layout.dtype.newbyteorder("="))
    for index in itertools.product(*grid):
        path = layout.path(folder, index)
        if os.path.lexists(path):
            where = tuple(slice(i * step, (i + 1) * step) for i, step in zip(index, layout.chunk, strict=True))
            room = found[where]
            chunk = _chunk(path, layout, f"{file}/{path.relative_to(folder)}")
            room[...] = chunk[tuple(slice(side) for side in room.shape)]
    return found


def files_of(folder: Path, file: str) -> Iterator[Path]:
    """Every file of a folder, sorted by path; links and everything else that is no file or folder are refused."""
    found: list[Path] = []
    for base, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(base, name)
            if path.is_symlink():
                raise ParameterError(f"{named(file)}: {named(name)} is a link", hint="copy what it leads to")
        found += [Path(base, name) for name in files]
        if len(found) + len(folders) > current().members:
            said = f"{named(file)} holds more than {current().members} files"
            raise ParameterError(said, hint=raising("members"))
    return iter(sorted(found, key=lambda one: one.relative_to(folder).as_posix()))


def _chunk(path: Path, layout: Layout, name: str) -> NDArray[Any]:
    size = math.prod(layout.chunk) * layout.dtype.itemsize
    with _open(path, name) as stream:
        raw = stream.read(2 * size + 2**16)  # no packing makes it larger than that
    try:
        content = unpacked(raw, layout.packing, size)
    except ParameterError as error:
        raise ParameterError(f"{named(name)}: {error.message}", hint=error.hint) from error
    except (ValueError, zlib.error) as error:
        raise ValueError(f"chunk {path.name}: {error}") from error
    return np.frombuffer(content, layout.dtype).reshape(layout.chunk, order="F" if layout.fortran else "C")


def unpacked(raw: bytes, packing: str, size: int) -> bytes:
    """A chunk's bytes, ``size`` of them, or ValueError before any more is unpacked."""
    if packing in ("zlib", "gzip"):
        engine = zlib.decompressobj(zlib.MAX_WBITS | (16 if packing == "gzip" else 0))
        content = engine.decompress(raw, size + 1)
        if len(content) == size and not engine.eof:
            content += engine.decompress(engine.unconsumed_tail, 1)
        if not engine.eof and len(content) <= size:
            raise ValueError("it was cut off")
    elif packing in ("zstd", "blosc"):
        promised = zstd_size(raw) if packing == "zstd" else blosc_size(raw)
        if promised != size:
            raise ValueError(f"it promises {promised} bytes instead of {size}")
        content = _by_codec(packing, raw)
    else:
        content = raw
    if len(content) != size:
        raise ValueError(f"it holds {'more than ' * (len(content) > size)}{min(len(content), size)} bytes of {size}")
    return content


def blosc_size(raw: bytes) -> int:
    """What a chunk of Blosc promises to hold, from its header of 16 bytes."""
    if len(raw) < 16 or int.from_bytes(raw[12:16], "little") != len(raw):
        raise ValueError("it was cut off, or is no chunk of Blosc")
    return int.from_bytes(raw[4:8], "little")


def zstd_size(raw: bytes) -> int | None:
    """What a frame of Zstandard promises to hold (RFC 8878, section 3.1.1), or None where it does not say."""
    if len(raw) < 6 or raw[:4] != b"\x28\xb5\x2f\xfd":
        raise ValueError("it is no frame of Zstandard")
    flags = raw[4]
    single = flags >> 5 & 1
    width = (single, 2, 4, 8)[flags >> 6]
    at = 5 + (1 - single) + (0, 1, 2, 4)[flags & 3]
    if width == 0 or len(raw) < at + width:
        return None
    return int.from_bytes(raw[at : at + width], "little") + (256 if width == 2 else 0)


def _by_codec(packing: str, raw: bytes) -> bytes:
    try:
        codecs: Any = importlib.import_module("numcodecs")  # with zarr; there need not be one
    except ImportError:
        raise ParameterError(
            f"a chunk packed by {packing} needs the package zarr, which is not installed",
            hint="pip install 'graphnet-dataflow[dask]', or save it packed by gzip or as .npy",
        ) from None
    codec = codecs.Zstd() if packing == "zstd" else codecs.Blosc()
    try:
        return bytes(codec.decode(raw))
    except RuntimeError as error:
        raise ValueError(f"it cannot be unpacked: {error}") from error


# --- the description -------------------------------------------------------------------------------------------------


def _layout(folder: Path, file: str) -> Layout:
    for name, read in (("zarr.json", _version_3), (".zarray", _version_2)):
        if os.path.lexists(folder / name):
            said = _json(folder / name, f"{file}/{name}")
            try:
                return _sound(read(said))
            except (KeyError, TypeError, IndexError, AttributeError, OverflowError) as error:
                raise ValueError(f"{name} does not describe an array as Zarr does: {shown(str(error))}") from error
    inside = sorted(one.parent.name for one in folder.glob("*/zarr.json")) if folder.is_dir() else []
    cure = f"; there are: {', '.join(named(one) for one in inside[:8])} (write {file}#NAME)" if inside else ""
    raise ValueError(f"no Zarr array lies in {named(folder.name)}: it has neither zarr.json nor .zarray{cure}")


def _open(path: Path, name: str) -> BinaryIO:
    """A file of the folder; ``path`` begins with that folder, links followed, and may hold none after it."""
    if os.path.realpath(path) != str(path):
        raise ParameterError(f"{named(name)} is a link, or lies behind one", hint="copy what it leads to")
    return open_regular(path, name)


def _json(path: Path, name: str) -> Any:
    with _open(path, name) as stream:
        raw = stream.read(LARGEST_DESCRIPTION + 1)
    if len(raw) > LARGEST_DESCRIPTION:
        raise ValueError(f"{path.name} has more than {LARGEST_DESCRIPTION} bytes")
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} is no JSON: {shown(str(error))}") from error
    if not isinstance(found, Mapping):
        raise ValueError(f"{path.name} should be a mapping, got {shown(found)}")
    return found


def _version_2(said: Any) -> Layout:
    if said.get("filters"):
        raise ValueError("filters of Zarr are not read; save it without")
    packer = said["compressor"]
    packing = "" if packer is None else str(packer["id"])
    if not _TYPE_2.fullmatch(str(said["dtype"])):
        raise ValueError(f"its numbers should be real, got dtype {shown(said['dtype'])}")
    fill = 0 if said["fill_value"] is None else said["fill_value"]
    fortran = said["order"] == "F"
    separator = said.get("dimension_separator", ".")
    return Layout(
        tuple(said["shape"]), tuple(said["chunks"]), np.dtype(said["dtype"]), fill, fortran, packing, (), separator
    )


def _version_3(said: Any) -> Layout:
    if said["node_type"] != "array":
        raise ValueError("it is a group of arrays; write FILE.zarr#NAME for one of them")
    if said["data_type"] not in _TYPES:
        raise ValueError(f"its numbers should be real, got data type {shown(said['data_type'])}")
    first, *rest = said["codecs"]
    packing = str(rest[0]["name"]) if rest else ""
    if first["name"] != "bytes" or len(rest) > 1 or said["chunk_grid"]["name"] != "regular":
        known = "bytes, then gzip, zstd or blosc"
        raise ValueError(f"codecs other than {known}, and other grids than regular ones are not read")
    order = ">" if first.get("configuration", {}).get("endian") == "big" else "<"
    names = said["chunk_key_encoding"]
    prefix = ("c",) if names["name"] == "default" else ()
    separator = names.get("configuration", {}).get("separator", "/" if prefix else ".")
    chunk = tuple(said["chunk_grid"]["configuration"]["chunk_shape"])
    dtype = np.dtype(order + _TYPES[said["data_type"]])
    return Layout(tuple(said["shape"]), chunk, dtype, said["fill_value"], False, packing, prefix, separator)


def _sound(one: Layout) -> Layout:
    whole = all(isinstance(n, int) and not isinstance(n, bool) for n in (*one.shape, *one.chunk))
    if not whole or len(one.shape) != len(one.chunk) or len(one.shape) > 8:
        raise ValueError(f"shape and chunks should be as many whole numbers, got {shown([one.shape, one.chunk])}")
    if any(n < 0 for n in one.shape) or any(n < 1 for n in one.chunk):
        raise ValueError(f"shape and chunks should be above 0, got {shown([one.shape, one.chunk])}")
    if one.packing not in ("", "zlib", "gzip", "zstd", "blosc"):
        raise ValueError(f"chunks packed by gzip, zlib, zstd or blosc are read, got {shown(one.packing)}")
    if one.separator not in ("/", "."):
        raise ValueError(f"the names of its chunks are separated by / or ., got {shown(one.separator)}")
    if isinstance(one.fill, bool) or not isinstance(one.fill, int | float) or not abs(one.fill) < 2**63:
        raise ValueError(f"its fill value should be a finite number, got {shown(one.fill)}")
    return one
