"""What stands in a network, and what follows from it: layers and inputs by name, edges, paths, order. Nothing here
changes anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from . import edge as rules
from .edge import Edge, End, Merge, Place
from .errors import EdgeError, GraphnetError, ParameterError, UnknownName
from .layer import Layer
from .pairs import shown
from .paths import Path, paths_into
from .structure import Group, Input, Port, Structure, structure_of
from .wiring import Wiring

if TYPE_CHECKING:
    import networkx as nx

Node = Layer | Input | Port | Group | str
T = TypeVar("T")


class Standing:
    """The part of a network that can be looked at."""

    def __init__(self, name: str) -> None:
        self.name: str = checked_name(name)
        self._layers: dict[str, Layer] = {}
        self._inputs: dict[str, Input] = {}
        self._ports: dict[str, Port] = {}
        self._outputs: list[str] = []
        self._wiring = Wiring()
        self._ends: dict[str, tuple[End, End]] = {}  # by name: as it sends, as it reads
        self._inlets: dict[str, tuple[str, ...]] = {}  # of layers that have several inputs: the ends that read
        self._structure: Structure | None = None
        self._paths: dict[str, list[Path]] = {}
        self._known: dict[str, Any] = {}

    # ------------------------------------------------------------------ soundness

    def known(self, what: str, find: Callable[[], T]) -> T:
        """What ``find`` gives, which follows from the network as it stands and is kept until that changes."""
        if what not in self._known:
            self._known[what] = find()
        return self._known[what]

    def taken(self, what: str) -> Any:
        """What is known under a name, which is not known any more; None for nothing."""
        return self._known.pop(what, None)

    def forget(self) -> None:
        """The network, or a parameter of a layer, has changed: nothing that followed from them is known."""
        if self._known:
            self._known = {}

    def structure(self) -> Structure:
        """Order, loops and clocks of the network as it stands. Raises CycleError, TimeError, EdgeError."""
        if self._structure is None:
            leading: Iterable[Edge | Path] = self._wiring.edges.values()
            if self._ports or self._inlets:
                leading = paths = [path for name in self._layers for path in self.paths_into(name)]
                for path in paths:
                    if len(path.key) > 1:
                        self._check_path(path)
            self._structure = structure_of(self._layers, leading)
        return self._structure

    def places(self, name: str) -> list[Place]:
        """The channels of an input that each of its edges leads to, in the order of connecting."""
        if name not in self._wiring.places:
            end = self._ends[name][1]
            merge: Merge | None = self._wiring.merges.get(name) or end.merge
            self._wiring.places[name] = self._placed(self._wiring.into[name], merge, end)
        return self._wiring.places[name]

    def paths_into(self, name: str) -> list[Path]:
        """Every path from a layer or an external input to a layer (or one of its inputs), over ports, in the order of
        connecting."""
        if name not in self._paths:
            found = [
                path._replace(post=name, inlet=inlet)
                for inlet in self._inlets.get(name, ())
                for path in self.paths_into(inlet)
            ]
            self._paths[name] = found or paths_into(
                name, self._wiring.into.__getitem__, self.places, lambda end: self._ends[end][0].size, self._ports
            )
        return self._paths[name]

    def direct(self, name: str) -> list[str] | None:
        """The ends whose whole signals, at once, are all that reaches an input, in the order of connecting; None where
        there is a delay, a slice or a port among them. This costs less than the paths, which most inputs of large
        networks do not need."""
        if not self._whole(name):
            return None
        found = [edge.pre for edge in self._wiring.into[name]]
        return None if self._ports and not self._ports.keys().isdisjoint(found) else found

    def _whole(self, name: str) -> bool:
        return name not in self._wiring.partial and name not in self._inlets

    def is_reached(self, name: str) -> bool:
        """Whether an edge leads to a layer (or to one of its inputs), an input of it, or a port."""
        return any(self._wiring.into[end] for end in self._inlets.get(name, (name,)))

    def sources(self, name: str) -> list[str]:
        """The layers and external inputs that reach an input, over ports, each as often as it does."""
        found = self.direct(name)
        return [path.pre for path in self.paths_into(name)] if found is None else found

    def uncovered(self, name: str) -> list[int]:
        """The channels of an input that nothing leads to; none where nothing leads to it at all."""
        if self._whole(name) and not self._ports:
            return []
        paths = self.paths_into(name)
        size = self._ends[name][1].size
        if not paths or any(len(path.place) == size for path in paths):
            return []
        reached = {channel for path in paths for channel in path.place}
        return [channel for channel in range(size) if channel not in reached]

    # ------------------------------------------------------------------ looking

    def name_of(self, node: Node) -> str:
        """The name in this network of a layer, an input's handle, or a name. Raises UnknownName."""
        here = f"network {self.name!r}"
        if isinstance(node, Layer):
            if node._home is not self:
                raise UnknownName("layer", node.name, self._layers, where=f"{here} (this one was not added)")
            return node._path
        if isinstance(node, Input):
            if self._inputs.get(node.name) != node:
                raise UnknownName("input", node.name, self._inputs, where=f"{here} (this one is of another network)")
            return node.name
        if isinstance(node, Group):
            return node.sole(False)
        if isinstance(node, Port):
            node = node.name
        if not isinstance(node, str):
            raise EdgeError(f"a layer, an input or a name is wanted, got {node!r}")
        if node not in self._wiring:
            raise UnknownName("layer", node, self._wiring.into, where=here)
        return node

    def _end(self, node: Any, where: str, other: Any, reads: bool = False) -> End:
        ends = self._ends.get(node) if isinstance(node, str) else None
        if ends is None:
            where = (
                where or f"edge '{shown(other)} -> {shown(node)}'"
                if reads
                else f"edge '{shown(node)} -> {shown(other)}'"
            )
            ends = self._ends[self._name_in_edge(node, where, reads)]
        end = ends[reads]
        if self._inlets:
            self._check_inlet(end.name, reads)
        return end

    def _owner(self, name: str) -> str:
        """The layer of an end that is one of several inputs of it; any other end itself."""
        outer = name.rpartition(".")[0]
        return outer if name in self._inlets.get(outer, ()) else name

    def _check_inlet(self, name: str, reads: bool) -> None:
        """A layer of several inputs is led to by one of them, and an input of a layer leads nowhere by itself."""
        if reads and name in self._inlets:
            inlets = self._inlets[name]
            raise EdgeError(f"{name} has {len(inlets)} inputs: {', '.join(inlets)}", post=name, hint="name one of them")
        layer = self._owner(name)
        if not reads and layer != name:
            raise EdgeError(f"{name} is an input of {layer}; nothing leads out of it", pre=name, hint=f"use {layer!r}")

    def _name_in_edge(self, node: Any, where: str, reads: bool) -> str:
        if isinstance(node, Group):
            return node.sole(reads)
        try:
            return self.name_of(node)
        except UnknownName as error:
            if not isinstance(node, str):
                raise
            raise UnknownName("layer", error.name, self._wiring.into, where=where) from None

    def __getitem__(self, name: str) -> Layer:
        if name not in self._layers:
            raise UnknownName("layer", name, self._layers, where=f"network {self.name!r}")
        return self._layers[name]

    def __contains__(self, name: object) -> bool:
        return name in self._layers

    def __len__(self) -> int:
        return len(self._layers)

    @property
    def names(self) -> Sequence[str]:
        """Every name in use: inputs, ports, layers."""
        return tuple(self._ends)

    def sends(self, name: str) -> End:
        """An end as it sends: size, kind and step."""
        return self._ends[name][0]

    def reads(self, name: str) -> End:
        """An end as it reads: size, kind and step."""
        return self._ends[name][1]

    @property
    def inlets(self) -> Mapping[str, Sequence[str]]:
        """The inputs, as names that edges lead to, of the layers that have several."""
        return dict(self._inlets)

    def readers(self) -> list[str]:
        """Every end at which a layer reads: the layer itself, or each of its inputs where it has several."""
        return [end for name in self._layers for end in self._inlets.get(name, (name,))]

    @property
    def layers(self) -> Mapping[str, Layer]:
        """The layers by name, in the order in which they were added."""
        return dict(self._layers)

    @property
    def inputs(self) -> Mapping[str, Input]:
        """The external inputs by name."""
        return dict(self._inputs)

    @property
    def edges(self) -> Sequence[Edge]:
        """The edges in the order of connecting."""
        return tuple(self._wiring.edges.values())

    def edge(self, number: int) -> Edge:
        """The edge of a number."""
        return self._wiring.edges[number]

    @property
    def outputs(self) -> Sequence[str]:
        """The declared outputs."""
        return tuple(self._outputs)

    @property
    def merges(self) -> Mapping[str, Merge]:
        """The declared merges by the name of the reading layer."""
        return dict(self._wiring.merges)

    @property
    def ports(self) -> Mapping[str, Port]:
        """The inputs of nested networks, by path."""
        return dict(self._ports)

    def edges_into(self, name: str) -> Sequence[Edge]:
        """The edges into a layer, all its inputs together, in the order of connecting."""
        into = self._wiring.into
        found = [one for end in self._inlets.get(name, (name,)) for one in into[end]]
        return tuple(sorted(found, key=lambda one: one.number) if name in self._inlets else found)

    def edges_from(self, name: str) -> Sequence[Edge]:
        """The edges out of an end in the order of connecting."""
        return tuple(self._wiring.leaving[name])

    @property
    def evol_order(self) -> list[str]:
        """The names of the layers in the order of evolution: topological, ties in the order of adding."""
        return [name for part in self.structure().parts for name in part.order]

    @property
    def graph(self) -> nx.MultiDiGraph[str]:
        """The network as a networkx graph, made anew: layers and inputs are nodes, edges keep their order."""
        import networkx as nx

        graph = nx.MultiDiGraph(name=self.name)
        for name, given in self._inputs.items():
            graph.add_node(name, kind="input", size=given.size, type=given.type.__name__)
        for name, port in self._ports.items():
            graph.add_node(name, kind="port", size=port.size, type=port.type.__name__)
        for name, layer in self._layers.items():
            graph.add_node(name, kind="layer", layer=layer, class_name=layer.class_name, dt=layer.dt)
        whose = {inlet: name for name, inlets in self._inlets.items() for inlet in inlets}
        for one in self.edges:
            merge = self._wiring.merges.get(one.post)
            post = whose.get(one.post, one.post)
            graph.add_edge(one.pre, post, delay=float(one.delay), edge=str(one), merge=merge)
        return nx.freeze(graph)

    def _check_path(self, path: Path) -> None:
        try:
            rules.whole_delay(self._ends[path.pre][0], self._ends[path.post][1], path.delay)
        except GraphnetError as error:
            raise EdgeError(f"{path}: {error.message}", pre=path.pre, post=path.post, hint=error.hint) from error

    def _placed(self, edges: Sequence[Edge], merge: Merge | None, end: End) -> list[Place]:
        return rules.placed(edges, [self._ends[one.pre][0].size for one in edges], merge, end)


def checked_name(name: Any) -> str:
    """The name of a network, which also names the folder of its results. Raises ParameterError."""
    if not isinstance(name, str) or name in ("", ".", "..") or not re.fullmatch(r"[^/\\\x00-\x1f\x7f]+", name):
        raise ParameterError(
            f"{name!r} cannot be the name of a network: text without slashes or control characters", parameter="name"
        )
    return name
