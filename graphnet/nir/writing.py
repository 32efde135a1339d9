"""A graph of NIR from a network."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from ..clock import exact
from ..errors import ExchangeError, GraphnetError
from ..layer import Exchange, Exchanged
from ..layer.exchange import Primitive, Shape
from ..network import Network
from ..timeseries import TSEvent
from .door import library, refused
from .flat import Refusals
from .links import Link, links
from .loops import closing, in_order
from .reading import SERIES, lags

log: logging.Logger = logging.getLogger("graphnet")


def to_nir(net: Network) -> Any:
    """The graph of NIR that a network is: nodes named after its layers, inputs and outputs.

    A layer with weights becomes two nodes, ``hidden.linear`` and ``hidden``; channels that edges pick, and inputs set
    side by side, become Linear nodes of zeros and ones; delays become Delay nodes, but for the one step that a loop has
    anyway when it is read. Layers that only hand on become edges. Outputs are those declared, else every layer that
    leads nowhere. States, clock, seed and recorded names are not part of NIR.

    Raises ExchangeError with everything that has no counterpart, by name.
    """
    return Writing(net).graph()


class Writing:
    """A network on its way to a graph."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self.nir: Any = library()
        self.refusals: Refusals = []
        self.nodes: dict[str, Any] = {}
        self.edges: list[tuple[str, str]] = []
        self.first: dict[str, str] = {}
        """The node at which edges into a layer or an output arrive."""
        self.shapes: dict[str, Shape] = {}
        """What each layer and input emits."""
        self.taken: dict[str, Shape] = {}
        """What each layer and output takes."""
        self.stands: dict[str, Exchange] = {}
        self.real: list[str] = []
        self.links: list[Link] = []

    def graph(self) -> Any:
        """The graph, or everything that is refused in one ExchangeError."""
        net = self.net
        self._same_step()
        outputs = list(net.outputs) or [one for one in net.layers if not net.edges_from(one)]
        self.stands = {name: self._first_look(name) for name in net.layers}
        self._settle()
        passing = {name for name, one in self.stands.items() if not one.chain}
        self.real = [name for name in net.layers if name not in passing]
        ends = [*self.real, *(name for name in outputs if name in passing)]
        self.links = links(net, passing | set(net.ports), ends)
        self._shape([*net.inputs, *ends])
        for name in net.inputs:
            self._place_input(name)
        for name in self.real:
            self._place(name)
        for name in outputs:
            self._place_output(name, name in passing)
        self._lead_all([*net.inputs, *ends])
        for name in self.real:
            self._back(name)
        self._settle()
        try:
            return self.nir.NIRGraph(self.nodes, self.edges)
        except (ValueError, NotImplementedError) as error:
            raise ExchangeError(f"{net.name} cannot be written as NIR: {error}") from error

    def _settle(self) -> None:
        if self.refusals:
            raise refused(f"{self.net.name} cannot be written as NIR", self.refusals)

    # ------------------------------------------------------------------ looks

    def _same_step(self) -> None:
        steps = {name: exact(layer.dt) for name, layer in self.net.layers.items()}
        if len(set(steps.values())) > 1:
            shown = ", ".join(f"{name} has dt {float(dt)!r} s" for name, dt in list(steps.items())[:6])
            self.refusals.append((self.net.name, f"NIR has no steps of time, the layers have several: {shown}"))
        self.step: Fraction = next(iter(steps.values()), Fraction(1))

    def _first_look(self, name: str) -> Exchange:
        """What a layer stands for where flat channels arrive, which says what it asks for."""
        layer = self.net[name]
        try:
            if not isinstance(layer, Exchanged):
                raise ExchangeError(f"{layer.class_name} is a plain Layer, which has no counterpart in NIR")
            if name in self.net.inlets:
                raise ExchangeError(f"{layer.class_name} has several inputs, a node of NIR has one")
            made = layer.to_nir((layer.size_in,))
            if made.chain and not self.net.edges_into(name):
                raise ExchangeError("nothing leads to it; what a graph of NIR begins with is an input")
            return made
        except GraphnetError as error:
            self.refusals.append((name, error.message))
            return Exchange()

    def _shape(self, names: Sequence[str]) -> None:
        """The shapes that are taken and emitted, from the inputs on; an input has the shape that is asked of it."""
        into: dict[str, list[Link]] = {name: [] for name in names}
        for one in self.links:
            into[one.post].append(one)
        waiting = in_order(names, [(one.pre, one.post) for one in self.links if not one.delay])
        while waiting:
            # in a loop, which a delay among the nodes holds open, begin where a shape has come to
            known = (one for one in waiting if self._reached(into[one]))
            name = next(known, waiting[0])
            waiting.remove(name)
            if name in self.net.inputs:
                self.shapes[name] = self._asked(name) or (self.net.sends(name).size,)
                continue
            size = self.net.reads(name).size
            arriving = {
                (size,) if one.weight is not None else self.shapes[one.pre]
                for one in into[name]
                if one.weight is not None or one.pre in self.shapes
            }
            shape = arriving.pop() if len(arriving) == 1 else (size,)
            stands = self.stands[name]
            self.taken[name] = shape if stands.takes is None else stands.takes
            self.shapes[name] = self.taken[name] if stands.gives is None else stands.gives

    def _reached(self, into: Sequence[Link]) -> bool:
        return not into or any(one.weight is not None or one.pre in self.shapes for one in into)

    def _asked(self, name: str) -> Shape | None:
        """The shape of maps that something asks for to which this leads; None where flat channels do."""
        seen, waiting = {name}, [name]
        while waiting:
            here = waiting.pop(0)
            for one in self.links:
                if one.pre != here or one.weight is not None or one.post in seen:
                    continue
                takes = self.stands[one.post].takes
                if takes is not None and len(takes) > 1:
                    return takes
                seen.add(one.post)
                waiting += [one.post] if takes is None else []
        return None

    # ------------------------------------------------------------------ nodes

    def _place_input(self, name: str) -> None:
        events = self.net.sends(name).type is TSEvent
        more = {"metadata": {SERIES: TSEvent.__name__}} if events else {}
        self._stand(name, self.nir.Input(np.array(self.shapes[name], dtype=np.int64), **more))

    def _stand(self, name: str, node: Any) -> None:
        if "/" in name:
            self.refusals.append((name, "files of NIR have no '/' in names"))
        self.nodes[name] = node

    def _place(self, name: str) -> None:
        """The nodes of a layer in a row, the last of them with the layer's name."""
        layer: Any = self.net[name]
        made = layer.to_nir(self.taken[name])
        if made.note:
            log.info("%s: %s", name, made.note)
        *before, last = made.chain
        self._stand(name, self._node(last))
        row = [self._add(f"{name}.{one.kind.lower()}", self._node(one)) for one in before]
        self.first[name] = row[0] if row else name
        self._chain([*row, name])
        told = self.nodes[name].output_type["output"]
        if told is not None and tuple(int(n) for n in told) != self.shapes[name]:
            shown = tuple(int(n) for n in told)
            self.refusals.append((name, f"emits shape {self.shapes[name]}, which NIR takes for {shown}"))

    def _place_output(self, name: str, hands_on: bool) -> None:
        shape = self.taken[name] if hands_on else self.shapes[name]
        node = self.nir.Output(np.array(shape, dtype=np.int64))
        if hands_on:
            self._stand(name, node)
            self.first[name] = name
            if not any(one.post == name for one in self.links):
                self.refusals.append((name, "nothing leads to this output"))
        else:
            self.edges.append((name, self._add(f"{name}.output", node)))

    def _back(self, name: str) -> None:
        """What leads from a layer back to itself."""
        layer: Any = self.net[name]
        back = layer.to_nir(self.taken[name]).back
        if back is not None:
            row = [self._add(f"{name}.recurrent", self._node(one)) for one in back]
            self._chain([name, *row, name])

    def _node(self, one: Primitive) -> Any:
        return vars(self.nir)[one.kind](**one.fields)

    def _add(self, name: str, node: Any) -> str:
        found, count = name, 0
        while found in self.nodes or found in self.net.names:
            count += 1
            found = f"{name}_{count}"
        self.nodes[found] = node
        return found

    # ------------------------------------------------------------------ edges

    def _lead_all(self, names: Sequence[str]) -> None:
        """Every link; one that is late by a step, and closes a loop of links that are not, gets the step when it is
        read: in all others a node says how late they are."""
        held = {name for name in self.real if lags(self.net[name])}
        at_once = [(one.pre, one.post) for one in self.links if not one.delay and one.post not in held]
        for one in self.links:
            read_late = one.delay == self.step and one.post not in held
            self._lead(one, read_late and closing(names, [*at_once, (one.pre, one.post)])[-1])

    def _lead(self, one: Link, late: bool) -> None:
        """A link as an edge, with the nodes that it needs on its way. ``late``: it gets a step when it is read."""
        shape, wanted = self.shapes[one.pre], self.taken[one.post]
        row: list[tuple[str, Any]] = []
        if one.weight is not None:
            if len(shape) > 1:
                row.append(("flatten", self._flatten(shape)))
            row.append(("linear", self.nir.Linear(np.ascontiguousarray(one.weight.T))))
            shape = (one.weight.shape[1],)
        if len(shape) > 1 and len(wanted) == 1:
            row.append(("flatten", self._flatten(shape)))
            shape = wanted
        if shape != wanted:
            said = f"{one.pre} emits shape {shape}, which NIR cannot turn into {wanted}"
            self.refusals.append((one.post, said))
            return
        delay = one.delay - self.step if late else one.delay
        if delay or (not row and (one.pre, self.first[one.post]) in self.edges):  # edges stand once in NIR
            row.append(("delay", self.nir.Delay(np.full(shape, float(delay)))))
        self._chain([one.pre, *(self._add(f"{one.post}.{kind}", node) for kind, node in row), self.first[one.post]])

    def _flatten(self, shape: Shape) -> Any:
        return self.nir.Flatten(np.array(shape, dtype=np.int64), start_dim=0, end_dim=-1)

    def _chain(self, row: Sequence[str]) -> None:
        self.edges += pairwise(row)
