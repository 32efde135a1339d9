"""ReservoirPy: its reservoirs and ridge readouts as they are, and a node of one's own for leaky layers with tanh.

It has no node with a nonlinearity after the leak, so the layers of the graphs are written as its documentation says.

A reservoir's first state is always float64, so under float32 the weights alone are in that precision, unless the state
is set, as here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from reservoirpy import Model
from reservoirpy.node import Node
from reservoirpy.nodes import Input, Reservoir, Ridge
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


class Leaky(Node):
    """A layer of the workloads as a node: x <- keep x + gain (u W), y = tanh(x)."""

    def __init__(self, name: str, w: Any, keep: Any, gain: Any) -> None:
        self.w, self.keep, self.gain = np.ascontiguousarray(w.T), keep, gain
        self.input_dim, self.output_dim = w.shape
        self.name, self.state, self.initialized = name, {}, False

    def initialize(self, x: Any = None, y: Any = None) -> None:
        zero = np.zeros(self.output_dim, self.w.dtype)
        self.state = {"out": zero, "x": zero}
        self.initialized = True

    def _step(self, state: Any, x: Any) -> Any:
        new = self.keep * state["x"] + self.gain * (self.w @ x)
        return {"out": np.tanh(new), "x": new}


def modelled(given: Arrays, dtype: Any, edges: list[tuple[int, int, int]], last: int) -> Task:
    """A model of leaky nodes. What leads to a node is put side by side, so its weights are put one above the other."""
    gain, keep = dtype.type(given["dt"] / given["tau"]), dtype.type(1.0 - given["dt"] / given["tau"])
    above = np.zeros(len(given["w"]), int)
    above[0] = 1
    for _, _, b in edges:
        above[b] += 1
    stacked = [np.tile(w, (many, 1)) for w, many in zip(given["w"], above, strict=True)]
    nodes = [Leaky(f"n{k}", w, keep, gain) for k, w in enumerate(stacked)]
    entry = Input(name="u")
    model = Model([entry, *nodes], [(entry, 0, nodes[0]), *((nodes[a], d, nodes[b]) for a, d, b in edges)])
    entry.initialize(given["u"])
    model.initialized = True  # its own way takes an edge with a delay for a cycle, unless a teacher is there

    def restart() -> None:
        for node in nodes:
            node.initialize()
        delayed = [edge for edge in model.edges if edge[1]]
        model.feedback_buffers = {edge: np.zeros((edge[1], edge[0].output_dim), dtype) for edge in delayed}

    def run() -> Any:
        told = model.run(given["u"])
        return told[f"n{last}"] if model.is_multi_output else told

    return Task(run, lambda y: {"y": y}, restart)


def layers(given: Arrays, *, dtype: Any, **_: Any) -> Task:
    """A node for each layer: the model runs them one after the other, each over all steps."""
    edges = [(int(a), 0, int(b)) for a, b in zip(given["pre"], given["post"], strict=True)]
    return modelled(given, dtype, edges, len(given["w"]) - 1)


def feedback(given: Arrays, *, dtype: Any, **_: Any) -> Task:
    """Three nodes, the last of which leads back to the first one step later."""
    return modelled(given, dtype, [(0, 0, 1), (1, 0, 2), (2, 1, 0)], 2)


def ridge(given: Arrays, **_: Any) -> Task:
    """A ridge node fitted to a list of pieces, all of them the same arrays."""
    many = int(given["repeats"])

    def run() -> Any:
        node = Ridge(ridge=float(given["alpha"]), fit_bias=False)
        node.fit([given["x"]] * many, [given["y"]] * many)
        return node.Wout

    return Task(run, lambda weights: {"weights": weights})


WORKLOADS = {
    "b_dense": echo, "b_sparse": echo, "e_chain": layers, "e_dag": layers, "h_ridge": ridge, "j_feedback": feedback,
}  # fmt: skip
