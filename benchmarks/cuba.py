"""What recurrent spiking costs as it grows, from 10^5 to 10^7 synapses, beside the same network by other means.

    python -m benchmarks.cuba [--most 1e7] [--seconds 1.0] [--repeats 3]
    python -m benchmarks.cuba --brian --seconds 10

The network is that of examples/cuba with 80 synapses a neuron at every size, so that its rate stays the same. A second
table keeps 10^6 synapses and has the neurons fire more or less often. All spikes of a layer are held against those of a
kernel by hand, which must be the same; a loop over steps in NumPy with CSR rows of scipy, and Brian2 where it is
installed (benchmarks/requirements.txt), are told as multiples of the layer's time. Times are the shortest of runs that
alternate, after one that compiles. What a neuron's step costs is measured on as many neurons at rest; what is above it
is what a synapse costs that a spike passes. Memory is what NumPy holds: of the layer once it is built, and at most
while it is.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from benchmarks.workload import Arrays
from benchmarks.workloads.d_cuba import constants, kernel
from graphnet import Events, Span, one_blas_thread
from graphnet.arrays import resolve
from graphnet.span import Arena
from graphnet.spiketrains import Firing, firing
from layers import CubaLIF

FAN, BLOCK = 80.0, 256
CUBA = {"tau_mem": 0.02, "v_rest": -49.0, "threshold": -50.0, "v_reset": -60.0, "refractory": 0.005, "dt": 1e-4}
TAU = {"exc": 0.005, "inh": 0.01}


class Cuba:
    """Vogels and Abbott's neurons, four of five excitatory, with ``fan`` synapses each: as a layer, and by hand."""

    def __init__(self, size: int = 4000, fan: float = 80.0, dtype: str = "float64", **changed: Any) -> None:
        self.excitatory, self.dtype, self.given = size * 4 // 5, dtype, {**CUBA, **changed}
        rows = {"exc": f"0:{self.excitatory}", "inh": f"{self.excitatory}:{size}"}
        weights = {
            name: resolve(
                {"init": "sparse", "shape": [size, size], "density": fan / size, "value": value, "rows": rows[name]}
                | {"seed": seed}
            )
            for seed, (name, value) in enumerate({"exc": 1.62, "inh": -9.0}.items(), start=1)
        }
        self.v0 = resolve({"init": "uniform", "shape": size, "low": -60.0, "high": -50.0, "seed": 3})
        self.layer = CubaLIF(None, weights, tau_syn=TAU, v0=self.v0, dtype=dtype, **self.given)
        self.together: Any = csr_array(weights["exc"] + weights["inh"])

    def arrays(self, steps: int) -> Arrays:
        """The network as the workload D takes it."""
        one = {name: np.float64(self.given[name]) for name in ("tau_mem", "v_rest", "threshold", "v_reset", "dt")}
        return one | {
            "tau_exc": np.float64(TAU["exc"]),
            "tau_inh": np.float64(TAU["inh"]),
            "v0": self.v0.astype(self.dtype),
            "data": self.together.data.astype(self.dtype),
            "indices": self.together.indices,
            "indptr": self.together.indptr.astype(np.int64),
            "excitatory": np.int64(self.excitatory),
            "steps": np.int64(steps),
            "refractory": np.int64(round(self.given["refractory"] / self.given["dt"])),
        }

    def by_hand(self, steps: int) -> Callable[[], Arrays]:
        """The kernel by hand over all steps, ready to run: what it gives are the steps and channels of the spikes."""
        ready = kernel(self.arrays(steps), 1)
        assert ready is not None
        return ready.run


def drive(layer: CubaLIF, steps: int) -> None:
    """Advance over all steps in blocks, as a serial run does."""
    state, arena = layer.initial(), Arena()
    for low in range(0, steps, BLOCK):
        arena.begin()
        state, _ = layer.advance(state, None, Span(low, min(BLOCK, steps - low), key=1, arena=arena))


def seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def with_scipy(cuba: Cuba, steps: int) -> int:
    """How many spikes a loop over steps finds: NumPy for the neurons, sums of CSR rows for their spikes."""
    one, (real, drives) = cuba.given, constants(cuba.arrays(steps))
    keep, base, threshold, reset = real
    pass_e, pass_i, keep_e, keep_i = drives
    v, wait, count = cuba.v0.copy(), np.zeros(len(cuba.v0), dtype=np.int64), 0
    ge, gi = np.zeros((2, len(v)))
    refractory = round(one["refractory"] / one["dt"])
    for _ in range(steps):
        new = keep * v + (base + (pass_e * ge + pass_i * gi))
        ge *= keep_e
        gi *= keep_i
        np.copyto(v, new, where=wait == 0)
        np.maximum(wait - 1, 0, out=wait)
        (who,) = np.nonzero(v >= threshold)
        if len(who):
            count += len(who)
            v[who], wait[who] = reset, refractory
            ge += cuba.together[who[who < cuba.excitatory]].sum(axis=0)
            gi += cuba.together[who[who >= cuba.excitatory]].sum(axis=0)
    return count


def brian_neurons(b: Any, cuba: Cuba) -> Any:
    """The neurons in Brian2, not connected yet."""
    b.prefs.codegen.target = "cython"
    b.start_scope()
    one = cuba.given
    b.defaultclock.dt = one["dt"] * b.second
    equations = """
    dv/dt = (ge + gi + v_rest - v) / tau_mem : 1 (unless refractory)
    dge/dt = -ge / tau_exc : 1
    dgi/dt = -gi / tau_inh : 1
    """
    names = {"v_rest": one["v_rest"], "v_reset": one["v_reset"], "threshold": one["threshold"]}
    times = {"tau_mem": one["tau_mem"], "tau_exc": TAU["exc"], "tau_inh": TAU["inh"]}
    names |= {name: time * b.second for name, time in times.items()}
    # a spike at the end of a step has that step's number, from which Brian2 counts: one step is over when it is reset
    refractory = (one["refractory"] + one["dt"]) * b.second
    form = {"threshold": "v >= threshold", "reset": "v = v_reset", "method": "exact"}
    return b.NeuronGroup(len(cuba.v0), equations, refractory=refractory, namespace=names, **form)


ACTS = ("ge_post += 1.62", "gi_post -= 9.0")


def with_brian(cuba: Cuba, steps: int) -> tuple[float, Events] | None:
    """Seconds that Brian2 takes after a first step that compiles, and the spikes; None where it is not installed."""
    try:
        import brian2 as b
    except ImportError:
        return None
    neurons, dt = brian_neurons(b, cuba), cuba.given["dt"]
    neurons.v = cuba.v0
    pairs = cuba.together.tocoo()
    excites = pairs.row < cuba.excitatory
    sent = []
    for which, act in zip((excites, ~excites), ACTS, strict=True):
        sent.append(b.Synapses(neurons, neurons, on_pre=act))
        sent[-1].connect(i=pairs.row[which], j=pairs.col[which])
    heard = b.SpikeMonitor(neurons)
    net = b.Network(neurons, *sent, heard)
    net.run(dt * b.second)
    took = seconds(lambda: net.run((steps - 1) * dt * b.second))
    return took, Events(np.rint(np.array(heard.t / b.second) / dt).astype(np.int64), np.array(heard.i))


def drawn_by_brian(seed: int, duration: float) -> Firing:
    """How the 4,000 neurons fire where Brian2 draws connections and voltages too."""
    import brian2 as b

    cuba = Cuba()
    neurons = brian_neurons(b, cuba)
    b.seed(seed)
    neurons.v = "-60 + 10 * rand()"
    halves = neurons[: cuba.excitatory], neurons[cuba.excitatory :]
    sent = [b.Synapses(half, neurons, on_pre=act) for half, act in zip(halves, ACTS, strict=True)]
    for one in sent:
        one.connect(p=0.02)
    heard = b.SpikeMonitor(neurons)
    b.Network(neurons, *sent, heard).run(duration * b.second)
    return firing(np.array(heard.t / b.second), np.array(heard.i), len(cuba.v0), duration)


def spikes(cuba: Cuba, steps: int) -> Events:
    """The layer's spikes. Raises AssertionError where the kernel by hand has others."""
    _, found = cuba.layer.advance(cuba.layer.initial(), None, Span(0, steps, key=1))
    hand = cuba.by_hand(steps)()
    assert np.array_equal(found.step, hand["step"]), "the kernel by hand spikes at other steps"
    assert np.array_equal(found.channel, hand["channel"]), "the kernel by hand has other neurons spike"
    return found


