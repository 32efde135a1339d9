"""A drawing in a file, by the pen that the file's ending asks for."""

from __future__ import annotations

from pathlib import Path

from ...errors import ParameterError
from ...files import write_atomic
from ..palette import theme
from .drawing import Scene

SUFFIXES = (".png", ".svg", ".pdf", ".dot", ".mmd", ".graphml")


def save(scene: Scene, path: str | Path, look: str = "light") -> None:
    """Write a scene as .png, .svg, .pdf, .dot (Graphviz), .mmd (Mermaid) or .graphml, by the path's ending.

    The same network gives the same bytes. A PNG has 200 pixels per inch, fewer where it would exceed 60 million pixels.
    ``look`` names a theme, for the pictures among these. Raises ParameterError for another ending.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise ParameterError(
            f"cannot draw to {str(path)!r}: the ending must be one of {', '.join(SUFFIXES)}", parameter="path"
        )
    if kind in (".png", ".pdf"):
        from ..figures import write
        from .mpl import draw

        write(draw(scene, look=look).figure, path)
    else:
        write_atomic(path, _text(scene, kind, look).encode())


def _text(scene: Scene, kind: str, look: str) -> str:
    from . import dot, graphml, mermaid, svg

    if kind == ".svg":
        return svg.render(scene, look)
    theme(look)  # refused also where the pen needs none
    pens = {".dot": dot.render, ".mmd": mermaid.render, ".graphml": graphml.render}
    return pens[kind](scene)
