"""Layers that declare several inputs, such as receptors."""

import numpy as np
import pytest

from graphnet import (
    ArrayLayer,
    CycleError,
    EdgeError,
    Events,
    InputError,
    Network,
    ParameterError,
    Size,
    TSContinuous,
    TSEvent,
    UnknownName,
    positional,
)
from graphnet.blocks import counts
from graphnet.testing import same_bits
from graphnet.views.graph.scene import scene
from layers import PassThrough


class Receptors(ArrayLayer):
    """v' = 0.9 v + excitation (events) - inhibition (a signal)."""

    size: Size = positional()

    def sizes(self):
        size = self.value("size")
        return 2 * size, size, size

    def ports(self):
        return {"exc": (self.size, TSEvent), "inh": self.size}

    def initial(self):
        return {"v": np.zeros(self.size)}

    def advance(self, state, block, span):
        assert set(block) == {"exc", "inh"}
        out = span.empty((span.steps, self.size))
        exc, inh = block["exc"], block["inh"]
        added = np.zeros(out.shape) if exc is None else counts(exc, span.start, span.steps, self.size)
        taken = np.zeros(out.shape) if inh is None else inh
        for k in range(span.steps):
            state["v"] = 0.9 * state["v"] + added[k] - taken[k]
            out[k] = state["v"]
        return state, out


class Both(Receptors, register=False):
    """Two inputs of one kind, side by side in one series."""

    def ports(self):
        return {"plus": self.size, "minus": self.size}

    def advance(self, state, block, span):
        zero = np.zeros((span.steps, self.size))
        plus, minus = (zero if block[name] is None else block[name] for name in ("plus", "minus"))
        return state, plus - minus


def build(loop=True):
    net = Network(seed=3)
    net.input("e", 3, TSEvent)
    net.input("i", 3)
    net.add_layer(Receptors(3, dt=1e-3), name="r")
    net.add_layer(PassThrough(3, dt=1e-3), name="back")
    net.connect("e", "r.exc", delay=2e-3)
    net.connect("i", "r.inh", merge="sum")
    net.connect("r -> back")
    if loop:
        net.connect("back[0] -> r.inh[2] @ 2 ms")
    return net


def inputs():
    rows = np.random.default_rng(0).normal(size=(20, 3))
    events = TSEvent([0.001, 0.005, 0.0071], [0, 1, 2], t_start=0, t_stop=0.02, num_channels=3)
    return {"e": events, "i": TSContinuous.from_clocked(rows, 1e-3)}


def expected():
    """By hand, step by step."""
    given, v, sent, out = inputs(), np.zeros(3), np.zeros((20, 3)), np.zeros((20, 3))
    rows = given["i"].samples
    for step, channel in [(1, 0), (5, 1), (7, 2)]:
        sent[step + 2, channel] += 1
    for k in range(20):
        taken = rows[k].copy()
        if k >= 2:
            taken[2] += out[k - 2, 0]
        v = 0.9 * v + sent[k] - taken
        out[k] = v
    return out


@pytest.mark.parametrize("options", [{}, {"block": 1}, {"block": 7}, {"backend": "threads", "workers": 2, "block": 4}])
def test_each_input_gets_what_leads_to_it(options):
    result = build().evolve(inputs(), record=["r", "r.v"], **options)
    assert np.allclose(result["r"].samples, expected(), rtol=0, atol=1e-12)
    reference = build().evolve(inputs(), record=["r"])["r"].samples
    assert same_bits(np.asarray(result["r"].samples), np.asarray(reference))
    assert np.array_equal(result["r.v"].samples, reference)


def test_an_input_that_nothing_leads_to_is_none():
    net = Network()
    net.input("i", 3)
    net.add_layer(Receptors(3, dt=1e-3), name="r")
    net.connect("i -> r.inh")
    assert any(one.where == "r.exc" and "runs without input" in one.message for one in net.check())
    assert np.any(net.evolve(inputs()["i"])["r"].samples)
    net.disconnect("i", "r.inh")
    net.reset_state()
    assert not np.any(net.evolve(duration=0.003)["r"].samples)


