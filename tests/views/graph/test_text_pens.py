"""A network as DOT and as Mermaid: every box and arrow, whatever their names."""

import re

from hypothesis import given
from hypothesis import strategies as st

from graphnet.views.graph import dot, mermaid
from graphnet.views.graph.drawing import Arrow, Box, Scene

C, E = "TSContinuous", "TSEvent"
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
WORDS = st.text(st.characters(max_codepoint=0x17F, exclude_categories=["Cc"]), min_size=1, max_size=12)


@st.composite
def any_scene(draw):
    names = draw(st.lists(WORDS, min_size=1, max_size=8, unique=True))
    boxes = [
        Box(name, "layer", draw(WORDS), 1, 1, C, draw(st.sampled_from([C, E])), None, draw(st.booleans()))
        for name in names
    ]
    ends = st.sampled_from(names)
    arrows = [Arrow(p, q, w, C) for p, q, w in draw(st.lists(st.tuples(ends, ends, st.just("") | WORDS), max_size=8))]
    return Scene(draw(WORDS), boxes, arrows)


def unquoted(text):
    return text.replace('\\"', '"').replace("\\\\", "\\")


def unescaped(text):
    return re.sub(r"#(\d+);", lambda code: chr(int(code[1])), text)


@given(any_scene())
def test_dot_reads_back_to_the_same_boxes_and_arrows(scene):
    nodes, edges = [], []
    for line in map(str.strip, dot.render(scene).splitlines()[4:-1]):
        if not line.startswith('"'):
            continue
        first = QUOTED.match(line)
        rest = line[first.end() :]
        if rest.startswith(" -> "):
            edges.append((unquoted(first[1]), unquoted(QUOTED.match(rest, 4)[1])))
        else:
            nodes.append(unquoted(first[1]))
    assert sorted(nodes) == sorted(box.name for box in scene.boxes)
    assert edges == [(arrow.pre, arrow.post) for arrow in scene.arrows]


@given(any_scene())
def test_mermaid_reads_back_to_the_same_boxes_and_arrows(scene):
    text = mermaid.render(scene)
    ids = {}
    for number, label in re.findall(r'^ *(n\d+)\["<b>(.*?)</b>', text, re.MULTILINE):
        ids[number] = unescaped(label)
    assert sorted(ids.values()) == sorted(box.name.rpartition(".")[2] for box in scene.boxes)
    found = re.findall(r'^  (n\d+) (?:-->|-\.->)(?:\|"([^"]*)"\|)? (n\d+)$', text, re.MULTILINE)
    named = {box.name: f"n{i}" for i, box in enumerate(scene.boxes)}
    expected = [(named[arrow.pre], arrow.label, named[arrow.post]) for arrow in scene.arrows]
    assert [(pre, unescaped(label), post) for pre, label, post in found] == expected


@given(any_scene())
def test_no_name_breaks_out_of_its_quotes_in_mermaid(scene):
    for line in mermaid.render(scene).splitlines()[4:]:
        assert line.count('"') % 2 == 0
        for inside in re.findall(r'"([^"]*)"', line):
            assert not re.search(r"[\\`]|<(?!/?b>|br/>)", inside)


def grouped():
    names = ["x", "front.enc", "front.inner.filter", "back.out"]
    return Scene("n", [Box(name, "layer", "Rate", 1, 2, C, E) for name in names], [Arrow("x", "back.out", "", E)])


def test_groups_nest_as_their_paths_do():
    text = dot.render(grouped())
    front, inside = text.index('"cluster_front"'), text.index('"cluster_front.inner"')
    assert (
        front
        < text.index('"front.enc" [')
        < inside
        < text.index('"front.inner.filter" [')
        < text.index('"cluster_back"')
    )
    assert text.count("{") == text.count("}") == 4
    chart = mermaid.render(grouped())
    assert chart.count("subgraph ") == len(re.findall(r"^ *end$", chart, re.MULTILINE)) == 3


def test_events_are_dotted_in_both():
    assert re.search(r'"x" -> "back\.out" \[.*style="dotted".*\]', dot.render(grouped()))
    assert "n0 -.-> n3" in mermaid.render(grouped())


def test_text_has_no_limit_of_size():
    boxes = [Box(f"layer{i}", "layer", "Rate", 1, 1, C, C) for i in range(10_000)]
    assert dot.render(Scene("", boxes, [])).count("\n") > 10_000
