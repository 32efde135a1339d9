"""What a run adds to its kernels: processor time for each layer and block, beside calling the same kernels directly.

    python -m benchmarks.overhead [REPEATS]

A chain of 300 rate layers of 8 units in blocks of 8 steps, without and with noise, and a loop of 10 such layers that
steps by one, which takes less than calling their kernels: it goes through its blocks in compiled code. "Directly" calls
the compiled kernels with arguments made beforehand. Medians over alternating runs; the difference should stay below 3
microseconds, with noise 5.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from graphnet import Network, TSContinuous, one_blas_thread
from graphnet.backends import serial
from graphnet.noise import fill_normal
from graphnet.plan import Schedule, Wanted, compile_plan
from graphnet.products import ordered_rows
from layers import Rate
from layers.rate import run

DT, SIZE = 1e-3, 8


def network(count: int, noise: float, ring: bool) -> Network:
    """A chain, or a loop in which the first layer also reads the input."""
    rng, before = np.random.default_rng(1), "x"
    net = Network(seed=1)
    net.input("x", SIZE)
    for k in range(count):
        weights = rng.normal(size=(SIZE, SIZE)) / 3
        net.add_layer(Rate(weights, dt=DT, activation="tanh", noise_std=noise), name=f"r{k}")
        net.connect(before, f"r{k}", merge="sum" if ring and k == 0 else None)
        before = f"r{k}"
    if ring:
        net.connect(before, "r0", delay=DT)
    return net


def planned(net: Network, steps: int, block: int) -> float:
    """Seconds of processor time that the plan's tasks take."""
    x = TSContinuous.from_clocked(np.random.default_rng(2).normal(size=(steps, SIZE)), DT)
    with one_blas_thread():
        plan = compile_plan(net, Schedule(net.now, net.exact_dt, steps, block), {"x": x}, Wanted())
        (stage,) = plan.stages
        begin = time.process_time()
        serial.run(stage.template, stage.states, plan.schedule.blocks)
        return time.process_time() - begin


def calls(net: Network, rows: int) -> list[tuple[Callable[..., Any], tuple[Any, ...]]]:
    """The kernels of one block with their arguments."""
    x = np.ones((rows, SIZE))
    x.flags.writeable = False
    made: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
    for number, layer in enumerate(net.layers.values()):
        assert isinstance(layer, Rate)
        out, state = np.empty((rows, SIZE)), layer.initial()["x"]
        made.append((ordered_rows.compiled, (x, layer.matrix(), out)))
        noise = layer._silence
        if layer.noise_std:
            noise = np.empty((rows, SIZE))
            # other numbers for each layer, as in a run: what a normal costs depends on its value
            made.append((fill_normal.compiled, (np.uint64(number), np.uint64(0), number * rows, noise)))
        made.append((run.compiled, (state, state, out, noise, layer._unwatched, *layer._constants)))
        x = out.view()
        x.flags.writeable = False
    return made


def directly(made: list[tuple[Callable[..., Any], tuple[Any, ...]]], blocks: int) -> float:
    """Seconds of processor time of the kernels alone."""
    begin = time.process_time()
    for _ in range(blocks):
        for kernel, arguments in made:
            kernel(*arguments)
    return time.process_time() - begin


def compare(label: str, count: int, noise: float, ring: bool, rows: int, repeats: int) -> float:
    """Print both, for each layer and block, in microseconds; gives the difference."""
    net, blocks = network(count, noise, ring), 60 * 300 // count
    made = calls(net, rows)
    block = 512 if ring else rows  # a loop iterates inside, by one step
    planned(net, rows * 4, block)
    directly(made, 4)
    scale = 1e6 / (count * blocks)
    pairs = [(scale * planned(net, rows * blocks, block), scale * directly(made, blocks)) for _ in range(repeats)]
    run_time, alone = (statistics.median(one) for one in zip(*pairs, strict=True))
    more = statistics.median(a - b for a, b in pairs)
    print(
        f"{label:24s} run {run_time:5.2f} us   directly {alone:5.2f} us   ratio {run_time / alone:4.2f}   {more:+5.2f}"
    )
    return more


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    compare("chain of 300", 300, 0.0, False, 8, repeats)
    compare("chain of 300, noise", 300, 0.5, False, 8, repeats)
    compare("loop of 10", 10, 0.0, True, 1, repeats)
    compare("loop of 10, noise", 10, 0.5, True, 1, repeats)


if __name__ == "__main__":
    main()
