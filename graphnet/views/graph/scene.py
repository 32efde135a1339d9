"""What a picture of a network shows, read from the network itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...timeseries import TimeSeries, TSEvent
from .drawing import Arrow, Box, Scene, Signal

if TYPE_CHECKING:
    from ...network import Network


def scene(net: Network) -> Scene:
    """A network as plain data for the pens."""
    boxes = [Box(name, "input", "Input", one.size, one.size, None, _kind(one.type)) for name, one in net.inputs.items()]
    boxes += [Box(name, "input", "Port", one.size, one.size, None, _kind(one.type)) for name, one in net.ports.items()]
    for name, layer in net.layers.items():
        boxes.append(
            Box(
                name,
                "layer",
                layer.class_name,
                layer.size_in,
                layer.size_out,
                _kind(layer.input_type),
                _kind(layer.output_type),
                layer.dt,
                _recurrent(layer),
            )
        )
    kinds: dict[str, Signal] = {box.name: box.output_type for box in boxes}
    whose = {inlet: name for name, inlets in net.inlets.items() for inlet in inlets}
    place = {name: i for i, name in enumerate(net.evol_order)}
    arrows = []
    for one in net.edges:
        post = whose.get(one.post, one.post)
        back = one.pre in place and post in place and place[post] <= place[one.pre]
        arrows.append(Arrow(one.pre, post, _label(net, one), kinds[one.pre], one.delay > 0, back))
    return Scene(net.name, boxes, arrows)


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


def _label(net: Network, edge: Any) -> str:
    """What an arrow says: channels, delay, and how it meets others."""
    begin, _, rest = str(edge).partition(" -> ")
    end, _, delay = rest.partition(" @ ")
    words = [f".{edge.post.rpartition('.')[2]}"] if any(edge.post in inlets for inlets in net.inlets.values()) else []
    if edge.pre_channels is not None or edge.post_channels is not None:
        words.append(f"{begin.removeprefix(edge.pre) or '[:]'} → {end.removeprefix(edge.post) or '[:]'}")
    if delay:
        words.append(f"@ {delay}")
    if edge.post in net.merges:
        words.append(net.merges[edge.post])
    return " ".join(words)
