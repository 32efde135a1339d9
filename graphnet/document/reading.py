"""A network from a document: everything wrong is found in one reading, each with its file and line."""

from __future__ import annotations

import copy
import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .. import registry
from ..arrays import resolve
from ..errors import (
    CycleError,
    DocumentError,
    GraphnetError,
    NetworkErrors,
    ParameterError,
    ParameterTypeError,
    Problem,
    UnknownName,
    near,
)
from ..layer import ArrayLayer, Layer
from ..network import Network
from .purpose import misfits
from .writing import in_files, move_files

if TYPE_CHECKING:
    from ..files import Source
    from ..sections import Document

L = TypeVar("L", bound=Layer)
Place = tuple[str | int, ...]


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
        self.source = source
        self.folder = Path(source.file).parent
        self.problems: list[Problem] = []
        self.failed: set[str] = set()

    def network(self) -> Network:
        from ..sections import EXPERIMENT

        document = self._sections()
        if document is None:
            raise self._refused()
        net = self._empty(document)
        self._ends(net, document)
        self._edges(net, document)
        for i, name in enumerate(document.outputs):
            if name not in self.failed:
                self._try(("outputs", i), lambda name=name: net.output(name))
        for place, error in misfits(net, document):
            self._say(place, error)
        if self.problems:
            raise self._refused()
        net.document = {name: self.source.data[name] for name in EXPERIMENT if self.source.data.get(name) is not None}
        move_files(net.document, lambda file: os.path.abspath(self.folder / file))  # noqa: PTH100 # symlinks stay
        return net

    def _ends(self, net: Network, document: Document) -> None:
        """Inputs, ports and layers, each that can be had."""
        for section, given, declare in (
            ("inputs", document.inputs, net.input),
            ("ports", document.ports, net.port),
        ):
            for name, one in given.items():
                if name not in self.failed:
                    self._try((section, name), partial(declare, name, one.size, one.type))
        for name, entry in document.layers.items():
            if name not in self.failed:
                self._layer(net, name, entry)

    def _empty(self, document: Document) -> Network:
        try:
            return Network(name=document.name, seed=document.seed, dt=document.dt)
        except ParameterError as error:
            self._say((error.parameter,), error)
            return Network()

    def _refused(self) -> DocumentError:
        return DocumentError(sorted(self.problems, key=lambda one: one.line))

    def _say(self, place: Place, error: GraphnetError) -> None:
        """Note an error, as one problem for each of the errors that it gathers."""
        for one in error.errors if isinstance(error, NetworkErrors) else (error,):
            self._note(f"{type(one).__name__}: {one}", place, one)

    def _note(self, message: str, place: Place, error: GraphnetError | None = None) -> None:
        from ..files import spell

        problem = self.source.problem(message, place, error)
        if not problem.file:  # data from Python have no lines: the keys say where
            problem = replace(problem, file=spell(place))
        self.problems.append(problem)

    def _try(self, place: Place, action: Callable[[], object]) -> None:
        try:
            action()
        except GraphnetError as error:
            if len(place) > 1 and place[0] in ("inputs", "ports", "layers"):
                self.failed.add(str(place[1]))
            self._say(place, error)

    def _sections(self) -> Document | None:
        """The document by its sections; what is wrong with their form is noted and left out, to find more at once."""
        from pydantic import ValidationError

        from ..sections import Document

        try:
            return Document.model_validate(self.source.data)
        except ValidationError as error:
            found = error.errors(include_url=False)
        for one in sorted(found, key=lambda one: one["type"] == "missing"):  # a misspelt key explains a missing one
            self._of_pydantic(one)
        try:
            return Document.model_validate(self._mended([one["loc"] for one in found]))
        except ValidationError:
            return None

    def _mended(self, places: list[Place]) -> dict[str, Any] | None:
        """The data without what is wrong at these places, or None where too little would be left to check."""
        kept = dict(self.source.data)
        for section, *rest in places:
            if section in ("inputs", "ports", "layers"):
                if not rest:
                    return None
                self.failed.add(str(rest[0]))
                kept[section] = {**kept[section], rest[0]: {} if section == "layers" else {"size": 1}}
            else:
                kept.pop(str(section), None)
        if "data" not in kept:
            kept = {name: value for name, value in kept.items() if name not in ("fit", "evaluate")}
        return kept

    def _of_pydantic(self, one: Any) -> None:
        place: Place = tuple(step for step in one["loc"] if step != "[key]")
        spelled = ".".join(str(step) for step in place)
        if one["type"] == "extra_forbidden":
            known = _known_keys(place[:-1])
            close = near(str(place[-1]), known)
            cure = f"; did you mean {close!r}?" if close else f"; there are: {', '.join(known)}"
            self._note(f"no key {str(place[-1])!r} here{cure}", place)
        elif place == ("version",) and one["type"] == "less_than_equal":
            newest = one["ctx"]["le"]
            said = f"version {one['input']} of documents is newer than this graphnet, which reads up to {newest}"
            self._note(f"{said}; install a newer graphnet", place)
        elif one["type"] == "missing":
            self._note(f"{spelled} is missing", place)
        else:
            message = one["msg"].replace("Input should", "should")
            self._note(f"{spelled} {message}, got {_short(one['input'])}", place)

    def _layer(self, net: Network, name: str, entry: Mapping[str, Any]) -> None:
        place: Place = ("layers", name)
        given = dict(entry)
        wanted = given.pop("type", None)
        try:
            if not isinstance(wanted, str):
                raise ParameterError(f"layer {name!r} needs a type, such as 'type: LIF'", parameter="type")
            net.add_layer(_made(_concrete(wanted), given, self.folder), name=name)
        except ParameterError as error:
            self.failed.add(name)
            for parameter, message in error.each:
                where = (*place, parameter) if parameter in entry else place
                self._note(f"{type(error).__name__}: {message}", where, error)
        except GraphnetError as error:
            self.failed.add(name)
            self._say((*place, "type") if isinstance(error, UnknownName) else place, error)

    def _edges(self, net: Network, document: Document) -> None:
        """Add what can be added, then look for loops once: errors of single edges come with their own line."""
        reading = [*net.readers(), *net.ports]
        for name in document.merge:
            if name not in reading and not self._told(name):
                self._say(("merge", name), UnknownName("layer", name, reading, where="merge"))
        places: dict[int, Place] = {}
        for i, text in enumerate(document.edges):
            self._try(("edges", i), lambda text=text, i=i: places.update(self._edge(net, document, text, i)))
        try:
            net.structure()
        except CycleError as error:
            along = {
                (path.pre, path.post): max(places[number] for number in path.key)
                for name in net.layers
                for path in net.paths_into(name)
            }
            pairs = zip(error.cycle, [*error.cycle[1:], error.cycle[0]], strict=True)
            self._say(max((along[pair] for pair in pairs if pair in along), default=("edges",)), error)
        if net.layers:
            self._try(("layers",), lambda: net.exact_dt)

    def _told(self, name: str) -> bool:
        """Whether this layer, or the one whose input it is, has been found wrong already."""
        return name in self.failed or name.rpartition(".")[0] in self.failed

    def _edge(self, net: Network, document: Document, text: str, i: int) -> dict[int, Place]:
        from ..edge import parse

        pre, post, *_ = parse(text)
        if self._told(pre) or self._told(post):  # the other end may be wrong as well
            known = [*document.inputs, *document.ports, *document.layers]
            for name in (pre, post):
                if name not in known and not self._told(name):
                    raise UnknownName("layer", name, known, where=f"edge {text!r}")
            return {}
        return {net.connect_unchecked(text, merge=document.merge.get(post)).number: ("edges", i)}


