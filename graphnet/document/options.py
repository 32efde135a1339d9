"""The options of a dataset source: read from the annotations of its function, checked as parameters of layers are."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, get_args, get_type_hints

from ..errors import ParameterError, near
from ..layer.parameters import MISSING, Unit
from ..layer.schema import message
from ..quantities import in_unit
from ..showing import shown


class Option(NamedTuple):
    """One thing that a source takes. ``kind`` is its annotation, Any where nothing can be read from it."""

    name: str
    kind: Any
    unit: str = ""
    default: Any = MISSING


class Wrong(NamedTuple):
    """What is wrong with an option: at its value, or at its ``key``; under the name "" those that are lacking."""

    name: str
    said: str
    key: bool = False


def options_of(source: Callable[..., Any]) -> dict[str, Option] | None:
    """The options of a source by name, in order, or None where it takes any."""
    takes = inspect.signature(source).parameters
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in takes.values()):
        return None
    try:
        hints = get_type_hints(source, include_extras=True)
    except NameError:  # it names a type that its module does not have: nothing is said of any
        hints = {}
    found: dict[str, Option] = {}
    for name, one in takes.items():
        kind = hints.get(name, Any)
        unit = next(_units(kind), "")
        found[name] = Option(name, kind, unit, MISSING if one.default is inspect.Parameter.empty else one.default)
    return found


def options(name: str, source: Callable[..., Any], given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Wrong]]:
    """The options as the source gets them, quantities as plain numbers, and everything that is wrong with them."""
    known = options_of(source)
    if known is None:
        return dict(given), []
    found: dict[str, Any] = {}
    wrong = list(_names(name, known, given))
    for option, value in given.items():
        if option not in known:
            continue
        try:
            found[option] = _checked(known[option], value)
        except ParameterError as error:
            wrong.append(Wrong(option, f"data source {name!r}: {option} {error.message}"))
    return found, wrong


def option_schema(one: Option) -> dict[str, Any]:
    """An option in JSON Schema; one that cannot be described takes anything."""
    adapter = _adapter(one.kind)
    found: dict[str, Any] = {} if adapter is None else adapter.json_schema()
    if one.unit:
        found["unit"] = one.unit
    if one.default is not MISSING and isinstance(one.default, str | int | float | list | None):
        found["default"] = one.default
    return found


def _units(kind: Any) -> Iterator[str]:
    """The units that an annotation says anywhere, also of what a list holds."""
    for one in get_args(kind):
        if isinstance(one, Unit):
            yield one.symbol
        yield from _units(one)


def _names(name: str, known: Mapping[str, Option], given: Mapping[str, Any]) -> Iterator[Wrong]:
    meant: set[str] = set()
    for option in given:
        if option not in known:
            close = near(option, known)
            meant.add(close or "")
            cure = f"did you mean {close!r}?" if close else f"it has: {', '.join(known)}"
            yield Wrong(option, f"data source {name!r} has no option {shown(option)}; {cure}", key=True)
    for option, one in known.items():
        if one.default is MISSING and option not in given and option not in meant:
            yield Wrong("", f"data source {name!r} needs the option {option!r}")


def _checked(one: Option, value: Any) -> Any:
    from pydantic import ValidationError

    plain = in_unit(value, one.unit) if one.unit else value
    adapter = _adapter(one.kind)
    if adapter is None:
        return plain
    try:
        found = adapter.validate_python(plain, strict=True)
        if isinstance(plain, bool) and not isinstance(found, bool):  # 1 among choices is equal to True
            raise ParameterError(f"should be a number or text, got {plain}", parameter=one.name)
        return found
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        unit = f" (in {one.unit})" if one.unit else ""
        raise ParameterError(f"{message(first)}, got {shown(first['input'])}{unit}", parameter=one.name) from None


@lru_cache(maxsize=256)
def _adapter(kind: Any) -> Any:
    """What checks values of an annotation, or None for one that is beyond it."""
    from pydantic import ConfigDict, TypeAdapter
    from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

    try:
        return TypeAdapter(kind, config=ConfigDict(strict=True, allow_inf_nan=False))
    except (PydanticSchemaGenerationError, PydanticUserError):
        return None


__all__ = ["Option", "Wrong", "option_schema", "options", "options_of"]
