"""All arrays of an archive of NumPy, as checkpoints and series are kept: within limits, and without pickles."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..limits import current, limited, raising
from ..showing import named, printable
from .npy import MAGIC, outline, read_npy
from .npz import check_list, members_of
from .places import open_regular

UNREADABLE = (
    ValueError,
    TypeError,
    OSError,
    EOFError,
    MemoryError,
    OverflowError,
    RuntimeError,
    KeyError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
"""What reading an archive that is not sound may end in."""
LONGEST = 400
"""Characters of a path, or of another reader's words, that an error repeats."""
MEMBERS = 50_000
"""In an archive of ours, whatever the limit: checkpoints and results have several for each layer or signal. So many are
read, or refused at the last, in less than 2 s; for more the limit is raised."""


def read_archive_at(path: str | os.PathLike[str], whole: int | None = None) -> dict[str, NDArray[Any]]:
    """The arrays in a regular file. Raises ParameterError where it cannot be opened, else as ``read_archive``."""
    with open_regular(Path(path), str(path)) as stream:
        return read_archive(stream, whole)


def read_archive(stream: BinaryIO, whole: int | None = None) -> dict[str, NDArray[Any]]:
    """The arrays in a stream, by name: numbers, text and truth values.

    Members that are not packed may be as large as the file, since nothing grows while they are read; packed ones
    together have ``Limits.unpacked`` bytes at most. Of a member of more than ``whole`` bytes only the header is read:
    zeros of its type and shape, of no size in memory, stand for it. Raises one of UNREADABLE for an archive that is
    not sound.
    """
    stream.seek(0)
    if stream.read(len(MAGIC)) == MAGIC:
        raise ValueError("it holds one array, no archive of several")
    size = stream.seek(0, os.SEEK_END)
    limits = replace(current(), stored=max(current().stored, size), members=max(current().members, MEMBERS))
    with limited(limits):
        check_list(stream, size)
        with zipfile.ZipFile(stream) as archive:
            members = members_of(archive)
            _check_sizes(list(members.values()), size)
            return {key: _read(archive, member, whole) for key, member in members.items()}


def told(said: object) -> str:
    """A path, or what another reader says, as an error repeats it: control characters escaped, cut where it is long."""
    return printable("not enough memory" if isinstance(said, MemoryError) else str(said), LONGEST)


def _check_sizes(members: list[zipfile.ZipInfo], size: int) -> None:
    """Members that are not packed lie in the file one behind the other; packed ones are bounded together."""
    for one in members:
        if one.flag_bits & 1 or one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{named(one.filename)} is encrypted, or packed by another method than deflate")
    if sum(one.compress_size for one in members) > size:
        raise ValueError(f"its members promise more than the {size} bytes of the file")
    packed = sum(one.file_size for one in members if one.compress_type != zipfile.ZIP_STORED)
    if packed > current().unpacked:
        said = f"its packed members promise {packed} bytes, at most {current().unpacked} are unpacked"
        raise ValueError(f"{said}; {raising('unpacked')}")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, whole: int | None) -> NDArray[Any]:
    packed = member.compress_type != zipfile.ZIP_STORED
    if not packed and member.file_size != member.compress_size:
        raise ValueError(f"{named(member.filename)} has two sizes")
    try:
        with archive.open(member) as stream:
            if whole is not None and member.file_size > whole:
                return outline(stream, member.file_size, text=True)  # type: ignore[arg-type] # reads like a file
            array = read_npy(stream, member.file_size, packed, text=True)  # type: ignore[arg-type] # reads like a file
            if array.dtype.kind == "U":
                array.tolist()  # a ValueError where what stands there is no text
    except ValueError as error:
        raise ValueError(f"{named(member.filename)}: {error}") from error
    return array.astype(np.int8).astype(bool) if array.dtype.kind == "b" else array
