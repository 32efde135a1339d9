"""What the description of an array may cost and reach, and how a value is shown that must not be trusted."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from ..errors import ParameterError

SHOWN = 80
"""Characters of a value that an error shows: enough to find it, too few to flood a terminal."""
LARGEST_SIDE = 2**31 - 1
"""Rows or columns of a matrix: what the indices of a CSR array can count."""
_LONG_NUMBER = 256  # bits: longer ones are described, since Python refuses to write out very long ones


@dataclass(frozen=True)
class Limits:
    """What an array may cost before it is refused, and where it may lie.

    Costs are in bytes as a layer holds an array: 8 for each number.

    ``stored``: of an array that lies unpacked in its file. Nothing grows while it is read, so only a file that really
    is that large can be.
    ``unpacked``: of an array that is unpacked from less: a compressed member or chunk, a fill value, a sparse index. A
    few bytes can promise anything, so a refusal must stay within 300 MB and 2 s.
    ``text``: of a table in text, as it lies on disk: reading one takes 50 times as long as its binary form.
    ``drawn``: of what an initialiser draws; one line of a document can ask for any shape.
    ``total``: of all arrays together that are read and drawn inside one ``limited``; without it nobody counts.
    ``members``: in an archive, or files of a Zarr array.
    ``allow``: the folders, besides that of a document, in which its files may lie.
    """

    stored: int = 2**30
    unpacked: int = 256 * 2**20
    text: int = 8 * 2**20
    drawn: int = 2**30
    total: int = 4 * 2**30
    members: int = 10_000
    allow: Sequence[str | os.PathLike[str]] = ()


USUAL = Limits()
_current: ContextVar[Limits] = ContextVar("graphnet_limits_of_arrays", default=USUAL)

_spent: ContextVar[list[int] | None] = ContextVar("graphnet_room_of_arrays", default=None)


def current() -> Limits:
    """The limits that hold here."""
    return _current.get()


@contextmanager
def limited(limits: Limits) -> Iterator[Limits]:
    """Other limits for what is read and drawn inside, in this thread, and a count of all of it.

    >>> from graphnet.arrays import resolve
    >>> with limited(Limits(drawn=800)):
    ...     resolve({"init": "constant", "shape": 101})
    Traceback (most recent call last):
    ...
    graphnet.errors.ParameterError: initialiser 'constant': shape 101 asks for 808 bytes; at most 800 may be drawn
      hint: give a smaller shape, or raise the limit: graphnet.arrays.limited(Limits(drawn=...))
    """
    before, counted = _current.set(limits), _spent.set([0])
    try:
        yield limits
    finally:
        _current.reset(before)
        _spent.reset(counted)


def count(numbers: int) -> None:
    """Add so many numbers to what stands in memory. Raises ParameterError where all together pass the limit."""
    spent, most = _spent.get(), current().total
    if spent is None:
        return
    spent[0] += 8 * numbers
    if spent[0] > most:
        raise ParameterError(
            f"with this array all that were read and drawn have {spent[0]} bytes; together at most {most} may be held",
            hint="give smaller arrays, or raise the limit: graphnet.arrays.limited(Limits(total=...))",
        )


def room(numbers: int, what: str, limit: str, hint: str = "give a smaller shape") -> None:
    """Refuse so many numbers where they pass a limit; ``what`` begins the sentence. Raises ParameterError."""
    most: int = getattr(current(), limit)
    if 8 * numbers > most:
        raise ParameterError(
            f"{what} asks for {shown(8 * numbers)} bytes; at most {most} may be {limit}",
            hint=f"{hint}, or raise the limit: graphnet.arrays.limited(Limits({limit}=...))",
        )


class _Shown(reprlib.Repr):
    """Values of any size and depth on one line, without the parts that cost time."""

    def repr_int(self, x: int, level: int) -> str:
        return repr(x) if x.bit_length() <= _LONG_NUMBER else f"a whole number of {x.bit_length()} bits"


def shown(value: Any) -> str:
    """A value as an error shows it: one line, at most 80 characters, control characters escaped.

    >>> shown("a\\x1b[2J" + 200 * "b")[:12], len(shown(list(range(10**6))))
    ("'a\\\\x1b[2Jbbb", 80)
    """
    kind = _Shown()
    kind.maxstring = kind.maxother = 4 * SHOWN
    kind.maxlist = kind.maxtuple = kind.maxdict = 40
    text = _escaped(kind.repr(value))
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def named(text: str) -> str:
    """A name of a file or a member in an error: as it is, or escaped and cut like any other value."""
    return text if text.isprintable() and len(text) <= SHOWN else shown(text)[1:-1]


def _escaped(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
