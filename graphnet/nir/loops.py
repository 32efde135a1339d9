"""Which edges of a graph close a loop: NIR's time is continuous, steps need one of them to be late."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import components


def closing(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[bool]:
    """For each edge, whether it closes a loop with those before it that do not; without these the graph has no loop.

    >>> closing(["a", "b"], [("a", "b"), ("b", "a"), ("a", "a")])
    [False, True, True]
    """
    number = {name: i for i, name in enumerate(names)}
    pairs = [(number[pre], number[post]) for pre, post in edges]
    successors: list[list[int]] = [[] for _ in names]
    for pre, post in pairs:
        successors[pre].append(post)
    member = {node: place for place, nodes in enumerate(components(successors)) for node in nodes}
    kept: dict[int, list[int]] = {}
    closes: list[bool] = []
    for pre, post in pairs:
        inside = member[pre] == member[post]
        closes.append(inside and _leads(kept, post, pre))
        if inside and not closes[-1]:
            kept.setdefault(pre, []).append(post)
    return closes


def _leads(successors: dict[int, list[int]], begin: int, end: int) -> bool:
    waiting, seen = [begin], {begin}
    while waiting:
        node = waiting.pop()
        if node == end:
            return True
        fresh = [one for one in successors.get(node, ()) if one not in seen]
        seen.update(fresh)
        waiting += fresh
    return False


def in_order(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[str]:
    """Names in topological order, ties by their own; edges form no loop."""
    number = {name: i for i, name in enumerate(names)}
    successors: list[list[int]] = [[] for _ in names]
    for pre, post in edges:
        successors[number[pre]].append(number[post])
    return [names[node] for nodes in components(successors) for node in nodes]
