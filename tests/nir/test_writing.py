"""What a network becomes in NIR, what is refused, and the files that other programs read."""

import logging
import subprocess
import sys
import tempfile
from pathlib import Path

import nir
import numpy as np
import pytest
from hypothesis import given, settings

from graphnet import ExchangeError, Layer, Network, TSContinuous, TSEvent
from graphnet.cli import status
from graphnet.errors import FileError
from graphnet.nir import from_nir, to_nir, write
from layers import (
    IF,
    LI,
    LIF,
    Concat,
    Conv2d,
    CubaLIF,
    DeltaEncoder,
    Flatten,
    I,
    Linear,
    LowPass,
    PassThrough,
    Rate,
    Ridge,
    Sine,
    SumPool2d,
)
from tests.nir.graphs import DT, assert_same_nodes, graphs


class Plain(Layer):
    def evolve(self, ts_input=None, duration=None, num_timesteps=None):
        return ts_input

    def to_dict(self):
        return super().to_dict()


def refusals(net):
    with pytest.raises(ExchangeError) as caught:
        to_nir(net)
    assert all(f"  {name}: {said}" in str(caught.value) for name, said in caught.value.refusals)
    return dict(caught.value.refusals)


def maps():
    """Two channels of 6 x 5 in, spikes of maps, pooled, flattened, a readout with feedback."""
    rng = np.random.default_rng(0)
    net = Network(name="maps")
    net.input("x", 60)
    net.add_layer(Conv2d.from_kernels(rng.normal(size=(3, 2, 3, 3)), (6, 5), padding=1), name="conv")
    net.add_layer(LIF(np.ones(90), tau_mem=0.01, r=2.0), name="lif")
    net.add_layer(SumPool2d((3, 6, 5), 2, input_type=TSEvent), name="pool")
    net.add_layer(Flatten((3, 3, 2), start_dim=0), name="flat")
    net.add_layer(LIF(rng.normal(size=(18, 4)), 0.1 * rng.normal(size=(4, 4)), bias=1.5), name="out")
    net.connect_many(["x -> conv", "conv -> lif", "lif -> pool", "pool -> flat", "flat -> out"])
    net.output("out")
    return net


# ---------------------------------------------------------------------- meaning


def test_a_layer_with_weights_becomes_nodes_in_a_row_and_its_recurrence_a_loop():
    graph = to_nir(maps())
    kinds = {name: type(node).__name__ for name, node in graph.nodes.items()}
    assert kinds == {
        "x": "Input", "conv": "Conv2d", "lif": "LIF", "pool": "SumPool2d", "flat": "Flatten",
        "out.affine": "Affine", "out": "LIF", "out.recurrent": "Linear", "out.output": "Output",
    }  # fmt: skip
    assert set(graph.edges) == {
        ("x", "conv"), ("conv", "lif"), ("lif", "pool"), ("pool", "flat"), ("flat", "out.affine"),
        ("out.affine", "out"), ("out", "out.output"), ("out", "out.recurrent"), ("out.recurrent", "out"),
    }  # fmt: skip
    assert graph.nodes["x"].input_type["input"].tolist() == [2, 6, 5]
    assert graph.nodes["lif"].tau.shape == (3, 6, 5)


def test_events_into_a_neuron_are_written_as_inputs_that_last_a_step():
    """v <- v exp(-dt/tau) + r u (1 - exp(-dt/tau)): an input of w / (1 - exp(-dt/tau)) at r = 1 adds w."""
    net = Network([LIF([[0.5]], tau_mem=0.02, input_type=TSEvent, r=7.0)])
    nodes = to_nir(net).nodes
    np.testing.assert_allclose(nodes["lif.linear"].weight, [[0.5 / (1 - np.exp(-1e-3 / 0.02))]], rtol=1e-13)
    assert nodes["lif"].r == 1.0


def test_the_threshold_is_written_so_that_it_is_passed_where_it_was_reached():
    node = to_nir(Network([IF([1.0], threshold=1.0)])).nodes["if"]
    assert node.v_threshold < 1.0 == np.nextafter(node.v_threshold, 2.0)


def test_an_event_that_changes_a_current_at_once_is_written_as_the_same_charge_and_that_is_said(caplog):
    net = Network([CubaLIF([[2.0]], tau_mem=0.02, tau_syn=0.005)])
    with caplog.at_level(logging.INFO, logger="graphnet"):
        nodes = to_nir(net).nodes
    np.testing.assert_allclose(nodes["cuba_lif.linear"].weight, [[2.0 * 0.005 / 1e-3]])
    assert caplog.messages[0].startswith("cuba_lif: an event changes its current at once")


