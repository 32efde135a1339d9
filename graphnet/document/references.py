"""References of a document: ``${rho}`` stands for what ``params`` says of rho. Nothing is computed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import GraphnetError, ParameterError, UnknownName
from ..limits import current, raising
from ..showing import named

if TYPE_CHECKING:
    from ..files import Place, Source

REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
SPARE = 16
"""Levels of a document that references leave: they nest values, and lead through each other, to fewer than it has."""

Note = Callable[["Place", GraphnetError], None]


class _Found(NamedTuple):
    """What a reference stands for: the value, its nodes and characters, its levels."""

    value: Any
    size: int
    height: int


def replaced(source: Source, note: Note) -> Source:
    """The document with each reference replaced by what it stands for; what cannot be is noted and becomes None.

    A reference that is the whole value keeps its type; inside a text, numbers, words and truth values are written out
    as YAML writes them. ``$${`` is the text ``${``.
    """
    return _References(source, note).document()


class _References:
    def __init__(self, source: Source, note: Note) -> None:
        params = source.data.get("params")
        self.source = source
        self.note = note
        self.params: dict[str, Any] = params if isinstance(params, dict) else {}
        self.known: dict[str, _Found] = {}
        self.going: list[str] = []
        self.same: dict[int, Any] = {}  # what a list or mapping has become, which aliases may repeat
        self.added = 0
        self.most: int = current().references
        self.deepest: int = max(1, current().depth - SPARE)

    def document(self) -> Source:
        for name in self.params:
            self._param(name)
        data = {
            key: {name: self._param(name).value for name in self.params}
            if key == "params" and isinstance(value, dict)
            else self._of(value, (key,))
            for key, value in self.source.data.items()
        }
        return replace(self.source, data=data)

    def _param(self, name: str) -> _Found:
        if name not in self.known:
            self.going.append(name)
            value = self._of(self.params[name], ("params", name))
            self.going.pop()
            self.known[name] = _Found(value, *_measured(value, self.most))
        return self.known[name]

    def _of(self, value: Any, place: Place) -> Any:
        if value.__class__ is str:
            return self._text(value, place) if "${" in value else value
        if value.__class__ is not dict and value.__class__ is not list:
            return value
        if id(value) not in self.same:
            self.same[id(value)] = self._within(value, place)
        return self.same[id(value)]

    def _within(self, value: Any, place: Place) -> Any:
        """A list or mapping; the same object where nothing in it refers to anything."""
        items = value.items() if isinstance(value, dict) else enumerate(value)
        changed = {key: new for key, old in items if (new := self._of(old, (*place, key))) is not old}
        if not changed:
            return value
        if isinstance(value, dict):
            return {**value, **changed}
        return [changed.get(i, old) for i, old in enumerate(value)]

    def _text(self, text: str, place: Place) -> Any:
        try:
            whole = REFERENCE.fullmatch(text)
            if whole is not None and whole[1] is not None:
                return self._stands_for(whole[1], place).value
            return REFERENCE.sub(lambda one: "${" if one[1] is None else self._spelt(one[1], place), text)
        except GraphnetError as error:
            self.note(place, error)
            return None

    def _spelt(self, name: str, place: Place) -> str:
        value = self._stands_for(name, place).value
        if value is None or isinstance(value, dict | list):
            what = "nothing" if value is None else "a mapping" if isinstance(value, dict) else "a list"
            raise ParameterError(f"${{{named(name)}}} is {what}, which cannot stand inside a text")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _stands_for(self, name: str, place: Place) -> _Found:
        self._check_added(name)
        first, *steps = name.strip().split(".")
        if first not in self.params:
            raise UnknownName("parameter", first, self.params, where=f"params, as ${{{named(name)}}} wants")
        if first in self.going:
            way = " -> ".join([*self.going[self.going.index(first) :], first])
            raise ParameterError(f"${{{named(name)}}} refers to itself: {way}")
        if len(self.going) > self.deepest:
            said = f"${{{named(name)}}} leads through more than {self.deepest} references"
            raise ParameterError(said, hint=raising("depth"))
        found = self._param(first)
        for step in steps:
            inner = _inside(found.value, step, name)
            found = _Found(inner, *_measured(inner, self.most))
        self.added += found.size
        self._check_added(name)
        if found.height + len(place) > self.deepest:
            said = f"${{{named(name)}}} nests the document deeper than {self.deepest} levels"
            raise ParameterError(said, hint=raising("depth"))
        return found

    def _check_added(self, name: str) -> None:
        if self.added > self.most:
            said = f"${{{named(name)}}}: references add more than {self.most:,} values and characters"
            raise ParameterError(said, hint=raising("references"))


def _inside(value: Any, step: str, name: str) -> Any:
    if isinstance(value, dict):
        if step in value:
            return value[step]
        raise UnknownName("key", step, value, where=f"${{{named(name)}}}")
    if isinstance(value, list) and step.isdecimal() and len(step) < 10 and int(step) < len(value):
        return value[int(step)]
    raise ParameterError(f"${{{named(name)}}}: nothing {step!r} is inside {_kind(value)}")


def _kind(value: Any) -> str:
    return f"a list of {len(value)}" if isinstance(value, list) else "a single value"


def _measured(value: Any, most: int) -> tuple[int, int]:
    """Nodes and characters of a value, and its levels. What references have put into it was measured before, so this
    never walks more than the limit."""
    size, height, layer = 0, 0, [value]
    while layer:
        inner: list[Any] = []
        for one in layer:
            size += 1 + (len(one) // 8 if isinstance(one, str) else 0)
            if isinstance(one, dict | list):
                inner += one.values() if isinstance(one, dict) else one
        height += bool(inner)
        layer = inner
        if size > most:
            break
    return size, height
