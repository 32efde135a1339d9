"""What a YAML parser complains of, in words that say what to change."""

from __future__ import annotations

from typing import Any

from ..limits import current
from .source import position

CURES = (
    (
        "mapping values are not allowed",
        "text that contains ': ' needs quotes, and keys of one mapping start in one column",
    ),
    ("cannot start any token", "indent with spaces, not tabs, and put text that begins with % @ or ` in quotes"),
    ("expected ',' or ']'", "a list in [ ] is not closed, or misses a comma"),
    ("expected ',' or '}'", "a mapping in { } is not closed, or misses a comma"),
    ("unexpected end of stream", "a quote is not closed"),
    ("expected '-' indicator", "the items of one list start in one column"),
    ("expected <block end>", "the lines of one block start in one column"),
    ("expected key", "the keys of one mapping start in one column, each followed by ': '"),
    ("expected ':'", "a key is followed by ': '"),
    ("expected <document start>", "nothing may follow the end of a document; a file holds one"),
    ("tag handle", "tags of one's own are not accepted"),
    ("unknown escape character", r"in double quotes a backslash is written \\; single quotes take it as it is"),
)


def explain(error: Exception, text: str) -> tuple[int, str]:
    """Position and message of an error that PyYAML raised while reading ``text``."""
    import yaml
    from yaml.reader import ReaderError

    if isinstance(error, yaml.MarkedYAMLError):
        return _marked(error)
    if isinstance(error, ReaderError):
        return _unreadable(error, text)
    return position(1, 1), f"YAML syntax: {error}"


def _marked(error: Any) -> tuple[int, str]:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else 1
    at = position(line, mark.column + 1 if mark is not None else 1)
    problem = error.problem or "cannot be read"
    if "maximum nesting depth" in problem:  # a limit that some versions of the parser have, far above ours
        return at, f"nested deeper than {current().depth} levels"
    words = f"YAML syntax: {problem}"
    if error.context:
        words += f", {error.context}"
        start = error.context_mark
        if start is not None and start.line + 1 != line:
            words += f" that begins on line {start.line + 1}"
    cure = next((cure for sign, cure in CURES if sign in problem), None)
    return at, words if cure is None else f"{words} ({cure})"


def _unreadable(error: Any, text: str) -> tuple[int, str]:
    """A character that YAML bars, by the position in bytes at which the parser met it."""
    before = text.encode()[: error.position]
    code = error.character if isinstance(error.character, int) else ord(error.character)
    line, column = before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    return position(
        line, column
    ), f"the character U+{code:04X} may not stand in YAML; write it as an escape in double quotes"
