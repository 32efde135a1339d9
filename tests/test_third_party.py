"""A package outside of this project adds a layer: the template of the documentation, built and installed for real."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "docs" / "template"
SCHEMA = "import json; from graphnet.document.describing import json_schema; print(json.dumps(json_schema()))"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A copy of the template, and the environment of processes that find its wheel installed beside this project."""
    folder = tmp_path_factory.mktemp("third") / "template"
    shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    site = folder.parent / "site"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-cache-dir"]
    alone = ["--no-deps", "--no-index"]
    run([*pip, "wheel", *alone, "--no-build-isolation", "-w", "dist", "."], folder)
    (wheel,) = (folder / "dist").glob("*.whl")
    run([*pip, "install", *alone, "--target", str(site), str(wheel)], folder)
    shutil.rmtree(folder / "src")  # from here on only what was installed can be found
    return folder, {**os.environ, "PYTHONPATH": str(site), "MPLBACKEND": "agg"}


def run(command, folder, env=None):
    said = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    return said.stdout


def graphnet(installed, *arguments):
    folder, env = installed
    return run([Path(sysconfig.get_path("scripts")) / "graphnet", *arguments], folder, env)


def test_the_list_of_layers_has_it_beside_those_of_this_project(installed):
    lines = [line.split() for line in graphnet(installed, "layers").splitlines()]
    names = [line[0] for line in lines]
    assert "PeakHold" in names and "LowPass" in names
    assert " ".join(lines[names.index("PeakHold")][1:]).startswith("Peak detector: y_k = max(")


def test_its_parameters_are_told_with_unit_bounds_default_and_meaning(installed):
    said = graphnet(installed, "layers", "PeakHold")
    assert said.startswith("PeakHold  (peak_layers.peak)")
    rows = {line.split()[0]: line.split() for line in said.splitlines() if line}
    assert rows["size"] == ["size", "whole", "number", "-", ">=", "1", "required"]
    assert rows["tau"] == ["tau", "number", "or", "(N,)", "s", ">", "0", "0.05"]
    assert "tau: The time constant with which a peak is forgotten." in said


def test_a_document_that_uses_it_is_checked_and_run(installed):
    folder, _ = installed
    assert graphnet(installed, "check", "peak.yaml") == ""
    graphnet(installed, "run", "peak.yaml", "-o", "out")
    with np.load(folder / "out" / "signals.npz") as signals:
        wave, peak = signals["wave.samples"][:, 0], signals["peak.samples"][:, 0]
    keep, last, expected = np.exp(-1e-3 / 0.2), 0.0, []
    for u in wave:
        last = max(u, 0.0, keep * last)
        expected.append(last)
    assert np.allclose(peak, expected, rtol=1e-13)


def test_a_mistake_in_such_a_document_is_told_with_its_line(installed):
    folder, env = installed
    text = (folder / "peak.yaml").read_text(encoding="utf-8")
    (folder / "wrong.yaml").write_text(text.replace("tau: 0.2", "tau: -0.2"), encoding="utf-8")
    command = [Path(sysconfig.get_path("scripts")) / "graphnet", "check", "wrong.yaml"]
    said = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert said.stderr.startswith("wrong.yaml:5:40: layers.peak.tau: PeakHold: tau should be greater than 0, got -0.2")


def test_the_schema_of_documents_has_its_parameters_with_bounds_and_units(installed):
    folder, env = installed
    schema = json.loads(run([sys.executable, "-W", "error", "-c", SCHEMA], folder, env))
    assert "PeakHold" in schema["properties"]["layers"]["additionalProperties"]["properties"]["type"]["enum"]
    found = schema["$defs"]["layer.PeakHold"]
    assert found["required"] == []  # its size may follow from the edges
    assert found["properties"]["type"] == {"const": "PeakHold"}
    tau = found["properties"]["tau"]
    assert (tau["unit"], tau["default"]) == ("s", 0.05)
    assert tau["description"] == "The time constant with which a peak is forgotten."
    assert tau["anyOf"][0] == {"type": "number", "exclusiveMinimum": 0}
    assert found["properties"]["size"]["anyOf"][0]["minimum"] == 1


def test_its_own_tests_pass(installed):
    """Among them the laws of graphnet.testing; on the package as it was installed."""
    folder, env = installed
    said = run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests"], folder, env)
    assert "100%" in said


def test_it_has_a_page_and_a_picture_like_a_layer_of_this_project(installed):
    """The generator of the pages takes any class."""
    folder, env = installed
    env = {**env, "PYTHONPATH": os.pathsep.join((env["PYTHONPATH"], str(ROOT / "docs"), str(ROOT)))}
    code = """
        import pathlib, demonstrate, list_layers, peak_layers
        demonstrate.draw(peak_layers.PeakHold, pathlib.Path("peak.svg"))
        print(list_layers.page_of(peak_layers.PeakHold))
    """
    text = run([sys.executable, "-c", "\n".join(line.strip() for line in code.splitlines())], folder, env)
    assert "| `floor` | The least value that the output has | number or (N,) |  |  | `0.0` |" in text
    assert (folder / "peak.svg").stat().st_size > 1000


def test_the_guide_shows_the_files_of_the_template():
    """Each fence of the guide that names a file of the template is in that file, but for blank lines and margins."""

    def bare(text):
        return "\n".join(line.strip() for line in text.splitlines() if line.strip())

    guide = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    shown = 0
    for part in guide.split("<!-- template: ")[1:]:
        name, _, rest = part.partition(" -->\n")
        text = rest.partition("\n")[2].partition("\n```\n")[0]
        assert bare(text) in bare((TEMPLATE / name).read_text(encoding="utf-8")), name
        shown += 1
    assert shown >= 4


def test_the_template_asks_for_this_project_by_its_name():
    project = tomllib.loads((TEMPLATE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert ours["name"] in project["dependencies"]
    assert project["requires-python"] == ours["requires-python"]
