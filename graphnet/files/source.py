"""A document as it was read: plain data, and where each node stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..errors import GraphnetError, Problem
from ..showing import printable

Place = tuple[str | int, ...]
"""Where a node stands in a document: the keys and list indices that lead to it; () is the whole document."""

COLUMNS = 1 << 24
"""A position is one number, line * COLUMNS + column, both counted from 1: large documents have one for each node."""

SHOWN = 100
"""Characters of a line that an error shows."""


KEYED = 1 << 52
"""The mark of a value in a mapping has the position of its key as well, times this: one number for each node."""


def position(line: int, column: int) -> int:
    """Line and column as one number, which sorts as text runs."""
    return line * COLUMNS + min(column, COLUMNS - 1)


def keyed(key_at: int, mark: Mark) -> Mark:
    """The mark of a value, with the position of its key. A block that begins below its key is shown at the key."""
    if isinstance(mark, Branch):
        at = mark.at % KEYED
        return Branch(key_at * KEYED + (at if at // COLUMNS == key_at // COLUMNS else key_at), mark.children)
    return key_at * KEYED + mark % KEYED


class Branch(NamedTuple):
    """The position of a mapping or list, and the positions of what it holds, under the same keys or indices."""

    at: int
    children: dict[str, Any] | list[Any]


Mark = int | Branch


def child(mark: Mark | None, step: str | int) -> Mark | None:
    """The mark one step further down, or None where nothing is known."""
    if not isinstance(mark, Branch):
        return None
    if isinstance(mark.children, dict):
        return mark.children.get(step) if isinstance(step, str) else None
    return mark.children[step] if isinstance(step, int) and 0 <= step < len(mark.children) else None


def position_of(mark: Mark, key: bool = False) -> int:
    """The position of a value, or of its key; what has no key stands for itself."""
    at = mark.at if isinstance(mark, Branch) else mark
    return (at // KEYED if key else 0) or at % KEYED


def line_of(mark: Mark) -> int:
    """The line of a key, or of what has none."""
    return position_of(mark, key=True) // COLUMNS


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

    def deepest(self, place: Place, key: bool = False) -> int:
        """The position of the longest known beginning of ``place``: of its value, or of its key."""
        mark = self.root
        for step in place:
            below = child(mark, step)
            if below is None:
                break
            mark = below
        return position_of(mark, key)


class Text:
    """What was read, of which errors show a line. The beginnings of lines are found when the first is shown."""

    __slots__ = ("_breaks", "_starts", "_text")

    def __init__(self, text: str, breaks: re.Pattern[str]) -> None:
        self._text = text
        self._breaks = breaks
        self._starts: list[int] | None = None

    def excerpt(self, line: int, column: int) -> str:
        """A line with a caret below one of its columns, as compilers print it; "" where there is no such place.

        >>> print(Text("a: 1\\nb: {c: -1}", JSON_BREAKS).excerpt(2, 5))
          2 | b: {c: -1}
            |     ^
        """
        if self._starts is None:
            self._starts = [0, *(one.end() for one in self._breaks.finditer(self._text))]
        if not (1 <= line <= len(self._starts) and column >= 1):
            return ""
        begin = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self._text)
        first = max(0, column - SHOWN // 2) if column > SHOWN - 10 else 0
        cut = self._text[begin + first : min(begin + first + SHOWN, end)].rstrip()
        caret = column - 1 - first
        if not cut or caret > len(cut):
            return ""
        shown = "".join(one if one.isprintable() else " " for one in cut)
        return f"  {line} | {shown}\n  {' ' * len(str(line))} | {' ' * caret}^"


JSON_BREAKS = re.compile("\n")
YAML_BREAKS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, eq=False)
class Source:
    """A document as it was read.

    ``data``: dicts, lists, str, int, float, bool and None; to be read, not changed (what an alias repeats is one
    object). ``file``: its path as the user gave it, or "". ``lines``: where each node stands, by its place.
    ``settings``: the places that ``--set`` changed, with the text that did. These have line 0, and ``place`` names
    the setting instead of the file, so that a problem there reads ``--set layers.res.tau: ...`` where others read
    ``net.yaml:12:5: layers.res.tau: ...``. ``text``: what was read, or None.
    ``flaws``: what was found wrong while it was read to its end, of which the data hold nothing; a network of it is
    refused with these and all its other problems.
    """

    data: dict[str, Any]
    file: str
    lines: Lines
    settings: Mapping[Place, str] = field(default_factory=dict)
    text: Text | None = None
    flaws: Sequence[Problem] = ()

    def line(self, place: Place) -> int:
        """The line of a node, or of the closest node around it that is known; 0 for what ``--set`` wrote."""
        return 0 if self._setting(place) is not None else self.lines.deepest(place, key=True) // COLUMNS

    def place(self, place: Place) -> tuple[str, int]:
        """File and line to name for a node: ("net.yaml", 12), or ("--set layers.res.tau", 0) where that wrote it."""
        setting = self._setting(place)
        return (self.file, self.line(place)) if setting is None else (setting, 0)

    def problem(
        self, message: str, place: Place = (), error: GraphnetError | None = None, *, key: bool = False
    ) -> Problem:
        """A problem that stands at a node of this document: at its value, or at its key where that is what is wrong."""
        setting = self._setting(place)
        if setting is not None:
            return Problem(message, file=setting, error=error)
        path = printable(spell(place))
        line, column = divmod(self.lines.deepest(place, key), COLUMNS)
        if not self.file or not line:  # data from Python have no lines
            return Problem(message, file=self.file, error=error, path=path)
        shown = "" if self.text is None else self.text.excerpt(line, column)
        return Problem(message, line, self.file, error, column, path, shown)

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
