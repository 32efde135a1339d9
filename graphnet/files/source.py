"""A document as it was read: plain data, and where each node stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..errors import GraphnetError, Problem

Place = tuple[str | int, ...]
"""Where a node stands in a document: the keys and list indices that lead to it; () is the whole document."""

MAX_DEPTH = 64
"""Mappings and lists inside each other, at most: deep enough for any network, far from Python's recursion limit."""


class Branch(NamedTuple):
    """The line of a mapping or list, and the lines of what it holds, under the same keys or indices."""

    line: int
    children: dict[str, Any] | list[Any]


Mark = int | Branch


def child(mark: Mark | None, step: str | int) -> Mark | None:
    """The mark one step further down, or None where nothing is known."""
    if not isinstance(mark, Branch):
        return None
    if isinstance(mark.children, dict):
        return mark.children.get(step) if isinstance(step, str) else None
    return mark.children[step] if isinstance(step, int) and 0 <= step < len(mark.children) else None


def line_of(mark: Mark) -> int:
    """The line that a mark stands for."""
    return mark.line if isinstance(mark, Branch) else mark


class Lines(Mapping[Place, int]):
    """Lines, counted from 1, of all nodes of a document, by their place.

    A value in a mapping has the line of its key. An alias has its own line, what is inside it the lines of the text
    that it repeats. The lines are kept as a tree beside the data: a flat dict would hold one tuple for each node.
    """

    __slots__ = ("root",)

    def __init__(self, root: Mark) -> None:
        self.root: Mark = root

    def __getitem__(self, place: Place) -> int:
        mark: Mark | None = self.root
        for step in place:
            mark = child(mark, step)
        if mark is None:
            raise KeyError(place)
        return line_of(mark)

    def __iter__(self) -> Iterator[Place]:
        stack: list[tuple[Place, Mark]] = [((), self.root)]
        while stack:
            place, mark = stack.pop()
            yield place
            if isinstance(mark, Branch):
                inner = mark.children.items() if isinstance(mark.children, dict) else enumerate(mark.children)
                stack.extend([((*place, step), below) for step, below in inner][::-1])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def deepest(self, place: Place) -> int:
        """The line of the longest known beginning of ``place``."""
        mark = self.root
        for step in place:
            below = child(mark, step)
            if below is None:
                break
            mark = below
        return line_of(mark)


@dataclass(frozen=True, eq=False)
class Source:
    """A document as it was read.

    ``data``: dicts, lists, str, int, float, bool and None; to be read, not changed (what an alias repeats is one
    object). ``file``: its path as the user gave it, or "". ``lines``: the line of each node by its place.
    ``settings``: the places that ``--set`` changed, with the text that did. These have line 0, and ``place`` names
    the setting instead of the file, so that a problem there reads ``--set layers.res.tau: ...`` where others read
    ``net.yaml:12: ...``.
    """

    data: dict[str, Any]
    file: str
    lines: Lines
    settings: Mapping[Place, str] = field(default_factory=dict)

    def line(self, place: Place) -> int:
        """The line of a node, or of the closest node around it that is known; 0 for what ``--set`` wrote."""
        return 0 if self._setting(place) is not None else self.lines.deepest(place)

    def place(self, place: Place) -> tuple[str, int]:
        """File and line to name for a node: ("net.yaml", 12), or ("--set layers.res.tau", 0) where that wrote it."""
        setting = self._setting(place)
        return (self.file, self.lines.deepest(place)) if setting is None else (setting, 0)

    def problem(self, message: str, place: Place = (), error: GraphnetError | None = None) -> Problem:
        """A problem that stands at a node of this document."""
        file, line = self.place(place)
        return Problem(message, line=line, file=file, error=error)

    def _setting(self, place: Place) -> str | None:
        for length in range(len(place) if self.settings else -1, -1, -1):
            if place[:length] in self.settings:
                return self.settings[place[:length]]
        return None


def spell(place: Place) -> str:
    """A place as a user would write it after ``--set``: keys and indices joined by dots.

    >>> spell(("layers", "res", "bands", 0))
    'layers.res.bands.0'
    """
    return ".".join(str(step) for step in place)


def kind(value: object) -> str:
    """What a node is, in words for an error message.

    >>> kind({}), kind(1.5), kind(None)
    ('a mapping', 'a number', 'empty')
    """
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    names: list[tuple[type | tuple[type, ...], str]] = [
        (dict, "a mapping"),
        (list, "a list"),
        (str, "text"),
        ((int, float), "a number"),
    ]
    return next((name for types, name in names if isinstance(value, types)), type(value).__name__)
