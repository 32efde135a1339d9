"""A network's dynamic content, in memory or in one file: states, delay lines, clock, and whose they are.

The file is an .npz archive of plain arrays and one JSON text, read without pickles; a checksum covers all of it.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .arrays.archives import UNREADABLE, read_archive_at, told
from .clock import exact
from .errors import NetworkError, ParameterError
from .files.source import printable
from .layer import ArrayLayer, State
from .network import Network
from .paths import Path
from .showing import SHOWN, shown
from .timeseries import TSEvent

FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """What ``Network.restore`` needs to go on as if nothing had happened.

    ``identity`` says to which network it belongs: layers with a digest of each parameter, edges, seed. States are by
    the layer's name, lines by the positions of their edges.
    ``file`` is where it was read from, as errors name it.
    """

    identity: Mapping[str, Any]
    now: Fraction
    states: Mapping[str, State]
    lines: Mapping[tuple[int, ...], State]
    draws: Mapping[str, int]
    file: str = ""

    def save(self, path: str | PathLike[str]) -> None:
        """Write one file, atomically."""
        from .files import write_atomic

        arrays: dict[str, NDArray[Any]] = {}
        index: list[list[Any]] = []
        for kind, groups in (("state", self.states), ("line", self.lines)):
            for owner, state in groups.items():
                for variable, array in state.items():
                    arrays[f"a{len(index)}"] = array
                    index.append([kind, owner, variable])
        meta = {
            "format": FORMAT,
            "identity": self.identity,
            "now": [self.now.numerator, self.now.denominator],
            "draws": dict(self.draws),
            "index": index,
            "states": list(self.states),
            "lines": list(self.lines),
        }
        text = json.dumps(meta)
        arrays["meta"] = np.frombuffer(text.encode(), dtype=np.uint8)
        arrays["sha256"] = np.frombuffer(_checksum(arrays), dtype=np.uint8)
        write_atomic(path, lambda file: np.savez(file, allow_pickle=False, **arrays))  # type: ignore[arg-type]

    @staticmethod
    def load(path: str | PathLike[str]) -> Checkpoint:
        """Read a file that ``save`` wrote. Raises ParameterError where it is none, damaged, or of a later format."""
        name = told(path)
        arrays = _read(path, name)
        stated, written = arrays.pop("sha256", None), arrays.get("meta")
        if stated is None or written is None:
            raise ParameterError(f"{name} is not a checkpoint")
        if stated.tobytes() != _checksum(arrays):
            raise ParameterError(f"{name} is damaged: its checksum does not fit its content")
        meta = _meta(written.tobytes(), name)
        del arrays["meta"]
        if sorted(arrays) != sorted(f"a{position}" for position in range(len(meta.index))):
            raise ParameterError(f"{name} is not a checkpoint: its list of arrays does not fit those that it holds")
        states: dict[str, State] = {one: {} for one in meta.states}
        lines: dict[tuple[int, ...], State] = {tuple(key): {} for key in meta.lines}
        for position, (kind, owner, variable) in enumerate(meta.index):
            held = states.get(owner) if isinstance(owner, str) else lines.get(tuple(owner))
            if held is None or variable in held or (kind == "state") != isinstance(owner, str):
                said = f"entry {position} of its list of arrays, {shown([kind, owner, variable])}, belongs to nothing"
                raise ParameterError(f"{name} is not a checkpoint: {said}")
            held[variable] = arrays[f"a{position}"]
        return Checkpoint(meta.identity.plain(), Fraction(*meta.now), states, lines, meta.draws, name)


@dataclass
class _Identity:
    """What ``identity`` gives, as it stands in a file; what a layer has is checked apart."""

    seed: int
    inputs: dict[str, tuple[int, str]]
    layers: dict[str, dict[str, str | dict[str, str]]]
    edges: list[str]
    merges: dict[str, str]

    def plain(self) -> dict[str, Any]:
        """As ``identity`` gives it, which has lists."""
        return vars(self) | {"inputs": {name: list(one) for name, one in self.inputs.items()}}


@dataclass
class _Meta:
    """The text of a file, by which a stranger's is held to what ``save`` writes."""

    format: int
    identity: _Identity
    now: tuple[int, int]
    draws: dict[str, int]
    index: list[tuple[Literal["state", "line"], str | list[int], str]]
    states: list[str]
    lines: list[list[int]]


_PARTS = {"class": str, "parameters": dict, "state": dict}
"""What an identity says of a layer."""


