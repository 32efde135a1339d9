"""ANNarchy 5: one network compiled to C++; simulating it is timed, building and compiling are not.

What ANNarchy does otherwise. Its exponential method holds the currents over a step, where the exact solution, which is
asked, lets them decay within it; the recurrent network is chaotic, so after some milliseconds other neurons spike, and
rates are compared.
"""

from __future__ import annotations

from typing import Any

import ANNarchy
import numpy as np
from scipy.sparse import csr_matrix

from .spikes import in_order
from .task import Arrays, Task

PACKAGES = ("ANNarchy", "numpy")
MS = 1e3


def cuba(given: Arrays, *, dtype: Any, threads: int, **_: Any) -> Task:
    """One population of conductances that decay exponentially, and one sparse projection for each kind."""
    n, half, dt = len(given["v0"]), int(given["excitatory"]), float(given["dt"])
    steps = int(given["steps"])
    names = ("tau_mem", "tau_exc", "tau_inh")
    numbers = {name: float(given[name]) * MS for name in names}
    numbers |= {name: float(given[name]) for name in ("v_rest", "threshold", "v_reset")}
    neuron = ANNarchy.Neuron(
        parameters=numbers,
        equations=[
            ANNarchy.Variable("tau_mem * dv/dt = (v_rest - v) + g_exc + g_inh", method="exponential"),
            ANNarchy.Variable("tau_exc * dg_exc/dt = -g_exc", method="exponential"),
            ANNarchy.Variable("tau_inh * dg_inh/dt = -g_inh", method="exponential"),
        ],
        spike="v >= threshold",
        reset="v = v_reset",
        refractory=int(given["refractory"]) * dt * MS,
    )
    net = ANNarchy.Network(dt=dt * MS)
    net.config(dtype=ANNarchy.float64 if dtype == np.float64 else ANNarchy.float32, num_threads=threads, verbose=False)
    population = net.create(geometry=n, neuron=neuron)
    population.v = given["v0"]
    together = csr_matrix((given["data"], given["indices"], given["indptr"]), shape=(n, n))
    for part, target in ((population[:half], "exc"), (population[half:], "inh")):
        rows = slice(0, half) if target == "exc" else slice(half, n)
        net.connect(part, population, target).from_sparse(together[rows])
    heard = net.monitor(population, ["spike"])
    net.compile(directory="annarchy", silent=True)

    def before() -> None:
        net.reset()
        population.v = given["v0"]

    def outputs(_: Any) -> dict[str, Any]:
        spikes = heard.get("spike")
        channel = np.concatenate([np.full(len(one), i) for i, one in spikes.items()])
        return in_order(np.concatenate([np.asarray(one) for one in spikes.values()]), channel)

    note = "currents are held over a step, and the network is chaotic: rates are compared"
    return Task(lambda: net.simulate(steps * dt * MS), outputs, before, alike=0.1, note=note)


WORKLOADS = {"d_cuba": cuba}
