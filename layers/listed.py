"""Parameters that are a few numbers in a row: given as a list, a tuple, a range or an array, held as tuples."""

from __future__ import annotations

from typing import Any

import numpy as np


class Listed:
    """Marks a field that is given as a sequence and held as a tuple, which nobody can change behind the layer's back.

    ``held``: the type that it is checked as, e.g. ``tuple[int, ...]``.
    """

    def __init__(self, held: Any) -> None:
        self.held = held

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(tuples, handler.generate_schema(self.held))


def tuples(value: Any) -> Any:
    """Sequences and arrays as tuples of plain numbers, all the way down; anything else as it is."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple | range):
        return tuple(tuples(one) for one in value)
    return value
