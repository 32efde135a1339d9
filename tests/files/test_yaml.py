"""Reading YAML: the core schema of YAML 1.2, lines, every error with its line, and bombs defused."""

from __future__ import annotations

import math
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.errors import DocumentError, ParameterError
from graphnet.files import parse, to_yaml

from .strategies import documents


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(DocumentError) as caught:
        parse(text, file="net.yaml")
    assert all(one.file == "net.yaml" for one in caught.value.problems)
    return [(one.line, one.message) for one in caught.value.problems]


def only_problem(text: str) -> tuple[int, str]:
    found = problems(text)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        # YAML 1.2.2, section 10.3.2, the table of the core schema and its example
        ("null", None), ("Null", None), ("NULL", None), ("~", None), ("", None),
        ("true", True), ("True", True), ("TRUE", True),
        ("false", False), ("False", False), ("FALSE", False),
        ("0", 0), ("0o7", 7), ("0x3A", 58), ("-19", -19), ("+12", 12), ("010", 10), ("007", 7),
        ("0.", 0.0), ("-0.0", -0.0), (".5", 0.5), ("1.", 1.0),
        ("+12e03", 12000.0), ("-2E+05", -200000.0), ("1e-3", 0.001),
        (".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf), (".nan", math.nan), (".NaN", math.nan),
        # text in 1.2, something else in 1.1
        ("on", "on"), ("Off", "Off"), ("yes", "yes"), ("NO", "NO"), ("y", "y"),
        ("1:30", "1:30"), ("190:20:30", "190:20:30"),
        ("2001-12-14", "2001-12-14"), ("1_000", "1_000"), ("0b101", "0b101"), ("=", "="),
        # near misses
        ("nULL", "nULL"), ("tRUE", "tRUE"), (".iNF", ".iNF"), ("+.nan", "+.nan"),
        ("0O7", "0O7"), ("0o8", "0o8"), ("+0x1", "+0x1"),
        ("1e", "1e"), (".", "."), ("-", None), ("1.2.3", "1.2.3"), ("٣", "٣"),
    ],
)  # fmt: skip
def test_unquoted_words_are_resolved_by_the_core_schema(word, value):
    if word == "-":
        assert parse("a:\n-\n").data == {"a": [None]}
        return
    assert repr(parse(f"a: {word}\n").data["a"]) == repr(value)


def test_quoted_and_block_text_is_always_text():
    text = "a: '1'\nb: \"null\"\nc: |-\n  1e3\nd: >-\n  true\ne: ''\n"
    assert parse(text).data == {"a": "1", "b": "null", "c": "1e3", "d": "true", "e": ""}


def test_core_tags_choose_the_type():
    text = (
        "a: !!str 1\nb: !!int '0x10'\nc: !!float 1\nd: !!bool 'true'\ne: !!null ''\nf: ! 1\ng: !!map {}\nh: !!seq []\n"
    )
    expected = {"a": "1", "b": 16, "c": 1.0, "d": True, "e": None, "f": "1", "g": {}, "h": []}
    assert repr(parse(text).data) == repr(expected)


def test_every_node_has_the_line_where_it_stands():
    source = parse(
        "# comment\nname: x\nlayers:\n  res:\n    tau:\n      0.1\n    w: [1,\n      2]\n"
        "edges:\n- a -> b\n-\n  c -> d\n- {p: 1}\n"
    )
    assert dict(source.lines) == {
        (): 2, ("name",): 2, ("layers",): 3, ("layers", "res"): 4, ("layers", "res", "tau"): 5,
        ("layers", "res", "w"): 7,
        ("layers", "res", "w", 0): 7, ("layers", "res", "w", 1): 8, ("edges",): 9, ("edges", 0): 10, ("edges", 1): 12,
        ("edges", 2): 13, ("edges", 2, "p"): 13,
    }  # fmt: skip
    assert source.line(("layers", "res", "missing", 3)) == 4
    assert source.line(("edges", 7)) == 9
    assert source.line(("edges", "0")) == 9
    assert source.place(("edges", 1)) == ("", 12)
    assert ("nope",) not in source.lines


def walk(data, place=()):
    yield place
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, below in inner:
        yield from walk(below, (*place, step))


@settings(max_examples=100)
@given(documents())
def test_every_node_of_a_document_has_a_line_and_nothing_else_has(data):
    assert list(parse(to_yaml(data)).lines) == list(walk(data))


