"""Composing a network: a refusal changes nothing, layers have one owner, and names are told apart."""

import copy

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphnet.edge
from graphnet import (
    CycleError,
    EdgeError,
    GraphnetError,
    NameTaken,
    Network,
    NetworkError,
    ParameterError,
    ParameterTypeError,
    StateError,
    TimeError,
    TSContinuous,
    TSEvent,
    UnknownName,
)
from graphnet.errors import NetworkErrors
from graphnet.wiring import Wiring
from layers import LIF, ExpSyn, Linear, PassThrough, Rate


def rate(size_in=2, size=2, **more):
    return Rate(np.full((size_in, size), 0.5), **more)


def small():
    """x -> a -> b -> c, spikes beside it, and a sum that waits for a second edge."""
    net = Network(name="small")
    net.input("x", 2)
    for name in "abc":
        net.add_layer(rate(), name=name)
    net.add_layer(LIF(np.ones((2, 3))), name="lif")
    net.add_layer(ExpSyn(np.ones(3)), name="syn")
    net.add_layer(rate(4, 2), name="wide")
    net.add_layer(Linear(np.ones((2, 2)), dt=1.0000001e-3), name="odd")
    net.connect_many(["x -> a", "a -> b", "b -> lif", "lif -> syn"])
    net.connect("b", "c", merge="sum")
    net.connect("b", "wide", merge="concat")
    return net


def content(net):
    """Everything that can be seen of a network, states and lines included."""
    return (
        [(str(one), one.number) for one in net.edges],
        dict(net.merges),
        net.inputs,
        {name: id(layer) for name, layer in net.layers.items()},
        [[(str(one), one.number) for one in net.edges_into(name)] for name in net.layers],
        net.outputs,
        net.evol_order,
        net.structure(),
        {name: {key: array.tobytes() for key, array in state.items()} for name, state in net.states.items()},
        {number: {key: array.tobytes() for key, array in line.items()} for number, line in net.lines.items()},
        net.now,
        list(net.graph.edges(data=True)),
    )


