"""The pen of GraphML: a network for other programs, with everything that the drawing knows as attributes."""

from __future__ import annotations

from typing import Any

from .drawing import Arrow, Box, Scene

Value = str | int | float | bool


def render(scene: Scene) -> str:
    """The scene as GraphML, which ``networkx.read_graphml`` and yEd, Gephi or igraph read.

    Nodes are boxes by name, with kind, class, family, sizes, types, dt (s) and group; edges carry type, label,
    channels, whether they are delayed or run back, and how many they stand for. What is not known is left out.
    """
    import networkx as nx

    graph: Any = nx.MultiDiGraph(name=_safe(scene.title))
    for box in scene.boxes:
        graph.add_node(_safe(box.name), **_node(box))
    for number, arrow in enumerate(scene.arrows):
        graph.add_edge(_safe(arrow.pre), _safe(arrow.post), key=f"e{number}", **_edge(arrow))
    return "\n".join(nx.generate_graphml(graph, named_key_ids=True)) + "\n"


def _node(box: Box) -> dict[str, Value]:
    told: dict[str, Value | None] = {
        "kind": box.kind, "class_name": box.class_name, "family": box.family, "group": box.group,
        "size_in": box.size_in, "size_out": box.size_out, "input_type": box.input_type, "output_type": box.output_type,
        "dt": box.dt, "recurrent": box.recurrent, "layers": box.layers, "value": box.value,
        "found": "; ".join(f"{mark.severity}: {mark.message}" for mark in box.marks),
    }  # fmt: skip
    return _known(told)


def _edge(arrow: Arrow) -> dict[str, Value]:
    before, after = arrow.rates or (None, None)
    told: dict[str, Value | None] = {
        "type": arrow.type, "label": arrow.label, "delayed": arrow.delayed, "back": arrow.back, "count": arrow.count,
        "channels": arrow.channels or None, "dt_pre": before, "dt_post": after,
    }  # fmt: skip
    return _known(told)


def _known(told: dict[str, Value | None]) -> dict[str, Value]:
    return {
        name: _safe(value) if isinstance(value, str) else value
        for name, value in told.items()
        if value is not None and value != ""
    }


def _safe(text: str) -> str:
    """The text without what XML cannot hold."""
    return "".join(
        c if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff" and not "\ud800" <= c <= "\udfff") else "�"
        for c in text
    )
