"""Every snippet of the documentation does what stands beside it.

A page becomes one script: its Python runs in one namespace, its shell lines between, each at the line where it stands
on the page. ``<!-- file: NAME -->`` before a fence writes it to a file instead; a ``text`` fence after a snippet is
what that snippet prints, ``...`` standing for anything.
"""

import difflib
import doctest
import importlib.util
import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(sysconfig.get_path("scripts"))
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").glob("*/README.md")),
]
FENCE = re.compile(
    r"^(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)

# how an environment is made, which is what continuous integration does, and how all checks are run, which runs this
SETTING_UP = ("git clone", "cd ", "python -m venv", ".venv/bin/pip", "pip install", ".venv/bin/pytest", "pre-commit")

PRELUDE = (
    "import subprocess as _s; "
    "_sh = lambda text: _s.run(['bash', '-euc', text], check=True); "
    "_end = lambda line: print(f'\\x1e{line}\\x1f', flush=True)"
)


@dataclass(frozen=True)
class Snippet:
    line: int
    kind: str
    text: str
    file: str | None


def snippets(page: Path) -> list[Snippet]:
    text = page.read_text(encoding="utf-8")
    return [
        Snippet(text.count("\n", 0, found.start("text")), found["kind"], found["text"], found["file"])
        for found in FENCE.finditer(text)
    ]


def runs(one: Snippet) -> bool:
    return one.kind in ("python", "sh") and one.file is None


def shell(text: str) -> str:
    """The commands of a shell snippet, without those that set up what this environment has."""
    lines = text.replace("\\\n", " ").splitlines()
    parts = [[part for part in line.split(" && ") if not part.startswith(SETTING_UP)] for line in lines]
    return "\n".join(" && ".join(line) for line in parts if line).replace(".venv/bin/", "")


def script(found: list[Snippet], lines: int) -> str:
    """The page as a script, every statement at its line: the opening fence starts a snippet, the closing one ends
    it.
    """
    out = [""] * (lines + 1)
    out[0] = PRELUDE
    for one in found:
        body = one.text.splitlines()
        if one.kind == "python":
            out[one.line : one.line + len(body)] = body
        else:
            out[one.line] = f"_sh({shell(one.text)!r})"
        out[one.line + len(body)] = f"_end({one.line})"
    return "\n".join(out)


def outcome(page: Path, folder: Path) -> dict[int, str]:
    """What each snippet of a page prints, by line."""
    found = snippets(page)
    for one in found:
        if one.file is not None:
            (folder / one.file).write_text(one.text, encoding="utf-8")
    for name in ("examples", "docs"):
        (folder / name).symlink_to(ROOT / name)
    program = folder / "page.py"
    program.write_text(script([one for one in found if runs(one)], page.read_text("utf-8").count("\n")), "utf-8")
    settings = {"PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}", "MPLBACKEND": "agg", "PYTHONPATH": str(folder)}
    said = subprocess.run(
        [sys.executable, "-W", "error", program],
        cwd=folder,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, f"{page.name}: {said.stdout}\n{said.stderr}"
    return {int(line): text for text, line in re.findall(r"(.*?)\x1e(\d+)\x1f\n", said.stdout, re.DOTALL)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_does_what_it_says(page, tmp_path):
    found = snippets(page)
    if not any(runs(one) for one in found):
        pytest.skip("no snippet to run")
    printed = outcome(page, tmp_path)
    checker, flags = doctest.OutputChecker(), doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    for one, after in pairwise(found):
        if runs(one) and after.kind == "text":
            what = "\n".join(difflib.ndiff(after.text.splitlines(), printed[one.line].splitlines()))
            assert checker.check_output(after.text, printed[one.line], flags), f"{page.name}:{one.line}\n{what}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_to_a_file_leads_to_one(page):
    text = page.read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    assert [link for link in links if link and "://" not in link and not (page.parent / link).exists()] == []


def test_fences_are_read_with_their_line_kind_and_file(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n\n```python\nx = 1\n```\n<!-- file: n.yaml -->\n```yaml\nb\n```\n")
    assert snippets(page) == [Snippet(3, "python", "x = 1\n", None), Snippet(7, "yaml", "b\n", "n.yaml")]


def test_a_page_that_prints_something_else_would_be_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\nx = 1\nprint(x)\n```\n```sh\necho $((1 + 2))\n```\n")
    folder = tmp_path / "run"
    folder.mkdir()
    assert outcome(page, folder) == {1: "1\n", 5: "3\n"}


def page_of_layers() -> tuple[Path, str]:
    spec = importlib.util.spec_from_file_location("list_layers", ROOT / "docs" / "list_layers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.PAGE, module.page()


def test_the_page_of_layers_lists_the_layers():
    page, text = page_of_layers()
    assert page.read_text(encoding="utf-8") == text, "run: python docs/list_layers.py"


def test_the_picture_on_the_first_page_shows_the_network_as_it_is_drawn_now(tmp_path):
    from matplotlib import image

    command = [SCRIPTS / "graphnet", "draw", ROOT / "examples" / "imu" / "imu.yaml", "-o", tmp_path / "imu.png"]
    subprocess.run(command, check=True)
    kept = ROOT / "docs" / "images" / "imu.png"
    shown, drawn = image.imread(kept), image.imread(tmp_path / "imu.png")
    again = "run: graphnet draw examples/imu/imu.yaml -o docs/images/imu.png"
    assert shown.shape == drawn.shape, again
    # another version of the drawing library may shade the rim of a line otherwise
    assert abs(shown - drawn).mean() < 0.002, again
    assert kept.stat().st_size < 200_000
