"""A graph of NIR laid out flat: graphs inside it are opened, their nodes named by path."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

Refusals = list[tuple[str, str]]


class Flat(NamedTuple):
    """Nodes by name and edges in order. ``inner``: the inputs and outputs of graphs that stood inside another."""

    nodes: dict[str, Any]
    edges: list[tuple[str, str]]
    inner: set[str]


def kind_of(node: Any) -> str:
    """The name of a node's class in NIR."""
    return type(node).__name__


def flattened(graph: Any, refusals: Refusals) -> Flat:
    """The nodes and edges of a graph and of those inside it; what cannot be is added to the refusals."""
    flat = Flat({}, [], set())
    _open(graph, "", flat, refusals)
    for (pre, post), many in Counter(flat.edges).items():
        if many > 1:
            refusals.append((pre, f"{many} edges lead from it to {post}"))
    return flat


def _open(graph: Any, path: str, flat: Flat, refusals: Refusals) -> None:
    begins: dict[str, str] = {}
    ends: dict[str, str] = {}
    for key, node in graph.nodes.items():
        name = _free(path + _spelt(key), flat.nodes)
        if kind_of(node) == "NIRGraph":
            _open(node, f"{name}.", flat, refusals)
            begins[key] = _sole(node, "Input", name, refusals)
            ends[key] = _sole(node, "Output", name, refusals)
            continue
        flat.nodes[name] = node
        begins[key] = ends[key] = name
        if path and kind_of(node) in ("Input", "Output"):
            flat.inner.add(name)
    for pre, post in graph.edges:
        if pre in ends and post in begins:
            flat.edges.append((ends[pre], begins[post]))
        else:
            refusals.append((f"{path}{pre} -> {path}{post}", "the edge names a node that is not there"))


def _sole(graph: Any, kind: str, name: str, refusals: Refusals) -> str:
    """The one input or output of an inner graph, which the edges of NIR cannot tell apart."""
    found = [f"{name}.{_spelt(key)}" for key, node in graph.nodes.items() if kind_of(node) == kind]
    if len(found) != 1:
        refusals.append((name, f"a graph inside a graph has one {kind}, this one has {len(found)}"))
    return found[0] if found else ""


def _spelt(key: str) -> str:
    """A name of NIR as a network can have it."""
    return re.sub(r"[\s\[\]@>]", "_", key) or "_"


def _free(name: str, taken: Mapping[str, Any]) -> str:
    found, count = name, 0
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    return found
