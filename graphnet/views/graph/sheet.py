"""The sheet a picture is put on: margins, the title above, the legend below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..letters import LABEL, measure
from .drawing import Frame, Layout, PlacedArrow, PlacedBox, Scene, Sign, legend
from .labels import Rect, Words

TITLE = 12.0
MARGIN = 12.0
SIGN = 26.0  # the width of a sign in the legend


def on_sheet(scene: Scene, layout: Layout) -> Layout:
    """Move everything into the page, with the title above and the legend below."""
    everything = [placed.rect for placed in layout.boxes] + [frame.rect for frame in layout.frames]
    for arrow in layout.arrows:
        everything += [(x - 4, y - 4, x + 4, y + 4) for x, y in arrow.points]
        everything += [arrow.label.rect] if arrow.label else []
    everything = everything or [(0.0, 0.0, 0.0, 0.0)]
    left, top = min(r[0] for r in everything), min(r[1] for r in everything)
    width, bottom = max(r[2] for r in everything) - left, max(r[3] for r in everything) - top
    title = measure(scene.title, TITLE, True) if scene.title else (0.0, 0.0)
    entries = [(sign, text, measure(text, LABEL)) for sign, text in legend(scene)]
    wide = max(width, title[0], *(SIGN + 6 + size[0] for _, _, size in entries), 60.0)
    shift = (MARGIN - left + (wide - width) / 2, MARGIN - top + (title[1] + 10 if scene.title else 0.0))
    below = bottom + top + shift[1]
    signs, height = _signs(entries, wide, below)
    return replace(
        _moved(layout, *shift),
        width=wide + 2 * MARGIN,
        height=height + MARGIN,
        title=Words(scene.title, MARGIN + title[0] / 2, MARGIN + title[1] / 2, *title, TITLE, True)
        if scene.title
        else None,
        signs=signs,
    )


def _signs(
    entries: Sequence[tuple[str, str, tuple[float, float]]], wide: float, below: float
) -> tuple[tuple[Sign, ...], float]:
    """The legend in rows under the picture, and where the last row ends."""
    if not entries:
        return (), below
    signs, x, y = [], MARGIN, below + 14 + LABEL * 0.6
    for sign, text, (width, height) in entries:
        if x > MARGIN and x + SIGN + 6 + width > MARGIN + wide:
            x, y = MARGIN, y + height + 5
        signs.append(Sign(sign, (x, y), Words(text, x + SIGN + 6 + width / 2, y, width, height, LABEL)))
        x += SIGN + 6 + width + 18
    return tuple(signs), y + LABEL * 0.6


def _moved(layout: Layout, dx: float, dy: float) -> Layout:
    def rect(r: Rect) -> Rect:
        return (r[0] + dx, r[1] + dy, r[2] + dx, r[3] + dy)

    def text(label: Words | None) -> Words | None:
        return None if label is None else replace(label, x=label.x + dx, y=label.y + dy)

    boxes = tuple(
        PlacedBox(one.box, rect(one.rect), tuple(replace(line, x=line.x + dx, y=line.y + dy) for line in one.lines))
        for one in layout.boxes
    )
    arrows = tuple(
        PlacedArrow(one.arrow, tuple((x + dx, y + dy) for x, y in one.points), text(one.label)) for one in layout.arrows
    )
    frames = tuple(Frame(one.group, rect(one.rect), text(one.label)) for one in layout.frames)
    return replace(layout, boxes=boxes, arrows=arrows, frames=frames)