@pytest.mark.parametrize(
    ("edge", "error", "said"),
    [
        ("i -> r", EdgeError, r"r has 2 inputs: r\.exc, r\.inh"),
        ("i -> r.exc", EdgeError, r"i emits TSContinuous \(3\), r\.exc accepts TSEvent \(3\)"),
        ("i -> r.ihn", UnknownName, r"did you mean 'r\.inh'"),
        ("r.exc -> back", EdgeError, "r.exc is an input of r; nothing leads out of it"),
        ("e -> r.exc", EdgeError, r"r\.exc\[0:3\] is reached by 'e -> r\.exc @ 2 ms' already"),
        ("back -> r.inh", CycleError, "wait for each other: r -> back -> r"),
    ],
)
def test_edges_name_the_input(edge, error, said):
    net = build(loop=False)
    before = net.copy()
    with pytest.raises(error, match=said):
        net.connect(edge)
    assert net == before


def test_channels_that_nothing_leads_to_are_told_by_input():
    net = Network()
    net.input("i", 2)
    net.add_layer(Receptors(3, dt=1e-3), name="r")
    net.connect("i -> r.inh[0:2]")
    assert any("r.inh: no edge leads to its input channels 2 (1 of 3)" in str(one) for one in net.check())


def test_names_follow_the_layer(tmp_path):
    net = build()
    net.rename("r", "cell")
    assert "e -> cell.exc @ 2 ms" in [str(one) for one in net.edges]
    assert net.merges == {"cell.inh": "sum"}
    with pytest.raises(ParameterError, match="rename the layer"):
        net.rename("cell.exc", "x")
    net.rename("cell", "r")
    assert net == build()
    net.remove_layer("r")
    assert net.names == ("e", "i", "back") and not net.edges_from("e")
    with pytest.raises(UnknownName):
        net.connect("e -> r.exc")


def test_a_document_and_a_file_know_the_inputs(tmp_path):
    net = build()
    net.save(tmp_path / "net.yaml")
    again = Network.load(tmp_path / "net.yaml")
    assert again == net and again.to_document()["merge"] == {"r.inh": "sum"}


def test_nested_it_gives_the_same_bits():
    outer = Network(seed=3)
    for name, one in build().inputs.items():
        outer.input(name, one.size, one.type)
    outer.add_network(build(), name="sub")
    outer.connect_many([("e", "sub.e"), ("i", "sub.i")])
    nested = outer.evolve(inputs())["sub.r"].samples
    assert same_bits(np.asarray(nested), np.asarray(build().evolve(inputs(), record=["r"])["r"].samples))


def test_a_replacement_needs_the_inputs_that_edges_lead_to():
    net = build()
    before = net.copy()
    with pytest.raises(ValueError, match=r"r\.exc"):
        net.replace("r", PassThrough(3, dt=1e-3))
    assert net == before
    net.replace("r", Receptors(3, dt=1e-3))
    assert net == before


def test_the_picture_and_the_plan_lead_to_the_layer():
    net = build()
    assert (".exc @ 2 ms") in [one.label for one in scene(net).arrows if one.post == "r"]
    assert all(one.post in net.layers for one in scene(net).arrows)
    assert set(net.graph.nodes) == {"e", "i", "r", "back"}
    assert any(way.edge == "e -> r.exc @ 2 ms" for way in net.explain().ways)


def test_by_itself_it_takes_its_inputs_side_by_side():
    layer = Both(2, dt=1e-3)
    rows = np.arange(12.0).reshape(3, 4)
    out = layer.evolve(TSContinuous.from_clocked(rows, 1e-3)).samples
    assert np.array_equal(out, rows[:, :2] - rows[:, 2:])
    with pytest.raises(InputError, match=r"has inputs of both kinds \(exc, inh\)"):
        Receptors(2, dt=1e-3).evolve(TSContinuous.from_clocked(rows, 1e-3))


@pytest.mark.parametrize(
    "given", [{"exc": 2}, {"a b": 2, "c": 2}, {"x": 0, "y": 4}, {"x": (2, Events), "y": 2}, {"x": True, "y": 3}]
)
def test_wrong_declarations_are_refused(given):
    class Wrong(Both, register=False):
        def ports(self):
            return given

    with pytest.raises(ParameterError):
        Network().add_layer(Wrong(2, dt=1e-3), name="w")
