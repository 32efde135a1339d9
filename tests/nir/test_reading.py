"""What a graph of NIR becomes: kinds of signals, sums, loops, graphs inside graphs, and everything that is refused."""

import logging

import h5py
import nir
import numpy as np
import pytest

from graphnet import (
    ArrayLayer,
    Exchange,
    ExchangeError,
    NameTaken,
    Network,
    ParameterError,
    TSContinuous,
    TSEvent,
    registry,
)
from graphnet.errors import FileError
from graphnet.nir import from_nir, to_nir, write
from layers import PassThrough, Scale
from tests.nir.graphs import DT

ONE = np.ones(1)


def lif(size=1, **more):
    ones = np.ones(size)
    return nir.LIF(**{"tau": 0.01 * ones, "r": ones, "v_leak": 0 * ones, "v_threshold": ones, **more})


def graph(nodes, *edges, **more):
    """A graph of one channel: i is its input, o its output."""
    ends = {"i": nir.Input(np.array([1])), "o": nir.Output(np.array([1]))}
    return nir.NIRGraph({**ends, **nodes}, list(edges), **more)


def run(net, samples, name="o"):
    return net.evolve(TSContinuous.from_clocked(np.reshape(samples, (-1, 1)), dt=net.dt))[name]


# ---------------------------------------------------------------------- meaning


def test_every_node_of_nir_is_read_by_a_registered_layer():
    registry.layers.load()
    read = {vars(cls).get("nir_name") for _, cls in registry.layers}
    kinds = {one for one in nir.ir.__all__ if one[0].isupper()} - {"NIRNode", "NIRGraph", "Input"}
    assert len(kinds) == 17
    assert kinds <= read


def test_a_neuron_of_nir_spikes_above_its_threshold_and_not_at_it():
    """NIR: z = 1 where v > v_threshold. An integrator of 0.5 each step reaches 1 in two and passes it in three."""
    net = from_nir(graph({"a": nir.IF(500 * ONE, ONE)}, ("i", "a"), ("a", "o")), dt=DT)
    assert np.array_equal(run(net, [1.0] * 9).times, [0.002, 0.005, 0.008])


def test_nothing_counts_as_a_spike_but_what_exceeds_the_threshold():
    net = from_nir(graph({"a": nir.Threshold(0.5 * ONE)}, ("i", "a"), ("a", "o")), dt=DT)
    assert np.array_equal(run(net, [0.4, 0.5, 0.6]).samples[:, 0], [0, 0, 1])


def test_a_neuron_takes_its_input_as_held_over_a_step():
    """tau dv/dt = v_leak - v + r u, v(0) = v_leak: v_k = v_leak + r u (1 - exp(-(k + 1) dt / tau))."""
    node = nir.LI(0.01 * ONE, 3 * ONE, 0.5 * ONE)
    found = run(from_nir(graph({"a": node}, ("i", "a"), ("a", "o")), dt=DT), [2.0] * 20).samples[:, 0]
    np.testing.assert_allclose(found, 0.5 + 6 * (1 - np.exp(-np.arange(1, 21) * DT / 0.01)), rtol=1e-13)


def test_a_spike_is_one_during_its_step_for_what_takes_a_signal():
    nodes = {"a": nir.IF(1000 * ONE, 0.5 * ONE), "b": nir.Scale(3 * ONE), "c": nir.LI(0.01 * ONE, ONE, 0 * ONE)}
    net = from_nir(graph(nodes, ("i", "a"), ("a", "b"), ("a", "c"), ("b", "o")), dt=DT)
    assert [str(one) for one in net.edges if one.pre.startswith("a")] == [
        "a -> a.held", "a.held -> b", "a.held -> c"
    ]  # fmt: skip
    net.output("c")
    found = net.evolve(TSContinuous.from_clocked([[1.0], [0.0], [0.0]], dt=DT))
    assert np.array_equal(found["o"].samples[:, 0], [3.0, 0.0, 0.0])
    np.testing.assert_allclose(found["c"].samples[0, 0], 1 - np.exp(-0.1), rtol=1e-13)


def test_weights_after_spikes_take_events_and_weights_after_signals_take_signals():
    nodes = {"a": nir.Linear(np.eye(1)), "b": lif(), "c": nir.Linear(np.eye(1)), "d": nir.Delay(0.002 * ONE)}
    net = from_nir(graph(nodes, ("i", "a"), ("a", "b"), ("b", "d"), ("d", "c"), ("c", "o")), dt=DT)
    kinds = {name: layer.input_type for name, layer in net.layers.items()}
    assert kinds == {"a": TSContinuous, "b": TSContinuous, "d": TSEvent, "c": TSEvent, "o": TSContinuous}


