"""Every snippet of the documentation does what stands beside it.

A page becomes one script: its Python runs in one namespace, its shell lines between, each at the line where it stands
on the page. ``<!-- file: NAME -->`` before a fence writes it to a file instead; a ``text`` fence after a snippet is
what that snippet prints, ``...`` standing for anything.
"""

import difflib
import doctest
import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import demonstrate
import list_layers
import numpy as np
import pytest

from graphnet import ArrayLayer, Size, TSEvent, positional, registry

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(sysconfig.get_path("scripts"))
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "template").glob("*.md")),
    *sorted((ROOT / "examples").glob("*/README.md")),
]
LAYERS = sorted((ROOT / "docs" / "layers").glob("*.md"))
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


@pytest.mark.parametrize("page", [*PAGES, *LAYERS], ids=lambda page: str(page.relative_to(ROOT)))
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


# ---------------------------------------------------------------------- the pages of layers

CLASSES = list_layers.found()
AGAIN = "run: python docs/list_layers.py"


def ids(cls):
    return cls.__name__


def test_the_page_of_layers_lists_the_layers():
    assert list_layers.PAGE.read_text(encoding="utf-8") == list_layers.page(), AGAIN


def test_every_layer_has_a_page_and_a_picture_and_no_other_has():
    names = {cls.__name__ for cls in CLASSES}
    folder = list_layers.FOLDER
    assert {path.stem for path in folder.glob("*.md")} == names, AGAIN
    assert {path.stem for path in (folder / "images").iterdir()} == names, AGAIN


@pytest.mark.parametrize("cls", CLASSES, ids=ids)
def test_a_page_is_what_the_class_says(cls):
    path = list_layers.FOLDER / f"{cls.__name__}.md"
    assert path.read_text(encoding="utf-8") == list_layers.page_of(cls), AGAIN
    silent = [name for name in cls.parameters() if name not in list_layers.meaning(cls)]
    assert silent == [], f"{cls.__name__}: say below each of these fields what it means, in a line of text"


@pytest.mark.parametrize("cls", CLASSES, ids=ids)
def test_a_picture_shows_the_layer_at_work(cls):
    """Every layer runs on the stimulus, and what comes out of it is worth looking at."""
    layer = cls(**demonstrate.arguments(cls))
    out = demonstrate.response(layer)["out"]
    if isinstance(out, TSEvent):
        assert 3 <= len(out.times) <= 1500, "declare a demonstration with which it emits some events"
    else:
        assert np.isfinite(out.samples).all()
        assert np.ptp(out.samples) > 0, "declare a demonstration with which its output moves"


@pytest.mark.parametrize("name", ["LowPass", "DeltaEncoder", "Sum", "LMS", "Sine"])
def test_a_picture_is_made_again_to_the_byte(name, tmp_path):
    import matplotlib

    kept = (list_layers.FOLDER / "images" / f"{name}.svg").read_text(encoding="utf-8")
    demonstrate.draw(registry.layers.get(name), tmp_path / "now.svg")
    now = (tmp_path / "now.svg").read_text(encoding="utf-8")
    version = f"Matplotlib v{matplotlib.__version__},"
    assert version in now
    if version not in kept:
        pytest.skip("the kept pictures are of another version of matplotlib")
    assert now == kept, AGAIN


@pytest.mark.parametrize("cls", CLASSES, ids=ids)
def test_a_picture_is_small(cls):
    assert (list_layers.FOLDER / "images" / f"{cls.__name__}.svg").stat().st_size <= 80_000


def test_a_layer_that_is_registered_later_gets_its_page(tmp_path, monkeypatch):
    class Late(ArrayLayer, register=False):
        """A late layer: y = gain u.

        Shapes: u, y (T, N). No state.
        """

        size: Size = positional()
        gain: float = 2.0
        """What it is multiplied by."""

        def initial(self):
            return {}

        def advance(self, state, block, span):
            y = span.empty((span.steps, self.size))
            y[:] = 0.0 if block is None else self.gain * block
            return state, y

    monkeypatch.setattr(list_layers, "FOLDER", tmp_path / "layers")
    monkeypatch.setattr(list_layers, "PAGE", tmp_path / "layers.md")
    monkeypatch.setattr(list_layers, "found", lambda: [Late])
    assert list_layers.write([]) == []
    text = (tmp_path / "layers" / "Late.md").read_text(encoding="utf-8")
    assert "```text\ny = gain u\n```" in text
    assert "| `gain` | What it is multiplied by | number |  |  | `2.0` |" in text
    assert (tmp_path / "layers" / "images" / "Late.svg").stat().st_size > 1000
    assert "[`Late`](layers/Late.md)" in (tmp_path / "layers.md").read_text(encoding="utf-8")


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
