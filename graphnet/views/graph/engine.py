"""The engine that places boxes and routes arrows, as it is asked: graphlay.

It knows the sizes of boxes, routes arrows round them, keeps room for labels and nests groups, the same way every time.
fast-sugiyama gives the centres of boxes alone, so that arrows run through boxes and labels.
"""

from __future__ import annotations

from typing import Any

from ...errors import ParameterError
from ...graph import components
from .labels import Rect, around

MOST_WAYPOINTS = 6000  # where long arrows pass other layers: the engine's time grows with them
PAGE = 860.0  # points: a picture wider than this is wrapped where its graph allows
MANY_ARROWS = 100
WAY_OUT = "close sub-networks (open=[] draws none open), draw net.subgraph([...]), or write text: net.to_dot()"
SWIFT = {  # of the engine, for large pictures: what takes it minutes, and gains little
    "routing": {"overlap_repair_rounds": 0, "port_relax_rounds": 0},
    "coords": {"simplex_max_pivots": 2000, "snap_rounds": 1, "simplex_face_rounds": 0},
}


def run(graph: dict[str, Any], room: float, full: bool) -> Any:
    """One pass of the engine; wide pictures of chains are wrapped into rows."""
    import graphlay

    gaps = {"layer_gap": 34, "node_gap": 24, "dummy_gap": 16, "port_gap": 12, "stub": 12, "isolated_gap": 24}
    if not full:
        gaps = {"layer_gap": 26, "node_gap": 10, "dummy_gap": 7, "port_gap": 5, "stub": 10, "isolated_gap": 12}
    options: dict[str, Any] = {
        "spacing": {name: gap * room for name, gap in gaps.items()}
        | {"compound_header": 12.0, "compound_padding": 12.0 * room},
        "labels": {"reservation": "always"},
        "routing": {"bundle_parallel": False},
        "limits": {"max_dummies": MOST_WAYPOINTS},
        "tuning": {} if full else SWIFT,
        "effort": "balanced" if len(graph["edges"]) <= MANY_ARROWS else "fast",
    }
    rows = {"wrap": {"viewport_aspect": 1.6}, "tuning": options["tuning"] | {"wrap": {"max_rows": 30}}}
    try:
        if not full and _depth(graph) * gaps["layer_gap"] * 2 > PAGE:  # wide for sure: it is laid out only once
            return graphlay.layout(graph, options=options | rows)
        raw = graphlay.layout(graph, options=options)
        width = raw.bounds["max"]["x"] - raw.bounds["min"]["x"]
        if width > max(PAGE, 2.0 * (raw.bounds["max"]["y"] - raw.bounds["min"]["y"])):
            raw = graphlay.layout(graph, options=options | rows)
    except graphlay.GraphlayError as error:
        raise ParameterError(
            f"a network of {len(graph['edges'])} edges is too entangled for a picture ({error})",
            parameter="scene",
            hint=WAY_OUT,
        ) from error
    return raw


def _depth(graph: dict[str, Any]) -> int:
    """How many layers a longest way leads through, loops counted as one."""
    following: list[list[int]] = [[] for _ in graph["nodes"]]
    for edge in graph["edges"]:
        following[edge["source"]].append(edge["target"])
    depth = [0] * len(following)
    for nodes in components(following):
        here = max(depth[node] for node in nodes) + 1
        for node in nodes:
            for other in following[node]:
                depth[other] = max(depth[other], here)
    return max(depth, default=0)


def rect_of(node: dict[str, Any]) -> Rect:
    centre, size = node["center"], node["size"]
    return around((centre["x"], centre["y"]), size["width"], size["height"])
