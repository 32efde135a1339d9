"""From a document as it was read to a network that can run at once."""

from __future__ import annotations

import os
from pathlib import Path

from ..document import Draft, build_source
from ..errors import GraphnetError
from ..experiment import unfit
from ..files import Place, Source, read
from ..network import Network
from ..run import check_ready


def ready(source: Source, driven: bool = True) -> Network:
    """The network of a document, sound and ready to run; where it is not to be ``driven``, whatever its inputs are.

    Raises DocumentError with the place of every problem.
    """

    def also(draft: Draft) -> None:
        told, sound = draft.told, not draft.told.problems
        if driven and draft.run is not None:
            for place, error in unfit(draft.net, draft.run, draft.files, sound):
                told.say(place, error)
        for error in check_ready(draft.net) if sound else ():
            where, place = _place(source, error)
            told.within(place if where is source else (), [where.problem(str(error), place, error)])

    return build_source(source, also)


def _place(source: Source, error: GraphnetError) -> tuple[Source, Place]:
    """Where an error of the whole network is told: at the layer that it begins with, which may stand in a document
    that is used."""
    return place_of_layer(source, error.message.partition(":")[0]) or (source, ())


def place_of_layer(source: Source, name: str) -> tuple[Source, Place] | None:
    """The document in which a layer or a port stands, which may be one that is used, and its place there.

    Raises DocumentError where one that is used can no longer be read.
    """
    found = _found(source, name)
    if found is None:
        return None
    where, own = found
    section = next(one for one in ("layers", "inputs", "ports") if own in (where.data.get(one) or {}))
    return where, (section, own)


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
