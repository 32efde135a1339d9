"""A network inside another: copied and flattened under its name when it is added, so that nesting costs nothing
later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .clock import exact
from .errors import NameTaken, ParameterError, TimeError
from .structure import Group

if TYPE_CHECKING:
    from .network import Network


def add_network(outer: Network, inner: Network, name: str | None = None) -> Group:
    """Add a copy of ``inner`` to ``outer``: layer ``filter`` becomes ``front.filter``, input ``x`` the port
    ``front.x``.

    The copies keep their states and what is under way on their delayed edges, and take the outer network's clock;
    noise follows the outer seed and the new paths. The group that is returned stands for the one port or output where
    there is only one. Raises NameTaken, ParameterError, TimeError; the outer network is then as before.
    """
    name = inner.name if name is None else name
    paths = {one: f"{name}.{one}" for one in inner.names}
    _check_names(outer, name, paths)
    inner = inner.copy()  # which gives its layers away, and may have been the outer one itself
    outputs = inner.outputs or [one for one in inner.layers if not inner.edges_from(one)]
    with outer.all_or_nothing():
        for one, given in (*inner.inputs.items(), *inner.ports.items()):
            outer.port(paths[one], given.size, given.type)
        for one, layer in inner.layers.items():
            if (outer.now / exact(layer.dt)).denominator != 1:
                raise TimeError(
                    f"{outer.name} is at {outer.t!r} s, no whole number of steps of {paths[one]}",
                    hint="net.reset_time(), or add the network at such a time",
                )
            outer.add_layer(layer, name=paths[one])
        _join(outer, inner, paths)
    return Group(name, tuple(paths[one] for one in inner.inputs), tuple(paths[one] for one in outputs))


def _check_names(outer: Network, name: str, paths: Mapping[str, str]) -> None:
    if not name or any(letter.isspace() or letter in "[]@>" for letter in name):
        raise ParameterError(
            f"{name!r} cannot be a name in a network: no spaces, brackets, '@' or '>'", parameter="name"
        )
    taken = next((path for path in (name, *paths.values()) if path in outer.names), None)
    if taken is not None:
        raise NameTaken(f"the network {outer.name!r} has a {taken!r} already", hint="give it another name with name=")


def _join(outer: Network, inner: Network, paths: Mapping[str, str]) -> None:
    """Connect the copies as the originals are, with what is under way between them."""
    numbers: dict[int, int] = {}
    for edge in inner.edges:
        merge = inner.merges.get(edge.post)
        added = outer.connect_unchecked(
            paths[edge.pre], paths[edge.post], edge.delay, edge.pre_channels, edge.post_channels, merge
        )
        numbers[edge.number] = added.number
    outer.structure()
    inputs = inner.inputs
    for key, line in inner.lines.items():
        if inner.edge(key[0]).pre not in inputs:  # what leads to a port says how its signal is delayed
            outer.lines[tuple(numbers[number] for number in key)] = line