def test_an_alias_repeats_its_anchor_and_has_its_own_line():
    source = parse("a: &x\n  tau: 1\nb: *x\nc: [*x, &y 5, *y]\n")
    assert source.data == {"a": {"tau": 1}, "b": {"tau": 1}, "c": [{"tau": 1}, 5, 5]}
    assert source.lines["b",] == 3
    assert source.lines["b", "tau"] == 2
    assert source.lines["c", 2] == 4


def test_independent_problems_are_reported_together_in_the_order_of_lines():
    text = (
        "a: 1\nb: !x 2\na: 3\n1: 4\nc: {d: 1, d: 2}\n<<: {e: 1}\n"
        "f: !!int x\ng: 1e999\nh: *none\n? [k]\n: 1\n? {a: 1, a: 2}\n: 2\n"
    )
    found = problems(text)
    assert [line for line, _ in found] == [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 12]
    messages = [message for _, message in found]
    assert "the tag !x means nothing here" in messages[0]
    assert messages[1] == "the key 'a' stands twice, on lines 1 and 3; keep one of them"
    assert "the key 1 is a number; keys are text" in messages[2]
    assert messages[3] == "the key 'd' stands twice, on lines 5 and 5; keep one of them"
    assert "merge keys (<<)" in messages[4]
    assert messages[5] == "'x' is no integer"
    assert messages[6] == "1e999 is beyond the largest float, about 1.8e308"
    assert "the alias *none repeats nothing" in messages[7]
    assert "the key is a list" in messages[8]


def test_a_key_that_is_spelt_in_two_ways_is_still_one_key():
    assert "stands twice" in only_problem('a: 1\n"\\x61": 2\n')[1]


def test_a_quoted_merge_sign_is_a_key_like_any_other():
    assert parse('"<<": 1\n').data == {"<<": 1}


@pytest.mark.parametrize("key", ["1", "true", "~", "null", "1.5", ".nan", "0x1"])
def test_keys_that_are_no_text_are_refused(key):
    line, message = only_problem(f"a: 0\n{key}: 1\n")
    assert line == 2
    assert "keys are text, so put it in quotes" in message


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system ['true']", "!!binary aGk=", "!!set {a: null}", "!!timestamp 2001-01-01",
            "!own {a: 1}", "!!seq {a: 1}", "!!map [1]", "!!str [1]", "!!python/name:os.system ''"],
)  # fmt: skip
def test_tags_beyond_the_core_build_nothing_and_are_refused(tag):
    line, message = only_problem(f"x: 1\na: {tag}\n")
    assert line == 2
    assert "means nothing here" in message


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: c: d\n", 2, "text that contains ': ' needs quotes"),
        ("a:\n\tb: 1\n", 2, "indent with spaces, not tabs"),
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "a list in [ ] is not closed"),
        ("a: 1\nb: 'x\n", 3, "that begins on line 2 (a quote is not closed)"),
        ("a:\n- 1\nb\n", 4, "a key is followed by ': '"),
        ("a: 1\nb: \x01\n", 2, "the character U+0001 may not stand in YAML"),
        ("é: 1\nb: @x\n", 2, "that begins with % @ or ` in quotes"),
        ('a: "\\q"\n', 1, "a backslash is written"),
        ("a: 1\n---\nb: 2\n", 2, "a second document begins here"),
        ("a: 1\n...\nb: 2\n", 3, "nothing may follow the end of a document"),
        ("a: 1\nb: \ud800\n", 2, "half of a surrogate pair"),
        ("a: &x [*x]\n", 1, "the alias *x stands inside what it repeats"),
    ],
)
def test_unsound_text_is_refused_with_line_and_cure(text, line, words):
    found = only_problem(text)
    assert found[0] == line
    assert words in found[1]


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "~\n", "\ufeff"])
def test_an_empty_document_says_so(text):
    line, message = only_problem(text)
    assert line == 1
    assert message.startswith("the document is empty")


@pytest.mark.parametrize(
    ("text", "what"), [("- a\n", "a list"), ("abc\n", "text"), ("5\n", "a number"), ("true\n", "true or false")]
)
def test_a_top_that_is_no_mapping_says_what_it_is(text, what):
    assert only_problem(text)[1].startswith(f"the top of a document is a mapping; this is {what}")


def test_byte_order_mark_and_carriage_returns_change_nothing():
    source = parse("\ufeffa: 1\r\nb: 2\r\n")
    assert source.data == {"a": 1, "b": 2}
    assert source.lines["b",] == 2


