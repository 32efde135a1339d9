"""Estimates of cost: from the form of a layer alone, and handed to the backends that divide work."""

import numpy as np
import pytest

from graphnet import Network, TSContinuous, TSEvent
from graphnet.cost import CALL, PACE, SPARSE, UPDATE, microseconds, operations_per_second, operations_per_step
from graphnet.plan import Schedule, Wanted, compile_plan
from layers import LIF, Linear, PassThrough, Rate


def test_a_product_costs_two_operations_for_each_weight_and_events_cost_as_they_are_rare():
    dense = np.ones((30, 20))
    assert operations_per_step(Linear(dense)) == 2 * 600 + UPDATE * 20
    assert operations_per_step(Linear(np.ones(20))) == 2 * 20 + UPDATE * 20
    assert operations_per_step(LIF(dense, input_type=TSEvent)) == pytest.approx(2 * 600 * SPARSE + UPDATE * 20)
    assert operations_per_second(Linear(dense, dt=0.002)) == operations_per_step(Linear(dense)) / 0.002


def test_time_grows_with_steps_and_with_calls():
    layer = Rate(np.ones((4, 5)))
    assert microseconds(layer, 0, 3) == 3 * CALL
    assert microseconds(layer, 100) - microseconds(layer, 0) == pytest.approx(100 * operations_per_step(layer) / PACE)


def test_tasks_carry_the_cost_of_their_layers_where_it_is_asked_for():
    net = Network()
    net.input("x", 200)
    net.add_layer(Linear(np.ones((200, 300))), name="wide")
    net.add_layer(PassThrough(300), name="thin")
    net.add_layer(PassThrough(300), name="loop")
    net.connect_many(["x -> wide", "wide -> thin"])
    net.connect("thin", "loop", merge="sum")
    net.connect("loop -> loop @ 1 ms")
    schedule = Schedule(net.now, net.exact_dt, 100, 50)
    given = {"x": TSContinuous.from_clocked(np.zeros((100, 200)), 1e-3)}
    costs = {
        weigh: {
            task.name: task.cost
            for task in compile_plan(net, schedule, given, Wanted(), weigh=weigh).stages[0].template
        }
        for weigh in (False, True)
    }
    assert set(costs[False].values()) == {1.0}
    assert costs[True]["wide"] == microseconds(net["wide"], 50)
    assert costs[True]["wide"] > 10 * costs[True]["thin"]
    assert costs[True]["loop -> loop"] == microseconds(net["loop"], 50, calls=50)
