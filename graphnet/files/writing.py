"""The doors for writing: plain data out as YAML or JSON text that a person can read and a reader reads back exactly.

Both formats share one layout: mappings one entry a line, lists of numbers filled to the width, short lists on one line.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import Any

from ..errors import ParameterTypeError
from .atomic import write_atomic
from .reading import format_of
from .scalars import check_key, json_scalar, plain, yaml_scalar, yaml_text
from .source import Place

SCHEMA = "schema.json"
TITLE = "A document of graphnet"
"""How the schema of documents is known, near its beginning."""
EDITORS = "# yaml-language-server: $schema="
ABOVE = 3  # folders: a run of a sweep lies three below its project
WIDTH = 110
LONG_KEY = 400  # YAML takes a key without its "? " only up to 1024 characters


def write(data: dict[str, Any], path: str | PathLike[str]) -> None:
    """Write a document, atomically; the suffix .yaml, .yml or .json says how. YAML begins with ``for_editors``."""
    text = to_json(data) if format_of(path) == "json" else for_editors(Path(path).parent) + to_yaml(data)
    write_atomic(path, text.encode())


def for_editors(folder: Path) -> str:
    """The line that tells editors where the schema of a document in this folder lies.

    That is the nearest ``schema.json`` of graphnet, in the folder or up to three above it: that of its project. Where
    there is none, it is the one that ``graphnet schema -o schema.json`` would write beside the document.
    """
    here = Path(os.path.abspath(folder))  # noqa: PTH100 # links stay: the path is that of the names
    near = [one for one in (here, *here.parents[:ABOVE]) if _is_ours(one / SCHEMA)]
    place = os.path.relpath(near[0] / SCHEMA, here) if near else SCHEMA
    return f"{EDITORS}{Path(place).as_posix()}\n"


def without_editors(content: bytes) -> bytes:
    """The text of a document without that line, which depends on where the document lies."""
    return content.partition(b"\n")[2] if content.startswith(EDITORS.encode()) else content


def _is_ours(schema: Path) -> bool:
    try:
        if not schema.is_file():
            return False
        with schema.open("rb") as file:
            return TITLE.encode() in file.read(400)
    except OSError:
        return False


def to_yaml(data: dict[str, Any]) -> str:
    """A document as YAML. Keys keep their order; floats and text are exact, also for readers of YAML 1.1.

    Arrays, NumPy scalars and tuples are written as lists and numbers.
    Raises ParameterTypeError or ParameterError, naming the place, for what a document cannot hold.

    >>> print(to_yaml({"layers": {"res": {"tau": 0.02, "bands": [[1, 2], [4, 8]]}}, "edges": ["a -> b"]}))
    layers:
      res:
        tau: 0.02
        bands: [[1, 2], [4, 8]]
    edges:
      - a -> b
    """
    top = _mapping(data)
    if not top:
        return "{}\n"
    return "\n".join(_yaml_mapping(top, "", ())) + "\n"


def _mapping(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ParameterTypeError(f"a document is a dict, not {type(data).__name__}", parameter="data")
    return data


def _yaml_mapping(data: dict[str, Any], indent: str, place: Place) -> Iterator[str]:
    for key, raw in data.items():
        spelt = yaml_text(check_key(key, place), place)
        inside = (*place, key)
        if len(spelt) > LONG_KEY:
            yield f"{indent}? {spelt}"
            spelt = ""
        yield from _yaml_entry(f"{indent}{spelt}:", plain(raw, inside), indent, inside)


def _yaml_entry(head: str, value: Any, indent: str, place: Place) -> Iterator[str]:
    """The lines of ``key: value``, or of ``- value``; those after the first are indented further than ``indent``."""
    room = WIDTH - len(head) - 1
    inner = indent + "  "
    flow = _flow(value, room, place, yaml_scalar)
    if flow is not None:
        yield f"{head} {flow}"
    elif isinstance(value, str):
        yield from _yaml_string(head, value, inner, place)
    elif isinstance(value, dict):
        yield from _below(head, _yaml_mapping(value, inner, place), inner)
    elif _is_row(value):
        spelt = (yaml_scalar(plain(one, (*place, k)), (*place, k)) for k, one in enumerate(value))
        yield from _fill(f"{head} [", spelt, "]", inner)
    else:
        yield from _below(head, _yaml_items(value, inner, place), inner)


def _yaml_items(items: list[Any], indent: str, place: Place) -> Iterator[str]:
    for k, raw in enumerate(items):
        inside = (*place, k)
        yield from _yaml_entry(f"{indent}-", plain(raw, inside), indent, inside)


def _below(head: str, lines: Iterator[str], inner: str) -> Iterator[str]:
    """A block under its key; under a dash it begins on the dash's own line."""
    if head.endswith("-") and head.strip() == "-":
        yield f"{head} {next(lines)[len(inner) :]}"
    else:
        yield head
    yield from lines


