"""Nengo: ensembles and nodes with neurons set directly, not through its encoders and decoders, which work on vectors.

Differences that Nengo forces. A filter's output shows its input one step later, so probes are shifted by that step; and
what a filter is given by time constant is exact for an input held over the step, so the constant is chosen for the same
factor as the step asked. Building the model is not timed but in the workload of building; resetting it is not, either.
Nengo's optimizer, which is on by default, takes minutes for some hundred ensembles, and more than in proportion: for
the graphs of many layers it is off. It made a random graph of 150 of them 1.4 times as fast.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, ClassVar

import nengo
import numpy as np

from .task import Arrays, Task

PACKAGES = ("nengo", "numpy")
FEW_LAYERS = 20
"""Up to so many Nengo's optimizer is on."""
SOME_LAYERS = 300
"""So many are built where the workload is to build many more."""


def precision(dtype: Any) -> None:
    """The bits of all signals."""
    nengo.rc["precision"]["bits"] = str(8 * np.dtype(dtype).itemsize)
    nengo.rc["progress"]["progress_bar"] = "none"


def leak_of(keep: float, dt: float) -> nengo.Lowpass:
    """The filter that keeps this share of its state in a step."""
    return nengo.Lowpass(-dt / np.log(keep))


def fed(u: Any, dt: float) -> nengo.Node:
    """A node that gives row k in step k, and zeros once they are over."""
    rows = np.concatenate([u, np.zeros((2, u.shape[1]), u.dtype)])
    return nengo.Node(lambda t: rows[round(t / dt) - 1], size_out=u.shape[1])


def units(size: int, kind: nengo.neurons.NeuronType) -> nengo.Ensemble:
    """Neurons whose current is what arrives at them."""
    same = {"gain": np.ones(size), "bias": np.zeros(size)}
    return nengo.Ensemble(size, dimensions=1, encoders=np.ones((size, 1)), neuron_type=kind, **same)


def simulated(
    model: nengo.Network, probe: nengo.Probe, steps: int, late: int, dt: float, dtype: Any, optimize: bool = True
) -> Task:
    """Run for so many steps, and as many more as the probe is late."""
    sim = nengo.Simulator(model, dt=dt, progress_bar=False, optimize=optimize)

    def run() -> Any:
        sim.run_steps(steps + late, progress_bar=False)
        return sim.data[probe]

    return Task(run, lambda y: {"y": np.asarray(y[late:], dtype=dtype)}, before=sim.reset)


def rate(given: Arrays, *, dtype: Any, **_: Any) -> Task:
    """A node, a matrix, a filter, and rectified neurons."""
    precision(dtype)
    dt = float(given["dt"])
    with nengo.Network(seed=0) as model:
        u, neurons = fed(given["u"], dt), units(given["w"].shape[1], nengo.RectifiedLinear())
        leak = leak_of(1.0 - dt / float(given["tau"]), dt)
        nengo.Connection(u, neurons.neurons, transform=given["w"].T, synapse=leak)
        probe = nengo.Probe(neurons.neurons)
    return simulated(model, probe, len(given["u"]), 1, dt, dtype)


def echo(given: Arrays, *, dtype: Any, **_: Any) -> Task:
    """Tanh neurons whose filtered output is the state, which a node hands back to them."""
    precision(dtype)
    n, dt = given["w_in"].shape[1], 1e-3
    if "w" in given:
        w: Any = given["w"].T
    else:
        from scipy.sparse import csr_array, csr_matrix

        held = csr_array((given["w_data"], given["w_indices"], given["w_indptr"]), shape=(n, n))
        w = nengo.Sparse((n, n), init=csr_matrix(held.T))
    with nengo.Network(seed=0) as model:
        u, state = fed(given["u"], dt), nengo.Node(size_in=n)
        neurons = units(n, nengo.Tanh(tau_ref=1.0))
        nengo.Connection(u, neurons.neurons, transform=given["w_in"].T, synapse=None)
        nengo.Connection(state, neurons.neurons, transform=w, synapse=None)
        nengo.Connection(neurons.neurons, state, synapse=leak_of(1.0 - float(given["leak"]), dt))
        probe = nengo.Probe(state)
    return simulated(model, probe, len(given["u"]), 1, dt, dtype)


