"""A new project runs at once, and nothing that is there is touched."""

import csv
import re

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from graphnet.cli import status
from graphnet.files import read


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert status(["new", "waves"]) == 0
    monkeypatch.chdir(tmp_path / "waves")
    return tmp_path / "waves"


def test_all_that_its_readme_says_can_be_done_at_once(project):
    text = (project / "README.md").read_text()
    commands = re.findall(r"^graphnet ([^#\n]+?) *(?:#.*)?$", text, re.MULTILINE)
    assert {one.split()[0] for one in commands} == {"check", "draw", "run", "sweep"}
    for one in commands:
        words = one.replace("'10 ms'", "10_ms").replace("--workers 2", "").split()
        assert status([word.replace("_", " ") for word in words]) == 0, one
    assert (project / "out" / "fast" / "signals.npz").read_bytes() == (
        project / "out" / "again" / "signals.npz"
    ).read_bytes()
    with np.load(project / "out" / "waves" / "signals.npz") as signals:
        assert len(signals["cells.steps"]) > 20
        assert signals["smooth.samples"].std() > 0
    with (project / "out" / "waves-sweep" / "runs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 9
    assert len({row["firing.cells.rate"] for row in rows}) > 3


def test_data_of_ones_own_drive_it_as_its_readme_says(project):
    text = (project / "README.md").read_text()
    (script,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(script, {})
    settings = ["inputs={tone: {size: 2}}", "run={duration: 1 s, inputs: {tone: tone.npz}}"]
    document = (project / "waves.yaml").read_text()
    source = re.search(r"  tone:.*?(?=  cells:)", document, re.DOTALL)
    assert source is not None
    (project / "own.yaml").write_text(document.replace(source[0], "").replace("layers:", "inputs: {}\nlayers:"))
    assert status(["run", "own.yaml", *[word for one in settings for word in ("--set", one)]]) == 0


def test_what_is_commented_out_can_be_switched_on(project):
    text = (project / "waves.yaml").read_text()
    for line in ("- smooth -> cells @ 5 ms", "merge: {cells: sum}", "checkpoint: 10 s"):
        assert f"# {line}" in text
        text = text.replace(f"# {line}", line)
    (project / "waves.yaml").write_text(text)
    assert status(["run", "waves.yaml"]) == 0


def test_editors_find_the_schema_beside_the_document_and_it_fits(project):
    first = (project / "waves.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=schema.json"
    schema = read(project / "schema.json").data
    assert [
        error.message for error in Draft202012Validator(schema).iter_errors(read(project / "waves.yaml").data)
    ] == []


@pytest.mark.parametrize("there", ["a file", "a folder", "a link to nothing"])
def test_what_is_there_is_left_as_it_is(there, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "waves"
    if there == "a file":
        place.write_text("mine")
    elif there == "a folder":
        place.mkdir()
    else:
        place.symlink_to("nowhere")
    assert status(["new", "waves"]) == 2
    assert "waves is there already: nothing was changed" in capfd.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["waves"]
    assert there != "a file" or place.read_text() == "mine"


@pytest.mark.parametrize("name", ["", "1st", "a b", "..", "x" * 101, "a/", "no/such", "naïve"])
def test_a_name_that_cannot_be_is_status_2_and_leaves_nothing(name, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    wrong = name != "a/"  # a slash behind a folder is how shells complete them
    assert status(["new", name]) == (2 if wrong else 0)
    assert "Traceback" not in capfd.readouterr().err
    assert len(list(tmp_path.iterdir())) == (0 if wrong else 1)
