"""Layers that read several inputs: which they declare, and how one series by itself is dealt out to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..blocks import Events
from ..errors import InputError, ParameterError
from ..timeseries import TimeSeries, TSContinuous, TSEvent

if TYPE_CHECKING:
    from .array import ArrayLayer

Form = tuple[int, type[TimeSeries]]


def declared_ports(layer: ArrayLayer) -> dict[str, Form]:
    """Name -> (channels, kind) of the inputs that a layer declares with ``ports``; empty where it has the one.

    Raises ParameterError for names that are no plain words, and where the sizes do not add up to ``size_in``.
    """
    given = layer.ports()
    if not given:
        return {}
    found: dict[str, Form] = {}
    for name, one in given.items():
        size, kind = one if isinstance(one, tuple) else (one, layer.input_type)
        wrong = isinstance(size, bool) or not isinstance(size, int) or size < 1 or kind not in (TSContinuous, TSEvent)
        if wrong or not (isinstance(name, str) and name.isidentifier()):
            raise ParameterError(
                f"{layer.start_print}: {one!r} is no input {name!r}",
                hint="ports() gives name -> size, or name -> (size, TSEvent)",
            )
        found[name] = size, kind
    total = sum(size for size, _ in found.values())
    if total != layer.size_in:
        raise ParameterError(f"{layer.start_print}: its ports have {total} channels, its size_in is {layer.size_in}")
    return found


def dealt(layer: ArrayLayer, ports: Mapping[str, Form], block: Any) -> dict[str, Any]:
    """The channels of one block, dealt out to the inputs in their order. Raises InputError for inputs of two kinds."""
    if block is None:
        return dict.fromkeys(ports)
    if any(kind is not layer.input_type for _, kind in ports.values()):
        raise InputError(
            f"{layer.start_print} has inputs of both kinds ({', '.join(ports)}): one series cannot drive them",
            hint="put it into a network and lead to each",
        )
    found: dict[str, Any] = {}
    begin = 0
    for name, (size, _) in ports.items():
        if isinstance(block, Events):
            here = (block.channel >= begin) & (block.channel < begin + size)
            found[name] = Events(block.step[here], (block.channel[here] - begin).astype(np.int32))
        else:
            found[name] = np.ascontiguousarray(block[:, begin : begin + size])
        begin += size
    return found
