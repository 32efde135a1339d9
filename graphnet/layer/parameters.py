"""Parameters of a layer, declared once as annotated class fields: type, unit, bounds and default in one line.

The annotation is read into a ``Parameter``; construction validates with it, ``to_dict`` writes with it, and the schema
of documents and ``graphnet layers NAME`` show it.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeGuard, TypeVar, Union, get_args, get_origin, get_type_hints

import annotated_types as at
import numpy as np
from numpy.typing import NDArray

from ..arrays import is_spec, literal, read_only, resolve
from ..errors import ParameterError, ParameterTypeError
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from .values import ByName, described, is_sparse, numbers, owned_matrix, within
from .wording import type_words

T = TypeVar("T")


Kind = Literal["scalar", "weights", "per_unit", "per_synapse", "series"]


@dataclass(frozen=True)
class Unit:
    """The unit of a quantity, as shown to people."""

    symbol: str


@dataclass(frozen=True)
class ArrayOf:
    """Marks a parameter that holds an array: ``weights`` (matrix, diagonal, CSR) or ``per_unit`` (one or N values).

    Weights with a unit, as in ``Annotated[Weights, Unit("s")]``, are ``per_synapse``: one number for all, or one for
    each weight in the form of the weights.
    """

    kind: Kind


Seconds = Annotated[float, Unit("s")]
Hertz = Annotated[float, Unit("Hz")]
Size = Annotated[int, at.Ge(1)]
Positive = Annotated[T, at.Gt(0)]
NonNegative = Annotated[T, at.Ge(0)]
PerUnit = Annotated[T | NDArray[np.float64], ArrayOf("per_unit")]
Weights = Annotated[Any, ArrayOf("weights")]
SeriesType = type[TSContinuous] | type[TSEvent]

RESERVED = ("init", "file", "csr")
"""Keys that say how an array is described, which no name can be."""
SERIES_TYPES: dict[str, type[TimeSeries]] = {"TSContinuous": TSContinuous, "TSEvent": TSEvent}


class _Missing:
    def __repr__(self) -> str:
        return "required"


MISSING: Any = _Missing()


@dataclass(frozen=True)
class Positional:
    """What ``positional`` leaves in a class body for the collector."""

    default: Any = MISSING


def positional(*, default: Any = MISSING, kw_only: Literal[False] = False) -> Any:
    """Declare a parameter that may be given by position, in the order of the class body.

    ``kw_only`` tells type checkers so; leave it alone.
    """
    return Positional(default)


def series_type(value: Any) -> type[TimeSeries]:
    """A kind of series, given as the class or by its name. Raises ParameterError."""
    for name, kind in SERIES_TYPES.items():
        if value is kind or (isinstance(value, str) and value == name):
            return kind
    shown = value.__name__ if isinstance(value, type) else repr(value)
    raise ParameterError(f"a kind of series is TSContinuous or TSEvent, got {shown}")


@dataclass(frozen=True)
class Parameter:
    """One declared parameter, as the annotation says."""

    name: str
    annotation: Any
    default: Any = MISSING
    positional: bool = False
    kind: Kind = "scalar"
    unit: str = ""
    bounds: tuple[Any, ...] = field(default=())
    optional: bool = False
    named: bool = False
    """Whether it may also be a mapping of names to such values: declared as ``T | Mapping[str, T]``."""

    @property
    def is_array(self) -> bool:
        """Whether its value may be an array."""
        return self.kind in ("weights", "per_unit", "per_synapse")

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values that it can have where there are few: of a Literal, a truth value, a kind of series."""
        if self.kind == "series":
            return tuple(SERIES_TYPES.values())
        parts = [
            one for part in _parts(self.annotation) for one in (get_args(part) if get_origin(part) is Literal else ())
        ]
        return (True, False) if self.annotation is bool else tuple(parts)

    @property
    def range(self) -> str:
        """Its bounds in words, such as ``> 0``, or an empty text."""
        signs = {at.Gt: (">", "gt"), at.Ge: (">=", "ge"), at.Lt: ("<", "lt"), at.Le: ("<=", "le")}
        return ", ".join(f"{signs[type(one)][0]} {getattr(one, signs[type(one)][1])}" for one in self.bounds)

    @property
    def shape(self) -> str:
        """What it holds, in words."""
        words = {
            "weights": "matrix (M, N), diagonal (N,) or CSR",
            "per_unit": "number or (N,)",
            "per_synapse": "number, or as the weights",
            "series": "series type",
        }
        return (words.get(self.kind) or type_words(self.annotation)) + (", or several by name" if self.named else "")

    def check(self, value: Any) -> Any:
        """The value of an array or series parameter in its owned form. Raises ParameterError."""
        if value is None and self.optional:
            return None
        if self.kind == "series":
            return series_type(value)
        return self._by_name(value) if self._names(value) else self._one(value)

    def _names(self, value: Any) -> TypeGuard[Mapping[Any, Any]]:
        """Whether a value is a mapping of names to values, and not the description of an array."""
        return self.named and isinstance(value, Mapping) and not described(value)

    def _by_name(self, value: Mapping[Any, Any]) -> ByName:
        found: dict[str, Any] = {}
        for name, one in value.items():
            if not (isinstance(name, str) and name.isidentifier()) or name in RESERVED:
                raise ParameterError(f"should have names that are plain words, and none of {RESERVED}, got {name!r}")
            try:
                found[name] = self._one(one)
            except ParameterError as error:
                raise ParameterError(f"of {name!r} {error.message}", hint=error.hint) from error
        if not found:
            raise ParameterError("should have at least one name, got an empty mapping")
        return ByName(found)

    def _one(self, value: Any) -> Any:
        if is_spec(value):
            value = resolve(value)
        if self.kind == "per_unit":
            return self._per_unit(value)
        if self.kind == "per_synapse" and np.ndim(value) == 0 and not is_sparse(value):
            return self._per_unit(value)
        matrix = owned_matrix(value)
        for bound in self.bounds:
            within(matrix if isinstance(matrix, np.ndarray) else matrix.data, bound)
        return matrix

    def held_default(self) -> Any:
        """The default as a layer holds it."""
        plain = self.default is None or isinstance(self.default, int | float)
        return self.default if plain or not self.is_array else self.check(self.default)

    def _per_unit(self, value: Any) -> float | NDArray[np.float64]:
        array = numbers(value)
        if array.ndim > 1:
            raise ParameterError(f"should be a number or one number per unit, got shape {array.shape}")
        for bound in self.bounds:
            within(array, bound)
        return float(array) if array.ndim == 0 else read_only(array)

    def origin(self, value: Any) -> dict[str, Any] | None:
        """What ``written`` gives for a value that was given as an initialiser: that; by name, those that were."""
        if not is_spec(value):
            return None
        if self._names(value):
            return {name: kept for name, one in value.items() if (kept := _initialiser(one))} or None
        return _initialiser(value)

    def written(self, value: Any, origin: Mapping[str, Any] | None = None) -> Any:
        """The value as plain data for a document; what has an ``origin`` as that."""
        if isinstance(value, ByName):
            kept = origin or {}
            return {name: dict(kept[name]) if name in kept else literal(one) for name, one in value.items()}
        if origin is not None:
            return dict(origin)
        if isinstance(value, type):
            return value.__name__
        if self.is_array and value is not None:
            return literal(value)
        return value


