"""A: feed-forward rate units, relu: x <- keep x + gain (u W), y = max(x, 0).

Inputs: u (T, M), w (M, N), and the numbers tau and dt, of which keep = 1 - dt/tau and gain = dt/tau. Output: y (T, N).
"""

from __future__ import annotations

from collections.abc import Mapping

import numba
import numpy as np

from benchmarks.runs import evolving, split_columns
from benchmarks.workload import Arrays, Ready, Workload, close
from graphnet import Network, TSContinuous
from layers import Rate

TILE = 128  # steps: rows that are still in cache when they are scanned


def inputs(size: Mapping[str, int], dtype: str, seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    u = rng.normal(size=(size["steps"], size["m"])).astype(dtype)
    w = (rng.normal(size=(size["m"], size["n"])) / 10).astype(dtype)
    return {"u": u, "w": w, "tau": np.float64(0.02), "dt": np.float64(1e-3)}


def graphnet(given: Arrays, threads: int) -> Ready:
    net = Network(seed=1)
    net.input("x", given["w"].shape[0])
    layer = Rate(given["w"], tau=float(given["tau"]), dt=float(given["dt"]), dtype=str(given["w"].dtype))
    net.add_layer(layer, name="rate")
    net.connect("x -> rate")
    return evolving(net, lambda: TSContinuous.from_clocked(given["u"], float(given["dt"])), threads, "rate")


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=False)
def relu_scan(x, rows, keep, gain):
    zero = x.dtype.type(0)
    for k in range(rows.shape[0]):
        row = rows[k]
        for j in range(x.shape[0]):
            new = keep * x[j] + gain * row[j]
            x[j] = new
            row[j] = max(new, zero)


def kernel(given: Arrays, threads: int) -> Ready:
    u, w = given["u"], given["w"]
    gain = w.dtype.type(given["dt"] / given["tau"])
    keep = w.dtype.type(1.0 - given["dt"] / given["tau"])

    def part(columns: slice, y: np.ndarray) -> None:
        mine = np.ascontiguousarray(w[:, columns])
        x, rows = np.zeros(mine.shape[1], w.dtype), y[:, columns]
        for low in range(0, len(u), TILE):
            np.dot(u[low : low + TILE], mine, out=rows[low : low + TILE]) if threads == 1 else np.matmul(
                u[low : low + TILE], mine, out=rows[low : low + TILE]
            )
            relu_scan(x, rows[low : low + TILE], keep, gain)

    def run() -> Arrays:
        y = np.empty((len(u), w.shape[1]), w.dtype)
        split_columns(part, w.shape[1], threads, y)
        return {"y": y}

    return Ready(run)


def footprint(size: Mapping[str, int], dtype: str) -> int:
    t, m, n = size["steps"], size["m"], size["n"]
    return np.dtype(dtype).itemsize * (t * m + m * n + t * n)


FULL = {"m": 100, "n": 1000, "steps": 10_000}
WORKLOADS = (
    Workload(
        "a_rate", "A. feed-forward rate, 100 -> 1,000, 10,000 steps", inputs, graphnet, kernel, close(1e-12, 1e-4, "y"),
        "y within 1e-12 (float64), 1e-4 (float32) of the largest", 1.15, FULL, FULL, footprint=footprint,
        peers={"rockpool": 4.0, "nengo": 8.0},
    ),
)  # fmt: skip
