"""Threads against serial, in the same run: medians of their times over alternating runs, as ratios.

    python -m benchmarks.threads [REPEATS] [WORKERS]

Wide: two chains of rate layers of 700 units side by side; deep: a pipeline of 8 such layers. Spiking: two chains of
rate layers that end in LIF neurons. Tiny: a chain of 200 layers of 8 units, in short and in long blocks. A ratio above
1 says that threads are faster; the tiny chains must stay above 1 / 1.2. On a machine that is busy with other things the
ratios of single pairs scatter: the load is printed first.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from graphnet import Network, TSContinuous, one_blas_thread
from graphnet.backends import serial, threads
from graphnet.plan import Schedule, Wanted, compile_plan
from layers import LIF, Rate

DT = 1e-3
Run = Callable[..., None]


def drive(net: Network, size: int, steps: int, block: int, run: Run, depth: int = 1) -> float:
    """Seconds that the tasks of a network take over all blocks, from its initial state."""
    rng = np.random.default_rng(1)
    x = TSContinuous.from_clocked(rng.normal(size=(steps, size)), DT)
    wanted = Wanted([(name, steps) for name in net.outputs])
    with one_blas_thread():
        plan = compile_plan(net, Schedule(net.now, net.exact_dt, steps, block), {"x": x}, wanted, depth=depth)
        (stage,) = plan.stages
        begin = time.perf_counter()
        run(stage.template, stage.states, plan.schedule.blocks)
        return time.perf_counter() - begin


def chain(net: Network, prefix: str, count: int, size: int, spikes: bool) -> None:
    """``count`` rate layers one after the other, from the input ``x`` to an output; the last may be neurons."""
    rng, before = np.random.default_rng(len(prefix)), "x"
    for k in range(count):
        weights = rng.normal(size=(size, size)) / np.sqrt(size)
        rate = Rate(weights, dt=DT, activation="tanh")
        name = f"{prefix}{k}"
        net.add_layer(LIF(weights, dt=DT, bias=1.2) if spikes and k == count - 1 else rate, name=name)
        net.connect(before, name)
        before = name
    net.output(before)


def network(size: int, *chains: tuple[str, int], spikes: bool = False) -> Network:
    """Chains side by side, all fed by one input."""
    net = Network(seed=1)
    net.input("x", size)
    for prefix, count in chains:
        chain(net, prefix, count, size, spikes)
    return net


def compare(label: str, net: Network, size: int, steps: int, block: int, repeats: int, workers: int) -> None:
    """Print the ratio of medians."""

    def on_threads(*args: Any) -> None:
        threads.run(*args, workers=workers)

    drive(net, size, 4 * block, block, serial.run)
    times: dict[str, list[float]] = {"serial": [], "threads": []}
    for _ in range(repeats):
        times["serial"].append(drive(net, size, steps, block, serial.run))
        times["threads"].append(drive(net, size, steps, block, on_threads, threads.depth(workers)))
    alone, together = (statistics.median(one) for one in times.values())
    spread = ", ".join(f"{a / b:.2f}" for a, b in zip(*times.values(), strict=True))
    print(f"{label:34s} serial {1e3 * alone:8.1f} ms   threads {1e3 * together:8.1f} ms   ratio {alone / together:.2f}")
    print(f"{'':34s} pairs {spread}")


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    print(f"load {os.getloadavg()[0]:.1f} on {threads.available()} processors, {workers} workers")
    pair = network(700, ("a", 4), ("b", 4))
    compare("wide: 2 x 4 rate layers of 700", pair, 700, 128 * 40, 128, repeats, workers)
    compare("deep: 8 rate layers of 700", network(700, ("a", 8)), 700, 128 * 40, 128, repeats, workers)
    spiking = network(700, ("a", 4), ("b", 4), spikes=True)
    compare("spiking: 2 x (3 rate, 1 LIF)", spiking, 700, 128 * 40, 128, repeats, workers)
    tiny = network(8, ("a", 200))
    for block, blocks in [(1, 300), (64, 200), (256, 100), (1024, 40), (4096, 16)]:
        compare(f"tiny: 200 of 8, blocks of {block}", tiny, 8, block * blocks, block, repeats, workers)


if __name__ == "__main__":
    main()
