"""F: build, check, plan and copy a network of many layers, beside networkx's time for the same graph.

Inputs: pre and post (E,) int32, edges between layers of 4 channels; count. networkx adds nodes and edges one by one to
a MultiDiGraph and sorts it. Output: order, each layer's place in a topological order; any is right. Layer objects are
constructed beforehand.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import numpy as np

from benchmarks.scale import built, edges_of, planned, with_networkx
from benchmarks.workload import Arrays, Ready, Workload
from layers import PassThrough


def inputs(size: Mapping[str, int], dtype: str, seed: int) -> Arrays:
    pre, post = np.array(edges_of(size["layers"], chain=False), dtype=np.int32).T
    return {"pre": pre, "post": post, "count": np.int64(size["layers"])}


def _named(given: Arrays) -> tuple[list[str], list[tuple[int, int]]]:
    return [f"l{i}" for i in range(int(given["count"]))], list(
        zip(given["pre"].tolist(), given["post"].tolist(), strict=True)
    )


def graphnet(given: Arrays, threads: int) -> Ready:
    names, pairs = _named(given)
    layers: list[PassThrough] = []

    def construct() -> None:
        layers[:] = [PassThrough(4, dt=1e-3) for _ in names]

    def run() -> Arrays:
        net = built(layers, names, pairs)
        net.check()
        planned(net)
        copy.deepcopy(net)
        order = {name: i for i, name in enumerate(one for part in net.structure().parts for one in part.order)}
        return {"order": np.array([order[name] for name in names])}

    return Ready(run, construct)


def kernel(given: Arrays, threads: int) -> Ready:
    names, pairs = _named(given)

    def run() -> Arrays:
        place = {name: i for i, name in enumerate(with_networkx(names, pairs))}
        return {"order": np.array([place[name] for name in names])}

    return Ready(run)


def check(outputs: Arrays, expected: Arrays, dtype: str) -> None:
    assert np.array_equal(np.sort(outputs["order"]), np.sort(expected["order"])), "not all layers are sorted"


WORKLOADS = (
    Workload(
        "f_scale", "F. build, check, plan, copy 100,000 layers / 300,000 edges", inputs, graphnet, kernel, check,
        "both sort all layers", 3.0, {"layers": 10_000}, {"layers": 100_000}, beside="networkx, build and sort",
        dtypes=("float64",), threads=(1,), repeats=3, peers={"nengo": 1000.0},
    ),
)  # fmt: skip
