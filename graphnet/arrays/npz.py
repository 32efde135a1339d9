"""Arrays in archives of NumPy: one member is read, and nothing is unpacked beyond what it may hold.

The format of the archive: PKWARE, APPNOTE.TXT, ".ZIP File Format Specification".
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from ..errors import UnknownName
from ..limits import current, raising
from ..showing import named, shown
from .npy import read_npy

CSR = ("data", "indices", "indptr", "shape")
_END, _END_64, _LOCATOR = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_ENTRY = 512  # bytes of one entry in the list of members, at most on average
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_npz(stream: BinaryIO, size: int, key: str | None, file: str) -> Any:
    """The array of a key; without one, the four arrays of a sparse matrix that scipy's ``save_npz`` wrote, by name.

    Raises UnknownName for a key that is not there, ValueError for an archive that is not sound.
    """
    check_list(stream, size)
    with zipfile.ZipFile(stream) as archive:
        members = members_of(archive)
        if key is None and set(CSR) <= set(members):
            return _csr(archive, members)
        if key not in members:
            said = str(key) if key is None else shown(key).strip("'\"")
            raise UnknownName("array", said, [named(one) for one in members], where=named(file))
        return _read(archive, members[key])


def _csr(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> dict[str, Any]:
    if "format" in members:
        form = _read(archive, members["format"], text=True).tobytes().rstrip(b"\0")
        if form != b"csr":
            raise ValueError(f"its sparse matrix should be in the form csr, got {shown(form)}; save matrix.tocsr()")
    return {name: _read(archive, members[name]) for name in CSR}


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, text: bool = False) -> Any:
    if member.flag_bits & 1 or member.compress_type not in _METHODS:
        raise ValueError(f"{named(member.filename)} is encrypted, or packed by another method than deflate")
    packed = member.compress_type != zipfile.ZIP_STORED
    try:
        with archive.open(member) as stream:
            return read_npy(stream, member.file_size, packed, text)  # type: ignore[arg-type] # it reads like a file
    except ValueError as error:
        raise ValueError(f"{named(member.filename)}: {error}") from error


def members_of(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members by key; an archive that could mean two things, or wants to write elsewhere, is refused whole."""
    found: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = member.filename
        path = PurePosixPath(name.replace("\\", "/"))
        if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise ValueError(f"its member {shown(name)} has a name that leads out of it")
        key = name.removesuffix(".npy")
        if key in found:
            raise ValueError(f"its member {shown(name)} is there twice")
        found[key] = member
    return found


def check_list(stream: BinaryIO, size: int) -> None:
    """Refuse a list of members too long to be read: the reader of archives holds all of it in memory."""
    reach = min(size, 2**16 + 22 + 20 + 56)
    stream.seek(size - reach)
    tail = stream.read(reach)
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise ValueError("it has no end of an archive: it is no .npz file, or was cut off")
    count, length = struct.unpack_from("<HL", tail, at + 10)
    if at >= 20 and tail[at - 20 : at - 16] == _LOCATOR:
        where = struct.unpack_from("<Q", tail, at - 12)[0]
        record = tail[at - 76 : at - 20] if at >= 76 else b""
        if record[:4] != _END_64 or where != size - reach + at - 76:
            raise ValueError("its list of members is not where it should be")
        count, length = struct.unpack_from("<QQ", record, 32)
    most = current().members
    if count > most or length > most * _ENTRY:
        said = f"it lists {count} members in {length} bytes, at most {most} are read"
        raise ValueError(f"{said}; {raising('members')}")
