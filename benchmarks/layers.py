"""Layers against kernels written by hand for one case, in the same run: medians of their times, as ratios.

    python -m benchmarks.layers [REPEATS]

A: feed-forward rate units, 100 -> 1000. B: 1000 recurrent tanh units, dense and 10% sparse. C: 1000 LIF neurons driven
by 100 Poisson inputs of 50 Hz. Each layer advances over blocks of 256 steps, buffers used again, BLAS on one thread;
the kernel by hand takes the whole input at once and knows its case: no noise, no recording, scalar constants.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from scipy.sparse import csr_array

from graphnet import Events, Span, TSEvent, one_blas_thread
from graphnet.blocks import between
from graphnet.span import Arena
from layers import LIF, Rate

BLOCK, STEPS = 256, 10_000


def drive(layer: Any, block: Any, steps: int) -> int:
    """Advance over all steps in blocks, as a serial run does; how many events came out."""
    state, arena, events = layer.initial(), Arena(), 0
    for low in range(0, steps, BLOCK):
        high = min(low + BLOCK, steps)
        span = Span(low, high - low, key=1, arena=arena)
        arena.begin()
        part = between(block, low, high) if isinstance(block, Events) else block[low:high]
        state, out = layer.advance(state, part, span)
        events += out.count if isinstance(out, Events) else 0
    return events


@numba.njit(nogil=True)
def relu_by_hand(x, rows, keep, gain):
    for k in range(rows.shape[0]):
        row = rows[k]
        for j in range(x.shape[0]):
            x[j] = keep * x[j] + gain * row[j]
            row[j] = max(x[j], 0)


def feed_forward_by_hand(u: Any, w: Any, keep: Any, gain: Any) -> None:
    x, rows = np.zeros(w.shape[1], w.dtype), np.empty((BLOCK, w.shape[1]), w.dtype)
    for low in range(0, len(u), BLOCK):
        part = u[low : low + BLOCK]
        np.dot(part, w, out=rows[: len(part)])
        relu_by_hand(x, rows[: len(part)], keep, gain)


@numba.njit(nogil=True, fastmath=True)
def dense_by_hand(rows, w, keep, gain):
    x, y = np.zeros(w.shape[0], w.dtype), np.zeros(w.shape[0], w.dtype)
    for k in range(rows.shape[0]):
        row = rows[k]
        for i in range(0, w.shape[0], 4):
            a, b, c, d = y[i], y[i + 1], y[i + 2], y[i + 3]
            wa, wb, wc, wd = w[i], w[i + 1], w[i + 2], w[i + 3]
            for j in range(x.shape[0]):
                row[j] += a * wa[j] + b * wb[j] + c * wc[j] + d * wd[j]
        for j in range(x.shape[0]):
            x[j] = keep * x[j] + gain * row[j]
            y[j] = np.tanh(x[j])
        row[:] = y


@numba.njit(nogil=True)
def sparse_by_hand(rows, data, indices, indptr, keep, gain):
    size = rows.shape[1]
    x, y = np.zeros(size, rows.dtype), np.zeros(size, rows.dtype)
    for k in range(rows.shape[0]):
        row = rows[k]
        for j in range(size):
            w, i = data[indptr[j] : indptr[j + 1]], indices[indptr[j] : indptr[j + 1]]
            a = b = c = d = data.dtype.type(0)
            whole = len(w) - len(w) % 4
            for n in range(0, whole, 4):
                a += w[n] * y[i[n]]
                b += w[n + 1] * y[i[n + 1]]
                c += w[n + 2] * y[i[n + 2]]
                d += w[n + 3] * y[i[n + 3]]
            for n in range(whole, len(w)):
                a += w[n] * y[i[n]]
            x[j] = keep * x[j] + gain * (row[j] + a + b + c + d)
        for j in range(size):
            y[j] = np.tanh(x[j])
        row[:] = y


@numba.njit(nogil=True)
def lif_by_hand(step, channel, w, steps, keep, out_step, out_channel):
    v, n, count = np.zeros(w.shape[1], w.dtype), 0, 0
    one = w.dtype.type(1)
    for k in range(steps):
        for j in range(v.shape[0]):
            v[j] *= keep
        while n < step.shape[0] and step[n] == k:
            row = w[channel[n]]
            for j in range(v.shape[0]):
                v[j] += row[j]
            n += 1
        above = 0
        for j in range(v.shape[0]):
            above += v[j] >= one
        if above:
            for j in range(v.shape[0]):
                if v[j] >= one:
                    v[j] = 0
                    out_step[count] = k
                    out_channel[count] = j
                    count += 1
    return count


def cases(dtype: str) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """Name -> (the layer's run, the run by hand)."""
    rng = np.random.default_rng(0)
    real = np.dtype(dtype).type
    n, keep, gain = 1000, real(0.95), real(0.05)
    u = rng.normal(size=(STEPS, 100)).astype(dtype)
    w = (rng.normal(size=(100, n)) / 10).astype(dtype)
    given = {"dtype": dtype, "tau": 0.02, "dt": 1e-3}
    dense = (rng.normal(size=(n, n)) / np.sqrt(n)).astype(dtype)
    sparse = csr_array(dense * 3 * (rng.random((n, n)) < 0.1))
    turned = csr_array(sparse.T)
    parts = turned.data, turned.indices.astype(np.uint32), turned.indptr.astype(np.int64)
    short = STEPS // 5
    single = np.ones((1, n), dtype=dtype)
    drives = np.zeros((short, n), dtype=dtype) + rng.normal(size=(short, 1)).astype(dtype)
    spikes = rng.random((STEPS, 100)) < 50 * 1e-3
    events = Events(*(part.astype(kind) for part, kind in zip(spikes.nonzero(), (np.int64, np.int32), strict=True)))
    lif_weights = (0.018 * rng.random((100, n))).astype(dtype)
    leak = real(np.exp(-1e-3 / 0.02))
    room = np.empty(STEPS * n // 4, np.int64), np.empty(STEPS * n // 4, np.int32)
    a, b = Rate(w, **given), Rate(single, dense, activation="tanh", **given)
    b_sparse = Rate(single, sparse, activation="tanh", **given)
    c = LIF(lif_weights, tau_mem=0.02, input_type=TSEvent, dtype=dtype, dt=1e-3)
    column = np.ascontiguousarray(drives[:, :1])
    return {
        "A rate, feed-forward": (lambda: drive(a, u, STEPS), lambda: feed_forward_by_hand(u, w, keep, gain)),
        "B rate, dense": (lambda: drive(b, column, short), lambda: dense_by_hand(drives.copy(), dense, keep, gain)),
        "B rate, sparse": (
            lambda: drive(b_sparse, column, short),
            lambda: sparse_by_hand(drives.copy(), *parts, keep, gain),
        ),
        "C LIF, events": (
            lambda: drive(c, events, STEPS),
            lambda: lif_by_hand(*events, lif_weights, STEPS, leak, *room),
        ),
    }


def seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main(repeats: int) -> None:
    """Print one line for each case and dtype."""
    print(f"{'case':<22} {'dtype':<8} {'layer ms':>9} {'by hand ms':>11} {'ratio':>6}   first call s")
    for dtype in ("float32", "float64"):
        for name, (ours, by_hand) in cases(dtype).items():
            with one_blas_thread():
                warm = seconds(ours)
                by_hand()
                pairs = [(seconds(ours), seconds(by_hand)) for _ in range(repeats)]
            mine, hand = (1e3 * statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(a / b for a, b in pairs)
            print(f"{name:<22} {dtype:<8} {mine:9.1f} {hand:11.1f} {ratio:6.2f}   {warm:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
