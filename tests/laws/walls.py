"""The network on which the walls are proved: a loop, two rates, a plain Layer, noise, delays, events."""

import numpy as np

from graphnet import ArrayLayer, Layer, Network, Size, TSContinuous, TSEvent, positional
from layers import LIF, DeltaEncoder, ExpSyn, Linear, PassThrough, Rate


class Smooth(Layer):
    """A node written against the reference page alone: a leaky average of its input, step by step."""

    def __init__(self, weights, dt=1e-3, noise_std=0.0, name="unnamed", keep=0.9):
        super().__init__(weights, dt, noise_std, name)
        self.keep = keep

    def evolve(self, ts_input=None, duration=None, num_timesteps=None):
        time_base, rows, steps = self._prepare_input(ts_input, duration, num_timesteps)
        out = np.empty((steps, self.size_out))
        state = np.array(self.state)
        for k in range(steps):
            state = self.keep * state + rows[k] @ self.weights
            out[k] = state
        self.state = state
        start = time_base[0] if steps else self.t
        self._t = start + steps * self.dt
        return TSContinuous.from_clocked(out, self.dt, start)

    def to_dict(self):
        return {**super().to_dict(), "keep": self.keep}


class Hidden(ArrayLayer):
    """A sum over time whose second variable no watch buffer shows, so that recording it takes one-step blocks."""

    size: Size = positional()

    def initial(self):
        return {"total": np.zeros(self.size), "hidden": np.zeros(self.size)}

    def advance(self, state, block, span):
        y = span.empty((span.steps, self.size))
        for k in range(span.steps):
            state["hidden"] = 0.5 * state["hidden"] + np.abs(block[k])
            state["total"] = state["total"] + block[k]
            y[k] = state["total"]
        return state, y


def build(extra=False):
    """The network; ``extra`` adds an unrelated noisy layer in the midst of the others."""
    draw = np.random.default_rng(7).normal
    net = Network(name="walls", seed=11)
    net.input("x", 3)
    net.input("go", 2, TSEvent)
    net.add_layer(Rate(draw(size=(3, 70)), tau=0.02, dt=1e-3, noise_std=0.5, activation="tanh"), name="noisy")
    if extra:
        net.add_layer(Rate(np.ones((3, 4)), dt=1e-3, noise_std=1.0), name="stranger")
        net.connect("x", "stranger")
    net.add_layer(Linear(0.25 * draw(size=(70, 40)), dt=1e-3), name="mix")
    net.add_layer(LIF(0.6 * draw(size=(40, 5)), dt=1e-3, noise_std=0.2), name="a")
    net.add_layer(ExpSyn(0.4 * draw(size=(5, 40)), dt=1e-3), name="b")
    net.add_layer(PassThrough(40, dt=1e-3), name="back")
    net.add_layer(Smooth(0.3 * draw(size=(40, 4)), dt=1e-3), name="plain")
    net.add_layer(Rate(draw(size=(4, 6)), dt=2e-3, noise_std=0.3), name="slow")
    net.add_layer(DeltaEncoder(6, threshold=0.05, dt=1e-3), name="code")
    net.add_layer(LIF(0.7 * draw(size=(14, 8)), dt=4e-3, input_type=TSEvent), name="spikes")
    net.add_layer(Hidden(8, dt=2e-3), name="hidden")
    net.add_layer(ExpSyn(draw(size=(8, 8)), dt=5e-4), name="fine")
    net.connect("x -> noisy")
    net.connect("noisy -> mix")
    net.connect("mix", "a", merge="sum")
    net.connect("a -> b")
    net.connect("b -> back")
    net.connect("back -> a @ 1 ms")
    net.connect("b -> plain @ 3 ms")
    net.connect("plain -> slow")
    net.connect("slow -> code @ 1 ms")
    net.connect("code", "spikes", merge="concat")
    net.connect("go", "spikes", merge="concat")
    net.connect("spikes -> fine")
    net.connect("fine", "hidden")
    return net


NAMES = ["noisy", "mix", "a", "b", "back", "plain", "slow", "code", "spikes", "hidden", "fine"]
RECORD = [*NAMES, "noisy.x", "a.v", "hidden.hidden", "b.y"]


def inputs(seconds=0.4, start=0.0):
    """Its two inputs: noise at 1 kHz and events."""
    rng = np.random.default_rng(3)
    n = round(seconds * 1000)
    x = TSContinuous.from_clocked(rng.normal(size=(n, 3)), 1e-3, start)
    times = np.sort(rng.uniform(start, start + seconds, 60))
    return {"x": x, "go": TSEvent(times, rng.integers(0, 2, 60), t_start=start, t_stop=start + seconds, num_channels=2)}


def content(result):
    """Everything that a run has recorded, as arrays."""
    found = {}
    for name in RECORD:
        series = result[name]
        if isinstance(series, TSEvent):
            found[name] = (np.asarray(series.times), np.asarray(series.channels))
        else:
            found[name] = (np.asarray(series.samples),)
    return found


def everything(net):
    """All that a run may change: states, lines, clock, and what plain layers hold."""
    return {
        "states": {name: {key: array.copy() for key, array in state.items()} for name, state in net.states.items()},
        "lines": {str(key): {k: v.copy() for k, v in line.items()} for key, line in net.lines.items()},
        "t": np.float64(net.t),
        "plain": np.array(net["plain"].state),
        "plain t": np.float64(net["plain"].t),
    }
