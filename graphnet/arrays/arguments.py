"""What an initialiser takes: read once from the annotations of its function; each value checked against them."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import annotated_types as at
import numpy as np

from ..errors import ParameterError, ParameterTypeError, near
from ..limits import LARGEST_SIDE
from ..showing import shown

Form = Literal["shape", "sides", "slice", "values", "array", "number", "ratio", "whole", "flag", "text"]


@dataclass(frozen=True)
class As:
    """How an argument is written in a document, where its type alone does not say."""

    form: Form


Shape = Annotated[tuple[int, ...], As("shape")]
"""``N``, ``[N]`` or ``[M, N]``; the function gets (N,) or (M, N)."""
Sides = Annotated[tuple[int, int], As("sides")]
"""``[M, N]``; the function gets (M, N)."""
Slice = Annotated[str | None, As("slice")]
"""``0:10``, rows or columns; the function gets the text, which ``within`` reads."""
Array = Annotated[Any, As("array")]
"""Another array: numbers, or the description of one."""
Seed = Annotated[int, at.Ge(-(2**63)), at.Lt(2**64)]
"""Where all draws come from."""
Count = Annotated[int, at.Ge(1), at.Le(LARGEST_SIDE)]
Ratio = Annotated[float, As("ratio")]
"""A number that has no unit, whatever the unit of the array is; a plain ``float`` is in that unit."""
Share = Annotated[Ratio, at.Gt(0), at.Le(1)]
Above = Annotated[float, at.Gt(0)]
NotBelow = Annotated[float, at.Ge(0)]

_WORDS: dict[type, tuple[str, str, Callable[[Any, Any], bool]]] = {
    at.Gt: ("gt", "above", lambda value, limit: value > limit),
    at.Ge: ("ge", "at least", lambda value, limit: value >= limit),
    at.Lt: ("lt", "below", lambda value, limit: value < limit),
    at.Le: ("le", "at most", lambda value, limit: value <= limit),
}
_SCHEMA_WORDS: dict[type, str] = {
    at.Gt: "exclusiveMinimum",
    at.Ge: "minimum",
    at.Lt: "exclusiveMaximum",
    at.Le: "maximum",
}
_PLAIN: dict[Any, Form] = {int: "whole", float: "number", bool: "flag", str: "text"}
REQUIRED: Any = inspect.Parameter.empty


@dataclass(frozen=True)
class Argument:
    """One thing that an initialiser takes."""

    name: str
    form: Form
    default: Any
    bounds: tuple[Any, ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether a description must say it."""
        return self.default is REQUIRED

    def check(self, value: Any) -> Any:
        """The value as the function gets it. Raises ParameterError that begins with the argument's name."""
        if value is None and self.default is None:
            return None
        if self.form in ("shape", "sides"):
            return self._shape(value)
        if self.form in ("slice", "values", "array"):
            return value  # read where what they must fit is known
        if self.form == "flag":
            return self._must(isinstance(value, bool), "true or false", value)
        if self.form == "text":
            known = f"one of {', '.join(self.choices)}" if self.choices else "text"
            return self._must(isinstance(value, str) and (not self.choices or value in self.choices), known, value)
        return self._number(value)

    def _must(self, right: bool | np.bool_, wanted: str, value: Any) -> Any:
        if not right:
            raise ParameterError(f"{self.name} must be {wanted}, got {shown(value)}", parameter=self.name)
        return value

    def _number(self, value: Any) -> int | float:
        whole = self.form == "whole"
        kinds = int | np.integer if whole else int | float | np.integer | np.floating
        real = isinstance(value, kinds) and not isinstance(value, bool)
        if real and not whole:
            real = abs(value) <= sys.float_info.max  # neither NaN nor infinite, nor a whole number beyond
        wanted = "a finite number without a unit" if self.form == "ratio" else "a finite number"
        self._must(real, "a whole number" if whole else wanted, value)
        found = int(value) if whole else float(value)
        tests = [_WORDS[type(one)] for one in self.bounds]
        limits = [getattr(one, words[0]) for one, words in zip(self.bounds, tests, strict=True)]
        right = all(words[2](found, limit) for words, limit in zip(tests, limits, strict=True))
        said = [f"{words[1]} {limit}" for words, limit in zip(tests, limits, strict=True)]
        self._must(right, " and ".join(said), value)
        return found

    def _shape(self, shape: Any) -> tuple[int, ...]:
        listed = isinstance(shape, list | tuple)
        sides = tuple(shape) if listed else (shape,)
        whole = all(isinstance(n, int | np.integer) and not isinstance(n, bool) and n > 0 for n in sides)
        if self.form == "sides" and not (whole and listed and len(sides) == 2):
            self._must(False, "[M, N] with whole numbers above 0", shape)
        self._must(whole and 1 <= len(sides) <= 2, "N, [N] or [M, N] with whole numbers above 0", shape)
        self._must(all(n <= LARGEST_SIDE for n in sides), f"of sides up to {LARGEST_SIDE}", shape)
        return tuple(int(n) for n in sides)

    def schema(self) -> dict[str, Any]:
        """It in JSON Schema."""
        side = {"type": "integer", "minimum": 1, "maximum": LARGEST_SIDE}
        two = {"type": "array", "items": side, "minItems": 2, "maxItems": 2}
        forms: dict[Form, dict[str, Any]] = {
            "shape": {"anyOf": [side, {**two, "minItems": 1}]},
            "sides": two,
            "slice": {"type": "string", "pattern": "^[0-9]*:[0-9]*$"},
            "values": {"anyOf": [{"type": "number"}, {"$ref": "#/$defs/distribution"}]},
            "array": {"$ref": "#/$defs/array"},
            "number": {"type": "number"},
            "ratio": {"type": "number"},
            "whole": {"type": "integer"},
            "flag": {"type": "boolean"},
            "text": {"type": "string"},
        }
        found = dict(forms[self.form])
        for one in self.bounds:
            found[_SCHEMA_WORDS[type(one)]] = getattr(one, _WORDS[type(one)][0])
        if self.choices:
            found = {"enum": list(self.choices)}
        if self.default is None:
            return {"anyOf": [found, {"type": "null"}], "default": None}
        return found if self.required else {**found, "default": self.default}