def _initialiser(value: Any) -> dict[str, Any] | None:
    return dict(value) if is_spec(value) and "init" in value else None


class Field:
    """What a class shows in place of a declared parameter: the layer's value, replaced by a checked setter only."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, layer: Any, owner: type[Any]) -> Any:
        return self if layer is None else layer._values[self.name]

    def __set__(self, layer: Any, value: Any) -> None:
        layer._replace(self.name, value)


def collect(cls: type[Any]) -> dict[str, Any]:
    """Take the defaults of the fields that a class body declares out of the class: name -> default or Positional."""
    found: dict[str, Any] = {}
    for name, annotation in inspect.get_annotations(cls).items():
        if name.startswith("_") or "ClassVar" in str(annotation):
            continue
        found[name] = cls.__dict__.get(name, MISSING)
        if name in cls.__dict__:
            delattr(cls, name)
    return found


def read(cls: type[Any], common: frozenset[str]) -> dict[str, Parameter]:
    """The parameters of a class: positional ones, its other ones, those common to all; each in order of declaration."""
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        hints |= _evaluated(base, vars(base).get("_mine", {}))
    every = [_parameter(name, hints[name], default) for name, default in cls._declared.items()]
    return {one.name: one for one in sorted(every, key=lambda one: (not one.positional, one.name in common))}


def _evaluated(cls: type[Any], names: Iterable[str]) -> dict[str, Any]:
    """The annotations of a class's own fields as types, read where the class was written."""
    written = inspect.get_annotations(cls)
    fields = types.SimpleNamespace(__annotations__={name: written[name] for name in names})
    methods = (one for one in vars(cls).values() if inspect.isfunction(one))
    module = sys.modules.get(cls.__module__)
    around = next((one.__globals__ for one in methods), {} if module is None else vars(module))
    try:
        return get_type_hints(fields, around, dict(vars(cls)), include_extras=True)
    except NameError as error:
        raise ParameterTypeError(
            f"{cls.__name__}: a field's type names {error.name!r}, which module {cls.__module__} does not have",
            owner=cls.__name__,
            hint="define or import it at the top of the module, not in a function and not under TYPE_CHECKING",
        ) from error


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    is_positional = isinstance(default, Positional)
    default = default.default if is_positional else default
    metadata = list(_metadata(annotation))
    kinds: list[Kind] = [one.kind for one in metadata if isinstance(one, ArrayOf)]
    kind: Kind = kinds[0] if kinds else "scalar"
    if kind == "scalar" and TSEvent in (part for one in _parts(annotation) for part in get_args(one)):
        kind = "series"
    unit = next((one.symbol for one in metadata if isinstance(one, Unit)), "")
    if kind == "weights" and unit:
        kind = "per_synapse"
    bounds = tuple(one for one in metadata if isinstance(one, at.Gt | at.Ge | at.Lt | at.Le))
    optional = type(None) in _parts(annotation)
    named = bool(kinds) and any(get_origin(one) is Mapping for one in _parts(annotation))
    return Parameter(name, annotation, default, is_positional, kind, unit, bounds, optional, named)


def _parts(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the one type that it is."""
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)


def _metadata(annotation: Any) -> list[Any]:
    """Everything that Annotated says anywhere inside a type."""
    found: list[Any] = []
    if get_origin(annotation) is Annotated:
        inner, *extra = get_args(annotation)
        found += [*_metadata(inner), *extra]
    elif get_origin(annotation) in (Union, types.UnionType):
        for one in get_args(annotation):
            found += _metadata(one)
    return found
