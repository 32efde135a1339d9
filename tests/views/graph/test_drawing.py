"""The picture of a network: nothing overlaps, everything can be read, the same network gives the same bytes."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.errors import ParameterError, UnknownName
from graphnet.views.graph import mpl, pens
from graphnet.views.graph.drawing import Arrow, Box, Scene, size_words, time_words, type_words, words
from graphnet.views.graph.labels import overlaps, segments
from graphnet.views.graph.layout import lay_out
from graphnet.views.graph.measures import Mark, over
from graphnet.views.letters import measure, shorten

C, E = "TSContinuous", "TSEvent"
LABELS = ["", "", "@ 3 ms", "[0:3]", "concat", "sum, [0:100], @ 12.5 ms"]
GROUPS = ["", "", "front.", "front.inner.", "back."]


def imu():
    """The network of the README's example."""
    return Scene(
        "imu",
        [
            Box("imu", "input", "", 6, 6, None, C),
            Box("res", "layer", "Rate", 6, 200, C, C, 0.02, True),
            Box("enc", "layer", "DeltaEncoder", 6, 12, C, E, 0.02),
            Box("lif", "layer", "LIF", 12, 100, E, E, 0.005),
            Box("syn", "layer", "ExpSyn", 100, 100, E, C, 0.005),
            Box("readout", "layer", "Ridge", 300, 4, C, C, 0.02),
        ],
        [
            Arrow("imu", "res"),
            Arrow("imu", "enc"),
            Arrow("enc", "lif", "", E),
            Arrow("lif", "syn", "", E),
            Arrow("syn", "readout", "concat"),
            Arrow("res", "readout", "concat"),
        ],
    )


FOUND = st.builds(
    Mark, st.sampled_from(["error", "warning", "note"]), st.sampled_from(["it reads nothing", 40 * "so "])
)
MARKS = st.lists(FOUND, max_size=1).map(tuple)


@st.composite
def any_scene(draw, groups=("",)):
    n = draw(st.integers(1, 30))
    boxes = []
    for i in range(n):
        boxes.append(
            Box(
                f"{draw(st.sampled_from(groups))}{draw(st.sampled_from(['a', 'readout', 'a_rather_long_name']))}{i}",
                draw(st.sampled_from(["layer", "layer", "layer", "input", "output"])),
                draw(st.sampled_from(["Rate", "DeltaEncoder", "LI"])),
                draw(st.integers(1, 5000)),
                draw(st.integers(1, 5000)),
                draw(st.sampled_from([None, C, E])),
                draw(st.sampled_from([C, E])),
                draw(st.sampled_from([None, 0.001, 1 / 44100])),
                draw(st.booleans()),
                family=draw(st.sampled_from(["neurons", "filters", "other"])),
                value=draw(st.none() | st.floats(0, 1e3)),
                marks=draw(MARKS),
            )
        )
    ends = st.integers(0, n - 1)
    arrows = []
    for pre, post, backwards in draw(st.lists(st.tuples(ends, ends, st.integers(0, 3)), max_size=2 * n)):
        first, second = (pre, post) if backwards == 0 else sorted((pre, post))
        label = draw(st.sampled_from(LABELS))
        kind = draw(st.sampled_from([C, E]))
        arrows.append(Arrow(boxes[first].name, boxes[second].name, label, kind, "@" in label, channels=len(arrows)))
    note = draw(st.sampled_from(["", 'open="a" shows more']))
    return Scene(draw(st.sampled_from(["", "a title"])), boxes, arrows, remarks=draw(MARKS), note=note)


def extents(ax):
    """What the renderer says: rectangles of all texts, and of all boxes by name, in pixels with y upwards."""
    renderer = ax.figure.canvas.get_renderer()
    texts = [(t, t.get_window_extent(renderer).extents) for t in ax.texts]
    boxes: dict = {}
    for patch in ax.patches:
        name, rect = str(patch.get_gid()), patch.get_window_extent(renderer).extents
        if name.startswith("box-"):
            old = boxes.get(name, rect)
            boxes[name] = (*np.minimum(old[:2], rect[:2]), *np.maximum(old[2:], rect[2:]))
    return texts, boxes


def apart(one, other):
    return one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]


def assert_readable(ax, smallest=7.0):
    texts, boxes = extents(ax)
    for (a, first), (b, second) in combinations(texts, 2):
        assert apart(first, second), f"{a.get_text()!r} overlaps {b.get_text()!r}"
    for (a, first), (b, second) in combinations(boxes.items(), 2):
        assert apart(first, second), f"{a} overlaps {b}"
    for text, (x0, y0, x1, y1) in texts:
        assert text.get_fontsize() >= smallest
        home = text.get_gid()
        for name, box in boxes.items():
            if name == home:
                assert box[0] <= x0 and x1 <= box[2] and box[1] <= y0 and y1 <= box[3], (
                    f"{text.get_text()} leaves {name}"
                )
            else:
                assert apart((x0, y0, x1, y1), box), f"{text.get_text()!r} overlaps {name}"
        left, bottom, right, top = ax.figure.bbox.extents
        assert left <= x0 and x1 <= right and bottom <= y0 and y1 <= top, f"{text.get_text()!r} leaves the picture"