def test_a_signal_among_spikes_makes_all_of_it_a_signal_also_over_a_loop():
    nodes = {"a": lif(), "w": nir.Linear(np.eye(1)), "b": nir.Linear(-np.eye(1)), "s": nir.Scale(2 * ONE)}
    edges = ("i", "a"), ("a", "w"), ("w", "s"), ("s", "b"), ("b", "w"), ("s", "o")
    net = from_nir(graph(nodes, *edges), dt=DT)
    assert net["w"].input_type is TSContinuous
    assert "a -> a.held" in [str(one) for one in net.edges]


def test_several_edges_into_a_node_add_up():
    nodes = {"a": nir.Scale(2 * ONE), "b": nir.Scale(3 * ONE)}
    net = from_nir(graph(nodes, ("i", "a"), ("i", "b"), ("a", "o"), ("b", "o"), ("i", "o")), dt=DT)
    assert np.array_equal(run(net, [1.0, -2.0]).samples[:, 0], [6.0, -12.0])


def test_an_edge_that_closes_a_loop_is_late_by_one_step_and_that_is_said(caplog):
    nodes = {"a": nir.Scale(ONE), "b": nir.Scale(0.5 * ONE)}
    with caplog.at_level(logging.INFO, logger="graphnet"):
        net = from_nir(graph(nodes, ("i", "a"), ("a", "b"), ("b", "a"), ("a", "o")), dt=DT)
    assert "b -> a @ 1 ms" in [str(one) for one in net.edges]
    assert caplog.messages == ["b -> a closes a loop: it is delayed by one step, 0.001 s"]
    assert np.array_equal(run(net, [1.0, 0.0, 0.0]).samples[:, 0], [1.0, 0.5, 0.25])


def test_a_loop_over_a_delay_gets_no_other(caplog):
    nodes = {"a": nir.Scale(ONE), "b": nir.Scale(0.5 * ONE), "d": nir.Delay(0.003 * ONE)}
    with caplog.at_level(logging.INFO, logger="graphnet"):
        net = from_nir(graph(nodes, ("i", "a"), ("d", "a"), ("a", "b"), ("b", "d"), ("a", "o")), dt=DT)
    assert not any(one.delay for one in net.edges)
    assert not caplog.messages
    assert run(net, [1.0, *[0.0] * 6]).samples[:, 0].tolist() == [1.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.25]


def test_a_graph_inside_a_graph_is_opened_under_its_name():
    inner = graph({"b": nir.Scale(3 * ONE)}, ("i", "b"), ("b", "o"))
    outer = graph({"a": nir.Scale(2 * ONE), "sub": inner}, ("i", "a"), ("a", "sub"), ("i", "sub"), ("sub", "o"))
    net = from_nir(outer, dt=DT)
    assert list(net.layers) == ["a", "sub.b", "sub.o", "o"]
    assert list(net.ports) == ["sub.i"]
    assert np.array_equal(run(net, [1.0]).samples, [[9.0]])
    assert set(to_nir(net).nodes) == {"i", "o", "a", "sub.b"}
    loop = graph({"sub": inner}, ("i", "sub"), ("sub", "sub"), ("sub", "o"))
    assert np.array_equal(run(from_nir(loop, dt=DT), [1.0, 0.0, 0.0]).samples[:, 0], [3.0, 9.0, 27.0])


def test_a_graph_without_inputs_and_outputs_gets_them():
    net = from_nir(nir.NIRGraph({"a": nir.Scale(2 * ONE)}, [], type_check=False), dt=DT)
    assert list(net.inputs) == ["input_a"]
    assert net.outputs == ("a",)
    assert np.array_equal(run(net, [3.0], "a").samples, [[6.0]])


def test_names_that_a_network_cannot_have_are_spelt_so_that_it_can():
    nodes = {"a b": nir.Scale(2 * ONE), "a@b": nir.Scale(3 * ONE)}
    net = from_nir(graph(nodes, ("i", "a b"), ("a b", "a@b"), ("a@b", "o")), dt=DT)
    assert list(net.layers) == ["a_b", "a_b_1", "o"]
    assert np.array_equal(run(net, [1.0]).samples, [[6.0]])


def test_an_input_carries_events_where_the_caller_or_the_graph_says_so():
    plain = graph({"a": nir.Linear(np.array([[2.0]]))}, ("i", "a"), ("a", "o"))
    net = from_nir(plain, dt=DT, events=["i"])
    assert net.inputs["i"].type is net["a"].input_type is TSEvent
    assert from_nir(to_nir(net), dt=DT).inputs["i"].type is TSEvent
    assert from_nir(plain, dt=DT).inputs["i"].type is TSContinuous


