"""What follows from the layers and edges of a network: order, loops, clocks. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from .clock import exact, gcd, lcm
from .edge import FINEST, Edge, Fixed, written_delay
from .errors import CycleError, TimeError, UnknownName
from .graph import components, find_cycle, loop_block
from .layer import ArrayLayer, Layer
from .paths import Path
from .timeseries import TimeSeries


@dataclass(frozen=True, slots=True)
class Input(Fixed):
    """An external input: name, number of channels, kind of series. ``connect`` takes it as the beginning of an edge."""

    name: str
    size: int
    type: type[TimeSeries]


@dataclass(frozen=True, slots=True)
class Port(Fixed):
    """An input of a nested network: a joint that holds its merge, under its path such as ``front.x``."""

    name: str
    size: int
    type: type[TimeSeries]


@dataclass(frozen=True, slots=True)
class Group(Fixed):
    """A network that was added to another: its name there, the paths of its ports and of its outputs."""

    name: str
    ports: tuple[str, ...]
    outputs: tuple[str, ...]

    def sole(self, reads: bool) -> str:
        """The one port, or the one output, that the network's name alone can mean. Raises UnknownName for several."""
        paths = self.ports if reads else self.outputs
        if len(paths) == 1:
            return paths[0]
        kind = "input" if reads else "output"
        raise UnknownName(f"{kind} (it has {len(paths)})", self.name, paths, where=f"nested network {self.name!r}")


class Part(NamedTuple):
    """Layers that run together: one layer, or the layers of a loop in the order of each of its blocks.

    ``block`` (s) is the length in which a loop is iterated and ``step`` what such a block is a multiple of; 0 for a
    layer outside loops.
    """

    order: tuple[str, ...]
    block: Fraction = Fraction(0)
    step: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Structure(Fixed):
    """The parts of a network in topological order."""

    parts: tuple[Part, ...]


def common_step(layers: Mapping[str, Layer]) -> Fraction:
    """The least common multiple of the layers' steps (s). Raises TimeError, naming layers, where it is not sensible."""
    written: dict[float, str] = {}
    for name, layer in layers.items():
        written.setdefault(layer.dt, name)
    steps: dict[Fraction, str] = {}
    for dt, name in written.items():
        steps.setdefault(exact(dt), name)
    if not steps:
        raise TimeError("a network without layers has no step")
    common = lcm(steps)
    if common > FINEST * min(steps):
        shown = ", ".join(f"{name} has dt {layers[name].dt!r} s" for _, name in sorted(steps.items())[:6])
        raise TimeError(
            f"the layers have no sensible common step: {shown}; the first common one is {float(common):g} s",
            hint="use steps of which each is a small multiple of a common one",
        )
    return common


def structure_of(layers: Mapping[str, Layer], edges: Iterable[Edge | Path]) -> Structure:
    """Order and loops of what leads from layer to layer. Raises CycleError naming the whole loop."""
    names = list(layers)
    number = {name: i for i, name in enumerate(names)}
    inside = [one for one in edges if one.pre in number]
    successors: list[list[int]] = [[] for _ in names]
    for one in inside:
        successors[number[one.pre]].append(number[one.post])
    loops: dict[int, int] = {}
    found = components(successors)
    for place, nodes in enumerate(found):
        if len(nodes) > 1 or nodes[0] in successors[nodes[0]]:
            loops.update(dict.fromkeys(nodes, place))
    within: dict[int, list[Edge | Path]] = {place: [] for place in loops.values()}
    for one in inside:
        place = loops.get(number[one.pre])
        if place is not None and place == loops.get(number[one.post]):
            within[place].append(one)
    return Structure(
        tuple(
            _loop([names[node] for node in nodes], within[place], layers)
            if place in within
            else Part((names[nodes[0]],))
            for place, nodes in enumerate(found)
        )
    )


def _loop(names: list[str], edges: list[Edge | Path], layers: Mapping[str, Layer]) -> Part:
    """How a loop is iterated. Raises CycleError where it cannot be."""
    _without_plain_layers(names, edges, layers)
    number = {name: i for i, name in enumerate(names)}
    steps = [exact(layers[name].dt) for name in names]
    lags = {name: lag_of(layers[name]) for name in names}
    late = [max(one.delay, lags[one.post]) for one in edges]
    tick = gcd([*steps, *(one for one in late if one)])
    step = lcm(steps)
    block, order = loop_block(
        len(names),
        [(number[one.pre], number[one.post], int(delay / tick)) for one, delay in zip(edges, late, strict=True)],
        int(step / tick),
    )
    if block == 0:
        raise _refused([names[i] for i in order], edges, step, lags)
    return Part(tuple(names[i] for i in order), block * tick, step)


def lag_of(layer: Layer) -> Fraction:
    """After what time (s) the input of a layer can first show in its output."""
    return layer.lag() * exact(layer.dt) if isinstance(layer, ArrayLayer) else Fraction(0)


def _refused(cycle: list[str], edges: list[Edge | Path], step: Fraction, lags: Mapping[str, Fraction]) -> CycleError:
    shown = " -> ".join([*cycle, cycle[0]])
    pairs = set(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    along = [one for one in edges if (one.pre, one.post) in pairs]
    least = written_delay(step)
    where = f"give one edge a delay of at least {least}, e.g. '{cycle[-1]} -> {cycle[0]} @ {least}'"
    if any(one.delay or lags[one.post] for one in along):
        return CycleError(
            f"no delay of the loop {shown} is as long as the common step of its layers, {written_delay(step)}",
            cycle=cycle,
            hint=where,
        )
    return CycleError(f"these wait for each other: {shown}", cycle=cycle, hint=where)


def _without_plain_layers(names: list[str], edges: list[Edge | Path], layers: Mapping[str, Layer]) -> None:
    plain = next((name for name in names if not isinstance(layers[name], ArrayLayer)), None)
    if plain is None:
        return
    number = {name: i for i, name in enumerate(names)}
    successors: list[list[int]] = [[] for _ in names]
    for one in edges:
        successors[number[one.pre]].append(number[one.post])
    cycle = [names[i] for i in find_cycle(successors) or range(len(names))]
    raise CycleError(
        f"{plain} is a {layers[plain].class_name}, a plain Layer, and cannot be part of a loop: "
        + " -> ".join([*cycle, cycle[0]]),
        cycle=cycle,
        hint="write it as an ArrayLayer (initial, advance), which a loop can run step by step",
    )
