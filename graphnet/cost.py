"""What a layer will cost, estimated from its form: for reports, and for dividing work."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from .layer import ArrayLayer, Layer
from .timeseries import TSEvent

SPARSE = 0.02  # events per channel and step that an estimate assumes
UPDATE = 10.0  # operations that a unit's own dynamics are taken to need per step
PACE = 16000.0  # operations per microsecond that one core is taken to do
CALL = 3.0  # microseconds that a call of a layer takes, whatever it computes


def operations_per_step(layer: Layer) -> float:
    """An estimate of the operations that a step of a layer takes: products and updates, events sparse."""
    if not isinstance(layer, ArrayLayer):
        return 2.0 * layer.size_in * layer.size
    operations = UPDATE * max(layer.size, layer.size_out)
    for name in _weights(type(layer)):
        value = layer.value(name)
        if value is not None and (
            layer.size_in or name == "weights_rec"
        ):  # what a source holds is played, not multiplied
            event = layer.input_type is TSEvent or (name == "weights_rec" and layer.output_type is TSEvent)
            operations += 2.0 * entries(value) * (SPARSE if event else 1.0)
    return operations


@lru_cache(maxsize=1024)
def _weights(cls: type[ArrayLayer]) -> tuple[str, ...]:
    return tuple(one.name for one in cls.parameters().values() if one.kind == "weights")


@lru_cache(maxsize=1024)
def _arrays(cls: type[ArrayLayer]) -> tuple[str, ...]:
    return tuple(one.name for one in cls.parameters().values() if one.is_array)


def bytes_of(layer: ArrayLayer) -> int:
    """Bytes of a layer's parameters that are arrays, in float64."""
    values: list[Any] = [layer.value(name) for name in _arrays(type(layer))]
    return sum(8 * entries(value) for value in values if value is not None and not isinstance(value, int | float))


def operations_per_second(layer: Layer) -> float:
    """An estimate of the operations that a simulated second of a layer takes."""
    return operations_per_step(layer) / layer.dt


def microseconds(layer: Layer, steps: int, calls: int = 1) -> float:
    """An estimate of the time that ``steps`` steps of a layer take, in so many calls."""
    return CALL * calls + operations_per_step(layer) * steps / PACE


def entries(matrix: Any) -> int:
    """How many numbers a matrix holds: all of a dense one, those stored of a sparse one."""
    return int(matrix.size if isinstance(matrix, np.ndarray) else matrix.nnz)