REFUSED = {
    "an unknown beginning": (UnknownName, lambda net: net.connect("aa", "b")),
    "an unknown end": (UnknownName, lambda net: net.connect("a", "zz")),
    "kinds": (EdgeError, lambda net: net.connect("lif", "b")),
    "sizes": (EdgeError, lambda net: net.connect("syn", "odd")),
    "clocks": (EdgeError, lambda net: net.connect("a", "odd")),
    "two edges without a merge": (EdgeError, lambda net: net.connect("x", "b")),
    "another merge": (EdgeError, lambda net: net.connect("x", "c", merge="concat")),
    "no such merge": (EdgeError, lambda net: net.connect("x", "c", merge="mean")),
    "channels beyond": (EdgeError, lambda net: net.connect("a[0:3] -> c")),
    "channels of a concatenation": (EdgeError, lambda net: net.connect("a[0] -> wide[3]")),
    "more than a concatenation holds": (EdgeError, lambda net: net.connect("syn -> wide")),
    "a delay between steps": (EdgeError, lambda net: net.connect("a -> c @ 1.5 ms")),
    "a loop": (CycleError, lambda net: net.connect("c", "a", merge="sum")),
    "a loop that declares a merge": (CycleError, lambda net: net.connect("c", "b", merge="sum")),
    "a loop at one layer": (CycleError, lambda net: net.connect("c", "c")),
    "into an input": (EdgeError, lambda net: net.connect("a", "x")),
    "no edge at all": (EdgeError, lambda net: net.connect("a")),
    "an edge of nothing": (EdgeError, lambda net: net.connect(None, "a")),
    "a number for a layer": (EdgeError, lambda net: net.connect("a", 3)),
    "a list for a layer": (EdgeError, lambda net: net.connect(["a"], "b")),
    "a layer of no network": (UnknownName, lambda net: net.connect(rate(), "c")),
    "the input of another network": (UnknownName, lambda net: net.connect(Network().input("y", 2), "c")),
    "a like-named input of another size": (UnknownName, lambda net: net.connect(Network().input("x", 3), "c")),
    "two delays": (EdgeError, lambda net: net.connect("a -> c @ 1 ms", delay=2e-3)),
    "many, one of them wrong": (
        EdgeError,
        lambda net: net.connect_many(["x -> c", ("a", "c"), "syn -> c"], merge="sum"),
    ),
    "many that close a loop": (CycleError, lambda net: net.connect_many(["c -> wide", "wide -> c"])),
    "many that are no edges": (NetworkErrors, lambda net: net.connect_many(["x -> c", 5, ("a",), ("a", None)])),
    "nothing to disconnect": (UnknownName, lambda net: net.disconnect("a", "c")),
    "a taken name": (NameTaken, lambda net: net.add_layer(rate(), name="a")),
    "the name of an input": (NameTaken, lambda net: net.add_layer(rate(), name="x")),
    "a name with a space": (ParameterError, lambda net: net.add_layer(rate(), name="a b")),
    "an empty name": (ParameterError, lambda net: net.add_layer(rate(), name="")),
    "a number as a name": (ParameterError, lambda net: net.add_layer(rate(), name=3)),
    "no layer": (ParameterError, lambda net: net.add_layer("a")),
    "a layer whose input does not fit": (EdgeError, lambda net: net.add_layer(rate(7), input_layer="a")),
    "a layer whose output does not fit": (
        EdgeError,
        lambda net: net.add_layer(rate(2, 7), input_layer="x", output_layer="b", external_input=True),
    ),
    "a layer whose input is unknown": (UnknownName, lambda net: net.add_layer(rate(), input_layer="zz")),
    "an input of no channels": (ParameterError, lambda net: net.input("y", 0)),
    "an input of half a channel": (ParameterError, lambda net: net.input("y", 1.5)),
    "an input of another kind": (ParameterError, lambda net: net.input("y", 1, int)),
    "an unknown output": (UnknownName, lambda net: net.output("zz")),
    "an input as an output": (EdgeError, lambda net: net.output("x")),
    "removing an unknown layer": (UnknownName, lambda net: net.remove_layer("zz")),
    "removing an input": (UnknownName, lambda net: net.remove_layer("x")),
    "the state of a member": (StateError, lambda net: net["a"].evolve(None, num_timesteps=1)),
    "the time of a member": (StateError, lambda net: setattr(net["a"], "t", 1.0)),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_refusal_changes_nothing(kind):
    error, act = REFUSED[kind]
    net = small()
    before = content(net)
    with pytest.raises(error) as caught:
        act(net)
    assert isinstance(caught.value, GraphnetError)
    assert content(net) == before
    net.connect("a", "c")
    assert net.edges[-1].number >= len(before[0])


def test_a_refused_layer_is_as_before_with_its_state_and_its_time():
    layer = rate(2, 7, name="mine")
    layer.evolve(TSContinuous.from_clocked(np.ones((5, 2)), 1e-3))
    state, t = layer.state.copy(), layer.t
    net = small()
    with pytest.raises(EdgeError):
        net.add_layer(layer, output_layer="b")
    assert np.array_equal(layer.state, state)
    assert layer.t == t == 0.005
    layer.evolve(None, num_timesteps=1)


def test_an_external_input_made_for_a_refused_layer_is_gone_and_a_shared_one_stays():
    net = Network(name="n")
    with pytest.raises(EdgeError):
        net.add_layer(rate(2, 3), external_input=True, output_layer=net.add_layer(rate(2), name="next"))
    assert net.inputs == {}
    net.add_layer(rate(2, 2), name="a", external_input=True)
    net.add_layer(rate(2, 2), name="b", external_input=True)
    assert list(net.inputs) == ["external"]
    with pytest.raises(EdgeError, match=r"external emits TSContinuous \(2\), c accepts TSContinuous \(3\)"):
        net.add_layer(rate(3, 2), name="c", external_input=True)
    assert list(net.inputs) == ["external"]
    assert list(net.layers) == ["next", "a", "b"]


def test_a_series_that_cannot_be_gives_every_error_and_its_layers_back():
    layers = [rate(2, 3, name="a"), rate(4, 2, name="b"), rate(5, 2, name="c")]
    with pytest.raises(NetworkErrors) as caught:
        Network(layers)
    assert [str(one).partition(":")[0] for one in caught.value.errors] == ["a -> b", "b -> c"]
    for layer in layers:
        layer.evolve(None, num_timesteps=2)
        assert layer.t == 0.002


def test_a_series_that_holds_no_layers_says_so():
    for wrong in (rate(), "abc", 5, None):
        with pytest.raises(ParameterTypeError, match="a list of layers"):
            Network(wrong)
    with pytest.raises(NetworkErrors, match="2 errors"):
        Network([rate(), "a", 3])
    with pytest.raises(NameTaken):
        Network([rate(name="a"), rate(name="a")])


def test_a_series_joins_its_layers_and_takes_the_external_input():
    net = Network([rate(3, 2), rate(2, 4), Linear(np.ones((4, 1)))])
    assert [str(one) for one in net.edges] == ["external -> rate", "rate -> rate_1", "rate_1 -> linear"]
    assert net.inputs["external"].size == 3


@pytest.mark.parametrize("wrong", ["", "a/b", "..", "a\\b", "a\nb", 5, None])
def test_the_name_of_a_network_can_name_a_folder(wrong):
    with pytest.raises(ParameterError, match="cannot be the name of a network"):
        Network(name=wrong)


@pytest.mark.parametrize("wrong", [1.5, "a", True, None])
def test_a_seed_is_a_whole_number(wrong):
    with pytest.raises(ParameterError, match="seed"):
        Network(seed=wrong)
    assert Network(seed=np.int64(3)).seed == 3


# ---------------------------------------------------------------------- names


def test_an_unknown_name_comes_with_the_nearest():
    net = Network(name="n")
    net.add_layer(rate(), name="cortex")
    net.add_layer(rate(), name="readout")
    with pytest.raises(UnknownName) as caught:
        net.connect("cortx -> readout")
    assert str(caught.value) == "no layer named 'cortx' in edge 'cortx -> readout'; did you mean 'cortex'?"
    assert (caught.value.name, caught.value.near) == ("cortx", "cortex")


def test_layers_without_a_name_are_named_after_their_class():
    net = Network([ExpSyn(np.ones(2)), rate(), rate()])
    net.add_layer(LIF(np.ones((2, 2))))
    assert list(net.layers) == ["exp_syn", "rate", "rate_1", "lif"]


def test_names_layers_and_handles_mean_the_same_end():
    net = Network(name="n")
    x = net.input("x", np.int32(2))
    a, b = net.add_layer(rate(), name="a"), net.add_layer(rate(), name="b")
    assert str(net.connect(x, a)) == "x -> a"
    assert str(net.connect("a", b, pre_channels=[1, 0], delay=1e-3)) == "a[1,0] -> b @ 1 ms"
    net.disconnect(a, b)
    assert [str(one) for one in net.edges] == ["x -> a"]
    assert net.merges == {}


# ---------------------------------------------------------------------- merges


def test_the_first_declared_merge_wins_and_holds_for_later_edges():
    net = Network(name="n")
    net.input("x", 2)
    for name in "abc":
        net.add_layer(rate(), name=name)
    net.connect("x", "c", merge="sum")
    net.connect("a", "c")
    with pytest.raises(EdgeError, match="c has declared merge 'sum' already, now 'concat'"):
        net.connect("b", "c", merge="concat")
    net.disconnect("x", "c")
    net.disconnect("a", "c")
    net.connect("b[0] -> c[1]")
    net.connect("a[0] -> c[0]")
    assert net.places("c") == [(1,), (0,)]


def test_what_edges_leave_uncovered_is_found_at_the_first_run_and_says_which_channels():
    net = Network(name="n")
    net.input("x", 2)
    net.add_layer(rate(6, 2), name="a")
    net.connect("x -> a[1:3]")
    assert net.uncovered("a") == [0, 3, 4, 5]
    with pytest.raises(NetworkError, match=r"a: no edge leads to its input channels 0, 3, 4, 5 \(4 of 6\)"):
        net.evolve(duration=0.01)
    net.connect("x[0] -> a[0]")
    net.connect("x -> a[3:5]")
    net.connect("x[1] -> a[5]")
    net.evolve(duration=0.01)


# ---------------------------------------------------------------------- ownership, clocks


def driven():
    net = Network(name="driven", seed=3)
    net.input("x", 2)
    net.add_layer(rate(noise_std=0.1), name="a")
    net.connect("x", "a")
    net.evolve(TSContinuous.from_clocked(np.ones((20, 2)), 1e-3), record=())
    return net


def test_a_layer_takes_the_networks_clock_keeps_its_state_and_has_both_on_leaving():
    net = driven()
    layer = rate(name="late")
    layer.evolve(TSContinuous.from_clocked(np.ones((5, 2)), 1e-3))
    state = layer.state.copy()
    assert net.add_layer(layer) is layer
    assert layer.t == net.t == 0.02
    assert np.array_equal(layer.state, state)
    net.connect("a", layer)
    net.evolve(duration=0.01, record=())
    state = layer.state.copy()
    net.remove_layer(layer)
    assert layer.t == 0.03
    assert np.array_equal(layer.state, state)
    layer.evolve(None, num_timesteps=1)
    assert (layer.t, net.t) == (0.031, 0.03)
    assert list(net.layers) == ["a"]
    assert [str(one) for one in net.edges] == ["x -> a"]


def test_a_layer_of_another_network_is_copied_with_its_current_state():
    net, other = driven(), Network(name="other")
    held = other.add_layer(net["a"], name="b")
    assert held is not net["a"]
    assert np.array_equal(held.state, net["a"].state)
    assert held.t == 0.0
    held.reset_state()
    assert np.any(net["a"].state != 0)


def test_the_same_layer_added_twice_is_two_layers():
    net, layer = Network(name="n"), rate()
    one, two = net.add_layer(layer), net.add_layer(layer)
    assert one is layer
    assert two is not layer
    assert list(net.layers) == ["rate", "rate_1"]
    two.state = [1.0, 2.0]
    assert np.array_equal(one.state, [0.0, 0.0])


def test_a_removed_delay_line_does_not_come_back_with_a_new_edge():
    net = Network(name="n")
    net.input("x", 1)
    net.add_layer(PassThrough(1), name="a")
    net.connect("x -> a @ 5 ms")
    net.evolve(TSContinuous.from_clocked(np.ones(3), 1e-3), record=())
    assert len(net.lines) == 1
    net.disconnect("x", "a")
    assert net.lines == {}
    net.connect("x -> a @ 5 ms")
    out = net.evolve(duration=0.01)["a"]
    assert np.all(out.samples == 0)


def test_a_forced_step_must_be_a_multiple_of_the_common_one():
    net = Network([PassThrough(1, dt=2e-3), PassThrough(1, dt=3e-3)], dt=0.012)
    assert net.dt == 0.012
    net = Network([PassThrough(1, dt=2e-3), PassThrough(1, dt=3e-3)], dt=0.004)
    with pytest.raises(TimeError, match=r"dt 0.004 s is forced, but the layers' common step is 0.006 s"):
        _ = net.dt


def test_a_copied_network_is_one_of_its_own():
    net = driven()
    twin = copy.deepcopy(net)
    assert content(twin)[0] == content(net)[0]
    ts = TSContinuous.from_clocked(np.ones((20, 2)), 1e-3, t_start=0.02)
    wanted = copy.deepcopy(net).evolve(ts)["a"].samples
    assert np.array_equal(twin.evolve(ts)["a"].samples, wanted)
    assert (twin.t, net.t, twin["a"].t, net["a"].t) == (0.04, 0.02, 0.04, 0.02)
    assert np.array_equal(net.evolve(ts)["a"].samples, wanted)


def test_resets_reach_states_clock_and_lines():
    net = driven()
    net.reset_time()
    assert net.t == 0.0
    assert np.any(net["a"].state != 0)
    net.reset_all()
    assert not np.any(net["a"].state)
    net["a"].state = [1.0, 2.0]
    net.randomize_state()
    assert not np.array_equal(net["a"].state, [1.0, 2.0])


# ---------------------------------------------------------------------- looking


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda p: p[0] < p[1]), max_size=8))
def test_the_graph_is_the_network_as_networkx_sees_it(pairs):
    net = Network(name="n")
    for i in range(5):
        net.add_layer(PassThrough(1), name=f"l{i}")
    net.connect_many([(f"l{i}", f"l{j}") for i, j in pairs], merge="sum")
    graph = net.graph
    assert isinstance(graph, nx.MultiDiGraph)
    assert sorted(graph.edges()) == sorted((f"l{i}", f"l{j}") for i, j in pairs)
    assert nx.is_directed_acyclic_graph(graph)
    assert [graph.nodes[name]["layer"] for name in net.layers] == list(net.layers.values())
    with pytest.raises(nx.NetworkXError):
        graph.add_node("more")


