"""Networks inside networks: ports, paths, loops, what is under way, refusals."""

import numpy as np
import pytest

from graphnet import (
    CycleError,
    DocumentError,
    EdgeError,
    NameTaken,
    Network,
    ParameterError,
    TimeError,
    TSContinuous,
    TSEvent,
    UnknownName,
)
from graphnet.testing import same_bits
from graphnet.views.graph.scene import scene
from layers import DeltaEncoder, ExpSyn, PassThrough, Rate


def layer(size, dt=1e-3):
    return PassThrough(size, dt=dt)


def front(size=2, delay=2e-3):
    """x -> early -> late, the last edge delayed."""
    net = Network(name="front")
    net.input("x", size)
    net.add_layer(layer(size), name="early")
    net.add_layer(layer(size), name="late")
    net.connect("x -> early")
    net.connect("early", "late", delay=delay)
    return net


def ramp(size=2, steps=12, start=0.0):
    return TSContinuous.from_clocked(np.arange(1.0, 1 + size * steps).reshape(steps, size), 1e-3, start)


def test_names_become_paths_to_any_depth():
    outer, middle = Network(name="outer"), Network(name="middle")
    middle.add_network(front(), name="a")
    group = outer.add_network(middle)
    assert group.outputs == ("middle.a.late",)
    assert outer.names == ("middle.a.x", "middle.a.early", "middle.a.late")
    assert list(outer.ports) == ["middle.a.x"]


def test_fifty_floors_take_one_step_of_no_time():
    net = Network(name="n")
    net.input("x", 1)
    net.add_layer(layer(1), name="core")
    net.connect("x -> core")
    for _ in range(50):
        outer = Network(name="n")
        outer.input("x", 1)
        outer.connect("x", outer.add_network(net))
        net = outer
    assert len(net.ports) == 50
    name = next(iter(net.layers))
    assert name.count(".") == 50
    assert np.array_equal(net.evolve(ramp(1))[name].samples, ramp(1).samples)


def test_one_network_twice_is_two_apart():
    net = Network()
    net.input("x", 2)
    sub = front()
    one, two = net.add_network(sub, name="one"), net.add_network(sub, name="two")
    net.connect("x", one)
    net.connect(one, two)
    result = net.evolve(ramp())
    assert np.array_equal(result["two.late"].samples[4:], ramp().samples[:-4])
    assert not np.any(result["two.late"].samples[:4])
    assert len(sub.layers) == 2 and sub.t == 0.0


def test_what_is_under_way_comes_along():
    sub = front()
    sub.evolve(ramp(), duration=5e-3)
    net = Network()
    group = net.add_network(sub)
    sub.reset_time()
    flat = sub.evolve(duration=3e-3)["late"].samples
    assert np.array_equal(net.evolve(duration=3e-3)[group.outputs[0]].samples, flat)
    assert np.array_equal(flat[:2], ramp().samples[3:5])


def test_a_port_holds_its_merge():
    net = Network()
    net.input("x", 2)
    net.input("y", 1)
    group = net.add_network(front(delay=0.0))
    net.connect("x", group, merge="sum")
    net.connect("y -> front.x[1]")
    y = TSContinuous.from_clocked(np.full((12, 1), 100.0), 1e-3)
    got = net.evolve({"x": ramp(), "y": y})["front.late"].samples
    assert np.array_equal(got, ramp().samples + np.array([0.0, 100.0]))


def test_slices_lead_in_and_out_of_a_port():
    sub = Network(name="sub")
    sub.input("x", 4)
    sub.add_layer(layer(2), name="low")
    sub.add_layer(layer(2), name="high")
    sub.connect("x[0:2] -> low")
    sub.connect("x[3,2] -> high")
    net = Network()
    net.input("a", 2)
    net.input("b", 2)
    net.add_network(sub)
    net.connect("a", "sub.x", merge="concat")
    net.connect("b", "sub.x", merge="concat")
    result = net.evolve({"a": ramp(), "b": ramp()})
    assert np.array_equal(result["sub.low"].samples, ramp().samples)
    assert np.array_equal(result["sub.high"].samples, ramp().samples[:, ::-1])
    (path,) = net.paths_into("sub.high")
    assert path.pre == "b" and dict(zip(path.picked, path.place, strict=True)) == {0: 1, 1: 0}


def test_events_pass_through_ports():
    sub = Network(name="sub")
    sub.input("spikes", 3, TSEvent)
    sub.add_layer(ExpSyn(np.eye(3), dt=1e-3), name="syn")
    sub.connect("spikes -> syn @ 1 ms")
    net = Network()
    net.input("x", 3)
    net.add_layer(DeltaEncoder(3, threshold=0.5, dt=1e-3), name="code")
    net.connect("x -> code")
    group = net.add_network(sub)
    net.connect("code", group, pre_channels=[4, 0, 2])
    flat = Network()
    flat.input("x", 3)
    flat.add_layer(DeltaEncoder(3, threshold=0.5, dt=1e-3), name="code")
    flat.add_layer(ExpSyn(np.eye(3), dt=1e-3), name="sub.syn")
    flat.connect("x -> code")
    flat.connect("code[4,0,2] -> sub.syn @ 1 ms")
    one, other = (each.evolve(ramp(3))["sub.syn"].samples for each in (net, flat))
    assert np.any(one) and same_bits(np.asarray(one), np.asarray(other))


