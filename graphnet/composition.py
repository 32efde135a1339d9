"""Composition: how layers and inputs come into a network and are joined; no edge stands unchecked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from . import edge as rules
from .collecting import at_rest
from .edge import Edge, End, Merge, Place
from .errors import CycleError, EdgeError, GraphnetError, NameTaken, ParameterError, UnknownName, raise_all
from .layer.parameters import series_type
from .pairs import pair, read, shown
from .standing import Node, Standing
from .structure import Group, Input, Port
from .timeseries import TSContinuous

NONE = Fraction(0)
NUMBERS = (float, int, Fraction)
SUMS = (None, "sum")
NAME = re.compile(r"[^\s\[\]@>]+")
Joined = tuple[Edge, Merge | None, Place, list[Place] | None]
"""A checked edge, the merge that its input has with it, its place, and those of the edges before it if they change."""


class Composition(Standing):
    """Named layers and inputs, joined by checked edges. ``Network`` adds ownership, time and runs."""

    # ------------------------------------------------------------------ ends

    def input(self, name: str, size: int, type: Any = TSContinuous) -> Input:
        """Declare an external input of ``size`` channels and give the handle that ``connect`` takes."""
        self._free(name)
        made = Input(name, _checked_size(size, f"input {name!r}"), series_type(type))
        self._inputs[name] = made
        end = End(name, made.size, made.type, None, external=True)
        self._stand(name, end, end)
        return made

    def port(self, name: str, size: int, type: Any = TSContinuous) -> Port:
        """Declare a joint of ``size`` channels: what leads into it, by its merge, is what it leads on, without a step.

        The inputs of a nested network are ports.
        """
        self._free(name)
        made = Port(name, _checked_size(size, f"port {name!r}"), series_type(type))
        self._ports[name] = made
        end = End(name, made.size, made.type, None)
        self._stand(name, end, end)
        return made

    def _stand(self, name: str, sends: End, reads: End) -> None:
        """Give an end its place."""
        self._ends[name] = sends, reads
        self._wiring.enter(name)
        self._changed()

    def _changed(self) -> None:
        self._structure = None
        self.forget()
        if self._paths:
            self._paths = {}

    def output(self, name: Node) -> None:
        """Declare a layer to be an output: what ``evolve`` gives where no ``record`` is asked for."""
        name = self.name_of(name)
        if name not in self._layers:
            kind = "an external input" if name in self._inputs else "an input"
            raise EdgeError(f"{name} is {kind}; an output is a layer", pre=name)
        if name not in self._outputs:
            self._outputs.append(name)

    def set_outputs(self, names: Iterable[Node]) -> None:
        """Declare the outputs anew. Raises UnknownName, EdgeError; the outputs are then as before."""
        before, self._outputs = self._outputs, []
        try:
            for name in names:
                self.output(name)
        except GraphnetError:
            self._outputs = before
            raise

    def remove_end(self, node: Node) -> None:
        """Take out an external input or a port, with its edges. Raises UnknownName for anything else."""
        name = self.name_of(node)
        if name not in self._inputs and name not in self._ports:
            raise UnknownName("input or port", name, [*self._inputs, *self._ports], where=f"network {self.name!r}")
        self._dropped(self._wiring.leave(name))
        for table in (self._inputs, self._ports, self._ends):
            table.pop(name, None)
        self._changed()

    def reorder(self, names: Sequence[str]) -> None:
        """Put the layers into an order, which decides among equals in the order of evolution."""
        self._layers = {name: self._layers[name] for name in names}
        self._changed()

    def clear_edges(self) -> None:
        """Take out every edge; what is under way on delayed ones waits for edges of the same numbers."""
        self._wiring.forget(list(self._wiring.edges.values()))
        self._changed()

    def _free(self, name: str) -> None:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ParameterError(
                f"{name!r} cannot be a name in a network: no spaces, brackets, '@' or '>'", parameter="name"
            )
        if name in self._wiring:
            raise NameTaken(f"the network {self.name!r} has a {name!r} already", hint="give it another name with name=")

    # ------------------------------------------------------------------ joining

    def connect(
        self,
        pre: Node,
        post: Node | None = None,
        *,
        delay: float = 0.0,
        merge: Merge | None = None,
        pre_channels: Any = None,
        post_channels: Any = None,
    ) -> Edge:
        """Join two layers, at once and checked; a refused edge changes nothing.

        ``pre`` and ``post`` are names, layers, or an input's handle; or ``pre`` alone is a written edge such as
        ``"a[0:3] -> b @ 3 ms"``. ``delay`` (s) is a whole number of steps of gcd(pre.dt, post.dt). ``merge`` says how
        the edges into one input meet: ``"sum"`` adds, ``"concat"`` sets side by side in the order of connecting.
        Channels are a slice, a list, or text such as ``"0:3"``.

        Raises UnknownName, EdgeError, CycleError.
        """
        joined = self._joined(pre, post, delay, merge, pre_channels, post_channels)
        before = self._wiring.merges.get(joined[0].post)
        added = self._add(*joined)
        try:
            if self._wiring.leads(self._owner(added.post), added.pre):
                self.structure()
            self._check_ports(added)
        except GraphnetError:
            self._take_back([added], {added.post: before})
            raise
        return added

    def connect_unchecked(
        self, pre: Any, post: Any = None, delay: Any = 0.0, pre_channels: Any = None, post_channels: Any = None,
        merge: Merge | None = None, number: int | None = None,
    ) -> Edge:  # fmt: skip
        """Join without looking for loops: whoever adds many calls ``structure`` once at the end."""
        return self._add(*self._joined(pre, post, delay, merge, pre_channels, post_channels, number))

    def connect_many(self, edges: Iterable[Any], merge: Merge | None = None) -> list[Edge]:
        """Join many pairs ``(pre, post)`` or edges ``"a -> b"``: all of them, or none and every error together."""
        before: dict[str, Merge | None] = {}
        added: list[Edge] = []
        errors: list[GraphnetError] = []
        with at_rest():
            self._changed()
            self._wiring.own()
            for one in self._join_whole(edges, merge, before, added):
                try:
                    joined = self._joined(*pair(one), merge=merge)
                    before.setdefault(joined[0].post, self._wiring.merges.get(joined[0].post))
                    added.append(self._add(*joined))
                    if self._ports:
                        self._check_ports(added[-1])
                except GraphnetError as error:
                    errors.append(error)
            try:
                self.structure()
            except GraphnetError as error:
                if str(error) not in map(str, errors):  # a path over a port may have been judged before
                    errors.append(error)
        if errors:
            self._take_back(added, before)
        raise_all(errors)
        return added

    def disconnect(self, pre: Node, post: Node) -> None:
        """Take out every edge from ``pre`` to ``post``. Raises UnknownName where there is none."""
        ends = self.name_of(pre), post.sole(True) if isinstance(post, Group) else self.name_of(post)
        found = [one for one in self._wiring.leaving[ends[0]] if one.post == ends[1]]
        if not found:
            raise UnknownName("edge", " -> ".join(ends), [str(one) for one in self.edges])
        self._dropped(self._wiring.forget(found))
        self._changed()

    def _joined(
        self, pre: Any, post: Any = None, delay: Any = 0.0, merge: Any = None, pre_channels: Any = None,
        post_channels: Any = None, number: int | None = None,
    ) -> Joined:  # fmt: skip
        """An edge, checked but not added."""
        where = ""
        if post is None:
            where = f"edge {shown(pre)!r}"
            pre, post, delay, pre_channels, post_channels = read(pre, delay, pre_channels, post_channels)
        ends = self._ends
        if pre.__class__ is str and post.__class__ is str and pre in ends and post in ends and not self._inlets:
            begin, end = ends[pre][0], ends[post][1]
        else:
            begin, end = self._end(pre, where, post), self._end(post, where, pre, reads=True)
        number = self._wiring.next if number is None else number
        plain = (  # the rules have nothing to say about most edges
            pre_channels is None
            and post_channels is None
            and not delay
            and type(delay) in NUMBERS
            and begin.type is end.type
            and (begin.dt is end.dt or begin.dt == end.dt)
            and not end.external
        )
        if plain:
            edge = Edge(begin.name, end.name, NONE, None, None, number)
        else:
            edge = rules.joined(begin, end, delay, pre_channels, post_channels, number)
        return self._met(edge, begin.size, end, merge)

    def _join_whole(
        self, edges: Iterable[Any], asked: Any, before: dict[str, Merge | None], added: list[Edge]
    ) -> Iterator[Any]:
        """Join each pair of names where one whole signal leads to one whole input and the rules have nothing to say,
        as most edges of large networks do; give back every other one, each at its turn."""
        ends, wiring = self._ends, self._wiring
        into, merges = wiring.into, wiring.merges
        simple = not self._inlets and not self._ports and asked in SUMS
        for one in edges:
            plain = simple and one.__class__ is tuple and len(one) == 2 and one[0].__class__ is one[1].__class__ is str
            if not plain or one[0] not in ends or one[1] not in ends:
                yield one
                continue
            pre, post = one
            (begin, _), (_, end) = ends[pre], ends[post]
            declared = merges.get(post)
            merge = declared or asked or end.merge
            if (
                begin.size != end.size
                or begin.type is not end.type
                or not (begin.dt is end.dt or begin.dt == end.dt)
                or end.external
                or merge == "concat"
                or (declared is None and into[post])
            ):
                yield one
                continue
            before.setdefault(post, declared)
            if merge and merge is not declared:
                merges[post] = merge
            edge: Edge = tuple.__new__(Edge, (pre, post, NONE, None, None, wiring.next))
            wiring.append(edge, whole(end.size))
            added.append(edge)

    def _met(self, edge: Edge, size: int, end: End, asked: Any) -> Joined:
        """How an edge meets those that lead to its input already."""
        wiring, name = self._wiring, end.name
        declared = wiring.merges.get(name)
        asked = end.merge if asked is None and declared is None else asked
        merge = asked if asked == declared else rules.merged(edge, declared, asked)
        before, places = wiring.into[name], wiring.places.get(name)
        if before and (places is None or merge != declared):
            *earlier, place = self._placed([*before, edge], merge, end)
            return edge, merge, place, earlier
        if merge == "sum" and size == end.size and edge.pre_channels is None and edge.post_channels is None:
            return edge, merge, whole(size), None
        return edge, merge, rules.placed_next(edge, size, merge, end, before, places or ()), None

    def _add(self, edge: Edge, merge: Merge | None, place: Place, before: list[Place] | None) -> Edge:
        if edge.pre in self._ports and edge.post in self._ports:
            self._not_round(edge)
        self._changed()
        return self._wiring.add(edge, merge, place, before)

    def _take_back(self, edges: Sequence[Edge], merges: Mapping[str, Merge | None]) -> None:
        self._wiring.take_back(edges, merges)
        self._changed()

    def _check_ports(self, added: Edge) -> None:
        """An edge at a port completes paths: check their clocks and delays as if each were an edge."""
        if added.pre not in self._ports and added.post not in self._ports:
            return
        waiting, seen = [added.post], {added.post}
        while waiting:
            name = waiting.pop()
            if name not in self._ports:
                for path in self.paths_into(name):
                    if added.number in path.key:
                        self._check_path(path)
            else:
                following = [one.post for one in self._wiring.leaving[name] if one.post not in seen]
                waiting += following
                seen.update(following)

    def _not_round(self, edge: Edge) -> None:
        """Ports that lead back to each other hold nothing that could wait. Raises CycleError."""
        if edge.pre == edge.post or self._wiring.leads(edge.post, edge.pre, self._ports):
            raise CycleError(
                f"{edge}: these ports lead back to themselves",
                cycle=list(dict.fromkeys([edge.pre, edge.post])),
                hint="ports take no time: let a layer stand between them, and a delay",
            )

    def _dropped(self, edges: Iterable[Edge]) -> None:
        """Called with the edges that have been taken out, for what else is kept of them."""


@lru_cache(maxsize=256)
def whole(size: int) -> range:
    """All the channels of an end."""
    return range(size)


def _checked_size(size: Any, what: str) -> int:
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
        raise ParameterError(f"{what}: size must be a whole number above 0, got {size!r}", parameter="size")
    return int(size)
