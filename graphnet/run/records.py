"""What a run records: signals, variables of states, samples of either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..clock import exact, whole_steps
from ..errors import NetworkError, ParameterError, ParameterTypeError, UnknownName
from ..layer import ArrayLayer
from ..network import Network
from ..plan import Tap, Wanted
from ..timeseries import TSEvent

Record = Sequence[str | Mapping[str, Any]] | Mapping[str, Any] | str | None


def wanted(net: Network, record: Record, taps: Mapping[str, Tap], finite: bool = False) -> Wanted:
    """What is asked for, looked up in the network. Raises UnknownName, ParameterError, TimeError, NetworkError."""
    if record is None:
        return Wanted([(name, 1) for name in net.outputs or net.layers], (), taps, finite)
    signals: dict[str, int] = {}
    variables: dict[str, tuple[str, str, str, int]] = {}
    for one in _several(record):
        name, every = _read_record(one)
        if name in net.inputs:
            continue  # external inputs are always in the result, as they were given
        if name in net.layers:
            signals[name] = _strides(net, name, name, every)
            continue
        owner, variable = _variable(net, name)
        variables[name] = (name, owner, variable, _strides(net, name, owner, every))
    return Wanted(tuple(signals.items()), tuple(variables.values()), taps, finite)


def _several(record: Any) -> Iterable[Any]:
    if isinstance(record, str | Mapping) or not isinstance(record, Iterable):
        return [record]
    return record


def _read_record(one: Any) -> tuple[str, Any]:
    if isinstance(one, str):
        return one, None
    if isinstance(one, Mapping) and "signal" in one and set(one) <= {"signal", "every"}:
        return str(one["signal"]), one.get("every")
    raise ParameterTypeError(
        f"record takes names and mappings such as {{'signal': 'res', 'every': 0.5}}, got {one!r}", parameter="record"
    )


def _strides(net: Network, name: str, owner: str, every: Any) -> int:
    """How many steps of the layer apart the kept ones are."""
    if every is None:
        return 1
    layer = net[owner]
    if name == owner and layer.output_type is TSEvent:
        raise ParameterError(f"record {name!r}: events are kept one by one, 'every' is for continuous signals")
    strides = whole_steps(every, exact(layer.dt), f"record {name!r}: every")
    if strides < 1:
        raise ParameterError(f"record {name!r}: every must be at least the layer's dt, {layer.dt!r} s")
    return strides


def _variable(net: Network, name: str) -> tuple[str, str]:
    owner, _, variable = name.rpartition(".")
    if owner not in net.layers:
        raise UnknownName("layer", owner or name, [*net.layers, *net.inputs], where="record")
    layer = net[owner]
    if not isinstance(layer, ArrayLayer):
        raise NetworkError(f"{owner} is a plain Layer: its variables cannot be recorded, only its output")
    if variable not in net.states[owner]:
        raise UnknownName("state variable", variable, net.states[owner], where=f"record {name!r}")
    return owner, variable


def classes(net: Network, names: Iterable[str]) -> dict[str, str]:
    """The class of each signal's layer, in the order of evolution, inputs first; a variable comes behind its layer."""
    place = {name: i for i, name in enumerate([*net.inputs, *net.evol_order])}
    owners = {name: name if name in place else name.rpartition(".")[0] for name in names}
    order = sorted(owners, key=lambda name: (place[owners[name]], name != owners[name]))
    return {name: "Input" if owners[name] in net.inputs else net[owners[name]].class_name for name in order}