def _concrete(name: str) -> type[Layer]:
    """The class of layers of a name. Raises UnknownName also for one that no layer can be made of."""
    target = registry.layers.get(name)
    if inspect.isabstract(target):
        usable = sorted(one for one, cls in registry.layers if not inspect.isabstract(cls))
        raise UnknownName("layer class", name, usable, where="a document (it is abstract)")
    return target


def _made(target: type[Layer], given: dict[str, Any], folder: Path) -> Layer:
    """A layer from its entry; arrays in files are found beside the document and remembered as such."""
    if not issubclass(target, ArrayLayer):
        return _built(target, target.load_from_dict, given)
    wrong = [(name, text) for name, text in _unknown(target, given)]
    if wrong:
        raise ParameterTypeError("\n".join(text for _, text in wrong), owner=target.__name__, each=wrong)
    files = list(in_files(given))
    for name, key, spec in files:
        try:
            found = resolve(spec, folder)
            given[name] = found if key is None else {**given[name], key: found}
        except GraphnetError as error:
            of = "" if key is None else f"of {key!r} "
            message = f"{target.__name__}: {name}: {of}{error.message}"
            raise ParameterError(message, owner=target.__name__, parameter=name, hint=error.hint) from error
    made = _built(target, lambda entry: target(**entry), given)
    for name, key, spec in files:
        kept = {**spec, "file": os.path.abspath(folder / str(spec["file"]))}  # noqa: PTH100 # symlinks stay
        made.remember(name, kept if key is None else {key: kept})
    return made


def _unknown(target: type[ArrayLayer], given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    known = target.parameters()
    for name in given:
        if name not in known:
            close = near(name, known)
            cure = f"did you mean {close!r}?" if close else f"it has: {', '.join(known)}"
            yield name, f"{target.__name__} has no parameter {name!r}; {cure}"


def _built(target: type[Layer], make: Callable[[dict[str, Any]], L], given: dict[str, Any]) -> L:
    """What ``make`` gives; whatever else a class of layers raises becomes an error of this entry."""
    try:
        return make(given)
    except GraphnetError:
        raise
    except Exception as error:
        said = f"{target.__name__}: {type(error).__name__}: {error}"
        raise ParameterError(said, owner=target.__name__) from error


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _known_keys(place: Place) -> list[str]:
    from .. import sections

    parts = {
        "inputs": sections.InputSection,
        "ports": sections.InputSection,
        "fit": sections.FitSection,
        "evaluate": sections.EvaluateSection,
        "run": sections.RunSection,
    }
    model = parts.get(str(place[0]), sections.Document) if place else sections.Document
    return list(model.model_fields)
