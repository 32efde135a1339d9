"""E: a chain and a random DAG of 1,000 layers of 8 units: many small layers, where calling them could cost the most.

A layer: x <- keep x + gain (u W), y = tanh(x), with keep = 1 - dt/tau, gain = dt/tau; u is the sum of what leads to it.
Inputs: u (T, 8), read by the layers without a predecessor; w (L, 8, 8); pre and post (E,) int32, the edges in
topological order; the numbers tau and dt. Output: y (T, 8) of the last layer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numba
import numpy as np

from benchmarks.fast import tanh
from benchmarks.runs import evolving
from benchmarks.workload import Arrays, Ready, Workload, close
from graphnet import Network, TSContinuous
from layers import Rate

UNITS = 8


def inputs(chain: bool, size: Mapping[str, int], dtype: str, seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    count = size["layers"]
    pairs = [(i - 1, i) for i in range(1, count)] if chain else []
    for post in range(1, count if not chain else 0):
        reach = min(post, 20)
        pairs += [(post - 1 - int(one), post) for one in rng.choice(reach, size=min(reach, 2), replace=False)]
    pre, post = np.array(pairs, dtype=np.int32).T
    return {
        "u": rng.normal(size=(size["steps"], UNITS)).astype(dtype),
        "w": (rng.normal(size=(count, UNITS, UNITS)) / np.sqrt(UNITS)).astype(dtype),
        "pre": pre,
        "post": post,
        "tau": np.float64(0.02),
        "dt": np.float64(1e-3),
    }


def network(given: Arrays) -> Network:
    w, dt = given["w"], float(given["dt"])
    net = Network(seed=1)
    net.input("x", UNITS)
    for i, one in enumerate(w):
        net.add_layer(Rate(one, tau=float(given["tau"]), activation="tanh", dtype=str(w.dtype), dt=dt), name=f"l{i}")
    pairs = [(f"l{a}", f"l{b}") for a, b in zip(given["pre"], given["post"], strict=True)]
    net.connect_many([("x", "l0"), *pairs], merge="sum")
    return net


def graphnet(given: Arrays, threads: int, net: Network | None = None) -> Ready:
    dt, last = float(given["dt"]), f"l{len(given['w']) - 1}"
    return evolving(net or network(given), lambda: TSContinuous.from_clocked(given["u"], dt), threads, last)


def planned_anew(given: Arrays, threads: int) -> Ready:
    """As the first run of a network is, and the first one after a change."""
    net = network(given)
    ready = graphnet(given, threads, net)

    def before() -> None:
        ready.before()
        net.forget()

    return replace(ready, before=before)


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
def node(u, w, keep, gain, y):
    """A layer of eight units over all steps: its weights found once, eight terms in one pass, all of tanh in one."""
    x = np.zeros(y.shape[1], y.dtype)
    wa, wb, wc, wd, we, wf, wg, wh = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]
    for k in range(u.shape[0]):
        row, v = y[k], u[k]
        a, b, c, d, e, f, g, h = v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]
        for j in range(wa.shape[0]):
            half = a * wa[j] + b * wb[j] + c * wc[j] + d * wd[j]
            row[j] = half + (e * we[j] + f * wf[j] + g * wg[j] + h * wh[j])
        for j in range(row.shape[0]):
            x[j] = keep * x[j] + gain * row[j]
            row[j] = x[j]
    flat = y.reshape(y.size)
    for j in range(flat.shape[0]):
        flat[j] = tanh(flat[j])


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=False)
def add(a, b, out):
    out = out.reshape(out.size)
    a, b = a.reshape(a.size), b.reshape(b.size)
    for j in range(out.shape[0]):
        out[j] = a[j] + b[j]


def kernel(given: Arrays, threads: int) -> Ready | None:
    """A Python walk that calls one compiled kernel for each layer, and one for each sum; buffers made beforehand."""
    if threads > 1:
        return None
    u, w = given["u"], given["w"]
    keep, gain = w.dtype.type(1.0 - given["dt"] / given["tau"]), w.dtype.type(given["dt"] / given["tau"])
    before: list[list[int]] = [[] for _ in w]
    for a, b in zip(given["pre"], given["post"], strict=True):
        before[b].append(int(a))
    last = [i for i, _ in enumerate(w)]
    for b, reads in enumerate(before):
        for a in reads:
            last[a] = max(last[a], b)
    free: list[np.ndarray] = []
    rows: list[np.ndarray] = [u] * len(w)
    for i in range(len(w)):  # a buffer is used again once its last reader has run
        rows[i] = free.pop() if free else np.empty((len(u), UNITS), w.dtype)
        free += [rows[a] for a in range(i) if last[a] == i]
    total = np.empty((len(u), UNITS), w.dtype)

    def run() -> Arrays:
        for i, reads in enumerate(before):
            given_ = rows[reads[0]] if reads else u
            if len(reads) > 1:
                add(rows[reads[0]], rows[reads[1]], total)
                given_ = total
            node(given_, w[i], keep, gain, rows[i])
        return {"y": rows[-1].copy()}

    return Ready(run)


FULL = {"layers": 1000, "steps": 1000}
PEERS = {"jax_scan": 1.0, "nengo": 50.0, "reservoirpy": 50.0, "rockpool_native": 50.0}


def footprint(size: Mapping[str, int], dtype: str) -> int:
    wide = np.dtype(dtype).itemsize
    return wide * (2 * size["steps"] * UNITS + size["layers"] * UNITS * UNITS)


SHAPES = (("chain", "chain"), ("dag", "random DAG"))
TEXT = "y within 1e-9 (float64), 1e-3 (float32) of the largest"
WORKLOADS = tuple(
    Workload(
        f"e_{name}", f"E. {words} of 1,000 layers of 8 units, 1,000 steps", partial(inputs, name == "chain"),
        graphnet, kernel, close(1e-9, 1e-3, "y"), TEXT, 1.15, FULL, FULL,
        beside="Python walk over one numba kernel per layer", peers=PEERS, footprint=footprint,
    )
    for name, words in SHAPES
) + tuple(
    Workload(
        f"e_{name}_anew", f"E. the same {words}, planned anew for every run", partial(inputs, name == "chain"),
        planned_anew, kernel, close(1e-9, 1e-3, "y"), TEXT, math.inf, FULL, FULL,
        beside="Python walk over one numba kernel per layer", threads=(1,),
    )
    for name, words in SHAPES
)  # fmt: skip
