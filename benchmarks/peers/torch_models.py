"""Torch, and the libraries of spiking neurons on it: Norse, snnTorch, SpikingJelly. No gradients are kept.

The input is a table of counts and its product with the weights one GEMM for all steps, which is the fastest that these
libraries offer; then a loop over steps calls the neuron. Norse's neuron without a synapse (LIF box) takes Euler steps,
so its constants are chosen for the same factor; Norse and snnTorch spike above the threshold, not at it; snnTorch
resets one step late unless told otherwise, as here. The events asked are left in a table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from .spikes import events, keep_of, rounding, table
from .task import Arrays, Task

PACKAGES = ("torch", "norse", "snntorch", "spikingjelly", "numpy")


def tensors(threads: int, *arrays: Any) -> list[Any]:
    """Arrays as tensors, with Torch held to so many threads."""
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    return [torch.from_numpy(np.ascontiguousarray(one)) for one in arrays]


def rate(given: Arrays, *, dtype: Any, threads: int, **_: Any) -> Task:
    """A loop over rows of one product."""
    u, w = tensors(threads, given["u"], given["w"])
    gain = float(given["dt"] / given["tau"])

    def run() -> Any:
        rows, x = u @ w, torch.zeros(w.shape[1], dtype=w.dtype)
        for row in rows.unbind(0):
            x = torch.lerp(x, row, gain)
            row.copy_(torch.relu(x))
        return rows.numpy()

    return Task(run, lambda y: {"y": y})


def echo(given: Arrays, *, dtype: Any, threads: int, **_: Any) -> Task:
    """A loop over rows, each with a product of the state and the dense weights."""
    u, w_in, w = tensors(threads, given["u"], given["w_in"], given["w"])
    leak = float(given["leak"])

    def run() -> Any:
        rows, x = u @ w_in, torch.zeros(w.shape[0], dtype=w.dtype)
        for row in rows.unbind(0):
            x = torch.lerp(x, torch.tanh(torch.addmv(row, w.T, x)), leak)
            row.copy_(x)
        return rows.numpy()

    return Task(run, lambda y: {"y": y})


def spiking(given: Arrays, dtype: Any, threads: int, scale: float, scan: Callable[[Any], Any]) -> Task:
    """The product of counts and weights by ``scale``, handed to ``scan``, which gives a table of spikes."""
    counts, w = tensors(threads, table(given, dtype), given["w"] * dtype.type(scale))

    def run() -> Any:
        return scan(counts @ w).numpy()

    return Task(run, events, **rounding(dtype))


def by_torch(given: Arrays, *, dtype: Any, threads: int, **_: Any) -> Task:
    """The neuron written out, three operations a step."""
    keep = keep_of(given)

    def scan(rows: Any) -> Any:
        v = torch.zeros_like(rows[0])
        for row in rows.unbind(0):
            v = torch.add(row, v, alpha=keep)
            fired = v >= 1.0
            v = v.masked_fill(fired, 0.0)
            row.copy_(fired)
        return rows

    return spiking(given, dtype, threads, 1.0, scan)


def by_norse(given: Arrays, *, dtype: Any, threads: int, **_: Any) -> Task:
    """Norse's functional step, as its documentation does for the least overhead."""
    from norse.torch.functional.lif_box import LIFBoxFeedForwardState, LIFBoxParameters, lif_box_feed_forward_step

    share, dt = 1.0 - keep_of(given), float(given["dt"])
    real = torch.from_numpy(np.zeros(0, dtype)).dtype
    numbers = {name: torch.tensor(value, dtype=real) for name, value in (("v_leak", 0.0), ("v_th", 1.0))}
    p = LIFBoxParameters(
        tau_mem_inv=torch.tensor(share / dt, dtype=real), v_reset=torch.tensor(0.0, dtype=real), **numbers
    )

    def scan(rows: Any) -> Any:
        state = LIFBoxFeedForwardState(v=torch.zeros_like(rows[0]))
        for row in rows.unbind(0):
            z, state = lif_box_feed_forward_step(row, state, p, dt)
            row.copy_(z)
        return rows

    return spiking(given, dtype, threads, 1.0 / share, scan)


def by_snntorch(given: Arrays, *, dtype: Any, threads: int, **_: Any) -> Task:
    """snnTorch's Leaky with reset to zero, in the step of the spike."""
    import snntorch

    real = torch.from_numpy(np.zeros(0, dtype)).dtype
    keep = torch.tensor(keep_of(given), dtype=real)  # a plain number would be rounded to float32
    neuron = snntorch.Leaky(beta=keep, threshold=1.0, reset_mechanism="zero", reset_delay=False).to(real)

    def scan(rows: Any) -> Any:
        v = torch.zeros_like(rows[0])
        for row in rows.unbind(0):
            z, v = neuron(row, v)
            row.copy_(z)
        return rows

    return spiking(given, dtype, threads, 1.0, scan)


def by_spikingjelly(given: Arrays, *, dtype: Any, threads: int, **_: Any) -> Task:
    """SpikingJelly's LIFNode over all steps in one call."""
    from spikingjelly.activation_based import neuron

    node = neuron.LIFNode(tau=1.0 / (1.0 - keep_of(given)), decay_input=False, v_reset=0.0, step_mode="m")
    node.eval()

    def scan(rows: Any) -> Any:
        node.reset()
        return node(rows)

    return spiking(given, dtype, threads, 1.0, scan)


def lif(given: Arrays, *, library: str = "torch", **how: Any) -> Task:
    """The neuron of one of the libraries."""
    made = {"torch": by_torch, "norse": by_norse, "snntorch": by_snntorch, "spikingjelly": by_spikingjelly}
    return made[library](given, **how)


WORKLOADS = {"a_rate": rate, "b_dense": echo, "c_lif": lif}