def test_single_precision_of_a_file_is_kept_to_the_bit():
    threshold = np.array([0.1], dtype=np.float32)
    node = nir.LIF(*(np.ones(1, dtype=np.float32) for _ in range(3)), v_threshold=threshold)
    again = to_nir(from_nir(graph({"a": node}, ("i", "a"), ("a", "o")), dt=DT))
    assert again.nodes["a"].v_threshold[0] == threshold[0]


# ---------------------------------------------------------------------- refusals


def test_everything_that_is_refused_is_told_at_once_by_name():
    late = nir.Delay(np.array([0.0015]))
    apart = nir.NIRGraph(
        {
            "i": nir.Input(np.array([2])),
            "o": nir.Output(np.array([2])),
            "d": nir.Delay(np.array([0.001, 0.0025])),
            "n": lif(2, tau=-np.ones(2)),
            "w": nir.Linear(np.ones((2, 2, 2))),
        },
        [("i", "d"), ("d", "n"), ("n", "o"), ("n", "w")],
        type_check=False,
    )
    with pytest.raises(ExchangeError) as caught:
        from_nir(apart, dt=DT, events=["x"])
    assert dict(caught.value.refusals) == {
        "d": "Delay: Delay: delay must be a whole number of steps of 0.001 s, got 0.0025 s; the nearest are "
        "0.002 s and 0.003 s",
        "n": "LIF: LIF: tau_mem should be greater than 0, got -1.0 at unit 0 (in s)",
        "w": "Linear: weight must be a matrix, got shape (2, 2, 2)",
        "x": "no input of the graph has this name, which is to carry events",
    }
    with pytest.raises(ExchangeError, match=r"a: Delay: Delay: delay must be a whole number of steps of 0.001 s"):
        from_nir(graph({"a": late}, ("i", "a"), ("a", "o")), dt=DT)


def test_what_no_layer_reads_is_refused_by_its_kind():
    class Odd(nir.ir.node.NIRNode):
        def __init__(self):
            self.input_type, self.output_type = {"input": np.array([1])}, {"output": np.array([1])}
            self.metadata = {}

    with pytest.raises(ExchangeError, match="a: Odd: no class of layers reads this kind of node"):
        from_nir(graph({"a": Odd()}, ("i", "a"), ("a", "o")), dt=DT)


def test_shapes_that_do_not_meet_are_refused():
    nodes = {"a": nir.Conv2d(None, np.ones((1, 2, 3, 3)), 1, 0, 1, 1, np.zeros(1)), "s": nir.Scale(np.ones(2))}
    bad = graph(nodes, ("i", "a"), ("i", "s"), ("a", "o"), type_check=False)
    with pytest.raises(ExchangeError) as caught:
        from_nir(bad, dt=DT)
    assert caught.value.refusals == (
        ("a", "Conv2d: takes maps (channels, rows, columns), shape (1,) arrives"),
        ("s", "Scale: takes 2 channels, shape (1,) arrives"),
    )


@pytest.mark.parametrize(
    ("edges", "words"),
    [
        ([("i", "x")], "i -> x: the edge names a node that is not there"),
        ([("i", "o"), ("i", "o")], "i: 2 edges lead from it to o"),
    ],
)
def test_edges_that_cannot_be_are_refused(edges, words):
    with pytest.raises(ExchangeError, match=words):
        from_nir(graph({}, *edges, type_check=False), dt=DT)


def test_a_graph_inside_a_graph_has_one_input_and_one_output():
    two = nir.NIRGraph({"i": nir.Input(ONE), "j": nir.Input(ONE), "o": nir.Output(ONE)}, [("i", "o")], type_check=False)
    with pytest.raises(ExchangeError, match="sub: a graph inside a graph has one Input, this one has 2"):
        from_nir(graph({"sub": two}, ("i", "sub"), ("sub", "o"), type_check=False), dt=DT)


def test_only_a_graph_and_a_sensible_step_are_taken(tmp_path):
    with pytest.raises(ExchangeError, match="a graph of NIR is wanted"):
        from_nir(lif(), dt=DT)
    with pytest.raises(ParameterError, match="dt must be positive"):
        from_nir(graph({}, ("i", "o")), dt=0.0)
    with pytest.raises(FileError, match="cannot read"):
        from_nir(tmp_path / "none.nir", dt=DT)


