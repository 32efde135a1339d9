"""Reading JSON: the standard library is the authority on what it means; lines and refusals are ours."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.errors import DocumentError
from graphnet.files import parse, to_json, to_yaml

from .strategies import documents, finite


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(DocumentError) as caught:
        parse(text, file="net.json", format="json")
    assert all(one.file == "net.json" for one in caught.value.problems)
    return [(one.line, one.message) for one in caught.value.problems]


@settings(max_examples=100)
@given(documents(finite), st.sampled_from([None, 0, 1, "\t"]), st.booleans())
def test_any_layout_means_what_the_standard_library_reads(data, indent, ascii_only):
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    source = parse(text, format="json")
    assert repr(source.data) == repr(data)
    assert source.lines.keys() == parse(to_yaml(data)).lines.keys()


@settings(max_examples=60)
@given(documents(finite))
def test_a_node_stands_on_the_line_that_holds_it(data):
    text = json.dumps(data, indent=1)
    rows = text.split("\n")
    source = parse(text, format="json")
    for place, line in source.lines.items():
        if place and isinstance(place[-1], str):
            assert rows[line - 1].lstrip().startswith(json.dumps(place[-1]) + ":")
    assert list(source.lines.values()) == sorted(source.lines.values())


def test_every_node_has_the_line_where_it_stands():
    text = '\n{"a": 1,\n "b"\n:\n [1,\n  {"c":\n 2}, []],\n "d:{": "x\\n,]"}\n'
    assert dict(parse(text, format="json").lines) == {
        (): 2, ("a",): 2, ("b",): 3, ("b", 0): 5, ("b", 1): 6, ("b", 1, "c"): 6, ("b", 2): 7, ("d:{",): 8,
    }  # fmt: skip


def test_escapes_and_tabs_are_read_as_json_reads_them():
    text = '{"a\\u002f\\/":\t"\\ud83d\\ude00 \\" \\\\",\t"\\u0061": 1}'
    source = parse(text, format="json")
    assert source.data == {"a//": '\U0001f600 " \\', "a": 1} == json.loads(text)
    assert source.lines["a//",] == 1


def test_independent_problems_are_reported_together_in_the_order_of_lines():
    text = (
        '{"a": NaN,\n"b": [Infinity,\n-Infinity],\n"\\u0061": 1,\n"c": {"d": 1, "d": 2},\n"e": 1e999, "f": "\\ud800"}'
    )
    assert problems(text) == [
        (1, "NaN is not JSON; write it in YAML, as .nan or .inf"),
        (2, "Infinity is not JSON; write it in YAML, as .nan or .inf"),
        (3, "-Infinity is not JSON; write it in YAML, as .nan or .inf"),
        (4, "the key 'a' stands twice, on lines 1 and 4; keep one of them"),
        (5, "the key 'd' stands twice, on lines 5 and 5; keep one of them"),
        (6, "1e999 is beyond the largest float, about 1.8e308"),
        (6, "half of a surrogate pair is no character"),
    ]


def test_words_inside_text_are_no_numbers():
    assert parse('{"NaN": "Infinity"}', format="json").data == {"NaN": "Infinity"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('{"a": 1,\n}', 2, "no comma after the last entry"),
        ('{"a": [1,\n]}', 2, "no comma after the last item"),
        ('{"a": 1\n"b": 2}', 2, "a comma or a closing bracket is missing"),
        ("{'a': 1}", 1, "keys stand in double quotes"),
        ('{"a": 1} // x', 1, "one value a file"),
        ('{"a": "x\ny"}', 1, "a line break or tab is written \\n or \\t"),
        ('{"a":\n"x}', 2, "a quote is not closed"),
        ('{"a": 010}', 1, "JSON syntax"),
        ('{"a":\n' + "9" * 5000 + "}", 2, "an integer is too long to read"),
        ('{"a":\n' + "[" * 100 + "]" * 100 + "}", 2, "nested deeper than 64 levels"),
        ('{"a":\n' + "[" * 100_000 + "]" * 100_000 + "}", 2, "nested deeper than 64 levels"),
        ("", 1, "the document is empty"),
        (" \n", 1, "the document is empty"),
        ("null", 1, "the document is empty"),
        ("[1]", 1, "the top of a document is a mapping; this is a list"),
    ],
)
def test_unsound_text_is_refused_with_line_and_cure(text, line, words):
    found = problems(text)
    assert len(found) == 1
    assert found[0][0] == line
    assert words in found[0][1]


@settings(max_examples=200)
@given(st.text(alphabet='ab:-[]{},"\\u018dNaIe \n\t.', max_size=30))
def test_any_text_is_read_as_the_standard_library_reads_it_or_refused(text):
    try:
        source = parse(text, format="json")
    except DocumentError as error:
        assert all(one.line >= 1 for one in error.problems)
    else:
        assert repr(source.data) == repr(json.loads(text)) == repr(json.loads(to_json(source.data)))
