"""The schema for editors: a stock validator takes every example, and refuses what we refuse."""

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from graphnet import DocumentError, Network
from graphnet.cli import status
from graphnet.document.describing import json_schema
from graphnet.files import read

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(ROOT.glob("examples/*/*.yaml"))

SOUND = {
    "version": 1,
    "name": "small",
    "seed": 3,
    "inputs": {"x": {"size": 2}},
    "layers": {
        "a": {"type": "Rate", "weights": [[1.0, 0.0], [0.0, 1.0]], "tau": 0.01, "activation": "tanh"},
        "b": {"type": "PassThrough", "size": 2},
    },
    "edges": ["x -> a", "a -> b @ 5 ms"],
    "merge": {"b": "sum"},
    "outputs": ["b"],
    "record": ["a", "b"],
    "run": {"duration": 0.05, "checkpoint": 0.01, "block": 10, "backend": "threads", "workers": 2},
    "sweep": {"over": {"layers.a.tau": [0.01, 0.02], "seed": {"linspace": [1.0, 3.0, 3.0]}}, "combine": "zip"},
}

WRONG = {
    "a key that is not known": (("layer",), {}),
    "a section of another type": (("layers",), []),
    "a version to come": (("version",), 2),
    "a version in words": (("version",), "one"),
    "a seed in words": (("seed",), "seven"),
    "an input without a size": (("inputs", "x"), {}),
    "an input of no channels": (("inputs", "x", "size"), 0),
    "an input of another kind": (("inputs", "x", "type"), "TSDiscrete"),
    "a layer that is a number": (("layers", "a"), 3),
    "a layer without a type": (("layers", "a"), {"tau": 0.01}),
    "a type of layer that is not known": (("layers", "a", "type"), "Rat"),
    "a parameter that is not known": (("layers", "a", "tua"), 0.01),
    "a parameter out of bounds": (("layers", "a", "tau"), -0.01),
    "a parameter of another type": (("layers", "a", "tau"), [True]),
    "a parameter that is lacking": (("layers", "b"), {"type": "Rate"}),
    "edges that are text": (("edges",), "x -> a"),
    "a merge that is not offered": (("merge", "b"), "mean"),
    "a duration below zero": (("run", "duration"), -1.0),
    "a checkpoint that never comes": (("run", "checkpoint"), 0.0),
    "a key of a run that is not known": (("run", "durations"), 1.0),
    "a sweep over nothing": (("sweep", "over"), {}),
    "a key swept over no values": (("sweep", "over", "seed"), []),
    "a spread that is not known": (("sweep", "over", "seed"), {"geomspace": [1.0, 2.0, 3.0]}),
    "a spread without its number": (("sweep", "over", "seed"), {"linspace": [1.0, 2.0]}),
    "another way to combine": (("sweep", "combine"), "sum"),
}


@pytest.fixture(scope="module")
def validator():
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_a_stock_validator_takes_every_example(path, validator):
    assert [error.message for error in validator.iter_errors(read(path).data)] == []


def test_both_take_a_document_that_uses_every_section(validator):
    assert [error.message for error in validator.iter_errors(SOUND)] == []
    Network.from_document(SOUND)


@pytest.mark.parametrize("kind", WRONG)
def test_both_refuse_what_is_wrong(kind, validator):
    (*way, last), value = WRONG[kind]
    wrong = copy.deepcopy(SOUND)
    inner = wrong
    for step in way:
        inner = inner[step]
    inner[last] = value
    assert not validator.is_valid(wrong)
    with pytest.raises(DocumentError):
        Network.from_document(wrong)


def test_the_command_writes_the_schema_whole_and_alike(tmp_path, capfd):
    assert status(["schema", "-o", str(tmp_path / "schema.json")]) == 0
    assert status(["schema"]) == 0
    text = (tmp_path / "schema.json").read_text(encoding="utf-8")
    assert capfd.readouterr().out == text
    assert json.loads(text) == json_schema()


def test_the_schema_tells_unit_bounds_default_and_meaning_of_a_parameter():
    tau = json_schema()["$defs"]["layer.LIF"]["properties"]["tau_mem"]
    assert tau["unit"] == "s"
    assert tau["default"] == 0.02
    assert tau["description"]
