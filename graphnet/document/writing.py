"""A network as a document: what differs from the defaults, arrays by what they came from."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .. import registry
from ..arrays import is_spec
from ..layer import ArrayLayer, Layer
from ..layer.parameters import MISSING
from ..network import Network


def written(net: Network) -> dict[str, Any]:
    """A network as plain data: what differs from the defaults, arrays by the initialiser or file they came from."""
    from ..sections import VERSION

    data: dict[str, Any] = {"version": VERSION, "name": net.name, "seed": net.seed}
    if net.forced_dt is not None:
        data["dt"] = net.forced_dt
    for section, ends in (("inputs", net.inputs), ("ports", net.ports)):
        data[section] = {name: {"size": one.size, "type": one.type.__name__} for name, one in ends.items()}
    data["layers"] = {name: _entry(layer) for name, layer in net.layers.items()}
    data["edges"] = [str(one) for one in net.edges]
    data["merge"] = dict(net.merges)
    data["outputs"] = list(net.outputs)
    data.update(copy.deepcopy(net.document))
    return {name: value for name, value in data.items() if value not in ({}, [])}


def _entry(layer: Layer) -> dict[str, Any]:
    content = layer.to_dict()
    content.pop("name", None)
    content.pop("class_name", None)
    if isinstance(layer, ArrayLayer):
        known = layer.parameters()
        content = {
            name: value
            for name, value in content.items()
            if known[name].default is MISSING or value != known[name].written(known[name].default)
        }
    return {"type": registry.layers.name_of(type(layer)), **content}


def save(net: Network, path: str | Path) -> None:
    """Write a network to a YAML or JSON file; arrays in files are named relative to it."""
    from ..files import write

    data = written(net)
    folder = Path(path).resolve().parent
    for entry in data.get("layers", {}).values():
        for name, key, spec in list(in_files(entry)):
            moved = {**spec, "file": os.path.relpath(spec["file"], folder)}
            entry[name] = moved if key is None else {**entry[name], key: moved}
    move_files(data, lambda file: os.path.relpath(file, folder))
    write(data, path)


def in_files(entry: Mapping[str, Any]) -> Iterator[tuple[str, str | None, Mapping[str, Any]]]:
    """The arrays of a layer's entry that lie in files: (parameter, its name of several or None, description)."""
    for name, value in entry.items():
        if is_spec(value):
            inside = [(name, key, one) for key, one in value.items() if is_spec(one) and "file" in one]
            yield from [(name, None, value)] if "file" in value else inside


def move_files(sections: dict[str, Any], moved: Callable[[str], str]) -> None:
    """Rewrite the files that drive a run, in sections of a document's data."""
    run = sections.get("run") or {}
    if run.get("inputs"):
        sections["run"] = {**run, "inputs": {name: moved(file) for name, file in run["inputs"].items()}}
