"""What reaches a layer, through the ports of nested networks: a port holds a merge and passes on, it takes no time.

A path leads from a layer or an external input over any number of ports to a layer; its delay is the sum of its edges'.
A network without ports has one path for each edge.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from fractions import Fraction
from typing import NamedTuple

from .edge import Edge


class Path(NamedTuple):
    """``picked[i]``, a channel of ``pre``, goes to ``place[i]``, a channel of ``post``, ``delay`` seconds later.

    ``key`` are the numbers of the edges along it; ``inlet`` is the input of ``post`` that it leads to, where that has
    several.
    """

    pre: str
    post: str
    delay: Fraction
    picked: Sequence[int]
    place: Sequence[int]
    key: tuple[int, ...]
    edges: tuple[Edge, ...]
    inlet: str = ""

    def __str__(self) -> str:
        return str(self.edges[0]) if len(self.edges) == 1 else " | ".join(str(one) for one in self.edges)


def paths_into(
    name: str,
    into: Callable[[str], Sequence[Edge]],
    places: Callable[[str], Sequence[Sequence[int]]],
    size: Callable[[str], int],
    ports: Container[str] = (),
) -> list[Path]:
    """Every path into a layer (or port), in the order of connecting.

    ``into`` gives the edges into an end, ``places`` the channels that each leads to, ``size`` the channels of an end
    that sends, ``ports`` the names that are ports.
    """
    known = ports
    if not known:
        return [
            Path(one.pre, name, one.delay, _picked(one, size), place, (one.number,), (one,))
            for one, place in zip(into(name), places(name), strict=True)
        ]
    memory: dict[str, list[Path]] = {}
    waiting = [name]
    while waiting:  # ports first, without recursion: nesting may be deep
        end = waiting[-1]
        lacking = [one.pre for one in into(end) if one.pre in known and one.pre not in memory]
        if lacking:
            waiting += lacking
            continue
        waiting.pop()
        found: list[Path] = []
        for edge, place in zip(into(end), places(end), strict=True):
            picked = _picked(edge, size)
            if edge.pre in known:
                led = [_through(one, edge, picked, place) for one in memory[edge.pre]]
                found += [one for one in led if one is not None]
            else:
                found.append(Path(edge.pre, end, edge.delay, picked, place, (edge.number,), (edge,)))
        memory[end] = found
    return memory[name]


def _picked(edge: Edge, size: Callable[[str], int]) -> Sequence[int]:
    return range(size(edge.pre)) if edge.pre_channels is None else edge.pre_channels


def _through(path: Path, edge: Edge, picked: Sequence[int], place: Sequence[int]) -> Path | None:
    """A path into a port, led on by an edge out of it; None where the edge carries none of its channels."""
    comes = dict(zip(path.place, path.picked, strict=True))
    pairs = [(comes[q], p) for q, p in zip(picked, place, strict=True) if q in comes]
    if not pairs:
        return None
    return Path(
        path.pre,
        edge.post,
        path.delay + edge.delay,
        tuple(c for c, _ in pairs),
        tuple(p for _, p in pairs),
        (*path.key, edge.number),
        (*path.edges, edge),
    )
