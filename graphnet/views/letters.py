"""How wide words are: points (1/72 inch) of the font that all pictures are set in."""

from __future__ import annotations

import warnings
from functools import lru_cache

FONT = "DejaVu Sans"  # comes with matplotlib, and is wider than what an SVG viewer without it takes instead
SLACK = 1.02  # hinting of a raster rounds each letter's advance
LABEL = 8.0  # the size of the smallest letters


@lru_cache(maxsize=65536)
def measure(text: str, size: float, bold: bool = False) -> tuple[float, float]:
    """Width of the text and height of a line of its size, in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")
    with warnings.catch_warnings():  # a letter that the font lacks is as wide as the box that stands for it
        warnings.filterwarnings("ignore", "(?s)Glyph .* missing from font", UserWarning)
        width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) * SLACK + 0.5, size * 1.2


def exact(width: float) -> float:
    """What of a measured width the letters themselves take."""
    return (width - 0.5) / SLACK


def shorten(text: str, size: float, bold: bool, room: float) -> str:
    """The text, or as much of it as fits into ``room`` points with an ellipsis in its middle."""
    if measure(text, size, bold)[0] <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        keep = (low + high + 1) // 2
        if measure(_elided(text, keep), size, bold)[0] <= room:
            low = keep
        else:
            high = keep - 1
    return _elided(text, low)


def wrapped(text: str, size: float, room: float) -> list[str]:
    """The text in lines of at most ``room`` points, broken between words; a longer word is shortened."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and measure(longer, size)[0] <= room:
            lines[-1] = longer
        else:
            lines.append(shorten(word, size, False, room))
    return lines


def _elided(text: str, keep: int) -> str:
    head = (keep + 1) // 2
    return text[:head] + "…" + text[len(text) - (keep - head) :]