def test_a_readout_is_written_as_it_is_fitted():
    readout = Ridge(1, 1, alpha=1e-9)
    readout.partial_fit(np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]]))
    readout.end_fit()
    node = to_nir(Network([readout])).nodes["ridge"]
    np.testing.assert_allclose([node.weight[0, 0], node.bias[0]], [2.0, 1.0], rtol=1e-6)


def test_layers_that_only_hand_on_become_edges():
    net = Network()
    net.input("x", 2)
    for name, layer in {"a": PassThrough(2), "b": PassThrough(2), "c": LowPass(2, tau=0.01)}.items():
        net.add_layer(layer, name=name)
    net.connect_many(["x -> a", "a -> b", "b -> c"])
    assert set(to_nir(net).edges) == {("x", "c"), ("c", "c.output")}


def test_what_leads_nowhere_is_an_output():
    net = Network()
    net.input("x", 1)
    net.add_layer(LowPass(1, tau=0.01), name="a")
    net.add_layer(PassThrough(1), name="b")
    net.connect_many(["x -> a", "x -> b"])
    outputs = {name for name, node in to_nir(net).nodes.items() if isinstance(node, nir.Output)}
    assert outputs == {"a.output", "b"}


# ---------------------------------------------------------------------- refusals


def test_everything_that_nir_does_not_have_is_told_at_once_by_name():
    net = Network(name="odd")
    net.input("x", 2)
    bad = {
        "rate": Rate(np.eye(2)),
        "noisy": LIF(np.eye(2), noise_std=0.1),
        "tired": LIF(np.eye(2), refractory=0.002),
        "soft": IF(np.eye(2), reset="subtract"),
        "begun": LI(np.eye(2), tau=0.01, v0=0.5),
        "full": I(2, v0=1.0),
        "spread": LIF(np.eye(2), np.eye(2), delay_rec=np.full((2, 2), 0.002)),
        "delta": DeltaEncoder(2, threshold=0.1),
        "plain": Plain(np.eye(2)),
        "slow": Linear(np.eye(2), dt=2e-3),
    }
    for name, layer in bad.items():
        net.add_layer(layer, name=name)
        net.connect("x", name)
    net.add_layer(Sine(1, frequency=10.0), name="sine")
    net.add_layer(LIF({"exc": np.eye(2), "inh": np.eye(2)}), name="two")
    net.connect("x", "two.exc")
    found = refusals(net)
    assert found.pop("odd").startswith("NIR has no steps of time, the layers have several: rate has dt 0.001 s")
    assert found == {
        "rate": "Rate has no counterpart in NIR",
        "noisy": "LIF: NIR has no noise",
        "tired": "LIF: NIR has no refractory period",
        "soft": "IF: NIR has no reset by subtraction",
        "begun": "LI: NIR has no state to start from (v0)",
        "full": "I: NIR has no state to start from (v0)",
        "spread": "LIF: NIR has no delays of single synapses",
        "delta": "DeltaEncoder has no counterpart in NIR",
        "plain": "Plain is a plain Layer, which has no counterpart in NIR",
        "sine": "Sine has no counterpart in NIR",
        "two": "LIF has several inputs, a node of NIR has one",
    }


def test_flat_channels_cannot_become_maps():
    net = Network([Linear(np.ones((2, 4))), Conv2d(np.ones((4, 1)), (2, 2), 2)])
    assert refusals(net) == {"conv2d": "linear emits shape (4,), which NIR cannot turn into (1, 2, 2)"}


def test_kernels_that_nir_gives_another_shape_are_refused():
    """Its types know the height of a kernel alone; zeros around it help only where as many stand on each side."""
    net = Network([Conv2d(np.ones((2, 1)), (4, 4), (1, 2))])
    assert refusals(net) == {"conv2d": "emits shape (1, 4, 3), which NIR takes for (1, 4, 4)"}


def test_what_begins_without_an_input_is_refused():
    net = Network()
    net.add_layer(LIF(np.eye(1), bias=2.0), name="alone")
    net.add_layer(PassThrough(1), name="out")
    assert refusals(net) == {"alone": "nothing leads to it; what a graph of NIR begins with is an input"}
    net = Network()
    net.add_layer(PassThrough(1), name="out")
    assert refusals(net) == {"out": "nothing leads to this output"}


