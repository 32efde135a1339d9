"""Composition: which layers and inputs a network has, and what is joined to what; no edge stands unchecked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from . import edge as rules
from .collecting import at_rest
from .edge import Edge, End, Merge, Place
from .errors import CycleError, EdgeError, GraphnetError, NameTaken, ParameterError, UnknownName, raise_all
from .layer import Layer
from .layer.parameters import series_type
from .paths import Path, paths_into
from .structure import Group, Input, Port, Structure, structure_of
from .timeseries import TSContinuous
from .wiring import Wiring

if TYPE_CHECKING:
    import networkx as nx

Node = Layer | Input | Port | Group | str
NONE = Fraction(0)
NUMBERS = (float, int, Fraction)
Joined = tuple[Edge, Merge | None, Place, list[Place] | None]
"""A checked edge, the merge that its input has with it, its place, and those of the edges before it if they change."""


class Composition:
    """Named layers and inputs, joined by checked edges. ``Network`` adds ownership, time and runs."""

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

    # ------------------------------------------------------------------ ends

    def input(self, name: str, size: int, type: Any = TSContinuous) -> Input:
        """Declare an external input of ``size`` channels and give the handle that ``connect`` takes."""
        self._free(name)
        made = Input(name, _checked_size(size, f"input {name!r}"), series_type(type))
        self._inputs[name] = made
        end = End(name, made.size, made.type, None, external=True)
        self._stand(name, end, end)
        return made

    def port(self, name: str, size: int, type: Any = TSContinuous) -> Port:
        """Declare a joint of ``size`` channels: what leads into it, by its merge, is what it leads on, without a step.

        The inputs of a nested network are ports.
        """
        self._free(name)
        made = Port(name, _checked_size(size, f"port {name!r}"), series_type(type))
        self._ports[name] = made
        end = End(name, made.size, made.type, None)
        self._stand(name, end, end)
        return made

    def _stand(self, name: str, sends: End, reads: End) -> None:
        """Give an end its place."""
        self._ends[name] = sends, reads
        self._wiring.enter(name)
        self._changed()

    def _changed(self) -> None:
        self._structure = None
        if self._paths:
            self._paths = {}

    def output(self, name: Node) -> None:
        """Declare a layer to be an output: what ``evolve`` gives where no ``record`` is asked for."""
        name = self.name_of(name)
        if name not in self._layers:
            kind = "an external input" if name in self._inputs else "an input"
            raise EdgeError(f"{name} is {kind}; an output is a layer", pre=name)
        if name not in self._outputs:
            self._outputs.append(name)

    def set_outputs(self, names: Iterable[Node]) -> None:
        """Declare the outputs anew. Raises UnknownName, EdgeError; the outputs are then as before."""
        before, self._outputs = self._outputs, []
        try:
            for name in names:
                self.output(name)
        except GraphnetError:
            self._outputs = before
            raise

    def remove_end(self, node: Node) -> None:
        """Take out an external input or a port, with its edges. Raises UnknownName for anything else."""
        name = self.name_of(node)
        if name not in self._inputs and name not in self._ports:
            raise UnknownName("input or port", name, [*self._inputs, *self._ports], where=f"network {self.name!r}")
        self._dropped(self._wiring.leave(name))
        for table in (self._inputs, self._ports, self._ends):
            table.pop(name, None)
        self._changed()

    def reorder(self, names: Sequence[str]) -> None:
        """Put the layers into an order, which decides among equals in the order of evolution."""
        self._layers = {name: self._layers[name] for name in names}
        self._changed()

    def clear_edges(self) -> None:
        """Take out every edge; what is under way on delayed ones waits for edges of the same numbers."""
        self._wiring.forget(list(self._wiring.edges.values()))
        self._changed()

    def _free(self, name: str) -> None:
        if not isinstance(name, str) or not re.fullmatch(r"[^\s\[\]@>]+", name):
            raise ParameterError(
                f"{name!r} cannot be a name in a network: no spaces, brackets, '@' or '>'", parameter="name"
            )
        if name in self._wiring:
            raise NameTaken(f"the network {self.name!r} has a {name!r} already", hint="give it another name with name=")

    # ------------------------------------------------------------------ joining

    def connect(
        self,
        pre: Node,
        post: Node | None = None,
        *,
        delay: float = 0.0,
        merge: Merge | None = None,
        pre_channels: Any = None,
        post_channels: Any = None,
    ) -> Edge:
        """Join two layers, at once and checked; a refused edge changes nothing.

        ``pre`` and ``post`` are names, layers, or an input's handle; or ``pre`` alone is a written edge such as
        ``"a[0:3] -> b @ 3 ms"``. ``delay`` (s) is a whole number of steps of gcd(pre.dt, post.dt). ``merge`` says how
        the edges into one input meet: ``"sum"`` adds, ``"concat"`` sets side by side in the order of connecting.
        Channels are a slice, a list, or text such as ``"0:3"``.

        Raises UnknownName, EdgeError, CycleError.
        """
        joined = self._joined(pre, post, delay, merge, pre_channels, post_channels)
        before = self._wiring.merges.get(joined[0].post)
        added = self._add(*joined)
        try:
            if self._wiring.leads(self._owner(added.post), added.pre):
                self.structure()
            self._check_ports(added)
        except GraphnetError:
            self._take_back([added], {added.post: before})
            raise
        return added

    def connect_unchecked(
        self, pre: Any, post: Any = None, delay: Any = 0.0, pre_channels: Any = None, post_channels: Any = None,
        merge: Merge | None = None, number: int | None = None,
    ) -> Edge:  # fmt: skip
        """Join without looking for loops: whoever adds many calls ``structure`` once at the end."""
        return self._add(*self._joined(pre, post, delay, merge, pre_channels, post_channels, number))

    def connect_many(self, edges: Iterable[Any], merge: Merge | None = None) -> list[Edge]:
        """Join many pairs ``(pre, post)`` or edges ``"a -> b"``: all of them, or none and every error together."""
        before: dict[str, Merge | None] = {}
        added: list[Edge] = []
        errors: list[GraphnetError] = []
        with at_rest():
            for one in edges:
                try:
                    joined = self._joined(*_pair(one), merge=merge)
                    post = joined[0].post
                    if post not in before:
                        before[post] = self._wiring.merges.get(post)
                    added.append(self._add(*joined))
                    if self._ports:
                        self._check_ports(added[-1])
                except GraphnetError as error:
                    errors.append(error)
            try:
                self.structure()
            except GraphnetError as error:
                if str(error) not in map(str, errors):  # a path over a port may have been judged before
                    errors.append(error)
        if errors:
            self._take_back(added, before)
        raise_all(errors)
        return added

    def disconnect(self, pre: Node, post: Node) -> None:
        """Take out every edge from ``pre`` to ``post``. Raises UnknownName where there is none."""
        ends = self.name_of(pre), post.sole(True) if isinstance(post, Group) else self.name_of(post)
        found = [one for one in self._wiring.leaving[ends[0]] if one.post == ends[1]]
        if not found:
            raise UnknownName("edge", " -> ".join(ends), [str(one) for one in self.edges])
        self._dropped(self._wiring.forget(found))
        self._changed()

    def _joined(
        self, pre: Any, post: Any = None, delay: Any = 0.0, merge: Any = None, pre_channels: Any = None,
        post_channels: Any = None, number: int | None = None,
    ) -> Joined:  # fmt: skip
        """An edge, checked but not added."""
        where = ""
        if post is None:
            where = f"edge {_shown(pre)!r}"
            pre, post, delay, pre_channels, post_channels = _read(pre, delay, pre_channels, post_channels)
        ends = self._ends
        if pre.__class__ is str and post.__class__ is str and pre in ends and post in ends and not self._inlets:
            begin, end = ends[pre][0], ends[post][1]
        else:
            begin, end = self._end(pre, where, post), self._end(post, where, pre, reads=True)
        number = self._wiring.next if number is None else number
        plain = (  # the rules have nothing to say about most edges
            pre_channels is None
            and post_channels is None
            and not delay
            and type(delay) in NUMBERS
            and begin.type is end.type
            and (begin.dt is end.dt or begin.dt == end.dt)
            and not end.external
        )
        if plain:
            edge = Edge(begin.name, end.name, NONE, None, None, number)
        else:
            edge = rules.joined(begin, end, delay, pre_channels, post_channels, number)
        return self._met(edge, begin.size, end, merge)

    def _met(self, edge: Edge, size: int, end: End, asked: Any) -> Joined:
        """How an edge meets those that lead to its input already."""
        wiring, name = self._wiring, end.name
        declared = wiring.merges.get(name)
        asked = end.merge if asked is None and declared is None else asked
        merge = asked if asked == declared else rules.merged(edge, declared, asked)
        before, places = wiring.into[name], wiring.places.get(name)
        if before and (places is None or merge != declared):
            *earlier, place = self._placed([*before, edge], merge, end)
            return edge, merge, place, earlier
        if merge == "sum" and size == end.size and edge.pre_channels is None and edge.post_channels is None:
            return edge, merge, range(size), None
        return edge, merge, rules.placed_next(edge, size, merge, end, before, places or ()), None

    def _placed(self, edges: Sequence[Edge], merge: Merge | None, end: End) -> list[Place]:
        return rules.placed(edges, [self._ends[one.pre][0].size for one in edges], merge, end)

    def _add(self, edge: Edge, merge: Merge | None, place: Place, before: list[Place] | None) -> Edge:
        if edge.pre in self._ports and edge.post in self._ports:
            self._not_round(edge)
        self._changed()
        return self._wiring.add(edge, merge, place, before)

    def _take_back(self, edges: Sequence[Edge], merges: Mapping[str, Merge | None]) -> None:
        self._wiring.take_back(edges, merges)
        self._changed()

    def _check_ports(self, added: Edge) -> None:
        """An edge at a port completes paths: check their clocks and delays as if each were an edge."""
        if added.pre not in self._ports and added.post not in self._ports:
            return
        waiting, seen = [added.post], {added.post}
        while waiting:
            name = waiting.pop()
            if name not in self._ports:
                for path in self.paths_into(name):
                    if added.number in path.key:
                        self._check_path(path)
            else:
                following = [one.post for one in self._wiring.leaving[name] if one.post not in seen]
                waiting += following
                seen.update(following)

    def _not_round(self, edge: Edge) -> None:
        """Ports that lead back to each other hold nothing that could wait. Raises CycleError."""
        if edge.pre == edge.post or self._wiring.leads(edge.post, edge.pre, self._ports):
            raise CycleError(
                f"{edge}: these ports lead back to themselves",
                cycle=list(dict.fromkeys([edge.pre, edge.post])),
                hint="ports take no time: let a layer stand between them, and a delay",
            )

    def _check_path(self, path: Path) -> None:
        try:
            rules.whole_delay(self._ends[path.pre][0], self._ends[path.post][1], path.delay)
        except GraphnetError as error:
            raise EdgeError(f"{path}: {error.message}", pre=path.pre, post=path.post, hint=error.hint) from error

    def _dropped(self, edges: Iterable[Edge]) -> None:
        """Called with the edges that have been taken out, for what else is kept of them."""

    # ------------------------------------------------------------------ soundness

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

    def uncovered(self, name: str) -> list[int]:
        """The channels of an input that nothing leads to; none where nothing leads to it at all."""
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
                where or f"edge '{_shown(other)} -> {_shown(node)}'"
                if reads
                else f"edge '{_shown(node)} -> {_shown(other)}'"
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


def checked_name(name: Any) -> str:
    """The name of a network, which also names the folder of its results. Raises ParameterError."""
    if not isinstance(name, str) or name in ("", ".", "..") or not re.fullmatch(r"[^/\\\x00-\x1f\x7f]+", name):
        raise ParameterError(
            f"{name!r} cannot be the name of a network: text without slashes or control characters", parameter="name"
        )
    return name


def _checked_size(size: Any, what: str) -> int:
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
        raise ParameterError(f"{what}: size must be a whole number above 0, got {size!r}", parameter="size")
    return int(size)


def _shown(node: Any) -> str:
    return node.name if isinstance(node, Layer | Input | Port | Group) else str(node)


def _pair(given: Any) -> tuple[Any, Any]:
    """Both ends of what ``connect_many`` was given; the second is None for a written edge."""
    if given.__class__ is tuple and len(given) == 2 and given[1] is not None:
        return given
    if isinstance(given, str):
        return given, None
    if isinstance(given, tuple | list) and len(given) == 2 and given[1] is not None:
        return given[0], given[1]
    raise EdgeError(f"{given!r} is no edge", hint="give pairs ('a', 'b') or written edges 'a -> b @ 3 ms'")


def _read(text: Any, delay: Any, pre_channels: Any, post_channels: Any) -> tuple[str, str, Any, Any, Any]:
    """A written edge with what was given beside it. Raises EdgeError where both say the same thing."""
    if not isinstance(text, str) or "->" not in text:
        raise EdgeError(f"where does {_shown(text)!r} lead to?", hint="connect('a', 'b') or connect('a -> b')")
    pre, post, late, *picked = rules.parse(text)
    none = isinstance(delay, int | float) and delay == 0
    said = [
        _either(text, "delay", late or None, None if none else delay),
        _either(text, "pre_channels", picked[0], pre_channels),
        _either(text, "post_channels", picked[1], post_channels),
    ]
    return pre, post, said[0] or 0.0, said[1], said[2]


def _either(text: str, what: str, written: Any, beside: Any) -> Any:
    if written is not None and beside is not None:
        raise EdgeError(f"{text}: the text gives the edge its {what}, and {what}={beside!r} another", hint="give one")
    return written if beside is None else beside
