"""What differs between two documents is said as a modeller would say it."""

import copy
import json

import numpy as np
import pytest

from graphnet import Network, TSContinuous
from graphnet.cli import status
from graphnet.differences import differences
from graphnet.files import to_json, to_yaml

DOCUMENT = {
    "name": "small",
    "inputs": {"x": {"size": 2}},
    "layers": {
        "a": {"type": "Rate", "weights": [[1.0, 0.0], [0.0, 1.0]], "tau": 0.01},
        "b": {"type": "LIF", "weights": {"init": "normal", "shape": [2, 20], "seed": 4, "scale": 100.0}},
        "c": {"type": "ExpSyn", "weights": {"init": "normal", "shape": [20, 2], "seed": 5}},
    },
    "edges": ["x -> a", "a -> b @ 3 ms", "b -> c", "c -> a @ 5 ms"],
    "merge": {"a": "sum"},
    "outputs": ["c"],
    "record": ["c"],
    "run": {"duration": 0.5},
}


def edited(*way, **more):
    """The document with what stands at a place replaced, or taken away (None)."""
    (*inner, last), value = way[:-1], way[-1]
    data = copy.deepcopy(DOCUMENT)
    node = data
    for step in inner:
        node = node[step]
    if value is None:
        del node[last]
    else:
        node[last] = value
    data.update(more)
    return data


def said(data, other=DOCUMENT):
    return differences(Network.from_document(other), Network.from_document(data))


