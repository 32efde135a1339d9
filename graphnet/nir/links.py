"""What leads from one node of NIR to another in a network: edges, over ports and layers that only hand on."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import ExchangeError
from ..graph import components
from ..network import Network
from ..paths import Path, paths_into


class Link(NamedTuple):
    """``weight`` (M, N) says which channels lead to which, None where all do as they are; ``delay`` in seconds."""

    pre: str
    post: str
    delay: Fraction
    weight: NDArray[np.float64] | None


def links(net: Network, passing: set[str], ends: Sequence[str]) -> list[Link]:
    """What leads to each of ``ends``, first what is not delayed. ``passing``: ports, and layers that only hand on.

    Raises ExchangeError for a loop in which nothing but such layers stands.
    """
    _refuse_empty_loops(net, passing)
    found = [
        _link(net, path)
        for name in ends
        for path in paths_into(name, net.edges_into, net.places, lambda one: net.sends(one).size, passing)
    ]
    return sorted(found, key=lambda one: one.delay > 0)


def _link(net: Network, path: Path) -> Link:
    sizes = net.sends(path.pre).size, net.reads(path.post).size
    if sizes[0] == sizes[1] and list(path.picked) == list(path.place) == list(range(sizes[0])):
        return Link(path.pre, path.post, path.delay, None)
    weight = np.zeros(sizes)
    np.add.at(weight, (np.array(path.picked), np.array(path.place)), 1.0)
    return Link(path.pre, path.post, path.delay, weight)


def _refuse_empty_loops(net: Network, passing: set[str]) -> None:
    names = [one for one in net.names if one in passing]
    number = {name: i for i, name in enumerate(names)}
    successors = [[number[one.post] for one in net.edges_from(name) if one.post in number] for name in names]
    for nodes in components(successors):
        if len(nodes) > 1 or nodes[0] in successors[nodes[0]]:
            shown = ", ".join(names[node] for node in nodes)
            raise ExchangeError(f"NIR has no loop in which no layer holds anything: {shown}")
