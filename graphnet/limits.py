"""What documents, arrays and other files may cost before they are refused, and where they may lie."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import Any

from .errors import ParameterError, UnknownName
from .showing import shown

DEEPEST = 200
"""Levels of a document that any limit may allow: what walks down them is far from Python's recursion limit."""
LARGEST_SIDE = 2**31 - 1
"""Rows or columns of a matrix, whatever is allowed: what the indices of a CSR array can count."""
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_AMOUNT = re.compile(r"([0-9][0-9_]{0,17})\s*(?:([kMG]i?|)B?)", re.ASCII)


@dataclass(frozen=True)
class Limits:
    """What may be read before it is refused. Set for everything inside ``limited``, or by ``--limit NAME=VALUE``.

    Of documents:

    ``document``: bytes of one on disk.
    ``depth``: mappings and lists inside each other, at most 200.
    ``nodes``: keys, values, lists and mappings, with aliases written out.
    ``aliases``: how many times what is written its aliases may add, beside 10,000 nodes.
    ``references``: values and characters that ``${...}`` may add.
    ``uses``: documents that others use, in all; ``nesting``: documents inside each other.
    ``units``: channels of inputs and units of layers, in all: one number of a document can ask for any size.

    Of arrays, in bytes as a layer holds them, 8 for each number:

    ``stored``: of an array that lies unpacked in its file. Nothing grows while it is read, so only a file that really
    is that large can be.
    ``unpacked``: of an array that is unpacked from less: a compressed member or chunk, a fill value, a sparse index. A
    few bytes can promise anything, so a refusal must stay within 300 MB and 2 s.
    ``text``: of a table in text, as it lies on disk: reading one takes 50 times as long as its binary form.
    ``drawn``: of what an initialiser draws; one line of a document can ask for any shape.
    ``total``: of all arrays together that are read and drawn inside one ``limited``, of the states of a document's
    layers, and of what its edges with a delay hold; without it nobody counts.
    ``members``: in an archive, or files of a Zarr array.

    Of files of NIR, which are read in a process of their own: ``groups``, ``reading`` seconds, and ``unpacked``.

    ``allow``: the folders, besides that of a document, in which its files may lie.
    """

    document: int = 16 * 2**20
    depth: int = 64
    nodes: int = 4_000_000
    aliases: int = 10
    references: int = 250_000
    uses: int = 250
    nesting: int = 16
    units: int = 2_000_000
    stored: int = 2**30
    unpacked: int = 256 * 2**20
    text: int = 8 * 2**20
    drawn: int = 2**30
    total: int = 4 * 2**30
    members: int = 10_000
    groups: int = 20_000
    reading: int = 10
    allow: Sequence[str | os.PathLike[str]] = ()


NAMES = tuple(one.name for one in fields(Limits) if one.name != "allow")
"""The limits that are numbers."""
USUAL = Limits()
_current: ContextVar[Limits] = ContextVar("graphnet_limits", default=USUAL)


@dataclass
class _Spent:
    """What was asked for inside one ``limited``: bytes of arrays, units of inputs and layers."""

    arrays: int = 0
    units: int = 0


_spent: ContextVar[_Spent | None] = ContextVar("graphnet_room_of_arrays", default=None)


def current() -> Limits:
    """The limits that hold here."""
    return _current.get()


@contextmanager
def limited(limits: Limits) -> Iterator[Limits]:
    """Other limits for what is read and drawn inside, in this thread, and a count of all arrays together.

    Raises ParameterError for a limit that is no whole number, or deeper than any may be.

    >>> from graphnet.arrays import resolve
    >>> with limited(Limits(drawn=800)):
    ...     resolve({"init": "constant", "shape": 101})
    Traceback (most recent call last):
    ...
    graphnet.errors.ParameterError: initialiser 'constant': shape 101 asks for 808 bytes; at most 800 may be drawn
      hint: give a smaller shape, or raise the limit: --limit drawn=NUMBER, in Python limited(Limits(drawn=NUMBER))
    """
    for name in NAMES:
        value = getattr(limits, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            said = f"the limit {name} should be a whole number, 0 or more, got {shown(value)}"
            raise ParameterError(said, owner="Limits", parameter=name)
    if limits.depth > DEEPEST:
        said = f"the limit depth should be at most {DEEPEST}, got {limits.depth}"
        raise ParameterError(said, owner="Limits", parameter="depth")
    before, counted = _current.set(limits), _spent.set(_Spent())
    try:
        yield limits
    finally:
        _current.reset(before)
        _spent.reset(counted)


def changed(limits: Limits, settings: Sequence[str]) -> Limits:
    """Limits with some replaced, each setting being ``NAME=VALUE``; VALUE may end in kB, MB, GB, KiB, MiB or GiB.

    Raises UnknownName, ParameterError.

    >>> changed(Limits(), ["document=100 MiB", "depth=80"]).document
    104857600
    """
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = (one.strip() for one in setting.partition("="))
        if name not in NAMES:
            raise UnknownName("limit", name, NAMES)
        amount = _AMOUNT.fullmatch(text) if equals else None
        if amount is None:
            said = f"the limit {name} should be a whole number such as {name}=1000 or {name}=2GiB, got {shown(text)}"
            raise ParameterError(said, parameter=name)
        found[name] = int(amount[1].replace("_", "")) * _UNITS[amount[2]]
    return replace(limits, **found)


def raising(name: str) -> str:
    """How a limit is raised, as every refusal by it ends."""
    return f"raise the limit: --limit {name}=NUMBER, in Python limited(Limits({name}=NUMBER))"


def count(numbers: int, what: str = "this array", cure: str = "give smaller arrays") -> None:
    """Add so many numbers to what stands in memory. Raises ParameterError where all together pass the limit."""
    spent, most = _spent.get(), current().total
    if spent is None:
        return
    together = spent.arrays + 8 * numbers
    if together > most:  # what is refused is not held
        raise ParameterError(
            f"with {what} all arrays have {shown(together)} bytes; together at most {most} may be held",
            hint=f"{cure}, or {raising('total')}",
        )
    spent.arrays = together


def count_units(units: int, what: str) -> None:
    """Add so many channels or units to those of a document. Raises ParameterError where all pass the limit."""
    spent, most = _spent.get(), current().units
    if spent is None:
        return
    if spent.units + units > most:
        raise ParameterError(
            f"{what} asks for too much: the inputs and layers of a document have at most {most} units together",
            hint=f"give a smaller number, or {raising('units')}",
        )
    spent.units += units


def room(numbers: int, what: str, limit: str, hint: str = "give a smaller shape") -> None:
    """Refuse so many numbers where they pass a limit; ``what`` begins the sentence. Raises ParameterError."""
    most: int = getattr(current(), limit)
    if 8 * numbers > most:
        raise ParameterError(
            f"{what} asks for {shown(8 * numbers)} bytes; at most {most} may be {limit}",
            hint=f"{hint}, or {raising(limit)}",
        )


def described() -> Mapping[str, int]:
    """Every limit that is a number, with its default."""
    return {name: getattr(USUAL, name) for name in NAMES}
