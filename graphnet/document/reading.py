"""A network from a document: everything wrong is found in one reading, each with its file and line."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CycleError, GraphnetError, ParameterError, ParameterTypeError, UnknownName
from ..network import Network
from .connections import Join, joins
from .making import concrete, made
from .purpose import misfits
from .references import replaced
from .telling import Telling, place_of
from .writing import move_files

if TYPE_CHECKING:
    from ..files import Place, Source
    from ..sections import Document


def load(path: str | Path) -> Network:
    """Read a network from a YAML or JSON file. Raises DocumentError."""
    from ..files import read

    return build_source(read(path))


def build(data: Mapping[str, Any]) -> Network:
    """A network from plain data. Raises DocumentError with every problem found, each with the keys that lead to it."""
    from ..files import Lines, Source

    if not isinstance(data, Mapping):
        raise ParameterTypeError(f"a document is a mapping, got a {type(data).__name__}", parameter="data")
    return build_source(Source(copy.deepcopy(dict(data)), "", Lines(0)))


def build_source(source: Source) -> Network:
    """A network from a document as it was read. Raises DocumentError, its problems in the order of the file."""
    return _Reader(source).network()


class _Reader:
    def __init__(self, source: Source) -> None:
        self.told = Telling(source)
        self.source = replaced(source, self.told.say)
        self.folder = Path(source.file).parent if source.file else None
        self.failed: set[str] = set()

    def network(self) -> Network:
        from ..sections import EXPERIMENT

        document = self._sections()
        if document is None:
            raise self.told.refused()
        net = self._empty(document)
        self._ends(net, document)
        self._edges(net, document)
        for i, name in enumerate(document.outputs):
            if name not in self.failed:
                self.told.attempt(("outputs", i), partial(net.output, name))
        for place, error in misfits(net, document):
            self.told.say(place, error)
        if self.told.problems:
            raise self.told.refused()
        net.document = {name: self.source.data[name] for name in EXPERIMENT if self.source.data.get(name) is not None}
        folder = self.folder or Path()
        move_files(net.document, lambda file: os.path.abspath(folder / file))  # noqa: PTH100 # symlinks stay
        return net

    # ------------------------------------------------------------------ form

    def _sections(self) -> Document | None:
        """The document by its sections; what is wrong with their form is noted and left out, to find more at once."""
        from pydantic import ValidationError

        from ..sections import Document

        self._params()
        try:
            return Document.model_validate(self.source.data)
        except ValidationError as error:
            found = error.errors(include_url=False)
        seen: set[Place] = set()
        for one in sorted(found, key=lambda one: one["type"] == "missing"):  # a misspelt key explains a missing one
            if place_of(one) not in seen:  # of two forms that a value may have, each says what it misses
                seen.add(place_of(one))
                self.told.of_pydantic(one)
        try:
            return Document.model_validate(self._mended([place_of(one) for one in found]))
        except ValidationError:
            return None

    def _params(self) -> None:
        from ..sections import Document

        for name in self.source.data.get("params") or {}:
            if name in Document.model_fields:
                said = f"the section {name!r} and a parameter of that name would be one for --set; rename it"
                self.told.note(said, ("params", name))

    def _mended(self, places: list[Place]) -> dict[str, Any] | None:
        """The data without what is wrong at these places, or None where too little would be left to check."""
        kept = dict(self.source.data)
        wrong_edges = {place[1] for place in places if place[0] == "edges" and len(place) > 1}
        for section, *rest in places:
            if section in ("inputs", "ports", "layers"):
                if not rest:
                    return None
                self.failed.add(str(rest[0]))
                kept[section] = {**kept[section], rest[0]: {} if section == "layers" else {"size": 1}}
            elif section == "edges" and rest:
                kept[section] = ["" if i in wrong_edges else one for i, one in enumerate(kept[section])]
            else:
                kept.pop(str(section), None)
        if "data" not in kept:
            kept = {name: value for name, value in kept.items() if name not in ("fit", "evaluate")}
        return kept

    # ------------------------------------------------------------------ what stands in it

    def _empty(self, document: Document) -> Network:
        try:
            return Network(name=document.name, seed=document.seed, dt=document.dt)
        except ParameterError as error:
            self.told.say((error.parameter,), error)
            return Network()

    def _ends(self, net: Network, document: Document) -> None:
        """Inputs, ports and layers, each that can be had."""
        for section, given, declare in (
            ("inputs", document.inputs, net.input),
            ("ports", document.ports, net.port),
        ):
            for name, one in given.items():
                good = name not in self.failed
                if good and not self.told.attempt((section, name), partial(declare, name, one.size, one.type)):
                    self.failed.add(name)
        for name, entry in document.layers.items():
            if name not in self.failed:
                self._layer(net, name, entry)

    def _layer(self, net: Network, name: str, entry: Mapping[str, Any]) -> None:
        place: Place = ("layers", name)
        given = dict(entry)
        wanted = given.pop("type", None)
        try:
            if not isinstance(wanted, str):
                raise ParameterError(f"layer {name!r} needs a type, such as 'type: LIF'", parameter="type")
            net.add_layer(made(concrete(wanted), given, self.folder), name=name)
        except ParameterError as error:
            self.failed.add(name)
            for parameter, message in error.each:
                self.told.note(message, (*place, parameter) if parameter in entry else place, error)
        except GraphnetError as error:
            self.failed.add(name)
            self.told.say((*place, "type") if isinstance(error, UnknownName) else place, error)

    # ------------------------------------------------------------------ edges

    def _edges(self, net: Network, document: Document) -> None:
        """Add what can be added, then look for loops once: errors of single edges come with their own line."""
        reading = [*net.readers(), *net.ports]
        for name in document.merge:
            if name not in reading and not self._told(name):
                self.told.say(("merge", name), UnknownName("layer", name, reading, where="merge"))
        places: dict[int, Place] = {}
        known = [*document.inputs, *document.ports, *document.layers]
        for one in joins(document.edges):
            if not isinstance(one, Join):
                if document.edges[int(one[0][1])]:  # what had a wrong form was told, and left out
                    self.told.say(*one)
                continue
            try:
                self._edge(net, document, one, places, known)
            except GraphnetError as error:
                self.told.say(one.place, error)
        try:
            net.structure()
        except CycleError as error:
            self.told.say(self._closing(net, error, places), error)
        if net.layers:
            self.told.attempt(("layers",), lambda: net.exact_dt)

    def _edge(self, net: Network, document: Document, one: Join, places: dict[int, Place], known: list[str]) -> None:
        if self.failed and (self._told(one.pre) or self._told(one.post)):  # the other end may be wrong as well
            for name in (one.pre, one.post):
                if name not in known and not self._told(name):
                    raise UnknownName("layer", name, known, where=f"edge {one.text!r}")
            return
        merge = one.merge or document.merge.get(one.post)
        ends = one.pre, one.post, one.delay, one.pre_channels, one.post_channels
        places[net.connect_unchecked(*ends, merge=merge).number] = one.place

    @staticmethod
    def _closing(net: Network, error: CycleError, places: Mapping[int, Place]) -> Place:
        """The place of the edge that closes a loop."""
        along = {
            (path.pre, path.post): max(places[number] for number in path.key)
            for name in net.layers
            for path in net.paths_into(name)
        }
        pairs = zip(error.cycle, [*error.cycle[1:], error.cycle[0]], strict=True)
        return max((along[pair] for pair in pairs if pair in along), default=("edges",))

    def _told(self, name: str) -> bool:
        """Whether this layer, or the one whose input it is, has been found wrong already."""
        return name in self.failed or name.rpartition(".")[0] in self.failed
