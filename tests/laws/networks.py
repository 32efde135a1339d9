"""Random sound networks for hypothesis: every registered kind of layer, several rates, delays, slices, merges, loops,
noise and plain layers. A network is made from a recipe, so that it can be built again, flat or with a part nested.
"""

import inspect
import math
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from graphnet import ArrayLayer, Network, ParameterError, TSContinuous, TSEvent, registry
from graphnet.layer import declared_ports
from graphnet.testing import instance
from layers import PassThrough, Rate
from tests.laws.walls import Smooth

registry.layers.load()
CLASSES = [
    cls
    for name, cls in registry.layers
    if not inspect.isabstract(cls) and issubclass(cls, ArrayLayer) and cls.__module__.startswith("layers.")
]
STEPS = (0.5e-3, 1e-3, 2e-3, 3e-3)
ROUND = 0.006  # s, the least common multiple of STEPS: a loop closed by so long a delay is sound at any rates
SECONDS = 0.12
FEATURES = ("loops", "plain", "noise", "rates", "delays")


@dataclass(frozen=True)
class Recipe:
    """Says everything about a network: the same recipe gives the same one."""

    seed: int
    count: int
    features: frozenset[str]


recipes = st.builds(
    Recipe,
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(2, 9),
    features=st.frozensets(st.sampled_from(FEATURES)),
)
array_recipes = st.builds(
    Recipe,
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(2, 9),
    features=st.frozensets(st.sampled_from([one for one in FEATURES if one != "plain"])),
)


@dataclass(frozen=True)
class Wire:
    """An edge to be."""

    pre: str
    post: str
    delay: float
    pre_channels: tuple[int, ...] | None
    post_channels: tuple[int, ...] | None
    merge: str | None


def _takes(cls, options):
    """Whether a class allows these, next to its example: not all take noise, or any step."""
    try:
        instance(cls, **options)
    except ParameterError:
        return False
    return True


class Drawn:
    """What a recipe says: layers by name, and wires in the order of connecting."""

    def __init__(self, recipe):
        self.recipe = recipe
        self.rng = np.random.default_rng(recipe.seed)
        self.ends = {"x": (3, TSContinuous, None), "e": (2, TSEvent, None)}
        self.layers = {}
        self.wires = []
        self.merges = {}
        for i in range(recipe.count):
            self._layer(i)
        if "loops" in recipe.features:
            self._loops()

    def _layer(self, i):
        inner = self.rng.random() < 0.4
        name = f"sub.n{i}" if inner else f"n{i}"
        dt = float(self.rng.choice(STEPS)) if "rates" in self.recipe.features else 1e-3
        kind = self._kind(dt)
        layer = kind()
        ports = declared_ports(layer) if isinstance(layer, ArrayLayer) else {}
        for port, form in ports.items():
            self._feed(f"{name}.{port}", layer.joins, *form)
        if layer.size_in and not ports:
            self._feed(name, layer.joins, layer.size_in, layer.input_type)
        self.layers[name] = kind
        self.ends[name] = layer.size_out, layer.output_type, isinstance(layer, ArrayLayer)

    def _kind(self, dt):
        pick = int(self.rng.integers(len(CLASSES) + 2))
        if pick >= len(CLASSES):
            if pick > len(CLASSES) and "plain" in self.recipe.features:
                return lambda: Smooth(0.3 * np.ones((3, 2)), dt=dt)
            size = int(self.rng.integers(1, 6))
            return lambda: PassThrough(size, dt=dt)
        cls = CLASSES[pick]
        tries = [{"dt": dt}, {"dt": 1e-3}]
        if "noise" in self.recipe.features:
            tries = [{**one, "noise_std": 0.3} for one in tries] + tries
        options = next(one for one in tries if _takes(cls, one))
        return lambda: instance(cls, **options)

    def _feed(self, name, joins, size_in, input_type):
        """Cover every channel of an input with slices of earlier ends."""
        merge = [joins, "sum", "concat"][self.rng.integers(3)]
        self.merges[name] = merge
        fitting = [one for one, (_, kind, _) in self.ends.items() if kind is input_type]
        for _ in range(2 if merge == "sum" else 1):
            begin = 0
            while begin < size_in:
                pre = str(self.rng.choice(fitting))
                size = self.ends[pre][0]
                count = int(self.rng.integers(1, min(size, size_in - begin) + 1))
                picked = tuple(int(one) for one in self.rng.permutation(size)[:count])
                place = tuple(range(begin, begin + count)) if merge != "concat" else None
                self.wires.append(Wire(pre, name, self._delay(), picked, place, merge))
                begin += count

    def _delay(self):
        return float(self.rng.integers(0, 3)) * ROUND if "delays" in self.recipe.features else 0.0

    def _loops(self):
        """Lead outputs back to earlier sums, late enough for any rates, and squashed: nothing may grow without bound.

        There are no loops where there are plain layers.
        """
        if any(array is False for _, _, array in self.ends.values()):
            return
        for name, make in list(self.layers.items()):
            layer = make()
            fitting = [one for one in self.layers if self.ends[one][1] is layer.input_type]
            if self.merges.get(name) != "sum" or not fitting:
                continue
            pre = str(self.rng.choice(fitting))
            count = min(self.ends[pre][0], layer.size_in)
            channels = tuple(range(count))
            if layer.input_type is TSContinuous:
                self._squash(f"{name}-back", pre, count, layer.dt)
                pre = f"{name}-back"
            late = ROUND * int(self.rng.integers(1, 3))
            self.wires.append(Wire(pre, name, late, channels, channels, "sum"))

    def _squash(self, name, pre, count, dt):
        self.layers[name] = lambda: Rate(0.5 * np.eye(count), activation="tanh", dt=dt)
        self.ends[name] = count, TSContinuous, True
        self.wires.append(Wire(pre, name, 0.0, tuple(range(count)), tuple(range(count)), None))


