"""The pen of Mermaid: a network as a flowchart for Markdown pages."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..palette import LIGHT
from .dot import inner, tree
from .drawing import Arrow, Box, Scene, words

LINES = {"TSContinuous": "-->", "TSEvent": "-.->"}


def render(scene: Scene) -> str:
    """The scene as a Mermaid flowchart: groups are subgraphs, events dotted, continuous signals solid.

    >>> from graphnet.views.graph.drawing import Arrow, Box
    >>> a = Box("a", "layer", "Rate", 2, 2, "TSContinuous", "TSContinuous")
    >>> print(render(Scene("n", [a], [Arrow("a", "a", "@ 1 ms", "TSContinuous", True)])).splitlines()[5].strip())
    n0 -->|"@ 1 ms"| n0
    """
    return "\n".join(_lines(scene)) + "\n"


def escaped(text: str) -> str:
    """The text as it may stand between double quotes: what Mermaid or HTML would read is written as a character code.

    >>> escaped('x["<b>"] #1')
    'x[#34;#60;b#62;#34;] #35;1'
    """
    codes = {mark: f"#{ord(mark)};" for mark in '#"<>&`\\'}
    return "".join(codes.get(mark, mark) for mark in text).replace("\r", "").replace("\n", "<br/>")


def _lines(scene: Scene) -> Iterator[str]:
    numbers = {box.name: f"n{i}" for i, box in enumerate(scene.boxes)}
    groups = tree(scene)
    if scene.title:
        yield "---"
        yield f"title: {json.dumps(scene.title, ensure_ascii=False)}"  # which is a string of YAML too
        yield "---"
    yield "flowchart LR"
    yield from _boxes(scene, groups, "", numbers, "  ")
    for arrow in scene.arrows:
        yield f"  {_arrow(arrow, numbers)}"
    families = [one for one in LIGHT.families if any(box.family == one for box in scene.boxes)]
    for family in families:
        look = f"fill:{LIGHT.fill(family)},stroke:{LIGHT.colour(family)},color:{LIGHT.ink}"
        yield f"  classDef {family} {look}"
        yield f"  class {','.join(numbers[box.name] for box in scene.boxes if box.family == family)} {family}"
    for kind in LINES:
        found = [str(i) for i, arrow in enumerate(scene.arrows) if arrow.type == kind]
        if found:
            yield f"  linkStyle {','.join(found)} stroke:{LIGHT.signals[kind]}"


def _boxes(
    scene: Scene, groups: dict[str, list[Box]], group: str, numbers: dict[str, str], indent: str
) -> Iterator[str]:
    for box in groups[group]:
        yield f"{indent}{numbers[box.name]}{_box(box, scene.several_rates)}"
    for one in inner(groups, group):
        yield f'{indent}subgraph g{list(groups).index(one)}["{escaped(one.rpartition(".")[2])}"]'
        yield from _boxes(scene, groups, one, numbers, indent + "  ")
        yield f"{indent}end"


def _box(box: Box, rates: bool) -> str:
    lines = [*words(box, rates=rates), *(["recurrent"] if box.recurrent else [])]
    label = "<br/>".join([f"<b>{escaped(box.name.rpartition('.')[2])}</b>", *(escaped(line) for line in lines)])
    opening, closing = {"input": ("([", "])"), "group": ("[[", "]]")}.get(box.kind, ("[", "]"))
    return f'{opening}"{label}"{closing}'


def _arrow(arrow: Arrow, numbers: dict[str, str]) -> str:
    label = f'|"{escaped(arrow.label)}"|' if arrow.label else ""
    return f"{numbers[arrow.pre]} {LINES[arrow.type]}{label} {numbers[arrow.post]}"
