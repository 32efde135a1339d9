"""Network: layers joined by checked edges; sound, or not at all. It owns the clock, the states and the delay lines."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from .clock import checked_dt, exact, step_of
from .collecting import at_rest
from .composition import Composition, Node
from .edge import Edge, End
from .errors import GraphnetError, NetworkErrors, ParameterError, ParameterTypeError, TimeError, raise_all
from .layer import ArrayLayer, Layer, State, declared_ports
from .noise import noise_key
from .structure import Group, Input, common_step
from .timeseries import TimeSeries
from .wiring import Wiring

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .checkpoint import Checkpoint
    from .explain import Explanation
    from .findings import Finding
    from .run import Callback, Record, Result


class Network(Composition):
    """A directed graph of layers.

    ``Network([a, b, c])`` joins layers in series, the first taking the external input; ``Network(name=..., seed=...)``
    starts empty. ``seed`` is where all noise comes from. ``dt`` (s) forces the network's step, by default the least
    common multiple of the layers' steps.

    Raises EdgeError and its kin, all errors of a series together; the layers are then as before.
    """

    def __init__(
        self,
        layers: Iterable[Layer] = (),
        *,
        name: str = "network",
        seed: int = 0,
        dt: float | None = None,
    ) -> None:
        super().__init__(name)
        self.seed: int = _checked_seed(seed)
        self.states: dict[str, State] = {}
        self.lines: dict[tuple[int, ...], State] = {}
        self.document: dict[str, Any] = {}
        """Sections of the document that are not the graph: data, fit, evaluate, run."""
        self._forced_dt = None if dt is None else exact(checked_dt(dt, f"network {name!r}"))
        self._now = Fraction(0)
        self._entering: list[tuple[Layer, dict[str, Any]]] | None = None  # inside all_or_nothing: layers as they were
        self.lock = threading.Lock()
        """Held while the network is being evolved."""
        self._in_series(layers)

    def _in_series(self, layers: Any) -> None:
        if isinstance(layers, Layer | str) or not isinstance(layers, Iterable):
            raise ParameterTypeError(f"a network is made of a list of layers, got {layers!r}", hint="Network([a, b])")
        with self.all_or_nothing():
            errors: list[GraphnetError] = []
            names: list[str] = []
            for layer in layers:
                try:
                    names.append(self.name_of(self.add_layer(layer)))
                except GraphnetError as error:
                    errors.append(error)
            try:
                if names and self[names[0]].size_in > 0:
                    self._from_outside(names[0])
                self.connect_many(pairwise(names) if not errors else ())
            except GraphnetError as error:
                errors.extend(error.errors if isinstance(error, NetworkErrors) else [error])
            raise_all(errors)

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """What raises inside leaves the network, and the layers that were entering it, as they were before."""
        kept = {
            name: value.copy() if isinstance(value, dict | list | Wiring) else value
            for name, value in vars(self).items()
        }
        outer, self._entering = self._entering, []
        try:
            yield
        except BaseException:
            for layer, before in reversed(self._entering):
                vars(layer).update(before)
            vars(self).update(kept)
            raise
        self._entering = None if outer is None else [*outer, *self._entering]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "lock"}

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """What never changes is shared, and states are copied once, for the network and its layers."""
        made = object.__new__(type(self))
        memo[id(self)] = made
        content = self.__getstate__()
        for state in self.states.values():
            memo[id(state)] = {name: array.copy() for name, array in state.items()}
        with at_rest():
            for name, value in content.items():
                if name in _SHARED:
                    content[name] = value.copy() if isinstance(value, dict | list) else value
                else:
                    content[name] = copy.deepcopy(value, memo)
        made.__setstate__(content)
        return made

    def __setstate__(self, content: dict[str, Any]) -> None:
        """Make a copy or an unpickled network the owner of its layers, which leave their network behind."""
        vars(self).update(content)
        self.lock: threading.Lock = threading.Lock()
        for name, layer in self._layers.items():
            layer._path, layer._home = name, self

    # ------------------------------------------------------------------ layers and their owner

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
        external input of its size are connected where given; a refused edge leaves network and layer as they were.
        """
        if not isinstance(layer, Layer):
            raise ParameterError(f"a network is made of layers, got {layer!r}", parameter="layer")
        name = self._new_name(layer, name)
        held = copy.deepcopy(layer) if layer._home is not None else layer
        if not external_input and input_layer is None and output_layer is None:
            self._enter(held, name)
            return held
        before, inputs = dict(vars(held)), list(self._inputs)
        self._enter(held, name)
        try:
            if external_input:
                self._from_outside(name)
            if input_layer is not None:
                self.connect(input_layer, held)
            if output_layer is not None:
                self.connect(held, output_layer)
        except GraphnetError:
            self._leave(name)
            for made in [one for one in self._inputs if one not in inputs]:
                self._wiring.leave(made)
                del self._inputs[made], self._ends[made]
            vars(held).update(before)
            raise
        return held

    def _from_outside(self, name: str) -> Edge:
        """Connect the external input to a layer; it is declared by the first that asks for it."""
        layer = self._layers[name]
        outside = self._inputs.get("external") or self.input("external", layer.size_in, layer.input_type)
        return self.connect(outside, name)

    def _new_name(self, layer: Layer, name: str | None) -> str:
        if name is None and layer.name == "unnamed":
            base = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", layer.class_name).lower()
            name, count = base, 0
            while name in self._wiring:
                count += 1
                name = f"{base}_{count}"
        name = layer.name if name is None else name
        self._free(name)
        return name

    def _enter(self, layer: Layer, name: str) -> None:
        ports = declared_ports(layer) if isinstance(layer, ArrayLayer) else {}
        for port in ports:
            self._free(f"{name}.{port}")
        if self._entering is not None:
            self._entering.append((layer, dict(vars(layer))))
        if isinstance(layer, ArrayLayer):
            self.states[name] = layer.state_now()
        dt = exact(layer.dt)
        layer._path = name
        layer._home = self
        layer._timestep = int(self._now / dt) if self._now else 0
        self._layers[name] = layer
        sends, reads = (layer.size_out, layer.output_type), (layer.size_in, layer.input_type)
        self._stand(name, End(name, *sends, dt), End(name, *reads, dt, merge=layer.joins))
        for port, form in ports.items():
            end = End(f"{name}.{port}", *form, dt, merge=layer.joins)
            self._stand(end.name, end, end)
        if ports:
            self._inlets[name] = tuple(f"{name}.{port}" for port in ports)

    def _leave(self, name: str) -> State | None:
        """Take a layer out with its edges; gives its state."""
        for end in (name, *self._inlets.pop(name, ())):
            self._dropped(self._wiring.leave(end))
            del self._ends[end]
        self._layers.pop(name)._home = None
        self._outputs = [one for one in self._outputs if one != name]
        self._changed()
        return self.states.pop(name, None)

    def add_network(self, network: Network, *, name: str | None = None) -> Group:
        """Add a copy of a network, flattened, under a name; see ``graphnet.nesting.add_network``."""
        from .nesting import add_network

        return add_network(self, network, name)

    def rename(self, layer: Node, name: str) -> None:
        """Give a layer, an input or a port another name; noise follows the name.

        Raises UnknownName, NameTaken, ParameterError.
        """
        from .editing import rename

        rename(self, self.name_of(layer), name)

    def replace(self, layer: Node, by: Layer) -> Layer:
        """Put another layer in a layer's place, with its name and edges; all or nothing."""
        from .editing import replace

        return replace(self, layer, by)

    def copy(self) -> Network:
        """A network with the same content that shares nothing that changes."""
        return copy.deepcopy(self)

    def subgraph(self, outputs: Iterable[Node]) -> Network:
        """A copy of what some layers need: they, and all that leads to them."""
        from .editing import subgraph

        return subgraph(self, outputs)

    def __eq__(self, other: object) -> bool:
        """Whether both have the same content: layers, parameters, states, edges, seed and time; names of networks may
        differ."""
        from .editing import same

        return isinstance(other, Network) and (self is other or same(self, other))

    __hash__: ClassVar[None] = None  # type: ignore[assignment] # content may change

    def __rshift__(self, right: Any) -> Network:
        from .chaining import chain

        return chain(self, right)

    def __rrshift__(self, left: Any) -> Network:
        from .chaining import chain

        return chain(left, self)

    def forget_lines(self, number: int) -> None:
        """Empty what is under way on every path over an edge."""
        for key in [one for one in self.lines if number in one]:
            del self.lines[key]

    def remove_layer(self, layer: Node) -> None:
        """Take a layer and its edges out; it keeps its state and the network's time."""
        name = self.name_of(layer)
        held = self[name]
        state = self._leave(name)
        held._path = held.name
        if isinstance(held, ArrayLayer) and state is not None:
            held.set_state_now(state)
        held._timestep = step_of(self.t, held.dt)

    def _dropped(self, edges: Iterable[Edge]) -> None:
        for one in edges:
            self.forget_lines(one.number)

    def __repr__(self) -> str:
        return f"Network {self.name!r}: {len(self._layers)} layers, {len(self.edges)} edges, t {self.t!r} s"

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

    def commit(self, now: Fraction, states: Mapping[str, State], lines: Mapping[tuple[int, ...], State]) -> None:
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
        backend: Any = "serial",
        workers: int | None = None,
        progress: bool = False,
        callbacks: Sequence[Callback] = (),
        check_finite: bool | str = False,
        trial: int = 0,
    ) -> Result:
        """Evolve the network from its present time and give the recorded signals by name; see
        ``graphnet.run.evolve``.
        """
        from .run import evolve

        return evolve(
            self, ts_input, duration, num_timesteps, block=block, record=record, backend=backend, workers=workers,
            progress=progress, callbacks=callbacks, check_finite=check_finite, trial=trial,
        )  # fmt: skip

    def stream(self, source: Any = None, **options: Any) -> Iterator[Result]:
        """Evolve block by block over a source that need not end and yield each block's signals; see
        ``graphnet.run.stream``.
        """
        from .run import stream

        return stream(self, source, **options)

    def evolve_trials(self, inputs: Iterable[Any], duration: float | None = None, **options: Any) -> list[Result]:
        """Evolve independent trials from where the network stands, and leave it there; see
        ``graphnet.run.evolve_trials``.
        """
        from .run import evolve_trials

        return evolve_trials(self, inputs, duration, **options)

    def checkpoint(self) -> Checkpoint:
        """States, delay lines and clock as they stand, to ``restore`` or to save; see ``graphnet.checkpoint``."""
        from .checkpoint import take

        return take(self)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Put the network where a checkpoint was taken. Raises NetworkError for another network's."""
        from .checkpoint import restore

        restore(self, checkpoint)

    def fit(self, x: Any, y: Any, *, layer: Node, **options: Any) -> Self:
        """Train a readout on the signals that reach it; see ``graphnet.training.fit``."""
        from .training import fit

        fit(self, x, y, layer=self.name_of(layer), **options)
        return self

    def check(self) -> list[Finding]:
        """Everything found by looking the network over: errors, warnings, notes, an estimate of cost."""
        from .findings import look_over

        return look_over(self)

    def explain(self, block: int | None = None) -> Explanation:
        """How the network will run, as data and (``str``) as text: order, blocks, loops, rates, memory, cost."""
        from .explain import explain

        return explain(self, block)

    def profile(self, ts_input: Any = None, duration: float | None = None, *, block: int | None = None) -> Explanation:
        """The plan with the measured time of each layer; the network is left as it was."""
        from .explain import profile

        return profile(self, ts_input, duration, block=block)

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


_SHARED = frozenset(("_ends", "_inlets", "_inputs", "_ports", "_outputs", "_structure", "_paths", "_now", "_forced_dt"))
"""What a copy has containers of its own for, of the same content."""


def _checked_seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise ParameterError(f"the seed of a network is a whole number, got {seed!r}", parameter="seed")
    return int(seed)


__all__ = ["Input", "Network", "Node"]
