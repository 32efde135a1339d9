"""What differs between two networks, said as a modeller would say it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from .edge import Edge, written_delay
from .layer import ArrayLayer, Layer
from .network import Network

FEW = 8
"""Numbers of an array that are still shown one by one."""
Ends = tuple[str, Any, str, Any]
"""An edge without its delay."""


def differences(old: Network, new: Network) -> list[str]:
    """Lines that say what has to be done to the first network to get the second; none where both are the same.

    Parameters are compared as they are, however they were written; what runs, not how far it has come. A layer counts
    as renamed only where one of the same parameters and edges is gone and no other could be meant.
    """
    names = renamed(old, new)
    return [
        *_heads(old, new),
        *_ends(old, new),
        *(f"layer {was} is now called {now}" for was, now in names.items()),
        *_layers(old, new, names),
        *_edges(old, new, names),
        *_joints(old, new, names),
        *_sections(old, new),
    ]


def _heads(old: Network, new: Network) -> Iterator[str]:
    for what, was, now in (
        ("name", old.name, new.name),
        ("seed", old.seed, new.seed),
        ("dt", old.forced_dt, new.forced_dt),
    ):
        if was != now:
            yield f"{what}: {_shown(was)} -> {_shown(now)}"


def _ends(old: Network, new: Network) -> Iterator[str]:
    for kind, was, now in (("input", old.inputs, new.inputs), ("port", old.ports, new.ports)):
        for name in dict.fromkeys([*was, *now]):
            if name not in now:
                yield f"{kind} {name} is gone"
            elif name not in was:
                yield f"{kind} {name} is new: {now[name].size} channels of {now[name].type.__name__}"
            else:
                if was[name].size != now[name].size:
                    yield f"{kind} {name}: {was[name].size} -> {now[name].size} channels"
                if was[name].type is not now[name].type:
                    yield f"{kind} {name}: {was[name].type.__name__} -> {now[name].type.__name__}"


# ---------------------------------------------------------------------- layers


def renamed(old: Network, new: Network) -> dict[str, str]:
    """Layers of the first network by their names in the second, where these differ and that is certain."""
    gone = [name for name in old.layers if name not in new.layers]
    come = [name for name in new.layers if name not in old.layers]
    fits = {name: [one for one in come if not list(_of_layer("", old[name], new[one]))] for name in gone}
    taken = Counter(one for several in fits.values() for one in several)
    names = {name: one[0] for name, one in fits.items() if len(one) == 1 and taken[one[0]] == 1}
    while True:
        mapped = Counter(_mapped(edge, names) for edge in old.edges)
        there = Counter(new.edges)
        wrong = [name for name, now in names.items() if _touching(mapped, now) != _touching(there, now)]
        if not wrong:
            return names
        for name in wrong:
            del names[name]


def _touching(edges: Counter[Edge], name: str) -> Counter[Edge]:
    inlet = f"{name}."  # an edge may lead to one of a layer's inputs: lif.exc
    return Counter(
        {edge: count for edge, count in edges.items() if name in (edge.pre, edge.post) or edge.post.startswith(inlet)}
    )


def _mapped(edge: Edge, names: Mapping[str, str]) -> Edge:
    pre, post = (_renamed(end, names) for end in (edge.pre, edge.post))
    return edge._replace(pre=pre, post=post, number=0)


def _renamed(end: str, names: Mapping[str, str]) -> str:
    owner, dot, inlet = end.rpartition(".")
    return names.get(end) or (f"{names[owner]}{dot}{inlet}" if owner in names else end)


def _layers(old: Network, new: Network, names: Mapping[str, str]) -> Iterator[str]:
    for name, layer in old.layers.items():
        now = names.get(name, name)
        if now not in new.layers:
            yield f"layer {name} ({layer.class_name}) is gone"
        elif name == now:
            yield from _of_layer(f"layer {name}", layer, new[name])
    for name, layer in new.layers.items():
        if name not in old.layers and name not in names.values():
            yield f"layer {name} ({layer.class_name}) is new: {layer.size_in} channels in, {layer.size_out} out"


def _of_layer(head: str, old: Layer, new: Layer) -> Iterator[str]:
    if type(old) is not type(new):
        yield f"{head}: {old.class_name} -> {new.class_name}"
        return
    for name, (was, now, unit) in _values(old, new).items():
        said = _of_value(was, now, f" {unit}" if unit else "")
        if said:
            yield f"{head} ({new.class_name}): {name}{said}"


def _values(old: Layer, new: Layer) -> dict[str, tuple[Any, Any, str]]:
    """Each parameter in both, and its unit; what has values by name is several."""
    found: dict[str, tuple[Any, Any, str]] = {}
    if not isinstance(old, ArrayLayer) or not isinstance(new, ArrayLayer):
        was, now = ({key: one for key, one in layer.to_dict().items() if key != "name"} for layer in (old, new))
        return {key: (was.get(key), now.get(key), "") for key in dict.fromkeys([*was, *now])}
    for name, parameter in new.parameters().items():
        was, now = old.value(name), new.value(name)
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            for key in dict.fromkeys([*was, *now]):
                found[f"{name}.{key}"] = was.get(key), now.get(key), parameter.unit
        elif name != "name":
            found[name] = was, now, parameter.unit
    return found


# ---------------------------------------------------------------------- values


def _of_value(was: Any, now: Any, unit: str) -> str:
    """What differs between two values, or "" where nothing does."""
    if _is_array(was) and _is_array(now):
        return _of_arrays(was, now, unit)
    if _is_array(was) or _is_array(now) or was != now:
        return f": {_shown(was, unit)} -> {_shown(now, unit)}"
    return ""


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) or type(value).__module__.startswith("scipy.sparse")


def _of_arrays(was: Any, now: Any, unit: str) -> str:
    if was.shape != now.shape:
        return f": {_shown(was, unit)} -> {_shown(now, unit)}"
    if isinstance(was, np.ndarray) and isinstance(now, np.ndarray):
        both_nan = (was != was) & (now != now)  # noqa: PLR0124 # only NaN differs from itself
        unlike = (was != now) & ~both_nan
        count, gap = int(np.count_nonzero(unlike)), np.abs(np.subtract(now, was, dtype=np.float64))[unlike]
    else:
        count, gap = _of_sparse(was, now)
    if not count:
        return "" if was.dtype == now.dtype else f": {was.dtype} -> {now.dtype}"
    if was.size <= FEW and isinstance(was, np.ndarray):
        return f": {_shown(was, unit)} -> {_shown(now, unit)}"
    total = int(np.prod(was.shape))
    return f" {was.shape}: {count} of {total} entries differ, by {float(np.max(gap)):.6g}{unit} at most"


def _of_sparse(was: Any, now: Any) -> tuple[int, Any]:
    """How many entries differ where one of the two, at least, is sparse, and by how much."""
    from scipy.sparse import csr_array

    gap = csr_array(now) - csr_array(was)
    gap.eliminate_zeros()
    return gap.nnz, np.abs(gap.data)


def _shown(value: Any, unit: str = "") -> str:
    if value is None:
        return "none"
    if isinstance(value, np.ndarray) and value.size <= FEW:
        return np.array2string(value, separator=", ", precision=6, max_line_width=1000).replace("\n", "") + unit
    if _is_array(value):
        return f"{'x'.join(str(one) for one in value.shape)} array"
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, float) and unit == " s" and 0.0 < value < np.inf:
        return written_delay(Fraction(repr(value)))  # 20 ms, as edges write it
    text = str(value) if isinstance(value, str) else repr(value)
    return (text if len(text) <= 80 else f"{text[:77]}...") + (unit if isinstance(value, int | float) else "")


# ---------------------------------------------------------------------- edges and sections


def _edges(old: Network, new: Network, names: Mapping[str, str]) -> Iterator[str]:
    was, now = _by_ends([_mapped(edge, names) for edge in old.edges]), _by_ends(new.edges)
    for ends in dict.fromkeys([*was, *now]):
        before, after = was.get(ends, []), now.get(ends, [])
        if len(before) == len(after) == 1 and before != after:
            plain = before[0]._replace(delay=Fraction(0))
            delays = [written_delay(one.delay) if one.delay else "none" for one in (*before, *after)]
            yield f"edge {plain}: delay {delays[0]} -> {delays[1]}"
            continue
        for edge, count in (Counter(before) - Counter(after)).items():
            yield from [f"edge {edge} is gone"] * count
        for edge, count in (Counter(after) - Counter(before)).items():
            yield from [f"edge {edge} is new"] * count


def _by_ends(edges: Sequence[Edge]) -> dict[Ends, list[Edge]]:
    found: dict[Ends, list[Edge]] = {}
    for edge in edges:
        found.setdefault((edge.pre, edge.pre_channels, edge.post, edge.post_channels), []).append(edge)
    return found


def _joints(old: Network, new: Network, names: Mapping[str, str]) -> Iterator[str]:
    """How edges meet, and in which order; what is recorded where nothing else is said."""
    was = {_renamed(name, names): one for name, one in old.merges.items()}
    for name in dict.fromkeys([*was, *new.merges]):
        if was.get(name) != new.merges.get(name):
            yield f"edges into {name} meet otherwise: {_shown(was.get(name))} -> {_shown(new.merges.get(name))}"
    orders = [_into([_mapped(edge, names) for edge in old.edges]), _into(new.edges)]
    for name, before in orders[0].items():
        after = orders[1].get(name, [])
        if before != after and Counter(before) == Counter(after):
            yield f"edges into {name} come in another order: {', '.join(str(edge) for edge in after)}"
    outputs = [names.get(name, name) for name in old.outputs]
    if outputs != list(new.outputs):
        yield f"outputs: {', '.join(outputs) or 'none'} -> {', '.join(new.outputs) or 'none'}"


def _into(edges: Sequence[Edge]) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.post, []).append(edge)
    return found


def _sections(old: Network, new: Network) -> Iterator[str]:
    was, now = (dict(_flat(_told(net), "")) for net in (old, new))
    for name in dict.fromkeys([*was, *now]):
        if name not in now:
            yield f"{name} is gone: {_shown(was[name])}"
        elif name not in was:
            yield f"{name} is new: {_shown(now[name])}"
        elif was[name] != now[name]:
            yield f"{name}: {_shown(was[name])} -> {_shown(now[name])}"


def _told(net: Network) -> dict[str, Any]:
    """The sections of a document with all that they mean; files stand for their content."""
    from .sections import Document

    told = Document.model_validate(net.document).model_dump(include=set(net.document), exclude_none=True)
    inputs = told.get("run", {}).get("inputs", {})
    inputs.update({name: _content(Path(file)) for name, file in inputs.items()})
    return told


def _content(path: Path) -> str:
    """A file by its content where there is one: two copies are the same."""
    if not path.is_file():
        return str(path)
    with path.open("rb") as file:
        return f"content {hashlib.file_digest(file, 'sha256').hexdigest()[:12]}"


def _flat(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and (value or not name):
        for key, one in value.items():
            yield from _flat(one, f"{name}.{key}" if name else key)
    else:
        yield name, value


__all__ = ["differences", "renamed"]
