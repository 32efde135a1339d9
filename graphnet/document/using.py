"""A document inside another: ``use: other.yaml`` in the place of a layer."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..arrays.places import place as place_of_file
from ..errors import DocumentError, GraphnetError, NetworkError, ParameterError, near
from ..limits import current, raising
from ..showing import named, shown

if TYPE_CHECKING:
    from ..files import Source
    from ..network import Network
    from .telling import Telling

KEYS = ("use", "set")


class Chain:
    """The documents that use each other, from the outermost to the one that is read, and how many were used in all."""

    def __init__(self, files: tuple[str, ...] = (), used: list[int] | None = None) -> None:
        self.files: tuple[str, ...] = files
        self.used: list[int] = [0] if used is None else used

    def to(self, file: str) -> Chain:
        """The chain with one document more. Raises NetworkError for one that is in it, and for too many."""
        if file in self.files:
            way = [*self.files[self.files.index(file) :], file]
            raise NetworkError(f"documents use each other in a circle: {' -> '.join(map(_name, way))}")
        deepest, most = current().nesting, current().uses
        if len(self.files) >= deepest:
            raise NetworkError(f"documents use each other more than {deepest} deep", hint=raising("nesting"))
        self.used[0] += 1
        if self.used[0] > most:
            raise NetworkError(f"more than {most:,} documents are used in all", hint=raising("uses"))
        return Chain((*self.files, file), self.used)


def _name(file: str) -> str:
    return named(Path(file).name)


def inner(
    name: str, entry: Mapping[str, Any], told: Telling, chain: Chain, build: Callable[[Source, Chain], Network]
) -> Network | None:
    """The network of ``{use: FILE, set: {KEY: VALUE}}``, or None where something is wrong, which is then told.

    FILE lies in the folder of the document, or deeper, or where it is allowed; KEY is what ``--set`` takes.
    """
    place = ("layers", name)
    wrong = [key for key in entry if key not in KEYS]
    for key in wrong:
        close = near(key, KEYS)
        cure = f"did you mean {close!r}?" if close else f"there are: {', '.join(KEYS)}"
        told.note(f"no key {shown(key)} beside 'use'; {cure}", (*place, key), key=True)
    settings = entry.get("set") or {}
    if not isinstance(settings, dict):
        told.note("should be a mapping of keys, as --set takes them, to values", (*place, "set"))
    if wrong or not isinstance(settings, dict):
        return None
    try:
        source, deeper = _read(told.source, entry["use"], chain)
    except DocumentError as error:
        for one in error.problems:
            if one.line:
                told.within((*place, "use"), [one])
            else:  # it could not be opened: that is wrong here
                told.note(f"{named(entry['use'])}: {one.message}", (*place, "use"), one.error)
        return None
    except GraphnetError as error:
        told.say((*place, "use"), error)
        return None
    return _built(source, settings, told, name, lambda changed: build(changed, deeper))


def _built(
    source: Source, settings: Mapping[str, Any], told: Telling, name: str, build: Callable[[Source], Network]
) -> Network | None:
    from ..files import with_value

    marks = {f"set {key}": key for key in settings}
    try:
        for mark, key in marks.items():
            try:
                source = with_value(source, key, settings[key], mark)
            except GraphnetError as error:
                told.say(("layers", name, "set", key), error, key=True)
                return None
        return build(source)
    except DocumentError as error:
        for one in error.problems:
            if one.file in marks:
                told.note(one.message, ("layers", name, "set", marks[one.file]), one.error)
            else:
                told.within(("layers", name, "use"), [one])
        return None


def _read(outer: Source, file: Any, chain: Chain) -> tuple[Source, Chain]:
    """The document that a name in another means. Raises ParameterError, NetworkError, DocumentError."""
    from ..files import read_flawed

    if not isinstance(file, str) or not file:
        raise ParameterError("use should be the name of a document, such as 'use: front.yaml'", parameter="use")
    folder = Path(outer.file).parent if outer.file else None
    found = place_of_file(file, folder)
    start = chain if chain.files or not outer.file else Chain((os.path.realpath(outer.file),), chain.used)
    deeper = start.to(str(found))
    return read_flawed(os.path.normpath((folder or Path()) / file)), deeper
