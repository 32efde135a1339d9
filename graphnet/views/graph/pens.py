"""A drawing in a file, by the pen that the file's ending asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...errors import ParameterError
from ...files import write_atomic
from ..palette import theme
from .drawing import Scene

WHOLE = {".dot": "dot", ".mmd": "mermaid", ".graphml": "graphml"}
"""Text for other programs, by ending."""
SUFFIXES = (".png", ".svg", ".pdf", *WHOLE)


def save(scene: Scene, path: str | Path, look: str = "light") -> None:
    """Write a scene as .png, .svg, .pdf, .dot (Graphviz), .mmd (Mermaid) or .graphml, by the path's ending.

    The same network gives the same bytes. A PNG has 200 pixels per inch, fewer where it would exceed 60 million pixels.
    ``look`` names a theme, for the pictures among these. Raises ParameterError for another ending.
    """
    from . import svg

    path = Path(path)
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise ParameterError(
            f"{path}: cannot draw a {path.suffix or 'file without suffix'}", parameter="path",
            hint=f"the ending must be one of {', '.join(SUFFIXES)}",
        )  # fmt: skip
    if kind in (".png", ".pdf"):
        from ..figures import write
        from .mpl import draw

        write(draw(scene, look=look).figure, path)
    else:
        theme(look)  # refused also where the pen needs none
        write_atomic(path, (svg.render(scene, look) if kind == ".svg" else text(scene, WHOLE[kind])).encode())


def text(scene: Scene, kind: str) -> str:
    """The scene as text for other programs: "dot", "mermaid" or "graphml"."""
    from . import dot, graphml, mermaid

    return {"dot": dot.render, "mermaid": mermaid.render, "graphml": graphml.render}[kind](scene)


def html(scene: Scene) -> str:
    """A drawing in a notebook. All words are escaped, and nothing is fetched from anywhere."""
    from . import svg

    return f'<div style="overflow:auto">{svg.render(scene)}</div>'


def table(told: str, rows: Sequence[tuple[str, str]]) -> str:
    """A line and a table in a notebook, for what is too large to be drawn."""
    from .svg import safe

    body = "".join(f"<tr><td>{safe(one)}</td><td>{safe(other)}</td></tr>" for one, other in rows)
    return f"<p>{safe(told)}</p><table>{body}</table>"
