"""Initialisers: functions that make an array of a few numbers in a document, found by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import annotated_types as at
import numpy as np
from numpy.typing import NDArray

from .. import registry
from ..errors import GraphnetError, ParameterError, UnknownName
from ..noise import noise_key
from ..noise import normal as normal_draws
from ..noise import uniform as uniform_draws
from ..products import Matrix
from ..showing import SHOWN, shown
from .arguments import Above, Argument, As, NotBelow, Ratio, arguments_of, checked

F = TypeVar("F", bound=Callable[..., Any])


def initialiser(name: str) -> Callable[[F], F]:
    """Register a function of annotated arguments as an initialiser that documents can name.

    The annotations say what a document may give, and within which bounds: ``float``, ``int``, ``bool``, ``str``, a
    ``Literal``, each also ``Annotated`` with bounds of ``annotated_types``, and ``Ratio`` (a number that has not the
    unit of the array), ``Shape``, ``Sides``, ``Seed``, ``Values``. It returns an array, or CSR. What it draws should
    come from ``Draws(seed)``: the same numbers in every process and version. A package announces the module that does
    so in the entry-point group ``graphnet.layers``.

    >>> from graphnet.arrays import Shape
    >>> @initialiser("alternating")
    ... def alternating(shape: Shape, value: float = 1.0):
    ...     "Entries of changing sign."
    ...     count = int(np.prod(shape))
    ...     return (value * (-1.0) ** np.arange(count)).reshape(shape)
    >>> initialise({"init": "alternating", "shape": 3, "value": 2})
    array([ 2., -2.,  2.])
    """

    def register(function: F) -> F:
        arguments_of(function)
        registry.initialisers.add(function, name)
        return function

    return register


def initialise(spec: Mapping[str, Any]) -> Matrix:
    """The array of ``{init: NAME, ...}``. Raises ParameterError, UnknownName."""
    given = dict(spec)
    name = given.pop("init")
    name = name if isinstance(name, str) and len(name) <= SHOWN else shown(name)
    function = registry.initialisers.get(name)
    owner = f"initialiser {name!r}"
    values = checked(owner, arguments_of(function), given)
    try:
        for key, one in arguments_of(function).items():
            if one.form == "values" and key in values:
                values[key] = distribution(key, values[key])
        found = function(**values)
    except ParameterError as error:
        raise ParameterError(f"{owner}: {error.message}", parameter=error.parameter, hint=error.hint) from error
    except GraphnetError:
        raise
    except MemoryError as error:
        raise ParameterError(f"{owner}: there is not enough memory for it", hint="give a smaller shape") from error
    except Exception as error:  # whatever the initialiser of another package raises
        raise ParameterError(f"{owner}: {type(error).__name__}: {shown(str(error))}") from error
    if not _is_array(found):
        raise ParameterError(f"{owner}: it should give an array of numbers or CSR, got {shown(found)}")
    return found


def _is_array(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iuf"
    from scipy.sparse import issparse

    return issparse(value)


def initialiser_arguments(name: str) -> dict[str, Argument]:
    """What the initialiser of this name takes, in order: name, form, default, bounds. Raises UnknownName."""
    return arguments_of(registry.initialisers.get(name))


def quantities_of(spec: Mapping[str, Any]) -> frozenset[str]:
    """The arguments of ``{init: NAME, ...}`` that are in the unit of the array: numbers, and what they are drawn from.

    Those of a distribution are those of the initialiser of its name. Of one that is not known, none.
    """
    name = spec.get("init")
    try:
        takes = initialiser_arguments(name) if isinstance(name, str) else {}
    except GraphnetError:  # told where it is made
        takes = {}
    return frozenset(key for key, one in takes.items() if one.form in ("number", "values", "array"))


# --- draws and distributions -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Draws:
    """Random numbers of a seed: row ``start + k``, column j of a stream are the same however many are drawn."""

    seed: int

    def normal(self, rows: int, columns: int, stream: int = 0, start: int = 0) -> NDArray[np.float64]:
        """Standard normal numbers (rows, columns)."""
        return normal_draws(noise_key("init", self.seed), stream, start, rows, columns)

    def uniform(self, rows: int, columns: int, stream: int = 0, start: int = 0) -> NDArray[np.float64]:
        """Uniform numbers of the open interval (0, 1), (rows, columns)."""
        return uniform_draws(noise_key("init", self.seed), stream, start, rows, columns)


Grid = tuple[Draws, int, int, int, int]  # draws, stream, first row, rows, columns


def spread_constant(on: Grid, /, value: float) -> NDArray[np.float64]:
    """The same number everywhere."""
    _, _, _, rows, columns = on
    return np.full((rows, columns), value)


def spread_normal(on: Grid, /, mean: float = 0.0, scale: NotBelow = 1.0) -> NDArray[np.float64]:
    """Normal numbers of this mean and standard deviation."""
    draws, stream, start, rows, columns = on
    return mean + scale * draws.normal(rows, columns, stream, start)


def spread_uniform(on: Grid, /, low: float = -1.0, high: float = 1.0) -> NDArray[np.float64]:
    """Numbers spread evenly between two."""
    if low > high:
        raise ParameterError(f"low must be at most high, got {low!r} and {high!r}", parameter="low")
    draws, stream, start, rows, columns = on
    return low + (high - low) * draws.uniform(rows, columns, stream, start)


def spread_lognormal(on: Grid, /, median: Above = 1.0, sigma: Annotated[Ratio, at.Ge(0)] = 1.0) -> NDArray[np.float64]:
    """Numbers above 0 whose logarithm is normal with standard deviation ``sigma``."""
    draws, stream, start, rows, columns = on
    return median * np.exp(sigma * draws.normal(rows, columns, stream, start))


DISTRIBUTIONS: Mapping[str, Callable[..., NDArray[np.float64]]] = {
    "constant": spread_constant,
    "normal": spread_normal,
    "uniform": spread_uniform,
    "lognormal": spread_lognormal,
}


@dataclass(frozen=True)
class Distribution:
    """What the entries of an array are drawn from."""

    name: str
    given: Mapping[str, Any]

    def __call__(self, draws: Draws, stream: int, start: int, rows: int, columns: int) -> NDArray[np.float64]:
        """Entries (rows, columns), those of a row by its number ``start + k``."""
        return DISTRIBUTIONS[self.name]((draws, stream, start, rows, columns), **self.given)


Values = Annotated[Distribution | float, As("values")]
"""A number, or ``{init: normal, scale: 0.1}`` without shape and seed; the function gets a Distribution."""


def distribution(name: str, value: Any) -> Distribution:
    """A number for all entries, or what they are drawn from. Raises ParameterError, UnknownName."""
    if not isinstance(value, Mapping):
        return Distribution("constant", {"value": Argument(name, "number", None).check(value)})
    given = dict(value)
    kind = given.pop("init", None)
    if not isinstance(kind, str) or kind not in DISTRIBUTIONS:
        raise UnknownName("distribution", shown(kind).strip("'\""), DISTRIBUTIONS, where=name)
    return Distribution(kind, checked(f"{name}: distribution {kind!r}", arguments_of(DISTRIBUTIONS[kind]), given))


# --- for editors -----------------------------------------------------------------------------------------------------


def array_definitions() -> dict[str, Any]:
    """Definitions of JSON Schema (2020-12) for ``$defs``: ``array`` is every form of an array in a document.

    Its described forms stand as ``array.init``, ``array.file`` and ``array.csr`` too, each registered initialiser as
    ``initialiser.NAME``, what entries are drawn from as ``distribution``.
    """
    registry.initialisers.load()
    found: dict[str, Any] = {}
    names = sorted({registry.initialisers.name_of(one) for _, one in registry.initialisers})
    for name in names:
        found[f"initialiser.{name}"] = _definition(name, registry.initialisers.get(name))
    drawn = [_definition(name, function) for name, function in DISTRIBUTIONS.items()]
    number = {"type": "number"}
    row = {"type": "array", "items": number}
    index = {"type": "array", "items": {"type": "integer", "minimum": 0}}
    parts = {"shape": {**index, "minItems": 2, "maxItems": 2}, "data": row, "indices": index, "indptr": index}
    csr = {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}
    file = {"file": {"type": "string"}, "key": {"type": ["string", "integer"]}, "sha256": {"type": "string"}}
    forms = {
        "init": _chosen(names),
        "file": {"properties": file, "additionalProperties": False},
        "csr": {"properties": {"csr": csr}, "additionalProperties": False},
    }
    for key, form in forms.items():
        found[f"array.{key}"] = {"type": "object", "required": [key], **form}
    described = [{"$ref": f"#/$defs/array.{key}"} for key in forms]
    found["distribution"] = {"oneOf": drawn}
    found["array"] = {"anyOf": [number, row, {"type": "array", "items": row}, *described]}
    return found


def _chosen(names: list[str]) -> dict[str, Any]:
    branches = [
        {
            "if": {"properties": {"init": {"const": name}}, "required": ["init"]},
            "then": {"$ref": f"#/$defs/initialiser.{name}"},
        }
        for name in names
    ]
    return {"properties": {"init": {"enum": names}}, "allOf": branches}


def _definition(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    arguments = arguments_of(function)
    return {
        "description": (inspect.getdoc(function) or "").partition("\n")[0],
        "type": "object",
        "properties": {"init": {"const": name}, **{key: one.schema() for key, one in arguments.items()}},
        "required": ["init", *(key for key, one in arguments.items() if one.required)],
        "additionalProperties": False,
    }
