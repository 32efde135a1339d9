"""What a fit has taken in so far, as plain arrays that a file can hold, and back: of any layer that can be trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import StateError
from ..layer import Layer

_APART = frozenset(
    ("_values", "_written", "_matrices", "_home", "_path", "_own", "_name", "_dt", "_noise_std", "_timestep", "_draws")
)
"""What a layer holds besides what it learns: its parameters, its place in a network, its clock."""

Sums = dict[str, NDArray[Any]]


def sums(layer: Layer) -> Sums | None:
    """Copies of what the layer holds, by the names that lead there; None where some of it is no plain number."""
    try:
        return {path: np.array(value) for path, value in _leaves(_learned(layer), "") if value is not None}
    except TypeError:
        return None


def take_up(layer: Layer, held: Mapping[str, NDArray[Any]]) -> None:
    """Put what ``sums`` gave into a layer that has begun to fit. Raises StateError where it is another layer's."""
    content = _learned(layer)
    paths = {path for path, _ in _leaves(content, "")}
    stray = next((path for path in held if path not in paths), None)
    if stray is not None:
        raise StateError(f"{layer.start_print}: what it had learned holds {stray!r}, which it does not have")
    vars(layer).update({name: _taken(value, f"/{name}", held) for name, value in content.items()})


def _taken(value: Any, path: str, held: Mapping[str, NDArray[Any]]) -> Any:
    """A value with all that is held of it."""
    if path in held:
        return _renewed(value, held[path])
    if isinstance(value, tuple | list):
        return type(value)(_taken(one, f"{path}/{i}", held) for i, one in enumerate(value))
    if any(name.startswith(f"{path}/") for name in held):
        inside = value if isinstance(value, dict) else vars(value)
        inside.update({name: _taken(one, f"{path}/{name}", held) for name, one in inside.items()})
    return value


def _renewed(now: Any, array: NDArray[Any]) -> Any:
    """The value that a layer goes on with: what it has where that is the same, since products know arrays by identity.

    What comes from a file may lie at any address, where sums are added in another order.
    """
    if not isinstance(now, np.ndarray):
        return array.item() if array.ndim == 0 else np.array(array)
    same = now.shape == array.shape and now.dtype == array.dtype and now.tobytes() == array.tobytes()
    return now if same else np.array(array)


def _learned(layer: Layer) -> dict[str, Any]:
    return {name: value for name, value in vars(layer).items() if name not in _APART}


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    number = value is None or isinstance(value, bool | int | float | np.generic)
    if number or (isinstance(value, np.ndarray) and value.dtype.kind in "biuf"):
        yield path, value
    elif isinstance(value, str | type | np.dtype) or callable(value):
        return  # no sum is kept in what cannot change
    elif isinstance(value, tuple | list):
        for i, one in enumerate(value):
            yield from _leaves(one, f"{path}/{i}")
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(one, f"{path}/{name}")
    else:
        for name, one in vars(value).items():  # TypeError where it has nothing inside, as a generator of numbers
            yield from _leaves(one, f"{path}/{name}")
