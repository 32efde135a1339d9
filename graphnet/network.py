"""Network: layers joined by checked edges; sound, or not at all. It owns the clock, the states and the delay lines."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from . import edge as rules
from .clock import checked_dt, exact, step_of
from .edge import Edge, End, Merge
from .errors import EdgeError, GraphnetError, NameTaken, ParameterError, TimeError, UnknownName, raise_all
from .layer import ArrayLayer, Layer, State
from .layer.parameters import series_type
from .noise import noise_key
from .structure import Input, Structure, common_step, structure_of
from .timeseries import TimeSeries, TSContinuous

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes

    from .run import Record, Result

Node = Layer | Input | str


class Network:
    """A directed graph of layers.

    ``Network([a, b, c])`` joins layers in series, the first taking the external input; ``Network(name=..., seed=...)``
    starts empty. ``seed`` is where all noise comes from. ``dt`` (s) forces the network's step, by default the least
    common multiple of the layers' steps.

    Raises EdgeError and its kin, all errors of a series together.
    """

    def __init__(
        self,
        layers: Iterable[Layer] = (),
        *,
        name: str = "network",
        seed: int = 0,
        dt: float | None = None,
    ) -> None:
        self.name = name
        self.seed = _checked_seed(seed)
        self.states: dict[str, State] = {}
        self.lines: dict[int, State] = {}
        self.document: dict[str, Any] = {}
        """Sections of the document that are not the graph: data, fit, evaluate, run."""
        self._forced_dt = None if dt is None else exact(checked_dt(dt, f"network {name!r}"))
        self._layers: dict[str, Layer] = {}
        self._inputs: dict[str, Input] = {}
        self._edges: dict[int, Edge] = {}
        self._into: dict[str, list[Edge]] = {}
        self._from: dict[str, list[Edge]] = {}
        self._merges: dict[str, Merge] = {}
        self._outputs: list[str] = []
        self._now = Fraction(0)
        self._count = 0
        self._structure: Structure | None = None
        self._running = False
        self._in_series(list(layers))

    def _in_series(self, layers: list[Layer]) -> None:
        names = [self.name_of(self.add_layer(layer)) for layer in layers]
        if names and self._layers[names[0]].size_in > 0:
            first = self._layers[names[0]]
            self.connect(self.input("external", first.size_in, first.input_type), names[0])
        self.connect_many(pairwise(names))

    # ------------------------------------------------------------------ adding

    def input(self, name: str, size: int, type: Any = TSContinuous) -> Input:
        """Declare an external input of ``size`` channels and give the handle that ``connect`` takes."""
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ParameterError(f"input {name!r}: size must be a whole number above 0, got {size!r}", parameter="size")
        self._free(name)
        made = Input(name, size, series_type(type))
        self._inputs[name] = made
        self._into[name], self._from[name] = [], []
        self._changed()
        return made

    def add_layer(
        self,
        layer: Layer,
        *,
        name: str | None = None,
        input_layer: Node | None = None,
        output_layer: Node | None = None,
        external_input: bool = False,
    ) -> Layer:
        """Add a layer under a name, and join it if asked to; returns the layer that the network holds.

        The name is ``name``, else the layer's own, else made from its class (``lif``, ``lif_1``). A layer that belongs
        to a network is copied with its current state. ``input_layer -> layer``, ``layer -> output_layer`` and an
        external input of its size are connected where given; a refused edge leaves the layer out.
        """
        if not isinstance(layer, Layer):
            raise ParameterError(f"a network is made of layers, got {layer!r}", parameter="layer")
        name = self._new_name(layer, name)
        held = copy.deepcopy(layer) if layer._home is not None else layer
        self._enter(held, name)
        before = self._count
        try:
            if external_input:
                outside = self._inputs.get("external") or self.input("external", held.size_in, held.input_type)
                self.connect(outside, held)
            if input_layer is not None:
                self.connect(input_layer, held)
            if output_layer is not None:
                self.connect(held, output_layer)
        except GraphnetError:
            self._forget([one for one in self._edges.values() if one.number >= before])
            self.remove_layer(held)
            raise
        return held

    def _new_name(self, layer: Layer, name: str | None) -> str:
        if name is None and layer.name == "unnamed":
            base = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", layer.class_name).lower()
            name, count = base, 0
            while name in self._into:
                count += 1
                name = f"{base}_{count}"
        name = layer.name if name is None else name
        self._free(name)
        return name

    def _free(self, name: str) -> None:
        if not isinstance(name, str) or not re.fullmatch(r"[^\s\[\]@>]+", name):
            raise ParameterError(
                f"{name!r} cannot be a name in a network: no spaces, brackets, '@' or '>'", parameter="name"
            )
        if name in self._into:
            raise NameTaken(f"the network {self.name!r} has a {name!r} already", hint="give it another name with name=")

    def _enter(self, layer: Layer, name: str) -> None:
        if isinstance(layer, ArrayLayer):
            self.states[name] = layer.state_now()
        layer._path = name
        layer._home = self
        layer._timestep = int(self._now / exact(layer.dt))
        self._layers[name] = layer
        self._into[name], self._from[name] = [], []
        self._changed()

    def remove_layer(self, layer: Node) -> None:
        """Take a layer and its edges out; it keeps its state and the network's time."""
        name = self.name_of(layer)
        if name not in self._layers:
            raise UnknownName("layer", name, self._layers, where=f"network {self.name!r}")
        held = self._layers[name]
        self._forget([one for one in self._edges.values() if name in (one.pre, one.post)])
        t = self.t
        state = self.states.pop(name, None)
        held._home = None
        if isinstance(held, ArrayLayer) and state is not None:
            held.set_state_now(state)
        held._timestep = step_of(t, held.dt)
        del self._layers[name], self._into[name], self._from[name]
        self._outputs = [one for one in self._outputs if one != name]
        self._changed()

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
        edge, declared = self._joined(pre, post, delay, merge, pre_channels, post_channels)
        added = self._add(edge, declared)
        try:
            self._check_loop(added)
        except GraphnetError:
            self._forget([added])
            raise
        return added

    def connect_unchecked(self, edge: str, merge: Merge | None = None) -> Edge:
        """Join by a written edge without looking for loops: whoever adds many calls ``structure`` once at the end."""
        return self._add(*self._joined(edge, merge=merge))

    def connect_many(self, edges: Iterable[Any], merge: Merge | None = None) -> list[Edge]:
        """Join many pairs ``(pre, post)`` or edges ``"a -> b"``: all of them, or none and every error together."""
        merges = dict(self._merges)
        added: list[Edge] = []
        errors: list[GraphnetError] = []
        for one in edges:
            ends = (one, None) if isinstance(one, str) else tuple(one)
            try:
                added.append(self._add(*self._joined(*ends, delay=0.0, merge=merge)))
            except GraphnetError as error:
                errors.append(error)
        if not errors:
            try:
                self.structure()
            except GraphnetError as error:
                errors.append(error)
        if errors:
            self._forget(added)
            self._merges = merges
        raise_all(errors)
        return added

    def _joined(
        self,
        pre: Node,
        post: Node | None = None,
        delay: Any = 0.0,
        merge: Merge | None = None,
        pre_channels: Any = None,
        post_channels: Any = None,
    ) -> tuple[Edge, Merge | None]:
        """The checked edge, and the merge that its input has with it."""
        where = ""
        if post is None:
            if not isinstance(pre, str) or "->" not in pre:
                raise EdgeError(f"where does {pre!r} lead to?", hint="connect('a', 'b') or connect('a -> b')")
            where = pre
            pre, post, delay, pre_channels, post_channels = rules.parse(pre)
        where = (
            where or f"{pre if isinstance(pre, str) else pre.name} -> {post if isinstance(post, str) else post.name}"
        )
        begin, end = self._end(pre, f"edge '{where}'"), self._end(post, f"edge '{where}'", reads=True)
        edge = rules.joined(begin, end, delay, pre_channels, post_channels)
        merge = self._merge(edge, merge)
        self._placed([*self._into[edge.post], edge], merge, end)
        return edge, merge

    def _merge(self, edge: Edge, merge: Any) -> Merge | None:
        declared = self._merges.get(edge.post)
        if merge is not None and merge not in rules.MERGES:
            raise EdgeError(
                f"{edge}: no merge {merge!r}", pre=edge.pre, post=edge.post, hint="a merge is 'sum' or 'concat'"
            )
        if declared is not None and merge is not None and merge != declared:
            raise EdgeError(
                f"{edge}: {edge.post} has declared merge {declared!r} already, now {merge!r}",
                pre=edge.pre,
                post=edge.post,
            )
        return merge or declared

    def _placed(self, edges: Sequence[Edge], merge: Merge | None, end: End) -> list[tuple[int, ...]]:
        return rules.placed(edges, [self._end(one.pre).size for one in edges], merge, end)

    def places(self, name: str) -> list[tuple[int, ...]]:
        """The channels of a layer's input that each of its edges leads to, in the order of connecting."""
        return self._placed(self._into[name], self._merges.get(name), self._end(name, reads=True))

    def uncovered(self, name: str) -> list[int]:
        """The input channels that no edge leads to; none where no edge leads to the layer at all."""
        if not self._into[name]:
            return []
        reached = {channel for place in self.places(name) for channel in place}
        return [channel for channel in range(self._layers[name].size_in) if channel not in reached]

    def _add(self, edge: Edge, merge: Merge | None) -> Edge:
        numbered = Edge(edge.pre, edge.post, edge.delay, edge.pre_channels, edge.post_channels, self._count)
        self._count += 1
        self._edges[numbered.number] = numbered
        self._into[edge.post].append(numbered)
        self._from[edge.pre].append(numbered)
        if merge is not None:
            self._merges[edge.post] = merge
        self._changed()
        return numbered

    def _forget(self, edges: Iterable[Edge]) -> None:
        for one in list(edges):
            del self._edges[one.number]
            self.lines.pop(one.number, None)
            self._into[one.post] = [other for other in self._into[one.post] if other.number != one.number]
            self._from[one.pre] = [other for other in self._from[one.pre] if other.number != one.number]
            if not self._into[one.post]:
                self._merges.pop(one.post, None)
        self._changed()

    def disconnect(self, pre: Node, post: Node) -> None:
        """Take out every edge from ``pre`` to ``post``. Raises UnknownName where there is none."""
        ends = self.name_of(pre), self.name_of(post)
        found = [one for one in self._edges.values() if (one.pre, one.post) == ends]
        if not found:
            raise UnknownName("edge", " -> ".join(ends), [str(one) for one in self._edges.values()])
        self._forget(found)

    def output(self, name: Node) -> None:
        """Declare a layer to be an output: what ``evolve`` gives where no ``record`` is asked for."""
        name = self.name_of(name)
        if name not in self._outputs:
            self._outputs.append(name)

    # ------------------------------------------------------------------ soundness

    def _check_loop(self, added: Edge) -> None:
        """Refuse an edge that closes a loop which cannot run; costs nothing where nothing leads back."""
        reached, waiting = {added.post}, [added.post]
        while waiting and added.pre not in reached:
            for one in self._from[waiting.pop()]:
                if one.post not in reached:
                    reached.add(one.post)
                    waiting.append(one.post)
        if added.pre in reached:
            self.structure()

    def structure(self) -> Structure:
        """Order, loops and clocks of the network as it stands. Raises CycleError, TimeError."""
        if self._structure is None:
            self._structure = structure_of(self._layers, self._edges.values())
        return self._structure

    def _changed(self) -> None:
        self._structure = None

    # ------------------------------------------------------------------ looking

    def name_of(self, node: Node) -> str:
        """The name in this network of a layer, an input's handle, or a name. Raises UnknownName."""
        if isinstance(node, Layer):
            if node._home is not self:
                raise UnknownName("layer", node.name, self._layers, where=f"network {self.name!r} (it was not added)")
            return node._path
        name = node.name if isinstance(node, Input) else node
        if name not in self._into:
            raise UnknownName("layer", name, self._into, where=f"network {self.name!r}")
        return name

    def _end(self, node: Node, where: str = "", reads: bool = False) -> End:
        try:
            name = self.name_of(node)
        except UnknownName as error:
            raise UnknownName("layer", error.name, self._into, where=where) from None if where else error
        layer = self._layers.get(name)
        if layer is None:
            given = self._inputs[name]
            return End(name, given.size, given.type, None)
        size, kind = (layer.size_in, layer.input_type) if reads else (layer.size_out, layer.output_type)
        return End(name, size, kind, exact(layer.dt))

    def __getitem__(self, name: str) -> Layer:
        if name not in self._layers:
            raise UnknownName("layer", name, self._layers, where=f"network {self.name!r}")
        return self._layers[name]

    def __contains__(self, name: object) -> bool:
        return name in self._layers

    def __len__(self) -> int:
        return len(self._layers)

    def __repr__(self) -> str:
        return f"Network {self.name!r}: {len(self._layers)} layers, {len(self._edges)} edges, t {self.t!r} s"

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
        return tuple(self._edges.values())

    @property
    def outputs(self) -> Sequence[str]:
        """The declared outputs."""
        return tuple(self._outputs)

    @property
    def merges(self) -> Mapping[str, Merge]:
        """The declared merges by the name of the reading layer."""
        return dict(self._merges)

    def edges_into(self, name: str) -> Sequence[Edge]:
        """The edges into a layer in the order of connecting."""
        return tuple(self._into[name])

    @property
    def evol_order(self) -> list[str]:
        """The names of the layers in the order in which a run evolves them: topological, ties as they were added."""
        return [name for part in self.structure().parts for name in part.order]

    @property
    def graph(self) -> nx.MultiDiGraph:
        """The network as a networkx graph, made anew: layers and inputs are nodes; edges keep order and attributes."""
        import networkx as nx

        graph = nx.MultiDiGraph(name=self.name)
        for name, given in self._inputs.items():
            graph.add_node(name, kind="input", size=given.size, type=given.type.__name__)
        for name, layer in self._layers.items():
            graph.add_node(name, kind="layer", layer=layer, class_name=layer.class_name, dt=layer.dt)
        for one in self._edges.values():
            graph.add_edge(one.pre, one.post, delay=float(one.delay), edge=str(one), merge=self._merges.get(one.post))
        return nx.freeze(graph)

    # ------------------------------------------------------------------ clock and state

    @property
    def forced_dt(self) -> float | None:
        """The step (s) that was asked for, or None."""
        return None if self._forced_dt is None else float(self._forced_dt)

    @property
    def exact_dt(self) -> Fraction:
        """The network's step as an exact fraction of seconds.

        Raises TimeError where the layers have no sensible one.
        """
        common = common_step(self._layers)
        if self._forced_dt is None:
            return common
        if (self._forced_dt / common).denominator != 1:
            raise TimeError(
                f"network {self.name!r}: dt {float(self._forced_dt)!r} s is forced, but the layers' common step is "
                f"{float(common)!r} s",
                hint="force a whole multiple of it, or change the layers' dt",
            )
        return self._forced_dt

    @property
    def dt(self) -> float:
        """The network's step in seconds: the least common multiple of the layers' steps, or the forced one."""
        return float(self.exact_dt)

    @property
    def t(self) -> float:
        """The network's time in seconds."""
        return float(self._now)

    @property
    def now(self) -> Fraction:
        """The network's time as an exact fraction of seconds."""
        return self._now

    def noise_key(self, path: str, seed: int | None, trial: int) -> int:
        """The key of a layer's noise: from the network's seed and the path, or from the layer's own seed."""
        return noise_key(self.seed, path, trial) if seed is None else noise_key("layer", seed, trial)

    def commit(self, now: Fraction, states: Mapping[str, State], lines: Mapping[int, State]) -> None:
        """Take over what a run ended with, all at once."""
        self.states.update(states)
        self.lines.update(lines)
        self._now = now
        self._set_clocks()

    def _set_clocks(self) -> None:
        for layer in self._layers.values():
            if not isinstance(layer, ArrayLayer):
                layer._timestep = int(self._now / exact(layer.dt))

    def reset_time(self) -> None:
        """Set the clock to 0; states and what is in flight on delayed edges stay."""
        self._now = Fraction(0)
        self._set_clocks()

    def reset_state(self) -> None:
        """Set every layer to its initial state and empty the delayed edges."""
        for layer in self._layers.values():
            layer.reset_state()
        self.lines.clear()

    def reset_all(self) -> None:
        """Reset the clock and every state."""
        self.reset_time()
        self.reset_state()

    def randomize_state(self) -> None:
        """Randomize the state of every layer, each from its own reserved stream of noise."""
        for layer in self._layers.values():
            layer.randomize_state()

    # ------------------------------------------------------------------ doors: the work is upstairs

    def evolve(
        self,
        ts_input: TimeSeries | Mapping[str, TimeSeries] | None = None,
        duration: float | None = None,
        num_timesteps: int | None = None,
        *,
        block: int | None = None,
        record: Record = None,
        progress: bool = False,
        trial: int = 0,
    ) -> Result:
        """Evolve the network from its present time and give the recorded signals by name; see
        ``graphnet.run.evolve``.
        """
        from .run import evolve

        return evolve(
            self, ts_input, duration, num_timesteps, block=block, record=record, progress=progress, trial=trial
        )

    def fit(self, x: Any, y: Any, *, layer: Node, **options: Any) -> Self:
        """Train a readout on the signals that reach it; see ``graphnet.training.fit``."""
        from .training import fit

        fit(self, x, y, layer=self.name_of(layer), **options)
        return self

    def draw(self, ax: Axes | None = None) -> Axes:
        """Draw the network with matplotlib and give the Axes."""
        from .views.network import draw

        return draw(self, ax)

    def to_document(self) -> dict[str, Any]:
        """The network as plain data that ``from_document`` reads."""
        from .document import written

        return written(self)

    @classmethod
    def from_document(cls, data: Mapping[str, Any]) -> Network:
        """A network from plain data. Raises DocumentError with every problem found."""
        from .document import build

        return build(data)

    def save(self, path: str | Path) -> None:
        """Write the network as a YAML or JSON document, by the suffix."""
        from .document import save

        save(self, path)

    @staticmethod
    def load(path: str | Path) -> Network:
        """Read a network from a YAML or JSON document. Raises DocumentError, each problem with file and line."""
        from .document import load

        return load(path)


def _checked_seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ParameterError(f"the seed of a network is a whole number, got {seed!r}", parameter="seed")
    return seed
