"""Which arrows of a drawing run back, so that all others lead one way."""

from __future__ import annotations

from collections.abc import Sequence

from ...graph import components


def running_back(names: Sequence[str], arrows: Sequence[tuple[str, str, bool, bool]]) -> list[bool]:
    """For each arrow (pre, post, delayed, known to run back), whether it does: the others contain no cycle.

    Those known stay. Where the others still wait for each other, delayed ones give way first.

    >>> running_back(["a", "b"], [("a", "b", True, False), ("b", "a", False, False)])
    [True, False]
    """
    number = {name: i for i, name in enumerate(names)}
    ends = [(number[pre], number[post]) for pre, post, _, _ in arrows]
    back = [known or pre == post for pre, post, _, known in arrows]
    found = components(_following(len(names), [one for one, turned in zip(ends, back, strict=True) if not turned]))
    if len(found) == len(names):
        return back
    place = {node: i for i, nodes in enumerate(found) for node in nodes}
    prompt = [
        one for one, (*_, delayed, known) in zip(ends, arrows, strict=True)
        if not delayed and not known and place[one[0]] == place[one[1]]
    ]  # fmt: skip
    within = _following(len(names), prompt)
    entered = {post for pre, post in ends if place[pre] != place[post]}
    order: list[int] = []
    for nodes in found:
        order += _led(sorted(nodes, key=lambda node: (node not in entered, node)), within)
    position = {node: i for i, node in enumerate(order)}
    return [turned or position[pre] >= position[post] for turned, (pre, post) in zip(back, ends, strict=True)]


def _following(size: int, ends: Sequence[tuple[int, int]]) -> list[list[int]]:
    following: list[list[int]] = [[] for _ in range(size)]
    for pre, post in ends:
        following[pre].append(post)
    return following


def _led(starts: Sequence[int], following: Sequence[Sequence[int]]) -> list[int]:
    """The nodes so that each comes after what leads to it, but for cycles: depth first, backwards (Tarjan 1976)."""
    seen: set[int] = set()
    ended: list[int] = []
    for start in starts:
        work = [] if start in seen else [(start, 0)]
        seen.add(start)
        while work:
            node, tried = work.pop()
            if tried == len(following[node]):
                ended.append(node)
                continue
            work.append((node, tried + 1))
            other = following[node][tried]
            if other not in seen:
                seen.add(other)
                work.append((other, 0))
    return ended[::-1]