def test_an_unknown_format_is_named():
    with pytest.raises(ParameterError, match="format is 'yaml' or 'json', not 'toml'"):
        parse("a = 1", format="toml")  # type: ignore[arg-type]


# -- bombs


def laughs(levels: int, width: int = 9) -> str:
    rows = ['a0: &a0 ["lol", "lol"]'] + [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * width)}]" for k in range(1, levels)]
    return "\n".join(rows) + "\n"


def refusal_time(text: str) -> tuple[float, str]:
    start = time.process_time()
    message = only_problem(text)[1]
    return time.process_time() - start, message


def test_a_billion_laughs_are_refused_at_once():
    seconds, message = refusal_time(laughs(9))
    assert "more than 4,000,000 nodes" in message
    assert seconds < 0.1


def test_a_bomb_below_the_limit_of_nodes_is_refused_by_what_its_aliases_add():
    seconds, message = refusal_time(laughs(6))
    assert "aliases repeat" in message
    assert seconds < 0.1


def test_a_bomb_of_merge_keys_is_refused_by_its_merge_keys():
    rows = ["m0: &m0 {k: 1}"] + [f"m{k}: &m{k} {{<<: [{', '.join([f'*m{k - 1}'] * 9)}]}}" for k in range(1, 5)]
    found = problems("\n".join(rows))
    assert [line for line, message in found if "merge keys" in message] == [2, 3, 4, 5]


def test_aliases_used_with_measure_are_accepted():
    """A block of defaults of 20 entries for 500 layers adds 10,000 nodes to about 1,500."""
    defaults = "defaults: &d {" + ", ".join(f"k{k}: {k}" for k in range(20)) + "}\n"
    text = defaults + "layers:\n" + "".join(f"  l{k}: {{params: *d}}\n" for k in range(500))
    assert parse(text).data["layers"]["l499"]["params"]["k19"] == 19


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 65,
        "a: " + "[" * 1_000_000,
        "? " * 100_000,
        "- " * 100_000,
        "\n".join(" " * k + "k:" for k in range(3000)),
    ],
)
def test_depth_is_refused_before_it_hurts(text):
    seconds, message = refusal_time(text)
    assert "nested deeper than 64 levels" in message
    assert seconds < 1


def test_depth_counts_through_aliases():
    rows = ["a0: &a0 [x]"] + [f"a{k}: &a{k} [*a{k - 1}]" for k in range(1, 100)]
    assert "nests the document deeper than 64 levels" in only_problem("\n".join(rows))[1]
    assert parse("\n".join(rows[:63])).data["a0"] == ["x"]


@settings(max_examples=300)
@given(st.text(alphabet="ab:-[]{},&*!<?#|>'\"%@~\n \t1.\\\ufeff\u2028", max_size=30))
def test_any_text_gives_a_document_or_a_document_error(text):
    try:
        source = parse(text)
    except DocumentError as error:
        assert all(one.line >= 1 and one.message for one in error.problems)
    else:
        assert repr(parse(to_yaml(source.data)).data) == repr(source.data)


def same_structure(ours, texts) -> bool:
    """Whether our data and one of texts alone have the same shape, keys and, where ours is text, text."""
    if isinstance(ours, dict):
        return ours.keys() == texts.keys() and all(same_structure(ours[key], texts[key]) for key in ours)
    if isinstance(ours, list):
        return len(ours) == len(texts) and all(map(same_structure, ours, texts))
    return isinstance(texts, str) and (not isinstance(ours, str) or ours == texts)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(["a", "b", ": ", "\n", "\n  ", "- ", "[", "]", "{", "}", ", ", "&x ", "*x", "1", "|\n", "'"]),
        max_size=16,
    )
)
def test_the_structure_is_the_one_that_the_parser_composes(pieces):
    text = "a: " + "".join(pieces)
    try:
        source = parse(text)
    except DocumentError:
        return
    assert same_structure(source.data, yaml.load(text, yaml.BaseLoader))


@settings(max_examples=100)
@given(documents())
def test_the_pure_python_parser_reads_the_same(data):
    text = to_yaml(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml, "__with_libyaml__", False)
        slow = parse(text)
    fast = parse(text)
    assert repr(slow.data) == repr(fast.data)
    assert dict(slow.lines) == dict(fast.lines)
