"""The sheet a picture is put on: margins, the title above, the legend below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..letters import LABEL, measure, wrapped
from .drawing import Frame, Layout, PlacedArrow, PlacedBox, Scene, Sign
from .labels import Rect, Words
from .legend import entries as explained
from .legend import findings

TITLE = 12.0
MARGIN = 12.0
SIGN = 26.0  # the width of a sign in the legend
BADGE = 18.0  # the width of a sign before a finding
HINTED = 0.93  # of a line: a raster may set many short words wider than they are
LINES = 300.0  # what findings have at least for each line


def on_sheet(scene: Scene, layout: Layout) -> Layout:
    """Move everything into the page, with the title above, and below it the legend, what was found, and the note."""
    left, top, right, bottom = _extent(layout)
    width = right - left
    title = measure(scene.title, TITLE, True) if scene.title else (0.0, 0.0)
    below = [*findings(scene), *([("", scene.note)] if scene.note else [])]
    entries = list(explained(scene))
    widest = max((SIGN + 6 + measure(text, LABEL)[0] for _, text in entries), default=0.0)
    wide = max(width, title[0], widest, 60.0, LINES if below else 0.0)
    shift = (MARGIN - left + (wide - width) / 2, MARGIN - top + (title[1] + 10 if scene.title else 0.0))
    signs, end = _signs(entries, wide, bottom + shift[1])
    more, end = _lines(below, wide, end)
    name = Words(scene.title, MARGIN + title[0] / 2, MARGIN + title[1] / 2, *title, TITLE, True)
    return replace(
        _moved(layout, *shift), width=wide + 2 * MARGIN, height=end + MARGIN, title=name if scene.title else None,
        signs=(*signs, *more), overlay=scene.overlay,
    )  # fmt: skip


def _extent(layout: Layout) -> Rect:
    """What boxes, frames, arrows and labels take."""
    everything = [placed.rect for placed in layout.boxes] + [frame.rect for frame in layout.frames]
    everything += [(x - 4, y - 4, x + 4, y + 4) for arrow in layout.arrows for x, y in arrow.points]
    everything += [arrow.label.rect for arrow in layout.arrows if arrow.label]
    sides = np.array(everything or [(0.0, 0.0, 0.0, 0.0)])
    return (*map(float, sides[:, :2].min(axis=0)), *map(float, sides[:, 2:].max(axis=0)))  # type: ignore[return-value]


def _signs(entries: Sequence[tuple[str, str]], wide: float, below: float) -> tuple[list[Sign], float]:
    """The legend in rows under the picture, and where the last row ends."""
    if not entries:
        return [], below
    signs, x, y = [], MARGIN, below + 14 + LABEL * 0.6
    for sign, text in entries:
        width, height = measure(text, LABEL)
        if x > MARGIN and x + SIGN + 6 + width > MARGIN + wide:
            x, y = MARGIN, y + height + 5
        signs.append(Sign(sign, (x, y), Words(text, x + SIGN + 6 + width / 2, y, width, height, LABEL)))
        x += SIGN + 6 + width + 18
    return signs, y + LABEL * 0.6


def _lines(below: Sequence[tuple[str, str]], wide: float, y: float) -> tuple[list[Sign], float]:
    """Signs with words that take whole lines, as many as they need, and where the last one ends."""
    signs = []
    y += 8 if below else 0
    for sign, text in below:
        indent = BADGE if sign else 0.0
        for i, line in enumerate(wrapped(text, LABEL, HINTED * (wide - indent))):
            width, height = measure(line, LABEL)
            y += height
            words = Words(line, MARGIN + indent + width / 2, y, width, height, LABEL)
            signs.append(Sign("" if i else sign, (MARGIN, y), words))
        y += 4
    return signs, y + (LABEL * 0.6 if below else 0)


def _moved(layout: Layout, dx: float, dy: float) -> Layout:
    def rect(r: Rect) -> Rect:
        return (r[0] + dx, r[1] + dy, r[2] + dx, r[3] + dy)

    def text(label: Words | None) -> Words | None:
        return None if label is None else replace(label, x=label.x + dx, y=label.y + dy)

    boxes = tuple(
        PlacedBox(
            one.box,
            rect(one.rect),
            tuple(replace(line, x=line.x + dx, y=line.y + dy) for line in one.lines),
            one.badge and (one.badge[0] + dx, one.badge[1] + dy),
        )
        for one in layout.boxes
    )
    arrows = tuple(
        PlacedArrow(one.arrow, tuple((x + dx, y + dy) for x, y in one.points), text(one.label)) for one in layout.arrows
    )
    frames = tuple(Frame(one.group, rect(one.rect), text(one.label)) for one in layout.frames)
    return replace(layout, boxes=boxes, arrows=arrows, frames=frames)