EDITS = {
    "seed": (edited("seed", 3), ["seed: 0 -> 3"]),
    "name": (edited("name", "large"), ["name: small -> large"]),
    "a time": (edited("layers", "a", "tau", 0.02), ["layer a (Rate): tau: 10 ms -> 20 ms"]),
    "a choice": (edited("layers", "a", "activation", "tanh"), ["layer a (Rate): activation: relu -> tanh"]),
    "a small array": (
        edited("layers", "a", "weights", [[1.0, 0.5], [0.0, 1.0]]),
        ["layer a (Rate): weights: [[1., 0.], [0., 1.]] -> [[1. , 0.5], [0. , 1. ]]"],
    ),
    "a shape": (
        edited("layers", "b", "weights", {"init": "normal", "shape": [2, 30], "seed": 4, "scale": 100.0},
               edges=["x -> a", "a -> b @ 3 ms", "b[0:20] -> c", "c -> a @ 5 ms"]),
        ["layer b (LIF): weights: 2x20 array -> 2x30 array", "edge b -> c is gone", "edge b[0:20] -> c is new"],
    ),
    "a type": (
        edited("layers", "c", {"type": "AlphaSyn", "weights": {"init": "normal", "shape": [20, 2], "seed": 5}}),
        ["layer c: ExpSyn -> AlphaSyn"],
    ),
    "a delay": (
        edited("edges", 1, "a -> b @ 4 ms"),
        ["edge a -> b: delay 3 ms -> 4 ms"],
    ),
    "no delay": (edited("edges", 1, "a -> b"), ["edge a -> b: delay 3 ms -> none"]),
    "an edge twice": (
        edited("edges", ["x -> a", "a -> b @ 3 ms", "b -> c", "c -> a @ 5 ms", "c -> a @ 6 ms"]),
        ["edge c -> a @ 6 ms is new"],
    ),
    "an order": (
        edited("edges", ["c -> a @ 5 ms", "x -> a", "a -> b @ 3 ms", "b -> c"]),
        ["edges into a come in another order: c -> a @ 5 ms, x -> a"],
    ),
    "outputs": (edited("outputs", ["b", "c"]), ["outputs: c -> b, c"]),
    "a section": (edited("run", "duration", 1.0), ["run.duration: 0.5 -> 1.0"]),
    "more of a section": (edited("run", "checkpoint", 0.1), ["run.checkpoint is new: 0.1"]),
    "a new layer": (
        edited("layers", {**DOCUMENT["layers"], "d": {"type": "PassThrough", "size": 2}},
               edges=[*DOCUMENT["edges"], "c -> d"]),
        ["layer d (PassThrough) is new: 2 channels in, 2 out", "edge c -> d is new"],
    ),
    "an input": (
        edited("inputs", {"x": {"size": 2}, "y": {"size": 3, "type": "TSEvent"}}),
        ["input y is new: 3 channels of TSEvent"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_is_said_in_one_line_and_its_undoing_too(kind):
    data, lines = EDITS[kind]
    assert said(data) == lines
    assert len(said(DOCUMENT, data)) == len(lines)
    assert said(data, data) == []


def test_large_arrays_are_summed_up():
    data = edited("layers", "c", "weights", {"init": "normal", "shape": [20, 2], "seed": 6})
    both = [Network.from_document(one)["c"].weights for one in (DOCUMENT, data)]
    gap = np.max(np.abs(both[0] - both[1]))
    assert said(data) == [f"layer c (ExpSyn): weights (20, 2): 40 of 40 entries differ, by {gap:.6g} at most"]


def test_sparse_and_dense_arrays_are_compared_by_their_entries():
    csr = {"csr": {"shape": [20, 2], "data": [1.0], "indices": [1], "indptr": [0] + [1] * 20}}
    dense = [[0.0, 1.0], *[[0.0, 0.0]] * 19]
    assert said(edited("layers", "c", "weights", dense), edited("layers", "c", "weights", csr)) == []
    dense[2] = [0.25, 0.0]
    assert said(edited("layers", "c", "weights", dense), edited("layers", "c", "weights", csr)) == [
        "layer c (ExpSyn): weights (20, 2): 1 of 40 entries differ, by 0.25 at most"
    ]


def renamed(data, was, now):
    text = to_json(data)
    for one in ('"{}"', "{} ->", "-> {}"):
        text = text.replace(one.format(was), one.format(now))
    return Network.from_document(json.loads(text))


def test_a_layer_is_renamed_where_that_is_certain():
    first, second = Network.from_document(DOCUMENT), renamed(DOCUMENT, "b", "cells")
    assert differences(first, second) == ["layer b is now called cells"]


def test_a_layer_of_other_edges_is_not_taken_for_a_renamed_one():
    layers = {("d" if name == "c" else name): one for name, one in DOCUMENT["layers"].items()}
    data = edited("layers", layers, edges=["x -> a", "a -> b @ 3 ms", "b -> d"], outputs=["d"], record=["d"])
    assert {"layer c (ExpSyn) is gone", "layer d (ExpSyn) is new: 20 channels in, 2 out"} <= set(said(data))


def test_two_that_could_be_meant_are_not_guessed_between():
    twin = {"type": "PassThrough", "size": 2}
    data = edited("layers", {**DOCUMENT["layers"], "d": twin}, edges=[*DOCUMENT["edges"], "x -> d"])
    other = edited(
        "layers", {**DOCUMENT["layers"], "e": twin, "f": twin}, edges=[*DOCUMENT["edges"], "x -> e", "x -> f"]
    )
    assert not any("called" in line for line in said(other, data))


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(to_yaml(DOCUMENT))
    (tmp_path / "b.json").write_text(to_json(DOCUMENT))
    (tmp_path / "c.yaml").write_text(to_yaml(edited("seed", 3)))
    (tmp_path / "d.yaml").write_text("layers: {a: {type: LIFF}}\n")
    return tmp_path


@pytest.mark.parametrize(
    ("new", "code", "out", "err"),
    [
        ("b.json", 0, "", ""), ("c.yaml", 1, "seed: 0 -> 3\n", ""),
        ("d.yaml", 2, "", "d.yaml:1"), ("no.yaml", 2, "", "no.yaml"),
    ],
)  # fmt: skip
def test_the_status_says_whether_anything_differs(new, code, out, err, files, capfd):
    assert status(["diff", "a.yaml", new]) == code
    told = capfd.readouterr()
    assert told.out == out
    assert told.err.startswith(err)
    assert bool(told.err) == bool(err)


def test_files_are_compared_by_their_content(files, capfd):
    for name, value in (("x", 1.0), ("y", 1.0), ("z", 2.0)):
        TSContinuous.from_clocked(np.full((600, 2), value), 1e-3).save(files / f"{name}.npz")
        data = edited("run", "inputs", {"x": f"{name}.npz"})
        (files / f"{name}.yaml").write_text(to_yaml(data))
    assert status(["diff", "x.yaml", "y.yaml"]) == 0
    assert status(["diff", "x.yaml", "z.yaml"]) == 1
    assert capfd.readouterr().out.startswith("run.inputs.x: content ")
