"""What learning by STDP costs: against the same layers without it, by the number of synapses, and by how traces decay.

    python -m benchmarks.plasticity [REPEATS]

LIF neurons with 100 synapses each, CSR, that fire at about 20 Hz, dt 1 ms. A touched synapse is one that an event or a
spike reaches: each spike of recurrence touches a row and a column.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from scipy.sparse import csr_array

from graphnet import Span, one_blas_thread
from graphnet.span import Arena
from layers import LIF

BLOCK, STEPS, FAN = 256, 1024, 100


def network(size: int, learns: bool) -> LIF:
    """Neurons driven by a constant and noise, so that as many spikes touch synapses that hardly change v."""
    rng = np.random.default_rng(size)
    indices = np.sort(rng.integers(0, size, (size, FAN)), axis=1).reshape(-1)
    weights = csr_array(
        (rng.uniform(0.4e-3, 0.6e-3, size * FAN), indices, FAN * np.arange(size + 1)), shape=(size, size)
    )
    rule = {"A_plus": 1e-6, "A_minus": 1e-6} if learns else None
    return LIF(None, weights, plasticity_rec=rule, bias=0.95, noise_std=1.5, refractory=0.005)


def drive(layer: Any) -> int:
    """Advance in blocks, as a serial run does; how many events came out."""
    state, arena, events = layer.initial(), Arena(), 0
    for low in range(0, STEPS, BLOCK):
        arena.begin()
        state, out = layer.advance(state, None, Span(low, BLOCK, key=1, arena=arena))
        events += out.count
    return events


def seconds(call: Callable[..., Any], *args: Any, repeats: int) -> float:
    call(*args)
    times: list[float] = []
    for _ in range(repeats):
        start = time.perf_counter()
        call(*args)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


@numba.njit
def decay(trace, keep):
    for j in range(trace.shape[0]):
        left = trace[j] * keep[j]
        trace[j] = left if left > 1e-30 else 0.0


@numba.njit
def depress(w, y):
    for j in range(w.shape[0]):
        w[j] = min(max(w[j] - 1e-9 * y[j], 0.0), 1.0)


@numba.njit
def depress_by_table(w, y, last, table, now):
    for j in range(w.shape[0]):
        age = now - last[j]
        left = table[age] if age < table.shape[0] else 0.0
        w[j] = min(max(w[j] - 1e-9 * y[j] * left, 0.0), 1.0)


@numba.njit
def depress_by_exponential(w, y, last, rate, now):
    for j in range(w.shape[0]):
        w[j] = min(max(w[j] - 1e-9 * y[j] * math.exp(-(now - last[j]) * rate), 0.0), 1.0)


def main(repeats: int) -> None:
    """Print what learning adds for growing networks, and the ways in which a trace may decay."""
    print(f"{'synapses':>10} {'spikes':>8} {'still ms':>9} {'learning ms':>12} {'ns per touched synapse':>24}")
    with one_blas_thread():
        for size in (1000, 3000, 10_000):
            still, learns = network(size, learns=False), network(size, learns=True)
            spikes = drive(learns)
            before, after = seconds(drive, still, repeats=repeats), seconds(drive, learns, repeats=repeats)
            each = 1e9 * (after - before) / (2 * FAN * spikes)
            print(f"{size * FAN:>10} {spikes:>8} {1e3 * before:9.1f} {1e3 * after:12.1f} {each:24.1f}")
    size, rng = 1000, np.random.default_rng(0)
    w, y, last = rng.random(size), rng.random(size), rng.integers(0, 200, size)
    ways: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
        "a trace decays, each step": (decay, (y.copy(), np.full(size, 1 - 1e-9))),
        "a synapse reads a trace that has decayed": (depress, (w, y)),
        "a synapse finds the decay in a table": (depress_by_table, (w, y, last, np.exp(-np.arange(1024) / 20), 200)),
        "a synapse computes the decay": (depress_by_exponential, (w, y, last, 1 / 20, 200)),
    }
    for name, (call, args) in ways.items():
        print(f"{name:<42} {1e9 * seconds(call, *args, repeats=2000) / size:6.2f} ns")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
