"""What a page holds, without a browser: the same text for the same network, bounded, every signal wholly in view."""

import base64
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import TSContinuous, TSEvent
from graphnet.views.page import columns, content, drawing, render, signal
from graphnet.views.page.drawings import MOST_BOXES
from graphnet.views.page.rendering import escaped
from graphnet.views.page.signals import extremes
from graphnet.views.page.weights import picture
from tests.web import networks


def read(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype=dtype)


# ---------------------------------------------------------------------- the file


def test_two_processes_write_the_same_page():
    text = (
        "import hashlib; from tests.web import networks; from graphnet.views.page import content, render;"
        "print(hashlib.sha256(render(content(*networks.recorded())).encode()).hexdigest())"
    )
    said = [subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True) for _ in range(2)]
    assert said[0].stdout == said[1].stdout


def test_the_file_names_no_place_to_fetch_from():
    page = render(content(*networks.recorded()))
    ours = re.sub(r"<script nonce=\"\w+\">/\* BEGIN bokeh.*?</script>", "", page, flags=re.DOTALL)
    assert len(ours) < 0.3 * len(page)
    assert not re.search(r"(?:src|href)=[\"'](?!data:)", ours)
    assert set(re.findall(r"https?://[^\s\"']+", ours)) <= {
        "http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML",
    }  # fmt: skip


@given(st.text())
def test_json_in_a_page_reads_as_it_was_and_ends_no_element(text):
    written = escaped(json.dumps([text]))
    assert json.loads(written) == [text]
    assert not set("<>&") & set(written)


def test_hostile_texts_stand_in_the_file_only_as_json_or_escaped():
    page = render(content(*networks.hostile()))
    assert networks.TITLE not in page
    assert networks.UNITS not in page
    assert page.count("</script>") == page.count("<script")


# ---------------------------------------------------------------------- drawings


def test_up_to_five_sub_networks_are_drawn_in_every_set_that_may_stand_open():
    found = {tuple(one["opened"]) for one in content(networks.nested()).drawings}
    whole = [("front", "front.inner"), ("front",), ()], [("back", "back.inner"), ("back",), ()]
    assert found == {tuple(sorted(one + other)) for one in whole[0] for other in whole[1]}


def test_every_edge_between_two_boxes_that_are_shown_belongs_to_one_arrow():
    net = networks.nested()
    for drawn in content(net).drawings:
        closed = {one["name"] for one in drawn["boxes"] if one["kind"] == "group"}

        def shown(name, closed=closed):
            return next((path for path in closed if name.startswith(f"{path}.")), name)

        wanted = [k for k, edge in enumerate(net.edges) if shown(edge.pre) != shown(edge.post)]
        assert sorted(k for arrow in drawn["arrows"] for k in arrow["edges"]) == wanted
        for arrow in drawn["arrows"]:
            for k in arrow["edges"]:
                assert (shown(net.edges[k].pre), shown(net.edges[k].post)) == (arrow["pre"], arrow["post"])


def test_a_drawing_on_request_is_the_one_that_a_file_holds():
    net = networks.nested()
    held = {tuple(one["opened"]): one for one in content(net).drawings}
    assert drawing(net, ["front"]) == held[("front",)]


def test_many_sub_networks_stay_within_the_bound_and_the_page_says_what_is_missing():
    from graphnet import Network
    from layers import PassThrough

    part = Network(name="part")
    part.input("x", 1)
    for k in range(100):
        part.add_layer(PassThrough(1), name=f"n{k}")
        part.connect("x" if k == 0 else f"n{k - 1}", f"n{k}")
    part.output("n99")
    net = Network(name="many")
    net.input("x", 1)
    for k in range(20):
        net.add_network(part, name=f"area{k}")
        net.connect("x", f"area{k}.x")
    made = content(net)
    assert made.drawings[0]["opened"] == []
    assert sum(len(one["boxes"]) for one in made.drawings) <= MOST_BOXES
    assert any("drawings" in text for text in made.missing)


# ---------------------------------------------------------------------- facts


def test_facts_of_a_layer_are_its_parameters_with_units():
    made = content(networks.small())
    facts = made.layers["lif"]
    rows = {name: (value, unit) for name, value, unit, _ in facts["parameters"]}
    assert rows["tau_mem"] == ("15 ms", "")
    assert rows["weights_rec"] == ("none", "")
    assert made.classes[facts["about"]]["plain"] == ["tau_mem dv/dt = v_rest - v + r (W' u + bias)"]


