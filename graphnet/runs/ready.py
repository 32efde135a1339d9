"""From a document as it was read to a network that can run at once."""

from __future__ import annotations

import os
from pathlib import Path

from ..document import build_source
from ..errors import DocumentError, GraphnetError, Problem
from ..files import Source, read
from ..network import Network
from ..run import check_ready


def ready(source: Source) -> Network:
    """The network of a document, sound and ready to run. Raises DocumentError with the place of every problem."""
    net = build_source(source)
    problems = [_problem(source, one) for one in check_ready(net)]
    if problems:
        raise DocumentError(problems)
    return net


def _problem(source: Source, error: GraphnetError) -> Problem:
    """An error of the whole network, at the layer that it begins with, which may stand in a document that is used."""
    name = error.message.partition(":")[0]
    found = _found(source, name)
    if found is None:
        return source.problem(str(error), (), error)
    where, own = found
    section = next(one for one in ("layers", "inputs", "ports") if own in (where.data.get(one) or {}))
    return where.problem(str(error), (section, own), error)


def _found(source: Source, name: str) -> tuple[Source, str] | None:
    """The document in which a layer or a port stands, and its name there.

    Files that are used were read a moment ago, when the network was built. One in which ``set`` has put the layer gives
    the place of its ``use``.
    """
    layers = source.data.get("layers") or {}
    if name in layers or any(name in (source.data.get(one) or {}) for one in ("inputs", "ports")):
        return source, name
    for key, entry in layers.items():
        if name.startswith(f"{key}.") and isinstance(entry, dict) and isinstance(entry.get("use"), str):
            folder = Path(source.file).parent if source.file else Path()
            inner = read(os.path.normpath(folder / entry["use"]))
            return _found(inner, name[len(key) + 1 :]) or (source, key)
    return None
