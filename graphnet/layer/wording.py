"""Types of parameters in words."""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin


def type_words(annotation: Any) -> str:
    """A type as people say it: ``number``, ``whole number or none``, ``sequence of numbers``."""
    if get_origin(annotation) is Literal:
        return " | ".join(str(one) for one in get_args(annotation))
    if get_origin(annotation) in (Union, types.UnionType):
        return " or ".join(type_words(one) for one in get_args(annotation))
    if get_origin(annotation) is Annotated:
        return type_words(get_args(annotation)[0])
    if get_origin(annotation) in (list, tuple, Sequence):
        return _row_words(annotation)
    words = {float: "number", int: "whole number", str: "text", bool: "true or false", type(None): "none"}
    return words.get(annotation) or getattr(annotation, "__name__", str(annotation))


def _row_words(annotation: Any) -> str:
    """What a sequence holds: ``sequence of numbers``, ``pair of whole numbers``, ``sequence of sequences of ...``."""
    held = [one for one in get_args(annotation) if one is not Ellipsis]
    if len(set(held)) != 1:
        return f"sequence of {', '.join(type_words(one) for one in held)}" if held else "sequence"
    one, _, rest = type_words(held[0]).partition(" of ")
    plural = {"text": "texts", "true or false": "truth values"}.get(one, f"{one}s") + (f" of {rest}" if rest else "")
    fixed = get_origin(annotation) is tuple and Ellipsis not in get_args(annotation)
    number = {2: "pair of", 3: "three"}.get(len(held), str(len(held))) if fixed and len(held) > 1 else "sequence of"
    return f"{number} {plural}"
