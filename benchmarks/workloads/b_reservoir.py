"""B: an echo state network, x <- (1 - leak) x + leak tanh(u W_in + x W), dense or with a tenth of the weights.

Inputs: u (T, M), w_in (M, N), the number leak, and W either as w (N, N) or in CSR, by the unit that a weight leaves:
w_data, w_indices, w_indptr. Output: y (T, N), the state after each step.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numba
import numpy as np
from scipy.sparse import csr_array

from benchmarks.fast import tanh_row
from benchmarks.runs import evolving
from benchmarks.workload import Arrays, Ready, Workload, close
from graphnet import Network, TSContinuous
from layers import Reservoir

DT = 1e-3


def inputs(density: float, size: Mapping[str, int], dtype: str, seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    n, m = size["n"], size["m"]
    given: Arrays = {
        "u": rng.normal(size=(size["steps"], m)).astype(dtype),
        "w_in": rng.uniform(-0.5, 0.5, size=(m, n)).astype(dtype),
        "leak": np.float64(0.3),
    }
    # the largest modulus of the eigenvalues is about 0.9: what rounding changes fades
    w = (rng.normal(size=(n, n)) * 0.9 / np.sqrt(n * density)).astype(dtype)
    if density == 1.0:
        return given | {"w": w}
    sparse = csr_array(w * (rng.random((n, n)) < density))
    return given | {"w_data": sparse.data, "w_indices": sparse.indices, "w_indptr": sparse.indptr}


def recurrent(given: Arrays) -> Any:
    """The weights from unit to unit, dense or as a CSR array."""
    if "w" in given:
        return given["w"]
    n = given["w_in"].shape[1]
    return csr_array((given["w_data"], given["w_indices"], given["w_indptr"]), shape=(n, n))


def graphnet(given: Arrays, threads: int) -> Ready:
    net = Network(seed=1)
    net.input("x", given["w_in"].shape[0])
    dtype = str(given["w_in"].dtype)
    net.add_layer(Reservoir(given["w_in"], recurrent(given), leak=float(given["leak"]), dtype=dtype, dt=DT), name="res")
    net.connect("x -> res")
    return evolving(net, lambda: TSContinuous.from_clocked(given["u"], DT), threads, "res")


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def dense_scan(x, rows, w, keep, leak):
    for k in range(rows.shape[0]):
        row = rows[k]
        n = w.shape[0] - w.shape[0] % 8
        for i in range(0, n, 8):
            a, b, c, d = x[i], x[i + 1], x[i + 2], x[i + 3]
            e, f, g, h = x[i + 4], x[i + 5], x[i + 6], x[i + 7]
            wa, wb, wc, wd = w[i], w[i + 1], w[i + 2], w[i + 3]
            we, wf, wg, wh = w[i + 4], w[i + 5], w[i + 6], w[i + 7]
            for j in range(row.shape[0]):
                one = a * wa[j] + b * wb[j] + c * wc[j] + d * wd[j]
                row[j] += one + (e * we[j] + f * wf[j] + g * wg[j] + h * wh[j])
        for i in range(n, w.shape[0]):
            a, wa = x[i], w[i]
            for j in range(row.shape[0]):
                row[j] += a * wa[j]
        tanh_row(row)
        for j in range(row.shape[0]):
            x[j] = keep * x[j] + leak * row[j]
            row[j] = x[j]


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=False)
def sparse_scan(x, rows, data, indices, indptr, keep, leak):
    for k in range(rows.shape[0]):
        row = rows[k]
        for j in range(row.shape[0]):
            w, i = data[indptr[j] : indptr[j + 1]], indices[indptr[j] : indptr[j + 1]]
            a = b = c = d = data.dtype.type(0)
            whole = len(w) - len(w) % 4
            for n in range(0, whole, 4):
                a += w[n] * x[i[n]]
                b += w[n + 1] * x[i[n + 1]]
                c += w[n + 2] * x[i[n + 2]]
                d += w[n + 3] * x[i[n + 3]]
            for n in range(whole, len(w)):
                a += w[n] * x[i[n]]
            row[j] += (a + b) + (c + d)
        tanh_row(row)
        for j in range(row.shape[0]):
            x[j] = keep * x[j] + leak * row[j]
            row[j] = x[j]


def kernel(given: Arrays, threads: int) -> Ready | None:
    if threads > 1:
        return None
    u, w_in = given["u"], given["w_in"]
    real, n = w_in.dtype.type, w_in.shape[1]
    keep, leak = real(1.0 - given["leak"]), real(given["leak"])
    w = recurrent(given)
    if "w" not in given:
        turned = csr_array(w.T)
        turned.sort_indices()
        parts = turned.data, turned.indices.astype(np.uint32), turned.indptr.astype(np.uint64)

    def run() -> Arrays:
        x, y = np.zeros(n, real), np.empty((len(u), n), real)
        np.dot(u, w_in, out=y)
        if "w" in given:
            dense_scan(x, y, w, keep, leak)
        else:
            sparse_scan(x, y, *parts, keep, leak)
        return {"y": y}

    return Ready(run)


def footprint(density: float, size: Mapping[str, int], dtype: str) -> int:
    t, m, n = size["steps"], size["m"], size["n"]
    bytes_each = np.dtype(dtype).itemsize
    weights = n * n * bytes_each if density == 1.0 else int(n * n * density) * (bytes_each + 4) + 8 * n
    return bytes_each * (t * (m + n) + m * n) + weights


FULL = {"m": 10, "n": 1000, "steps": 10_000}
QUICK = {"m": 10, "n": 1000, "steps": 2_000}
CHECK = close(1e-9, 1e-3, "y")
TEXT = "y within 1e-9 (float64), 1e-3 (float32) of the largest"
WORKLOADS = tuple(
    Workload(
        f"b_{kind}", f"B. echo state, N = 1,000, {words}, 10,000 steps", partial(inputs, density), graphnet, kernel,
        CHECK, TEXT, 1.1, QUICK, FULL, repeats=5, peers=peers, footprint=partial(footprint, density),
    )
    for kind, words, density, peers in (
        ("dense", "dense", 1.0, {"jax_scan": 1.0, "reservoirpy": 1.0, "rockpool": 1.0}),
        ("sparse", "10 % of the weights", 0.1, {"reservoirpy": 2.0}),
    )
)  # fmt: skip
