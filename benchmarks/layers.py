"""Layers against kernels written by hand for one case, in the same run: medians of their times, as ratios.

    python -m benchmarks.layers [REPEATS]

A: feed-forward rate units, 100 -> 1000. B: 1000 recurrent tanh units, dense and 10% sparse. C: 1000 LIF neurons driven
by 100 Poisson inputs of 50 Hz. D: the 4,000 neurons of examples/cuba, which drive one another; by hand in the same
order, so that the spikes are the same. Each layer advances over blocks of 256 steps, buffers used again, BLAS on one
thread; the kernel by hand takes the whole input at once and knows its case: no noise, no recording, scalar constants.
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
from graphnet.arrays import resolve
from graphnet.blocks import between
from graphnet.span import Arena
from layers import LIF, CubaLIF, Rate

BLOCK, STEPS = 256, 10_000


def drive(layer: Any, block: Any, steps: int) -> int:
    """Advance over all steps in blocks, as a serial run does; how many events came out."""
    state, arena, events = layer.initial(), Arena(), 0
    for low in range(0, steps, BLOCK):
        high = min(low + BLOCK, steps)
        span = Span(low, high - low, key=1, arena=arena)
        arena.begin()
        part = between(block, low, high) if isinstance(block, Events) else block if block is None else block[low:high]
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


@numba.njit(nogil=True)
def cuba_by_hand(v, ge, gi, wait, real, drive, refractory, excitatory, data, indices, indptr, steps, flags, words, out):
    keep, base, threshold, reset = real
    pass_e, pass_i, keep_e, keep_i = drive
    out_step, out_channel = out
    count = 0
    for k in range(steps):
        for j in range(v.shape[0]):
            free = wait[j] == 0
            new = keep * v[j] + (base + (pass_e * ge[j] + pass_i * gi[j]))
            ge[j] *= keep_e
            gi[j] *= keep_i
            new = new if free else v[j]
            v[j] = new
            wait[j] -= not free
            flags[j] = new >= threshold
        before = count
        for word in range(words.shape[0]):
            if words[word]:
                for j in range(8 * word, 8 * word + 8):
                    out_channel[count] = j
                    count += np.int64(flags[j])
        for n in range(before, count):
            i = out_channel[n]
            out_step[n] = k
            v[i] = reset
            wait[i] = refractory
            g = ge if i < excitatory else gi
            for s in range(indptr[i], indptr[i + 1]):
                g[indices[s]] += data[s]
    return count


CUBA = {"tau_mem": 0.02, "v_rest": -49.0, "threshold": -50.0, "v_reset": -60.0, "refractory": 0.005, "dt": 1e-4}
TAU = {"exc": 0.005, "inh": 0.01}


class Cuba:
    """Vogels and Abbott's neurons, four of five excitatory, with ``fan`` synapses each: as a layer, and by hand."""

    def __init__(self, size: int = 4000, fan: float = 80.0, dtype: str = "float64", **changed: Any) -> None:
        self.excitatory, self.dtype, self.given = size * 4 // 5, dtype, {**CUBA, **changed}
        rows = {"exc": f"0:{self.excitatory}", "inh": f"{self.excitatory}:{size}"}
        weights = {
            name: resolve(
                {"init": "sparse", "shape": [size, size], "density": fan / size, "value": value, "rows": rows[name]}
                | {"seed": seed}
            )
            for seed, (name, value) in enumerate({"exc": 1.62, "inh": -9.0}.items(), start=1)
        }
        self.v0 = resolve({"init": "uniform", "shape": size, "low": -60.0, "high": -50.0, "seed": 3})
        self.layer = CubaLIF(None, weights, tau_syn=TAU, v0=self.v0, dtype=dtype, **self.given)
        self.together: Any = csr_array(weights["exc"] + weights["inh"])
        self.parts = (
            self.together.data.astype(dtype),
            self.together.indices.astype(np.uint32),
            self.together.indptr.astype(np.int64),
        )

    def numbers(self) -> tuple[list[Any], list[Any]]:
        """Keep, base, threshold, reset; what a current adds to v within a step, and how it decays, of both kinds."""
        one, real = self.given, np.dtype(self.dtype).type
        m, dt = one["tau_mem"], one["dt"]
        share = -np.expm1(-dt / m)
        passed = [s / (m - s) * (np.exp(-dt / m) - np.exp(-dt / s)) for s in TAU.values()]
        membrane = [np.exp(-dt / m), share * one["v_rest"], one["threshold"], one["v_reset"]]
        decay = [np.exp(-dt / s) for s in TAU.values()]
        return [real(x) for x in membrane], [real(x) for x in (*passed, *decay)]

    def by_hand(self, steps: int) -> Events:
        """The kernel by hand over all steps."""
        size, (real, drive_) = len(self.v0), self.numbers()
        v, ge, gi = self.v0.astype(self.dtype), *np.zeros((2, size), dtype=self.dtype)
        wait = np.zeros(size, dtype=np.int32 if self.dtype == "float32" else np.int64)
        words = np.zeros(-(-size // 8), dtype=np.uint64)
        room = steps * size // 100 + size  # 100 Hz at this step
        out = np.empty(room, np.int64), np.empty(room, np.int32)
        refractory = round(self.given["refractory"] / self.given["dt"])
        flags = words.view(np.uint8)
        count = cuba_by_hand(
            v,
            ge,
            gi,
            wait,
            tuple(real),
            tuple(drive_),
            refractory,
            self.excitatory,
            *self.parts,
            steps,
            flags,
            words,
            out,
        )
        return Events(out[0][:count], out[1][:count])


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
    d = Cuba(dtype=dtype)
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
        "D CUBA, recurrent": (lambda: drive(d.layer, None, STEPS), lambda: d.by_hand(STEPS)),
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
