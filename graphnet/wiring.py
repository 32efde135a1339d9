"""The edges between named ends, and how those into one input meet, in the order of connecting.

Nothing here judges an edge; that is done before it is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .edge import Edge, Merge


class Wiring:
    """Edges by number, by the end that they lead to and by the end that they come from; merges by the reading end."""

    def __init__(self) -> None:
        self.edges: dict[int, Edge] = {}
        self.into: dict[str, list[Edge]] = {}
        self.leaving: dict[str, list[Edge]] = {}
        self.merges: dict[str, Merge] = {}
        self._count = 0

    def __contains__(self, name: object) -> bool:
        return name in self.into

    def enter(self, name: str) -> None:
        """Give a layer or an input its place."""
        self.into[name], self.leaving[name] = [], []

    def leave(self, name: str) -> list[Edge]:
        """Take away a layer or an input, and the edges that touch it."""
        gone = self.forget(dict.fromkeys([*self.into[name], *self.leaving[name]]))
        del self.into[name], self.leaving[name]
        return gone

    def add(self, edge: Edge, merge: Merge | None) -> Edge:
        """Add an edge and the merge that its input has with it; gives the edge with its number."""
        numbered = replace(edge, number=self._count)
        self._count += 1
        self.edges[numbered.number] = numbered
        self.into[edge.post].append(numbered)
        self.leaving[edge.pre].append(numbered)
        if merge is not None:
            self.merges[edge.post] = merge
        return numbered

    def forget(self, edges: Iterable[Edge]) -> list[Edge]:
        """Take out edges; an input that nothing leads to any more forgets its merge."""
        gone = list({one.number: one for one in edges}.values())
        numbers = {one.number for one in gone}
        for number in numbers:
            del self.edges[number]
        for name in dict.fromkeys(one.post for one in gone):
            self.into[name] = [one for one in self.into[name] if one.number not in numbers]
            if not self.into[name]:
                self.merges.pop(name, None)
        for name in dict.fromkeys(one.pre for one in gone):
            self.leaving[name] = [one for one in self.leaving[name] if one.number not in numbers]
        return gone

    def take_back(self, edges: Iterable[Edge], merges: Mapping[str, Merge | None]) -> None:
        """Undo the latest calls of ``add``: as if these edges had never been; ``merges`` are those of before."""
        gone = self.forget(edges)
        self._count = min((one.number for one in gone), default=self._count)
        for name, merge in merges.items():
            if merge is None:
                self.merges.pop(name, None)
            else:
                self.merges[name] = merge

    def leads(self, start: str, goal: str) -> bool:
        """Whether edges lead from one end to another, or both are one; costs little where few do."""
        reached, waiting = {start}, [start]
        while waiting and goal not in reached:
            for one in self.leaving[waiting.pop()]:
                if one.post not in reached:
                    reached.add(one.post)
                    waiting.append(one.post)
        return goal in reached