@settings(max_examples=25, deadline=None)
@given(any_scene())
def test_no_two_boxes_or_labels_of_any_network_overlap(scene):
    ax = mpl.draw(scene)
    assert_readable(ax)
    shown = {t.get_text() for t in ax.texts}
    for box in scene.boxes:
        assert box.name in shown
        assert f"{box.class_name}  {size_words(box)}" in shown
        assert type_words(box) in shown
    assert all(arrow.label in shown for arrow in scene.arrows if arrow.label)


@settings(max_examples=15, deadline=None)
@given(any_scene(), st.sampled_from(["time", "memory", "rate"]))
def test_no_two_boxes_or_labels_overlap_where_something_was_measured(scene, what):
    values = [box.value for box in scene.boxes if box.value is not None]
    ax = mpl.draw(replace(scene, overlay=over(what, values)), look="dark")
    assert_readable(ax)
    shown = {t.get_text() for t in ax.texts}
    assert {over(what, values).words(value) for value in values} <= shown


@settings(max_examples=15, deadline=None)
@given(any_scene(GROUPS))
def test_frames_hold_their_group_and_nobody_else(scene):
    layout = lay_out(scene)
    assert_readable(mpl.draw(scene))
    for frame in layout.frames:
        for placed in layout.boxes:
            member = f"{placed.box.group}.".startswith(f"{frame.group}.")
            assert bool(overlaps([frame.rect], [placed.rect])[0, 0]) == member
    for placed in layout.boxes:
        shown = placed.lines[0].text
        assert shown == (placed.box.name.rpartition(".")[2] if layout.frames else placed.box.name)


@settings(max_examples=60, deadline=None)
@given(any_scene())
def test_arrows_run_through_no_box_and_no_label_of_another(scene):
    layout = lay_out(scene)
    rects = [placed.rect for placed in layout.boxes]
    labels = [(arrow, arrow.label.rect) for arrow in layout.arrows if arrow.label]
    for arrow in layout.arrows:
        way = segments(arrow.points)
        assert not overlaps(way, rects, -0.5).any()
        others = [rect for owner, rect in labels if owner.points != arrow.points]
        assert not overlaps(way, others).any()


@settings(max_examples=30, deadline=None)
@given(any_scene())
def test_arrows_start_and_end_at_the_borders_of_their_boxes(scene):
    layout = lay_out(scene)
    rects = {placed.box.name: placed.rect for placed in layout.boxes}
    for placed in layout.arrows:
        for name, (x, y) in ((placed.arrow.pre, placed.points[0]), (placed.arrow.post, placed.points[-1])):
            left, top, right, bottom = rects[name]
            assert left - 0.01 <= x <= right + 0.01 and top - 0.01 <= y <= bottom + 0.01
            assert min(abs(x - left), abs(x - right), abs(y - top), abs(y - bottom)) < 0.01


@settings(max_examples=20, deadline=None)
@given(any_scene(GROUPS))
def test_the_same_scene_has_the_same_layout(scene):
    assert lay_out(scene) == lay_out(replace(scene, boxes=list(scene.boxes), arrows=list(scene.arrows)))


def test_the_example_reads_as_promised():
    ax = mpl.draw(imu())
    assert_readable(ax)
    shown = [t.get_text() for t in ax.texts]
    for line in ("Rate  6 → 200", "DeltaEncoder  6 → 12", "continuous → events", "dt 5 ms", "input  6", "ExpSyn  100"):
        assert line in shown
    width, height = ax.figure.get_size_inches()
    assert width < 9.5 and height < 4


def test_events_and_continuous_signals_differ_also_without_colour():
    ax = mpl.draw(imu())
    strokes = {p.get_gid(): p.get_linestyle() for p in reversed(ax.patches)}  # of an arrow first its line
    assert strokes["arrow-0"] == "solid"
    assert strokes["arrow-2"] != "solid"
    assert {"continuous signal", "events"} <= {t.get_text() for t in ax.texts}


SCRIPT = """
import sys
from graphnet.views.graph import mpl, pens
from graphnet.views.graph.drawing import Arrow, Box, Scene
boxes = [Box(n, "layer", "Rate", 2, 2, "TSContinuous", "TSEvent", None, True) for n in ("g.a", "g.b", "$c_d$", "<e&")]
arrows = [Arrow(p.name, q.name, "@ 1 ms", "TSEvent", True) for p in boxes for q in boxes]
pens.save(Scene("t", boxes, arrows), sys.argv[1])
assert "matplotlib.pyplot" not in sys.modules
"""


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_the_same_network_gives_the_same_bytes_in_every_process(tmp_path, ending):
    paths = [tmp_path / f"{seed}.{ending}" for seed in (1, 2)]
    for seed, path in zip((1, 2), paths, strict=True):
        env = os.environ | {"PYTHONHASHSEED": str(seed)}
        subprocess.run([sys.executable, "-W", "error", "-c", SCRIPT, str(path)], check=True, env=env)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert sorted(tmp_path.iterdir()) == paths  # nothing else is left behind


