"""What is written is read back as it was: value, type, order, sign of zero."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings

from graphnet.errors import ParameterError, ParameterTypeError
from graphnet.files import parse, read, to_json, to_yaml, without_editors, write

from .strategies import MISREAD, documents, finite


def exactly(value: Any) -> str:
    """A spelling equal only for equal values, types and orders: 1, 1.0 and True compare equal, 0.0 and -0.0 too."""
    return repr(value)


@settings(max_examples=150)
@given(documents())
def test_yaml_comes_back_as_it_went(data):
    assert exactly(parse(to_yaml(data)).data) == exactly(data)


@settings(max_examples=80)
@given(documents())
def test_readers_of_yaml_1_1_read_the_same(data):
    assert exactly(yaml.safe_load(to_yaml(data))) == exactly(data)


@settings(max_examples=100)
@given(documents(finite))
def test_json_comes_back_as_it_went_and_means_the_same_to_the_standard_library(data):
    text = to_json(data)
    assert exactly(parse(text, format="json").data) == exactly(data)
    assert exactly(json.loads(text)) == exactly(data)


@pytest.mark.parametrize("text", MISREAD)
def test_a_word_that_some_reader_misreads_survives_as_key_value_and_item(text):
    data = {text: text, "list": [text, [text]], "inner": {"k": {text: [{text: text}]}}}
    for reader in (lambda t: parse(t).data, yaml.safe_load):
        assert exactly(reader(to_yaml(data))) == exactly(data)
    assert exactly(parse(to_json(data), format="json").data) == exactly(data)


def test_nan_survives_yaml_and_is_refused_by_json():
    data = {"a": {"b": [float("nan")]}}
    assert exactly(parse(to_yaml(data)).data) == exactly(data)
    with pytest.raises(ParameterError, match=r"a\.b\.0: nan has no spelling in JSON"):
        to_json(data)


def test_arrays_numpy_numbers_and_tuples_become_lists_and_numbers():
    data = {
        "w": np.arange(6.0).reshape(2, 3),
        "n": np.int64(3),
        "x": np.float64(0.1),
        "b": np.bool_(True),
        "t": (1, "a"),
    }
    plain = {"w": [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], "n": 3, "x": 0.1, "b": True, "t": [1, "a"]}
    assert exactly(parse(to_yaml(data)).data) == exactly(plain)
    assert exactly(json.loads(to_json(data))) == exactly(plain)


@pytest.mark.parametrize("written", [to_yaml, to_json])
def test_what_no_document_can_hold_is_refused_by_its_place(written):
    with pytest.raises(ParameterTypeError, match=r"layers\.res: set cannot stand in a document"):
        written({"layers": {"res": {1, 2}}})
    with pytest.raises(ParameterTypeError, match=r"layers\.z\.0: complex cannot stand"):
        written({"layers": {"z": np.array([1j])}})
    with pytest.raises(ParameterTypeError, match="a: the key 1 is no text"):
        written({"a": {1: 2}})
    with pytest.raises(ParameterError, match="x: half of a surrogate pair"):
        written({"x": "\ud800"})
    with pytest.raises(ParameterTypeError, match="a document is a dict, not list"):
        written([1])


@pytest.mark.parametrize("written", [to_yaml, to_json])
def test_data_that_hold_themselves_are_refused(written):
    data: dict[str, Any] = {}
    data["me"] = {"again": data}
    with pytest.raises(ParameterError, match="deeper than 64 levels, or holds itself"):
        written(data)


def nested(levels: int) -> dict[str, Any]:
    data: Any = {"k": 1}
    for _ in range(levels - 1):
        data = {"k": data}
    return data


def test_the_deepest_document_that_is_written_is_read_and_one_level_more_is_not():
    assert parse(to_yaml(nested(64))).data == nested(64)
    assert parse(to_json(nested(64)), format="json").data == nested(64)
    for written in (to_yaml, to_json):
        with pytest.raises(ParameterError, match="64 levels"):
            written(nested(65))


def test_layout_is_one_entry_a_line_rows_filled_to_the_width_and_edges_in_a_list():
    data = {
        "name": "imu",
        "layers": {"res": {"type": "Rate", "tau": 0.02, "bands": [[1, 2], [4, 8]], "doc": "Line one.\nLine two.\n"}},
        "weights": [[k + 0.5 for k in range(20)], [0.25] * 20],
        "edges": ["imu -> res @ 3 ms", "res -> readout"],
        "sweep": [{"a": 1, "b": {}}, [], "x"],
    }
    assert (
        to_yaml(data)
        == """\
name: imu
layers:
  res:
    type: Rate
    tau: 0.02
    bands: [[1, 2], [4, 8]]
    doc: |
      Line one.
      Line two.
weights:
  - [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11.5, 12.5, 13.5, 14.5, 15.5, 16.5, 17.5, 18.5,
    19.5]
  - [0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25,
    0.25, 0.25, 0.25]
edges:
  - imu -> res @ 3 ms
  - res -> readout
sweep:
  - a: 1
    b: {}
  - []
  - x
"""
    )


@settings(max_examples=50)
@given(documents(finite))
def test_a_file_holds_the_text_and_its_suffix_chooses_the_format(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("documents")
    for name, text in (("a.yaml", to_yaml(data)), ("a.YML", to_yaml(data)), ("a.json", to_json(data))):
        write(data, folder / name)
        assert without_editors((folder / name).read_bytes()) == text.encode()
        assert exactly(read(folder / name).data) == exactly(data)
