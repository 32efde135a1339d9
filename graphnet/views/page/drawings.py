"""The drawings of a page: one for each set of open sub-networks, as JSON holds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from ...errors import ParameterError
from ..graph.drawing import Layout, Scene
from ..graph.groups import READABLE, collapsed, groups, outer
from ..graph.layout import lay_out
from ..graph.scene import scene

if TYPE_CHECKING:
    from ...network import Network

Plain = dict[str, Any]

EVERY_SET = 5
"""With at most so many sub-networks every set of open ones is laid out."""
MOST_BOXES = 1500
"""All drawings of a page together have at most so many boxes; the first one may have as many as a picture can."""


def drawing(net: Network, opened: Collection[str] = ()) -> Plain:
    """The network laid out with only the sub-networks ``opened`` standing open, as JSON holds it.

    Raises UnknownName where there is no such sub-network, ParameterError where the picture would be too large.
    """
    return _drawn(scene(net), frozenset(opened))


def drawings(shown: Scene) -> tuple[list[Plain], list[str]]:
    """The drawings that a page holds, the one shown first at the beginning, and in words what is missing.

    With up to five sub-networks, one drawing for every set of them. With more: all closed; each opened alone, with
    those it lies in; all open. As long as all together have at most 1,500 boxes.
    """
    made: list[Plain] = []
    missing: list[str] = []
    left = MOST_BOXES
    for number, opened in enumerate(_sets(shown)):
        size = len(collapsed(shown, opened).boxes)
        if size > left and made:
            missing.append(f"{number} of the drawings with open sub-networks are in this file; a server draws all")
            break
        try:
            made.append(_drawn(shown, opened))
        except ParameterError as error:
            missing.append(error.message)
            continue
        left -= size
    return made, missing


def _sets(shown: Scene) -> Iterator[frozenset[str]]:
    """The sets of open sub-networks, the one to show first at the beginning, the others from few to many open."""
    found = groups(shown)
    every = frozenset(found)
    first = every if len(shown.boxes) <= READABLE else frozenset[str]()
    yield first
    if len(found) <= EVERY_SET:
        sets = (frozenset(some) for count in range(len(found) + 1) for some in combinations(found, count))
    else:
        sets = iter([frozenset[str](), *(frozenset([path, *outer(path)]) for path in found), every])
    seen = {first}
    for one in sets:
        whole = one == frozenset(path for path in one if one.issuperset(_around(path, every)))
        if whole and one not in seen:
            seen.add(one)
            yield one


def _around(path: str, every: Collection[str]) -> list[str]:
    return [one for one in outer(path) if one in every]


def _drawn(shown: Scene, opened: frozenset[str]) -> Plain:
    layout = lay_out(collapsed(shown, opened))
    return {"opened": sorted(opened), **as_json(layout, _standing(shown, layout))}


def _standing(shown: Scene, layout: Layout) -> list[list[int]]:
    """For each arrow of the layout, the numbers of the edges that it stands for."""
    closed = {placed.box.name for placed in layout.boxes if placed.box.kind == "group"}
    ends: dict[tuple[str, str, str], list[int]] = {}
    for number, arrow in enumerate(shown.arrows):
        pre, post = (next((one for one in outer(end) if one in closed), end) for end in (arrow.pre, arrow.post))
        ends.setdefault((pre, post, arrow.type), []).append(number)
    keys = [(one.arrow.pre, one.arrow.post, one.arrow.type) for one in layout.arrows]
    alone = Counter(keys)
    return [[ends[key].pop(0)] if alone[key] > 1 else ends[key] for key in keys]


def as_json(layout: Layout, edges: Sequence[Sequence[int]]) -> Plain:
    """A layout as JSON holds it: points with one decimal, words with their places."""
    return {
        "bounds": _bounds(layout),
        "boxes": [_box(one) for one in layout.boxes],
        "arrows": [_arrow(one, numbers) for one, numbers in zip(layout.arrows, edges, strict=True)],
        "frames": [
            {"group": one.group, "rect": [_short(x) for x in one.rect], "label": _words(one.label)}
            for one in layout.frames
        ],
    }


def _bounds(layout: Layout) -> list[float]:
    """Left, top, right and bottom of all that is drawn: without the title and the legend, which the page has itself."""
    rects = [one.rect for one in (*layout.boxes, *layout.frames)]
    rects += [(x, y, x, y) for one in layout.arrows for x, y in one.points]
    rects += [one.label.rect for one in layout.arrows if one.label is not None]
    if not rects:
        return [0.0, 0.0, 1.0, 1.0]
    left, top, right, bottom = zip(*rects, strict=True)
    return [_short(one) for one in (min(left) - 8, min(top) - 12, max(right) + 12, max(bottom) + 8)]


def _box(placed: Any) -> Plain:
    box = placed.box
    return {
        "name": box.name,
        "kind": box.kind,
        "type": box.output_type,
        "family": box.family,
        "recurrent": box.recurrent,
        "layers": box.layers,
        "rect": [_short(x) for x in placed.rect],
        "lines": [_words(line) for line in placed.lines],
    }


def _arrow(placed: Any, edges: Sequence[int]) -> Plain:
    arrow = placed.arrow
    return {
        "pre": arrow.pre,
        "post": arrow.post,
        "type": arrow.type,
        "delayed": arrow.delayed,
        "back": arrow.back,
        "wide": _short(arrow.width),
        "points": [[_short(x), _short(y)] for x, y in placed.points],
        "label": _words(placed.label),
        "edges": list(edges),
    }


def _words(words: Any) -> Plain | None:
    if words is None:
        return None
    return {"text": words.text, "x": _short(words.x), "y": _short(words.y), "size": words.size, "bold": words.bold,
            "width": _short(words.width)}  # fmt: skip


def _short(number: float) -> float:
    return round(float(number), 1)
