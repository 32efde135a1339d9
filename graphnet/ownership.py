"""What a network owns besides its composition: the layers' states, what is under way on edges, clock and seed."""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from typing import Any, Self

import numpy as np

from .clock import checked_dt, exact, step_of
from .collecting import at_rest
from .composition import Composition, Node
from .edge import Edge, End
from .errors import GraphnetError, NetworkErrors, ParameterError, ParameterTypeError, TimeError, raise_all
from .layer import ArrayLayer, Layer, State, declared_ports
from .noise import noise_key
from .structure import common_step
from .wiring import Wiring


class Ownership(Composition):
    """A composition that owns its layers: a layer that enters takes its clock, and keeps its state in it."""

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
        self.measured: dict[str, dict[str, float]] = _nothing_measured()
        """What was measured last, by layer: "time" by a profile (seconds), "rate" by a run that recorded events (events
        per second and channel). Neither copied nor saved."""
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
        return {name: value for name, value in vars(self).items() if name not in _NOT_COPIED}

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """What never changes is shared, and states are copied once, for the network and its layers."""
        made = object.__new__(type(self))
        memo[id(self)] = made
        content = self.__getstate__()
        with at_rest():
            content["states"] = {
                name: {variable: array.copy() for variable, array in state.items()}
                for name, state in content.pop("states").items()
            }
            content["_layers"] = {
                name: layer.twin(memo) if isinstance(layer, ArrayLayer) else copy.deepcopy(layer, memo)
                for name, layer in content.pop("_layers").items()
            }
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
        self.measured = _nothing_measured()
        self._known = {}
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
        end = End(name, *reads, dt, False, layer.joins)
        self._stand(name, end if sends == reads else End(name, *sends, dt), end)
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
        common = self.known("step", lambda: common_step(self._layers))
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
        return noise_key(*self.noise_source(path, seed, trial))

    def noise_source(self, path: str, seed: int | None, trial: int) -> tuple[str | int, ...]:
        """What the key of a layer's noise is made of."""
        return (self.seed, path, trial) if seed is None else ("layer", seed, trial)

    def commit(self, now: Fraction, states: Mapping[str, State], lines: Mapping[tuple[int, ...], State]) -> None:
        """Take over what a run ended with, all at once."""
        self.states.update(states)
        self.lines.update(lines)
        self._now = now
        self._set_clocks()

    def _set_clocks(self) -> None:
        for layer in self.plain_layers():
            layer._timestep = int(self._now / exact(layer.dt))

    def plain_layers(self) -> list[Layer]:
        """The layers that keep their state in themselves."""
        return self.known("plain", lambda: [one for one in self._layers.values() if not isinstance(one, ArrayLayer)])

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


_SHARED = frozenset(
    (
        "states",
        "_layers",
        "_ends",
        "_inlets",
        "_inputs",
        "_ports",
        "_outputs",
        "_structure",
        "_paths",
        "_now",
        "_forced_dt",
    )
)
"""What a copy has containers of its own for, of the same content."""
_NOT_COPIED = frozenset(("lock", "measured", "_known"))


def _nothing_measured() -> dict[str, dict[str, float]]:
    return {"time": {}, "rate": {}}


def _checked_seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise ParameterError(f"the seed of a network is a whole number, got {seed!r}", parameter="seed")
    return int(seed)
