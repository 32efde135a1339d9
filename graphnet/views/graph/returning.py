"""Ways for the arrows that run back: out to the right, down, along below the flow, up, and in from the left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .labels import HEAD, Point, Rect

SIDE, BELOW = 12.0, 14.0  # the least distance of a way from the boxes it leaves and enters, and of its lane below them
NEAR = 5.0  # the least distance from an arrow that runs the same way
LANE = 12.0  # of a lane from another: a label has room on it
TRIES, STEP = 60, 4.0
Segment = tuple[Point, Point]


class Ways:
    """What stands on the sheet: boxes not to be run through, rims of frames and arrows not to be run along."""

    def __init__(self, boxes: Sequence[Rect], rims: Sequence[Segment]) -> None:
        self.boxes: NDArray[np.float64] = np.array(boxes, dtype=float).reshape(-1, 4)
        self.segments: list[Rect] = []
        for start, end in rims:
            self._add(start, end)

    def add(self, points: Sequence[Point]) -> None:
        """Another arrow."""
        for start, end in pairwise(points):
            self._add(start, end)

    def _add(self, start: Point, end: Point) -> None:
        (x0, y0), (x1, y1) = start, end
        self.segments.append((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))

    def free(self, start: Point, end: Point, keep: float = NEAR, apart: float = NEAR) -> bool:
        """Whether a straight stretch runs so far from all boxes, and along no arrow or rim nearer than ``apart``."""
        (x0, y0), (x1, y1) = start, end
        left, top, right, bottom = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
        b = self.boxes
        inside = (b[:, 0] < right + keep) & (b[:, 2] > left - keep) & (b[:, 1] < bottom + keep) & (b[:, 3] > top - keep)
        if inside.any():
            return False
        s = np.array(self.segments, dtype=float).reshape(-1, 4)
        d = apart
        near = (s[:, 0] < right + d) & (s[:, 2] > left - d) & (s[:, 1] < bottom + d) & (s[:, 3] > top - d)
        flat = s[:, 2] - s[:, 0] > s[:, 3] - s[:, 1]
        return not (near & (flat == (right - left > bottom - top))).any()


def returning(
    ends: Sequence[tuple[Rect, Rect]], ports: Mapping[Rect, Sequence[float]], ways: Ways
) -> list[tuple[Point, ...] | None]:
    """For each pair of boxes a way back from the first to the second, or None where there is no room for one.

    ``ports`` are the heights at which arrows touch a box's left or right side already. Short ways are laid first, and
    so lie nearer. Each goes round all boxes, and along no other arrow.
    """
    found: list[tuple[Point, ...] | None] = [None] * len(ends)
    taken: dict[Rect, list[float]] = {rect: list(heights) for rect, heights in ports.items()}
    for i in sorted(range(len(ends)), key=lambda one: (abs(ends[one][0][2] - ends[one][1][0]), one)):
        pre, post = ends[i]
        way = _way(pre, post, taken, ways)
        found[i] = way
        if way is not None:
            ways.add(way)
            taken.setdefault(pre, []).append(way[0][1])
            taken.setdefault(post, []).append(way[-1][1])
    return found


def _way(pre: Rect, post: Rect, taken: Mapping[Rect, Sequence[float]], ways: Ways) -> tuple[Point, ...] | None:
    out, into = _port(pre, taken.get(pre, ())), _port(post, taken.get(post, ()))
    if out is None or into is None:
        return None
    deepest = max(pre[3], post[3])
    for lane in (deepest + BELOW + STEP * i for i in range(TRIES)):
        right = _channel((pre[2], out), lane, 1.0, ways)
        left = _channel((post[0], into), lane, -1.0, ways)
        if right is not None and left is not None and ways.free((left, lane), (right, lane), BELOW - 6.0, LANE):
            return (pre[2], out), (right, out), (right, lane), (left, lane), (left, into), (post[0], into)
    return None


def _channel(port: Point, lane: float, side: float, ways: Ways) -> float | None:
    """Where beside a box a way can run down to the lane."""
    x, y = port
    for i in range(TRIES):
        at = x + side * (SIDE + HEAD * (side < 0) + STEP * i)
        begin = x + side * (NEAR + 0.1)
        if not ways.free((begin, y), (at, y)):
            return None
        if ways.free((at, y), (at, lane)):
            return at
    return None


def _port(rect: Rect, taken: Sequence[float]) -> float | None:
    """A height at the side of a box, low on it, where no other arrow is."""
    _, top, _, bottom = rect
    return next((y for y in _heights(top, bottom) if all(abs(y - one) >= NEAR + 2 for one in taken)), None)


def _heights(top: float, bottom: float) -> Iterator[float]:
    for part in (0.8, 0.72, 0.86, 0.65, 0.58, 0.35, 0.27, 0.2):
        yield top + part * (bottom - top)
