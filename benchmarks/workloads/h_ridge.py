"""H: a ridge readout fitted to a stream of rows that would not fit into memory, beside the GEMM of its sums alone.

Inputs: x (R, M), y (R, 1), a piece of the stream that is read ``repeats`` times; alpha. No bias is fitted.
Output: weights (M, 1) = (X'X + alpha I)^-1 X'Y over the whole stream.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.workload import Arrays, Ready, Workload, close
from graphnet import Network, one_blas_thread
from layers import Ridge

DT = 1e-3


def inputs(size: Mapping[str, int], dtype: str, seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(size["piece"], size["features"])).astype(dtype)
    y = x @ rng.normal(size=(size["features"], 1)).astype(dtype) + rng.normal(size=(size["piece"], 1)).astype(dtype)
    return {"x": x, "y": y, "repeats": np.int64(size["rows"] // size["piece"]), "alpha": np.float64(1e-3)}


def graphnet(given: Arrays, threads: int) -> Ready:
    x, y, repeats = given["x"], given["y"], int(given["repeats"])
    readout = Ridge(x.shape[1], 1, alpha=float(given["alpha"]), fit_bias=False, dt=DT)
    net = Network(seed=1)
    net.input("x", x.shape[1])
    net.add_layer(readout, name="readout")
    net.connect("x -> readout")

    def run() -> Arrays:
        net.fit((x for _ in range(repeats)), (y for _ in range(repeats)), layer="readout", stream=True)
        return {"weights": np.asarray(net["readout"].weights)}

    return Ready(run, net.reset_all)


def kernel(given: Arrays, threads: int) -> Ready:
    """X'X and X'Y by one GEMM for each piece, and the solution."""
    from scipy.linalg import cho_factor, cho_solve

    x, y, repeats = given["x"], given["y"], int(given["repeats"])
    both = np.concatenate([x, y], axis=1)
    left = np.ascontiguousarray(x.T)

    def run() -> Arrays:
        with one_blas_thread():
            sums, one = np.zeros((x.shape[1], both.shape[1])), np.empty((x.shape[1], both.shape[1]), x.dtype)
            for _ in range(repeats):
                np.dot(left, both, out=one)
                sums += one
            gram = sums[:, :-1] + float(given["alpha"]) * np.eye(x.shape[1])
            return {"weights": cho_solve(cho_factor(gram, lower=True), sums[:, -1:])}

    return Ready(run)


WORKLOADS = (
    Workload(
        "h_ridge", "H. streaming ridge fit, 10^6 steps x 1,000 features", inputs, graphnet, kernel,
        close(1e-8, 1e-2, "weights"), "weights within 1e-8 of the largest", 1.2,
        {"piece": 10_000, "features": 1000, "rows": 50_000}, {"piece": 10_000, "features": 1000, "rows": 1_000_000},
        beside="the GEMM alone", dtypes=("float64",), threads=(1,), repeats=3,
        peers={"reservoirpy": 1.0, "scikit_learn": 1.0},
    ),
)  # fmt: skip
