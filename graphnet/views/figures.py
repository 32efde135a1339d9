"""Figures of matplotlib on disk: the same bytes for the same picture, whatever the caller's style says."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import Any

from ..errors import ParameterError
from ..files import write_atomic
from .letters import FONT

DPI = 200
MOST_PIXELS = 60e6  # of a PNG: larger pictures take fewer pixels per inch
FORMATS = ("png", "svg", "pdf")
# What a caller's style could change so that letters outgrow their boxes, or two runs write other bytes.
STYLE: Any = {
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
    "font.family": FONT,
    "text.usetex": False,
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "graphnet",
    "path.sketch": None,
    "path.effects": [],
    "savefig.bbox": None,
    "savefig.transparent": False,
    "savefig.facecolor": "white",
    "savefig.edgecolor": "white",
}


@contextmanager
def style() -> Iterator[None]:
    """Within it, what is drawn or saved keeps the measured sizes whatever the caller's rcParams say."""
    from matplotlib import style as styles

    with styles.context(["default", STYLE]):
        yield


def check_format(path: str | FilePath) -> str:
    """The format a path's ending asks for. Raises ParameterError where no pen writes it."""
    kind = FilePath(path).suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise ParameterError(
            f"cannot draw to {str(path)!r}: the ending must be one of {', '.join('.' + one for one in FORMATS)}",
            parameter="path",
        )
    return kind


def write(figure: Any, path: str | FilePath) -> None:
    """Save a figure without date, random ids or the caller's style; an old file is replaced only by a whole one."""
    kind = check_format(path)
    width, height = figure.get_size_inches()
    dpi = min(DPI, (MOST_PIXELS / (width * height)) ** 0.5, 60_000 / max(width, height))
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": None}[kind]
    picture = io.BytesIO()
    with style():
        figure.savefig(picture, format=kind, dpi=dpi, metadata=undated, facecolor=figure.get_facecolor())
    write_atomic(FilePath(path), picture.getvalue())
