"""What a document wants done with its network, checked against the network before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import registry
from ..clock import exact, whole_steps
from ..errors import GraphnetError, NetworkError, ParameterError, UnknownName
from ..layer import ArrayLayer, Trainable
from ..timeseries import TSEvent
from .options import options

if TYPE_CHECKING:
    from ..network import Network
    from ..sections import DataSection, Document, EvaluateSection, FitSection, RunSection


class Misfit(NamedTuple):
    """A place in a document, what is wrong there, and whether that is the key."""

    place: tuple[str | int, ...]
    error: GraphnetError
    key: bool = False


Found = Iterator[Misfit]


def misfits(net: Network, document: Document) -> Found:
    """What of the sections data, fit, evaluate and run does not fit the network; layers it lacks are passed over."""
    layers = list(dict.fromkeys([*document.layers, *net.layers]))
    if document.data is not None:
        yield from _data(document.data)
    for part in ("fit", "evaluate"):
        if getattr(document, part) is not None and document.data is None:
            said = f"{part} needs trials: the section data is missing"
            yield Misfit((part,), ParameterError(said, parameter=part), key=True)
    if document.fit is not None:
        yield from _fit(net, layers, document.fit)
    if document.evaluate is not None:
        yield from _evaluate(net, layers, document.evaluate)
    if document.run is not None:
        if document.data is not None:
            said = "run is for a network without trials: the document has data"
            yield Misfit(("run",), ParameterError(said, parameter="run"), key=True)
        yield from _run(net, document, document.run)
    if document.record is not None:
        yield from _record(net, document, layers, document.record)


def _data(section: DataSection) -> Found:
    try:
        source = registry.datasets.get(section.source)
    except GraphnetError as error:
        yield Misfit(("data", "source"), error)
        return
    for name, said, key in options(section.source, source, section.model_extra or {})[1]:
        yield Misfit(("data", name) if name else ("data",), ParameterError(said, parameter=name), key)


def _fit(net: Network, layers: list[str], section: FitSection) -> Found:
    if section.layer not in layers:
        yield Misfit(("fit", "layer"), UnknownName("layer", section.layer, layers, where="fit"))
    elif section.layer in net:
        layer = net[section.layer]
        if not isinstance(layer, Trainable) or not isinstance(layer, ArrayLayer):
            said = f"{layer.start_print} cannot be trained"
            yield Misfit(("fit", "layer"), NetworkError(said, hint="train a readout such as Ridge"))
        yield from _steps(("fit", "washout"), section.washout, exact(layer.dt), "washout")


def _evaluate(net: Network, layers: list[str], section: EvaluateSection) -> Found:
    places = [(("evaluate", "signal"), section.signal), *((("evaluate", "beside"), one) for one in section.beside)]
    for place, name in places:
        if name not in layers:
            yield Misfit(place, UnknownName("layer", name, layers, where="evaluate"))
        elif name in net:
            layer = net[name]
            if layer.output_type is TSEvent and section.smooth is None:
                hint = "or, where the targets are spikes, write how far they are smoothed: 'smooth: 0.005'"
                said = f"{layer.start_print} emits events: evaluate a continuous signal"
                yield Misfit(place, NetworkError(said, hint=hint))
            yield from _steps(("evaluate", "washout"), section.washout, exact(layer.dt), "washout")
    between = section.between
    if between is not None and not (len(between) == 2 and between[0] < between[1]):
        said = f"between is a time and a later one, got {', '.join(f'{one:g} s' for one in between) or 'none'}"
        yield Misfit(("evaluate", "between"), ParameterError(said, parameter="between"))


def _run(net: Network, document: Document, section: RunSection) -> Found:
    for name in section.inputs:
        if name not in document.inputs:
            yield Misfit(("run", "inputs", name), UnknownName("input", name, document.inputs, where="run"), key=True)
    times = {"duration": section.duration, "checkpoint": section.checkpoint}
    if net.layers and any(times.values()):
        try:
            step = net.exact_dt
        except GraphnetError:
            return  # told where the clocks are checked
        for what, seconds in times.items():
            if seconds is not None:
                yield from _steps(("run", what), seconds, step, what)


def _record(net: Network, document: Document, layers: list[str], names: list[str]) -> Found:
    if document.data is not None:
        said = "record is for a network without trials: the document has data"
        yield Misfit(("record",), ParameterError(said, parameter="record"), key=True)
    for i, name in enumerate(names):
        owner, _, variable = name.rpartition(".")
        if name in layers or name in document.inputs:
            continue
        if owner not in layers:
            yield Misfit(("record", i), UnknownName("layer", name, [*layers, *document.inputs], where="record"))
        elif owner in net.states and variable not in net.states[owner]:
            known = net.states[owner]
            yield Misfit(("record", i), UnknownName("state variable", variable, known, where=f"record {name!r}"))


def _steps(place: tuple[str, ...], seconds: float, step: Any, what: str) -> Found:
    try:
        whole_steps(seconds, step, what)
    except GraphnetError as error:
        yield Misfit(place, error)


__all__ = ["Misfit", "misfits"]
