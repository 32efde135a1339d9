"""JSON text to plain data with lines: the standard library says what it means, a scan of the tokens where it stands."""

from __future__ import annotations

import json
import re
from typing import Any

from ..errors import Problem
from ..limits import current, raising
from ..showing import shown
from .core_schema import finite
from .source import COLUMNS, Branch, Mark, keyed, line_of, position

TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],]|\n|[^\s{}\[\],:"]+', re.DOTALL)
SURROGATE = re.compile("[\ud800-\udfff]")
HALF_CHARACTER = "half of a surrogate pair is no character"
CURES = (
    ("Expecting property name", "keys stand in double quotes; no comma after the last entry, no comments"),
    ("Expecting value", "a value is missing; no comma after the last item, no comments, true/false/null in lower case"),
    ("Expecting ',' delimiter", "a comma or a closing bracket is missing"),
    ("Invalid control character", "inside text, a line break or tab is written \\n or \\t"),
    ("Unterminated string", "a quote is not closed"),
    ("Invalid \\escape", "a backslash is written \\\\"),
    ("Extra data", "one value a file"),
)


def read_json(text: str, file: str) -> tuple[Any, Mark, list[Problem]]:
    """Data, lines and problems of a JSON text. Where it could not be read to its end, data are None."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        cure = next((f" ({cure})" for sign, cure in CURES if error.msg.startswith(sign)), "")
        return (
            None,
            1,
            [
                Problem(
                    f"JSON syntax: {error.msg[0].lower()}{error.msg[1:]}{cure}", error.lineno, file, None, error.colno
                )
            ],
        )
    except RecursionError:
        return None, 1, [Problem(_deep(), line=_too_deep(text), file=file)]
    except ValueError:  # Python's limit on the digits of an integer is the only other refusal
        line = next((line for line, token in _tokens(text) if len(token) > 4000 and token.lstrip("-").isdigit()), 1)
        return None, 1, [Problem("an integer is too long to read", line=line, file=file)]
    scan = _Scan(file)
    scan.run(text)
    return (data if scan.finished else None), scan.mark, scan.problems


def _tokens(text: str) -> list[tuple[int, str]]:
    """Every token with its position; only for the errors that need one."""
    found, line = [], 1
    for match in TOKEN.finditer(text):
        found.append((line, match.group()))
        line += match.group() == "\n"
    return found


def _deep() -> str:
    return f"nested deeper than {current().depth} levels; {raising('depth')}"


def _too_deep(text: str) -> int:
    depth, deepest = 0, current().depth
    for line, token in _tokens(text):
        depth += (token in "{[") - (token in "}]")
        if depth > deepest:
            return line
    return 1


class _Scan:
    """Walks the tokens of a text that is known to be sound JSON: lines, equal keys, and numbers no JSON has."""

    def __init__(self, file: str) -> None:
        self.problems: list[Problem] = []
        self.finished: bool = False
        self.mark: Mark = position(1, 1)
        self._file = file
        self._deepest: int = current().depth
        # around the innermost: children, the key that it belongs to and its position, the position of itself
        self._open: list[tuple[Any, str | None, int, int]] = []
        self._children: Any = []  # of the innermost; a list around the whole at first
        self._key: str | None = None
        self._key_at = 0

    def run(self, text: str) -> None:
        line, start = 1, -1  # where the line begins, less 1
        for match in TOKEN.finditer(text):
            token = match.group()
            first = token[0]
            if first == "\n":
                line, start = line + 1, match.start()
            elif first in "{[":
                if not self._enter({} if first == "{" else [], position(line, match.start() - start)):
                    return
            elif first in "}]":
                self._leave()
            elif first != ",":
                self._leaf(token, first, position(line, match.start() - start))
        self.mark = self._children[0]
        self.finished = True

    def _leaf(self, token: str, first: str, at: int) -> None:
        if first == '"':
            if "\\" in token and SURROGATE.search(json.loads(token)):
                self._note(at, HALF_CHARACTER)
            if type(self._children) is dict and self._key is None:
                self._take_key(json.loads(token) if "\\" in token else token[1:-1], at)
                return
        else:
            self._number(token, at)
        self._put(at)

    def _take_key(self, key: str, at: int) -> None:
        if key in self._children:
            first = line_of(self._children[key])
            self._note(at, f"the key {shown(key)} stands twice, on lines {first} and {at // COLUMNS}; keep one of them")
        self._key, self._key_at = key, at

    def _put(self, mark: Mark) -> None:
        if type(self._children) is list:
            self._children.append(mark)
        else:
            key, self._key = self._key, None
            self._children[key] = keyed(self._key_at, mark)

    def _enter(self, children: Any, at: int) -> bool:
        if len(self._open) == self._deepest:
            self._note(at, _deep())
            return False
        self._open.append((self._children, self._key, self._key_at, at))
        self._children, self._key = children, None
        return True

    def _leave(self) -> None:
        children = self._children
        self._children, self._key, self._key_at, at = self._open.pop()
        self._put(Branch(at, children))

    def _number(self, token: str, at: int) -> None:
        if token in ("NaN", "Infinity", "-Infinity"):
            self._note(at, f"{token} is not JSON; write it in YAML, as .nan or .inf")
        elif token[-1].isdigit() and ("e" in token or "E" in token or "." in token):
            try:
                finite(token)
            except ValueError as error:
                self._note(at, str(error))

    def _note(self, at: int, message: str) -> None:
        line, column = divmod(at, COLUMNS)
        self.problems.append(Problem(message, line=line, file=self._file, column=column))