def _meta(text: bytes, name: str) -> _Meta:
    """The text of a file, checked. Raises ParameterError."""
    from pydantic import TypeAdapter, ValidationError

    try:
        version = TypeAdapter(dict[str, Any]).validate_json(text).get("format")
        if isinstance(version, int) and version != FORMAT:
            raise ParameterError(f"{name} has checkpoint format {shown(version)}, this version reads {FORMAT}")
        meta = TypeAdapter(_Meta).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = printable(".".join(map(str, first["loc"])), SHOWN) or "its text"
        raise ParameterError(f"{name} is not a checkpoint: {place}: {printable(first['msg'], SHOWN)}") from None
    for layer, parts in meta.identity.layers.items():
        if {part: type(one) for part, one in parts.items()} != _PARTS:
            raise ParameterError(f"{name} is not a checkpoint: its layer {shown(layer)} has no class or state")
    if meta.now[1] <= 0 or meta.now[0] < 0:
        raise ParameterError(f"{name} is not a checkpoint: its time {shown(meta.now)} is no ratio")
    return meta


def _read(path: str | PathLike[str], name: str) -> dict[str, NDArray[Any]]:
    if not os.path.lexists(path):
        raise ParameterError(f"there is no checkpoint {name}")
    try:
        return read_archive_at(path)
    except ParameterError as error:
        raise ParameterError(f"{name} is not a checkpoint: {error.message}", hint=error.hint) from error
    except UNREADABLE as error:
        raise ParameterError(f"{name} is not a checkpoint, or it is damaged: {told(error)}") from error


