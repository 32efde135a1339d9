"""The package ``nir``, imported on first use, and its files: looked over before they are read, replaced at once."""

from __future__ import annotations

import io
from os import PathLike
from pathlib import Path
from typing import Any

from ..errors import ExchangeError, FileError
from ..files import write_atomic

DEEP = 64  # groups inside each other, of which a graph inside a graph takes two


def library() -> Any:
    """The package ``nir``. Raises ExchangeError where it is not installed, naming the extra."""
    try:
        import nir
    except ImportError as error:
        raise ExchangeError(
            f"NIR needs the package nir: {error}", hint="pip install 'graphnet-dataflow[nir]'"
        ) from error
    return nir


def read(path: str | PathLike[str]) -> Any:
    """The graph that a file holds; shapes are left as they were written.

    Raises FileError for a file that cannot be opened, ExchangeError for one that holds no graph of NIR, for links out
    of the file, and for kinds of nodes that this version of ``nir`` does not know, naming each.
    """
    nir = library()
    import h5py

    place = Path(path)
    try:
        place.open("rb").close()
    except OSError as error:
        raise FileError(f"cannot read {place}: {error.strerror}", path=str(place)) from error
    try:
        with h5py.File(place, "r") as file:
            unknown = _unknown(file, frozenset(nir.ir.__all__))
            kind = _kind(file["node"])
        if kind != nir.NIRGraph.__name__:
            raise ExchangeError(f"{place} holds a single {kind}, no graph of NIR")
        if not unknown:
            return nir.read(place, type_check=False)
    except (OSError, KeyError, ValueError, TypeError, AttributeError, AssertionError) as error:
        if isinstance(error, ExchangeError):
            raise
        raise ExchangeError(f"{place} is no file of NIR: {type(error).__name__}: {error}") from error
    raise refused(f"{place} cannot be read", unknown)


def write(graph: Any, path: str | PathLike[str]) -> None:
    """Write a graph of NIR to a file, which is replaced at once or not at all. Raises what opening a file raises."""
    buffer = io.BytesIO()
    library().write(buffer, graph)
    write_atomic(Path(path), buffer.getvalue())


def refused(what: str, refusals: list[tuple[str, str]]) -> ExchangeError:
    """One error for everything that is refused."""
    lines = [f"  {name}: {said}" for name, said in refusals]
    return ExchangeError("\n".join([f"{what}:", *lines]), refusals=refusals)


def _unknown(file: Any, known: frozenset[str]) -> list[tuple[str, str]]:
    """Nodes of kinds that are not known, by path. Raises ExchangeError for what leads out of the file or round."""
    import h5py

    found: list[tuple[str, str]] = []
    seen: set[Any] = set()
    waiting: list[tuple[str, Any, int]] = [("", file, 0)]
    while waiting:
        path, group, depth = waiting.pop()
        if group in seen or depth > DEEP:  # groups are equal where they lie at the same place of the file
            raise ExchangeError(f"{path or '/'}: groups of the file lead round, or lie too deep")
        seen.add(group)
        for name in group:
            inner = f"{path}/{name}"
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ExchangeError(f"{inner} is a link; a file of NIR holds its content itself")
            one = group[name]
            if isinstance(one, h5py.Group):
                waiting.append((inner, one, depth + 1))
            elif one.external or one.is_virtual:
                raise ExchangeError(f"{inner} lies in another file; a file of NIR holds its content itself")
            elif name == "type" and "/metadata" not in inner:
                kind = _kind(group)
                if kind not in known:
                    found.append((_node(path), f"a node {kind!r}, which the installed nir does not know"))
    return sorted(found)


def _kind(group: Any) -> str:
    kind = group["type"][()]
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def _node(path: str) -> str:
    """The name of a node from its path in a file: /node/nodes/a/nodes/b is a.b."""
    return ".".join(path.removeprefix("/node/nodes/").split("/nodes/"))