def test_a_loop_in_which_nothing_is_held_is_refused():
    net = Network()
    net.input("x", 1)
    net.add_layer(PassThrough(1), name="a")
    net.add_layer(LowPass(1, tau=0.01), name="b")
    net.connect("x", "a", merge="sum")
    net.connect("a -> a @ 1 ms")
    net.connect("a", "b")
    with pytest.raises(ExchangeError, match="NIR has no loop in which no layer holds anything: a"):
        to_nir(net)


def test_names_that_files_of_nir_cannot_have_are_refused():
    net = Network()
    net.input("x/y", 1)
    net.add_layer(LowPass(1, tau=0.01), name="a/b")
    net.connect("x/y", "a/b")
    words = "files of NIR have no '/' in names"
    assert refusals(net) == {"x/y": words, "a/b": words}


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "nir", None)
    for call in (lambda: to_nir(Network()), lambda: from_nir("x.nir", dt=1e-3)):
        with pytest.raises(ExchangeError, match=r"pip install 'graphnet-dataflow\[nir\]'"):
            call()


# ---------------------------------------------------------------------- files

FOREIGN = """
import sys
import nir
graph = nir.read(sys.argv[1])
assert graph.check_types() is True
assert not [one for one in sys.modules if one.partition(".")[0] in ("graphnet", "layers")]
print(sorted((name, type(node).__name__) for name, node in graph.nodes.items()))
"""


def test_a_written_file_is_read_with_its_types_by_a_program_that_knows_only_nir(tmp_path):
    graph = to_nir(maps())
    write(graph, tmp_path / "maps.nir")
    said = subprocess.run(
        [sys.executable, "-I", "-c", FOREIGN, tmp_path / "maps.nir"], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == str(sorted((name, type(node).__name__) for name, node in graph.nodes.items()))


@given(graphs())
@settings(max_examples=20)
def test_a_graph_that_went_through_a_file_is_read_as_it_was(graph):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.nir"
        write(to_nir(from_nir(graph, dt=DT)), path)
        assert nir.read(path).check_types()
        assert_same_nodes(graph, to_nir(from_nir(path, dt=DT)))


def test_a_file_gives_the_network_that_its_graph_gives(tmp_path):
    net = maps()
    write(to_nir(net), tmp_path / "maps.nir")
    again = from_nir(tmp_path / "maps.nir", dt=1e-3)
    assert again.name == "maps"
    x = TSContinuous.from_clocked(np.random.default_rng(1).normal(size=(200, 60)), dt=1e-3)
    one, other = net.evolve(x)["out"], again.evolve(x)["out.output"]
    assert len(one.times) > 20
    assert np.array_equal(one.times, other.times)
    assert np.array_equal(one.channels, other.channels)


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    with pytest.raises(FileError):
        write(to_nir(maps()), tmp_path / "none" / "maps.nir")


# ---------------------------------------------------------------------- the command


def test_the_command_imports_what_it_exports(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    maps().save("maps.yaml")
    assert status(["export", "maps.yaml", "-o", "maps.nir"]) == 0
    assert status(["import", "maps.nir", "-o", "again.yaml", "--dt", "1e-3"]) == 0
    assert "out.recurrent -> out closes a loop: it is delayed by one step, 0.001 s" in caplog.messages
    assert status(["check", "again.yaml"]) == 0
    assert status(["export", "again.yaml", "-o", "again.nir"]) == 0
    one, other = nir.read("maps.nir"), nir.read("again.nir")
    assert set(one.edges) == set(other.edges)
    assert one.nodes.keys() == other.nodes.keys()


def test_the_command_says_all_that_is_refused_and_writes_nothing(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    Network([Rate(np.eye(2)), Concat(2)]).save("net.yaml")
    assert status(["export", "net.yaml", "-o", "net.nir"]) == 2
    assert capfd.readouterr().err.splitlines() == [
        "ExchangeError: network cannot be written as NIR:", "  rate: Rate has no counterpart in NIR"
    ]  # fmt: skip
    assert status(["import", "net.nir", "-o", "back.yaml", "--dt", "1e-3"]) == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["net.yaml"]


def test_the_command_says_which_inputs_carry_events(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    graph = nir.NIRGraph.from_list(nir.Linear(np.ones((1, 2))))
    nir.write("net.nir", graph)
    assert status(["import", "net.nir", "-o", "net.yaml", "--dt", "1e-3", "--events", "input"]) == 0
    assert Network.load("net.yaml").inputs["input"].type is TSEvent
