"""The pen of Graphviz: a network as DOT text, of any size."""

from __future__ import annotations

from collections.abc import Iterator

from ..palette import LIGHT
from .drawing import Arrow, Box, Scene, words

STYLES = {"TSContinuous": "solid", "TSEvent": "dotted"}


def render(scene: Scene) -> str:
    """The scene in the DOT language: groups are clusters, events dotted and red, continuous signals solid and blue.

    >>> from graphnet.views.graph.drawing import Arrow, Box
    >>> a = Box("a", "input", "", 2, 2, None, "TSContinuous")
    >>> print(render(Scene("n", [a], [Arrow("a", "a", "@ 1 ms")])).splitlines()[-2].strip())
    "a" -> "a" [label="@ 1 ms", color="#27598c", fontcolor="#27598c", style="solid", penwidth=1.2, constraint=false];
    """
    return "\n".join(_lines(scene)) + "\n"


def quoted(text: str) -> str:
    """The text as a string of DOT.

    >>> print(quoted('say "hi"'))
    "say \\"hi\\""
    """
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "\\n")
    return f'"{inner}"'


def _lines(scene: Scene) -> Iterator[str]:
    yield f"digraph {quoted(scene.title)} {{"
    yield f'  graph [rankdir=LR, label={quoted(scene.title)}, labelloc=t, labeljust=l, fontname="Helvetica"];'
    yield '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=10];'
    yield '  edge [fontname="Helvetica", fontsize=8];'
    yield from _boxes(scene, tree(scene), "", "  ")
    for arrow in scene.arrows:
        yield f"  {_arrow(arrow)}"
    yield "}"


def tree(scene: Scene) -> dict[str, list[Box]]:
    """The boxes of each group, and the groups that hold only groups; the key of the top is empty."""
    groups: dict[str, list[Box]] = {"": []}
    for box in scene.boxes:
        parts = box.group.split(".") if box.group else []
        for i in range(1, len(parts) + 1):
            groups.setdefault(".".join(parts[:i]), [])
        groups[box.group].append(box)
    return groups


def inner(groups: dict[str, list[Box]], group: str) -> list[str]:
    """The groups directly inside a group."""
    return [one for one in groups if one and one.rpartition(".")[0] == group]


def _boxes(scene: Scene, groups: dict[str, list[Box]], group: str, indent: str) -> Iterator[str]:
    for box in groups[group]:
        yield f"{indent}{_box(box, scene.several_rates)}"
    for one in inner(groups, group):
        yield f"{indent}subgraph {quoted('cluster_' + one)} {{"
        yield f'{indent}  label={quoted(one.rpartition(".")[2])}; color="{LIGHT.rule}"; style="rounded";'
        yield from _boxes(scene, groups, one, indent + "  ")
        yield f"{indent}}}"


def _box(box: Box, rates: bool) -> str:
    label = "\n".join(
        [box.name.rpartition(".")[2], *words(box, rates=rates), *(["recurrent"] if box.recurrent else [])]
    )
    more = ", peripheries=2" if box.kind in ("input", "group") else ""
    look = f'color="{LIGHT.colour(box.family)}", fillcolor="{LIGHT.fill(box.family)}"{more}'
    return f"{quoted(box.name)} [label={quoted(label)}, {look}];"


def _arrow(arrow: Arrow) -> str:
    colour = LIGHT.signals[arrow.type]
    label = f"label={quoted(arrow.label)}, " if arrow.label else ""
    look = f'color="{colour}", fontcolor="{colour}", style="{STYLES[arrow.type]}", penwidth={arrow.width:.3g}'
    back = ", constraint=false" if arrow.back else ""
    return f"{quoted(arrow.pre)} -> {quoted(arrow.post)} [{label}{look}{back}];"
