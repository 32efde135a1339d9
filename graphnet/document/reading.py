"""A network from a document: everything wrong is found in one reading, each with its file and line."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..arrays.places import place as within
from ..collecting import at_rest
from ..errors import CycleError, EdgeError, GraphnetError, ParameterError, ParameterTypeError, UnknownName
from ..limits import current, limited
from ..network import Network
from .connections import Join, Read, count_lines, joins
from .ends import Ends
from .purpose import misfits
from .references import replaced
from .telling import Telling, place_of
from .using import Chain, inner
from .writing import move_files

if TYPE_CHECKING:
    from ..files import Place, Source
    from ..sections import Document, RunSection


class Draft(NamedTuple):
    """What a document has come to when all of it was read: its network, of which a part may be missing, what it says
    of a run, the files that may be read for that, by the names of inputs, and what was found wrong so far."""

    net: Network
    run: RunSection | None
    files: Mapping[str, Path]
    told: Telling


def load(path: str | Path) -> Network:
    """Read a network from a YAML or JSON file. Raises DocumentError."""
    from ..files import read_flawed

    with at_rest():
        return build_source(read_flawed(path))


def build(data: Mapping[str, Any]) -> Network:
    """A network from plain data. Raises DocumentError with every problem found, each with the keys that lead to it."""
    from ..files import Lines, Source

    if not isinstance(data, Mapping):
        raise ParameterTypeError(f"a document is a mapping, got a {type(data).__name__}", parameter="data")
    return build_source(Source(copy.deepcopy(dict(data)), "", Lines(0)))


def build_source(source: Source, also: Callable[[Draft], None] | None = None) -> Network:
    """A network from a document as it was read. ``also`` looks further, and tells what it finds with the rest.

    Raises DocumentError, its problems in the order of the file.
    """
    with at_rest(), limited(current()):  # what all its arrays hold together is counted
        return _Reader(source, Chain()).network(also)


def _build_in(source: Source, chain: Chain) -> Network:
    """The network of a document that others use."""
    return _Reader(source, chain).network()


class _Reader:
    def __init__(self, source: Source, chain: Chain) -> None:
        self.chain = chain
        self.told = Telling(source)
        self.source = replaced(source, self.told.say)
        self.folder = Path(source.file).parent if source.file else None
        self.failed: set[str] = set()

    def network(self, also: Callable[[Draft], None] | None = None) -> Network:
        from ..sections import EXPERIMENT

        document = self._sections()
        if document is None:
            raise self.told.refused()
        net = self._empty(document)
        read = list(joins(document.edges))
        ends = Ends(document, [one for one in read if isinstance(one, Join)], self.told, self.folder)
        ends.failed |= self.failed
        ends.add(net, self._nested)
        self._edges(net, document, read, ends)
        for i, name in enumerate(document.outputs):
            if not ends.unsound(name):
                self.told.attempt(("outputs", i), partial(net.output, name))
        for place, error, key in misfits(net, document):
            self.told.say(place, error, key=key)
        files = self._files(document)
        if also is not None:
            also(Draft(net, document.run, files, self.told))
        if self.told.problems:
            raise self.told.refused()
        net.document = {name: self.source.data[name] for name in EXPERIMENT if self.source.data.get(name) is not None}
        folder = self.folder or Path()
        move_files(net.document, lambda file: os.path.abspath(folder / file))  # noqa: PTH100 # symlinks stay
        return net

    def _files(self, document: Document) -> dict[str, Path]:
        """The files that drive a run, of those that lie where they may."""
        folder = self.folder or Path()
        return {
            name: folder / file
            for name, file in (document.run.inputs.items() if document.run else ())
            if self.told.attempt(("run", "inputs", name), partial(within, file, self.folder))
        }

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
        for finely in (True, False):
            try:
                return Document.model_validate(self._mended([place_of(one) for one in found], finely))
            except ValidationError:
                continue
        return None

    def _params(self) -> None:
        from ..sections import Document

        params = self.source.data.get("params")
        for name in params if isinstance(params, dict) else ():
            if name in Document.model_fields:
                said = f"the section {name!r} and a parameter of that name would be one for --set; rename it"
                self.told.note(said, ("params", name), key=True)

    def _mended(self, places: list[Place], finely: bool) -> dict[str, Any] | None:
        """The data without what is wrong at these places, or None where too little would be left to check.

        Of a section that is wrong somewhere only the key is left out where that is done ``finely``, else all of it.
        """
        kept = dict(self.source.data)
        wrong_edges = {place[1] for place in places if place[0] == "edges" and len(place) > 1}
        for section, *rest in places:
            if section in ("inputs", "ports", "layers"):
                if not rest:
                    return None
                self.failed.add(str(rest[0]))
                kept[section] = {**kept[section], rest[0]: {} if section == "layers" else {"size": 1}}
            elif section == "edges" and rest:
                kept["edges"] = ["" if i in wrong_edges else one for i, one in enumerate(kept["edges"])]
            elif finely and rest and isinstance(kept.get(name := str(section)), dict):
                kept[name] = {key: value for key, value in kept[name].items() if key != rest[0]}
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

    def _nested(self, name: str, entry: Mapping[str, Any]) -> Network | None:
        return inner(name, entry, self.told, self.chain, _build_in)

    # ------------------------------------------------------------------ edges

    def _edges(self, net: Network, document: Document, read: Sequence[Read], ends: Ends) -> None:
        """Add what can be added, then look for loops once: errors of single edges come with their own line."""
        reading = dict.fromkeys([*net.readers(), *net.ports])  # as a set that keeps its order
        for name in document.merge:
            if name not in reading and not ends.unsound(name):
                self.told.say(("merge", name), UnknownName("layer", name, reading, where="merge"), key=True)
        places: dict[int, Place] = {}
        known = dict.fromkeys([*document.inputs, *document.ports, *document.layers, *net.names])
        for one in read:
            if not isinstance(one, Join):
                if document.edges[int(one[0][1])]:  # what had a wrong form was told, and left out
                    self.told.say(*one)
                continue
            try:
                self._edge(net, document, one, places, known, ends)
            except GraphnetError as error:
                if " accepts " in error.message:
                    origins = [text for text in map(ends.origin, (one.pre, one.post)) if text]
                    error = EdgeError(error.message, pre=one.pre, post=one.post, hint=_sizes(error.hint, origins))
                self.told.say(one.place, error)
        self._together(net, places)

    def _together(self, net: Network, places: Mapping[int, Place]) -> None:
        """Tell what is wrong with edges that are sound one by one: loops, clocks, and what all hold."""
        try:
            net.structure()
        except CycleError as error:
            self.told.say(self._closing(net, error, places), error)
        for where, too_much in count_lines(net, places):
            self.told.say(where, too_much)
        if net.layers:
            self.told.attempt(("layers",), lambda: net.exact_dt)

    def _edge(
        self, net: Network, document: Document, one: Join, places: dict[int, Place], known: Collection[str], ends: Ends
    ) -> None:
        if ends.failed and (ends.unsound(one.pre) or ends.unsound(one.post)):  # the other end may be wrong as well
            for name in (one.pre, one.post):
                if name not in known and not ends.unsound(name):
                    raise UnknownName("layer", name, known, where=f"edge {one.text!r}")
            return
        merge = one.merge or document.merge.get(one.post)
        given = one.pre, one.post, one.delay, one.pre_channels, one.post_channels
        places[net.connect_unchecked(*given, merge=merge).number] = one.place

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


def _sizes(hint: str | None, origins: list[str]) -> str | None:
    """A hint with where the sizes come from."""
    said = f"the sizes come from {' and '.join(origins)}" if origins else ""
    return "; ".join(one for one in (said, hint) if one) or None
