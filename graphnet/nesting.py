"""A network inside another: copied and flattened under its name when it is added, so that nesting costs nothing
later."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from .clock import exact
from .errors import NameTaken, ParameterError, TimeError
from .structure import Group

if TYPE_CHECKING:
    from .edge import Merge
    from .network import Network


def add_network(outer: Network, inner: Network, name: str | None = None) -> Group:
    """Add a copy of ``inner`` to ``outer``: layer ``filter`` becomes ``front.filter``, input ``x`` the port
    ``front.x``.

    The copies keep their states and what is under way on their delayed edges, and take the outer network's clock;
    noise follows the outer seed and the new paths. The group that is returned stands for the one port or output where
    there is only one. Raises NameTaken, ParameterError, TimeError; the outer network is then as before.
    """
    name = inner.name if name is None else name
    if not name or any(letter in name for letter in " []@>\t\n"):
        raise ParameterError(
            f"{name!r} cannot be a name in a network: no spaces, brackets, '@' or '>'", parameter="name"
        )
    paths = {one: f"{name}.{one}" for one in (*inner.inputs, *inner.ports, *inner.layers)}
    taken = [path for path in paths.values() if path in outer.names]
    if taken or name in outer.names:
        raise NameTaken(f"the network {outer.name!r} has a {(taken or [name])[0]!r} already", hint="name=...")
    for one, layer in inner.layers.items():
        if (outer.now / exact(layer.dt)).denominator != 1:
            raise TimeError(
                f"{outer.name} is at {outer.t!r} s, no whole number of steps of {name}.{one}: net.reset_time()"
            )
    for one, given in (*inner.inputs.items(), *inner.ports.items()):
        outer.port(paths[one], given.size, given.type)
    for one, layer in inner.layers.items():
        outer.add_layer(copy.deepcopy(layer), name=paths[one])
    numbers: dict[int, int] = {}
    for edge in inner.edges:
        merge: Merge | None = inner.merges.get(edge.post)
        added = outer.connect_unchecked(
            paths[edge.pre], paths[edge.post], edge.delay, edge.pre_channels, edge.post_channels, merge
        )
        numbers[edge.number] = added.number
    for key, line in inner.lines.items():
        if all(number in numbers for number in key):
            outer.lines[tuple(numbers[number] for number in key)] = {part: array.copy() for part, array in line.items()}
    outputs = inner.outputs or [one for one in inner.layers if not any(edge.pre == one for edge in inner.edges)]
    return Group(
        name,
        tuple(paths[one] for one in inner.inputs),
        tuple(paths[one] for one in outputs),
    )
