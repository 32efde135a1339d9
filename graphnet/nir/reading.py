"""A network from a graph of NIR."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from .. import registry
from ..arrays.archives import told
from ..clock import checked_dt
from ..errors import ExchangeError, GraphnetError, NameTaken
from ..layer import ArrayLayer, Arriving, Exchanged, Layer
from ..layer.exchange import Shape
from ..network import Network
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from .door import library, read, refused
from .flat import Flat, Refusals, flattened, kind_of
from .loops import closing, in_order

log: logging.Logger = logging.getLogger("graphnet")
SERIES = "series"  # the entry of an input's metadata that says which kind of series it takes


class Made(NamedTuple):
    """What has become of a node: its layer (None: an input), and the shape and kind of what it emits."""

    layer: Layer | None
    shape: Shape
    type: type[TimeSeries]


def from_nir(
    graph: Any, *, dt: float, events: Iterable[str] = (), using: Mapping[str, type[Layer]] | None = None
) -> Network:
    """The network that a graph of NIR, or a file of one, means, in steps of ``dt`` seconds.

    Nodes become the layers whose classes read them, under their names (graphs inside are opened: ``inner.lif``); inputs
    become external inputs, outputs pass-throughs. Several edges into one node add up. An edge that closes a loop with
    the edges before it, where no ``Delay`` stands in the loop, gets a delay of one step, which is said in the log and
    stands in the network's edges.
    ``events`` names inputs that carry events; ``using`` says which class reads a kind of node, where not the one that
    is registered for it.

    Raises ExchangeError with everything that has no counterpart, by name; FileError.
    """
    library()
    dt = checked_dt(dt, "the network")
    if isinstance(graph, str | PathLike):
        found = read(graph)
        try:
            return _from_graph(found, Path(graph).stem, dt, frozenset(events), using or {})
        except ExchangeError as error:
            said = f"{told(graph)}: {error.message}"
            raise ExchangeError(said, refusals=error.refusals, hint=error.hint) from error
    return _from_graph(graph, "network", dt, frozenset(events), using or {})


def _from_graph(graph: Any, name: str, dt: float, events: frozenset[str], using: Mapping[str, type[Layer]]) -> Network:
    if not isinstance(graph, library().NIRGraph):
        raise ExchangeError(f"a graph of NIR is wanted, or the path of a file, got a {type(graph).__name__}")
    refusals: Refusals = []
    flat = flattened(graph, refusals)
    if refusals:
        raise refused("the graph cannot become a network", refusals)
    return Reading(flat, dt, events, readers(using)).network(name)


def readers(using: Mapping[str, type[Any]]) -> dict[str, type[Any]]:
    """The class of layers that reads each kind of node. Raises NameTaken where several would and none is chosen."""
    registry.layers.load()
    found: dict[str, list[type[Any]]] = {}
    for _, cls in registry.layers:
        if issubclass(cls, Exchanged) and vars(cls).get("nir_name") is not None:
            found.setdefault(str(cls.nir_name), []).append(cls)
    found |= {kind: [cls] for kind, cls in using.items()}
    for kind, classes in found.items():
        if len(classes) > 1:
            shown = ", ".join(f"{cls.__module__}:{cls.__name__}" for cls in classes)
            raise NameTaken(f"several classes read {kind} of NIR: {shown}", hint=f"using={{{kind!r}: one of them}}")
    return {kind: classes[0] for kind, classes in found.items()}


def lags(layer: Layer | None) -> bool:
    """Whether the input of a layer shows in its output only later."""
    return isinstance(layer, ArrayLayer) and layer.lag() > 0


class Reading:
    """A flat graph on its way to a network."""

    def __init__(self, flat: Flat, dt: float, events: frozenset[str], classes: Mapping[str, type[Any]]) -> None:
        self.nodes: dict[str, Any] = flat.nodes
        self.edges: list[tuple[str, str]] = flat.edges
        self.inner: set[str] = flat.inner
        self.dt = dt
        self.events = events
        self.classes = classes
        self.late: dict[tuple[str, str], bool] = self._closing(frozenset())
        self.into: dict[str, list[str]] = {name: [] for name in self.nodes}
        for pre, post in self.edges:
            self.into[post].append(pre)
        self.made: dict[str, Made] = {}
        self.refusals: Refusals = []

    def network(self, name: str) -> Network:
        """The network, or everything that is refused in one ExchangeError."""
        self._make()
        # the loops that a delay stands in need no other, now that the layers are there to be asked
        self.late = self._closing(frozenset(name for name, one in self.made.items() if lags(one.layer)))
        unknown = sorted(self.events - {one for one in self.nodes if self._is_input(one)})
        self.refusals += [(one, "no input of the graph has this name, which is to carry events") for one in unknown]
        if self.refusals:
            raise refused("the graph cannot become a network", self.refusals)
        net = Network(name=name)
        try:
            self._stand(net)
            self._join(net)
        except GraphnetError as error:
            raise ExchangeError(f"the graph cannot become a network: {error.message}", hint=error.hint) from error
        return net

    def _closing(self, lagging: frozenset[str]) -> dict[tuple[str, str], bool]:
        """For each edge, whether it closes a loop in which none of these nodes stands."""
        held = [one for one in self.edges if one[1] not in lagging]
        return dict.fromkeys(self.edges, False) | dict(zip(held, closing(list(self.nodes), held), strict=True))

    # ------------------------------------------------------------------ layers

    def _make(self) -> None:
        """Make the layer of each node, over again until the kinds of what arrives over loops are known."""
        order = in_order(list(self.nodes), [one for one in self.edges if not self.late[one]])
        kinds: dict[str, type[TimeSeries]] = {}
        while True:
            self.made, self.refusals = {}, []
            for name in order:
                self.made[name] = self._made(name, kinds)
            found = {name: one.type for name, one in self.made.items()}
            if found == kinds or not any(self.late.values()):
                return
            kinds = found

    def _made(self, name: str, kinds: Mapping[str, type[TimeSeries]]) -> Made:
        node = self.nodes[name]
        own = _declared(node, "input_type")
        if self._is_input(name):
            events = name in self.events or dict(node.metadata).get(SERIES) == TSEvent.__name__
            return Made(None, own or (), TSEvent if events else TSContinuous)
        before = [self.made[one] for one in self.into[name] if one in self.made]
        shape = before[0].shape if before else own or ()
        # events, unless a signal is among what arrives: that of a loop is taken from the pass before
        arriving = [self.made[one].type if one in self.made else kinds.get(one, TSEvent) for one in self.into[name]]
        signal = TSContinuous in arriving or not arriving
        here = Arriving(self.dt, shape, TSContinuous if signal else TSEvent)
        if kind_of(node) == "Input":
            return Made(None, shape, here.type)
        try:
            return self._layer(name, here)
        except GraphnetError as error:
            self.refusals.append((name, f"{kind_of(node)}: {error.message}"))
            return Made(None, _declared(node, "output_type") or shape, here.type)

    def _layer(self, name: str, here: Arriving) -> Made:
        node = self.nodes[name]
        cls = self.classes.get(kind_of(node))
        if cls is None:
            raise ExchangeError("no class of layers reads this kind of node")
        try:
            layer = cls.from_nir(node, here)
        except (AttributeError, TypeError, ValueError) as error:
            if isinstance(error, GraphnetError):
                raise
            raise ExchangeError(f"not a node that {cls.__name__} can read: {error}") from error
        if layer.size_in != here.size:
            raise ExchangeError(f"takes {layer.size_in} channels, shape {here.shape} arrives")
        stands = layer.to_nir(here.shape)
        wanted = stands.takes or _declared(node, "input_type") or here.shape
        for one in self.into[name]:
            if one in self.made and self.made[one].shape != wanted:
                raise ExchangeError(f"takes shape {wanted}, {one} emits shape {self.made[one].shape}")
        return Made(layer, stands.gives or here.shape, layer.output_type)

    def _is_input(self, name: str) -> bool:
        return kind_of(self.nodes[name]) == "Input" and name not in self.inner

    # ------------------------------------------------------------------ the network

    def _stand(self, net: Network) -> None:
        """Inputs, ports and layers, in the order of the graph."""
        for name, (layer, shape, kind) in self.made.items():
            size = int(np.prod(shape))
            if layer is not None:
                net.add_layer(layer, name=name)
                if not self.into[name]:
                    net.connect(net.input(self._fresh(net, f"input_{name}"), size, kind), name)
            elif self._is_input(name):
                net.input(name, size, kind)
            else:
                net.port(name, size, kind)
        outputs = [one for one in self.nodes if kind_of(self.nodes[one]) == "Output" and one not in self.inner]
        leading = {pre for pre, _ in self.edges}
        net.set_outputs([*outputs, *(one for one in net.layers if one not in leading and one not in outputs)])

    def _join(self, net: Network) -> None:
        """The edges; where events lead to what takes a signal, each counts as 1 during its step."""
        held: dict[str, str] = {}
        edges: list[tuple[str, str, float]] = []
        for pre, post in self.edges:
            late = self.dt if self.late[pre, post] else 0.0
            begin = pre
            if net.sends(pre).type is TSEvent and net.reads(post).type is not TSEvent:
                begin = held.get(pre) or self._hold(net, pre)
                held[pre] = begin
            edges.append((begin, post, late))
            if late:
                log.info("%s -> %s closes a loop: it is delayed by one step, %r s", pre, post, self.dt)
        for pre, post, late in edges:
            net.connect_unchecked(pre, post, late, merge="sum" if len(self.into[post]) > 1 else None)
        net.structure()

    def _hold(self, net: Network, pre: str) -> str:
        """A layer that turns events into a signal: 1 for each event, during its step."""
        size = net.sends(pre).size
        node = SimpleNamespace(weight=np.ones(size))
        layer = self.classes["Linear"].from_nir(node, Arriving(self.dt, (size,), TSEvent))
        name = self._fresh(net, f"{pre}.held")
        net.add_layer(layer, name=name)
        net.connect_unchecked(pre, name)
        return name

    def _fresh(self, net: Network, name: str) -> str:
        found, count = name, 0
        while found in net.names or found in self.nodes:
            count += 1
            found = f"{name}_{count}"
        return found


def _declared(node: Any, which: str) -> Shape | None:
    """The shape that a node says of its input or output, or None."""
    types = node.input_type if which == "input_type" else node.output_type
    values = [] if types is None else [one for one in types.values() if one is not None]
    return tuple(int(n) for n in np.ravel(values[0])) if len(values) == 1 else None
