"""Which arrows of a drawing run back, so that all others lead one way."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from ...graph import components

MOST_PASSES = 30  # through the layers of one loop, exchanging neighbours


def running_back(names: Sequence[str], arrows: Sequence[tuple[str, str, bool, bool]]) -> list[bool]:
    """For each arrow (pre, post, delayed, known to run back), whether it does: the others contain no cycle.

    Those known stay. Of a loop, what is not delayed leads forward wherever that can be; else layers that are entered
    from outside come first, and neighbours stand so that fewer arrows run back.

    >>> running_back(["a", "b"], [("a", "b", True, False), ("b", "a", False, False)])
    [True, False]
    """
    number = {name: i for i, name in enumerate(names)}
    ends = [(number[pre], number[post]) for pre, post, _, _ in arrows]
    back = [known or pre == post for pre, post, _, known in arrows]
    left = [i for i, turned in enumerate(back) if not turned]
    found = components(_following(len(names), [ends[i] for i in left]))
    if len(found) == len(names):
        return back
    place = {node: i for i, nodes in enumerate(found) for node in nodes}
    inside: dict[int, list[tuple[int, int, bool]]] = {}
    entered: set[int] = set()
    for i in left:
        pre, post = ends[i]
        if place[pre] == place[post]:
            inside.setdefault(place[pre], []).append((pre, post, arrows[i][2]))
        else:
            entered.add(post)
    order = [node for i, nodes in enumerate(found) for node in _ordered(nodes, inside.get(i, []), entered)]
    position = {node: i for i, node in enumerate(order)}
    return [turned or position[pre] >= position[post] for turned, (pre, post) in zip(back, ends, strict=True)]


def _following(size: int, ends: Sequence[tuple[int, int]]) -> list[list[int]]:
    following: list[list[int]] = [[] for _ in range(size)]
    for pre, post in ends:
        following[pre].append(post)
    return following


def _ordered(nodes: list[int], arrows: list[tuple[int, int, bool]], entered: set[int]) -> list[int]:
    """The nodes of a loop in the order in which they are drawn."""
    if len(nodes) == 1:
        return nodes
    far = _distances(nodes, arrows, entered)
    prompt = {(pre, post) for pre, post, delayed in arrows if not delayed}
    waiting = dict.fromkeys(nodes, 0)
    for _, post in prompt:
        waiting[post] += 1
    ready = [(far[node], node) for node in nodes if waiting[node] == 0]
    heapq.heapify(ready)
    order: list[int] = []
    after: dict[int, list[int]] = {node: [] for node in nodes}
    for pre, post in sorted(prompt):
        after[pre].append(post)
    while waiting:
        _, node = heapq.heappop(ready) if ready else min((far[node], node) for node in waiting)
        if waiting.pop(node, None) is None:
            continue
        order.append(node)
        for other in after[node]:
            if other in waiting:
                waiting[other] -= 1
                if waiting[other] == 0:
                    heapq.heappush(ready, (far[other], other))
    return _exchanged(order, arrows, prompt)


def _distances(nodes: list[int], arrows: list[tuple[int, int, bool]], entered: set[int]) -> dict[int, int]:
    """How many arrows lead at least from where the loop is entered to each node."""
    after: dict[int, list[int]] = {node: [] for node in nodes}
    for pre, post, _ in arrows:
        after[pre].append(post)
    level = [node for node in nodes if node in entered] or nodes[:1]
    far = dict.fromkeys(level, 0)
    while level:
        level = list(dict.fromkeys(other for node in level for other in after[node] if other not in far))
        far.update(dict.fromkeys(level, max(far.values()) + 1))
    return far


def _exchanged(order: list[int], arrows: list[tuple[int, int, bool]], prompt: set[tuple[int, int]]) -> list[int]:
    """The order with neighbours exchanged as long as fewer arrows then run back."""
    count: dict[tuple[int, int], int] = {}
    for pre, post, _ in arrows:
        count[pre, post] = count.get((pre, post), 0) + 1
    for _ in range(MOST_PASSES):
        changed = False
        for i in range(len(order) - 1):
            one, other = order[i], order[i + 1]
            if (one, other) not in prompt and count.get((other, one), 0) > count.get((one, other), 0):
                order[i], order[i + 1] = other, one
                changed = True
        if not changed:
            break
    return order
