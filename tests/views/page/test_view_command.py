"""graphnet view: a document, or the folder of a run, as one file."""

import json
import re

import pytest

from graphnet.cli import status

DOCUMENT = """\
name: waves
layers:
  wave: {type: Sine, size: 2, frequency: 3.0, dt: 1 ms}
  low: {type: LowPass, tau: 20 ms, dt: 1 ms}
edges: [wave -> low]
outputs: [low]
run: {duration: 0.1 s}
"""


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "waves.yaml"
    path.write_text(DOCUMENT, encoding="utf-8")
    return path


def held(page):
    return json.loads(re.search(r'id="content-json">(.*?)</script>', page.read_text(encoding="utf-8"))[1])


def test_a_document_becomes_a_page_without_signals_and_settings_count(document, tmp_path):
    page = tmp_path / "page.html"
    assert status(["view", str(document), "-o", str(page), "--set", "layers.low.tau=30 ms"]) == 0
    content = held(page)
    assert content["title"] == "waves"
    assert content["signals"] == []
    assert dict((row[0], row[1]) for row in content["layers"]["low"]["parameters"])["tau"] == "30 ms"


def test_a_run_becomes_a_page_with_what_was_recorded(document, tmp_path):
    folder, page = tmp_path / "run1", tmp_path / "page.html"
    assert status(["run", str(document), "-o", str(folder)]) == 0
    assert status(["view", str(folder), "-o", str(page)]) == 0
    assert [one["name"] for one in held(page)["signals"]][-1] == "low"
    assert status(["view", str(folder), "-o", str(page), "--set", "seed=1"]) == 2


def test_a_page_is_a_file_html_and_a_refusal_leaves_the_old_one(document, tmp_path, capsys):
    assert status(["view", str(document), "-o", str(tmp_path / "page.pdf")]) == 2
    assert "give -o" in capsys.readouterr().err
    page = tmp_path / "page.html"
    page.write_text("old", encoding="utf-8")
    document.write_text(DOCUMENT.replace("LowPass", "LowPas"), encoding="utf-8")
    assert status(["view", str(document), "-o", str(page)]) == 2
    assert page.read_text(encoding="utf-8") == "old"
