"""Layers of one form share buffers, and none of them while somebody still reads it."""

import numpy as np
import pytest

import graphnet.plan.builder
from graphnet import Network, TSContinuous
from graphnet.testing import PoisonedArena
from layers import Rate

U = TSContinuous.from_clocked(np.random.default_rng(1).normal(size=(60, 6)), 1e-3)


def build():
    """Eight equal layers of which most are read by two others, one of them far behind."""
    draw = np.random.default_rng(2).normal
    net = Network([Rate(draw(size=(6, 6)), tau=0.01, dt=1e-3, activation="tanh", name=f"l{i}") for i in range(8)])
    for pre, post in [("l0", "l7"), ("l1", "l4"), ("l2", "l6"), ("l3", "l5")]:
        net.connect(pre, post, merge="sum")
    return net


def ends(net, **options):
    net.evolve(U, **options)
    return {name: state["x"].copy() for name, state in net.states.items()}


@pytest.mark.parametrize("block", [1, 7, 60])
@pytest.mark.parametrize("record", [[], ["l3"], None])
@pytest.mark.parametrize("options", [{}, {"backend": "threads", "workers": 2}], ids=str)
def test_no_shared_buffer_is_read_after_it_was_given_back(block, record, options, monkeypatch):
    expected = ends(build(), block=block)
    monkeypatch.setattr(graphnet.plan.builder, "Arena", PoisonedArena)
    found = ends(build(), block=block, record=record, **options)
    assert all(np.array_equal(found[name], expected[name]) for name in expected)


def test_a_chain_of_equal_layers_needs_two_sets_of_buffers():
    net = Network([Rate(np.eye(6), dt=1e-3) for _ in range(20)])
    plan = graphnet.plan.compile_plan(
        net, graphnet.plan.Schedule(net.now, net.exact_dt, 60, 10), {"external": U}, graphnet.plan.Wanted()
    )
    assert len(plan.buffers) == 2
