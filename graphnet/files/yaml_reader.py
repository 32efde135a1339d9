"""YAML text to plain data with lines, in one pass over the parser's events.

Nothing is composed before it is counted: aliases share the object they stand for, while depth and size are counted
as if each were written out, so that a small text cannot unfold into a document that no later step could finish. No
object but the plain ones is ever built, and no step recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..errors import Problem
from ..limits import Limits, current, raising
from ..showing import named, shown
from .core_schema import MAPPING_TAGS, SCALAR_TAGS, SEQUENCE_TAGS, Scalar, resolve, short
from .source import COLUMNS, KEYED, Branch, Mark, keyed, kind, line_of, position
from .yaml_syntax import explain

ALIAS_GRACE = 10_000

FIRST = position(1, 1)
_NO_KEY: Any = object()  # a mapping waits for its next key
_SKIP: Any = object()  # the key was refused: read its value, then drop it


class _Refused(Exception):
    """Reading stops here; the problem is already noted."""


class _Anchor(NamedTuple):
    """What an alias stands for. ``size``: its nodes, aliases written out; ``height``: its levels, 0 for a scalar."""

    value: Any
    mark: Mark
    size: int
    height: int


class _Frame:
    """A mapping or list that is still open."""

    __slots__ = ("anchor", "before", "data", "height", "key", "key_at", "lines", "start")

    def __init__(self, data: Any, lines: Any, start: int, anchor: str | None, before: int) -> None:
        self.data = data
        self.lines = lines
        self.start = start
        self.anchor = anchor
        self.before = before  # nodes counted before this one
        self.height = 0
        self.key: Any = _NO_KEY
        self.key_at = start

    def wants_key(self) -> bool:
        return self.key is _NO_KEY and type(self.data) is dict


class Reader:
    """Builds the data of one YAML document from events, and notes every problem on the way."""

    def __init__(self, file: str) -> None:
        self.problems: list[Problem] = []
        self.documents: int = 0
        self.finished: bool = False
        self._file = file
        self._limits: Limits = current()
        self._stack = [_Frame([], [], FIRST, None, 0)]  # a list around the document, so that its top is no special case
        self._anchors: dict[str, _Anchor | None] = {}  # None: still open
        self._nodes = 0  # nodes with aliases written out
        self._aliased = 0  # those of them that only aliases add
        self._alias_at = 0

    @property
    def data(self) -> Any:
        """The top of the document, or None where there is none."""
        top = self._stack[0].data
        return top[0] if top else None

    @property
    def mark(self) -> Mark:
        """The positions of the document."""
        marks = self._stack[0].lines
        return marks[0] if marks else FIRST

    def read(self, text: str) -> None:
        """Read the whole text; what is wrong with it is then in ``problems``."""
        import yaml

        handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._open_mapping,
            yaml.SequenceStartEvent: self._open_list,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.DocumentStartEvent: self._document,
        }
        try:
            for event in _events(text):
                handler = handlers.get(type(event))
                if handler is not None:
                    handler(event)
            known = len(self.problems)
            self._check_aliases()
            self.finished = len(self.problems) == known  # what aliases blow up is not gone through any further
        except yaml.YAMLError as error:
            self._note(*explain(error, text))
        except _Refused:
            return

    def _note(self, at: int, message: str) -> None:
        line, column = divmod(at, COLUMNS)
        self.problems.append(Problem(message, line=line, file=self._file, column=column))

    def _refuse(self, at: int, message: str) -> _Refused:
        self._note(at, message)
        return _Refused()

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise self._refuse(
                _at(event), "a second document begins here; a file holds one (put the others in files of their own)"
            )

    # -- scalars ------------------------------------------------------------------------------------------------------

    def _scalar(self, event: Any) -> None:
        self._count(event, 1)
        frame = self._stack[-1]
        value = self._value(event)
        at = _at(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(value, at, 1, 0)
        if frame.wants_key():
            merge = event.value == "<<" and event.tag is None and event.implicit[0]
            self._key(frame, value, at, merge)
        else:
            self._place(frame, value, at)

    def _value(self, event: Any) -> Scalar:
        tag = event.tag
        try:
            if tag is None:
                return resolve(event.value) if event.implicit[0] else event.value
            if tag in SCALAR_TAGS:
                return SCALAR_TAGS[tag](event.value)
        except ValueError as error:
            self._note(_at(event), str(error))
            return None
        self._bad_tag(event, "a scalar")
        return None

    def _bad_tag(self, event: Any, what: str) -> None:
        known = "!!str, !!int, !!float, !!bool, !!null, !!map and !!seq"
        message = (
            f"the tag {named(short(event.tag))} means nothing here on {what}; known are {known}, each on its own kind"
        )
        self._note(_at(event), message)

    def _key(self, frame: _Frame, value: Any, at: int, merge: bool = False) -> None:
        """Take a key; a refused one leaves a place whose value is dropped."""
        frame.key_at = at
        frame.key = _SKIP
        if merge:
            self._note(
                at, 'merge keys (<<) are not part of YAML 1.2; write the entries out, or "<<" in quotes for the text'
            )
        elif not isinstance(value, str):
            what = "" if isinstance(value, (dict, list)) or value is None else f" {shown(value)}"
            self._note(at, f"the key{what} is {kind(value)}; keys are text, so put it in quotes")
        elif value in frame.data:
            first = line_of(frame.lines[value])
            self._note(
                at, f"the key {shown(value)} stands twice, on lines {first} and {at // COLUMNS}; keep one of them"
            )
        else:
            frame.key = value

    def _place(self, frame: _Frame, value: Any, mark: Mark) -> None:
        """Put a finished node where it belongs."""
        if type(frame.data) is list:
            frame.data.append(value)
            frame.lines.append(mark)
            return
        key, frame.key = frame.key, _NO_KEY
        if key is not _SKIP:
            frame.data[key] = value
            # as keyed does, once for every node
            frame.lines[key] = frame.key_at * KEYED + mark if type(mark) is int else keyed(frame.key_at, mark)

    # -- mappings and lists -------------------------------------------------------------------------------------------

    def _open_mapping(self, event: Any) -> None:
        if event.tag not in MAPPING_TAGS:
            self._bad_tag(event, "a mapping")
        self._open(event, {}, {})

    def _open_list(self, event: Any) -> None:
        if event.tag not in SEQUENCE_TAGS:
            self._bad_tag(event, "a list")
        self._open(event, [], [])

    def _open(self, event: Any, data: Any, lines: Any) -> None:
        before = self._nodes
        self._count(event, 1)
        at = _at(event)
        if len(self._stack) > self._limits.depth:
            raise self._refuse(at, f"nested deeper than {self._limits.depth} levels; {raising('depth')}")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append(_Frame(data, lines, at, event.anchor, before))

    def _close(self, _event: Any) -> None:
        done = self._stack.pop()
        mark = Branch(done.start, done.lines)
        height = done.height + 1
        if done.anchor is not None:
            self._anchors[done.anchor] = _Anchor(done.data, mark, self._nodes - done.before, height)
        self._attach(done.data, mark, done.start, height)

    def _attach(self, value: Any, mark: Mark, at: int, height: int) -> None:
        frame = self._stack[-1]
        frame.height = max(frame.height, height)
        if frame.wants_key():
            self._key(frame, value, at)
        else:
            self._place(frame, value, mark)

    # -- aliases and limits -------------------------------------------------------------------------------------------

    def _alias(self, event: Any) -> None:
        name = event.anchor
        at = self._alias_at = _at(event)
        target = self._anchors.get(name)
        if target is None:
            where = "stands inside what it repeats" if name in self._anchors else "repeats nothing: no anchor"
            hint = "" if name in self._anchors else f" &{named(name)} stands before it"
            self._note(at, f"the alias *{named(name)} {where}{hint}")
            target = _Anchor("", at, 1, 0)
        self._aliased += target.size
        self._count(event, target.size)
        deepest = self._limits.depth
        if len(self._stack) - 1 + target.height > deepest:
            said = f"the alias *{named(name)} nests the document deeper than {deepest} levels"
            raise self._refuse(at, f"{said}; {raising('depth')}")
        mark = Branch(at, target.mark.children) if isinstance(target.mark, Branch) else at
        self._attach(target.value, mark, at, target.height)

    def _count(self, event: Any, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self._limits.nodes:
            said = f"more than {self._limits.nodes:,} nodes (aliases written out)"
            raise self._refuse(_at(event), f"{said}; {raising('nodes')}")

    def _check_aliases(self) -> None:
        written = self._nodes - self._aliased
        factor = self._limits.aliases
        if self._aliased > factor * written + ALIAS_GRACE:
            message = (
                f"aliases repeat {self._aliased:,} nodes in a document of {written:,}; "
                f"at most {factor} times what is written, plus {ALIAS_GRACE:,}, is accepted; {raising('aliases')}"
            )
            self._note(self._alias_at, message)


def _at(event: Any) -> int:
    """The position of an event."""
    mark = event.start_mark
    return (mark.line + 1) * COLUMNS + min(mark.column + 1, COLUMNS - 1)  # as position does, once for every node


def _events(text: str) -> Iterator[Any]:
    import yaml

    loader: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    return yaml.parse(text.encode(), Loader=loader)
