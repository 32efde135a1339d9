"""The pen of SVG: text stays text, and every box and arrow says what it is to whoever cannot see it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from urllib.parse import quote

from ..letters import FONT, exact
from ..palette import Theme, theme
from .drawing import Scene
from .layout import lay_out
from .shapes import Part, Shape, Text, parts

TAKES = {"M": 1, "L": 1, "Q": 2, "C": 3, "Z": 0}
DOTS = 0.9, 1.5  # a dot and the gap after it, in widths of the line


def render(scene: Scene, look: str = "light") -> str:
    """The network as SVG, the same text for the same network. ``look`` names a theme.

    Each box and each arrow is a ``<g>`` with an id of its own (``box-`` and its name, percent-encoded; ``arrow-`` and
    its number), a title and a description. Nothing in it refers to anything outside, and nothing runs.

    Raises ParameterError where the scene is too large for a picture, UnknownName for a theme that is none.
    """
    colours = theme(look)
    layout = lay_out(scene)
    name = f"The network {scene.title}" if scene.title else "A network"
    about = f"{len(scene.boxes)} boxes and {len(scene.arrows)} arrows"
    size = f'width="{_short(layout.width)}pt" height="{_short(layout.height)}pt"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {_short(layout.width)} {_short(layout.height)}" '
        f'font-family="{FONT}, Verdana, sans-serif" text-anchor="middle" role="img" '
        'xml:space="preserve">',
        f"<title>{safe(name)}</title>",
        f"<desc>{safe(about)}</desc>",
        f'<rect width="100%" height="100%" fill="{colours.page}"/>',
    ]
    for part in parts(layout, colours):
        lines += _part(part, colours)
    return "\n".join([*lines, "</svg>", ""])


def _part(part: Part, colours: Theme) -> Iterator[str]:
    yield f'<g id="{quote(part.name, safe="")}">'
    if part.title:
        yield f"<title>{safe(part.title)}</title>"
    if part.about:
        yield f"<desc>{safe(part.about)}</desc>"
    for one in part.shapes:
        yield _text(one) if isinstance(one, Text) else _outline(one)
    yield "</g>"


def _text(one: Text) -> str:
    words = one.words
    bold = ' font-weight="bold"' if words.bold else ""
    # Letters are measured in the font above; textLength makes any other font take as much room.
    room = f' textLength="{_short(exact(words.width))}" lengthAdjust="spacingAndGlyphs"' if len(words.text) > 1 else ""
    x, anchor = (words.rect[0], ' text-anchor="start"') if one.from_left else (words.x, "")
    place = f'x="{_short(x)}" y="{_short(words.y + 0.36 * words.size)}" font-size="{_short(words.size)}"{anchor}'
    return f'<text {place}{bold}{room} fill="{one.colour}">{safe(words.text)}</text>'


def _outline(one: Shape) -> str:
    steps, points = [], iter(one.points)
    for code in one.codes:
        steps.append(code + " ".join(f"{_short(x)},{_short(y)}" for x, y in (next(points) for _ in range(TAKES[code]))))
    paint = f'fill="{one.fill or "none"}"'
    if one.stroke is not None:
        paint += f' stroke="{one.stroke}" stroke-width="{_short(one.width)}"'
    if one.dotted:
        paint += f' stroke-dasharray="{" ".join(_short(part * one.width) for part in DOTS)}"'
    return f'<path d="{"".join(steps)}" {paint}/>'


def safe(text: str) -> str:
    """The text as it may stand in XML: marks as entities, and no character that XML knows not."""
    return escape(
        "".join(c if c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff" else "�" for c in text)
    )


def _short(number: float) -> str:
    return f"{round(number, 2):g}"
