"""What the views show of a network: its scene, its picture, and a run through every layer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ParameterError
from ..timeseries import TimeSeries, TSEvent
from .drawing import Arrow, Box, Scene, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from ..network import Network
    from .comparison import Comparison

SUFFIXES = (".png", ".svg", ".dot", ".mmd")


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
    arrows = [
        Arrow(one.pre, whose.get(one.post, one.post), _label(net, one), kinds[one.pre], one.delay > 0)
        for one in net.edges
    ]
    return Scene(net.name, boxes, arrows)


def _kind(kind: type[TimeSeries]) -> Signal:
    return "TSEvent" if issubclass(kind, TSEvent) else "TSContinuous"


def _recurrent(layer: Any) -> bool:
    from ..layer import ArrayLayer

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


def draw(net: Network, ax: Axes | None = None) -> Axes:
    """Draw a network into an Axes, or into a figure of its own; never shows it."""
    from . import mpl

    return mpl.draw(scene(net), ax)


def draw_files(net: Network, paths: Iterable[Path]) -> None:
    """Draw a network into files: .png, .svg, .dot (Graphviz) or .mmd (Mermaid). Raises ParameterError for others."""
    from ..files import write_atomic
    from . import dot, mermaid, mpl

    shown = scene(net)
    for path in paths:
        if path.suffix not in SUFFIXES:
            raise ParameterError(
                f"{path}: cannot draw a {path.suffix or 'file without suffix'}",
                hint=f"draw one of {', '.join(SUFFIXES)}",
            )
        if path.suffix in (".dot", ".mmd"):
            text = dot.render(shown) if path.suffix == ".dot" else mermaid.render(shown)
            write_atomic(path, text.encode())
        else:
            mpl.save(shown, path)


def draw_activity(
    net: Network, signals: Mapping[str, Any], path: Path, between: tuple[float, float] | None = None
) -> None:
    """Draw a run through every layer, one panel each in the order of evolution, into a file.

    ``between`` are the seconds that are shown, by default all.
    """
    from . import traces

    classes = {**dict.fromkeys(net.inputs, "Input"), **{name: one.class_name for name, one in net.layers.items()}}
    order = [name for name in [*net.inputs, *net.evol_order] if name in signals]
    order += [name for name in signals if name not in order]
    panels = [(name, classes.get(name, ""), signals[name]) for name in order]
    start, stop = between or (None, None)
    traces.save(traces.activity(panels, net.name, t_start=start, t_stop=stop), path)


def draw_comparison(shown: Comparison, path: Path) -> None:
    """Draw spikes beside those that were wanted into a file."""
    from . import comparison, traces

    traces.save(comparison.draw(shown), path)
