"""What holds for the whole tree: the tools are content, heavy packages wait at their door, kernels keep to their
file.
"""

import ast
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for room in ("graphnet", "layers") for path in (ROOT / room).rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SCRIPTS = Path(sysconfig.get_path("scripts"))

TOOLS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["pyright", "--pythonpath", sys.executable],
    "import contracts": ["lint-imports", "--no-logo", "--no-cache"],
}

HEAVY = ("numba", "scipy", "matplotlib", "networkx", "pydantic", "yaml", "tqdm", "click", "dask", "pandas", "xarray")


def run(*command: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=env)


@pytest.mark.parametrize("tool", TOOLS)
def test_the_tools_find_nothing(tool):
    name, *arguments = TOOLS[tool]
    said = run(SCRIPTS / name, *arguments)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("package", ["graphnet", "layers"])
def test_what_is_public_is_typed_to_the_end(package):
    """``--verifytypes`` finds the packages of an active environment alone, and says 0 only of complete ones."""
    with_tools = os.pathsep.join((str(SCRIPTS), os.environ.get("PATH", "")))
    around = os.environ | {"PATH": with_tools, "VIRTUAL_ENV": sys.prefix}
    said = run(SCRIPTS / "pyright", "--verifytypes", package, "--ignoreexternal", env=around)
    assert said.returncode == 0, said.stdout[-3000:] + said.stderr
    assert "Type completeness score: 100%" in said.stdout


@pytest.mark.parametrize("package", ["graphnet", "layers"])
def test_an_import_loads_no_heavy_package(package):
    said = run(sys.executable, "-c", f"import sys, {package}; print([m for m in {HEAVY!r} if m in sys.modules])")
    assert said.stdout == "[]\n", said.stdout + said.stderr


# ---------------------------------------------------------------------- kernels


def kernels(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    return {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(mark, ast.Name) and mark.id == "kernel" for mark in node.decorator_list)
    }


def imported(tree: ast.Module) -> set[str]:
    found = (name for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom) for name in node.names)
    return {(name.asname or name.name).partition(".")[0] for name in found}


def root_of(called: ast.expr) -> str | None:
    while isinstance(called, ast.Attribute):
        called = called.value
    return called.id if isinstance(called, ast.Name) else None


def strangers(tree: ast.Module) -> Iterator[str]:
    """What kernels reach through the name of a module that is neither NumPy nor math."""
    elsewhere = imported(tree) - {"np", "math"}
    for name, node in kernels(tree).items():
        for call in (one for one in ast.walk(node) if isinstance(one, ast.Call)):
            if isinstance(call.func, ast.Attribute) and root_of(call.func) in elsewhere:
                yield f"{name} calls {ast.unparse(call.func)}"


def test_kernels_call_others_by_their_plain_names():
    """The door finds what a kernel reaches by its names, and puts those sources into the key of the cache."""
    found = {str(path.relative_to(ROOT)): list(strangers(ast.parse(path.read_text()))) for path in SOURCES}
    assert {path: calls for path, calls in found.items() if calls} == {}


def test_a_kernel_that_calls_through_a_module_would_be_found():
    tree = ast.parse(
        "from . import other\n@kernel\ndef near(x):\n    return far(x) + np.sum(x) + len(x) + other.f(x.sum())\n"
    )
    assert list(strangers(tree)) == ["near calls other.f"]


# ---------------------------------------------------------------------- habits


def breaches(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name("hasattr"):
                yield f"line {node.lineno}: hasattr asks for a type that nobody declared"
            case ast.FunctionDef(name="__getattr__" | "__getattribute__"):
                yield f"line {node.lineno}: {node.name} hides what a thing has"
            case ast.ExceptHandler(body=[ast.Pass()]):
                yield f"line {node.lineno}: an error is dropped"
            case ast.Global():
                yield f"line {node.lineno}: global"


def test_no_file_probes_hides_or_drops():
    found = {str(path.relative_to(ROOT)): list(breaches(ast.parse(path.read_text()))) for path in SOURCES}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_every_module_says_what_it_is():
    assert [str(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_everything_on_the_public_face_has_a_docstring_and_is_there():
    import graphnet

    assert [name for name in graphnet.__all__ if not graphnet.__dict__[name].__doc__] == []
    assert sorted(graphnet.__all__) == sorted(set(graphnet.__all__))


# ---------------------------------------------------------------------- papers


def test_one_version_stands_everywhere():
    version = PROJECT["project"]["version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] in ("Unreleased", version)
    assert version in headings or headings == ["Unreleased"]


def test_continuous_integration_runs_the_readmes_check():
    """The second command of the README, in an environment of its own: the same extra, the same pytest arguments."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    steps = re.search(r"^\.venv/bin/pip install (.+) && \.venv/bin/(pytest.*)$", readme, re.MULTILINE)
    assert steps is not None
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert steps[1] in script
    assert f'/bin/{steps[2]}"'.replace('pytest"', "pytest") in script or f'/bin/pytest"{steps[2][6:]}' in script


def test_no_file_names_a_place_on_one_machine():
    listed = run("git", "ls-files")
    if listed.returncode:
        pytest.skip("no git checkout")
    place = re.compile(r"(?<![\w.])/(?:home|root|Users|work|mnt|opt)/\w")
    names = [
        ROOT / name for name in listed.stdout.split("\n") if name.endswith((".py", ".md", ".toml", ".yaml", "run"))
    ]
    assert [str(path) for path in names if path.is_file() and place.search(path.read_text(encoding="utf-8"))] == []


def test_the_plan_of_the_house_names_every_room_and_no_other():
    rooms = {
        path.stem for path in (ROOT / "graphnet").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    floors = (
        (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("## Floors")[1].split("\n\n`layers/`")[0]
    )
    rows = re.findall(r"^\| *\d* *\| (.+?) \|", floors, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == rooms - {"__init__"}
