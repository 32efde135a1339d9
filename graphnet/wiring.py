"""The edges between named ends, and how those into one input meet, in the order of connecting.

Nothing here judges an edge; that is done before it is added.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from .edge import Edge, Merge, Place


class Wiring:
    """Edges by number, by the end that they lead to and by the end that they come from; merges by the reading end.

    ``places`` holds, for an end whose edges have theirs, the channels that each edge leads to; ``partial`` the ends
    that a slice, a delay or a concatenation leads to: all that reaches any other are whole signals, at once. A copy
    shares all of it until either changes: whoever writes to a table calls ``own`` first.
    """

    def __init__(self) -> None:
        self.edges: dict[int, Edge] = {}
        self.into: dict[str, Sequence[Edge]] = {}  # a list from the first edge on
        self.leaving: dict[str, Sequence[Edge]] = {}
        self.merges: dict[str, Merge] = {}
        self.places: dict[str, list[Place]] = {}
        self.partial: set[str] = set()
        self.next: int = 0
        """The number of the next edge."""
        self._shared = False

    def copy(self) -> Wiring:
        """Wiring of its own over the same edges."""
        self._shared = True
        made = object.__new__(Wiring)
        vars(made).update(vars(self))
        return made

    def own(self) -> None:
        """Let no copy share the tables any more."""
        if self._shared:
            self.edges, self.merges, self.partial = dict(self.edges), dict(self.merges), set(self.partial)
            self.into = {name: [*many] for name, many in self.into.items()}
            self.leaving = {name: [*many] for name, many in self.leaving.items()}
            self.places = {name: many.copy() for name, many in self.places.items()}
            self._shared = False

    def __deepcopy__(self, memo: Any) -> Wiring:
        return self.copy()

    def __contains__(self, name: object) -> bool:
        return name in self.into

    def enter(self, name: str) -> None:
        """Give a layer or an input its place."""
        self.own()
        self.into[name], self.leaving[name] = (), ()

    def leave(self, name: str) -> list[Edge]:
        """Take away a layer or an input, and the edges that touch it."""
        self.own()
        gone = self.forget([*self.into[name], *self.leaving[name]])
        del self.into[name], self.leaving[name]
        self.places.pop(name, None)
        self.partial.discard(name)
        return gone

    def add(self, edge: Edge, merge: Merge | None, place: Place, before: list[Place] | None) -> Edge:
        """Add an edge under its number, the merge that its input has with it, and its place; ``before`` are those of
        the edges before it, where they change."""
        self.own()
        if before is not None:
            self.places[edge.post] = before
        if merge is not None:
            self.merges[edge.post] = merge
        self.append(edge, place)
        self._look(edge)
        return edge

    def _look(self, edge: Edge) -> None:
        part = edge.pre_channels is not None or edge.post_channels is not None
        if part or edge.delay or self.merges.get(edge.post) == "concat":
            self.partial.add(edge.post)

    def append(self, edge: Edge, place: Place) -> None:
        """Add an edge of a whole signal, at once, to tables of its own; it changes nothing for those before it."""
        pre, post, number = edge.pre, edge.post, edge.number
        if number >= self.next:
            self.next = number + 1
        self.edges[number] = edge
        for table, end in ((self.into, post), (self.leaving, pre)):
            known = table[end]
            if isinstance(known, list):
                known.append(edge)
            else:
                table[end] = [*known, edge]
        places = self.places.get(post)
        if places is None:
            self.places[post] = [place]
        else:
            places.append(place)

    def forget(self, edges: Iterable[Edge]) -> list[Edge]:
        """Take out edges; an input that nothing leads to any more forgets its merge."""
        self.own()
        gone = list({one.number: one for one in edges}.values())
        numbers = {one.number for one in gone}
        for number in numbers:
            del self.edges[number]
        for name in dict.fromkeys(one.post for one in gone):
            self.into[name] = [one for one in self.into[name] if one.number not in numbers]
            self.places.pop(name, None)
            if not self.into[name]:
                self.merges.pop(name, None)
            self.partial.discard(name)
            for one in self.into[name]:
                self._look(one)
        for name in dict.fromkeys(one.pre for one in gone):
            self.leaving[name] = [one for one in self.leaving[name] if one.number not in numbers]
        return gone

    def take_back(self, edges: Iterable[Edge], merges: Mapping[str, Merge | None]) -> None:
        """Undo the latest calls of ``add``: as if these edges had never been; ``merges`` are those of before."""
        gone = self.forget(edges)  # which makes the tables its own
        for name in merges:
            self.places.pop(name, None)
        self.next: int = min((one.number for one in gone), default=self.next)
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
        self.own()
        self.into = {new if name == old else name: edges for name, edges in self.into.items()}
        self.leaving = {new if name == old else name: edges for name, edges in self.leaving.items()}
        for one in {one.number: one for one in (*self.into[new], *self.leaving[new])}.values():
            renamed = one._replace(pre=new if one.pre == old else one.pre, post=new if one.post == old else one.post)
            self.edges[one.number] = renamed
            for side, end in ((self.into, renamed.post), (self.leaving, renamed.pre)):
                side[end] = [renamed if other.number == one.number else other for other in side[end]]
        if old in self.partial:
            self.partial = {new if name == old else name for name in self.partial}
        for table in (self.merges, self.places):
            if old in table:
                table[new] = table.pop(old)  # type: ignore[assignment, arg-type, index] # the same table
