"""Look a network over: what keeps it from running, what is probably not meant, what it will cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .clock import exact
from .collecting import at_rest
from .cost import bytes_of, operations_per_second
from .errors import GraphnetError
from .layer import ArrayLayer
from .network import Network

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing found: how grave, about which layer (or "" for the network), what, and what to do."""

    severity: Severity
    where: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{self.severity}: {place}{self.message}{cure}"


def look_over(net: Network) -> list[Finding]:
    """Every finding, the gravest first; an error keeps the network from running. Nothing is changed."""
    with at_rest():
        found = [*_errors(net), *_dead_ends(net), *_unreached(net), *_constant(net), *_rates(net)]
        if net.layers and not any(one.severity == "error" for one in found):
            found.append(_cost(net))
    order: list[Severity] = ["error", "warning", "note"]
    return sorted(found, key=lambda one: order.index(one.severity))


def _errors(net: Network) -> list[Finding]:
    from .run import check_ready

    found = [Finding("error", "", str(error)) for error in check_ready(net)]
    for attempt in (net.structure, lambda: net.exact_dt if net.layers else None):
        try:
            attempt()
        except GraphnetError as error:
            found.append(Finding("error", "", error.message, error.hint or ""))
    if not net.layers:
        found.append(Finding("error", "", "the network has no layers"))
    return found


def _dead_ends(net: Network) -> list[Finding]:
    """Layers whose output nothing reads, where outputs are declared and they are none."""
    outputs = set(net.outputs)
    if not outputs:
        return []
    return [
        Finding("warning", name, "nothing reads its output and it is no declared output", f"net.output({name!r})")
        for name in net.layers
        if name not in outputs and not net.edges_from(name)
    ]


def _unreached(net: Network) -> list[Finding]:
    found = [
        Finding("warning", name, f"no edge leads to its {net.reads(name).size} input channels: it runs without input")
        for name in net.readers()
        if not net.is_reached(name) and net.reads(name).size > 0
    ]
    found += [
        Finding("warning", name, "no edge leads to this port: what it leads to runs without it", "connect it")
        for name in net.ports
        if not net.is_reached(name)
    ]
    return found + [
        Finding("warning", name, "no layer reads this input", "connect it, or leave it out")
        for name in (*net.inputs, *net.ports)
        if not net.edges_from(name)
    ]


def _constant(net: Network) -> list[Finding]:
    """Layers that nothing from outside, no noise and no source can move: their input never changes."""
    layers = net.layers
    moving = set(net.inputs)
    reached: set[str] = set()
    for name in net.evol_order if not _errors_in(net) else []:
        layer = layers[name]
        if layer.size_in == 0 or layer.noise_std > 0 or not moving.isdisjoint(net.sources(name)):
            reached.add(name)
            moving.add(name)
    looped = {name for part in net.structure().parts if part.block for name in part.order} if reached else set()
    return [
        Finding("note", name, "its input is constant: no external input, source or noise leads to it")
        for name in layers
        if reached and name not in moving and name not in looped and net.sources(name)
    ]


def _errors_in(net: Network) -> bool:
    try:
        net.structure()
    except GraphnetError:
        return True
    return False


def _rates(net: Network) -> list[Finding]:
    """Layers of which every neighbour has one other rate, finer or coarser: perhaps a dt left at its default."""
    layers = net.layers
    if len({layer.dt for layer in layers.values()}) < 2:
        return []
    around: dict[str, set[float]] = {name: set() for name in layers}
    for name in layers:
        for pre in net.sources(name):
            if pre in layers and pre != name:
                around[name].add(layers[pre].dt)
                around[pre].add(layers[name].dt)
    found: list[Finding] = []
    for name, layer in layers.items():
        others = around[name]
        if len(others) == 1 and exact(other := others.pop()) != exact(layer.dt):
            words = f"it has dt {layer.dt!r} s, all its neighbours {other!r} s"
            found.append(Finding("note", name, words, f"is that meant? dt={other!r} would save the change of rate"))
    return found


def _cost(net: Network) -> Finding:
    layers = net.layers
    operations = sum(operations_per_second(one) for one in layers.values())
    memory = sum(memory_of(net, name) for name in layers)
    return Finding(
        "note",
        "",
        f"about {operations:.3g} operations per simulated second, {memory / 1e6:.3g} MB of weights and state",
    )


def memory_of(net: Network, name: str) -> int:
    """Bytes of a layer's weights and state."""
    layer = net[name]
    if not isinstance(layer, ArrayLayer):
        return int(np.asarray(layer.weights).nbytes)
    return bytes_of(layer) + sum(int(array.nbytes) for array in net.states[name].values())


__all__ = ["Finding", "look_over", "memory_of"]