def test_groups_have_the_channels_of_their_group_and_are_refused_otherwise():
    ends = {"i": nir.Input(np.array([4, 3, 3])), "o": nir.Output(np.array([2, 1, 1]))}
    edges = [("i", "a"), ("a", "o")]
    kernels = np.random.default_rng(0).normal(size=(2, 2, 3, 3))
    node = nir.Conv2d((3, 3), kernels, 1, 0, 1, 2, np.zeros(2))
    net = from_nir(nir.NIRGraph({**ends, "a": node}, edges, type_check=False), dt=DT)
    maps = np.random.default_rng(1).normal(size=(1, 36))
    found = net.evolve(TSContinuous.from_clocked(maps, dt=DT))["o"].samples
    np.testing.assert_allclose(found[0], (kernels * maps.reshape(2, 2, 3, 3)).sum(axis=(1, 2, 3)))
    whole = nir.Conv2d((3, 3), np.ones((2, 4, 3, 3)), 1, 0, 1, 2, np.zeros(2))
    with pytest.raises(ExchangeError, match=r"a: Conv2d: takes 72 channels, shape \(4, 3, 3\) arrives"):
        from_nir(nir.NIRGraph({**ends, "a": whole}, edges), dt=DT)


# ---------------------------------------------------------------------- files


def test_files_that_hold_something_else_are_refused(tmp_path):
    (tmp_path / "text.nir").write_text("no")
    nir.write(tmp_path / "node.nir", lif())
    write(graph({"a": nir.Scale(ONE)}, ("i", "a"), ("a", "o")), tmp_path / "odd.nir")
    with h5py.File(tmp_path / "odd.nir", "r+") as file:
        del file["node/nodes/a/type"]
        file["node/nodes/a/type"] = "Mystery"
    for name, words in (
        ("text.nir", "is no file of NIR: OSError"),
        ("node.nir", "holds a single LIF, no graph of NIR"),
        ("odd.nir", "a: a node 'Mystery', which the installed nir does not know"),
    ):
        with pytest.raises(ExchangeError, match=words):
            from_nir(tmp_path / name, dt=DT)


@pytest.mark.parametrize("link", [h5py.ExternalLink("other.nir", "/node"), h5py.SoftLink("/node")])
def test_a_file_that_leads_out_of_itself_is_refused(tmp_path, link):
    write(graph({}, ("i", "o")), tmp_path / "linked.nir")
    with h5py.File(tmp_path / "linked.nir", "r+") as file:
        file["node/nodes/x"] = link
    with pytest.raises(ExchangeError, match="/node/nodes/x is a link"):
        from_nir(tmp_path / "linked.nir", dt=DT)


def test_a_file_that_leads_back_to_itself_is_refused(tmp_path):
    write(graph({}, ("i", "o")), tmp_path / "round.nir")
    with h5py.File(tmp_path / "round.nir", "r+") as file:
        file["node/nodes/x"] = file["node"]
    with pytest.raises(ExchangeError, match="lead round"):
        from_nir(tmp_path / "round.nir", dt=DT)


# ---------------------------------------------------------------------- third parties


def test_a_class_of_another_package_joins_by_its_own_two_methods():
    class Doubler(PassThrough, register=False):
        nir_name = "Scale"

        @classmethod
        def from_nir(cls, node, arriving):
            return cls(arriving.size, arriving.type, dt=arriving.dt)

        def to_nir(self, shape):
            return Exchange().then("Scale", scale=np.full(shape, 2.0))

    given = graph({"a": nir.Scale(2 * ONE)}, ("i", "a"), ("a", "o"))
    net = from_nir(given, dt=DT, using={"Scale": Doubler})
    assert isinstance(net["a"], Doubler)
    assert to_nir(net).nodes["a"].scale == 2.0


def test_two_classes_that_read_one_kind_need_a_choice(monkeypatch):
    class Rival(Scale, register=False):
        nir_name = "Scale"

    monkeypatch.setitem(registry.layers._found, "Rival", {Rival.__module__: Rival})
    given = graph({"a": nir.Scale(2 * ONE)}, ("i", "a"), ("a", "o"))
    with pytest.raises(NameTaken, match="several classes read Scale of NIR"):
        from_nir(given, dt=DT)
    assert isinstance(from_nir(given, dt=DT, using={"Scale": Rival})["a"], Rival)


def test_a_layer_that_says_nothing_of_nir_is_not_read_and_refuses_to_be_written():
    class Silent(ArrayLayer, register=False):
        size: int = 1

        def initial(self):
            return {}

        def advance(self, state, block, span):
            return state, block

    with pytest.raises(ExchangeError, match="Silent has no counterpart in NIR"):
        to_nir(Network([Silent()]))
    with pytest.raises(ExchangeError, match="a: Scale: Silent is not read from NIR"):
        from_nir(graph({"a": nir.Scale(ONE)}, ("i", "a"), ("a", "o")), dt=DT, using={"Scale": Silent})
