"""Sub-networks shown as one box each: which there are, and the scene in which only some stand open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ...errors import UnknownName
from .drawing import Arrow, Box, Scene, Signal

READABLE = 60
"""Boxes: a drawing opens sub-networks as long as it shows no more."""


def groups(scene: Scene) -> dict[str, int]:
    """The groups (paths of sub-networks) with the number of layers in each, outer before inner.

    >>> a, b = (Box(name, "layer", "Rate", 1, 1, None, "TSContinuous") for name in ("f.a", "f.g.b"))
    >>> groups(Scene("", [a, b], []))
    {'f': 2, 'f.g': 1}
    """
    names = {box.name for box in scene.boxes}
    counts: dict[str, int] = {}
    for box in scene.boxes:
        for path in outer(box.name):
            if path not in names:  # else that box is the layer itself, and nothing stands for it
                counts[path] = counts.get(path, 0) + (box.layers if box.kind == "group" else box.kind == "layer")
    return counts


def opening(scene: Scene, asked: str | Collection[str] | None) -> Scene:
    """The scene with the sub-networks ``asked`` for standing open, and those they lie in; or "all".

    By default (None) sub-networks are opened level by level, all of one or none, as long as at most READABLE boxes are
    shown. Where some stay closed, the scene's note says how to open them. Raises UnknownName where there is none such.
    """
    counts = groups(scene)
    if asked is None:
        opened = _readable(scene, counts)
    elif asked == "all" and "all" not in counts:
        opened = set(counts)
    else:
        named = [asked] if isinstance(asked, str) else list(asked)
        opened = {path for name in named for path in [*outer(name), name]} & counts.keys() | set(named)
    found = collapsed(scene, opened)
    closed = [box.name for box in found.boxes if box.kind == "group"]
    return replace(found, note=_how_to_open(closed)) if closed else found


def _readable(scene: Scene, counts: dict[str, int]) -> set[str]:
    """The groups of as many levels, from outside, as can be opened with at most READABLE boxes shown."""
    opened: set[str] = set()
    for level in range(max((path.count(".") for path in counts), default=-1) + 1):
        more = opened | {path for path in counts if path.count(".") == level}
        closed = counts.keys() - more
        seen = {next((path for path in outer(box.name) if path in closed), box.name) for box in scene.boxes}
        if len(seen) > READABLE:
            break
        opened = more
    return opened


def _how_to_open(closed: list[str]) -> str:
    many = f"{len(closed)} sub-networks are closed" if len(closed) > 1 else "1 sub-network is closed"
    path = closed[0]
    return f'{many}: open="{path}" (--open {path}) shows the inside of one, open="all" of every one.'


def outer(name: str) -> list[str]:
    """The groups that a name lies in, outermost first.

    >>> outer("f.g.b")
    ['f', 'f.g']
    """
    parts = name.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]


def collapsed(scene: Scene, opened: Collection[str]) -> Scene:
    """The scene in which every group that is not in ``opened``, or lies in one that is not, is one box.

    Such a box has kind "group", the group's path as its name, and the number of its layers. Several edges between the
    same two ends become one arrow for each type of signal, whose ``count`` and label say how many they are; what stays
    inside a group is not shown. Boxes and arrows stand where the first of what they stand for stood. Which arrows run
    back is found anew: between groups there may be other loops than between layers.

    Raises UnknownName where ``opened`` names no group.
    """
    counts = groups(scene)
    for path in opened:
        if path not in counts:
            raise UnknownName("sub-network", path, counts, where=repr(scene.title) if scene.title else "")
    closed = counts.keys() - set(opened)
    if not closed:
        return scene
    shown = {box.name: next((path for path in outer(box.name) if path in closed), box.name) for box in scene.boxes}
    members: dict[str, list[Box]] = {}
    for box in scene.boxes:
        members.setdefault(shown[box.name], []).append(box)
    mean = scene.overlay is not None and scene.overlay.whole is None
    boxes = [
        _standing_for(path, found, counts[path], mean) if path in closed else found[0]
        for path, found in members.items()
    ]
    merged: dict[tuple[str, str, Signal, int], list[Arrow]] = {}
    for number, arrow in enumerate(scene.arrows):
        pre, post = shown[arrow.pre], shown[arrow.post]
        if pre == post and pre in closed:
            continue
        alone = pre == arrow.pre and post == arrow.post
        merged.setdefault((pre, post, arrow.type, number if alone else -1), []).append(arrow)
    arrows = [_merged(pre, post, found) for (pre, post, *_), found in merged.items()]
    return replace(scene, boxes=boxes, arrows=arrows)


def _standing_for(path: str, boxes: list[Box], layers: int, mean: bool) -> Box:
    inside = [box for box in boxes if box.kind != "input"] or boxes
    steps = {box.dt for box in boxes if box.dt is not None}
    events = all(box.output_type == "TSEvent" for box in inside)
    return Box(
        path, "group", "", 0, 0, None, "TSEvent" if events else "TSContinuous",
        steps.pop() if len(steps) == 1 else None, layers=layers, family="group",
        value=_together(boxes, mean), marks=tuple(mark for box in boxes for mark in box.marks),
    )  # fmt: skip


def _together(boxes: list[Box], mean: bool) -> float | None:
    """What was measured inside a group: the sum, or the mean over all channels."""
    values = [(box.value, box.size_out if mean else 1) for box in boxes if box.value is not None]
    total = sum(value * weight for value, weight in values)
    return None if not values else total / max(sum(weight for _, weight in values), 1) if mean else total


def _merged(pre: str, post: str, arrows: list[Arrow]) -> Arrow:
    count = sum(one.count for one in arrows)
    if len(arrows) == 1:
        return replace(arrows[0], pre=pre, post=post, back=False)
    return replace(
        arrows[0], pre=pre, post=post, label=f"{count} edges", back=False,
        delayed=any(one.delayed for one in arrows), count=count,
        channels=sum(one.channels for one in arrows), rates=None,
    )  # fmt: skip
