"""The package ``nir``, imported on first use, and its files: looked over before they are read, replaced at once."""

from __future__ import annotations

import io
import math
import os
from os import PathLike
from pathlib import Path
from typing import Any

from ..arrays.archives import UNREADABLE, told
from ..arrays.limits import current, named, shown
from ..arrays.places import open_regular
from ..errors import ExchangeError, FileError, ParameterError
from ..files import write_atomic

DEEP = 64  # groups inside each other, of which a graph inside a graph takes two
GROUPS = 20_000  # of which each node is one: looking one over takes about 50 microseconds
_UNREADABLE = (*UNREADABLE, AttributeError, AssertionError, LookupError, ArithmeticError)


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

    place = told(path)
    try:
        stream = open_regular(Path(path), str(path))
    except ParameterError as error:
        raise FileError(error.message, path=str(path), hint=error.hint) from error
    try:
        with stream, h5py.File(stream, "r") as file:
            unknown = _Looking(os.fstat(stream.fileno()).st_size, frozenset(nir.ir.__all__)).over(file)
            kind = _kind(file["node"])
        if kind != nir.NIRGraph.__name__:
            raise ExchangeError(f"it holds a single {named(kind)}, no graph of NIR")
        if not unknown:
            return nir.read(path, type_check=False)
    except ExchangeError as error:
        raise ExchangeError(f"{place}: {error.message}", hint=error.hint) from error
    except _UNREADABLE as error:
        raise ExchangeError(f"{place} is no file of NIR: {type(error).__name__}: {told(error)}") from error
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


class _Looking:
    """What is looked over before a file is read: nothing leads out of it, round, or to more than it may hold."""

    def __init__(self, size: int, known: frozenset[str]) -> None:
        self.size = max(size, 1)
        self.room: int = size + current().unpacked
        self.known: frozenset[str] = known
        self.found: list[tuple[str, str]] = []
        self.seen: set[Any] = set()

    def over(self, file: Any) -> list[tuple[str, str]]:
        """Nodes of kinds that are not known, by path. Raises ExchangeError for everything else."""
        import h5py

        waiting: list[tuple[str, Any, int]] = [("", file, 0)]
        while waiting:
            path, group, depth = waiting.pop()
            if group in self.seen or depth > DEEP:  # groups are equal where they lie at the same place of the file
                raise ExchangeError(f"{named(path) or '/'}: groups of the file lead round, or lie too deep")
            self.seen.add(group)
            if len(self.seen) > GROUPS:
                raise ExchangeError(f"it has more than {GROUPS:,} groups")
            for name in group:
                inner = f"{path}/{name}"
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ExchangeError(f"{named(inner)} is a link; a file of NIR holds its content itself")
                one = group[name]
                if isinstance(one, h5py.Group):
                    waiting.append((inner, one, depth + 1))
                    continue
                self._dataset(inner, one)
                if name == "type" and "/metadata" not in inner:
                    self._type(path, group)
        return sorted(self.found)

    def _type(self, path: str, group: Any) -> None:
        kind = _kind(group)
        if kind not in self.known:
            said = f"a node {shown(kind)}, which the installed nir does not know"
            self.found.append((named(_node(path)), said))

    def _dataset(self, path: str, one: Any) -> None:
        """Count what a dataset takes in memory, by its description: a few bytes of a file can promise anything."""
        import h5py

        if not isinstance(one, h5py.Dataset) or one.external or one.is_virtual:
            raise ExchangeError(f"{named(path)} lies in another file; a file of NIR holds its content itself")
        text = h5py.check_string_dtype(one.dtype) is not None
        if one.shape is None or not (text or one.dtype.kind in "biuf"):
            raise ExchangeError(f"{named(path)} holds neither numbers nor text, but {shown(str(one.dtype))}")
        self._take(path, math.prod(one.shape) * one.dtype.itemsize)
        if text and one.shape and one.dtype.kind == "O":
            self._texts(path, one)

    def _texts(self, path: str, one: Any) -> None:
        """Texts of any length lie elsewhere in the file, many of them perhaps in the same place."""
        at_once = max(1, current().unpacked // self.size // max(1, math.prod(one.shape[1:])))
        for begin in range(0, one.shape[0], at_once):
            self._take(path, sum(len(text) for text in one[begin : begin + at_once].ravel()))

    def _take(self, path: str, count: int) -> None:
        self.room -= count
        if self.room < 0:
            raise ExchangeError(
                f"with {named(path)} it promises more than the {self.size} bytes that it has, and the "
                f"{current().unpacked} that may be unpacked",
                hint="raise the limit: graphnet.arrays.limited(Limits(unpacked=...))",
            )


def _kind(group: Any) -> str:
    kind = group["type"][()]
    if not isinstance(kind, bytes | str):
        raise ExchangeError(f"the kind of a node should be text, got {shown(kind)}")
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def _node(path: str) -> str:
    """The name of a node from its path in a file: /node/nodes/a/nodes/b is a.b."""
    return ".".join(path.removeprefix("/node/nodes/").split("/nodes/"))