def two_ways():
    """Each of two layers has its own channel of one port."""
    sub = Network(name="i")
    sub.input("x", 2)
    for i, name in enumerate("pq"):
        sub.add_layer(layer(1), name=name)
        sub.connect("x", name, pre_channels=[i])
    return sub


def test_a_path_that_does_not_close_is_no_loop():
    net = Network()
    net.input("e", 1)
    net.add_network(two_ways())
    net.connect("e -> i.x[0]")
    net.connect("i.p -> i.x[1]")  # through the same box and port, on another channel
    assert net.evol_order == ["i.p", "i.q"]
    assert not any(part.block for part in net.structure().parts)


def test_a_path_that_closes_is_refused_and_nothing_stays():
    net = Network()
    net.add_network(two_ways())
    net.connect("i.p -> i.x[1]")
    before = net.copy()
    with pytest.raises(CycleError, match=r"i\.p -> i\.q -> i\.p"):
        net.connect("i.q -> i.x[0]")
    assert net == before
    net.connect("i.q -> i.x[0] @ 4 ms")
    assert [float(part.block) for part in net.structure().parts] == [4e-3]


def test_delays_on_both_sides_of_a_port_add_up():
    net = Network()
    net.input("x", 1)
    net.port("p", 1)
    net.add_layer(layer(1), name="a")
    net.connect("x -> p @ 0.5 ms")
    before = net.copy()
    with pytest.raises(EdgeError, match=r"x -> p @ 500 us \| p -> a @ 250 us: the delay 0\.00075 s is not a whole"):
        net.connect("p -> a @ 0.25 ms")
    assert net == before
    net.connect("p -> a @ 0.5 ms")
    assert np.array_equal(net.evolve(ramp(1))["a"].samples[1:], ramp(1).samples[:-1])


def test_the_outer_edge_may_be_the_one_that_does_not_fit():
    net = Network()
    net.add_network(front())
    net.add_layer(layer(2), name="a")
    before = net.copy()
    with pytest.raises(EdgeError, match="300 us"):
        net.connect("a -> front.x @ 0.3 ms")
    with pytest.raises(EdgeError, match="300 us"):
        net.connect_many(["a -> front.x @ 0.3 ms"])
    assert net == before


@pytest.mark.parametrize("edges", [["p -> p"], ["p -> q", "q -> p"], ["p -> q", "q -> r", "r -> p"]])
def test_ports_that_lead_back_to_themselves_are_refused(edges):
    net = Network()
    for name in "pqr":
        net.port(name, 2)
    before = net.copy()
    with pytest.raises(CycleError, match="lead back to themselves"):
        net.connect_many(edges, merge="sum")
    assert net == before


def test_channels_that_nothing_leads_to_are_told_through_ports():
    net = Network()
    net.input("x", 1)
    net.add_network(front())
    net.connect("x -> front.x[0]")
    assert net.uncovered("front.early") == [1]
    assert any("front.early: no edge leads to its input channels 1" in str(one) for one in net.check())


def test_a_port_that_nothing_leads_to_is_told_and_gives_nothing():
    net = Network()
    net.add_network(front())
    assert any(one.where == "front.x" and "no edge leads to this port" in one.message for one in net.check())
    assert not np.any(net.evolve(duration=5e-3)["front.late"].samples)


def test_a_group_stands_for_its_one_input_and_output():
    net = Network()
    net.input("x", 2)
    group = net.add_network(front())
    net.add_layer(layer(2), name="end")
    assert str(net.connect("x", group)) == "x -> front.x"
    assert str(net.connect(group, "end")) == "front.late -> end"
    net.output(group)
    assert net.outputs == ("front.late",)
    net.disconnect("x", group)
    assert [str(one) for one in net.edges_into("front.x")] == []


def test_a_group_of_several_asks_which():
    net = Network()
    net.input("x", 1)
    group = net.add_network(two_ways())
    net.add_layer(layer(1), name="end")
    with pytest.raises(UnknownName, match=r"output \(it has 2\)"):
        net.connect(group, "end")


