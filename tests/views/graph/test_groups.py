"""Sub-networks shown as one box: every edge between what is shown is shown, and no other."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.errors import UnknownName
from graphnet.graph import components
from graphnet.views.graph.drawing import Arrow, Box, Scene
from graphnet.views.graph.groups import collapsed, groups, outer

C, E = "TSContinuous", "TSEvent"
PLACES = ["", "", "front.", "front.inner.", "front.inner.deep.", "back.", "back.inner."]


@st.composite
def any_nested(draw):
    n = draw(st.integers(1, 15))
    names = [f"{draw(st.sampled_from(PLACES))}l{i}" for i in range(n)]
    kinds = st.sampled_from(["layer", "layer", "layer", "input"])
    boxes = [Box(name, draw(kinds), "Rate", 1, 1, C, draw(st.sampled_from([C, E]))) for name in names]
    ends = st.sampled_from(names)
    drawn = draw(st.lists(st.tuples(ends, ends, st.sampled_from([C, E]), st.booleans()), max_size=30))
    return Scene("n", boxes, [Arrow(pre, post, "", kind, delayed) for pre, post, kind, delayed in drawn])


@st.composite
def any_opening(draw):
    scene = draw(any_nested())
    return scene, draw(st.sets(st.sampled_from(sorted(groups(scene))))) if groups(scene) else set()


def seen(name, paths, opened):
    """What stands for a box, said another way: its outermost closed group."""
    return next((path for path in outer(name) if path in paths and path not in opened), name)


@given(any_opening())
def test_every_edge_between_different_shown_boxes_is_counted_once_and_none_is_invented(given_):
    scene, opened = given_
    paths = groups(scene)
    wanted: dict[tuple[str, str, str], int] = {}
    for arrow in scene.arrows:
        ends = seen(arrow.pre, paths, opened), seen(arrow.post, paths, opened)
        if ends[0] != ends[1] or arrow.pre == arrow.post == ends[0]:
            wanted[*ends, arrow.type] = wanted.get((*ends, arrow.type), 0) + 1
    found: dict[tuple[str, str, str], int] = {}
    for arrow in collapsed(scene, opened).arrows:
        key = arrow.pre, arrow.post, arrow.type
        found[key] = found.get(key, 0) + arrow.count
    assert found == wanted


@given(any_opening())
def test_an_arrow_at_a_closed_group_is_one_for_each_type(given_):
    scene, opened = given_
    shown = collapsed(scene, opened)
    closed = {box.name for box in shown.boxes if box.kind == "group"}
    at_groups = [(one.pre, one.post, one.type) for one in shown.arrows if closed & {one.pre, one.post}]
    assert len(at_groups) == len(set(at_groups))
    assert all((f"{one.count} edges" == one.label) == (one.count > 1) for one in shown.arrows)


@given(any_opening())
def test_every_layer_is_shown_or_counted(given_):
    scene, opened = given_
    shown = collapsed(scene, opened)
    layers = sum(box.layers if box.kind == "group" else box.kind == "layer" for box in shown.boxes)
    assert layers == sum(box.kind == "layer" for box in scene.boxes)
    assert {box.name for box in shown.boxes} == {seen(box.name, groups(scene), opened) for box in scene.boxes}


@given(any_opening())
def test_closing_in_two_steps_is_closing_at_once(given_):
    scene, opened = given_
    first = {path for path in groups(scene) if "." not in path} | opened
    assert {
        box.name for box in collapsed(collapsed(scene, first), opened & groups(collapsed(scene, first)).keys()).boxes
    } == {box.name for box in collapsed(scene, opened).boxes}


@given(any_nested())
def test_with_all_open_the_scene_is_as_it_was(scene):
    assert collapsed(scene, groups(scene)) == scene


@given(any_nested())
def test_outer_groups_come_before_inner_ones_and_hold_as_many_layers(scene):
    found = groups(scene)
    paths = list(found)
    for path in paths:
        for larger in outer(path):
            assert paths.index(larger) < paths.index(path)
            assert found[larger] >= found[path]


@given(any_opening())
def test_without_the_arrows_that_run_back_nothing_waits_for_itself(given_):
    for scene in (given_[0], collapsed(*given_)):
        number = {box.name: i for i, box in enumerate(scene.boxes)}
        following = [[] for _ in number]
        for arrow in scene.arrows:
            if not arrow.back:
                following[number[arrow.pre]].append(number[arrow.post])
        assert len(components(following)) == len(number)
        assert all(arrow.back for arrow in scene.arrows if arrow.pre == arrow.post)


def test_of_a_loop_the_delayed_edge_runs_back():
    names = ["d", "a", "b", "c"]
    boxes = [Box(name, "layer", "Rate", 1, 1, C, C) for name in names]
    arrows = [Arrow(pre, post, delayed=post == "d") for pre, post in pairwise(["a", "b", "c", "d", "a"])]
    assert [arrow.post for arrow in Scene("", boxes, arrows).arrows if arrow.back] == ["d"]


def test_an_inner_group_stays_closed_with_its_outer_one():
    scene = Scene("n", [Box("front.inner.a", "layer", "Rate", 1, 1, C, C)], [])
    assert [box.name for box in collapsed(scene, ["front.inner"]).boxes] == ["front"]
    assert [box.name for box in collapsed(scene, ["front"]).boxes] == ["front.inner"]


def test_what_is_no_group_cannot_be_opened():
    scene = Scene("n", [Box("front.a", "layer", "Rate", 1, 1, C, C)], [])
    with pytest.raises(UnknownName, match="no sub-network named 'frnt' in 'n'; did you mean 'front'"):
        collapsed(scene, ["frnt"])
