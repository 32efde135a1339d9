"""What stands in a network, from a document: its inputs, its layers and the documents that it uses."""

from __future__ import annotations

import heapq
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import GraphnetError, ParameterError
from ..layer import ArrayLayer, Layer
from ..limits import count, count_units
from ..nesting import add_network
from ..network import Network
from ..showing import shown
from .connections import Join
from .making import concrete, made
from .sizing import Incoming, Need, completed, needs, rounded_off, size_out
from .telling import Telling

if TYPE_CHECKING:
    from ..files import Place
    from ..sections import Document

FOLLOWS = "hint: a size may follow from an edge that leads to the layer, and none does"
Nested = Callable[[str, Mapping[str, Any]], Network | None]


class Ends:
    """Builds them, those first whose sizes are stated, and adds them in the order of the document.

    ``failed`` names what could not be had. ``inferred`` says of a layer whose size followed from what.
    """

    def __init__(self, document: Document, joins: Sequence[Join], told: Telling, folder: Path | None) -> None:
        self.document = document
        self.told = told
        self.folder = folder
        self.failed: set[str] = set()
        self.inferred: dict[str, str] = {}
        self._incoming = Incoming(joins, document.merge)
        self._sizes: dict[str, int] = {}  # of what an edge may lead from
        self._likely: dict[str, int] = {}  # of layers in a loop, before they are built
        self._lonely: set[str] = set()  # nothing leads to them, from which what they leave out could follow
        self._made: dict[str, Layer | Network] = {}
        self._waiting: dict[str, tuple[type[Layer], dict[str, Any], list[Need]]] = {}

    def add(self, net: Network, nested: Nested) -> None:
        """Everything that can be had; what is wrong is told."""
        for section, given, declare in (
            ("inputs", self.document.inputs, net.input),
            ("ports", self.document.ports, net.port),
        ):
            for name, one in given.items():
                if name in self.failed:
                    continue
                counting = partial(count_units, one.size, f"size {shown(one.size)}")
                declaring = partial(declare, name, one.size, one.type)
                affordable = self.told.attempt((section, name, "size"), counting)
                if not (affordable and self.told.attempt((section, name), declaring, key=True)):
                    self.failed.add(name)
                self._sizes[name] = one.size
        for name, entry in self.document.layers.items():
            if name not in self.failed:
                self._enter(name, entry, nested)
        self._infer()
        for name in self.document.layers:
            one = self._made.get(name)
            if one is not None and not self.told.attempt(("layers", name), partial(_add, net, one, name), key=True):
                self.failed.add(name)

    def _enter(self, name: str, entry: Mapping[str, Any], nested: Nested) -> None:
        """Build what says all that it needs; let the others wait."""
        if "use" in entry:
            inner = nested(name, entry)
            if inner is None:
                self.failed.add(name)
                return
            self._made[name] = inner
            self._sizes |= {f"{name}.{one}": inner.sends(one).size for one in inner.names}
            return
        given = dict(entry)
        wanted = given.pop("type", None)
        try:
            if not isinstance(wanted, str):
                raise ParameterError(f"layer {name!r} needs a type, such as 'type: LIF'", parameter="type")
            target = concrete(wanted)
        except GraphnetError as error:
            self._fail(name, error, ("layers", name, "type") if "type" in entry else ("layers", name))
            return
        every = needs(target, given)
        missing = [one for one in every if _end(name, one) in self._incoming.into]
        if every and not missing:
            self._lonely.add(name)
        if missing:
            self._waiting[name] = target, given, missing
            size = size_out(target, given)
            if size is not None:
                self._likely[name] = size
        else:
            self._build(name, target, given)

    def _build(self, name: str, target: type[Layer], given: dict[str, Any]) -> None:
        try:
            layer = self._made[name] = made(target, rounded_off(target, given), self.folder)
            self._sizes[name] = layer.size_out
        except ParameterError as error:
            self.failed.add(name)
            entry = self.document.layers[name]
            for parameter, message in error.each:
                place: Place = ("layers", name, parameter) if parameter in entry else ("layers", name)
                lonely = name in self._lonely and parameter in ("", "weights")
                unknown = issubclass(target, ArrayLayer) and parameter not in target.parameters()
                self.told.note(f"{message}\n  {FOLLOWS}" if lonely else message, place, error, key=unknown)
        except GraphnetError as error:
            self._fail(name, error, ("layers", name))

    def _fail(self, name: str, error: GraphnetError, place: Place) -> None:
        self.failed.add(name)
        self.told.say(place, error)

    # ------------------------------------------------------------------ sizes that follow

    def _infer(self) -> None:
        """Build the layers that wait, each as soon as what leads to it is built; in a loop, of those to which something
        of known size leads, the first of the document."""
        order = {name: i for i, name in enumerate(self._waiting)}
        names = list(order)
        lacking = {
            name: {one for one in self._sources(name) if one in self._waiting and one not in self._sizes}
            for name in names
        }
        readers: dict[str, list[str]] = {}
        for name, sources in lacking.items():
            for one in sources:
                readers.setdefault(one, []).append(name)
        ready = [order[name] for name in names if not lacking[name]]
        partly = [order[name] for name in names if lacking[name] and self._known(name)]
        while ready or partly:
            name = names[heapq.heappop(ready or partly)]
            if name not in self._waiting:
                continue
            self._complete(name, *self._waiting.pop(name))
            for reader in readers.get(name, ()):
                lacking[reader].discard(name)
                if reader in self._waiting:
                    heapq.heappush(partly if lacking[reader] else ready, order[reader])
        for name in self._waiting:
            sources = ", ".join(repr(one) for one in sorted(lacking[name], key=names.index))
            said = f"the size of {name!r} does not follow: that of {sources}, which leads to it, does not either"
            self._fail(name, ParameterError(said, hint="state one of them"), ("layers", name))

    def _sources(self, name: str) -> Iterator[str]:
        for need in self._waiting[name][2]:
            yield from self._incoming.awaited(_end(name, need))

    def _known(self, name: str) -> bool:
        return any(one in self._sizes or one in self._likely for one in self._sources(name))

    def _complete(self, name: str, target: type[Layer], given: dict[str, Any], missing: list[Need]) -> None:
        sizes: dict[Need, int] = {}
        joins = target.joins if issubclass(target, ArrayLayer) else None
        known = ChainMap(self._sizes, self._likely)
        for need in missing:
            end = _end(name, need)
            if any(self.unsound(one) for one in self._incoming.awaited(end)):
                self.failed.add(name)  # what leads to it is wrong: nothing can be said of it
                return
            try:
                sizes[need], self.inferred[end] = self._incoming.size(end, known, joins)
            except GraphnetError as error:
                place = ("layers", name, need.parameter) if need.parameter in given else ("layers", name)
                self._fail(name, error, place)
                return
        self._build(name, target, completed(given, sizes))

    # ------------------------------------------------------------------ asking

    def unsound(self, name: str) -> bool:
        """Whether this layer, or the one whose input it is, has been found wrong already."""
        while name not in self.failed:
            name = name.rpartition(".")[0]
            if not name:
                return False
        return True

    def origin(self, name: str) -> str:
        """Where the size of an end comes from, in words; "" where nothing tells."""
        document = self.document
        if name in self.inferred:
            return f"{name}: as {self.inferred[name]} says"
        for section, given in (("inputs", document.inputs), ("ports", document.ports)):
            if name in given:
                return self._at((section, name, "size"))
        owner = name if name in document.layers else name.rpartition(".")[0]
        entry = document.layers.get(owner, {})
        stated = next((one for one in ("weights", "size", "size_in", "size_out") if one in entry), "")
        return self._at(("layers", owner, stated)) if stated else ""

    def _at(self, place: Place) -> str:
        line = self.told.source.place(place)[1]
        spelled = ".".join(str(step) for step in place)
        return f"{spelled}, line {line}" if line else spelled


def _add(net: Network, one: Layer | Network, name: str) -> None:
    """Add a layer or a network; the states of layers are held to what all arrays together may have."""
    try:
        if isinstance(one, Network):
            add_network(net, one, name=name)
            return
        net.add_layer(one, name=name)
    except MemoryError as error:
        said = f"there is not enough memory for the state of {name!r}"
        raise ParameterError(said, hint="give a smaller size or a shorter delay") from error
    if isinstance(one, ArrayLayer):
        count(sum(array.size for array in net.states[name].values()), f"the state of {name!r}")


def _end(name: str, need: Need) -> str:
    return f"{name}.{need.port}" if need.port else name


__all__ = ["Ends"]
