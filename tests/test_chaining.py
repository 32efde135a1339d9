"""a >> b, [a, b] >> c, merge(...): networks written as chains."""

import numpy as np
import pytest

from graphnet import EdgeError, GraphnetError, Network, ParameterError, ParameterTypeError, TSContinuous, TSEvent, merge
from layers import LIF, DeltaEncoder, PassThrough, Sine


class Summing(PassThrough, register=False):
    """A layer of which the class says how edges into it meet."""

    joins = "sum"


def layer(name, size=2):
    return PassThrough(size, dt=1e-3, name=name)


def edges(net):
    return [str(one) for one in net.edges]


def ramp(size=2, steps=6):
    return TSContinuous.from_clocked(np.arange(1.0, 1 + size * steps).reshape(steps, size), 1e-3)


def test_a_chain_reads_the_external_input_and_ends_in_its_output():
    net = layer("a") >> layer("b") >> layer("c")
    assert edges(net) == ["external -> a", "a -> b", "b -> c"]
    assert net.outputs == ("c",)
    assert np.array_equal(net.evolve(ramp())["c"].samples, ramp().samples)


def test_a_network_on_the_left_is_extended_and_returned():
    net = layer("a") >> layer("b")
    assert (net >> layer("c")) is net
    assert edges(net)[-1] == "b -> c" and net.outputs == ("c",)


def test_a_network_on_the_right_is_nested_under_its_name_and_stays():
    right = layer("b") >> layer("c")
    right.name = "right"
    net = layer("a") >> right
    assert edges(net) == ["right.external -> right.b", "right.b -> right.c", "external -> a", "a -> right.external"]
    assert list(right.layers) == ["b", "c"] and net.outputs == ("right.c",)


def test_two_networks_of_one_name_stand_side_by_side():
    net = (layer("a") >> layer("b")) >> (layer("a") >> layer("b")) >> (layer("a") >> layer("b"))
    assert list(net.layers) == ["a", "b", "chain.a", "chain.b", "chain_1.a", "chain_1.b"]
    assert np.array_equal(net.evolve(ramp())["chain_1.b"].samples, ramp().samples)


@pytest.mark.parametrize(("how", "size"), [("sum", 2), ("concat", 4)])
def test_merge_says_how_parts_meet(how, size):
    net = merge(how, layer("a"), layer("b")) >> layer("c", size)
    assert net.merges == {"c": how} and net.evol_order == ["a", "b", "c"]
    wanted = ramp().samples * 2 if how == "sum" else np.hstack([ramp().samples] * 2)
    assert np.array_equal(net.evolve(ramp())["c"].samples, wanted)


def test_a_list_meets_as_the_class_of_the_reader_says():
    net = [layer("a"), layer("b")] >> Summing(2, dt=1e-3, name="c")
    assert net.merges == {"c": "sum"}


def test_whoever_says_otherwise_is_heard_before_the_class():
    net = merge("concat", layer("a", 1), layer("b", 1)) >> Summing(2, dt=1e-3, name="c")
    assert net.merges == {"c": "concat"}
    with pytest.raises(EdgeError, match="has declared merge 'concat' already, now 'sum'"):
        net.connect("a", "c", merge="sum")


def test_a_list_without_a_merge_is_refused_and_nobody_is_caught_in_it():
    parts = [layer("a"), layer("b"), layer("c")]
    with pytest.raises(EdgeError, match=r"c\[0:2\] is reached by 'a -> c' already") as caught:
        parts[:2] >> parts[2]
    assert "merge='sum'" in str(caught.value)
    net = Network(parts)  # they belong to nobody
    assert all(net[one.name] is one for one in parts)


def test_a_refused_chain_leaves_its_network_as_it_was():
    net = layer("a") >> layer("b")
    before = net.copy()
    with pytest.raises(EdgeError, match="b emits TSContinuous"):
        net >> layer("c", 5)
    several = Network(name="several")
    several.input("x", 2)
    several.input("y", 2)
    with pytest.raises(EdgeError, match=r"network 'several' has 2 inputs \(several\.x, several\.y\): a chain leads"):
        net >> several
    assert net == before and net.names == before.names


def test_kinds_that_do_not_fit_are_refused_readably():
    with pytest.raises(EdgeError, match=r"a emits TSContinuous \(2\), lif accepts TSEvent \(2\)") as caught:
        layer("a") >> LIF(np.eye(2), dt=1e-3, input_type=TSEvent)
    assert "turns a signal into events" in str(caught.value)


def test_inputs_of_several_forms_get_one_of_their_own_each():
    parts = [layer("a", 2), layer("b", 3)]
    net = merge("concat", *parts) >> layer("c", 5)
    assert {name: one.size for name, one in net.inputs.items()} == {"a.external": 2, "b.external": 3}
    spikes = LIF(np.eye(2), dt=1e-3, input_type=TSEvent, name="spikes")
    code = DeltaEncoder(2, threshold=0.1, dt=1e-3, name="code")
    net = merge("concat", spikes, code) >> LIF(np.ones((6, 2)), dt=1e-3, input_type=TSEvent, name="lif")
    assert {name: one.type for name, one in net.inputs.items()} == {
        "spikes.external": TSEvent,
        "code.external": TSContinuous,
    }


def test_a_source_begins_a_chain_and_ends_none():
    net = Sine(1, frequency=5.0, dt=1e-3, name="wave") >> PassThrough(1, dt=1e-3, name="end")
    assert not net.inputs and edges(net) == ["wave -> end"]
    with pytest.raises(EdgeError, match=r"Sine 'wave' takes no input: a chain leads to one"):
        layer("a", 1) >> Sine(1, frequency=5.0, dt=1e-3, name="wave")


def test_a_layer_that_belongs_to_a_network_is_copied():
    first = layer("a") >> layer("b")
    second = first["b"] >> layer("c")
    assert second["b"] is not first["b"] and edges(second) == ["external -> b", "b -> c"]


def test_a_layer_of_the_network_itself_closes_a_ring_and_is_refused_without_delay():
    net = Summing(2, dt=1e-3, name="a") >> layer("b")
    before = net.copy()
    with pytest.raises(GraphnetError, match="wait for each other: a -> b -> a"):
        net >> net["a"]
    assert net == before


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda: layer("a") >> 3, ParameterTypeError),
        (lambda: 3 >> layer("a"), ParameterTypeError),
        (lambda: [] >> layer("a"), EdgeError),
        (lambda: [layer("a"), "b"] >> layer("c"), ParameterTypeError),
        (lambda: merge("mean", layer("a")), ParameterError),
        (lambda: merge("sum"), ParameterError),
    ],
)
def test_what_is_no_part_is_refused(act, error):
    with pytest.raises(error):
        act()
