"""ReservoirPy: its reservoirs and ridge readouts as they are, fed what the workload asks.

A reservoir's first state is always float64, so under float32 the weights alone are in that precision, unless the state
is set, as here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from reservoirpy.nodes import Reservoir
from scipy.sparse import csr_array

from .task import Arrays, Task

PACKAGES = ("reservoirpy", "numpy", "scipy")


def echo(given: Arrays, *, dtype: Any, **_: Any) -> Task:
    """One reservoir, whose sparse weights are a CSR array."""
    n = given["w_in"].shape[1]
    if "w" in given:
        w: Any = np.ascontiguousarray(given["w"].T)
    else:
        w = csr_array(csr_array((given["w_data"], given["w_indices"], given["w_indptr"]), shape=(n, n)).T)
    leak = dtype.type(given["leak"])
    node = Reservoir(lr=leak, W=w, Win=np.ascontiguousarray(given["w_in"].T), bias=dtype.type(0), dtype=dtype)
    node.initialize(given["u"])

    def restart() -> None:
        node.state = {"out": np.zeros(n, dtype)}

    return Task(lambda: node.run(given["u"]), lambda y: {"y": y}, restart)


WORKLOADS = {"b_dense": echo, "b_sparse": echo}
