"""Sizes that a document leaves out, because they follow: from the edges that lead to a layer, and within its entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..arrays import initialiser_arguments
from ..edge import Merge, channels
from ..errors import GraphnetError, ParameterError
from ..layer import ArrayLayer, Layer
from ..layer.parameters import MISSING
from .connections import Join

FROM_PORTS = {"size_in": "", "features": "x", "size_out": "target", "size": ""}
"""Required parameters that are sizes of an input, and of which one: the layer itself or one of its ports."""


class Need(NamedTuple):
    """What an entry leaves out: which parameter, of which input's size; of several arrays by name, also of which."""

    parameter: str
    port: str = ""
    key: str | None = None


def needs(target: type[Layer], given: Mapping[str, Any]) -> list[Need]:
    """What of an entry follows from the edges that lead to the layer."""
    if not issubclass(target, ArrayLayer):
        return []
    known = target.parameters()
    found = [
        Need(name, port)
        for name, port in FROM_PORTS.items()
        if name in known and known[name].default is MISSING and name not in given
    ]
    if "features" not in known:
        found = [one for one in found if not one.port]
    weights = given.get("weights")
    if isinstance(weights, dict) and "weights" in known:
        if _open(weights, columns=True):
            found.append(Need("weights"))
        elif known["weights"].named:
            found += [Need("weights", key, key) for key, one in weights.items() if _open(one, columns=True)]
    return found


def completed(given: Mapping[str, Any], sizes: Mapping[Need, int]) -> dict[str, Any]:
    """An entry with what follows from the sizes of its inputs."""
    entry = dict(given)
    for need, size in sizes.items():
        if need.parameter != "weights":
            entry[need.parameter] = size
        elif need.key is None:
            entry["weights"] = _filled(entry["weights"], size)
        else:
            entry["weights"] = {**entry["weights"], need.key: _filled(entry["weights"][need.key], size)}
    return entry


def rounded_off(target: type[Layer], given: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with the shapes of initialisers that follow from its own number of units: of recurrent weights, and of
    parameters with one value for each."""
    entry = dict(given)
    if not issubclass(target, ArrayLayer):
        return entry
    known = target.parameters()
    units = _columns(given["weights"]) if "weights" in given else given.get("size")
    if not isinstance(units, int) or isinstance(units, bool):
        return entry
    for name, value in given.items():
        if not isinstance(value, dict) or name not in known or name == "weights":
            continue
        square = name == "weights_rec"
        if not square and known[name].kind != "per_unit":
            continue
        if _open(value):
            entry[name] = _shaped(value, units, square)
        elif known[name].named and "init" not in value:
            entry[name] = {key: _shaped(one, units, square) if _open(one) else one for key, one in value.items()}
    return entry


def size_out(target: type[Layer], given: Mapping[str, Any]) -> int | None:
    """What a layer most likely gives, by the columns of its weights; None where they do not say."""
    has_weights = issubclass(target, ArrayLayer) and "weights" in target.parameters()
    size = _columns(given.get("weights")) if has_weights else None
    return size if isinstance(size, int) and not isinstance(size, bool) else None


def _open(spec: Any, columns: bool = False) -> bool:
    """Whether an initialiser lacks its shape. One of weights says the number of its columns as ``size``."""
    if not isinstance(spec, dict) or not isinstance(spec.get("init"), str) or "shape" in spec:
        return False
    try:
        takes = initialiser_arguments(spec["init"])
    except GraphnetError:
        return False  # told where it is made
    if "size" in takes:
        return "size" not in spec
    return "shape" in takes and ("size" in spec) == columns


def _filled(spec: Mapping[str, Any], rows: int) -> dict[str, Any]:
    if "size" in spec:
        return {("shape" if key == "size" else key): [rows, one] if key == "size" else one for key, one in spec.items()}
    return {**spec, "size": rows}


def _shaped(spec: Mapping[str, Any], units: int, square: bool) -> dict[str, Any]:
    if "size" in initialiser_arguments(spec["init"]):
        return {**spec, "size": units}
    return {**spec, "shape": [units, units] if square else units}


def _columns(weights: Any) -> Any:
    """The number of units that weights lead to, or None where only reading a file would tell."""
    if isinstance(weights, dict):
        if "csr" in weights:
            weights = weights["csr"]
        if not isinstance(weights, dict):
            return None
        if "init" in weights or "shape" in weights:
            shape = weights.get("shape", weights.get("size"))
            return shape[-1] if isinstance(shape, list) and shape else shape
        return None if "file" in weights else next((_columns(one) for one in weights.values()), None)
    if isinstance(weights, list) and weights:
        return len(weights[0]) if isinstance(weights[0], list) else len(weights)
    return None


class Incoming:
    """The edges of a document by where they lead, and how wide each is as soon as the size of its source is known."""

    def __init__(self, joins: Sequence[Join], merges: Mapping[str, Merge]) -> None:
        self.into: dict[str, list[Join]] = {}
        self.merges: dict[str, Merge] = dict(merges)
        for one in joins:
            self.into.setdefault(one.post, []).append(one)
            if one.merge is not None:
                self.merges.setdefault(one.post, one.merge)

    def size(self, end: str, known: Mapping[str, int], usual: Merge | None) -> tuple[int, str]:
        """The size of an input by what leads to it, and the edge that says so.

        Sources that are not known are passed over, where others say enough. Raises ParameterError where it does not
        follow, and why.
        """
        merge = self.merges.get(end, usual)
        widths: list[tuple[int, Join]] = []
        for one in self.into.get(end, ()):
            if one.post_channels is not None:
                raise _unclear(end, f"{one.text!r} leads to some of its channels")
            if one.pre in known:
                taken = channels(one.pre_channels, known[one.pre], one.pre)
                widths.append((known[one.pre] if taken is None else len(taken), one))
            elif merge == "concat":
                raise _unclear(end, f"the size of {one.pre!r}, one of those that it concatenates, does not follow")
        if not widths:
            raise _unclear(end, "nothing of known size leads to it")
        if merge == "concat":
            return sum(width for width, _ in widths), ", ".join(repr(one.text) for _, one in widths)
        (first, edge), *others = widths
        for width, other in others:
            if width != first:
                hint = "state it, or let them stand side by side, by 'merge: concat'"
                both = f"{edge.text!r} brings {_count(first)}, {other.text!r} {width}"
                raise ParameterError(f"the size of {end!r} does not follow: {both}", hint=hint)
        return first, repr(edge.text)

    def awaited(self, end: str) -> Iterator[str]:
        """The sources of the edges into an input."""
        return (one.pre for one in self.into.get(end, ()))


def _count(width: int) -> str:
    return f"{width} channel{'' if width == 1 else 's'}"


def _unclear(end: str, why: str) -> ParameterError:
    return ParameterError(f"the size of {end!r} does not follow: {why}", hint="state it in its entry")
