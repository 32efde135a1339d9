"""Arrows that run back: which they are, and that they lie below what leads forward."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet import Network
from graphnet.graph import components
from graphnet.views.graph.drawing import Arrow, Box, Scene
from graphnet.views.graph.feedback import running_back
from graphnet.views.graph.labels import overlaps, segments
from graphnet.views.graph.layout import lay_out
from graphnet.views.graph.scene import scene
from layers import Rate

C = "TSContinuous"


def box(name):
    return Box(name, "layer", "Rate", 1, 1, C, C)


@st.composite
def any_arrows(draw):
    n = draw(st.integers(1, 12))
    ends = st.integers(0, n - 1)
    drawn = draw(st.lists(st.tuples(ends, ends, st.booleans()), max_size=30))
    return [str(i) for i in range(n)], [(str(pre), str(post), delayed, False) for pre, post, delayed in drawn]


@given(any_arrows())
def test_the_others_contain_no_cycle_and_none_outside_a_loop_runs_back(given_):
    names, arrows = given_
    back = running_back(names, arrows)
    forth, every = ([[] for _ in names] for _ in range(2))
    for (pre, post, *_), runs in zip(arrows, back, strict=True):
        every[int(pre)].append(int(post))
        if not runs:
            forth[int(pre)].append(int(post))
    assert len(components(forth)) == len(names)
    home = {node: i for i, nodes in enumerate(components(every)) for node in nodes}
    assert all(home[int(pre)] == home[int(post)] for (pre, post, *_), runs in zip(arrows, back, strict=True) if runs)


@given(any_arrows())
def test_where_every_loop_has_a_delay_only_delayed_arrows_run_back(given_):
    names, arrows = given_
    arrows = [(pre, post, int(post) <= int(pre) or delayed, known) for pre, post, delayed, known in arrows]
    back = running_back(names, arrows)
    assert all(delayed for (_, _, delayed, _), runs in zip(arrows, back, strict=True) if runs)


def loop():
    net = Network(name="loop")
    net.input("x", 4)
    for name in "dcba":  # added from the end, so that the order of adding says nothing
        net.add_layer(Rate(np.eye(4)), name=name)
    net.connect("x", "a", merge="sum")
    net.connect_many([("a", "b"), ("b", "c"), ("c", "d")])
    net.connect("d", "a", delay=0.01, merge="sum")
    return net


def test_the_delayed_edge_of_a_network_runs_back():
    assert [(one.pre, one.post) for one in scene(loop()).arrows if one.back] == [("d", "a")]


@pytest.mark.parametrize("size", [2, 5, 12])
def test_of_a_chain_that_is_closed_the_last_arrow_lies_below_all_boxes(size):
    boxes = [box(f"layer{i}") for i in range(size)]
    arrows = [Arrow(a.name, b.name) for a, b in pairwise(boxes)]
    layout = lay_out(Scene("", boxes, [*arrows, Arrow(boxes[-1].name, boxes[0].name, "@ 3 ms", C, True)]))
    *_, back = layout.arrows
    rects = {placed.box.name: placed.rect for placed in layout.boxes}
    if len({rect[1] for rect in rects.values()}) == 1:  # else the chain is wrapped into rows
        deepest = max(rect[3] for rect in rects.values())
        flat = max(pairwise(back.points), key=lambda one: abs(one[0][0] - one[1][0]))
        assert min(flat[0][1], flat[1][1]) > deepest
    assert back.points[0][0] == rects[boxes[-1].name][2]  # out at the right, in at the left, as any other
    assert back.points[-1][0] == rects[boxes[0].name][0]


@settings(max_examples=25, deadline=None)
@given(any_arrows())
def test_ways_back_meet_no_box_and_run_along_no_other_arrow(given_):
    names, arrows = given_
    shown = Scene("", [box(name) for name in names], [Arrow(pre, post, "", C, late) for pre, post, late, _ in arrows])
    layout = lay_out(shown)
    rects = [placed.rect for placed in layout.boxes]
    ways = [(one.arrow, segments(one.points)) for one in layout.arrows]
    for arrow, way in ways:
        assert not overlaps(way, rects, -0.5).any()
        if arrow.back and arrow.pre != arrow.post:
            others = [
                stretch
                for other, found in ways
                if other is not arrow and {other.pre, other.post} != {arrow.pre, arrow.post}
                for stretch in found
            ]
            for stretch in way:
                for other in others:
                    assert not _along(stretch, other)


def _along(one, other):
    """Whether two stretches lie on each other."""
    flat = [rect[2] - rect[0] > rect[3] - rect[1] for rect in (one, other)]
    if flat[0] != flat[1]:
        return False
    low, high = (1, 3) if flat[0] else (0, 2)
    start, end = (0, 2) if flat[0] else (1, 3)
    return (
        abs(one[low] - other[low]) < 1
        and abs(one[high] - other[high]) < 1
        and min(one[end], other[end]) - max(one[start], other[start]) > 1
    )
