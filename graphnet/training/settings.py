"""The parameters of all layers of a network by one name each, as scikit-learn writes those of nested estimators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ParameterError, StateError, UnknownName
from ..layer import ArrayLayer
from ..layer.trainable import changed, parameters_of, take_over
from ..network import Network


def get_params(net: Network, deep: bool = True) -> dict[str, Any]:
    """Every parameter of every ArrayLayer, as ``layer__parameter``; nothing unless ``deep``."""
    layers = _layers(net) if deep else {}
    return {
        f"{name}__{parameter}": value for name, one in layers.items() for parameter, value in parameters_of(one).items()
    }


def set_params(net: Network, given: Mapping[str, Any]) -> None:
    """Give parameters other values, all or none: names are ``layer__parameter``.

    States stay. Raises UnknownName, ParameterTypeError for names that are not there, ParameterError for values that
    are refused or would change the form of a layer, StateError while the network is being evolved.
    """
    if net.lock.locked():
        raise StateError(f"the network {net.name!r} is being evolved", hint="set parameters when the run has ended")
    layers = _layers(net)
    by_layer: dict[str, dict[str, Any]] = {}
    for key, value in given.items():
        name, found, parameter = key.rpartition("__")
        if not found:
            raise ParameterError(f"{key!r} is no parameter of a network", parameter=key, hint="write layer__parameter")
        if name not in layers:
            raise UnknownName("layer with parameters", name, layers, where=f"{key!r}")
        by_layer.setdefault(name, {})[parameter] = value
    made = [(layers[name], changed(layers[name], values)) for name, values in by_layer.items()]
    for layer, new in made:
        take_over(layer, new)


def _layers(net: Network) -> dict[str, ArrayLayer]:
    return {name: one for name, one in net.layers.items() if isinstance(one, ArrayLayer)}