def _checksum(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    total = hashlib.sha256()
    for name in sorted(arrays):
        if name != "sha256":
            array = arrays[name]
            total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            total.update(np.ascontiguousarray(array).tobytes())
    return total.digest()


def take(net: Network) -> Checkpoint:
    """A checkpoint of a network as it stands. Raises NetworkError for a plain Layer, by name: its state is its own."""
    for name, layer in net.layers.items():
        if not isinstance(layer, ArrayLayer):
            raise NetworkError(
                f"{name} is a {layer.class_name}, a plain Layer: a checkpoint cannot hold its state",
                hint="write it as an ArrayLayer (initial, advance)",
            )
    position = {edge.number: i for i, edge in enumerate(net.edges)}
    return Checkpoint(
        identity(net),
        net.now,
        {name: _copied(state) for name, state in net.states.items()},
        {tuple(position[number] for number in key): _copied(line) for key, line in net.lines.items()},
        {name: layer._draws for name, layer in net.layers.items() if layer._draws},
    )


def restore(net: Network, checkpoint: Checkpoint) -> None:
    """Put a network where a checkpoint was taken. Raises NetworkError, naming the first difference; nothing is
    changed."""
    what = f"the checkpoint {checkpoint.file}" if checkpoint.file else "the checkpoint"
    difference = _difference(checkpoint.identity, identity(net))
    if difference is not None:
        raise NetworkError(f"{what} does not belong to network {net.name!r}: {difference}")
    difference = _misfit(net, checkpoint)
    if difference is not None:
        raise NetworkError(f"{what} does not fit network {net.name!r}: {difference}")
    edges = net.edges
    net.lines.clear()
    net.commit(
        checkpoint.now,
        {name: _copied(state) for name, state in checkpoint.states.items()},
        {tuple(edges[i].number for i in key): _copied(line) for key, line in checkpoint.lines.items()},
    )
    for name, layer in net.layers.items():
        layer._draws = checkpoint.draws.get(name, 0)


def identity(net: Network) -> dict[str, Any]:
    """What makes a network itself, as plain data: layers with digests of their parameters, inputs, edges, seed."""
    layers: dict[str, Any] = {}
    for name, layer in net.layers.items():
        if not isinstance(layer, ArrayLayer):  # no checkpoint holds one: in restore, here is the difference
            layers[name] = {"class": f"plain {layer.class_name}", "parameters": {}, "state": {}}
            continue
        parameters = {one: _digest(layer.value(one)) for one in layer.parameters() if one != "name"}
        shapes = {one: f"{array.dtype.str}{list(array.shape)}" for one, array in net.states[name].items()}
        layers[name] = {"class": layer.class_name, "parameters": parameters, "state": shapes}
    return {
        "seed": net.seed,
        "inputs": {name: [one.size, one.type.__name__] for name, one in (*net.inputs.items(), *net.ports.items())},
        "layers": layers,
        "edges": [str(one) for one in net.edges],
        "merges": dict(net.merges),
    }


def _misfit(net: Network, checkpoint: Checkpoint) -> str | None:
    """What a checkpoint holds that the network cannot take over, in words, or None: kernels trust what they are given.

    The identity only says which arrays a state should have; a file from a stranger may hold others.
    """
    for name in net.layers:
        saved, here = checkpoint.states.get(name, {}), net.states[name]
        if _forms(saved) != _forms(here):
            return f"its layer {name!r} has the state {shown(_forms(saved))}, the network's {shown(_forms(here))}"
        layer = net[name]
        if isinstance(layer, ArrayLayer) and not layer.trusts(saved):
            return f"the state of its layer {name!r} leads out of its own arrays"
    if len(checkpoint.states) != len(net.layers):
        return "it has states of layers that are not there"
    edges = net.edges
    known = {path.key: path for name in net.layers for path in net.paths_into(name)} if checkpoint.lines else {}
    for key, line in checkpoint.lines.items():
        path = known.get(tuple(edges[i].number for i in key)) if all(0 <= i < len(edges) for i in key) else None
        if path is None:
            return f"nothing is delayed on its edges {shown(key)}"
        if not _is_line(net, path, line):
            return f"what is under way on '{path}' is {shown(_forms(line))}, which is nothing that the edge carries"
    stray = [name for name, draws in checkpoint.draws.items() if name not in net.layers or draws < 0]
    return f"it counts draws of {shown(stray[0])}" if stray else None


def _forms(state: State) -> dict[str, str]:
    return {name: f"{array.dtype.str}{list(array.shape)}" for name, array in state.items()}


def _is_line(net: Network, path: Path, line: State) -> bool:
    """Whether these can be the events, or the rows, that are under way on a path."""
    size = len(path.picked)
    if net.sends(path.pre).type is TSEvent:
        if set(line) != {"offset", "channel"}:
            return False
        offset, channel = line["offset"], line["channel"]
        if (offset.dtype, channel.dtype, offset.ndim) != (np.int64, np.int32, 1) or offset.shape != channel.shape:
            return False
        ordered = offset.size == 0 or bool(offset[0] >= 0 and (offset[1:] >= offset[:-1]).all())
        return ordered and bool(((channel >= 0) & (channel < size)).all())
    begin = path.pre if path.pre in net.layers else path.post
    held = math.ceil(path.delay / exact(net[begin].dt))
    return set(line) == {"rows"} and line["rows"].dtype.kind == "f" and line["rows"].shape == (held, size)


def _digest(value: Any) -> str:
    if isinstance(value, np.ndarray):
        content = f"{value.dtype.str}{value.shape}".encode() + np.ascontiguousarray(value).tobytes()
    elif isinstance(value, Mapping):
        content = "".join(f"{key}={_digest(one)};" for key, one in value.items()).encode()
    elif isinstance(value, list | tuple):
        content = ",".join(_digest(one) for one in value).encode()
    elif value is None or isinstance(value, str | int | float):
        content = repr(value).encode()
    elif isinstance(value, type):
        content = value.__name__.encode()
    else:  # what is left of the kinds of parameters: a matrix in CSR form
        content = b"".join(np.ascontiguousarray(one).tobytes() for one in (value.data, value.indices, value.indptr))
    return hashlib.sha256(content).hexdigest()[:16]


def _difference(saved: Any, here: Any) -> str | None:
    """The first difference between two identities, in words, or None."""
    if saved["seed"] != here["seed"]:
        return f"its seed is {saved['seed']}, the network's {here['seed']}"
    for kind in ("inputs", "layers"):
        for name in [*saved[kind], *here[kind]]:
            if name not in here[kind]:
                return f"it has the {kind[:-1]} {name!r}, the network has not"
            if name not in saved[kind]:
                return f"the network has the {kind[:-1]} {name!r}, it has not"
            words = _layer_difference(name, saved[kind][name], here[kind][name])
            if words is not None:
                return words
    for i, (one, other) in enumerate(zip(saved["edges"], here["edges"], strict=False)):
        if one != other:
            return f"its edge {i} is '{one}', the network's '{other}'"
    if len(saved["edges"]) != len(here["edges"]):
        return f"it has {len(saved['edges'])} edges, the network {len(here['edges'])}"
    return None if saved["merges"] == here["merges"] else "its merges differ"


def _layer_difference(name: str, saved: Any, here: Any) -> str | None:
    if saved == here:
        return None
    if not isinstance(saved, Mapping):
        return f"its input {name!r} has {saved[0]} channels of {saved[1]}, the network's {here[0]} of {here[1]}"
    if saved["class"] != here["class"]:
        return f"its layer {name!r} is a {saved['class']}, the network's a {here['class']}"
    for part, words in (("parameters", "parameter"), ("state", "state variable")):
        for one in [*saved[part], *here[part]]:
            if saved[part].get(one) != here[part].get(one):
                return f"its layer {name!r} has another {words} {one!r}"
    return None


def _copied(state: State) -> State:
    return {name: array.copy() for name, array in state.items()}
