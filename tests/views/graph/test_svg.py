"""A drawing as SVG: well-formed whatever the names, complete, told to whoever cannot see it, the same everywhere."""

import os
import re
import subprocess
import sys
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.errors import UnknownName
from graphnet.views.graph import svg
from graphnet.views.graph.drawing import Arrow, Box, Scene
from graphnet.views.graph.measures import Mark, over

C, E = "TSContinuous", "TSEvent"
SPACE = "{http://www.w3.org/2000/svg}"
NAMES = st.text(st.characters(exclude_characters="."), min_size=1, max_size=8) | st.sampled_from(
    ["<img src=x onerror=alert(1)>", "]]>", "&amp;", "a\x00b", "naïve 测试"]
)


@st.composite
def any_scene(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    marks = st.lists(st.builds(Mark, st.sampled_from(["error", "warning", "note"]), NAMES), max_size=2).map(tuple)
    kinds = st.sampled_from(["layer", "input", "group"])
    boxes = [
        Box(name, draw(kinds), draw(NAMES), 1, 2, C, draw(st.sampled_from([C, E])),
            family=draw(st.sampled_from(["neurons", "other", "mine"])), value=draw(st.none() | st.floats(0, 1e9)),
            marks=draw(marks))
        for name in names
    ]  # fmt: skip
    ends = st.sampled_from(names)
    drawn = draw(st.lists(st.tuples(ends, ends, st.sampled_from(["", "@ 3 ms"]), st.sampled_from([C, E])), max_size=8))
    arrows = [Arrow(pre, post, label, kind, bool(label), channels=3) for pre, post, label, kind in drawn]
    values = [box.value for box in boxes if box.value is not None]
    overlay = over("time", values) if draw(st.booleans()) and values else None
    return Scene(draw(NAMES), boxes, arrows, overlay, draw(marks), draw(st.sampled_from(["", "a note"])))


@settings(max_examples=60, deadline=None)
@given(any_scene(), st.sampled_from(["light", "dark"]))
def test_every_box_and_arrow_is_there_once_with_a_title_and_nothing_runs(scene, look):
    root = ElementTree.fromstring(svg.render(scene, look))
    ids = [element.get("id") for element in root.iter() if element.get("id") is not None]
    assert len(ids) == len(set(ids))
    assert {unquote(one) for one in ids if one.startswith("box-")} == {f"box-{box.name}" for box in scene.boxes}
    assert {one for one in ids if one.startswith("arrow-")} == {f"arrow-{i}" for i in range(len(scene.arrows))}
    for group in root.iter(f"{SPACE}g"):
        if group.get("id").startswith(("box-", "arrow-")):
            assert group[0].tag == f"{SPACE}title"
            assert group[0].text
    assert {element.tag.removeprefix(SPACE) for element in root.iter()} <= {
        "svg", "title", "desc", "rect", "g", "path", "text",
    }  # fmt: skip
    assert not any(name.startswith("on") or "href" in name for element in root.iter() for name in element.attrib)


def example():
    boxes = [
        Box("x", "input", "Input", 2, 2, None, C, family="input"),
        Box(
            "lif", "layer", "LIF", 2, 2, C, E, 0.001, True, family="neurons", marks=(Mark("warning", "reads nothing"),)
        ),
        Box("deep", "group", "", 0, 0, None, C, layers=7, family="group"),
    ]
    arrows = [
        Arrow("x", "lif", channels=2), Arrow("lif", "deep", "3 edges", E, count=3, channels=6),
        Arrow("deep", "lif", "@ 3 ms", C, True, channels=2),
    ]  # fmt: skip
    return Scene("net", boxes, arrows)


def test_what_is_drawn_is_told_in_words():
    root = ElementTree.fromstring(svg.render(example()))
    told = {
        group.get("id"): [one.text for one in group if one.tag != f"{SPACE}path"] for group in root.iter(f"{SPACE}g")
    }
    assert told["box-lif"][:2] == [
        "lif, LIF", "size 2; continuous → events; dt 1 ms; recurrent weights; warning: reads nothing",
    ]  # fmt: skip
    assert told["box-deep"][0] == "deep, a sub-network of 7 layers"
    assert told["arrow-1"][:2] == ["lif to deep", "events; 6 channels; 3 edges"]
    assert told["arrow-2"][:2] == ["deep to lif", "continuous signal; 2 channels; @ 3 ms; runs back"]


def test_text_stays_text_and_events_are_dotted():
    text = svg.render(example())
    assert ">lif</text>" in text
    dotted = re.findall(r'<g id="arrow-(\d)">(?:(?!</g>).)*stroke-dasharray', text, re.DOTALL)
    assert dotted == ["1"]


def test_a_theme_changes_colours_and_no_place():
    light, dark = (re.sub(r'"#[0-9a-f]{6}"', '""', svg.render(example(), look)) for look in ("light", "dark"))
    assert light == dark
    assert svg.render(example(), "light") != svg.render(example(), "dark")
    with pytest.raises(UnknownName, match="no theme named 'blue'"):
        svg.render(example(), "blue")


SCRIPT = """
import sys
from graphnet.views.graph import svg
from graphnet.views.graph.drawing import Arrow, Box, Scene
boxes = [Box(n, "layer", "Rate", 2, 2, "TSContinuous", "TSEvent") for n in ("g.a", "g.b", "$c_d$", "<e&")]
arrows = [Arrow(p.name, q.name, "@ 1 ms", "TSEvent", True) for p in boxes for q in boxes]
sys.stdout.write(svg.render(Scene("t", boxes, arrows)))
assert "matplotlib.pyplot" not in sys.modules
"""


def test_two_processes_write_the_same_bytes():
    first, second = (
        subprocess.run([sys.executable, "-W", "error", "-c", SCRIPT], check=True, capture_output=True,
                       env=os.environ | {"PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    )  # fmt: skip
    assert first == second
    assert b"<svg" in first
