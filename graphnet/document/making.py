"""A layer from its entry in a document."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args

from .. import registry
from ..arrays import quantities_of, resolve
from ..errors import GraphnetError, ParameterError, ParameterTypeError, UnknownName, near
from ..layer import ArrayLayer, Layer
from ..layer.parameters import RESERVED, Parameter
from ..layer.schema import validated
from ..limits import count_units
from ..quantities import in_unit
from ..showing import shown
from .writing import in_files

L = TypeVar("L", bound=Layer)


def concrete(name: str) -> type[Layer]:
    """The class of layers of a name. Raises UnknownName also for one that no layer can be made of."""
    target = registry.layers.get(name)
    if inspect.isabstract(target):
        usable = sorted(one for one, cls in registry.layers if not inspect.isabstract(cls))
        raise UnknownName("layer class", name, usable, where="a document (it is abstract)")
    return target


def made(target: type[Layer], given: dict[str, Any], folder: Path | None) -> Layer:
    """A layer from its entry; arrays in files are found beside the document, in ``folder``, and remembered as such.

    Without a folder files are the caller's own. Raises ParameterError and its kin.
    """
    if not issubclass(target, ArrayLayer):
        return _built(target, target.load_from_dict, given)
    measured(target, given)
    _afford(target, given)
    files = list(in_files(given))
    for name, key, spec in files:
        try:
            found = resolve(spec, folder)
            given[name] = found if key is None else {**given[name], key: found}
        except GraphnetError as error:
            of = "" if key is None else f"of {key!r} "
            message = f"{target.__name__}: {name}: {of}{error.message}"
            raise ParameterError(message, owner=target.__name__, parameter=name, hint=error.hint) from error
    layer = _built(target, lambda entry: target(**entry), given)
    for name, key, spec in files:
        kept = {**spec, "file": os.path.abspath((folder or Path()) / str(spec["file"]))}  # noqa: PTH100 # symlinks stay
        layer.remember(name, kept if key is None else {key: kept})
    return layer


def measured(target: type[ArrayLayer], given: dict[str, Any]) -> None:
    """Put plain numbers in the place of quantities with units.

    Raises ParameterTypeError for parameters that the class does not have, and for what is none of a parameter's unit.
    """
    known = target.parameters()
    wrong = [*_unknown(target, known, given), *_measured(target, known, given)]
    if wrong:
        wrong += _beside(target, given, {name for name, _ in wrong})
        raise ParameterTypeError("\n".join(text for _, text in wrong), owner=target.__name__, each=wrong)


def _beside(target: type[ArrayLayer], given: Mapping[str, Any], wrong: set[str]) -> list[tuple[str, str]]:
    """What else is wrong with the values that are numbers, text or lists, so that all of an entry is told at once."""
    rest = {name: value for name, value in given.items() if name not in wrong and not isinstance(value, dict)}
    try:
        validated(target, rest)
    except ParameterError as error:
        return [(name, said) for name, said in error.each if name in rest]  # and not what is missing
    return []


def _unknown(
    target: type[ArrayLayer], known: Mapping[str, Parameter], given: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    for name in given:
        if name not in known:
            close = near(name, known)
            cure = f"did you mean {close!r}?" if close else f"it has: {', '.join(known)}"
            yield name, f"{target.__name__} has no parameter {name!r}; {cure}"


def _measured(
    target: type[ArrayLayer], known: Mapping[str, Parameter], given: dict[str, Any]
) -> Iterator[tuple[str, str]]:
    """Put plain numbers in the place of quantities with units; what is none of the parameter's unit comes back."""
    for name, value in given.items():
        if value.__class__ not in (str, list, dict) or name not in known or not known[name].unit:
            continue
        if value.__class__ is str and value in known[name].choices:
            continue
        try:
            given[name] = _plain(value, known[name].unit)
        except ParameterError as error:
            yield name, f"{target.__name__}: {name} {error.message}"


def _plain(value: Any, unit: str) -> Any:
    """A value in its parameter's unit; of initialisers and of values by name, what is a quantity in them."""
    if not isinstance(value, dict):
        return in_unit(value, unit)
    if "init" in value:
        numbers = quantities_of(value)
        return {key: _plain(one, unit) if key in numbers else one for key, one in value.items()}
    if any(key in value for key in RESERVED):
        return value
    return {key: _plain(one, unit) for key, one in value.items()}


def _afford(target: type[ArrayLayer], given: Mapping[str, Any]) -> None:
    """Count the units that whole numbers ask for, before any room is made. Raises ParameterError."""
    wholes = _wholes(target)
    asked = {name: _units(name, value) for name, value in given.items() if name in wholes}
    if asked:
        name = max(asked, key=lambda one: asked[one])
        try:
            count_units(asked[name], f"{target.__name__}: {name} {shown(given[name])}")
        except ParameterError as error:
            raise ParameterError(error.message, owner=target.__name__, parameter=name, hint=error.hint) from error


@lru_cache(maxsize=1024)
def _wholes(target: type[ArrayLayer]) -> frozenset[str]:
    """The parameters that are whole numbers or lists of them: sizes, orders, shapes."""
    known = target.parameters().items()
    return frozenset(name for name, one in known if name != "seed" and not one.is_array and _whole(one.annotation))


def _whole(annotation: Any) -> bool:
    return annotation is int or any(_whole(one) for one in get_args(annotation))


def _units(name: str, value: Any) -> int:
    """A whole number itself; of the sides of a shape their product; other lists cost what it costs to write them."""
    sides: list[Any] = value if isinstance(value, list) and "shape" in name else [value]
    return math.prod(one for one in sides if one.__class__ is int and one > 0)


def _built(target: type[Layer], make: Callable[[dict[str, Any]], L], given: dict[str, Any]) -> L:
    """What ``make`` gives; whatever else a class of layers raises becomes an error of this entry."""
    try:
        return make(given)
    except GraphnetError:
        raise
    except Exception as error:
        said = f"{target.__name__}: {type(error).__name__}: {error}"
        raise ParameterError(said, owner=target.__name__) from error
