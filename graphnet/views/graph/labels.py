"""Words as rectangles: how wide they are, and where one finds room. Points (1/72 inch), y downwards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

TILT = 3.5  # across a stretch: what an engine's rounding and ports leave
HEAD = 7.0  # the length of an arrowhead
RING = 4.0  # how far from its start a delayed arrow wears its ring
CLEAR = 5.0  # from other arrows, for a label beside its own
FAR = 4.0  # from its own arrow: nobody takes a label for another's
TIGHT, TOUCHING = 1, 1000  # faults of a seat
PARTS = (0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9)
Point = tuple[float, float]
Rect = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Words:
    """A line of text with its middle at (x, y)."""

    text: str
    x: float
    y: float
    width: float
    height: float
    size: float
    bold: bool = False

    @property
    def rect(self) -> Rect:
        return around((self.x, self.y), self.width, self.height)


def around(centre: Point, width: float, height: float) -> Rect:
    """The rectangle of that size with its middle there."""
    x, y = centre
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


class Floor:
    """The rectangles that a new one must not touch."""

    def __init__(self, rects: Iterable[Rect]) -> None:
        self.rects: NDArray[np.float64] = np.array(list(rects), dtype=float).reshape(-1, 4)

    def add(self, rect: Rect) -> None:
        self.rects = np.vstack([self.rects, rect])

    def free(self, rect: Rect, gap: float) -> bool:
        left, top, right, bottom = rect
        r = self.rects
        hits = (r[:, 0] < right + gap) & (r[:, 2] > left - gap) & (r[:, 1] < bottom + gap) & (r[:, 3] > top - gap)
        return not hits.any()


def overlaps(rects: Sequence[Rect], others: Sequence[Rect], gap: float = 0.0) -> NDArray[np.bool_]:
    """Shape (rects, others): which of them come closer than ``gap`` to which."""
    a = np.array(rects, dtype=float).reshape(-1, 1, 4)
    b = np.array(others, dtype=float).reshape(1, -1, 4)
    across = (a[..., 0] < b[..., 2] + gap) & (a[..., 2] > b[..., 0] - gap)
    return across & (a[..., 1] < b[..., 3] + gap) & (a[..., 3] > b[..., 1] - gap)


def straightened(points: Sequence[Point], start: Rect, end: Rect) -> tuple[Point, ...]:
    """The polyline without the slight tilts that an engine's rounding leaves, if its ends stay on both rectangles.

    The end gives way by sliding along its border, or else the start.
    """
    forth = _level(points)
    back = _level(points[::-1])[::-1]
    for way in (forth, back):
        if _touches(start, way[0]) and _touches(end, way[-1]):
            return tuple(way)
    return tuple(points)


def _level(points: Sequence[Point]) -> list[Point]:
    way = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        x, y = way[-1]
        dx, dy = abs(x1 - x0), abs(y1 - y0)
        if dy <= TILT and dx > dy:
            way.append((x1, y))
        elif dx <= TILT and dy > dx:
            way.append((x, y1))
        else:
            way.append((x1, y1))
    return way


def _touches(rect: Rect, point: Point) -> bool:
    return rect[0] - 1e-6 <= point[0] <= rect[2] + 1e-6 and rect[1] - 1e-6 <= point[1] <= rect[3] + 1e-6


def tail(points: Sequence[Point]) -> Rect:
    """The room that the ring of a delayed arrow takes at its start."""
    (x0, y0), (x1, y1) = points[0], points[1]
    length = max(math.dist(points[0], points[1]), 1e-9)
    return around((x0 + (x1 - x0) / length * RING, y0 + (y1 - y0) / length * RING), 6.0, 6.0)


def outline(rect: Rect) -> list[Rect]:
    """The four sides of a rectangle."""
    left, top, right, bottom = rect
    return segments([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])


def segments(points: Sequence[Point]) -> list[Rect]:
    """The stretches of a polyline as (mostly flat) rectangles."""
    return [(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)) for (x0, y0), (x1, y1) in pairwise(points)]


def head(points: Sequence[Point]) -> Rect:
    """The room that the arrowhead takes at the end of a polyline."""
    (x0, y0), (x1, y1) = points[-2], points[-1]
    length = max(abs(x1 - x0) + abs(y1 - y0), 1e-9)
    back = (x1 - (x1 - x0) / length * HEAD, y1 - (y1 - y0) / length * HEAD)
    return around(((x1 + back[0]) / 2, (y1 + back[1]) / 2), HEAD, HEAD)


def seat(
    way: Sequence[Point], anchor: Point | None, size: tuple[float, float], solid: Floor, others: Floor
) -> tuple[Point, int]:
    """The best seat for a label of this arrow, and what is wrong with it: 0, TIGHT or TOUCHING.

    A label rides in the middle of one stretch of its arrow, or else lies beside it, so far from all other arrows that
    nobody takes it for theirs. TIGHT is a seat nearer to another arrow, TOUCHING one that touches something.
    """
    start = way[len(way) // 2] if anchor is None else anchor
    own = segments(way)
    worse: dict[int, Point] = {}
    for spot, beside in _seats(way, start, *size):
        rect = around(spot, *size)
        if beside and not overlaps([rect], own, FAR).any():
            continue
        if solid.free(rect, 2.0) and _rides(rect, spot, own):
            if others.free(rect, CLEAR if beside else 1.5):
                return spot, 0
            worse.setdefault(TIGHT if others.free(rect, 1.0) else TOUCHING, spot)
    return worse.get(TIGHT, worse.get(TOUCHING, start)), TIGHT if TIGHT in worse else TOUCHING


def _rides(rect: Rect, spot: Point, own: Sequence[Rect]) -> bool:
    hit = [stretch for stretch, met in zip(own, overlaps([rect], own, 1.0)[0], strict=True) if met]
    if len(hit) != 1:
        return not hit
    left, top, right, bottom = hit[0]
    return abs(spot[0] - (left + right) / 2) < 0.6 if right - left < 0.6 else abs(spot[1] - (top + bottom) / 2) < 0.6


def _seats(points: Sequence[Point], anchor: Point, width: float, height: float) -> Iterator[tuple[Point, bool]]:
    """Where a label may sit, best first, and whether that is beside the arrow: else it interrupts the arrow."""
    stretches = sorted(pairwise(points), key=lambda s: -math.dist(*s))
    flat = [s for s in stretches if abs(s[1][0] - s[0][0]) >= abs(s[1][1] - s[0][1])]
    steep = [s for s in stretches if s not in flat]
    for (x0, y0), (x1, y1) in [s for s in flat if math.dist(*s) > width + 2 * HEAD] + [
        s for s in steep if math.dist(*s) > height + 4 * HEAD
    ]:
        for part in PARTS:
            yield (x0 + part * (x1 - x0), y0 + part * (y1 - y0)), False
    yield anchor, True
    for (x0, y0), (x1, y1) in flat + steep:
        off = (0.0, height / 2 + 2) if ((x0, y0), (x1, y1)) in flat else (width / 2 + 2.5, 0.0)
        for part in PARTS:
            for sign in (-1, 1):
                yield (x0 + part * (x1 - x0) + sign * off[0], y0 + part * (y1 - y0) + sign * off[1]), True