def test_an_svg_keeps_its_text_as_text(tmp_path):
    pens.save(imu(), tmp_path / "n.svg")
    text = (tmp_path / "n.svg").read_text(encoding="utf-8")
    for word in ("readout", "DeltaEncoder  6 → 12", "continuous signal"):
        assert f">{word}</text>" in text


def test_the_style_of_the_caller_changes_no_pixel(tmp_path):
    import matplotlib as mplib

    pens.save(imu(), tmp_path / "plain.png")
    loud = {"font.size": 30, "font.family": "serif", "lines.dashed_pattern": [9, 9], "figure.facecolor": "red"}
    loud |= {"savefig.bbox": "tight", "figure.constrained_layout.use": True, "savefig.transparent": True}
    with mplib.rc_context(loud):
        pens.save(imu(), tmp_path / "loud.png")
        assert mplib.rcParams["font.size"] == 30
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "loud.png").read_bytes()


@pytest.mark.parametrize("engine", [None, "constrained"])
def test_in_axes_of_the_caller_everything_shrinks_together(engine):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), dpi=300, layout=engine)
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    right.set_title("another")
    assert mpl.draw(imu(), ax=left) is left
    figure.canvas.draw()
    assert_readable(left, smallest=1.0)


def chain(n):
    boxes = [Box(f"layer{i}", "layer", "Rate", 10, 10, C, C, 0.001) for i in range(n)]
    return Scene("", boxes, [Arrow(a.name, b.name) for a, b in pairwise(boxes)])


def test_a_long_chain_is_wrapped_into_rows():
    layout = lay_out(chain(24))
    assert layout.width < 9.5 * 72
    assert len({placed.rect[1] for placed in layout.boxes}) > 1


def test_a_thousand_layers_are_drawn_small_but_legibly():
    rng = np.random.default_rng(0)
    scene = chain(1000)
    more = [Arrow(f"layer{i}", f"layer{i + 1 + int(rng.integers(6))}") for i in range(990)]
    layout = lay_out(Scene("", scene.boxes, [*scene.arrows, *more]))
    rects = [placed.rect for placed in layout.boxes]
    assert overlaps(rects, rects).sum() == 1000  # each meets itself alone
    assert min(line.size for placed in layout.boxes for line in placed.lines) >= 8
    assert [placed.lines[0].text for placed in layout.boxes] == [box.name for box in scene.boxes]


def test_ten_thousand_layers_are_refused_with_the_way_out():
    with pytest.raises(ParameterError, match=r"10000 layers and 9999 edges.*at most 2000") as caught:
        mpl.draw(chain(10_000))
    assert "net.to_dot()" in str(caught.value.hint)


def test_an_empty_network_is_an_empty_picture(tmp_path):
    pens.save(Scene("", [], []), tmp_path / "empty.png")
    assert mpl.draw(Scene("nothing", [], [])).texts[0].get_text() == "nothing"


def test_a_scene_refuses_what_cannot_be_drawn():
    a = Box("alpha", "layer", "Rate", 1, 1, C, C)
    with pytest.raises(ParameterError, match="two boxes of the scene are named 'alpha'"):
        Scene("", [a, a], [])
    with pytest.raises(UnknownName, match="no box named 'alpa' in arrow 'alpha -> alpa'; did you mean 'alpha'"):
        Scene("", [a], [Arrow("alpha", "alpa")])
    with pytest.raises(UnknownName, match="TSSpike"):
        Scene("", [a], [Arrow("alpha", "alpha", type="TSSpike")])


def test_an_unknown_ending_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ParameterError, match=r"cannot draw a \.bmp"):
        pens.save(imu(), tmp_path / "n.bmp")
    assert list(tmp_path.iterdir()) == []


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60), st.floats(20, 200))
@settings(max_examples=60, deadline=None)
def test_shortened_words_fit_and_keep_their_ends(text, room):
    short = shorten(text, 8.0, False, room)
    assert measure(short, 8.0)[0] <= room
    head, _, tail = short.partition("…")
    assert short == text or (text.startswith(head) and text.endswith(tail))


def test_words_say_both_types_and_sizes_only_where_they_differ():
    box = Box("b", "layer", "Rate", 5, 5, C, C, 2.5e-4)
    assert words(box, rates=False) == ["Rate  5", "continuous"]
    assert words(box, rates=True)[-1] == "dt 250 µs"
    assert time_words(1e-9) == "1 ns"
