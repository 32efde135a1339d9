"""Networks that are changed while they stand: between runs, with things under way."""

import numpy as np
import pytest

from graphnet import GraphnetError, NameTaken, Network, ParameterError, TSContinuous, UnknownName
from graphnet.testing import same_bits
from layers import LIF, ExpSyn, Linear, PassThrough, Rate
from tests.laws.walls import Smooth


def build():
    """x -> a -> b -> c with a delay, a merge, noise and a slice."""
    net = Network(seed=3)
    net.input("x", 2)
    net.add_layer(PassThrough(2, dt=1e-3), name="a", input_layer="x")
    net.add_layer(Rate(np.eye(2), tau=0.01, dt=1e-3, noise_std=0.1), name="b")
    net.add_layer(PassThrough(2, dt=1e-3), name="c")
    net.connect("a", "b", delay=3e-3, merge="sum")
    net.connect("x[1,0] -> b")
    net.connect("b -> c @ 2 ms")
    net.output("c")
    return net


def ramp(steps=20):
    return TSContinuous.from_clocked(np.arange(1.0, 1 + 2 * steps).reshape(steps, 2), 1e-3)


def edges(net):
    return [str(one) for one in net.edges]


# ---------------------------------------------------------------------- rename


def test_a_new_name_stands_wherever_the_old_one_stood():
    net = build()
    net.rename("b", "mid")
    net.rename("x", "in")
    assert edges(net) == ["in -> a", "a -> mid @ 3 ms", "in[1,0] -> mid", "mid -> c @ 2 ms"]
    assert net.merges == {"mid": "sum"} and list(net.layers) == ["a", "mid", "c"]
    assert net.name_of(net["mid"]) == "mid" and net["mid"].start_print == "Rate 'mid'"
    net.rename("c", "end")
    assert net.outputs == ("end",)


def test_a_renamed_network_is_the_one_built_with_that_name():
    net = build()
    net.rename("b", "other")
    net.rename("other", "b")
    assert net == build()


def test_noise_follows_the_name_and_what_is_under_way_stays():
    net, twin = build(), build()
    for one in (net, twin):
        one.evolve(ramp(), duration=0.01)
    net.rename("b", "mid")
    assert net.lines.keys() == twin.lines.keys()
    renamed, kept = net.evolve(ramp()), twin.evolve(ramp())
    assert np.array_equal(renamed["c"].samples[:2], kept["c"].samples[:2])  # it was sent before
    assert not np.array_equal(renamed["c"].samples[2:], kept["c"].samples[2:])


def test_the_sections_of_its_document_follow():
    net = build()
    net.document = {
        "fit": {"layer": "b"},
        "evaluate": {"signal": "c"},
        "record": ["b", "b.x", "c"],
        "run": {"inputs": {"x": "x.npz"}, "duration": 0.1},
    }
    given = net.document
    net.rename("b", "mid")
    net.rename("x", "in")
    assert net.document == {
        "fit": {"layer": "mid"},
        "evaluate": {"signal": "c"},
        "record": ["mid", "mid.x", "c"],
        "run": {"inputs": {"in": "x.npz"}, "duration": 0.1},
    }
    assert given["fit"] == {"layer": "b"}


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [("b", "x", NameTaken), ("b", "a b", ParameterError), ("nobody", "y", UnknownName), ("b", "", ParameterError)],
)
def test_a_refused_name_changes_nothing(old, new, error):
    net = build()
    with pytest.raises(error):
        net.rename(old, new)
    assert net == build()


def test_the_same_name_again_is_no_change():
    net = build()
    net.rename("b", "b")
    assert net == build()


# ---------------------------------------------------------------------- replace


def test_a_replaced_layer_keeps_name_edges_and_order_and_brings_its_state():
    net = build()
    net.evolve(ramp(), duration=0.01)
    new = Rate(2 * np.eye(2), tau=0.01, dt=1e-3)
    new.state = [7.0, 8.0]
    old = net["b"]
    lines = {key: {part: array.copy() for part, array in line.items()} for key, line in net.lines.items()}
    held = net.replace("b", new)
    assert held is new is net["b"] and edges(net) == edges(build()) and net.evol_order == ["a", "b", "c"]
    assert np.array_equal(net["b"].state, [7.0, 8.0])
    assert same_bits(net.lines, lines) and net.t == 0.01 == new.t
    assert old.t == 0.01 and old.evolve(duration=1e-3) is not None  # it is by itself again


def test_what_is_under_way_is_lost_only_where_it_no_longer_fits():
    net = build()
    net.evolve(ramp(), duration=0.01)
    net.disconnect("b", "c")
    net.add_layer(PassThrough(2, dt=1e-3), name="d", input_layer="a")
    net.connect("d -> c @ 2 ms")
    net.evolve(ramp(), duration=0.002)
    kept = set(net.lines)
    net.replace("b", Rate(np.eye(2), dt=5e-4))
    touching = {edge.number for edge in net.edges if "b" in (edge.pre, edge.post)}
    assert set(net.lines) == {key for key in kept if touching.isdisjoint(key)} != kept


