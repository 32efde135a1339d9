"""The edges between named ends, and how those into one input meet, in the order of connecting.

Nothing here judges an edge; that is done before it is added.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from typing import Any

from .edge import Edge, Merge, Place


class Wiring:
    """Edges by number, by the end that they lead to and by the end that they come from; merges by the reading end.

    ``places`` holds, for an end whose edges have theirs, the channels that each edge leads to.
    """

    def __init__(self) -> None:
        self.edges: dict[int, Edge] = {}
        self.into: dict[str, list[Edge]] = {}
        self.leaving: dict[str, list[Edge]] = {}
        self.merges: dict[str, Merge] = {}
        self.places: dict[str, list[Place]] = {}
        self._count = 0

    def copy(self) -> Wiring:
        """Wiring of its own over the same edges."""
        made = Wiring()
        made.edges, made.merges = dict(self.edges), dict(self.merges)
        for mine, theirs in ((made.into, self.into), (made.leaving, self.leaving), (made.places, self.places)):
            mine.update((name, many.copy()) for name, many in theirs.items())  # type: ignore[misc] # the same kind
        made._count = self._count
        return made

    def __deepcopy__(self, memo: Any) -> Wiring:
        return self.copy()

    def __contains__(self, name: object) -> bool:
        return name in self.into

    def enter(self, name: str) -> None:
        """Give a layer or an input its place."""
        self.into[name], self.leaving[name] = [], []

    def leave(self, name: str) -> list[Edge]:
        """Take away a layer or an input, and the edges that touch it."""
        gone = self.forget([*self.into[name], *self.leaving[name]])
        del self.into[name], self.leaving[name]
        self.places.pop(name, None)
        return gone

    @property
    def next(self) -> int:
        """The number of the next edge."""
        return self._count

    def add(self, edge: Edge, merge: Merge | None, place: Place, before: list[Place] | None) -> Edge:
        """Add an edge under its number, the merge that its input has with it, and its place; ``before`` are those of
        the edges before it, where they change."""
        if edge.number >= self._count:
            self._count = edge.number + 1
        self.edges[edge.number] = edge
        self.into[edge.post].append(edge)
        self.leaving[edge.pre].append(edge)
        if before is not None:
            self.places[edge.post] = before
        if edge.post in self.places:
            self.places[edge.post].append(place)
        else:
            self.places[edge.post] = [place]
        if merge is not None:
            self.merges[edge.post] = merge
        return edge

    def forget(self, edges: Iterable[Edge]) -> list[Edge]:
        """Take out edges; an input that nothing leads to any more forgets its merge."""
        gone = list({one.number: one for one in edges}.values())
        numbers = {one.number for one in gone}
        for number in numbers:
            del self.edges[number]
        for name in dict.fromkeys(one.post for one in gone):
            self.into[name] = [one for one in self.into[name] if one.number not in numbers]
            self.places.pop(name, None)
            if not self.into[name]:
                self.merges.pop(name, None)
        for name in dict.fromkeys(one.pre for one in gone):
            self.leaving[name] = [one for one in self.leaving[name] if one.number not in numbers]
        return gone

    def take_back(self, edges: Iterable[Edge], merges: Mapping[str, Merge | None]) -> None:
        """Undo the latest calls of ``add``: as if these edges had never been; ``merges`` are those of before."""
        gone = self.forget(edges)
        for name in merges:
            self.places.pop(name, None)
        self._count = min((one.number for one in gone), default=self._count)
        for name, merge in merges.items():
            if merge is None:
                self.merges.pop(name, None)
            else:
                self.merges[name] = merge

    def leads(self, start: str, goal: str, over: Container[str] | None = None) -> bool:
        """Whether edges lead from one end to another (``over`` none but these), or both are one; costs little where
        few do."""
        reached, waiting = {start}, [start]
        while waiting and goal not in reached:
            for one in self.leaving[waiting.pop()]:
                if one.post not in reached and (over is None or one.post in over):
                    reached.add(one.post)
                    waiting.append(one.post)
        return goal in reached

    def rename(self, old: str, new: str) -> None:
        """Give an end another name; its edges keep their numbers and places."""
        self.into = {new if name == old else name: edges for name, edges in self.into.items()}
        self.leaving = {new if name == old else name: edges for name, edges in self.leaving.items()}
        for one in {one.number: one for one in (*self.into[new], *self.leaving[new])}.values():
            renamed = replace(one, pre=new if one.pre == old else one.pre, post=new if one.post == old else one.post)
            self.edges[one.number] = renamed
            for side, end in ((self.into, renamed.post), (self.leaving, renamed.pre)):
                side[end] = [renamed if other.number == one.number else other for other in side[end]]
        for table in (self.merges, self.places):
            if old in table:
                table[new] = table.pop(old)  # type: ignore[assignment, arg-type, index] # the same table
