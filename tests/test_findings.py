"""``check`` finds what keeps a network from running, what is hardly meant, and what it costs; it never raises."""

import numpy as np

from graphnet import Network, TSContinuous
from layers import Linear, PassThrough, Rate
from tests.laws.walls import build


def found(net):
    return {(one.severity, one.where): one.message for one in net.check()}


def test_an_empty_network_has_no_layers():
    assert found(Network()) == {("error", ""): "the network has no layers"}


def test_a_sound_network_has_nothing_but_its_cost():
    net = Network([Linear(np.eye(3)), Linear(np.eye(3))])
    (only,) = net.check()
    assert only.severity == "note" and "operations per simulated second" in only.message


def test_channels_that_nothing_leads_to_are_an_error_and_come_first():
    net = Network()
    net.input("x", 1)
    net.add_layer(Linear(np.eye(3)), name="wide")
    net.connect("x -> wide[1:2]")
    net.add_layer(Linear(np.eye(2)), name="alone")
    first = net.check()[0]
    assert first.severity == "error" and "wide: no edge leads to its input channels 0, 2 (2 of 3)" in first.message


def test_clocks_without_a_sensible_common_step_are_an_error():
    net = Network()
    net.add_layer(Linear(np.eye(1), dt=1 / 44100), name="a")
    net.add_layer(Linear(np.eye(1), dt=1.0000001e-3), name="b")
    assert any("no sensible common step" in one.message for one in net.check() if one.severity == "error")


def test_dead_ends_unread_inputs_and_layers_without_input_are_warnings():
    net = Network()
    net.input("x", 1)
    for name in ("a", "b", "c"):
        net.add_layer(Linear(np.eye(1)), name=name)
    net.connect("a -> b")
    net.connect("a -> c")
    net.output("b")
    said = found(net)
    assert said["warning", "c"].startswith("nothing reads its output")
    assert said["warning", "a"].startswith("no edge leads to its 1 input channels")
    assert said["warning", "x"] == "no layer reads this input"


def test_a_constant_input_and_a_needless_change_of_rate_are_notes():
    net = Network()
    net.input("x", 1)
    net.add_layer(Linear(np.eye(1), dt=1e-3), name="still")
    net.add_layer(Linear(np.eye(1), dt=1e-3), name="after")
    for name, dt in (("one", 1e-3), ("odd", 2e-3), ("two", 1e-3)):
        net.add_layer(Rate(np.eye(1), dt=dt), name=name)
    net.connect("still -> after")
    net.connect_many(["x -> one", "one -> odd", "odd -> two"])
    said = found(net)
    assert said["note", "after"].startswith("its input is constant")
    assert said["note", "odd"] == "it has dt 0.002 s, all its neighbours 0.001 s"


def test_a_network_with_everything_is_looked_over():
    assert all(str(one).startswith(one.severity) for one in build().check())


def test_the_estimate_of_memory_is_what_weights_and_states_take():
    net = Network([Linear(np.ones((100, 50)))])
    assert "0.04 MB of weights and state" in net.check()[0].message


def test_the_estimate_of_operations_counts_the_products():
    net = Network([Linear(np.ones((100, 50)), dt=1e-3), PassThrough(50, dt=1e-3)])
    (row, _) = net.explain().rows
    assert 1e3 * 2 * 100 * 50 <= row.operations < 1.5e3 * 2 * 100 * 50
    assert len(net.evolve(TSContinuous.from_clocked(np.ones((3, 100)), 1e-3))) > 0