def inputs(net):
    """Series for the inputs that a recipe's network has."""
    rng = np.random.default_rng(3)
    events = np.sort(rng.uniform(0, SECONDS, 60))
    given = {
        "x": TSContinuous.from_clocked(rng.normal(size=(round(SECONDS / 0.5e-3), 3)), 0.5e-3),
        "e": TSEvent(events, rng.integers(0, 2, 60), t_start=0, t_stop=SECONDS, num_channels=2),
    }
    return {name: series for name, series in given.items() if name in net.inputs}


def _with_inputs(net):
    net.input("x", 3)
    net.input("e", 2, TSEvent)
    return net


def _connect(net, wire, pre=None, post=None):
    net.connect(
        pre or wire.pre, post or wire.post, delay=wire.delay, merge=wire.merge,
        pre_channels=wire.pre_channels, post_channels=wire.post_channels,
    )  # fmt: skip


def flat(recipe):
    """The network of a recipe, every layer at the top."""
    drawn, net = Drawn(recipe), _with_inputs(Network(seed=recipe.seed))
    for name, make in drawn.layers.items():
        net.add_layer(make(), name=name)
    for wire in drawn.wires:
        _connect(net, wire)
    return net


def nested(recipe):
    """The same network, the layers ``sub.*`` added as a network; what leads into it from outside leads over ports."""
    drawn, net, sub = Drawn(recipe), _with_inputs(Network(seed=recipe.seed)), Network(name="sub", seed=1)
    into = []
    for name, make in drawn.layers.items():
        home = sub if name.startswith("sub.") else net
        home.add_layer(make(), name=name.removeprefix("sub."))
    for i, wire in enumerate(drawn.wires):
        if not wire.post.startswith("sub."):
            continue
        pre = wire.pre.removeprefix("sub.")
        if not wire.pre.startswith("sub."):
            pre = f"in{i}"
            sub.input(pre, *drawn.ends[wire.pre][:2])
            into.append((wire.pre, f"sub.{pre}"))
        _connect(sub, wire, pre, wire.post.removeprefix("sub."))
    net.add_network(sub)
    for pre, port in into:
        net.connect(pre, port)
    for wire in drawn.wires:
        if not wire.post.startswith("sub."):
            _connect(net, wire)
    return net


def content(net, result):
    """All that a run gave and left behind, by layer: signals, states, clock."""
    found = {}
    for name in net.layers:
        series = result[name]
        columns = (series.times, series.channels) if isinstance(series, TSEvent) else (series.samples,)
        found[name] = tuple(np.asarray(one) for one in columns)
    return {"signals": found, **left(net)}


def left(net):
    """What a run leaves behind: states, clock, what plain layers hold, and how much is under way on the edges."""
    lines = sorted(
        math.fsum(float(x) for one in line.values() for x in np.abs(one).flat) for line in net.lines.values()
    )
    return {
        "states": {name: {key: array.copy() for key, array in net.states[name].items()} for name in sorted(net.states)},
        "plain": {name: np.array(one.state) for name, one in net.layers.items() if name not in net.states},
        "t": np.float64(net.t),
        "lines": np.array(lines),
    }