def shortest(repeats: int, *runs: Callable[[], Any]) -> list[float]:
    """The fewest seconds of each, run in turn."""
    return np.min([[seconds(one) for one in runs] for _ in range(repeats)], axis=0).tolist()


def held(size: int) -> tuple[float, float]:
    """Bytes of the layer a synapse, and at most while it was built; what goes into it apart."""
    source = Cuba(size, FAN)
    before = source.layer.value("weights_rec")
    given = {"weights_rec": dict(before), "v0": source.v0, "tau_syn": TAU, **source.given}
    tracemalloc.start()
    layer = type(source.layer)(None, **given)
    now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    synapses = source.together.nnz
    del layer
    return now / synapses, most / synapses


def line(cuba: Cuba, steps: int, repeats: int, peers: bool) -> str:
    """One line of a table."""
    found, quiet = spikes(cuba, steps), Cuba(len(cuba.v0), 1.0, v_rest=-60.0)
    passed = int(np.diff(cuba.together.indptr)[found.channel].sum())
    drive(quiet.layer, 10)
    ours, hand, rest = shortest(
        repeats,
        lambda: drive(cuba.layer, steps),
        cuba.by_hand(steps),
        lambda: drive(quiet.layer, steps),
    )
    size = len(cuba.v0)
    rate = found.count / size / (steps * cuba.given["dt"])
    text = (
        f"{cuba.together.nnz:>10} {size:>8} {rate:6.2f} {found.count:>9} {1e3 * ours:9.1f} {ours / hand:8.2f}"
        f" {1e9 * rest / size / steps:10.2f} " + (f"{1e9 * (ours - rest) / passed:10.2f}" if passed else f"{'-':>10}")
    )
    if peers:
        slow = seconds(lambda: with_scipy(cuba, steps))
        brian = with_brian(cuba, steps)
        text += f" {slow / ours:8.1f} " + (f"{brian[0] / ours:8.1f}" if brian else f"{'-':>8}")
        if brian is not None:
            text += f"   {agrees(found, brian[1])}"
    return text


def agrees(one: Events, other: Events) -> str:
    """Until when two trains are the same, in words."""
    order = np.lexsort((other.channel, other.step))
    step, channel = other.step[order], other.channel[order]
    most = min(one.count, len(step))
    differ = np.flatnonzero((one.step[:most] != step[:most]) | (one.channel[:most] != channel[:most]))
    if len(differ):
        return f"the first {differ[0]} spikes are the same, {len(step)} in all"
    return "all spikes are the same" if one.count == len(step) else f"{len(step)} spikes"


HEAD = (
    f"{'synapses':>10} {'neurons':>8} {'Hz':>6} {'spikes':>9} {'layer ms':>9} {'by hand':>8} {'ns/step':>10}"
    f" {'ns/passed':>10}"
)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=float, default=1e7, help="synapses of the largest network")
    parser.add_argument("--seconds", type=float, default=1.0, help="simulated time")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--brian", action="store_true", help="only how Brian2 fires with what it draws by itself")
    given = parser.parse_args()
    if given.brian:
        for seed in range(1, given.repeats + 1):
            print(f"seed {seed}, {given.seconds:g} s: {drawn_by_brian(seed, given.seconds)}", flush=True)
        return
    steps = round(given.seconds / 1e-4)
    sizes = [round(n / FAN) for n in (1e5, 3.2e5, 1e6, 3.2e6, 1e7) if n <= given.most]
    print("Growing, the same rate: times of the layer, and of others as multiples ('by hand': layer / kernel by hand)")
    print(HEAD + f" {'scipy':>8} {'Brian2':>8}")
    with one_blas_thread():
        for size in sizes:
            print(line(Cuba(size, FAN), steps, given.repeats, peers=True), flush=True)
        print("\nThe same 10^6 synapses, firing more and more often")
        print(HEAD)
        for v_rest in (-51.0, -49.9, -49.0, -45.0, -30.0, 0.0):
            print(line(Cuba(12_500, FAN, v_rest=v_rest), steps, given.repeats, peers=False), flush=True)
    print("\nBytes a synapse: of the layer, and at most while it was built")
    for size in sizes:
        now, most = held(size)
        print(f"{size * FAN:>10.0f} {now:8.1f} {most:8.1f}", flush=True)


if __name__ == "__main__":
    main()