@given(
    rows=st.integers(1, 40), columns=st.integers(1, 40), most=st.integers(1, 200), seed=st.integers(0, 9),
    sparse=st.booleans(),
)  # fmt: skip
def test_no_weight_is_lost_from_a_picture(rows, columns, most, seed, sparse):
    from scipy.sparse import csr_array

    matrix = np.random.default_rng(seed).normal(size=(rows, columns)).round(2)
    matrix[np.abs(matrix) < 0.8] = 0.0
    image = picture(csr_array(matrix) if sparse else matrix, most)
    shown = read(image["data"], "<f4").reshape(image["rows"], image["columns"])
    tall, wide = image["block"]
    assert shown.size <= most
    for i in range(image["rows"]):
        for j in range(image["columns"]):
            block = matrix[i * tall : (i + 1) * tall, j * wide : (j + 1) * wide]
            assert abs(shown[i, j]) == np.float32(np.abs(block).max())
            assert np.float32(shown[i, j]) in block.astype(np.float32)


# ---------------------------------------------------------------------- signals


@given(count=st.integers(1, 300), per=st.integers(1, 50), seed=st.integers(0, 9))
def test_extremes_are_those_of_the_samples(count, per, seed):
    samples = np.random.default_rng(seed).normal(size=(count, 2))
    low, high = extremes(samples, per)
    for k in range(len(low)):
        part = samples[k * per : (k + 1) * per]
        assert (low[k] == part.min(axis=0)).all() and (high[k] == part.max(axis=0)).all()


def test_signals_take_no_more_than_their_bound_and_short_ones_stay_whole():
    net = networks.small()
    long = TSContinuous.from_clocked(np.random.default_rng(1).normal(size=(2_000_000, 4)).astype(np.float32), dt=1e-3)
    short = TSContinuous.from_clocked(np.ones((100, 4)), dt=1e-3)
    made = {one.name: one for one in content(net, {"x": long, "out": short, "res": long}).signals}
    assert [one.note for one in made.values()].count("") == 1
    assert made["out"].note == "" and made["out"].stored["per"] == 1
    size = sum(len(json.dumps(one.data())) for one in made.values())
    assert size < 8_100_000
    low = read(made["x"].stored["low"], "<f4").reshape(4, -1)
    assert (low.min(axis=1) == long.samples.min(axis=0)).all()


def test_events_that_do_not_fit_are_counted_and_none_is_lost():
    rng = np.random.default_rng(1)
    events = TSEvent(np.sort(rng.uniform(0, 10, 50_000)), rng.integers(0, 1000, 50_000), t_start=0, t_stop=10)
    made = signal("n", "n", events, most=100_000)
    assert made.form == "counts"
    assert read(made.stored["data"], "<u2").sum() == 50_000


def test_more_than_forty_signals_are_cut_and_the_page_says_so():
    net = networks.small()
    one = TSContinuous.from_clocked(np.ones((3, 1)), dt=1e-3)
    made = content(net, {f"lif.v{k}": one for k in range(45)})
    assert len(made.signals) == 40
    assert made.missing == ["5 of 45 recorded signals are not shown: at most 40 are"]


@pytest.mark.parametrize("channels", [1, 12, 13, 600])
def test_a_window_of_a_signal_has_no_more_columns_than_asked_for(channels):
    series = TSContinuous.from_clocked(np.zeros((5000, channels)), dt=1e-3)
    made = columns(series, 1.0, 4.0, width=300)
    if channels <= 12:
        assert len(made["columns"]["x"]) <= 2 * 301
    else:
        assert made["cells"]["image"][0].shape[1] <= 301
        assert made["cells"]["dw"][0] == pytest.approx(3.0)


def test_what_is_not_finite_is_left_out_of_an_image_and_of_json():
    samples = np.full((10, 20), np.nan)
    samples[0] = 1.0
    samples[1] = np.inf
    net = networks.small()
    page = render(content(net, {"res": TSContinuous.from_clocked(samples, dt=1e-3)}))
    assert "NaN" not in re.search(r'id="content-json">(.*?)</script>', page)[1]


def test_empty_signals_are_shown_empty():
    net = networks.small()
    nothing = {
        "x": TSContinuous.from_clocked(np.zeros((0, 4)), dt=1e-3),
        "res": TSContinuous.from_clocked(np.zeros((0, 20)), dt=1e-3),
        "lif": TSEvent([], [], t_start=0.0, t_stop=0.0, num_channels=20),
        "out": TSContinuous([], np.zeros((0, 4))),
    }
    made = content(net, nothing)
    assert [one.stored["count"] for one in made.signals] == [0, 0, 0, 0]
    assert render(made).count("<html") == 1
