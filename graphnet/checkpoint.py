"""A network's dynamic content, in memory or in one file: states, delay lines, clock, and whose they are.

The file is an .npz archive of plain arrays and one JSON text, read without pickles; a checksum covers all of it.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import NetworkError, ParameterError
from .layer import ArrayLayer, State
from .network import Network

FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """What ``Network.restore`` needs to go on as if nothing had happened.

    ``identity`` says to which network it belongs: layers with a digest of each parameter, edges, seed. States are by
    the layer's name, lines by the positions of their edges.
    """

    identity: Mapping[str, Any]
    now: Fraction
    states: Mapping[str, State]
    lines: Mapping[tuple[int, ...], State]
    draws: Mapping[str, int]

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
        arrays = _read(path)
        stated = arrays.pop("sha256", None)
        if stated is None or "meta" not in arrays:
            raise ParameterError(f"{path} is not a checkpoint")
        if stated.tobytes() != _checksum(arrays):
            raise ParameterError(f"{path} is damaged: its checksum does not fit its content")
        meta = json.loads(arrays.pop("meta").tobytes())
        if meta["format"] != FORMAT:
            raise ParameterError(f"{path} has checkpoint format {meta['format']}, this version reads {FORMAT}")
        states: dict[str, State] = {name: {} for name in meta["states"]}
        lines: dict[tuple[int, ...], State] = {tuple(key): {} for key in meta["lines"]}
        for position, (kind, owner, variable) in enumerate(meta["index"]):
            held = states[owner] if kind == "state" else lines[tuple(owner)]
            held[variable] = arrays[f"a{position}"]
        return Checkpoint(meta["identity"], Fraction(*meta["now"]), states, lines, meta["draws"])


def _read(path: str | PathLike[str]) -> dict[str, NDArray[Any]]:
    try:
        with Path(path).open("rb") as file:  # a file that numpy opens stays open where it is damaged
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise ValueError("it holds one array")
            with archive:
                return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise ParameterError(f"there is no checkpoint {path}") from None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise ParameterError(f"{path} is not a checkpoint, or it is damaged: {error}") from error


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
    difference = _difference(checkpoint.identity, identity(net))
    if difference is not None:
        raise NetworkError(f"the checkpoint does not belong to network {net.name!r}: {difference}")
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
