"""``--set KEY=VALUE``: which node a key means, what it becomes, and how a problem there is named."""

from __future__ import annotations

import copy

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graphnet.errors import DocumentError, UnknownName
from graphnet.files import apply_settings, parse, spell, to_yaml

from .strategies import documents

TEXT = """\
seed: 1
layers:
  res: {type: Rate, tau: 0.02, size: 3}
  front: {type: A}
  front.filter: {type: LowPass, tau: 0.1}
  back.filter: {type: LowPass}
edges:
  - a -> b
  - b -> c
shared: &s {k: 1}
again: *s
"""


def source():
    return parse(TEXT, file="net.yaml")


def problem(*changes: str) -> str:
    with pytest.raises(DocumentError) as caught:
        apply_settings(source(), changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("setting", "place", "value"),
    [
        ("layers.res.tau=0.05", ("layers", "res", "tau"), 0.05),
        ("layers.res.tau=5e-2", ("layers", "res", "tau"), 0.05),
        (" seed = 7", ("seed",), 7),
        ("seed=", ("seed",), None),
        ("edges.1=b -> c @ 3 ms", ("edges", 1), "b -> c @ 3 ms"),
        ("edges.2=c -> d", ("edges", 2), "c -> d"),
        ("edges=[x -> y]", ("edges",), ["x -> y"]),
        ("layers.front.filter.tau=1", ("layers", "front.filter", "tau"), 1),
        ("layers.front.filter={type: B}", ("layers", "front.filter"), {"type": "B"}),
        ("layers.front.type=a=b", ("layers", "front", "type"), "a=b"),
        ("layers.res.new=on", ("layers", "res", "new"), "on"),
        ("new=!!str 1", ("new",), "1"),
    ],
)
def test_a_setting_changes_one_node_and_names_itself(setting, place, value):
    changed = apply_settings(source(), [setting])
    node = changed.data
    for step in place:
        node = node[step]
    assert node == value
    assert type(node) is type(value)
    shown = f"--set {setting.partition('=')[0].strip()}"
    assert changed.place(place) == changed.place((*place, "inside")) == (shown, 0)
    assert (changed.lines[place], changed.line(place)) == (0, 0)
    assert str(changed.problem("is wrong", place)) == f"{shown}: is wrong"


def test_everything_else_stays_and_keeps_its_line():
    before = source()
    changed = apply_settings(before, ["layers.res.tau=0.05", "edges.2=c -> d"])
    assert before.data == source().data
    assert dict(before.lines) == dict(source().lines)
    assert changed.data["layers"]["res"] == {"type": "Rate", "tau": 0.05, "size": 3}
    for place, line in before.lines.items():
        assert changed.lines[place] == (0 if place == ("layers", "res", "tau") else line)
    assert changed.place(("layers", "res", "size")) == ("net.yaml", 3)


def test_what_an_alias_repeats_is_changed_only_where_the_setting_says():
    changed = apply_settings(source(), ["again.k=2"])
    assert (changed.data["shared"], changed.data["again"]) == ({"k": 1}, {"k": 2})
    assert changed.place(("shared", "k")) == ("net.yaml", 10)
    assert changed.place(("again", "k")) == ("--set again.k", 0)


def test_later_settings_see_earlier_ones():
    changed = apply_settings(source(), ["run={duration: 1}", "run.duration=2", "run.seed=3"])
    assert changed.data["run"] == {"duration": 2, "seed": 3}
    assert changed.place(("run", "duration")) == ("--set run.duration", 0)
    assert changed.place(("run", "other")) == ("--set run", 0)
    again = apply_settings(changed, ["run={}"])
    assert again.place(("run", "duration")) == ("--set run", 0)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("layrs.res.tau=1", "--set layrs.res.tau: no key named 'layrs' in the document; did you mean 'layers'?"),
        ("layers.rse.tau=1", "--set layers.rse.tau: no key named 'rse' in layers; did you mean 'res'?"),
        (
            "layers.back.filtre.tau=1",
            "--set layers.back.filtre.tau: no key named 'back.filtre' in layers; did you mean 'back.filter'?",
        ),
        ("layers.res.tau.x=1", "--set layers.res.tau.x: layers.res.tau is a number: nothing can be set inside it"),
        ("edges.x=1", "--set edges.x: edges is a list, so an index follows it, not 'x'"),
        ("edges.3=1", "--set edges.3: edges has items 0 to 1; there is no item 3"),
        ("edges.2.x=1", "--set edges.2.x: edges has items 0 to 1; there is no item 2"),
        ("edges.-1=1", "--set edges.-1: edges is a list, so an index follows it, not '-1'"),
        ("layers.res.tau", "--set layers.res.tau: a setting is KEY=VALUE, such as layers.res.tau=0.05"),
        ("=1", "--set =1: a setting is KEY=VALUE"),
        ("seed=[1", "--set seed: YAML syntax"),
        ("seed={a: 1, a: 2}", "--set seed: the key 'a' stands twice"),
    ],
)
def test_a_setting_that_does_not_fit_names_itself_and_the_near_name(setting, message):
    assert problem(setting).startswith(message)


def test_all_settings_that_do_not_fit_are_reported_together_with_their_errors():
    with pytest.raises(DocumentError) as caught:
        apply_settings(source(), ["layrs.res.tau=1", "seed=3", "edges.x=1"])
    first, second = caught.value.problems
    assert isinstance(first.error, UnknownName)
    assert first.error.near == "layers"
    assert second.file == "--set edges.x"


def places(data, place=()):
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, below in inner:
        yield (*place, step)
        yield from places(below, (*place, step))


def can_be_spelt(place, dotted) -> bool:
    """Whether a setting means this place alone: no signs of its grammar, no blanks that it strips, no longer key."""
    words = [step for step in place if isinstance(step, str)]
    key = spell(place)
    return (
        all(words)
        and not any(set(word) & set(".=") for word in words)
        and key == key.strip()
        and not any(d in key for d in dotted)
    )


@settings(max_examples=100)
@given(documents(), st.data())
def test_every_node_whose_keys_have_no_dots_can_be_set_and_nothing_else_moves(data, draw):
    every = list(places(data))
    dotted = {step for place in every for step in place if isinstance(step, str) and "." in step}
    reachable = [place for place in every if can_be_spelt(place, dotted)]
    assume(reachable)
    place = draw.draw(st.sampled_from(reachable))
    key = spell(place)
    changed = apply_settings(parse(to_yaml(data)), [f"{key}=[new, 1e-3]"])
    expected = copy.deepcopy(data)
    node = expected
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = ["new", 0.001]
    assert repr(changed.data) == repr(expected)
    assert changed.place(place) == (f"--set {key}", 0)
