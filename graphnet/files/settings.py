"""Changes given on the command line: ``--set layers.res.tau=0.05``."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from ..errors import DocumentError, GraphnetError, ParameterError, Problem, UnknownName, near
from .reading import parse_value
from .source import Branch, Lines, Mark, Place, Source, child, kind, spell


def apply_settings(source: Source, settings: Sequence[str]) -> Source:
    """A source with values replaced, each setting being ``KEY=VALUE``; the given source is unchanged.

    KEY: dots join keys and list indices; where keys contain dots themselves the longest that exists wins. All but
    the last step must exist; a list takes one index past its end, to append. What is named in ``params``, and not
    beside it, needs no ``params.`` before it: ``--set rho=1.1``. VALUE is YAML. A changed node has line 0, and
    ``place`` names the setting. Later settings see earlier ones. Raises DocumentError with every setting that does
    not fit.

    >>> from graphnet.files import parse
    >>> changed = apply_settings(parse("layers: {front.filter: {tau: 0.02}}"), ["layers.front.filter.tau=5e-2"])
    >>> changed.data, changed.place(("layers", "front.filter", "tau"))
    ({'layers': {'front.filter': {'tau': 0.05}}}, ('--set layers.front.filter.tau', 0))
    """
    problems: list[Problem] = []
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip()
        shown = f"--set {key}"
        try:
            if not equals or not key:
                shown = f"--set {setting}"
                raise ParameterError("a setting is KEY=VALUE, such as layers.res.tau=0.05", parameter="settings")
            value, _ = parse_value(text, file=shown)
            source = _with(source, _locate(source.data, key), value, shown)
        except DocumentError as error:
            problems += [Problem(one.message, file=shown) for one in error.problems]
        except GraphnetError as error:
            problems.append(Problem(error.message, file=shown, error=error))
    if problems:
        raise DocumentError(problems)
    return source


def with_value(source: Source, key: str, value: Any, shown: str) -> Source:
    """A source with one value replaced, as ``--set KEY=VALUE`` does; problems there name ``shown``.

    Raises UnknownName, ParameterError.
    """
    return _with(source, _locate(source.data, key), value, shown)


def place_of_key(source: Source, key: str) -> Place:
    """The place that KEY of a setting means. Raises UnknownName, ParameterError.

    >>> from graphnet.files import parse
    >>> place_of_key(parse("params: {rho: 1.0}"), "rho")
    ('params', 'rho')
    """
    return _locate(source.data, key)


def _locate(data: Any, key: str) -> Place:
    """The place that a dotted key means in this data."""
    words = key.split(".")
    params = data.get("params") if isinstance(data, dict) else None
    if isinstance(params, dict) and words[0] in params and words[0] not in data and key not in data:
        words = ["params", *words]
    place: list[str | int] = []
    while words:
        step, taken = _step(data, words, tuple(place))
        place.append(step)
        words = words[taken:]
        data = data[step] if words else None
    return tuple(place)


def _step(data: Any, words: list[str], place: Place) -> tuple[str | int, int]:
    """The next key or index, and how many of the words it takes."""
    if isinstance(data, list):
        return _index(data, words, place), 1
    if not isinstance(data, dict):
        where = spell(place)
        message = f"{where} is {kind(data)}: nothing can be set inside it"
        raise ParameterError(f"{message}; replace it whole, as {where}={{...}}", parameter=where)
    for taken in range(len(words), 0, -1):
        joined = ".".join(words[:taken])
        if joined in data:
            return joined, taken
    if len(words) == 1:
        return words[0], 1
    raise UnknownName("key", _missed(data, words), data, where=spell(place) or "the document")


def _missed(data: dict[str, Any], words: list[str]) -> str:
    """How many of the words were meant as one key: as many as come closest to an existing one."""

    def closeness(one: str) -> float:
        close = near(one, data)
        return 0.0 if close is None else SequenceMatcher(None, one, close).ratio()

    return max((".".join(words[:taken]) for taken in range(1, len(words))), key=closeness)


def _index(items: list[Any], words: list[str], place: Place) -> int:
    word = words[0]
    where = spell(place)
    if not (word.isascii() and word.isdigit()):
        raise ParameterError(f"{where} is a list, so an index follows it, not {word!r}", parameter=where)
    # only the last step may stand one past the end: there it appends
    end = len(items) + (len(words) == 1)
    if len(word) > 18 or int(word) >= end:
        there = f"items 0 to {len(items) - 1}" if items else "no items"
        raise ParameterError(f"{where} has {there}; there is no item {word}", parameter=where)
    return int(word)


def _with(source: Source, place: Place, value: Any, shown: str) -> Source:
    """The source with one node replaced; only the containers on the way to it are copied."""
    data = dict(source.data)
    root = _copied(source.lines.root)
    inner: Any = data
    mark: Mark | None = root
    for step in place[:-1]:
        inner[step] = inner[step].copy()
        inner = inner[step]
        below = child(mark, step)
        copied = None if below is None else _copied(below)
        if isinstance(mark, Branch) and copied is not None:
            _put(mark.children, step, copied)
        mark = copied
    _put(inner, place[-1], value)
    if isinstance(mark, Branch):
        _put(mark.children, place[-1], 0)
    kept = {where: text for where, text in source.settings.items() if where[: len(place)] != place}
    return Source(data, source.file, Lines(root), {**kept, place: shown}, source.text)


def _copied(mark: Mark) -> Mark:
    return Branch(mark.at, mark.children.copy()) if isinstance(mark, Branch) else mark


def _put(container: Any, step: Any, value: Any) -> None:
    if isinstance(container, list) and step == len(container):
        container.append(value)
    else:
        container[step] = value
