"""Joints: edges into them meet as the joint says, and nobody need say it again."""

import numpy as np
import pytest

from graphnet import EdgeError, Network, TSContinuous, TSEvent
from graphnet.blocks import events_of
from layers import Concat, PassThrough, Sum

STEPS = 20


def series(kind, size, seed):
    x = np.random.default_rng(seed).integers(0, 3, (STEPS, size))
    if kind is TSContinuous:
        return x, TSContinuous.from_clocked(x, dt=1e-3)
    events = events_of(x, 0)
    return x, TSEvent.from_steps(events.step, events.channel, 1e-3, size, 0, STEPS)


def joined(joint, kind, sizes, **edge):
    net, given, tables = Network(), {}, []
    for n, size in enumerate(sizes):
        net.input(f"x{n}", size, kind)
        table, given[f"x{n}"] = series(kind, size, n)
        tables.append(table)
    net.add_layer(joint, name="joint")
    for name in given:
        net.connect(name, "joint", **edge)
    out = net.evolve(given, block=7)["joint"]
    return tables, out.samples if kind is TSContinuous else out.raster(dt=1e-3, add_events=True)


@pytest.mark.parametrize("kind", [TSContinuous, TSEvent])
def test_a_sum_adds_samples_and_counts(kind):
    tables, out = joined(Sum(3, kind), kind, [3, 3, 3])
    assert np.array_equal(out, sum(tables))


@pytest.mark.parametrize("kind", [TSContinuous, TSEvent])
def test_concat_puts_edges_side_by_side_in_their_order(kind):
    tables, out = joined(Concat(6, kind), kind, [1, 2, 3])
    assert np.array_equal(out, np.concatenate(tables, axis=1))


def test_an_edge_may_say_otherwise():
    tables, out = joined(Concat(2), TSContinuous, [2, 2], merge="sum")
    assert np.array_equal(out, sum(tables))


def test_without_a_joint_two_edges_into_one_input_are_refused():
    with pytest.raises(EdgeError):
        joined(PassThrough(3), TSContinuous, [3, 3])
