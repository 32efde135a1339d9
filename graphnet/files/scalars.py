"""Values a document can hold, and how each is spelt so that every reader reads it back as it was."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np

from ..errors import ParameterError, ParameterTypeError
from ..limits import current
from .json_reader import HALF_CHARACTER, SURROGATE
from .source import Place, spell

# Letters first and nothing that any schema or any context of YAML gives a meaning: such text needs no quotes.
PLAIN = re.compile(r"[^\W\d](?:[\w ./+*()<>@%=|^~-]*[\w./+*()<>@%=|^~-])?")
QUANTITY = re.compile(r"[0-9]+(?:\.[0-9]+)? [A-Za-z]+")  # 3 ms
WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf", "infinity"))
UNSAFE = re.compile('[^ -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|["\\\\]')
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def plain(value: Any, place: Place) -> Any:
    """``value`` as a dict, list, str, int, float, bool or None; arrays, NumPy scalars and tuples are converted.

    Raises ParameterTypeError for anything else, ParameterError for what is nested too deep or in itself; both name the
    place.
    """
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if value is None or isinstance(value, (str, bool, int, float, dict, list)):
        if len(place) >= current().depth and isinstance(value, (dict, list)):
            raise _refusal(place, f"nested deeper than {current().depth} levels, or holds itself")
        return value
    if isinstance(value, tuple):
        return list(value)
    where = spell(place) or "the document"
    message = f"{where}: {type(value).__name__} cannot stand in a document"
    hint = "use text, numbers, true/false, None, lists, mappings or arrays of these"
    raise ParameterTypeError(message, parameter=spell(place), hint=hint)


def check_key(key: Any, place: Place) -> str:
    """A key of a mapping, which must be text."""
    if not isinstance(key, str):
        where = spell(place) or "the document"
        raise ParameterTypeError(
            f"{where}: the key {key!r} is no text", parameter=spell(place), hint=f"use {str(key)!r}"
        )
    return key


def _refusal(place: Place, message: str) -> ParameterError:
    return ParameterError(f"{spell(place) or 'the document'}: {message}", parameter=spell(place))


def yaml_scalar(value: Any, place: Place) -> str:
    """A scalar as YAML, read alike by YAML 1.2 and by readers of YAML 1.1.

    >>> [yaml_scalar(one, ()) for one in (1e-05, 3.0, "on", "1e3", "a -> b", True, None)]
    ['1.0e-05', '3.0', '"on"', '"1e3"', 'a -> b', 'true', 'null']
    """
    if isinstance(value, str):
        return yaml_text(value, place)
    if isinstance(value, float):
        return _yaml_float(float(value))
    return _word(value, place)


def json_scalar(value: Any, place: Place) -> str:
    """A scalar as JSON. Raises ParameterError for NaN and infinity, which JSON lacks."""
    if isinstance(value, str):
        return json.dumps(_checked(value, place), ensure_ascii=False)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _refusal(place, f"{float(value)!r} has no spelling in JSON; write YAML, or leave it out")
        return float.__repr__(value)
    return _word(value, place)


def _word(value: Any, place: Place) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return int.__repr__(value)
    except ValueError:
        raise _refusal(place, "an integer has too many digits to write") from None


def _yaml_float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    spelt = repr(value)
    # YAML 1.1 sees a float only where there is a dot, also before an exponent
    return spelt if "." in spelt else spelt.replace("e", ".0e")


def yaml_text(text: str, place: Place) -> str:
    """Text as one line of YAML, in double quotes wherever some reader would take it for something else."""
    safe = PLAIN.fullmatch(text) and text.lower() not in WORDS
    if safe or QUANTITY.fullmatch(text):
        return str(text)
    return f'"{UNSAFE.sub(_escape, _checked(text, place))}"'


def _checked(text: str, place: Place) -> str:
    if SURROGATE.search(text):
        raise _refusal(place, HALF_CHARACTER)
    return str(text)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    return ESCAPES.get(character) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
