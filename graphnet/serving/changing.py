"""Another value for a parameter of a network that stands between two blocks, as somebody writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..document.making import measured
from ..errors import DocumentError, ParameterError, UnknownName
from ..files.reading import parse_value
from ..layer import ArrayLayer
from ..layer.values import is_sparse
from ..network import Network

LONGEST = 10_000
"""Characters of a value that is read."""


class Change(NamedTuple):
    """A parameter of a layer with its new value, ``text`` as it was written and ``before`` in words."""

    layer: str
    parameter: str
    value: Any
    text: str
    before: str


def change(net: Network, layer: str, parameter: str, text: str) -> Change:
    """Give a parameter another value, written as in a document: ``10 ms``, ``[0.1, 0.2]``, ``{exc: 5 ms, inh: 10 ms}``.

    States and what is under way on edges stay; what does not fit the layer's form is refused: another size, kind, step,
    name, dtype or shape of its state. Files cannot be named. Raises UnknownName, ParameterError and its kin; nothing
    has been changed then.
    """
    if layer not in net.layers:
        raise UnknownName("layer", layer, net.layers)
    held = net[layer]
    if not isinstance(held, ArrayLayer):
        raise ParameterError(f"{layer} is a {held.class_name}, a plain Layer: its parameters stay", owner=layer)
    if len(text) > LONGEST:
        raise ParameterError(f"{parameter}: a value has at most {LONGEST:,} characters, got {len(text):,}")
    try:
        value, _ = parse_value(text)
    except DocumentError as error:
        raise ParameterError(f"{parameter}: {error.problems[0].message}", owner=layer, parameter=parameter) from None
    if "file" in _keys(value):
        raise ParameterError(f"{parameter}: no file can be named while the network runs", owner=layer)
    given = {parameter: value}
    measured(type(held), given)
    before = " ".join(one for one in (written(held.value(parameter)), held.parameters()[parameter].unit) if one)
    net.set_params(**{f"{layer}__{parameter}": given[parameter]})
    return Change(layer, parameter, held.value(parameter), text.strip(), before)


def written(value: Any) -> str:
    """A value as it is shown in one line."""
    if is_sparse(value) or (isinstance(value, np.ndarray) and value.size > 8):
        return f"array {value.shape}"
    if isinstance(value, np.ndarray):
        return str(value.tolist())
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {written(one)}" for name, one in value.items()) + "}"
    if isinstance(value, float):
        return f"{value:g}"
    shown = str(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _keys(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        for one in value.values():
            yield from _keys(one)
    elif isinstance(value, list):
        for one in value:
            yield from _keys(one)
