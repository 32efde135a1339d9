"""D: Vogels and Abbott's network of 4,000 neurons that drive one another, one second at 0.1 ms.

A step: v <- keep v + (base + (pass_e g_e + pass_i g_i)) where a neuron is not refractory, g <- keep_g g, exact for
tau_mem dv/dt = v_rest - v + g_e + g_i and tau_g dg/dt = -g; v >= threshold is a spike, v <- reset for ``refractory``
steps; then a spike of neuron i adds its row of weights to g_e (i < excitatory) or g_i of its targets.
Inputs: v0 (N,); data, indices, indptr: CSR by the neuron that spikes; excitatory, steps, refractory (steps); the
numbers tau_mem, tau_exc, tau_inh, v_rest, threshold, v_reset, dt. Outputs: step and channel of the spikes, sorted.
"""

from __future__ import annotations

from collections.abc import Mapping

import numba
import numpy as np
from scipy.sparse import csr_array

from benchmarks.runs import evolving
from benchmarks.workload import Arrays, Ready, Workload, same
from graphnet import Network
from layers import CubaLIF

NUMBERS = {"tau_mem": 0.02, "tau_exc": 0.005, "tau_inh": 0.01, "dt": 1e-4}
NUMBERS |= {"v_rest": -49.0, "threshold": -50.0, "v_reset": -60.0}
FAN, REFRACTORY = 80, 0.005


def inputs(size: Mapping[str, int], dtype: str, seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    n = size["n"]
    excitatory = n * 4 // 5
    counts = rng.binomial(n, FAN / n, size=n)
    indices = np.concatenate([np.sort(rng.choice(n, count, replace=False)) for count in counts])
    weight = np.repeat(np.where(np.arange(n) < excitatory, 1.62, -9.0), counts)
    return {
        "v0": rng.uniform(-60.0, -50.0, n).astype(dtype),
        "data": weight.astype(dtype),
        "indices": indices.astype(np.int32),
        "indptr": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        "excitatory": np.int64(excitatory),
        "steps": np.int64(size["steps"]),
        "refractory": np.int64(round(REFRACTORY / NUMBERS["dt"])),
        **{name: np.float64(value) for name, value in NUMBERS.items()},
    }


def weights(given: Arrays) -> csr_array:
    """All the weights, by the neuron that spikes."""
    n = len(given["v0"])
    return csr_array((given["data"], given["indices"], given["indptr"]), shape=(n, n))


def graphnet(given: Arrays, threads: int) -> Ready:
    number = {name: float(given[name]) for name in NUMBERS}
    together = weights(given)
    n, half = len(given["v0"]), int(given["excitatory"])
    one = np.ones(n, dtype=together.dtype)
    one[half:] = 0
    parts = {"exc": csr_array(together * one[:, None]), "inh": csr_array(together * (1 - one)[:, None])}
    for part in parts.values():
        part.eliminate_zeros()
    layer = CubaLIF(
        None, parts, tau_mem=number["tau_mem"], tau_syn={"exc": number["tau_exc"], "inh": number["tau_inh"]},
        v_rest=number["v_rest"], threshold=number["threshold"], v_reset=number["v_reset"], refractory=REFRACTORY,
        v0=given["v0"], dtype=str(together.dtype), dt=number["dt"],
    )  # fmt: skip
    net = Network(seed=1)
    net.add_layer(layer, name="cuba")
    return evolving(net, lambda: None, threads, "cuba", num_timesteps=int(given["steps"]))


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=False)
def scan(v, ge, gi, wait, real, drive, refractory, half, data, indices, indptr, steps, flags, words, step, channel):
    keep, base, threshold, reset = real
    pass_e, pass_i, keep_e, keep_i = drive
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
                    channel[count] = j
                    count += np.int64(flags[j])
        for n in range(before, count):
            i = channel[n]
            step[n] = k
            v[i] = reset
            wait[i] = refractory
            g = ge if i < half else gi
            for s in range(indptr[i], indptr[i + 1]):
                g[indices[s]] += data[s]
    return count


def constants(given: Arrays) -> tuple[tuple[np.floating, ...], tuple[np.floating, ...]]:
    """Keep, base, threshold, reset; what a current adds to v within a step, and how it decays, of both kinds."""
    real, m, dt = given["v0"].dtype.type, float(given["tau_mem"]), float(given["dt"])
    tau = [float(given["tau_exc"]), float(given["tau_inh"])]
    share = -np.expm1(-dt / m)
    # the forms that the layer uses, so that the constants have the same bits
    slow, fast = np.maximum(m, tau), np.minimum(m, tau)
    z = (slow - fast) / fast / slow * dt
    passed = dt / m * np.exp(-dt / slow) * (-np.expm1(-z) / z)
    membrane = [np.exp(-dt / m), share * float(given["v_rest"]), float(given["threshold"]), float(given["v_reset"])]
    drive = (*passed, *(np.exp(-dt / np.array(tau))))
    return tuple(real(one) for one in membrane), tuple(real(one) for one in drive)


def kernel(given: Arrays, threads: int) -> Ready | None:
    if threads > 1:
        return None
    dtype, n, steps = given["v0"].dtype, len(given["v0"]), int(given["steps"])
    real, drive = constants(given)
    words = np.zeros(-(-n // 8), np.uint64)
    room = np.empty(steps * n // 100 + n, np.int64), np.empty(steps * n // 100 + n, np.int32)  # 100 Hz at this step
    rows = given["data"], given["indices"].astype(np.uint32), given["indptr"]
    lane = np.int32 if dtype == "float32" else np.int64
    half, refractory = int(given["excitatory"]), int(given["refractory"])

    def run() -> Arrays:
        v, (ge, gi), wait = given["v0"].copy(), np.zeros((2, n), dtype), np.zeros(n, lane)
        count = scan(v, ge, gi, wait, real, drive, refractory, half, *rows, steps, words.view(np.uint8), words, *room)
        return {"step": room[0][:count].copy(), "channel": room[1][:count].copy()}

    return Ready(run)


def footprint(size: Mapping[str, int], dtype: str) -> int:
    n, wide = size["n"], np.dtype(dtype).itemsize
    return n * FAN * (wide + 4) + 8 * n + 4 * n * wide


FULL = {"n": 4000, "steps": 10_000}
WORKLOADS = (
    Workload(
        "d_cuba", "D. CUBA, 4,000 neurons, 1 s at 0.1 ms", inputs, graphnet, kernel, same("step", "channel"),
        "every spike the same", 1.15, FULL, FULL, threads=(1,), footprint=footprint,
        peers={"brian2_loop": 2.5, "annarchy": 2.5, "nest": 20.0},
    ),
)  # fmt: skip
