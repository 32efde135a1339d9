"""Products against bare loops and bare BLAS, in the same run: medians of their times, as ratios.

    python -m benchmarks.products [REPEATS]

The bare loops do the same sums in the same order, with no check, cast or choice of a way.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from scipy.sparse import csr_array, random_array

from graphnet import Events, one_blas_thread
from graphnet.products import multiply

STEPS = 256


@numba.njit(nogil=True)
def bare_rows(x, w, out):
    for k in range(x.shape[0]):
        row = out[k]
        row[:] = 0
        for i in range(w.shape[0]):
            a = x[k, i]
            weights = w[i]
            for j in range(weights.shape[0]):
                row[j] += a * weights[j]


@numba.njit(nogil=True)
def bare_gather(step, channel, w, out):
    out[:] = 0
    for e in range(step.shape[0]):
        row = out[step[e]]
        weights = w[channel[e]]
        for j in range(weights.shape[0]):
            row[j] += weights[j]


@numba.njit(nogil=True)
def bare_sparse(x, data, indices, indptr, out):
    out[:] = 0
    for k in range(x.shape[0]):
        row = out[k]
        for i in range(x.shape[1]):
            a = x[k, i]
            for n in range(indptr[i], indptr[i + 1]):
                row[indices[n]] += a * data[n]


def medians(calls: dict[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Seconds of each call, taken in turn so that a busy machine slows them alike."""
    for call in calls.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(found) for name, found in times.items()}


def cases(dtype: str) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """Our call and the bare one, by name."""
    rng = np.random.default_rng(0)
    small, large = (rng.normal(size=shape).astype(dtype) for shape in ((40, 50), (1000, 1000)))
    sparse: Any = csr_array(random_array((1000, 1000), density=0.1, rng=rng)).astype(dtype)
    x40, x1000 = (rng.normal(size=(STEPS, n)).astype(dtype) for n in (40, 1000))
    step = np.sort(rng.integers(0, STEPS, 5000)).astype(np.int64)
    events = Events(step, rng.integers(0, 1000, 5000).astype(np.int32))
    out50, out1000, other50, other1000 = (np.empty((STEPS, n), dtype) for n in (50, 1000, 50, 1000))
    return {
        "ordered loop, 40 x 50": (
            lambda: multiply(x40, small, out50, 0, True),
            lambda: bare_rows(x40, small, other50),
        ),
        "ordered loop, 1000 x 1000": (
            lambda: multiply(x1000, large, out1000, 0, False),
            lambda: bare_rows(x1000, large, other1000),
        ),
        "gather, 5000 events": (
            lambda: multiply(events, large, out1000, 0, True),
            lambda: bare_gather(*events, large, other1000),
        ),
        "tiles, 1000 x 1000": (
            lambda: multiply(x1000, large, out1000, 0, True),
            lambda: np.dot(x1000, large, out=other1000),
        ),
        "CSR, 10%": (
            lambda: multiply(x1000, sparse, out1000, 0, True),
            lambda: bare_sparse(x1000, sparse.data, sparse.indices, sparse.indptr, other1000),
        ),
    }


def main(repeats: int = 15) -> None:
    """Print a line for each case: our time, the bare one, and their ratio."""
    for dtype in ("float32", "float64"):
        for name, (ours, bare) in cases(dtype).items():
            with one_blas_thread():
                found = medians({"ours": ours, "bare": bare}, repeats)
            ratio = found["ours"] / found["bare"]
            print(
                f"{dtype}  {name:<26} {1e3 * found['ours']:8.2f} ms  {1e3 * found['bare']:8.2f} ms bare  {ratio:5.2f}"
            )


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
