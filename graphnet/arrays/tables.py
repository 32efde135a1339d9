"""Arrays in tables of text: numbers separated by commas, a row in each line."""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import UnknownName
from ..limits import current, raising
from ..showing import named, shown

MOST_LINES = 500_000
"""Lines of a table: reading more of the shortest ones takes longer than a refusal may."""
LONGEST_LINE = 2**20
"""Bytes of one line: its parts stand in memory as text, which takes 25 times their room."""


def read_csv(stream: BinaryIO, size: int, key: str | None, file: str) -> NDArray[np.float64]:
    """A table as a matrix (rows, columns); with a key one column of it, shape (rows,).

    A key is the number of a column, from 0, or its name in the first line, which then holds names. Empty lines are
    passed over. Raises UnknownName for a column that is not there, ValueError with the line that is wrong.
    """
    if size > current().text:
        said = f"it has {size} bytes, tables up to {current().text} are read"
        raise ValueError(f"{said}; save larger ones as .npy, or {raising('text')}")
    text = _text(stream.read(size + 1))
    lines = ((number, line) for number, line in enumerate(io.StringIO(text), 1) if line.strip())
    names: list[str] | None = None
    if key is not None and not key.isdecimal():
        names = [one.strip().strip('"') for one in next(lines, (1, ""))[1].split(",")]
    table = _rows(lines)
    if key is None:
        return table
    known = names or [str(one) for one in range(table.shape[1])]
    if key not in known[: table.shape[1]] or known.count(key) > 1:
        raise UnknownName("column", shown(key).strip("'\""), [named(one) for one in known], where=named(file))
    return np.ascontiguousarray(table[:, known.index(key)])


def _text(raw: bytes) -> str:
    if raw.count(b"\n") > MOST_LINES:
        raise ValueError(f"it has more than {MOST_LINES} lines; save it as .npy")
    try:
        return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line}: not text in UTF-8: byte 0x{raw[error.start]:02x}") from None


def _rows(lines: Iterable[tuple[int, str]]) -> NDArray[np.float64]:
    numbers = array("d")
    width = rows = 0
    for number, line in lines:
        if len(line) > LONGEST_LINE:
            raise ValueError(f"line {number}: {len(line)} bytes, lines up to {LONGEST_LINE} are read; save it as .npy")
        parts = line.split(",")
        width = width or len(parts)
        if len(parts) != width:
            raise ValueError(f"line {number}: its numbers are {len(parts)}, those of the first line {width}")
        try:
            if not line.isascii() or "_" in line:
                raise ValueError
            numbers.extend(map(float, parts))
        except ValueError:
            raise ValueError(f"line {number}: {_culprit(line)}") from None
        rows += 1
    if not rows:
        raise ValueError("it holds no numbers")
    return np.array(numbers).reshape(rows, width)


def _culprit(line: str) -> str:
    """Which part of a line is no number."""
    for part in line.split(","):
        if not _is_number(part):
            names = "; where the first line names columns, take one of them: FILE.csv#NAME"
            return f"should be a number, got {shown(part.strip())}{names}"
    return f"should be numbers, got {shown(line)}"


def _is_number(part: Any) -> bool:
    try:
        float(part)
    except ValueError:
        return False
    return part.isascii() and "_" not in part