class LeakyTanh(nengo.neurons.NeuronType):
    """Neurons with a state of their own, x <- keep x + gain J, and tanh(x) as output: no step passes between."""

    state: ClassVar[dict[str, Any]] = {"x": nengo.dists.Choice([0])}

    def __init__(self, keep: float, gain: float) -> None:
        super().__init__()
        self.keep, self.gain = keep, gain

    def gain_bias(self, max_rates: Any, intercepts: Any) -> Any:
        return np.ones_like(max_rates), np.zeros_like(intercepts)

    def max_rates_intercepts(self, gain: Any, bias: Any) -> Any:
        return np.ones_like(gain), np.zeros_like(bias)

    def step(self, dt: float, J: Any, output: Any, x: Any) -> None:
        x *= self.keep
        x += self.gain * J
        np.tanh(x, out=output)


def layer_of(given: Arrays) -> LeakyTanh:
    gain = float(given["dt"] / given["tau"])
    return LeakyTanh(1.0 - gain, gain)


def layers(given: Arrays, *, dtype: Any, **_: Any) -> Task:
    """An ensemble for each layer, and a connection without a filter for each edge."""
    edges = [(a, b, None) for a, b in zip(given["pre"], given["post"], strict=True)]
    return joined(given, edges, -1, dtype, optimize=len(given["w"]) <= FEW_LAYERS)


def feedback(given: Arrays, *, dtype: Any, **_: Any) -> Task:
    """Three ensembles; the edge back has a filter without a time constant, which is a delay of one step."""
    return joined(given, [(0, 1, None), (1, 2, None), (2, 0, nengo.Lowpass(0))], 2, dtype)


def joined(
    given: Arrays, edges: Iterable[tuple[int, int, Any]], last: int, dtype: Any, *, optimize: bool = True
) -> Task:
    """Ensembles, the first of which the input drives, joined by edges with their synapses; what the last one gives."""
    precision(dtype)
    dt, w = float(given["dt"]), given["w"]
    with nengo.Network(seed=0) as model:
        u, kind = fed(given["u"], dt), layer_of(given)
        made = [units(w.shape[1], kind) for _ in w]
        nengo.Connection(u, made[0].neurons, transform=w[0].T, synapse=None)
        for a, b, synapse in edges:
            nengo.Connection(made[a].neurons, made[b].neurons, transform=w[b].T, synapse=synapse)
        probe = nengo.Probe(made[last].neurons)
    return simulated(model, probe, len(given["u"]), 0, dt, dtype, optimize=optimize)


def scale(given: Arrays, *, optimize: bool = True, **_: Any) -> Task:
    """Build the first layers of the graph, and tell the time of all as if each took as long."""
    count, some = int(given["count"]), min(int(given["count"]), SOME_LAYERS)
    inside = [(int(a), int(b)) for a, b in zip(given["pre"], given["post"], strict=True) if max(a, b) < some]

    def run() -> float:
        began = time.perf_counter()
        with nengo.Network(seed=0) as model:
            made = [nengo.Node(size_in=4) for _ in range(some)]
            for a, b in inside:
                nengo.Connection(made[a], made[b], synapse=None)
        nengo.Simulator(model, progress_bar=False, optimize=optimize).close()
        return (time.perf_counter() - began) * count / some

    note = f"built {some} of {count} layers, its time multiplied; its cost for each grows with their number"
    return Task(run, lambda _: {}, seconds=float, note=note)


WORKLOADS = {
    "a_rate": rate, "b_dense": echo, "b_sparse": echo, "e_chain": layers, "e_dag": layers, "f_scale": scale,
    "j_feedback": feedback,
}  # fmt: skip