def test_kinds_and_sizes_of_inputs_are_checked_as_those_of_layers():
    net = Network(name="n")
    events = net.input("events", 3, TSEvent)
    with pytest.raises(EdgeError, match=r"events emits TSEvent \(3\), a accepts TSContinuous \(2\)"):
        net.add_layer(rate(), name="a", input_layer=events)
    assert list(net.layers) == []


def test_a_sum_of_many_edges_looks_at_each_once(monkeypatch):
    looked = []
    place = graphnet.edge._place

    def counted(*arguments):
        looked.append(1)
        return place(*arguments)

    monkeypatch.setattr(graphnet.edge, "_place", counted)
    net = Network(name="n")
    net.add_layer(PassThrough(1), name="hub")
    for i in range(300):
        net.add_layer(PassThrough(1), name=f"l{i}")
    net.connect_many([(f"l{i}", "hub") for i in range(300)], merge="sum")
    assert len(net.edges_into("hub")) == 300
    assert len(looked) <= 2 * 300


def test_a_hub_of_many_edges_is_taken_out_in_one_pass(monkeypatch):
    net = Network(name="n")
    net.add_layer(PassThrough(1), name="hub")
    for i in range(200):
        net.add_layer(PassThrough(1), name=f"l{i}")
    net.connect_many([("hub", f"l{i}") for i in range(200)])
    passes = []
    forget = Wiring.forget
    monkeypatch.setattr(Wiring, "forget", lambda self, edges: passes.append(1) or forget(self, edges))
    net.remove_layer("hub")
    assert net.edges == ()
    assert len(passes) == 1