def test_a_layer_that_fits_not_every_edge_is_refused_with_all_errors_and_no_trace():
    net = build()
    net.evolve(ramp(), duration=0.01)
    before, old = net.copy(), net["b"]
    new = LIF(np.ones((3, 3)), dt=1e-3)
    with pytest.raises(GraphnetError) as caught:
        net.replace("b", new)
    assert "a -> b" in str(caught.value) and "b -> c" in str(caught.value)
    assert net == before and net["b"] is old and net.name_of(old) == "b"
    assert same_bits(net.lines, before.lines) and net.lines
    assert Network([new])  # nobody holds it
    assert same_bits(*(np.asarray(one.evolve(ramp())["c"].samples) for one in (net, before)))


def test_a_layer_of_the_network_can_take_anothers_place_as_a_copy():
    net = build()
    held = net.replace("c", net["a"])
    assert held is not net["a"] and net["c"] is held


# ---------------------------------------------------------------------- remove, disconnect


def test_a_removed_layer_takes_its_edges_along_and_keeps_state_and_time():
    net = build()
    net.evolve(ramp(), duration=0.01)
    layer, state = net["b"], np.array(net["b"].state)
    net.remove_layer("b")
    assert edges(net) == ["x -> a"] and not net.lines and net.merges == {}
    assert np.array_equal(layer.state, state) and layer.t == 0.01
    assert net.outputs == ("c",)


def test_edges_that_are_written_alike_are_all_taken_out():
    net = Network()
    net.input("x", 1)
    net.add_layer(PassThrough(1, dt=1e-3), name="a")
    net.connect("x", "a", merge="sum")
    net.connect("x -> a")
    assert np.array_equal(net.evolve(TSContinuous.from_clocked(np.ones((3, 1)), 1e-3))["a"].samples, np.full((3, 1), 2))
    net.remove_end("x")
    assert not net.edges and not net.edges_into("a")


def test_a_disconnected_edge_loses_what_was_under_way():
    net = build()
    net.evolve(ramp(), duration=0.01)
    net.disconnect("b", "c")
    net.connect("b -> c @ 2 ms")
    assert not np.any(net.evolve(ramp(), duration=0.002)["c"].samples)
    with pytest.raises(UnknownName, match="no edge named 'b -> a'"):
        net.disconnect("b", "a")


# ---------------------------------------------------------------------- copy, subgraph, equality


def test_a_copy_shares_nothing_that_changes():
    net = build()
    net.evolve(ramp(), duration=0.01)
    twin = net.copy()
    assert twin == net
    before = net.copy()
    twin.evolve(ramp())
    twin.rename("a", "z")
    twin.remove_layer("c")
    assert net == before
    assert not np.shares_memory(net["b"].state, twin["b"].state)
    assert net["b"].weights is not None and np.array_equal(net["b"].weights, twin["b"].weights)


def test_weights_set_on_a_copy_stay_there():
    net = build()
    twin = net.copy()
    twin["b"].weights = 3 * np.eye(2)
    assert np.array_equal(net["b"].weights, np.eye(2)) and twin != net


def test_a_subgraph_is_what_an_output_needs():
    net = build()
    net.add_layer(ExpSyn(np.eye(2), dt=1e-3), name="aside")
    net.input("unused", 1)
    net.evolve({"x": ramp()}, duration=0.01)
    part = net.subgraph(["b"])
    assert list(part.layers) == ["a", "b"] and list(part.inputs) == ["x"] and part.outputs == ("b",)
    assert part.t == 0.01 and np.array_equal(part["b"].state, net["b"].state)
    whole = net.evolve({"x": ramp()}, record=["b"])["b"].samples
    assert np.array_equal(part.evolve(ramp())["b"].samples, whole)


CHANGES = {
    "seed": lambda net: setattr(net, "seed", 4),
    "a parameter": lambda net: net.replace("b", Rate(np.eye(2), tau=0.02, dt=1e-3, noise_std=0.1)),
    "another class": lambda net: net.replace("a", Linear(np.eye(2), dt=1e-3)),
    "a state": lambda net: setattr(net["b"], "state", [1.0, 1.0]),
    "time": lambda net: net.evolve(duration=1e-3),
    "an edge": lambda net: net.connect("a -> b"),
    "a delay": lambda net: (net.disconnect("b", "c"), net.connect("b -> c @ 1 ms")),
    "outputs": lambda net: net.set_outputs(["b"]),
    "an input": lambda net: net.input("y", 1),
    "a name": lambda net: net.rename("a", "z"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_networks_are_equal_only_by_all_of_their_content(what):
    net = build()
    assert net == build()
    CHANGES[what](net)
    assert net != build()


def test_equality_outlives_files_and_the_name(tmp_path):
    net = build()
    net.save(tmp_path / "net.json")
    again = Network.load(tmp_path / "net.json")
    again.name = "other"
    assert again == net
    assert net != "net"


def test_lines_at_rest_are_as_good_as_none():
    net = build()
    net.evolve(TSContinuous.from_clocked(np.zeros((4, 2)), 1e-3))
    net.reset_all()
    assert net == build()


class Odd(Smooth, register=False):
    """A plain layer that leaves an array in its dictionary."""

    def to_dict(self):
        return {**super().to_dict(), "keep": np.full(3, self.keep)}


def test_arrays_in_the_dictionaries_of_plain_layers_are_compared():
    nets = [Network([Odd(np.eye(2), dt=1e-3, keep=keep)]) for keep in (0.5, 0.5, 0.6)]
    assert nets[0] == nets[1] != nets[2]
