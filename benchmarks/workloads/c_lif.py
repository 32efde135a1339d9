"""C: leaky integrate-and-fire neurons with input events: v <- keep v + the rows of this step's events; at 1 a spike.

A step: v <- keep v + sum of the rows w[channel]; where v >= 1 an event, and v <- 0. keep = exp(-dt/tau_mem).
Inputs: step (E,) int64 and channel (E,) int32 of the input events, sorted; w (M, N); the numbers tau_mem, dt, steps.
Outputs: step and channel of the events, sorted.
"""

from __future__ import annotations

from collections.abc import Mapping

import numba
import numpy as np

from benchmarks.runs import evolving
from benchmarks.workload import Arrays, Ready, Workload, same
from graphnet import Network, TSEvent
from layers import LIF


def inputs(size: Mapping[str, int], dtype: str, seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    spikes = rng.random((size["steps"], size["m"])) < size["hertz"] * 1e-3
    step, channel = spikes.nonzero()
    w = (0.018 * rng.random((size["m"], size["n"]))).astype(dtype)
    numbers = {"tau_mem": np.float64(0.02), "dt": np.float64(1e-3), "steps": np.int64(size["steps"])}
    return {"step": step.astype(np.int64), "channel": channel.astype(np.int32), "w": w, **numbers}


def graphnet(given: Arrays, threads: int) -> Ready:
    w, dt, steps = given["w"], float(given["dt"]), int(given["steps"])
    net = Network(seed=1)
    net.input("x", w.shape[0], TSEvent)
    net.add_layer(LIF(w, tau_mem=float(given["tau_mem"]), input_type=TSEvent, dtype=str(w.dtype), dt=dt), name="lif")
    net.connect("x -> lif")
    return evolving(
        net, lambda: TSEvent.from_steps(given["step"], given["channel"], dt, w.shape[0], 0, steps), threads, "lif"
    )


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=False)
def scan(step, channel, w, steps, keep, push, flags, words, out_step, out_channel):  # noqa: C901 # one kernel by hand
    """The same sums in the same order as the layer's; eight silent neurons are passed over with one read."""
    v, n, count = np.zeros(w.shape[1], w.dtype), 0, 0
    one, zero = w.dtype.type(1), w.dtype.type(0)
    for k in range(steps):
        while n < step.shape[0] and step[n] == k:
            row = w[channel[n]]
            if n + 1 < step.shape[0] and step[n + 1] == k:
                other = w[channel[n + 1]]
                for j in range(v.shape[0]):
                    push[j] = (push[j] + row[j]) + other[j]
                n += 2
            else:
                for j in range(v.shape[0]):
                    push[j] += row[j]
                n += 1
        for j in range(v.shape[0]):
            new = keep * v[j] + push[j]
            v[j] = new
            flags[j] = new >= one
            push[j] = zero
        before = count
        for word in range(words.shape[0]):
            if words[word]:
                for j in range(8 * word, 8 * word + 8):  # every candidate is written, and counted where it spikes
                    out_channel[count] = j
                    count += np.int64(flags[j])
        for m in range(before, count):
            out_step[m] = k
            v[out_channel[m]] = zero
    return count


def kernel(given: Arrays, threads: int) -> Ready | None:
    if threads > 1:
        return None
    w, steps = given["w"], int(given["steps"])
    n, keep = w.shape[1], w.dtype.type(np.exp(-given["dt"] / given["tau_mem"]))
    room = np.empty(steps * n // 4, np.int64), np.empty(steps * n // 4, np.int32)
    words = np.zeros(-(-n // 8), np.uint64)

    def run() -> Arrays:
        push = np.zeros(n, w.dtype)
        count = scan(given["step"], given["channel"], w, steps, keep, push, words.view(np.uint8), words, *room)
        return {"step": room[0][:count].copy(), "channel": room[1][:count].copy()}

    return Ready(run)


def footprint(size: Mapping[str, int], dtype: str) -> int:
    given = size["steps"] * size["m"] * size["hertz"] // 1000
    return 12 * given + np.dtype(dtype).itemsize * size["m"] * size["n"]


FULL = {"m": 100, "n": 1000, "hertz": 50, "steps": 10_000}
WORKLOADS = (
    Workload(
        "c_lif", "C. LIF, 100 -> 1,000, Poisson 50 Hz, 10,000 steps", inputs, graphnet, kernel, same("step", "channel"),
        "every event the same", 1.2, FULL, FULL, footprint=footprint,
        peers={"brian2": 3.0, "norse": 30.0, "snntorch": 30.0, "rockpool": 30.0},
    ),
)  # fmt: skip
