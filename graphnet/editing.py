"""Change a network that stands: rename, replace, take the part that an output needs, compare."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import GraphnetError, ParameterError, raise_all
from .layer import ArrayLayer, Layer

if TYPE_CHECKING:
    from .composition import Node
    from .edge import Edge, Merge
    from .network import Network


def rename(net: Network, old: str, name: str) -> None:
    """Give a layer, an input or a port another name, and the inputs of a layer that has several theirs."""
    if old not in (*net.layers, *net.inputs, *net.ports):
        raise ParameterError(f"{old} is an input of a layer, which names it", parameter="name", hint="rename the layer")
    if name == old:
        return
    inlets = net._inlets.get(old, ())
    pairs = {old: name, **{one: name + one.removeprefix(old) for one in inlets}}
    for new in pairs.values():
        net._free(new)
    for one, new in pairs.items():
        net._ends[one] = tuple(end._replace(name=new) for end in net._ends[one])  # type: ignore[assignment] # two of them
        net._wiring.rename(one, new)
    for table in (net._layers, net._inputs, net._ports, net._ends, net.states, net._inlets):
        _rekey(table, pairs)
    if name in net._inputs:
        net._inputs[name] = dataclasses.replace(net._inputs[name], name=name)
    if name in net._ports:
        net._ports[name] = dataclasses.replace(net._ports[name], name=name)
    if inlets:
        net._inlets[name] = tuple(pairs[one] for one in inlets)
    if name in net._layers:
        net._layers[name]._path = name
    net._outputs = [pairs.get(one, one) for one in net._outputs]
    net.document = _renamed(net.document, old, name)
    net._changed()


def _renamed(document: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    """The sections beside the graph, where they speak of what has another name now."""
    made = dict(document)
    for part, key in (("fit", "layer"), ("evaluate", "signal")):
        if part in made and made[part].get(key) == old:
            made[part] = {**made[part], key: new}
    if "evaluate" in made and old in made["evaluate"].get("beside", ()):
        beside = [new if name == old else name for name in made["evaluate"]["beside"]]
        made["evaluate"] = {**made["evaluate"], "beside": beside}
    run = dict(made.get("run") or {})
    if run.get("inputs"):
        run["inputs"] = {new if name == old else name: file for name, file in run["inputs"].items()}
    if made.get("record"):
        made["record"] = [
            new + one.removeprefix(old) if old in (one, one.rpartition(".")[0]) else one for one in made["record"]
        ]
    return {**made, "run": run} if run else made


def _rekey(table: dict[str, Any], pairs: Mapping[str, str]) -> None:
    """Other keys for what a table holds, in its place: the order counts."""
    if not table.keys().isdisjoint(pairs):
        items = [(pairs.get(key, key), value) for key, value in table.items()]
        table.clear()
        table.update(items)


def replace(net: Network, node: Node, layer: Layer) -> Layer:
    """Put a layer in another's place: name, edges and order stay, the state is the new layer's own.

    What is under way on its delayed edges stays where the new layer sends and steps as the old one did. Raises the
    errors of every edge that does not fit the new layer, all together; the network is then as before.
    """
    name = net.name_of(node)
    old = net[name]  # only layers are replaced
    left = dict(vars(old))
    order, edges, merges = list(net.layers), net.edges, net.merges
    outputs, lines = list(net.outputs), dict(net.lines)
    try:
        with net.all_or_nothing():
            net.remove_layer(old)
            held = net.add_layer(layer, name=name)
            net.reorder(order)
            net.clear_edges()
            errors: list[GraphnetError] = []
            for edge in edges:
                _again(net, edge, merges, errors)
            raise_all(errors)
            net.structure()
            net.set_outputs(outputs)
            alike = _form(old) == _form(held)
            touching = {edge.number for edge in edges if name in (edge.pre, edge.post)}
            net.lines = {key: line for key, line in lines.items() if alike or touching.isdisjoint(key)}
    except BaseException:
        vars(old).update(left)
        raise
    return held


def _again(net: Network, edge: Edge, merges: Mapping[str, Merge], errors: list[GraphnetError]) -> None:
    """Connect what was connected before, under its number."""
    try:
        net.connect_unchecked(
            edge.pre, edge.post, edge.delay, edge.pre_channels, edge.post_channels, merges.get(edge.post), edge.number
        )
    except GraphnetError as error:
        errors.append(error)


def _form(layer: Layer) -> Any:
    """What a delayed edge depends on."""
    return layer.size_in, layer.input_type, layer.size_out, layer.output_type, layer.dt


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
    """Equality of plain data, in which the layers of others may leave arrays."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(_equal(*both) for both in zip(one, other, strict=True))
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        pair: Any = (one, other)
        return np.array_equal(*pair)
    return bool(one == other)
