"""The package ``nir``, imported on first use, and its files: read in a process of their own, replaced at once."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np

from ..arrays.archives import UNREADABLE, read_archive, told
from ..arrays.places import open_regular
from ..errors import ExchangeError, FileError, ParameterError
from ..files import write_atomic
from ..limits import NAMES, current, raising
from ..showing import named, shown

SCRIPT = Path(__file__).with_name("hdf.py")
"""What reads a file, in a process of its own."""
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

    The file is read in a process of its own, within limits of memory and time: what is wrong with it cannot harm this
    one. Raises FileError for a file that cannot be opened, ExchangeError for one that holds no graph of NIR, for links
    out of the file, and for kinds of nodes that this version of ``nir`` does not know, naming each.
    """
    nir = library()
    place = told(path)
    try:
        stream = open_regular(Path(path), str(path))
    except ParameterError as error:
        raise FileError(error.message, path=str(path), hint=error.hint) from error
    with stream:
        found, arrays = _apart(stream, place, nir.ir.__all__)
    if found["kind"] != nir.NIRGraph.__name__:
        raise ExchangeError(f"{place}: it holds a single {named(found['kind'])}, no graph of NIR")
    unknown = [
        (named(_node(path)), f"a node {shown(kind)}, which the installed nir does not know")
        for path, kind in found["unknown"]
    ]
    if unknown:
        raise refused(f"{place} cannot be read", sorted(unknown))
    try:
        node = _plain(found["entries"], arrays)["node"]
        if "type_check" in node:
            raise ValueError("the key type_check of its graph means nothing")
        return nir.dict2NIRNode({**node, "type_check": False})
    except _UNREADABLE as error:
        raise ExchangeError(f"{place} is no file of NIR: {type(error).__name__}: {told(error)}") from error


def _apart(stream: BinaryIO, place: str, known: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What another process reads in a file: in words, and as arrays. Raises ExchangeError."""
    limits, size = current(), os.fstat(stream.fileno()).st_size
    how = {"size": size, "unpacked": limits.unpacked, "groups": limits.groups, "seconds": limits.reading}
    command = [sys.executable, "-I", str(SCRIPT), json.dumps({**how, "known": known})]
    quiet = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # each of its threads takes address space
    most = 2 * (size + limits.unpacked) + 2**24  # texts take more in JSON than in the file
    with subprocess.Popen(
        command, stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=quiet, close_fds=True
    ) as child:
        assert child.stdout is not None
        timer = threading.Timer(limits.reading, child.kill)
        timer.start()
        try:
            content = _up_to(child.stdout, most)
        finally:
            if child.poll() is None:
                _ended(child)
            timer.cancel()
    if child.returncode != 0:
        raise ExchangeError(f"{place} is no file of NIR: {_death(child.returncode, limits.reading)}")
    try:
        arrays = read_archive(io.BytesIO(content))
        found = json.loads(arrays.pop("told").tobytes())
    except UNREADABLE as error:
        raise ExchangeError(f"{place} is no file of NIR: {told(error)}") from error
    if "refused" in found:
        hint = raising(found["limit"]) if found["limit"] in NAMES else None
        raise ExchangeError(f"{place}: {told(found['refused'])}", hint=hint)
    if "unsound" in found:
        raise ExchangeError(f"{place} is no file of NIR: {found['unsound']}: {told(found['said'])}")
    return found, arrays


def _up_to(stream: IO[bytes], most: int) -> bytes:
    """All that comes, or what passes the limit; no room is made before something is there."""
    found = bytearray()
    while len(found) <= most and (more := stream.read(2**20)):
        found += more
    return bytes(found)


def _ended(child: subprocess.Popen[bytes]) -> None:
    """Wait for a process that has told all, or was interrupted; one that goes on is stopped."""
    try:
        child.wait(1)
    except subprocess.TimeoutExpired:
        child.kill()


def _death(status: int, seconds: int) -> str:
    """What is said of a process that ended without an answer."""
    if status in (-signal.SIGKILL, -signal.SIGXCPU):
        return f"reading it took more than {seconds} s; {raising('reading')}"
    if status < 0:
        return f"the library that reads it ended by the signal {signal.Signals(-status).name}"
    return "there is not enough memory to read it"


def _plain(entries: list[Any], arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The groups of a file as dicts, with its numbers and texts in them as the package ``nir`` reads them."""
    top: dict[str, Any] = {}
    groups: dict[int, dict[str, Any]] = {-1: top}
    for number, (around, name, what) in enumerate(entries):
        if what is None:
            value: Any = groups.setdefault(number, {})
        elif what == "number":
            value = arrays[f"a{number}"][()]
        else:
            shape, texts = what
            raw = [text.encode("latin-1") for text in texts]
            value = np.array(raw, dtype=object).reshape(shape) if shape else raw[0].decode()
        groups[around][name] = value
    return top


def write(graph: Any, path: str | PathLike[str]) -> None:
    """Write a graph of NIR to a file, which is replaced at once or not at all. Raises what opening a file raises."""
    buffer = io.BytesIO()
    library().write(buffer, graph)
    write_atomic(Path(path), buffer.getvalue())


def refused(what: str, refusals: list[tuple[str, str]]) -> ExchangeError:
    """One error for everything that is refused."""
    lines = [f"  {name}: {said}" for name, said in refusals]
    return ExchangeError("\n".join([f"{what}:", *lines]), refusals=refusals)


def _node(path: str) -> str:
    """The name of a node from its path in a file: /node/nodes/a/nodes/b is a.b."""
    return ".".join(path.removeprefix("/node/nodes/").split("/nodes/"))
