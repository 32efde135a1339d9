"""Rockpool's LIF neurons on Torch, which are float32 alone; the differences are those of ``rockpool_modules``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from rockpool.nn.combinators import Sequential
from rockpool.nn.modules import LIFTorch, LinearTorch

from .spikes import events, table
from .task import Arrays, Task, Unable

PACKAGES = ("rockpool", "torch", "numpy")
TAU_SYN = 0.1


def lif(given: Arrays, *, dtype: Any, threads: int, **_: Any) -> Task:
    """A matrix, then neurons whose synapses forget their current within a step."""
    if dtype != np.float32:
        raise Unable("Rockpool's Torch modules compute in float32 alone")
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    dt, n = float(given["dt"]), given["w"].shape[1]
    w = torch.from_numpy(given["w"] * np.float32(np.exp(1.0 / TAU_SYN)))
    neurons = LIFTorch(n, tau_mem=float(given["tau_mem"]), tau_syn=TAU_SYN * dt, bias=0.0, threshold=1.0, dt=dt)
    net = Sequential(LinearTorch(tuple(w.shape), weight=w, has_bias=False), neurons)
    counts = torch.from_numpy(table(given, dtype))

    def run() -> Any:
        return net(counts)[0][0].numpy()

    note = "a spike subtracts the threshold where a reset to zero is asked: rates are compared"
    return Task(run, events, net.reset_state, alike=0.1, note=note)


WORKLOADS = {"c_lif": lif}
