"""Pure functions over directed graphs of numbered nodes: order, loops, and how a loop may be iterated.

Nodes are 0 .. n - 1 in the order in which they were added; ``successors[i]`` lists nodes in the order of connecting.
The same graph gives the same answer in every process: nothing here iterates over a set.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

Successors = Sequence[Sequence[int]]


def components(successors: Successors) -> list[list[int]]:
    """Strongly connected components in topological order, ties by the smallest node; each sorted.

    Tarjan 1972, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1(2), without recursion.

    >>> components([[1], [2], [1, 3], []])
    [[0], [1, 2], [3]]
    """
    order = _without_loops(successors)
    if len(order) == len(successors):
        return [[node] for node in order]
    found = _tarjan(successors)
    member = [0] * len(successors)
    for number, nodes in enumerate(found):
        for node in nodes:
            member[node] = number
    waiting = [0] * len(found)
    follows: list[list[int]] = [[] for _ in found]
    for node, nexts in enumerate(successors):
        for other in nexts:
            if member[node] != member[other]:
                follows[member[node]].append(member[other])
                waiting[member[other]] += 1
    first = [min(nodes) for nodes in found]
    ready = [(first[i], i) for i, count in enumerate(waiting) if count == 0]
    heapq.heapify(ready)
    ordered: list[list[int]] = []
    while ready:
        _, number = heapq.heappop(ready)
        ordered.append(sorted(found[number]))
        for other in follows[number]:
            waiting[other] -= 1
            if waiting[other] == 0:
                heapq.heappush(ready, (first[other], other))
    return ordered


def _without_loops(successors: Successors) -> list[int]:
    """Nodes in topological order, ties by the smallest, as far as no loop stands in the way."""
    waiting = [0] * len(successors)
    for nexts in successors:
        for other in nexts:
            waiting[other] += 1
    ready = [node for node, count in enumerate(waiting) if count == 0]  # sorted, so it is a heap
    order: list[int] = []
    while ready:
        node = heapq.heappop(ready)
        order.append(node)
        for other in successors[node]:
            waiting[other] -= 1
            if waiting[other] == 0:
                heapq.heappush(ready, other)
    return order


def _tarjan(successors: Successors) -> list[list[int]]:
    n = len(successors)
    index, low, on_stack = [-1] * n, [0] * n, [False] * n
    stack: list[int] = []
    found: list[list[int]] = []
    count = 0
    for root in range(n):
        if index[root] >= 0:
            continue
        work = [(root, 0)]
        while work:
            node, position = work.pop()
            if position == 0:
                index[node] = low[node] = count
                count += 1
                stack.append(node)
                on_stack[node] = True
            nexts = successors[node]
            while position < len(nexts) and index[nexts[position]] >= 0:
                if on_stack[nexts[position]]:
                    low[node] = min(low[node], index[nexts[position]])
                position += 1
            if position < len(nexts):
                work += [(node, position + 1), (nexts[position], 0)]
                continue
            if low[node] == index[node]:
                found.append(_popped(stack, node, on_stack))
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
    return found


def _popped(stack: list[int], last: int, on_stack: list[bool]) -> list[int]:
    taken: list[int] = []
    while not taken or taken[-1] != last:
        taken.append(stack.pop())
        on_stack[taken[-1]] = False
    return taken


def find_path(successors: Successors, start: int, goal: int) -> list[int] | None:
    """A shortest path from start to goal, both ends included, or None; [start] where they are the same.

    >>> find_path([[1], [2], []], 0, 2)
    [0, 1, 2]
    """
    if start == goal:
        return [start]
    before = _shortest(successors, start, goal)
    return None if before is None else [*before, goal]


def _shortest(successors: Successors, start: int, goal: int) -> list[int] | None:
    """The nodes on a shortest way of at least one edge from start to goal, without the goal, or None."""
    came: dict[int, int] = {}
    level = [start]
    while level and goal not in came:
        following: list[int] = []
        for node in level:
            for other in successors[node]:
                if other not in came:
                    came[other] = node
                    following.append(other)
        level = following
    if goal not in came:
        return None
    path = [came[goal]]
    while path[-1] != start:
        path.append(came[path[-1]])
    return path[::-1]


def find_cycle(successors: Successors) -> list[int] | None:
    """The nodes of a shortest cycle through the first node that lies on one, or None.

    >>> find_cycle([[1], [2], [0]]), find_cycle([[1], []])
    ([0, 1, 2], None)
    """
    for nodes in components(successors):
        if len(nodes) > 1 or nodes[0] in successors[nodes[0]]:
            return _shortest(successors, nodes[0], nodes[0])
    return None


def loop_block(size: int, edges: Iterable[tuple[int, int, int]], step: int) -> tuple[int, list[int]]:
    """In what blocks a loop can be iterated: (block, order), or (0, cycle) where it cannot.

    ``edges`` are (pre, post, delay) among the loop's ``size`` nodes, delays and the returned block in ticks; ``step``
    is the least common multiple of the nodes' steps, of which a block must be a whole multiple. A block is the largest
    such multiple for which the edges with a shorter delay contain no cycle; ``order`` is the order of the nodes within
    a block.

    >>> loop_block(2, [(0, 1, 0), (1, 0, 7)], 2)
    (6, [0, 1])
    """
    edges = list(edges)
    delays = sorted({delay for _, _, delay in edges})
    low, high = 0, len(delays)  # the first delay, by position, up to which the edges contain a cycle
    while low < high:
        middle = (low + high) // 2
        if find_cycle(_shorter(size, edges, delays[middle] + 1)) is None:
            low = middle + 1
        else:
            high = middle
    if low == len(delays):
        raise ValueError("these nodes form no loop")
    block = delays[low] // step * step
    if block == 0:
        return 0, find_cycle(_shorter(size, edges, step)) or []
    order = components(_shorter(size, edges, block))
    return block, [nodes[0] for nodes in order]


def _shorter(size: int, edges: list[tuple[int, int, int]], bound: int) -> list[list[int]]:
    successors: list[list[int]] = [[] for _ in range(size)]
    for pre, post, delay in edges:
        if delay < bound:
            successors[pre].append(post)
    return successors
