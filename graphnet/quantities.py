"""Quantities as documents write them: a number and its unit, read exactly, in the unit that is asked for."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Any

from .errors import ParameterError
from .showing import shown

PATTERN = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?(/\d+)?\s*[^\s\d.]\S*\s*$"
"""What a quantity looks like, for the schema of documents."""

# few enough digits that no text costs memory: a fraction of 1e999999999 would
_QUANTITY = re.compile(
    r"\s*([-+]?(?:\d{1,30}/0{0,30}[1-9]\d{0,30}|(?:\d{1,30}\.?\d{0,60}|\.\d{1,60})(?:[eE][-+]?\d{1,2})?))\s*([^\s\d.]\S*)\s*",
    re.ASCII,
)
_PREFIXES = {"": 0, "k": 3, "M": 6, "G": 9, "m": -3, "u": -6, "µ": -6, "μ": -6, "n": -9, "p": -12}
_BASES = {"s": ("a time", "20 ms", "seconds"), "Hz": ("a frequency", "8 kHz", "hertz"), "V": (), "A": ()}


@lru_cache(maxsize=4096)
def amount(text: str, unit: str) -> float:
    """A written quantity as a number of ``unit``, rounded once. Raises ParameterError, naming the unit.

    >>> amount("20 ms", "s"), amount("8 kHz", "Hz"), amount("-0.065 V", "mV"), amount("1/3 s", "s")
    (0.02, 8000.0, -65.0, 0.3333333333333333)
    """
    found = _QUANTITY.fullmatch(text)
    factor = None if found is None else _factor(found[2], unit)
    if found is None or factor is None:
        raise ParameterError(f"should be {expected(unit)}, got {shown(text)}")
    return float(Fraction(found[1]) * factor)


def in_unit(value: Any, unit: str) -> Any:
    """A value of a document with every quantity in it as a number of ``unit``; lists are gone through.

    Raises ParameterError.
    """
    if isinstance(value, str):
        return amount(value, unit)
    if isinstance(value, list) and any(isinstance(one, str | list) for one in value):
        return [in_unit(one, unit) for one in value]
    return value


def expected(unit: str) -> str:
    """What stands where a quantity of this unit is asked for, in words."""
    words = _BASES.get(unit)
    if words:
        return f"{words[0]} such as {words[1]}, or a number of {words[2]}"
    return f"a number, or one with its unit such as 1 {unit}"


def _factor(given: str, unit: str) -> Fraction | None:
    """How many of ``unit`` one of ``given`` is, or None where they measure different things."""
    if given == unit:
        return Fraction(1)
    for base in _BASES:
        powers = [_PREFIXES.get(one.removesuffix(base)) if one.endswith(base) else None for one in (given, unit)]
        if powers[0] is not None and powers[1] is not None:
            return Fraction(10) ** (powers[0] - powers[1])
    return None
