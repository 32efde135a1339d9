"""Change a network that stands: rename, replace, take the part that an output needs, compare."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import GraphnetError, NetworkErrors
from .layer import ArrayLayer, Layer

if TYPE_CHECKING:
    from .composition import Node
    from .network import Network


def replace(net: Network, node: Node, layer: Layer) -> Layer:
    """Put a layer in another's place: name, edges and order stay, the state is the new layer's own.

    Raises the errors of every edge that does not fit the new layer, all together; the network is then as before.
    """
    name = net.name_of(node)
    net[name]  # only layers are replaced
    trial = copy.deepcopy(net)
    held = copy.deepcopy(layer) if layer._home is not None else layer
    _exchanged(trial, name, copy.deepcopy(held))
    trial.structure()
    return _exchanged(net, name, held)


def _exchanged(net: Network, name: str, layer: Layer) -> Layer:
    order = list(net.layers)
    edges, merges, outputs = list(net.edges), dict(net.merges), list(net.outputs)
    net.remove_layer(name)
    held = net.add_layer(layer, name=name)
    net.reorder(order)
    errors: list[GraphnetError] = []
    kept = {edge.number for edge in net.edges}
    lost = [edge for edge in edges if edge.number not in kept]
    net.clear_edges()
    for edge in edges:
        try:
            net.connect_unchecked(
                edge.pre,
                edge.post,
                edge.delay,
                edge.pre_channels,
                edge.post_channels,
                merges.get(edge.post),
                edge.number,
            )
        except GraphnetError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise NetworkErrors(errors)
    net.set_outputs(outputs)
    for edge in lost:
        net.forget_lines(edge.number)
    return held


def subgraph(net: Network, outputs: Iterable[Node]) -> Network:
    """A copy of the part of a network that some layers need: they, and all that leads to them, with states and
    time."""
    wanted = [net.name_of(one) for one in outputs]
    needed: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += [edge.pre for edge in net.edges_into(name)]
    made = copy.deepcopy(net)
    for name in [one for one in made.layers if one not in needed]:
        made.remove_layer(name)
    for name in [one for one in (*made.inputs, *made.ports) if one not in needed]:
        made.remove_end(name)
    made.set_outputs(wanted)
    made.document = {}
    return made


def same(net: Network, other: Network) -> bool:
    """Whether two networks have the same content: layers with parameters and states, edges in order, seed, time,
    lines."""
    if _outline(net) != _outline(other):
        return False
    for name, layer in net.layers.items():
        twin = other[name]
        if type(layer) is not type(twin) or not _equal(layer.to_dict(), {**twin.to_dict(), "name": layer.name}):
            return False
        state, others = (one.state_now() if isinstance(one, ArrayLayer) else {"": one.state} for one in (layer, twin))
        if state.keys() != others.keys() or not all(np.array_equal(state[key], others[key]) for key in state):
            return False
    return _lines(net) == _lines(other)


def _outline(net: Network) -> Any:
    return (
        net.seed, net.now, net.forced_dt, list(net.inputs.values()), list(net.ports.values()), list(net.layers),
        list(net.edges), dict(net.merges), list(net.outputs), net.document,
    )  # fmt: skip


def _lines(net: Network) -> Any:
    position = {edge.number: i for i, edge in enumerate(net.edges)}
    return {
        tuple(position[number] for number in key): {part: array.tolist() for part, array in line.items()}
        for key, line in net.lines.items()
        if any(array.any() for array in line.values())
    }


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other)
