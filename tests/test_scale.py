"""Large networks: no limit of recursion, and time that grows with their size. See benchmarks/scale.py."""

import copy
import sys
import time
from itertools import pairwise

import numpy as np
import pytest

from graphnet import Network, TSContinuous
from layers import PassThrough

COUNT = 3 * sys.getrecursionlimit()


def chain(count, loop=False):
    net = Network()
    net.input("x", 1)
    names = [f"l{i}" for i in range(count)]
    for name in names:
        net.add_layer(PassThrough(1, dt=1e-3), name=name)
    edges = [("x", names[0]), *pairwise(names)]
    net.connect_many([*edges, f"{names[-1]} -> {names[0]} @ 5 ms"] if loop else edges, merge="sum" if loop else None)
    return net


@pytest.mark.parametrize("loop", [False, True])
def test_a_chain_longer_than_the_stack_is_checked_run_copied_and_written(loop):
    net = chain(COUNT, loop)
    assert len(net.structure().parts) == (1 if loop else COUNT)
    assert not [one for one in net.check() if one.severity == "error"]
    x = TSContinuous.from_clocked(np.arange(1.0, 4.0).reshape(3, 1), 1e-3)
    assert net.evolve(x, record=[f"l{COUNT - 1}"])[f"l{COUNT - 1}"].samples.ravel().tolist() == [1, 2, 3]
    twin = copy.deepcopy(net)
    assert twin == net and twin.evol_order == net.evol_order
    net.reset_all()
    assert Network.from_document(net.to_document()) == net


def test_time_grows_with_the_size():
    """Four times the layers take less than ten times as long: it would be sixteen were any step quadratic."""

    def seconds(count):
        began = time.process_time()
        net = chain(count)
        net.check()
        net.explain()
        net.copy()
        return time.process_time() - began

    seconds(100)
    assert min(seconds(4000) for _ in range(2)) < 10 * min(seconds(1000) for _ in range(3))


def test_many_edges_into_one_input_take_no_longer_each():
    net = Network()
    net.input("x", 1)
    net.add_layer(PassThrough(1, dt=1e-3), name="hub")
    began = time.process_time()
    net.connect_many(["x -> hub"] * 500, merge="sum")
    few = time.process_time() - began
    net.connect_many(["x -> hub"] * 5000)
    assert time.process_time() - began - few < 40 * few
    ones = TSContinuous.from_clocked(np.ones((2, 1)), 1e-3)
    assert net.evolve(ones)["hub"].samples.ravel().tolist() == [5500, 5500]
