"""A drawing with what was measured and found, and how it leaves the network: Axes, text, a notebook's page."""

import copy
import io
import re
import time

import networkx as nx
import numpy as np
import pytest

from graphnet import Network, TSContinuous
from graphnet.errors import ParameterError, ParameterTypeError, UnknownName
from graphnet.seeing import shown
from layers import LIF, ExpSyn, Linear, LowPass, PoissonEncoder, Rate


def spiking():
    net = Network(name="net", seed=1)
    net.input("x", 2)
    net.add_layer(Linear(np.eye(2)), name="drive")
    net.add_layer(LIF(60.0 * np.eye(2)), name="lif")
    net.add_layer(ExpSyn(np.eye(2)), name="syn")
    net.connect_many([("x", "drive"), ("drive", "lif"), ("lif", "syn")])
    net.output("syn")
    return net


def ramp(net, seconds=0.1):
    return TSContinuous.from_clocked(np.ones((int(seconds * 1000), 2)), 1e-3, name="x")


def nested(count, inside, name="large"):
    part = Network([LowPass(1, tau=0.01, name=f"l{i}") for i in range(inside)], name="part")
    part.output(f"l{inside - 1}")
    net = Network(name=name)
    net.input("x", 1)
    before = "x"
    for i in range(count):
        group = net.add_network(part, name=f"stage{i}")
        net.connect(before, group)
        before = group
    return net


def words_of(ax):
    return [text.get_text() for text in ax.texts]


# ---------------------------------------------------------------------- overlays


def test_time_is_drawn_after_a_profile_and_says_so_before():
    net = spiking()
    with pytest.raises(ParameterError, match=r"no time was measured of 'net'") as caught:
        net.draw(overlay="time")
    assert "net.profile" in str(caught.value.hint)
    made = net.profile(ramp(net))
    seconds = {row.name: row.seconds for row in made.rows}
    assert net.measured["time"] == seconds
    scene = shown(net, overlay="time")
    assert {box.name: box.value for box in scene.boxes if box.value is not None} == seconds
    assert scene == shown(net, overlay="time", of=made)
    assert sum("%" in text for text in words_of(net.draw(overlay="time"))) == 3


def test_rates_are_the_events_of_the_last_run_per_second_and_channel():
    net = spiking()
    with pytest.raises(ParameterError, match="no events per second and channel was measured"):
        net.draw(overlay="rate")
    result = net.evolve(ramp(net), record=["lif"])
    rate = len(result["lif"]) / (0.1 * 2)
    assert rate > 0
    assert net.measured["rate"] == {"lif": pytest.approx(rate)}
    for scene in (shown(net, overlay="rate"), shown(spiking(), overlay="rate", of=result)):
        assert {box.name: box.value for box in scene.boxes if box.value is not None} == {"lif": pytest.approx(rate)}
    net.evolve(ramp(net).start_at(net.t), record=["syn"])
    with pytest.raises(ParameterError):
        net.draw(overlay="rate")


def test_memory_is_what_the_plan_says():
    net = spiking()
    values = {box.name: box.value for box in shown(net, overlay="memory").boxes if box.value is not None}
    assert values == {row.name: row.memory for row in net.explain().rows}


def test_a_group_has_the_sum_of_its_layers():
    net = nested(3, 4)
    scene = shown(net, overlay="memory", open=[])
    whole = sum(row.memory for row in net.explain().rows)
    assert sum(box.value for box in scene.boxes if box.value is not None) == whole
    assert scene.overlay.whole == whole


def test_what_was_measured_is_neither_copied_nor_compared():
    net = spiking()
    net.profile(ramp(net))
    twin = copy.deepcopy(net)
    assert twin.measured == {"time": {}, "rate": {}}
    assert twin == net


def test_an_overlay_refuses_what_cannot_tell_it():
    net = spiking()
    result = net.evolve(ramp(net), record=["lif"])
    with pytest.raises(ParameterTypeError, match="time is not told by a Result"):
        net.draw(overlay="time", of=result)
    with pytest.raises(ParameterTypeError, match="rates are those of a run"):
        net.draw(overlay="rate", of=net.explain())
    with pytest.raises(UnknownName, match="no overlay named 'tme'; did you mean 'time'"):
        net.draw(overlay="tme")
    with pytest.raises(ParameterError, match="of= says"):
        net.draw(of=result)


# ---------------------------------------------------------------------- findings


