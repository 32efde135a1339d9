"""How cost grows: the exponent of time in the number of units, steps, layers and weights, fitted through logarithms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.harness import Own
from benchmarks.workload import Arrays
from benchmarks.workloads import named
from benchmarks.workloads.b_reservoir import inputs as reservoir_inputs

Sized = Callable[[float], tuple[str, Arrays]]


def _of(name: str, what: str, **fixed: int) -> Sized:
    """The inputs of a workload in which one number of its size grows."""
    work = named(name)
    return lambda value: (name, work.inputs({**work.quick, **fixed, what: int(value)}, "float64", 1))


def _density(value: float) -> tuple[str, Arrays]:
    size = {"m": 10, "n": 1000, "steps": 500}
    return "b_sparse", reservoir_inputs(value, size, "float64", 1)


CASES: Mapping[str, tuple[str, Sequence[float], Sized]] = {
    "units of a feed-forward rate layer, 100 inputs": ("a", (250, 500, 1000, 2000), _of("a_rate", "n", steps=2000)),
    "steps of a feed-forward rate layer": ("a", (1250, 2500, 5000, 10_000), _of("a_rate", "steps")),
    "units of a dense reservoir": ("b", (250, 500, 1000, 2000), _of("b_dense", "n", steps=300)),
    "density of a sparse reservoir of 1,000 units": ("b", (0.05, 0.1, 0.2, 0.4), _density),
    "steps of LIF neurons": ("c", (2500, 5000, 10_000, 20_000), _of("c_lif", "steps")),
    "neurons of CUBA, 80 synapses each": ("d", (2000, 4000, 8000, 16_000), _of("d_cuba", "n", steps=2000)),
    "layers of a chain": ("e", (250, 500, 1000, 2000), _of("e_chain", "layers")),
    "layers that are built, checked, planned, copied": ("f", (2500, 5000, 10_000, 20_000), _of("f_scale", "layers")),
    "events of a raster": ("g", (1e6, 2e6, 4e6, 8e6), _of("g_raster", "events")),
    "steps of a loop of 3 layers": ("j", (2500, 5000, 10_000, 20_000), _of("j_feedback", "steps")),
}


def growths(letters: Sequence[str], repeats: int = 5) -> list[dict[str, Any]]:
    """The sizes, shortest times and exponent of every case of these workloads."""
    return [_fitted(what, sizes, made, repeats) for what, (letter, sizes, made) in CASES.items() if letter in letters]


def _fitted(what: str, sizes: Sequence[float], made: Sized, repeats: int) -> dict[str, Any]:
    contenders = []
    for one in sizes:
        name, inputs = made(one)
        ready = named(name).graphnet(inputs, 1)
        assert ready is not None
        contenders.append(Own(ready, one_thread=True))
        contenders[-1].seconds()
    rounds = [[one.seconds() for one in contenders] for _ in range(repeats)]
    times = np.min(rounds, axis=0).tolist()
    exponent = float(np.polyfit(np.log(sizes), np.log(times), 1)[0])
    return {"what": what, "sizes": list(sizes), "times": times, "exponent": exponent}
