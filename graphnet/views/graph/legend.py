"""What a drawing has to explain, and what was found: the words below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..palette import FAMILIES
from .drawing import Box, Scene
from .measures import Mark, amount

MOST_FINDINGS = 12


def entries(scene: Scene) -> Iterator[tuple[str, str]]:
    """What needs explaining in this scene: pairs of (sign, words). Nothing where all arrows are plain ones.

    Families are explained where there are several and one has several boxes: else the names of classes say enough.
    """
    types = {arrow.type for arrow in scene.arrows}
    signs = {
        "delayed": any(arrow.delayed for arrow in scene.arrows),
        "back": any(arrow.back and arrow.pre != arrow.post for arrow in scene.arrows),
        "recurrent": any(box.recurrent for box in scene.boxes),
    }
    if len(types) > 1 or "TSEvent" in types or any(signs.values()):
        words = {"TSContinuous": "continuous signal", "TSEvent": "events"}
        yield from ((kind, text) for kind, text in words.items() if kind in types)
        words = {"delayed": "delayed", "back": "runs back", "recurrent": "recurrent weights"}
        yield from ((sign, text) for sign, text in words.items() if signs[sign])
    if scene.overlay is not None:
        low, high = (amount(scene.overlay.what, one) for one in (scene.overlay.low, scene.overlay.high))
        yield "scale", f"{scene.overlay.title}, {low} to {high}"
        return
    found = Counter(box.family for box in scene.boxes if box.kind == "layer" and box.family != "other")
    if len(found) > 1 and max(found.values()) > 1:
        yield from ((f"family:{one}", FAMILIES.get(one, one)) for one in sorted(found, key=_place))


def _place(family: str) -> tuple[int, str]:
    known = list(FAMILIES)
    return (known.index(family) if family in known else len(known), family)


def findings(scene: Scene) -> Iterator[tuple[str, str]]:
    """What was found, as pairs of (severity, words), the gravest first; many are counted beyond the first dozen."""
    found = [(mark, "") for mark in scene.remarks]
    found += [(mark, box.name) for box in scene.boxes for mark in box.marks]
    order = ("error", "warning", "note")
    found.sort(key=lambda one: order.index(one[0].severity))
    for mark, where in found[:MOST_FINDINGS]:
        yield mark.severity, f"{where}: {mark.message}" if where else mark.message
    if len(found) > MOST_FINDINGS:
        yield found[MOST_FINDINGS][0].severity, f"and {len(found) - MOST_FINDINGS} more"


def gravest(box: Box) -> Mark | None:
    """The gravest of what was found at a box."""
    order = ("error", "warning", "note")
    return min(box.marks, key=lambda mark: order.index(mark.severity), default=None)
