"""Where boxes, arrows and words go: a layered layout, judged by geometry and done again with more room on failure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from ...errors import ParameterError
from ..letters import LABEL, measure
from .drawing import Arrow, Box, Frame, Layout, PlacedArrow, PlacedBox, Scene, words
from .engine import MANY_ARROWS, WAY_OUT, rect_of, run
from .labels import (
    TOUCHING,
    Floor,
    Point,
    Rect,
    Words,
    around,
    head,
    outline,
    overlaps,
    seat,
    segments,
    straightened,
    tail,
)
from .returning import Ways, returning
from .sheet import on_sheet

MOST_BOXES = 2000
MOST_ARROWS = 5000
ENOUGH = 1.7  # times the usual room: beyond, a label may lie nearer to another arrow
FULL_BOXES = 150
FULL_ARROWS = 300  # above either, a box shows its name and size alone, arrows carry no labels, groups no frames
WIDE = 2500.0  # points: a picture with frames wider than this is drawn without them where that halves it
PARALLEL = 3  # arrows from one box to another and alike: as many share one way, their labels stacked on it
NAME, SMALL = 10.0, 8.5
PAD, LOOP, BADGE = 9.0, 14.0, 15.0


def lay_out(scene: Scene) -> Layout:
    """Where everything of the scene goes. The same scene gives the same layout.

    A large scene (FULL_BOXES, FULL_ARROWS) is drawn small: a few of its arrows may then pass behind boxes.
    Raises ParameterError where it is too large for a picture (MOST_BOXES, MOST_ARROWS, MOST_WAYPOINTS).
    """
    if len(scene.boxes) > MOST_BOXES or len(scene.arrows) > MOST_ARROWS:
        raise ParameterError(
            f"{scene.title or 'the network'}: a picture of {len(scene.boxes)} layers and {len(scene.arrows)} edges "
            f"could not be read (at most {MOST_BOXES} and {MOST_ARROWS})",
            parameter="scene",
            hint=WAY_OUT,
        )
    full = len(scene.boxes) <= FULL_BOXES and len(scene.arrows) <= FULL_ARROWS
    best: Layout | None = None
    for frames, room, below in _attempts(scene, full):
        tried = _attempt(scene, frames, room, full, below)
        if best is None or tried.flaws < best.flaws:
            best = tried
        if best.flaws == 0 or (best.flaws < TOUCHING and room >= ENOUGH):
            break
    assert best is not None
    if best.frames and _width(best) > WIDE:  # the engine wraps no picture that has frames
        plain = _attempt(scene, False, 1.0, full, below=full)
        best = plain if _width(plain) < _width(best) / 2 and plain.flaws <= best.flaws else best
    return on_sheet(scene, best)


def _width(layout: Layout) -> float:
    return max(one.rect[2] for one in layout.boxes) - min(one.rect[0] for one in layout.boxes)


@dataclass(frozen=True)
class _Route:
    """A way, and the arrows that share it: all loops at one box, many parallel ones, in a large picture all such."""

    arrows: tuple[Arrow, ...]
    labels: tuple[tuple[str, float, float], ...]  # text, width, height
    way: tuple[Point, ...] = ()
    anchor: Point | None = None

    @property
    def size(self) -> tuple[float, float]:
        """The room that all its labels take, one under the other."""
        return max((width for _, width, _ in self.labels), default=0.0), sum(height for *_, height in self.labels)


def _routes(scene: Scene, full: bool) -> list[_Route]:
    many = Counter((arrow.pre, arrow.post, arrow.type) for arrow in scene.arrows if not arrow.back)
    shared: dict[tuple[Any, ...], list[Arrow]] = {}
    for i, arrow in enumerate(scene.arrows):
        ends, kind = (arrow.pre, arrow.post), (arrow.pre, arrow.post, arrow.type)
        apart = full and arrow.pre != arrow.post
        way = ends if not apart else kind if many[kind] >= PARALLEL and not arrow.back else (*kind, i)
        shared.setdefault(way, []).append(arrow)
    routes = []
    for arrows in shared.values():
        labels = [(one.label, *measure(one.label, LABEL)) for one in arrows if one.label] if full else []
        routes.append(_Route(tuple(arrows), tuple(labels)))
    return routes


def _attempts(scene: Scene, full: bool) -> Iterator[tuple[bool, float, bool]]:
    """Whether to draw frames, how many times the usual room to give, and whether to lay what runs back below the flow:
    fewer tries where each takes long."""
    rooms = (1.0, 1.3, ENOUGH, 2.2, 3.0, 4.0) if len(scene.arrows) <= MANY_ARROWS else (1.0, ENOUGH)
    back = full and any(arrow.back and arrow.pre != arrow.post for arrow in scene.arrows)
    ways = (True, False) if back else (False,)
    if full and any(box.group for box in scene.boxes):
        yield from ((True, room, below) for below in ways for room in rooms if room <= ENOUGH)
    yield from ((False, room, below) for below in ways for room in (rooms if full else (1.0,)))


def _attempt(scene: Scene, frames: bool, room: float, full: bool, below: bool) -> Layout:
    """One layout; ``below``: the arrows that run back are laid below the flow, and the engine knows nothing of them."""
    rates = scene.several_rates
    shown = [_lines(scene, box, frames, full, rates) for box in scene.boxes]
    sizes = [_box_size(box, lines, full) for box, lines in zip(scene.boxes, shown, strict=True)]
    routes = _routes(scene, full)
    back = [below and route.arrows[0].back and route.arrows[0].pre != route.arrows[0].post for route in routes]
    forth = [route for route, runs in zip(routes, back, strict=True) if not runs]
    graph, groups = _graph(scene, sizes, forth, frames)
    raw = run(graph, room, full)
    rects = [rect_of(node) for node in raw.nodes]
    boxes = tuple(
        _placed_box(box, rect, lines, full) for box, rect, lines in zip(scene.boxes, rects, shown, strict=False)
    )
    home = {placed.box.name: placed.rect for placed in boxes}
    names = [(group, rects[len(boxes) + i]) for i, group in enumerate(groups)]
    ways = iter([_routed(route, edge, home) for route, edge in zip(forth, raw.edges, strict=True)])
    laid = [route if runs else next(ways) for route, runs in zip(routes, back, strict=True)]
    if not any(back):
        return _with_labels(boxes, laid, names)
    laid, lost = _with_returns(laid, home, [rect for _, rect in names])
    made = _with_labels(boxes, laid, names)
    return replace(made, flaws=made.flaws + TOUCHING * lost)


def _routed(route: _Route, edge: dict[str, Any], home: Mapping[str, Rect]) -> _Route:
    first = route.arrows[0]
    way = straightened([(p["x"], p["y"]) for p in edge["points"]], home[first.pre], home[first.post])
    at = edge.get("label_anchor")
    return replace(route, way=way, anchor=(at["x"], at["y"]) if at else None)


def _with_returns(
    routes: Sequence[_Route], home: Mapping[str, Rect], frames: Sequence[Rect]
) -> tuple[list[_Route], int]:
    """The routes, those without a way laid below the others; and how many found no room, and run straight."""
    rims = [((x0, y0), (x1, y1)) for rect in frames for x0, y0, x1, y1 in outline(rect)]
    ways = Ways(list(home.values()), rims)
    ports: dict[Rect, list[float]] = {}
    for route in routes:
        if route.way:
            ways.add(route.way)
            ports.setdefault(home[route.arrows[0].pre], []).append(route.way[0][1])
            ports.setdefault(home[route.arrows[0].post], []).append(route.way[-1][1])
    waiting = [route for route in routes if not route.way]
    ends = [(home[route.arrows[0].pre], home[route.arrows[0].post]) for route in waiting]
    found = iter(zip(returning(ends, ports, ways), ends, strict=True))
    laid, lost = [], 0
    for route in routes:
        if route.way:
            laid.append(route)
            continue
        way, (pre, post) = next(found)
        lost += way is None
        way = way or ((pre[2], (pre[1] + pre[3]) / 2), (post[0], (post[1] + post[3]) / 2))
        laid.append(replace(route, way=way, anchor=_longest(way)))
    return laid, lost


def _longest(way: Sequence[Point]) -> Point:
    """The middle of the longest stretch."""
    (x0, y0), (x1, y1) = max(pairwise(way), key=lambda one: math.dist(*one))
    return ((x0 + x1) / 2, (y0 + y1) / 2)


def _lines(scene: Scene, box: Box, frames: bool, full: bool, rates: bool) -> list[tuple[str, float, bool]]:
    name = box.name.rpartition(".")[2] if frames else box.name
    rest = words(box, rates=rates, short=not full)
    if scene.overlay is not None:
        rest = rest[:1] + ([] if box.value is None else [scene.overlay.words(box.value)])
    return [(name, NAME if full else LABEL, True), *((line, SMALL if full else LABEL, False) for line in rest)]


def _box_size(box: Box, lines: Sequence[tuple[str, float, bool]], full: bool) -> tuple[float, float]:
    spans = [measure(*line) for line in lines]
    loop, badge = (LOOP if box.recurrent else 0.0), (BADGE if box.marks else 0.0)
    if not full:
        return sum(width + 4 for width, _ in spans) + 8 + loop + badge, spans[0][1] + 6
    spans[0] = (spans[0][0] + 2 * max(loop, badge), spans[0][1])  # twice: the name stays in the middle
    return max(44.0, *(width for width, _ in spans)) + 2 * PAD, sum(height + 1 for _, height in spans) + 2 + 2 * 5


def _placed_box(box: Box, rect: Rect, lines: Sequence[tuple[str, float, bool]], full: bool) -> PlacedBox:
    badge = (rect[0] + 11.0, rect[1] + min(11.0, (rect[3] - rect[1]) / 2)) if box.marks else None
    inside = (rect[0] + BADGE, *rect[1:]) if badge and not full else rect
    return PlacedBox(box, rect, _seat_lines(inside, lines, full), badge)


def _seat_lines(rect: Rect, lines: Sequence[tuple[str, float, bool]], full: bool) -> tuple[Words, ...]:
    left, top, right, bottom = rect
    if not full:
        placed, x = [], left + 6
        for line in lines:
            width, height = measure(*line)
            placed.append(Words(line[0], x + width / 2, (top + bottom) / 2, width, height, line[1], line[2]))
            x += width + 4
        return tuple(placed)
    placed, y = [], top + 5
    for i, line in enumerate(lines):
        width, height = measure(*line)
        placed.append(Words(line[0], (left + right) / 2, y + height / 2, width, height, line[1], line[2]))
        y += height + (3 if i == 0 else 1)
    return tuple(placed)


def _graph(
    scene: Scene, sizes: Sequence[tuple[float, float]], routes: Sequence[_Route], frames: bool
) -> tuple[dict[str, Any], list[str]]:
    """The scene as the engine wants it: boxes first, then one node for each group, outer groups before inner ones."""
    nodes: list[dict[str, Any]] = [{"size": {"width": w, "height": h}, "key": ""} for w, h in sizes]
    groups: dict[str, int] = {}
    for group in sorted({box.group for box in scene.boxes if box.group} if frames else ()):
        _add_group(group, groups, nodes)
    for box, node in zip(scene.boxes, nodes, strict=False):
        if box.group in groups:
            node["parent"] = groups[box.group]
    index = {box.name: i for i, box in enumerate(scene.boxes)}
    edges: list[dict[str, Any]] = []
    for route in routes:
        edge: dict[str, Any] = {"source": index[route.arrows[0].pre], "target": index[route.arrows[0].post]}
        if route.labels:
            edge["label_size"] = {"width": route.size[0] + 4, "height": route.size[1]}
        edges.append(edge)
    return {"nodes": nodes, "edges": edges}, list(groups)


def _add_group(group: str, groups: dict[str, int], nodes: list[dict[str, Any]]) -> None:
    outer = group.rpartition(".")[0]
    if outer and outer not in groups:
        _add_group(outer, groups, nodes)
    groups[group] = len(nodes)
    width, height = measure(group, LABEL)
    nodes.append({"size": {"width": width + 2 * PAD, "height": height}, "key": ""})
    if outer:
        nodes[-1]["parent"] = groups[outer]


def _with_labels(boxes: tuple[PlacedBox, ...], routes: Sequence[_Route], groups: Sequence[tuple[str, Rect]]) -> Layout:
    """Seat every label where it touches nothing; what finds no such seat, and other faults, count as flaws."""
    rims = [side for _, rect in groups for side in outline(rect)]
    solid = Floor([placed.rect for placed in boxes] + rims)
    heads = [head(route.way) for route in routes]
    lines = [segments(route.way) for route in routes]
    ends = heads + [tail(route.way) for route in routes if any(one.delayed for one in route.arrows)]
    flaws = _faults(boxes, lines, groups)
    frames = []
    for group, rect in groups:
        label = _frame_label(group, rect, solid, Floor(seg for line in lines for seg in line))
        flaws += TOUCHING * (label is None)
        frames.append(Frame(group, rect, label))
    arrows: list[PlacedArrow] = []
    for i, route in enumerate(routes):
        seated: list[Words] = []
        if route.labels:
            others = Floor([seg for j, line in enumerate(lines) if j != i for seg in line] + ends)
            spot, fault = seat(route.way, route.anchor, route.size, solid, others)
            flaws += fault
            seated = _stacked(route, spot)
            solid.add(around(spot, *route.size))
        arrows += _placed(route, seated)
    return Layout(0.0, 0.0, boxes, tuple(arrows), tuple(frames), flaws=flaws)


def _stacked(route: _Route, middle: Point) -> list[Words]:
    seated, y = [], middle[1] - route.size[1] / 2
    for text, width, height in route.labels:
        seated.append(Words(text, middle[0], y + height / 2, width, height, LABEL))
        y += height
    return seated


def _placed(route: _Route, seated: list[Words]) -> Iterator[PlacedArrow]:
    rest = iter(seated)
    for arrow in route.arrows:
        yield PlacedArrow(arrow, route.way, next(rest, None) if arrow.label else None)


def _frame_label(group: str, rect: Rect, solid: Floor, arrows: Floor) -> Words | None:
    """The group's name in a corner of its frame, where no arrow crosses it."""
    name = group.rpartition(".")[2]
    width, height = measure(name, LABEL)
    left, top, right, bottom = rect
    for y in (top + 2 + height / 2, bottom - 2 - height / 2):
        for x in (left + 6 + width / 2, right - 6 - width / 2, (left + right) / 2):
            spot = around((x, y), width, height)
            if left <= spot[0] and spot[2] <= right and solid.free(spot, 1.0) and arrows.free(spot, 1.0):
                solid.add(spot)
                return Words(name, x, y, width, height, LABEL)
    return None


def _faults(boxes: Sequence[PlacedBox], lines: Sequence[Sequence[Rect]], groups: Sequence[tuple[str, Rect]]) -> int:
    """What is wrong with boxes that overlap, arrows through boxes, and frames that hold boxes of other groups."""
    rects = [placed.rect for placed in boxes]
    faults = int((overlaps(rects, rects).sum() - len(rects)) // 2)
    faults += (
        int(overlaps([seg for line in lines for seg in line], rects, -0.5).sum()) if len(rects) <= FULL_BOXES else 0
    )
    for group, frame in groups:
        inside = overlaps([frame], rects)[0]
        member = [(placed.box.group + ".").startswith(group + ".") for placed in boxes]
        faults += sum(bool(here) != belongs for here, belongs in zip(inside, member, strict=True))
    return TOUCHING * faults