def test_warnings_are_marked_at_their_box_and_told_below():
    net = spiking()
    net.add_layer(Rate(np.eye(3)), name="lonely")
    message = next(one.message for one in net.check() if one.where == "lonely" and one.severity == "warning")
    scene = shown(net)
    assert {box.name for box in scene.boxes if box.marks} == {"lonely"}
    assert message in next(box for box in scene.boxes if box.marks).marks[0].message
    told = " ".join(words_of(net.draw()))
    assert f"lonely: {message}" in told
    assert "!" in words_of(net.draw())
    assert not any(box.marks for box in shown(net, findings=False).boxes)
    assert "!" not in words_of(net.draw(findings=False))


def test_notes_are_not_marked():
    net = spiking()
    assert any(one.severity == "note" for one in net.check())
    assert not any(box.marks for box in shown(net).boxes)
    assert shown(net).remarks == ()


# ---------------------------------------------------------------------- open and closed


def test_a_small_network_stands_open_and_a_large_one_says_how_to_open_it():
    assert all(box.kind != "group" for box in shown(nested(3, 4)).boxes)
    scene = shown(nested(10, 50))
    assert [box.layers for box in scene.boxes if box.kind == "group"].count(50) >= 9
    assert len(scene.boxes) <= 60
    assert 'open="stage' in scene.note
    assert "--open stage" in scene.note
    assert shown(nested(10, 50), open="all").note == ""


def test_a_part_is_opened_with_what_it_lies_in():
    net = Network(name="outer")
    net.add_network(nested(2, 2, "inner"), name="front")
    scene = shown(net, open="front.stage1")
    assert {box.name for box in scene.boxes} >= {"front.stage0", "front.stage1.l0"}
    assert [box.name for box in shown(net, open=()).boxes] == ["front"]
    with pytest.raises(UnknownName, match=r"no sub-network named 'back'"):
        net.draw(open="back")


# ---------------------------------------------------------------------- text and pages


def test_graphml_reads_back_with_all_that_the_drawing_knows():
    net = spiking()
    net.add_layer(PoissonEncoder(2, rate=50.0, dt=2e-3), name="noise<&")
    net.connect("x", "noise<&", delay=0.004)
    graph = nx.read_graphml(io.BytesIO(net.to_graphml().encode()))
    scene = shown(net, findings=False)
    assert set(graph.nodes) == {box.name for box in scene.boxes}
    for box in scene.boxes:
        found = graph.nodes[box.name]
        assert (found["kind"], found["class_name"], found["family"]) == (box.kind, box.class_name, box.family)
        assert (found["size_in"], found["size_out"], found["recurrent"]) == (box.size_in, box.size_out, box.recurrent)
        assert (found.get("dt"), found.get("input_type")) == (box.dt, box.input_type)
    found = [(pre, post, told) for pre, post, told in graph.edges(data=True)]
    assert [(pre, post) for pre, post, _ in found] == [
        (one.pre, one.post) for one in sorted(scene.arrows, key=_pre(scene))
    ]
    told = next(told for _, post, told in found if post == "noise<&")
    assert (told["delayed"], told["label"], told["channels"], told["back"]) == (True, "@ 4 ms", 2, False)


def _pre(scene):
    order = [box.name for box in scene.boxes]
    return lambda arrow: order.index(arrow.pre)


def test_text_shows_every_layer_of_a_nested_network():
    net = nested(10, 20)
    assert net.to_dot().count("LowPass") == 200
    assert net.to_mermaid().count("LowPass") == 200
    assert len(nx.read_graphml(io.BytesIO(net.to_graphml().encode()))) == 200 + 1 + len(net.ports)


def test_a_notebook_shows_the_drawing_and_fetches_nothing():
    net = spiking()
    net.name = "<img src=x onerror=alert(1)>"
    page = net._repr_html_()
    assert page.count("<svg") == 1
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert not re.search(r"(src|href|url|import|@font)\s*[=(:]", page.replace("src=x onerror", ""))
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_a_network_too_large_for_a_drawing_is_told_in_a_table():
    net = Network([LowPass(1, tau=0.01) for _ in range(3000)], name="<b>")
    began = time.perf_counter()
    page = net._repr_html_()
    assert time.perf_counter() - began < 1.0
    assert "<svg" not in page
    assert "<td>LowPass</td><td>3000</td>" in page
    assert "<b>" not in page
    assert len(repr(net)) < 200
