"""What the page says of a layer and of an edge, as plain data."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import numpy as np

from ...edge import written_delay
from ...layer import ArrayLayer
from ...layer.meanings import APART, meanings, sentences
from ...layer.values import ByName, is_sparse
from ...timeseries import TSEvent
from ..graph.drawing import WORDS, time_words
from .equations import equations, tree
from .weights import picture

if TYPE_CHECKING:
    from ...edge import Edge
    from ...layer import Layer
    from ...network import Network

Plain = dict[str, Any]
MOST_SHOWN = 8
"""Arrays of at most so many numbers are written out."""


def layer_facts(net: Network) -> tuple[dict[str, Plain], dict[str, Plain]]:
    """Facts of every input, port and layer by its name, and of their classes by theirs (with the module)."""
    outer = {**{name: "input" for name in net.inputs}, **{name: "port" for name in net.ports}}
    found: dict[str, Plain] = {}
    for name, kind in outer.items():
        one = net.inputs[name] if kind == "input" else net.ports[name]
        found[name] = {
            "kind": kind,
            "class": kind.capitalize(),
            "rows": [["channels", str(one.size), ""], ["carries", _kind(one.type), ""]],
        }
    classes: dict[str, Plain] = {}
    pixels = Pixels(len(net.layers))
    for name, layer in net.layers.items():
        cls = type(layer)
        where = f"{cls.__module__}.{cls.__qualname__}"
        if where not in classes:
            classes[where] = _of_class(cls)
        outputs = name in net.outputs
        found[name] = {
            "kind": "layer",
            "class": layer.class_name,
            "about": where,
            "rows": _rows(layer, outputs),
            "output": outputs,
            **_parameters(layer, pixels),
        }
    return found, classes


class Pixels:
    """How many numbers of weights the page may still hold, each layer its share of what is left."""

    MOST = 1_000_000

    def __init__(self, layers: int) -> None:
        self.left = self.MOST
        self.layers = layers

    def share(self) -> int:
        """The most that one layer's matrix may take now."""
        return max(256, min(128 * 128, self.left // max(self.layers, 1)))


def _rows(layer: Layer, output: bool) -> list[list[str]]:
    """Sizes, types and clock: (what, value, remark)."""
    takes, gives = _kind(layer.input_type), _kind(layer.output_type)
    rows = [
        ["channels in", str(layer.size_in), takes if layer.size_in else ""],
        ["channels out", str(layer.size_out), gives],
        ["units", str(layer.size), ""],
        ["dt", time_words(layer.dt), f"{1 / layer.dt:.6g} steps per second"],
    ]
    if output:
        rows.append(["output", "yes", "an output of the network"])
    return rows


def _of_class(cls: type[Any]) -> Plain:
    """What the docstring says: a summary, equations, further sentences."""
    doc = inspect.getdoc(cls) or ""
    said = [one for one in sentences(doc) if not one.startswith(("Raises ", "Source:"))]
    source = next((one.removeprefix("Source: ") for one in _paragraphs(doc) if one.startswith("Source:")), "")
    found = equations(doc)
    short = said[0].partition(": ")[0] if said and found else ""
    return {
        "summary": short or (said[0] if said else ""),
        "equations": [tree(one) for one in found],
        "plain": found,
        "more": [one for one in said[0 if short else 1 :] if not one.startswith(APART)],
        "source": source,
    }


def _paragraphs(doc: str) -> list[str]:
    lines = doc.partition("\n>>>")[0].replace("\nSource:", "\n\nSource:")
    return [" ".join(one.split()) for one in lines.split("\n\n")]


def _parameters(layer: Layer, pixels: Pixels) -> Plain:
    if not isinstance(layer, ArrayLayer):
        return {"parameters": [], "weights": [_named("weights", picture(layer.weights, pixels.share()))]}
    known, means = layer.parameters(), meanings(type(layer))
    rows: list[list[str]] = []
    images: list[Plain] = []
    for name, one in known.items():
        value = layer.value(name)
        if name in ("name", "dt"):
            continue
        rows.append([name, *written(value, one.unit), means.get(name, "").replace("``", "")])
        for key, matrix in _matrices(value) if one.kind in ("weights", "per_synapse") else ():
            image = picture(matrix, pixels.share())
            pixels.left -= image["rows"] * image["columns"]
            images.append(_named(f"{name}[{key}]" if key else name, image))
    pixels.layers -= 1
    return {"parameters": rows, "weights": images}


def _matrices(value: Any) -> list[tuple[str, Any]]:
    """The matrices among a parameter's values, by name where it has several."""
    several = value.items() if isinstance(value, ByName) else [("", value)]
    return [(key, one) for key, one in several if is_sparse(one) or np.size(one) > 1]


def _named(name: str, image: Plain) -> Plain:
    return {"name": name, **image}


def written(value: Any, unit: str) -> list[str]:
    """A parameter's value and its unit, as a page shows them: seconds in the unit that reads best.

    >>> written(0.02, "s"), written(None, "s"), written(True, "")
    (['20 ms', ''], ['none', ''], ['true', ''])
    """
    match value:
        case None | bool():
            return [{None: "none", True: "true", False: "false"}[value], ""]
        case ByName():
            return ["; ".join(f"{key}: {' '.join(written(one, unit)).strip()}" for key, one in value.items()), ""]
        case type():
            return [value.__name__, ""]
        case float():
            return [time_words(value), ""] if unit == "s" and value > 0 else [f"{value:.6g}", unit]
        case np.ndarray():
            return [_array(value), unit]
    return [_sparse(value) if is_sparse(value) else _shortened(str(value)), unit]


def _sparse(value: Any) -> str:
    rows, columns = value.shape
    return f"{rows} × {columns}, {value.nnz} stored ({value.nnz / (rows * columns):.2g} of all)"


def _shortened(text: str) -> str:
    return text if len(text) <= 400 else f"{text[:399]}…"


def _array(value: np.ndarray[Any, Any]) -> str:
    if value.ndim == 1 and value.size <= MOST_SHOWN:
        return ", ".join(f"{one:.4g}" for one in value.tolist())
    shape = " × ".join(str(one) for one in value.shape)
    return f"{shape}, from {value.min():.4g} to {value.max():.4g}, mean {value.mean():.4g}" if value.size else shape


def _kind(kind: type[Any]) -> str:
    return WORDS["TSEvent" if issubclass(kind, TSEvent) else "TSContinuous"]


# ---------------------------------------------------------------------- edges


def edge_facts(net: Network) -> list[Plain]:
    """Facts of every edge in the order of connecting."""
    whose = {inlet: name for name, inlets in net.inlets.items() for inlet in inlets}
    return [_edge(net, one, whose.get(one.post, one.post)) for one in net.edges]


def _edge(net: Network, edge: Edge, post: str) -> Plain:
    pre, after = net.sends(edge.pre), net.reads(edge.post)
    width = pre.size if edge.pre_channels is None else len(edge.pre_channels)
    rows = [
        ["carries", _kind(pre.type), ""],
        ["channels", str(width), f"of {pre.size}" if width != pre.size else ""],
        ["delay", written_delay(edge.delay) if edge.delay else "none", ""],
        ["rate", *_rate(pre.dt, after.dt, issubclass(pre.type, TSEvent))],
    ]
    text = str(edge)
    begin, _, rest = text.partition(" @ ")[0].partition(" -> ")
    if edge.pre_channels is not None:
        rows.append(["from channels", begin.removeprefix(edge.pre).strip("[]"), ""])
    if edge.post_channels is not None:
        rows.append(["to channels", rest.removeprefix(edge.post).strip("[]"), ""])
    if edge.post != post:
        rows.append(["input", edge.post.removeprefix(f"{post}."), f"one of {len(net.inlets[post])} inputs of {post}"])
    merge = net.merges.get(edge.post) or after.merge
    if merge:
        words = {"sum": "added to what else leads there", "concat": "beside what else leads there"}
        rows.append(["merge", merge, words.get(merge, "")])
    return {"text": text, "pre": edge.pre, "post": post, "type": pre.type.__name__, "rows": rows}


def _rate(pre: Any, post: Any, events: bool) -> list[str]:
    """The steps at both ends, and what happens where they differ."""
    if pre is None or post is None or pre == post:
        known = post if pre is None else pre
        return ["as what leads here" if known is None else f"dt {time_words(float(known))}", ""]
    words = f"dt {time_words(float(pre))} → {time_words(float(post))}"
    if events:
        return [words, "no event is lost or doubled"]
    return [words, "each value is held" if pre > post else "read at the starts of the slower steps"]
