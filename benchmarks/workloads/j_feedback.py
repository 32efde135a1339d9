"""J: feedback between layers: a ring of 3 layers whose edge back has a delay of one step, so that all step by one.

A layer: x <- keep x + gain (u W), y = tanh(x), with keep = 1 - dt/tau, gain = dt/tau. Layer 0 reads the input and what
layer 2 gave a step before, layers 1 and 2 the layer before them. Inputs: u (T, 8), w (3, 8, 8), the numbers tau and
dt. Output: y (T, 8) of layer 2.
"""

from __future__ import annotations

from collections.abc import Mapping

import numba
import numpy as np

from benchmarks.fast import tanh
from benchmarks.runs import evolving
from benchmarks.workload import Arrays, Ready, Workload, close
from benchmarks.workloads.e_layers import UNITS
from graphnet import Network, TSContinuous
from layers import Rate


def inputs(size: Mapping[str, int], dtype: str, seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    return {
        "u": rng.normal(size=(size["steps"], UNITS)).astype(dtype),
        "w": (rng.normal(size=(3, UNITS, UNITS)) / np.sqrt(UNITS)).astype(dtype),
        "tau": np.float64(0.02),
        "dt": np.float64(1e-3),
    }


def _layers(given: Arrays) -> list[Rate]:
    tau, dt, dtype = float(given["tau"]), float(given["dt"]), str(given["w"].dtype)
    return [Rate(one, tau=tau, activation="tanh", dtype=dtype, dt=dt) for one in given["w"]]


def graphnet(given: Arrays, threads: int) -> Ready:
    dt = float(given["dt"])
    net = Network(seed=1)
    net.input("x", UNITS)
    for i, one in enumerate(_layers(given)):
        net.add_layer(one, name=f"l{i}")
    net.connect("x -> l0", merge="sum")
    net.connect("l0 -> l1")
    net.connect("l1 -> l2")
    net.connect("l2", "l0", delay=dt)
    return evolving(net, lambda: TSContinuous.from_clocked(given["u"], dt), threads, "l2")


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=False)
def layer_step(u, w, x, keep, gain, y):
    y[:] = 0
    for i in range(w.shape[0]):
        a, weights = u[i], w[i]
        for j in range(y.shape[0]):
            y[j] += a * weights[j]
    for j in range(y.shape[0]):
        x[j] = keep * x[j] + gain * y[j]
        y[j] = tanh(x[j])


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=False)
def add(a, b, out):
    for j in range(out.shape[0]):
        out[j] = a[j] + b[j]


def kernel(given: Arrays, threads: int) -> Ready | None:
    """The kernels alone: a Python loop that calls one for each layer and step, and one that adds what comes back."""
    u, w = given["u"], given["w"]
    keep, gain = w.dtype.type(1.0 - given["dt"] / given["tau"]), w.dtype.type(given["dt"] / given["tau"])

    def run() -> Arrays:
        x, (y0, y1, y2), both = np.zeros((3, UNITS), w.dtype), np.zeros((3, UNITS), w.dtype), np.zeros(UNITS, w.dtype)
        out = np.empty((len(u), UNITS), w.dtype)
        w0, w1, w2 = w
        x0, x1, x2 = x
        for k in range(len(u)):
            add(u[k], y2, both)
            layer_step(both, w0, x0, keep, gain, y0)
            layer_step(y0, w1, x1, keep, gain, y1)
            y2 = out[k]
            layer_step(y1, w2, x2, keep, gain, y2)
        return {"y": out}

    return Ready(run)


FULL = {"steps": 10_000}
WORKLOADS = (
    Workload(
        "j_feedback", "J. loop of 3 layers, delay of one step, 10,000 steps", inputs, graphnet, kernel,
        close(1e-9, 1e-3, "y"), "y within 1e-9 (float64), 1e-3 (float32) of the largest", 3.0, FULL, FULL,
        kind="excess", beside="its kernels called from a Python loop", threads=(1,),
        calls=lambda size: 3 * size["steps"], peers={"nengo": 10.0, "reservoirpy": 10.0},
    ),
)  # fmt: skip
