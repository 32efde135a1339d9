"""A network from a document and back: everything wrong is found in one reading, each with its file and line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import registry
from .arrays import is_spec, resolve
from .errors import DocumentError, GraphnetError, NetworkErrors, ParameterError, Problem, UnknownName, near
from .layer import ArrayLayer, Layer
from .layer.parameters import MISSING
from .network import Network

if TYPE_CHECKING:
    from .files import Source
    from .sections import Document

Place = tuple[str | int, ...]


def load(path: str | Path) -> Network:
    """Read a network from a YAML or JSON file. Raises DocumentError."""
    from .files import read

    return build_source(read(path))


def build(data: Mapping[str, Any]) -> Network:
    """A network from plain data. Raises DocumentError with every problem found."""
    from .files import Lines, Source

    return build_source(Source(dict(data), "", Lines(0)))


def build_source(source: Source) -> Network:
    """A network from a document as it was read. Raises DocumentError, its problems in the order of the file."""
    return _Reader(source).network()


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.failed: set[str] = set()

    def network(self) -> Network:
        document = self._sections()
        if document is None:
            raise self._refused()
        net = Network(name=document.name, seed=document.seed, dt=document.dt)
        for name, given in document.inputs.items():
            self._try(("inputs", name), lambda name=name, given=given: net.input(name, given.size, given.type))
        for name, entry in document.layers.items():
            self._layer(net, name, entry)
        self._edges(net, document)
        for i, name in enumerate(document.outputs):
            if name not in self.failed:
                self._try(("outputs", i), lambda name=name: net.output(name))
        self._experiment(net, document)
        if self.problems:
            raise self._refused()
        net.document = {
            name: self.source.data[name] for name in _experiment_names() if self.source.data.get(name) is not None
        }
        return net

    def _refused(self) -> DocumentError:
        return DocumentError(sorted(self.problems, key=lambda one: one.line))

    def _say(self, place: Place, error: GraphnetError) -> None:
        """Note an error, as one problem for each of the errors that it gathers."""
        for one in error.errors if isinstance(error, NetworkErrors) else (error,):
            self.problems.append(self.source.problem(f"{type(one).__name__}: {one}", place, one))

    def _try(self, place: Place, action: Any) -> None:
        try:
            action()
        except GraphnetError as error:
            if len(place) > 1 and place[0] in ("inputs", "layers"):
                self.failed.add(str(place[1]))
            self._say(place, error)

    def _sections(self) -> Document | None:
        from pydantic import ValidationError

        from .sections import Document

        try:
            return Document.model_validate(self.source.data)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                self.problems.append(self._of_pydantic(one))
            return None

    def _of_pydantic(self, one: Any) -> Problem:
        place: Place = tuple(step for step in one["loc"] if step != "[key]")
        spelled = ".".join(str(step) for step in place)
        if one["type"] == "extra_forbidden":
            known = _known_keys(place[:-1])
            close = near(str(place[-1]), known)
            cure = f"; did you mean {close!r}?" if close else f"; there are: {', '.join(known)}"
            return self.source.problem(f"no key {str(place[-1])!r} here{cure}", place)
        if one["type"] == "missing":
            return self.source.problem(f"{spelled} is missing", place)
        message = one["msg"].replace("Input should", "should")
        return self.source.problem(f"{spelled} {message}, got {_short(one['input'])}", place)

    def _layer(self, net: Network, name: str, entry: Mapping[str, Any]) -> None:
        place: Place = ("layers", name)
        given = dict(entry)
        wanted = given.pop("class", None)
        if not isinstance(wanted, str):
            self.failed.add(name)
            self.problems.append(self.source.problem(f"layer {name!r} needs a class, such as 'class: LIF'", place))
            return
        try:
            target = registry.layers.get(wanted)
            folder = Path(self.source.file).parent
            made = _made(target, given, folder)
            net.add_layer(made, name=name)
        except ParameterError as error:
            self.failed.add(name)
            key = error.parameter if error.parameter in entry else ""
            self._say((*place, key) if key else place, error)
        except GraphnetError as error:
            self.failed.add(name)
            self._say((*place, "class") if isinstance(error, UnknownName) else place, error)

    def _edges(self, net: Network, document: Document) -> None:
        """Add what can be added, then look for loops once: errors of single edges come with their own line."""
        known = set(document.inputs) | set(document.layers)
        for name in document.merge:
            if name not in known:
                self._say(("merge", name), UnknownName("layer", name, document.layers, where="merge"))
        for i, text in enumerate(document.edges):
            self._try(("edges", i), lambda text=text, i=i: self._edge(net, document, text))
        if not self.problems:
            self._try(("edges",), lambda: self._loops(net))

    def _edge(self, net: Network, document: Document, text: str) -> None:
        from .edge import parse

        pre, post, *_ = parse(text)
        if self.failed.isdisjoint((pre, post)):
            net.connect_unchecked(text, merge=document.merge.get(post))

    def _loops(self, net: Network) -> None:
        net.structure()
        if net.layers:
            _ = net.exact_dt

    def _experiment(self, net: Network, document: Document) -> None:
        known = [*document.layers, *document.inputs]
        if document.fit is not None and document.fit.layer not in document.layers:
            self._say(("fit", "layer"), UnknownName("layer", document.fit.layer, document.layers, where="fit"))
        if document.evaluate is not None and document.evaluate.signal not in known:
            self._say(("evaluate", "signal"), UnknownName("signal", document.evaluate.signal, known, where="evaluate"))
        if document.data is not None:
            source = document.data.source
            self._try(("data", "source"), lambda: registry.datasets.get(source))
        for part in ("fit", "evaluate"):
            if getattr(document, part) is not None and document.data is None:
                self.problems.append(self.source.problem(f"{part} needs trials: the section data is missing", (part,)))


def _made(target: type[Layer], given: dict[str, Any], folder: Path) -> Layer:
    """A layer from its entry; arrays in files are found beside the document and remembered as such."""
    if not issubclass(target, ArrayLayer):
        return target.load_from_dict(given)
    files = {name: value for name, value in given.items() if is_spec(value) and "file" in value}
    for name, spec in files.items():
        try:
            given[name] = resolve(spec, folder)
        except GraphnetError as error:
            message = f"{target.__name__}: {name}: {error.message}"
            raise ParameterError(message, owner=target.__name__, parameter=name, hint=error.hint) from error
    made = target(**given)
    for name, spec in files.items():
        made.remember(name, {**spec, "file": os.path.abspath(folder / str(spec["file"]))})  # noqa: PTH100 # symlinks stay
    return made


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _known_keys(place: Place) -> list[str]:
    from . import sections

    parts = {
        "inputs": sections.InputSection,
        "fit": sections.FitSection,
        "evaluate": sections.EvaluateSection,
        "run": sections.RunSection,
    }
    model = parts.get(str(place[0]), sections.Document) if place else sections.Document
    return list(model.model_fields)


def _experiment_names() -> tuple[str, ...]:
    from .sections import EXPERIMENT

    return EXPERIMENT


# ---------------------------------------------------------------------- writing


def written(net: Network) -> dict[str, Any]:
    """A network as plain data: what differs from the defaults, arrays by the initialiser or file they came from."""
    data: dict[str, Any] = {"graphnet": 1, "name": net.name, "seed": net.seed}
    if net.forced_dt is not None:
        data["dt"] = net.forced_dt
    data["inputs"] = {name: {"size": one.size, "type": one.type.__name__} for name, one in net.inputs.items()}
    data["layers"] = {name: _entry(layer) for name, layer in net.layers.items()}
    data["edges"] = [str(one) for one in net.edges]
    data["merge"] = dict(net.merges)
    data["outputs"] = list(net.outputs)
    data.update(net.document)
    return {name: value for name, value in data.items() if value not in ({}, [])}


def _entry(layer: Layer) -> dict[str, Any]:
    content = layer.to_dict()
    content.pop("name", None)
    content.pop("class_name", None)
    if isinstance(layer, ArrayLayer):
        known = layer.parameters()
        content = {
            name: value
            for name, value in content.items()
            if known[name].default is MISSING or value != known[name].written(known[name].default)
        }
    return {"class": registry.layers.name_of(type(layer)), **content}


def save(net: Network, path: str | Path) -> None:
    """Write a network to a YAML or JSON file; arrays in files are named relative to it."""
    from .files import write

    data = written(net)
    folder = Path(path).resolve().parent
    for entry in data.get("layers", {}).values():
        for name, value in entry.items():
            if is_spec(value) and "file" in value:
                entry[name] = {**value, "file": os.path.relpath(value["file"], folder)}
    write(data, path)
