"""What a document wants done with its network, checked against the network before anything runs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .. import registry
from ..clock import exact, whole_steps
from ..errors import GraphnetError, NetworkError, ParameterError, UnknownName, near
from ..layer import ArrayLayer, Trainable
from ..timeseries import TSEvent

if TYPE_CHECKING:
    from ..network import Network
    from ..sections import DataSection, Document, EvaluateSection, FitSection, RunSection

Found = Iterator[tuple[tuple[str | int, ...], GraphnetError]]
"""Places in a document, each with what is wrong there."""


def misfits(net: Network, document: Document) -> Found:
    """What of the sections data, fit, evaluate and run does not fit the network; layers it lacks are passed over."""
    layers = list(dict.fromkeys([*document.layers, *net.layers]))
    if document.data is not None:
        yield from _data(document.data)
    for part in ("fit", "evaluate"):
        if getattr(document, part) is not None and document.data is None:
            yield (part,), ParameterError(f"{part} needs trials: the section data is missing", parameter=part)
    if document.fit is not None:
        yield from _fit(net, layers, document.fit)
    if document.evaluate is not None:
        yield from _evaluate(net, layers, document.evaluate)
    if document.run is not None:
        if document.data is not None:
            yield (
                ("run",),
                ParameterError("run is for a network without trials: the document has data", parameter="run"),
            )
        yield from _run(net, document, document.run)
    if document.record is not None:
        yield from _record(net, document, layers, document.record)


def _data(section: DataSection) -> Found:
    try:
        source = registry.datasets.get(section.source)
    except GraphnetError as error:
        yield ("data", "source"), error
        return
    for name, message in wrong_options(section.source, source, section.model_extra or {}):
        yield ("data", name) if name else ("data",), ParameterError(message, parameter=name)


def wrong_options(name: str, source: Any, given: Any) -> Iterator[tuple[str, str]]:
    """Options that a dataset source does not know, each with what to say; under "" those that it lacks."""
    takes = inspect.signature(source).parameters
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in takes.values()):
        return
    meant: set[str] = set()
    for option in given:
        if option not in takes:
            close = near(option, takes)
            meant.add(close or "")
            cure = f"did you mean {close!r}?" if close else f"it has: {', '.join(takes)}"
            yield option, f"data source {name!r} has no option {option!r}; {cure}"
    for option, one in takes.items():
        if one.default is inspect.Parameter.empty and option not in given and option not in meant:
            yield "", f"data source {name!r} needs the option {option!r}"


def _fit(net: Network, layers: list[str], section: FitSection) -> Found:
    if section.layer not in layers:
        yield ("fit", "layer"), UnknownName("layer", section.layer, layers, where="fit")
    elif section.layer in net:
        layer = net[section.layer]
        if not isinstance(layer, Trainable) or not isinstance(layer, ArrayLayer):
            yield (
                ("fit", "layer"),
                NetworkError(f"{layer.start_print} cannot be trained", hint="train a readout such as Ridge"),
            )
        yield from _steps(("fit", "washout"), section.washout, exact(layer.dt), "washout")


def _evaluate(net: Network, layers: list[str], section: EvaluateSection) -> Found:
    places = [(("evaluate", "signal"), section.signal), *((("evaluate", "beside"), one) for one in section.beside)]
    for place, name in places:
        if name not in layers:
            yield place, UnknownName("layer", name, layers, where="evaluate")
        elif name in net:
            layer = net[name]
            if layer.output_type is TSEvent and section.smooth is None:
                hint = "or, where the targets are spikes, write how far they are smoothed: 'smooth: 0.005'"
                said = f"{layer.start_print} emits events: evaluate a continuous signal"
                yield place, NetworkError(said, hint=hint)
            yield from _steps(("evaluate", "washout"), section.washout, exact(layer.dt), "washout")
    between = section.between
    if between is not None and not (len(between) == 2 and between[0] < between[1]):
        said = f"between is a time and a later one, got {', '.join(f'{one:g} s' for one in between) or 'none'}"
        yield ("evaluate", "between"), ParameterError(said, parameter="between")


def _run(net: Network, document: Document, section: RunSection) -> Found:
    for name in section.inputs:
        if name not in document.inputs:
            yield ("run", "inputs", name), UnknownName("input", name, document.inputs, where="run")
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
        yield (
            ("record",),
            ParameterError("record is for a network without trials: the document has data", parameter="record"),
        )
    for i, name in enumerate(names):
        owner, _, variable = name.rpartition(".")
        if name in layers or name in document.inputs:
            continue
        if owner not in layers:
            yield ("record", i), UnknownName("layer", name, [*layers, *document.inputs], where="record")
        elif owner in net.states and variable not in net.states[owner]:
            yield (
                ("record", i),
                UnknownName("state variable", variable, net.states[owner], where=f"record {name!r}"),
            )


def _steps(place: tuple[str, ...], seconds: float, step: Any, what: str) -> Found:
    try:
        whole_steps(seconds, step, what)
    except GraphnetError as error:
        yield place, error


__all__ = ["misfits", "wrong_options"]
