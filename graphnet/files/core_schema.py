"""What an unquoted word of YAML means, by the core schema of YAML 1.2 (section 10.3.2 of its specification).

PyYAML resolves by YAML 1.1, where ``1e-3`` is text, ``on`` is true, ``010`` is 8 and ``1:30`` is 90.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

Scalar = str | int | float | bool | None

CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
NUMBER_STARTS = frozenset("+-.0123456789")
DECIMAL = re.compile(r"[-+]?[0-9]+")
OCTAL = re.compile(r"0o[0-7]+")
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
INFINITY = re.compile(r"[-+]?\.(?:inf|Inf|INF)")
NAN = re.compile(r"\.(?:nan|NaN|NAN)")


def resolve(text: str) -> Scalar:
    """The value of an unquoted scalar. Raises ValueError for a number that Python cannot hold.

    >>> [resolve(word) for word in ("1e-3", "010", "0x10", "~", "true")]
    [0.001, 10, 16, None, True]
    >>> [resolve(word) for word in ("on", "yes", "1:30", "2001-12-14", "1_000")]
    ['on', 'yes', '1:30', '2001-12-14', '1_000']
    """
    if text[:1] in NUMBER_STARTS:
        number = _number(text)
        return text if number is None else number
    return CONSTANTS.get(text, text)


def _number(text: str) -> int | float | None:
    if DECIMAL.fullmatch(text):
        return _whole(text, 10)
    if OCTAL.fullmatch(text):
        return _whole(text[2:], 8)
    if HEXADECIMAL.fullmatch(text):
        return _whole(text[2:], 16)
    if FLOAT.fullmatch(text):
        return finite(text)
    if INFINITY.fullmatch(text):
        return -math.inf if text[0] == "-" else math.inf
    return math.nan if NAN.fullmatch(text) else None


def _whole(digits: str, base: int) -> int:
    try:
        return int(digits, base)
    except ValueError:
        raise ValueError(f"an integer of {len(digits)} digits is too long to read") from None


def finite(text: str) -> float:
    """A float written in digits; ValueError where it would silently become infinity."""
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} is beyond the largest float, about 1.8e308")
    return value


def _text(text: str) -> Scalar:
    return text


def _null(text: str) -> Scalar:
    if CONSTANTS.get(text, text) is not None:
        raise ValueError(f"{text!r} is no null; that is written null or ~")
    return None


def _bool(text: str) -> Scalar:
    value = CONSTANTS.get(text, text)
    if not isinstance(value, bool):
        raise ValueError(f"{text!r} is neither true nor false")
    return value


def _int(text: str) -> Scalar:
    value = _number(text)
    if not isinstance(value, int):
        raise ValueError(f"{text!r} is no integer")
    return value


def _float(text: str) -> Scalar:
    value = _number(text)
    if value is None:
        raise ValueError(f"{text!r} is no number")
    try:
        return float(value)
    except OverflowError:
        return finite(text)


PREFIX = "tag:yaml.org,2002:"
SCALAR_TAGS: dict[str, Callable[[str], Scalar]] = {
    "!": _text,
    PREFIX + "str": _text,
    PREFIX + "null": _null,
    PREFIX + "bool": _bool,
    PREFIX + "int": _int,
    PREFIX + "float": _float,
}
MAPPING_TAGS = frozenset((None, "!", PREFIX + "map"))
SEQUENCE_TAGS = frozenset((None, "!", PREFIX + "seq"))


def short(tag: str) -> str:
    """A tag as it is written in a document.

    >>> short("tag:yaml.org,2002:python/name:os.system")
    '!!python/name:os.system'
    """
    return "!!" + tag[len(PREFIX) :] if tag.startswith(PREFIX) else tag
