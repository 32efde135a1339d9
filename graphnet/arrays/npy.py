"""Arrays of numbers in NumPy's own format, read by its description and without the evaluation of its header.

The format: NEP 1, "A Simple File Format for NumPy Arrays", versions 1.0 to 3.0.
"""

from __future__ import annotations

import math
import re
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..limits import current, raising
from ..showing import shown

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 10_000
"""Bytes: a header of a plain array of numbers needs about 120."""
MOST_DIMENSIONS = 8
AT_ONCE = 2**20  # bytes

_FIELD = r"\s*'(?:descr|fortran_order|shape)'\s*:\s*(?:'[^']*'|True|False|\([\d,\sL]*\))\s*"
_HEADER = re.compile(rf"\{{{_FIELD}(?:,{_FIELD}){{2}},?\s*\}}\s*")
_PAIR = re.compile(r"'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\([\d,\sL]*\))")
_NUMBERS = re.compile(r"[<>=|]?[iu][1248]|[<>=|]?f[248]")
_TEXT = re.compile(r"\|S\d{1,3}|[<>=]?U[1-9]\d{0,4}|\|b1")


def read_npy(stream: BinaryIO, size: int, packed: bool = False, text: bool = False) -> NDArray[Any]:
    """The array in a stream of ``size`` bytes, in C order and the machine's order of bytes.

    ``packed``: the stream is unpacked from less. ``text``: short text, and true or false, are taken as well. Raises
    ValueError.
    """
    dtype, fortran, shape = _described(stream, size, text)
    count = math.prod(shape)
    most = current().unpacked if packed else current().stored
    turned = packed and fortran and len(shape) > 1  # turning it round takes its room again
    needed = max(8, dtype.itemsize) * count * (1 + turned)
    if needed > most:
        said = f"its shape {shown(shape)} needs {shown(needed)} bytes, at most {most} are read"
        raise ValueError(f"{said}; {raising('unpacked' if packed else 'stored')}")
    array = np.empty(count, dtype=dtype)
    fill(array, stream)
    if not dtype.isnative:  # in place: a copy would take its room again
        array = array.byteswap(inplace=True).view(dtype.newbyteorder("="))
    return np.asarray(array.reshape(shape, order="F" if fortran else "C"), order="C")


def outline(stream: BinaryIO, size: int, text: bool = False) -> NDArray[Any]:
    """Zeros in place of the array in a stream: of its type and shape, by its header alone, and of no size in memory.

    Raises ValueError for a header that does not describe ``size`` bytes.
    """
    dtype, _, shape = _described(stream, size, text)
    return np.broadcast_to(np.zeros((), dtype), shape)


def fill(array: NDArray[Any], stream: BinaryIO) -> None:
    """Fill a flat array from a stream that must end with it. Raises ValueError."""
    raw = array.view(np.uint8)
    done = 0
    while done < raw.size:
        piece = stream.read(min(AT_ONCE, raw.size - done))
        if not piece:
            raise ValueError(f"it ends after {done} of {raw.size} bytes of numbers")
        raw[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
        done += len(piece)
    if stream.read(1):
        raise ValueError(f"more follows after its {raw.size} bytes of numbers")


def _described(stream: BinaryIO, size: int, text: bool) -> tuple[np.dtype[Any], bool, tuple[int, ...]]:
    """dtype, whether in Fortran's order, and shape, which are those of ``size`` bytes."""
    dtype, fortran, shape, start = _header(stream, text)
    if start + math.prod(shape) * dtype.itemsize != size:
        is_there = f"{size - start} bytes are there"
        raise ValueError(f"its header promises {shown(shape)} of {dtype.name}, {is_there}")
    return dtype, fortran, shape


def _header(stream: BinaryIO, text: bool) -> tuple[np.dtype[Any], bool, tuple[int, ...], int]:
    """dtype, whether in Fortran's order, shape, and where the numbers begin."""
    begin = _exactly(stream, 8)
    if begin[:6] != MAGIC or begin[6] not in (1, 2, 3):
        raise ValueError("it does not begin as a .npy file does")
    width = 2 if begin[6] == 1 else 4
    length = int.from_bytes(_exactly(stream, width), "little")
    if length > LONGEST_HEADER:
        raise ValueError(f"its header promises {length} bytes, at most {LONGEST_HEADER} are read")
    header = _exactly(stream, length).decode("latin1")
    found = dict(_PAIR.findall(header)) if _HEADER.fullmatch(header) else {}
    if len(found) != 3 or found["fortran_order"] not in ("True", "False"):
        raise ValueError(f"its header describes no plain array of numbers: {shown(header)}")
    return _dtype(found["descr"], text), found["fortran_order"] == "True", _shape(found["shape"]), 8 + width + length


def _dtype(said: str, text: bool) -> np.dtype[Any]:
    kind = said.strip("'")
    if _NUMBERS.fullmatch(kind) or (text and _TEXT.fullmatch(kind)):
        return np.dtype(kind)
    if "O" in kind:
        raise ValueError("it holds pickled objects, which are never loaded; save plain numbers")
    raise ValueError(f"its numbers should be real (float16 to float64 or whole), got dtype {shown(kind)}")


def _shape(said: str) -> tuple[int, ...]:
    sides = re.findall(r"\d+", said)
    if not said.startswith("(") or len(sides) > MOST_DIMENSIONS or any(len(one) > 18 for one in sides):
        raise ValueError(f"it has no shape that an array can have: {shown(said)}")
    return tuple(int(one) for one in sides)


def _exactly(stream: BinaryIO, number: int) -> bytes:
    found = stream.read(number)
    if len(found) != number:
        raise ValueError(f"it ends within its header, after {len(found)} of {number} bytes")
    return found