def _yaml_string(head: str, text: str, inner: str, place: Place) -> Iterator[str]:
    """Text of several lines as a literal block, where its lines survive that; else in quotes on one line."""
    body = text.removesuffix("\n")
    lines = body.split("\n")
    literal = "\n" in body and lines[-1] and all(line == line.strip() and line.isprintable() for line in lines)
    if not literal or not lines[0] or any("\ufeff" in line for line in lines):
        yield f"{head} {yaml_text(text, place)}"
        return
    yield f"{head} |" if text.endswith("\n") else f"{head} |-"
    for line in lines:
        yield inner + line if line else ""


def to_json(data: dict[str, Any]) -> str:
    """A document as JSON, laid out like YAML's. Raises as ``to_yaml``, and ParameterError for NaN and infinity.

    >>> print(to_json({"layers": {"res": {"tau": 0.02, "bands": [[1, 2], [4, 8]]}}}))
    {
      "layers": {
        "res": {
          "tau": 0.02,
          "bands": [[1, 2], [4, 8]]
        }
      }
    }
    """
    return "\n".join(_json_value("", _mapping(data), "", "", ())) + "\n"


def _json_value(head: str, value: Any, tail: str, indent: str, place: Place) -> Iterator[str]:
    inner = indent + "  "
    flow = _flow(value, WIDTH - len(head) - len(tail), place, json_scalar)
    if flow is not None:
        yield head + flow + tail
    elif isinstance(value, str):
        yield head + json_scalar(value, place) + tail
    elif isinstance(value, dict):
        yield head + "{"
        for k, (key, raw) in enumerate(value.items()):
            name = json_scalar(check_key(key, place), place)
            comma = "," if k < len(value) - 1 else ""
            yield from _json_value(f"{inner}{name}: ", plain(raw, (*place, key)), comma, inner, (*place, key))
        yield indent + "}" + tail
    elif _is_row(value):
        spelt = (json_scalar(plain(one, (*place, k)), (*place, k)) for k, one in enumerate(value))
        yield from _fill(f"{head}[", spelt, "]" + tail, inner)
    else:
        yield head + "["
        for k, raw in enumerate(value):
            comma = "," if k < len(value) - 1 else ""
            yield from _json_value(inner, plain(raw, (*place, k)), comma, inner, (*place, k))
        yield indent + "]" + tail


def _is_row(items: list[Any]) -> bool:
    """A list that is filled into lines: numbers and words, no phrases, no lists."""
    return not any(isinstance(one, (dict, list, tuple)) or _is_array(one) or _is_phrase(one) for one in items)


def _is_array(value: Any) -> bool:
    return bool(getattr(value, "shape", ()))


def _is_phrase(value: Any) -> bool:
    return isinstance(value, str) and (" " in value or "\n" in value)


def _flow(value: Any, room: int, place: Place, scalar: Any) -> str | None:
    """``value`` on one line, or None where it needs several: too long, a mapping, phrases in a list, many lines."""
    if isinstance(value, dict):
        return None if value else "{}"
    if isinstance(value, list):
        return _flow_list(value, room, place, scalar)
    if isinstance(value, str) and "\n" in value:
        return None
    return scalar(value, place)


def _flow_list(items: list[Any], room: int, place: Place, scalar: Any) -> str | None:
    if 3 * len(items) > room + 2 and items:
        return None
    parts = []
    for k, raw in enumerate(items):
        one = plain(raw, (*place, k))
        part = None if isinstance(one, dict) or _is_phrase(one) else _flow(one, room, (*place, k), scalar)
        if part is None:
            return None
        parts.append(part)
    line = f"[{', '.join(parts)}]"
    return line if len(line) <= room else None


def _fill(head: str, parts: Iterable[str], tail: str, inner: str) -> Iterator[str]:
    """Parts separated by commas, filled into lines of at most WIDTH characters where a single part allows it."""
    line, empty, separator = head, True, ""
    for part in parts:
        if not empty and len(line) + len(part) + 3 > WIDTH:
            yield line + ","
            line, separator = inner, ""
        line += separator + part
        empty, separator = False, ", "
    yield line + tail
