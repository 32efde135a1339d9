"""Edges as documents write them, ``a -> b -> c`` or mappings, as the single edges that they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ..clock import exact
from ..edge import Merge, parse
from ..errors import EdgeError, GraphnetError
from ..limits import count
from ..timeseries import TSEvent

if TYPE_CHECKING:
    from ..files import Place
    from ..network import Network
    from ..sections import EdgeSection


class Join(NamedTuple):
    """One edge of a document: where it stands, how it is written, and what ``connect`` is to be given."""

    place: Place
    text: str
    pre: str
    post: str
    delay: float | Fraction = 0.0
    pre_channels: Any = None
    post_channels: Any = None
    merge: Merge | None = None


Read = Join | tuple["Place", GraphnetError]


def joins(edges: Iterable[str | EdgeSection]) -> Iterator[Read]:
    """The single edges, in order, or in place of one that cannot be read what is wrong with it."""
    for i, one in enumerate(edges):
        place: Place = ("edges", i)
        try:
            yield from _chain(one, place) if isinstance(one, str) else _spread(one, place)
        except GraphnetError as error:
            yield place, error


def _chain(text: str, place: Place) -> list[Join]:
    """``a -> b @ 5 ms -> c``: a delay belongs to the edge that it ends."""
    parts = text.split("->")
    if len(parts) <= 2:
        return [Join(place, text, *parse(text))]
    found: list[Join] = []
    for begin, end in pairwise(parts):
        start = begin.partition("@")[0].strip()
        if "[" in end and end is not parts[-1]:
            raise EdgeError(
                f"{text}: the channels of {end.partition('[')[0].strip()!r} could be those that it is given or those "
                "that it gives",
                hint="write two edges, such as 'a -> b[0:3]' and 'b -> c'",
            )
        try:
            found.append(Join(place, text, *parse(f"{start} -> {end.strip()}")))
        except EdgeError as error:
            raise EdgeError(f"cannot read {start + ' -> ' + end.strip()!r} in {text!r}", hint=error.hint) from error
    return found


def _spread(one: EdgeSection, place: Place) -> list[Join]:
    """Every pair of a mapping's ends, all that lead to the first target first."""
    found: list[Join] = []
    for end in _ends(one.to):
        for begin in _ends(one.from_):
            text = f"{begin} -> {end}"
            pre, post, late, pre_channels, post_channels = parse(text)
            if late:
                raise EdgeError(f"{text}: in a mapping a delay has its own key: 'delay: 5 ms'")
            found.append(Join(place, text, pre, post, one.delay, pre_channels, post_channels, one.merge))
    if not found:
        raise EdgeError("an edge leads from at least one layer to at least one")
    return found


def _ends(given: str | list[str]) -> list[str]:
    return [given] if isinstance(given, str) else given


def count_lines(net: Network, places: Mapping[int, Place]) -> Iterator[tuple[Place, GraphnetError]]:
    """Add what edges with a delay hold of continuous signals to what all arrays may have; gives each that is too much.

    ``places``: of the edges by their numbers; those of documents that are used were counted there. Delays along ports
    add up, so each path is counted, at the first of its edges that has one. Of events none is under way yet.
    """
    names = net.layers if any(one.delay for one in net.edges) else ()
    for path in (one for name in names for one in net.paths_into(name) if one.delay):
        place = next((places[one.number] for one in path.edges if one.delay and one.number in places), None)
        if place is None or net.sends(path.pre).type is TSEvent:
            continue
        dt = exact(net[path.pre if path.pre in net.layers else path.post].dt)
        try:
            count(-(-path.delay // dt) * len(path.picked), f"what {path} holds", "give a shorter delay")
        except GraphnetError as error:
            yield place, error
