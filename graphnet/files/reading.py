"""The doors for reading: a path or a text in, a Source or every problem out."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from ..errors import DocumentError, ParameterError, Problem
from ..limits import current, raising
from ..showing import shown
from .json_reader import HALF_CHARACTER, SURROGATE, read_json
from .source import JSON_BREAKS, YAML_BREAKS, Lines, Mark, Source, Text, kind, position
from .yaml_reader import Reader

Format = Literal["yaml", "json"]
PARTS = ("\n", ",", "[", "{", ": ", "- ", "? ")
"""What stands between the values of a document, or opens some: nearly one for each."""
BREAKS = {"yaml": YAML_BREAKS, "json": JSON_BREAKS}
SUFFIXES: dict[str, Format] = {".yaml": "yaml", ".yml": "yaml", ".json": "json"}


def read(path: str | PathLike[str]) -> Source:
    """Read a document. The suffix says how: .yaml, .yml or .json.

    Raises DocumentError, with file and line, for a file that is missing, a folder, not UTF-8, empty or unsound.
    """
    return _sound(read_flawed(path))


def read_flawed(path: str | PathLike[str]) -> Source:
    """Read a document, for those who refuse it with all its problems at once: what is wrong with a text that can be
    read to its end, such as a key written twice, is in the ``flaws`` of the source. Raises DocumentError for any other.
    """
    form = format_of(path)
    return _parse(_text(path), str(path), form)


def _sound(source: Source) -> Source:
    if source.flaws:
        raise DocumentError(source.flaws)
    return source


def _text(path: str | PathLike[str]) -> str:
    raw = _content(path)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"not UTF-8 text: byte 0x{raw[error.start]:02x} on this line; save the file as UTF-8"
        column = error.start - raw.rfind(b"\n", 0, error.start)
        raise DocumentError([Problem(message, line=line, file=str(path), column=column)]) from None


def _content(path: str | PathLike[str]) -> bytes:
    """The bytes of a regular file. A pipe or a device is refused and never waited for; so is what is too large."""
    file, most = str(path), current().document
    try:
        with open(path, "rb", opener=_opened) as opened:
            about = os.fstat(opened.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise DocumentError([Problem("this is no regular file, but a pipe or a device", file=file)])
            content = opened.read(most + 1) if about.st_size <= most else b""
    except DocumentError:
        raise
    except FileNotFoundError:
        raise DocumentError([Problem("there is no such file", file=file)]) from None
    except IsADirectoryError:
        raise DocumentError([Problem("this is a folder, not a document", file=file)]) from None
    except OSError as error:
        raise DocumentError([Problem(f"cannot be read: {error.strerror}", file=file)]) from error
    except ValueError as error:  # a name with a NUL
        raise DocumentError([Problem(f"cannot be read: {error}", file=shown(file))]) from error
    if max(about.st_size, len(content)) > most:
        said = f"a document has at most {most:,} bytes, this file has more; put arrays into files of their own, or"
        raise DocumentError([Problem(f"{said} {raising('document')}", file=file)])
    return content


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def parse(text: str, *, file: str = "", format: Format = "yaml") -> Source:
    """Read a document from text; ``file`` is only named in errors.

    YAML is read by the core schema of YAML 1.2. Raises DocumentError with every problem found, in line order.

    >>> source = parse("layers:\\n  res: {tau: 1e-3}\\n")
    >>> source.data, source.lines["layers", "res", "tau"]
    ({'layers': {'res': {'tau': 0.001}}}, 2)
    """
    return _sound(_parse(text, file, format))


def _parse(text: str, file: str, format: Format) -> Source:
    data, mark, flaws = _parsed(text, file, format)
    if not isinstance(data, dict):
        if flaws:
            raise DocumentError(flaws)
        what = "the document is empty" if data is None else f"the top of a document is a mapping; this is {kind(data)}"
        raise DocumentError([Problem(f"{what} (it begins with keys such as 'layers:')", line=1, file=file, column=1)])
    return Source(data, file, Lines(mark), text=Text(text.removeprefix("\ufeff"), BREAKS[format]), flaws=flaws)


def parse_value(text: str, *, file: str = "", format: Format = "yaml") -> tuple[Any, Mark]:
    """Read one value of any kind, with its lines; an empty YAML text is None. Raises DocumentError."""
    data, mark, problems = _parsed(text, file, format)
    if problems:
        raise DocumentError(problems)
    return data, mark


def _parsed(text: str, file: str, format: Format) -> tuple[Any, Mark, list[Problem]]:
    """A value, its lines, and what is wrong with it in line order; None where it could not be read to its end."""
    text = text.removeprefix("\ufeff")
    _check_parts(text, file)
    half = None if text.isascii() else SURROGATE.search(text)
    if half is not None:
        line = text.count("\n", 0, half.start()) + 1
        raise DocumentError([Problem(f"{HALF_CHARACTER}; it cannot be saved", line=line, file=file)])
    if format == "json":
        if not text.strip():
            return None, position(1, 1), []
        data, mark, problems = read_json(text, file)
    elif format == "yaml":
        reader = Reader(file)
        reader.read(text)
        data, mark, problems = reader.data if reader.finished else None, reader.mark, reader.problems
    else:
        raise ParameterError(f"format is 'yaml' or 'json', not {format!r}", parameter="format")
    if problems:
        lines = Text(text, BREAKS[format])
        found = [replace(one, excerpt=lines.excerpt(one.line, one.column)) for one in problems]
        problems = sorted(found, key=lambda one: (one.line, one.column))
    return data, mark, problems


def _check_parts(text: str, file: str) -> None:
    """Refuse a text of too many values before any is read: that takes microseconds for each, and this next to none."""
    most = current().nodes
    parts = 0 if len(text) <= most else sum(map(text.count, PARTS))
    if parts > most:
        said = f"a document has at most {most:,} values, this one has about {parts:,}"
        said = f"{said}; put arrays into files of their own, or {raising('nodes')}"
        raise DocumentError([Problem(said, line=1, file=file, column=1)])


def format_of(path: str | PathLike[str]) -> Format:
    """The format that a path's suffix names; DocumentError for any other."""
    suffix = Path(path).suffix
    form = SUFFIXES.get(suffix.lower())
    if form is None:
        what = f"the suffix {suffix!r}" if suffix else "a name without suffix"
        message = f"{what} names no document format; documents end in .yaml, .yml or .json"
        raise DocumentError([Problem(message, file=str(path))])
    return form