def test_a_network_can_be_added_to_itself():
    net = front()
    group = net.add_network(net, name="again")
    assert net.names == ("x", "early", "late", "again.x", "again.early", "again.late")
    net.connect("late", group)
    assert np.array_equal(net.evolve(ramp())["again.late"].samples[4:], ramp().samples[:-4])


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda net: net.add_network(front(), name="a b"), ParameterError),
        (lambda net: net.add_network(front(), name=""), ParameterError),
        (lambda net: net.add_network(front(), name="x"), NameTaken),
        (lambda net: net.add_network(front(), name="taken"), NameTaken),
        (lambda net: net.add_network(odd(), name="odd"), TimeError),
    ],
)
def test_a_refused_network_leaves_no_trace(act, error):
    net = Network()
    net.input("x", 2)
    net.add_layer(layer(2), name="taken.late", input_layer="x")
    net.evolve(ramp(), duration=1e-3)
    before = net.copy()
    with pytest.raises(error):
        act(net)
    assert net == before and net.names == before.names


def odd():
    net = Network()
    net.add_layer(layer(1), name="fine")
    net.add_layer(layer(1, dt=3e-3), name="coarse")
    return net


def test_noise_follows_the_outer_seed_and_the_path():
    sub = Network(name="sub", seed=99)
    sub.add_layer(Rate(np.ones((1, 2)), dt=1e-3, noise_std=1.0), name="n")
    nested, flat = Network(seed=5), Network(seed=5)
    nested.add_network(sub)
    flat.add_layer(Rate(np.ones((1, 2)), dt=1e-3, noise_std=1.0), name="sub.n")
    one, other = (net.evolve(duration=0.01)["sub.n"].samples for net in (nested, flat))
    assert np.any(one) and np.array_equal(one, other)


def merged():
    net = Network(name="outer")
    net.input("x", 2)
    net.input("y", 2)
    net.add_network(front())
    net.connect("x", "front.x", merge="sum")
    net.connect("y -> front.x @ 3 ms")
    net.output("front.late")
    return net


def test_a_document_with_ports_goes_round(tmp_path):
    net = merged()
    net.save(tmp_path / "net.yaml")
    again = Network.load(tmp_path / "net.yaml")
    assert again == net
    assert again.to_document() == net.to_document()
    given = {"x": ramp(), "y": ramp()}
    assert same_bits(*(np.asarray(one.evolve(given)["front.late"].samples) for one in (net, again)))


def test_errors_of_ports_in_a_document_have_their_line(tmp_path):
    file = tmp_path / "net.yaml"
    file.write_text(
        "ports: {p: {size: 2}, q: {size: 2}}\n"
        "layers:\n  a: {type: PassThrough, size: 2, dt: 0.001}\n"
        "edges:\n  - p -> q\n  - q -> p\n  - q -> a\n  - a -> p[0:1]\n"
        "merge: {r: sum}\n"
    )
    with pytest.raises(DocumentError) as caught:
        Network.load(file)
    text = str(caught.value)
    assert "net.yaml:6:5: edges.1: q -> p" in text
    assert "net.yaml:8:5: edges.3: a -> p[0]" in text
    assert "net.yaml:9:" in text


def test_a_loop_over_ports_in_a_document_has_its_line(tmp_path):
    file = tmp_path / "net.yaml"
    file.write_text(
        "ports: {p: {size: 2}}\nlayers:\n  a: {type: PassThrough, size: 2, dt: 0.001}\nedges:\n  - p -> a\n  - a -> p\n"
    )
    with pytest.raises(DocumentError, match=r"net\.yaml:6:\d+: edges\.\d: these wait for each other: a -> a"):
        Network.load(file)


def test_a_checkpoint_of_a_nested_network_resumes_elsewhere(tmp_path):
    net, given = merged(), {"x": ramp(), "y": ramp()}
    net.evolve(given, duration=5e-3)
    net.checkpoint().save(tmp_path / "at.npz")
    from graphnet.checkpoint import Checkpoint

    other = merged()
    other.restore(Checkpoint.load(tmp_path / "at.npz"))
    assert other == net
    one, two = (np.asarray(each.evolve(given)["front.late"].samples) for each in (net, other))
    assert np.any(one) and same_bits(one, two)


def test_the_plan_in_words_follows_paths_over_ports():
    explained = merged().explain()
    assert [row.generation for row in explained.rows] == [0, 1]
    assert {way.edge for way in explained.ways} == {
        "front.early -> front.late @ 2 ms",
        "x -> front.x | front.x -> front.early",
        "y -> front.x @ 3 ms | front.x -> front.early",
    }
    assert any("delays 0.003 s, sum" in way.does for way in explained.ways)


def test_the_graph_and_the_picture_know_ports():
    net = merged()
    assert dict(net.graph.nodes(data="kind"))["front.x"] == "port"
    assert net.graph.number_of_edges() == len(net.edges)
    shown = scene(net)
    assert {box.name: box.group for box in shown.boxes}["front.x"] == "front"
    assert ("x", "front.x", "sum") in [(one.pre, one.post, one.label) for one in shown.arrows]
