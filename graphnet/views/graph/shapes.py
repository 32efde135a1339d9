"""What lies on the sheet as outlines and words, so that every pen only has to trace them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..palette import Theme
from .drawing import Frame, Layout, PlacedArrow, PlacedBox, Sign, size_words, time_words, type_words
from .labels import HEAD, RING, Point, Rect, Words
from .legend import gravest

BORDER, RIM = 1.1, 0.8
STRIP = 3.6  # how much of a box's left side shows its family's colour
UNDER = 8.0  # how far an arrow begins inside its box
SHEET = 3.0  # how far behind the box of a group another one shows
CIRCLE = 0.5523  # control points of a quarter circle as a cubic curve, in radii


@dataclass(frozen=True)
class Shape:
    """An outline: ``codes`` M, L, Q, C and Z take 1, 1, 2, 3 and 0 of the points, as in SVG; then its paint.

    ``dotted``: its line is a row of dots, as wide as it is.
    """

    codes: str
    points: tuple[Point, ...]
    fill: str | None = None
    stroke: str | None = None
    width: float = 0.0
    dotted: bool = False


@dataclass(frozen=True)
class Text:
    """Words in a colour, set from their middle, or where they stand in a line with others from their beginning."""

    words: Words
    colour: str
    from_left: bool = False


@dataclass(frozen=True)
class Part:
    """A part of the drawing: its name, such as ``box-lif`` or ``arrow-3``; for the ear, what it is, and more."""

    name: str
    title: str
    about: str
    shapes: tuple[Shape | Text, ...]


def parts(layout: Layout, theme: Theme) -> Iterator[Part]:
    """Everything on the sheet, from back to front."""
    for frame in layout.frames:
        yield Part(f"group-{frame.group}", f"{frame.group}, a sub-network", "", tuple(_frame(frame, theme)))
    for box in layout.boxes:
        if box.box.kind == "group":
            left, top, right, bottom = box.rect
            behind = (left + SHEET, top + SHEET, right + SHEET, bottom + SHEET)
            sheet = _round(behind, 4.0, fill=theme.page, stroke=theme.rule, width=RIM)
            yield Part(f"sheet-{box.box.name}", "", "", (sheet,))
    for number, arrow in enumerate(layout.arrows):
        title, about = arrow_words(arrow)
        yield Part(f"arrow-{number}", title, about, tuple(_arrow(arrow, theme)))
    for number, arrow in enumerate(layout.arrows):  # above all arrows: several may share one way
        if arrow.label is not None:
            yield Part(f"label-{number}", "", "", tuple(_label(arrow.label, theme.signals[arrow.arrow.type], theme)))
    for box in layout.boxes:
        title, about = box_words(box, layout)
        yield Part(f"box-{box.box.name}", title, about, tuple(_box(box, layout, theme)))
    if layout.title is not None:
        yield Part("title", "", "", (Text(layout.title, theme.ink, True),))
    if layout.signs:
        yield Part("legend", "", "", tuple(one for sign in layout.signs for one in _sign(sign, theme)))


def box_words(placed: PlacedBox, layout: Layout) -> tuple[str, str]:
    """A box for the ear: its name and what it is; what it carries, what was measured and found."""
    box = placed.box
    if box.kind == "group":
        return f"{box.name}, a sub-network of {size_words(box)}", _more(placed, layout, [])
    told = [f"size {size_words(box)}", type_words(box)]
    told += [f"dt {time_words(box.dt)}"] if box.dt is not None else []
    told += ["recurrent weights"] if box.recurrent else []
    return f"{box.name}, {box.class_name or box.kind}", _more(placed, layout, told)


def _more(placed: PlacedBox, layout: Layout, told: list[str]) -> str:
    value = placed.box.value
    if layout.overlay is not None and value is not None:
        told.append(f"{layout.overlay.title}: {layout.overlay.words(value)}")
    told += [f"{mark.severity}: {mark.message}" for mark in placed.box.marks]
    return "; ".join(told)


def arrow_words(placed: PlacedArrow) -> tuple[str, str]:
    """An arrow for the ear: its ends; what it carries."""
    one = placed.arrow
    told = ["events" if one.type == "TSEvent" else "continuous signal"]
    told += [f"{one.channels} channel{'s' if one.channels != 1 else ''}"] if one.channels else []
    told += [one.label] if one.label else []
    told += ["runs back"] if one.back else []
    return f"{one.pre} to {one.post}", "; ".join(told)


def _frame(frame: Frame, theme: Theme) -> Iterator[Shape | Text]:
    yield _round(frame.rect, 6.0, stroke=theme.rule, width=RIM)
    if frame.label is not None:
        yield Text(frame.label, theme.soft)


def _box(placed: PlacedBox, layout: Layout, theme: Theme) -> Iterator[Shape | Text]:
    box, rect = placed.box, placed.rect
    height = rect[3] - rect[1]
    radius = min(14.0, height / 2) if box.kind in ("input", "output") else min(4.0, height / 4)
    border = theme.colour(box.family)
    fill = theme.fill(box.family)
    if layout.overlay is not None:
        fill = theme.page if box.value is None else theme.measured(layout.overlay.part(box.value))
    yield _round(rect, radius, fill=fill, stroke=border, width=BORDER)
    if box.kind == "layer" and box.family in theme.families:
        yield _strip(rect, radius, border)
    for i, line in enumerate(placed.lines):
        yield Text(line, theme.soft if i and layout.overlay is None else theme.ink)
    if box.recurrent:
        yield from _loop((rect[2] - 9.0, rect[1] + min(10.5, height / 2)), theme.soft)
    found = gravest(box)
    if placed.badge is not None and found is not None:
        yield from _severity(placed.badge, found.severity, theme)


def _arrow(placed: PlacedArrow, theme: Theme) -> Iterator[Shape | Text]:
    arrow = placed.arrow
    colour = theme.signals[arrow.type]
    inside = _toward(placed.points[0], placed.points[1], -UNDER)  # behind the box, whose corner may be round
    yield from _way([inside, *placed.points[1:]], colour, arrow.type == "TSEvent", arrow.width)
    if arrow.back and arrow.pre != arrow.post:
        yield from _chevrons(placed, colour)
    if arrow.delayed:
        yield _circle(_toward(placed.points[0], placed.points[1], RING), 2.4, theme.page, colour, BORDER)


def _label(words: Words, colour: str, theme: Theme) -> Iterator[Shape | Text]:
    left, top, right, bottom = words.rect
    yield _round((left - 1.5, top, right + 1.5, bottom), 0.0, fill=theme.page)
    yield Text(words, colour)


def _chevrons(placed: PlacedArrow, colour: str) -> Iterator[Shape]:
    """Heads along the longest stretch of an arrow that runs back, clear of its label."""
    start, end = max(pairwise(placed.points), key=lambda one: math.dist(*one))
    length = math.dist(start, end)
    for part in (0.25, 0.75) if length > 120 else (0.5,) if length > 40 else ():
        tip = _toward(start, end, length * part + HEAD / 2)
        label = placed.label
        if label is None or abs(label.x - tip[0]) > label.width / 2 + HEAD or abs(label.y - tip[1]) > HEAD:
            yield _head(tip, _toward(tip, start, HEAD), colour)


def _sign(sign: Sign, theme: Theme) -> Iterator[Shape | Text]:
    x, y = sign.at
    kind, _, family = sign.sign.partition(":")
    ends = (x, y), (x + 26.0, y)
    if kind == "recurrent":
        yield from _loop((x + 19.0, y), theme.soft)
    elif kind == "delayed":
        yield from _way(ends, theme.soft, False, 1.2)
        yield _circle((x + RING, y), 2.4, theme.page, theme.soft, BORDER)
    elif kind == "back":
        way = [(x + 18.0, y - 4), (x + 24.0, y - 4), (x + 24.0, y + 4), (x, y + 4), (x, y - 4), (x + 9.0, y - 4)]
        yield from _way(way, theme.soft, False, 1.2)
        yield _head((x + 9.0, y + 4), (x + 9.0 + HEAD, y + 4), theme.soft)
    elif kind == "family":
        rect = (x + 6.0, y - 5.0, x + 24.0, y + 5.0)
        yield _round(rect, 2.5, fill=theme.fill(family), stroke=theme.colour(family), width=BORDER)
        if family in theme.families:
            yield _strip(rect, 2.5, theme.colour(family))
    elif kind == "scale":
        for i in range(13):
            yield _round((x + 2.0 * i, y - 5.0, x + 2.0 * i + 2.2, y + 5.0), 0.0, fill=theme.measured(i / 12))
    elif kind in theme.severities:
        yield from _severity((x + 6.0, y), kind, theme)
    elif kind in theme.signals:
        yield from _way(ends, theme.signals[kind], kind == "TSEvent", 1.2)
    yield Text(sign.label, theme.soft, True)


def _way(points: Sequence[Point], colour: str, dotted: bool, width: float) -> Iterator[Shape]:
    tip, before = points[-1], points[-2]
    curve, codes = _rounded([*points[:-1], _toward(tip, before, HEAD - 1)], 5.0)
    yield Shape(codes, tuple(curve), stroke=colour, width=width, dotted=dotted)
    yield _head(tip, _toward(tip, before, HEAD), colour)


def _head(tip: Point, back: Point, colour: str) -> Shape:
    across = ((tip[1] - back[1]) * 0.36, (back[0] - tip[0]) * 0.36)
    corners = (tip, (back[0] + across[0], back[1] + across[1]), (back[0] - across[0], back[1] - across[1]))
    return Shape("MLLZ", corners, fill=colour)


def _loop(centre: Point, colour: str) -> Iterator[Shape]:
    """The sign of recurrent weights: most of a circle, ending in an arrowhead."""
    x, y = centre
    arc = [(x + 3.6 * math.cos(math.radians(a)), y + 3.6 * math.sin(math.radians(a))) for a in range(-20, 251, 15)]
    yield Shape("M" + "L" * (len(arc) - 1), tuple(arc), stroke=colour, width=BORDER)
    yield Shape("MLLZ", ((x + 1.9, y - 3.4), (x - 2.2, y - 6.0), (x - 2.2, y - 0.9)), fill=colour)


def _severity(centre: Point, severity: str, theme: Theme) -> Iterator[Shape | Text]:
    """A sign for how grave something is, told by its shape too: error a disc, warning a triangle, note a square."""
    x, y = centre
    colour = theme.severities[severity]
    if severity == "error":
        yield _circle(centre, 5.5, colour, None, 0.0)
    elif severity == "warning":
        yield Shape("MLLZ", ((x, y - 6.0), (x + 6.4, y + 5.2), (x - 6.4, y + 5.2)), fill=colour)
    else:
        yield _round((x - 5.0, y - 5.0, x + 5.0, y + 5.0), 1.5, fill=colour)
    low = y + (1.2 if severity == "warning" else 0.0)
    yield Text(Words({"error": "×", "warning": "!", "note": "i"}[severity], x, low, 4.0, 8.4, 7.0, True), theme.page)


def _circle(centre: Point, radius: float, fill: str | None, stroke: str | None, width: float) -> Shape:
    x, y = centre
    r, k = radius, radius * CIRCLE
    points = (
        (x + r, y), (x + r, y + k), (x + k, y + r), (x, y + r), (x - k, y + r), (x - r, y + k), (x - r, y),
        (x - r, y - k), (x - k, y - r), (x, y - r), (x + k, y - r), (x + r, y - k), (x + r, y),
    )  # fmt: skip
    return Shape("MCCCCZ", points, fill, stroke, width)


def _round(
    rect: Rect, radius: float, *, fill: str | None = None, stroke: str | None = None, width: float = 0.0
) -> Shape:
    left, top, right, bottom = rect
    if radius == 0.0:
        return Shape("MLLLZ", ((left, top), (right, top), (right, bottom), (left, bottom)), fill, stroke, width)
    r = radius
    points = (
        (left + r, top), (right - r, top), (right, top), (right, top + r), (right, bottom - r), (right, bottom),
        (right - r, bottom), (left + r, bottom), (left, bottom), (left, bottom - r), (left, top + r), (left, top),
        (left + r, top),
    )  # fmt: skip
    return Shape("MLQLQLQLQZ", points, fill, stroke, width)


def _strip(rect: Rect, radius: float, colour: str) -> Shape:
    """The left side of a box in its family's colour."""
    left, top, _, bottom = rect
    r = min(radius, STRIP)
    points = (
        (left + STRIP, top), (left + r, top), (left, top), (left, top + r), (left, bottom - r), (left, bottom),
        (left + r, bottom), (left + STRIP, bottom),
    )  # fmt: skip
    return Shape("MLQLQLZ", points, fill=colour)


def _toward(start: Point, goal: Point, distance: float) -> Point:
    dx, dy = goal[0] - start[0], goal[1] - start[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
    part = min(1.0, distance / length)
    return (start[0] + dx * part, start[1] + dy * part)


def _rounded(points: Sequence[Point], radius: float) -> tuple[list[Point], str]:
    """The polyline with its corners rounded, as points and codes of a Shape."""
    curve, codes = [points[0]], "M"
    for (before, corner), (_, after) in pairwise(pairwise(points)):
        reach = min(radius, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        curve += [_toward(corner, before, reach), corner, _toward(corner, after, reach)]
        codes += "LQ"
    return [*curve, points[-1]], codes + "L"
