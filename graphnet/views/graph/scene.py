"""What a picture of a network shows, read from the network itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...timeseries import TimeSeries, TSEvent
from .drawing import Arrow, Box, Scene, Signal, time_words

if TYPE_CHECKING:
    from ...edge import Edge
    from ...layer import Layer
    from ...network import Network
    from ...structure import Input, Port


def scene(net: Network) -> Scene:
    """A network as plain data for the pens."""
    boxes = [_outside(name, "Input", one) for name, one in net.inputs.items()]
    boxes += [_outside(name, "Port", one) for name, one in net.ports.items()]
    boxes += [_layer(name, layer) for name, layer in net.layers.items()]
    kinds: dict[str, Signal] = {box.name: box.output_type for box in boxes}
    steps = {box.name: box.dt for box in boxes}
    whose = {inlet: name for name, inlets in net.inlets.items() for inlet in inlets}
    arrows = []
    for one in net.edges:
        post = whose.get(one.post, one.post)
        ends = steps[one.pre], steps[post]
        rates = (ends[0], ends[1]) if ends[0] is not None and ends[1] is not None and ends[0] != ends[1] else None
        arrows.append(
            Arrow(
                one.pre,
                post,
                _label(net, one, rates),
                kinds[one.pre],
                one.delay > 0,
                channels=net.sends(one.pre).size if one.pre_channels is None else len(one.pre_channels),
                rates=rates,
            )
        )
    return Scene(net.name, boxes, arrows)


def _outside(name: str, what: str, given: Input | Port) -> Box:
    kind = _kind(given.type)
    return Box(name, "input", what, given.size, given.size, None, kind, family="input")


def _layer(name: str, layer: Layer) -> Box:
    return Box(
        name, "layer", layer.class_name, layer.size_in, layer.size_out, _kind(layer.input_type),
        _kind(layer.output_type), layer.dt, _recurrent(layer), family=_family(layer),
    )  # fmt: skip


def _family(layer: Layer) -> str:
    from ...layer import ArrayLayer

    return layer.family if isinstance(layer, ArrayLayer) else "other"


def _kind(kind: type[TimeSeries]) -> Signal:
    return "TSEvent" if issubclass(kind, TSEvent) else "TSContinuous"


def _recurrent(layer: Any) -> bool:
    from ...layer import ArrayLayer

    if not isinstance(layer, ArrayLayer):
        return False
    return any(
        one.kind == "weights" and one.name.endswith("_rec") and layer.value(one.name) is not None
        for one in layer.parameters().values()
    )


def _label(net: Network, edge: Edge, rates: tuple[float, float] | None) -> str:
    """What an arrow says: channels, delay, where the rate changes, and how it meets others if there are any."""
    begin, _, rest = str(edge).partition(" -> ")
    end, _, delay = rest.partition(" @ ")
    words = [f".{edge.post.rpartition('.')[2]}"] if any(edge.post in inlets for inlets in net.inlets.values()) else []
    if edge.pre_channels is not None or edge.post_channels is not None:
        words.append(f"{begin.removeprefix(edge.pre)} → {end.removeprefix(edge.post)}".strip())
    if delay:
        words.append(f"@ {delay.replace(' us', ' µs')}")
    more: list[str] = [" ".join(words)] if words else []
    if rates is not None:
        (before, unit), (after, other) = (time_words(rate).split() for rate in rates)
        more.append(f"{before} → {after} {unit}" if unit == other else f"{before} {unit} → {after} {other}")
    if edge.post in net.merges and len(net.edges_into(edge.post)) > 1:
        more.append(net.merges[edge.post])
    return " · ".join(more)