@cache
def arguments_of(function: Callable[..., Any]) -> dict[str, Argument]:
    """What a function takes by name, from its annotations. Raises ParameterTypeError for one that says too little."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError as error:
        raise ParameterTypeError(
            f"{function.__qualname__}: an annotation names {error.name!r}, which its module does not have",
            hint="import it at the top of the module, not under TYPE_CHECKING",
        ) from error
    found: dict[str, Argument] = {}
    for name, one in inspect.signature(function).parameters.items():
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.POSITIONAL_ONLY):
            continue
        found[name] = _argument(function, name, hints.get(name), one.default)
    return found


def _argument(function: Callable[..., Any], name: str, hint: Any, default: Any) -> Argument:
    inner, metadata = hint, ()
    if get_origin(hint) in (Union, types.UnionType):
        inner = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(inner) is Annotated:
        inner, *metadata = get_args(inner)
    forms: list[Form] = [one.form for one in metadata if isinstance(one, As)]
    choices = get_args(inner) if get_origin(inner) is Literal else ()
    form = forms[0] if forms else ("text" if choices else _PLAIN.get(inner))
    if form is None:
        raise ParameterTypeError(
            f"{function.__qualname__}: {name} is annotated {hint}, which a document cannot write",
            parameter=name,
            hint="use float, int, bool, str, a Literal, or Ratio, Shape, Sides, Seed, Values, Array of graphnet.arrays",
        )
    bounds = tuple(one for one in metadata if type(one) in _WORDS)
    return Argument(name, form, default, bounds, tuple(str(one) for one in choices))


def checked(owner: str, arguments: Mapping[str, Argument], given: Mapping[Any, Any]) -> dict[str, Any]:
    """The values that a description gives, as the function gets them. Raises ParameterError with everything wrong."""
    said: list[str] = [
        f"missing a required argument: {name!r}"
        for name, one in arguments.items()
        if one.required and name not in given
    ]
    found: dict[str, Any] = {}
    wrong = ""
    for name, value in given.items():
        try:
            if name not in arguments:
                raise ParameterError(_unexpected(name, arguments))
            found[name] = arguments[name].check(value)
        except ParameterError as error:
            wrong = wrong or error.parameter
            said.append(error.message)
    if said:
        raise ParameterError(
            f"{owner}: {'; '.join(said[:20])}", parameter=wrong, hint=f"it takes: {', '.join(arguments)}"
        )
    return found


def _unexpected(name: Any, known: Mapping[str, Argument]) -> str:
    close = near(name, known) if isinstance(name, str) and len(name) < 200 else None
    cure = "" if close is None else f" (did you mean {close!r}?)"
    return f"got an unexpected keyword argument {shown(name)}{cure}"
