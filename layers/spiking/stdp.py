"""STDP: how weights of spiking neurons learn from pairs of spikes, as a parameter of their layer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import annotated_types as at
import numpy as np

from graphnet import (
    GraphnetError,
    NonNegative,
    ParameterError,
    ParameterTypeError,
    Positive,
    Seconds,
    Unit,
    UnknownName,
)

SIGNS: dict[type[Any], tuple[str, str, str]] = {
    at.Gt: ("gt", "greater than", "exclusiveMinimum"),
    at.Ge: ("ge", "greater than or equal to", "minimum"),
}
"""Where a bound keeps its limit, what we call it, and what JSON Schema does."""


@dataclass(frozen=True, kw_only=True, eq=False)
class STDP(Mapping[str, Any]):
    r"""Spike-timing-dependent plasticity: pairs of an event that arrives and a spike that is fired change weights.

    With s = t_post - t_pre, the time from the arrival of an event at the neuron to a spike of the neuron, and
    p = (w - w_min) / (w_max - w_min):

    w <- w + A_plus (1 - p)^mu exp(-s/tau_plus) where s >= 0, at the spike that is fired;
    w <- w - A_minus p^mu exp(s/tau_minus) where s < 0, at the event that arrives;

    and w stays within w_min and w_max. mu = 0 is the additive rule, mu = 1 the multiplicative one. ``pairs``: "all", or
    of each event and each spike only the pair with the "nearest" before it.

    It is also the mapping of its fields, as which documents have it.

    The order within a step: an event arrives, passes on the weight that it finds, and depresses; then the neuron may
    fire, and potentiates. So an event and a spike of one step are a pair with s = 0. An event counts where it arrives:
    the neurons' own spikes after their delay.

    Source: Song, Miller and Abbott 2000, Nature Neuroscience 3:919-926 (the rule and these constants); Morrison,
    Diesmann and Gerstner 2008, Biological Cybernetics 98:459-478 (dependence on the weight, which spikes pair, traces).

    >>> STDP(A_plus=0.01).A_plus
    0.01
    """

    tau_plus: Positive[Seconds] = 0.02
    """The time constant of potentiation."""
    tau_minus: Positive[Seconds] = 0.02
    """The time constant of depression."""
    A_plus: NonNegative[float] = 0.005
    """What a pair with s = 0 adds to a weight at w_min."""
    A_minus: NonNegative[float] = 0.00525
    """What a pair with s just below 0 takes from a weight at w_max."""
    w_min: float = 0.0
    """No weight falls below it."""
    w_max: float = 1.0
    """No weight rises above it."""
    mu: NonNegative[float] = 0.0
    """How much changes depend on the weight: 0 not at all, 1 in proportion to its distance from the bound."""
    pairs: Literal["all", "nearest"] = "all"
    """Which spikes pair."""

    def __post_init__(self) -> None:
        for name, annotation in get_type_hints(type(self), include_extras=True).items():
            object.__setattr__(self, name, _checked(name, annotation, getattr(self, name)))
        if not self.w_min < self.w_max:
            raise ParameterError(
                f"STDP: w_min should be less than w_max, got {self.w_min!r} and {self.w_max!r}",
                owner="STDP",
                parameter="w_min",
            )

    def __getitem__(self, name: str) -> Any:
        return vars(self)[name]

    def __iter__(self) -> Iterator[str]:
        return (one.name for one in fields(self))

    def __len__(self) -> int:
        return len(fields(self))

    @classmethod
    def of(cls, value: Any) -> STDP:
        """A rule given as such or as a mapping of its fields. Raises ParameterError, UnknownName."""
        if isinstance(value, STDP):
            return value
        if not isinstance(value, Mapping):
            raise ParameterTypeError(f"should be an STDP or a mapping of its fields, got {value!r}", owner="STDP")
        known = [one.name for one in fields(cls)]
        for name in value:
            if name not in known:
                raise UnknownName("field of STDP", str(name), known)
        return cls(**value)


def _checked(name: str, annotation: Any, value: Any) -> Any:
    """A field's value as it is held. Raises ParameterError."""
    allowed = get_args(annotation) if get_origin(annotation) is Literal else ()
    if allowed:
        if value not in allowed:
            words = " or ".join(map(repr, allowed))
            raise ParameterError(f"STDP: {name} should be {words}, got {value!r}", owner="STDP", parameter=name)
        return value
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise ParameterTypeError(f"STDP: {name} should be a number, got {value!r}", owner="STDP", parameter=name)
    number = float(value)
    wrong = "" if math.isfinite(number) else "finite"
    for bound in _bounds(annotation):
        limit, words, _ = SIGNS[type(bound)]
        low = getattr(bound, limit)
        holds = number > low if limit == "gt" else number >= low
        wrong = wrong or ("" if holds else f"{words} {low}")
    if wrong:
        raise ParameterError(f"STDP: {name} should be {wrong}, got {value!r}", owner="STDP", parameter=name)
    return number


def _bounds(annotation: Any) -> list[Any]:
    return [one for one in getattr(annotation, "__metadata__", ()) if type(one) in SIGNS]


@dataclass(frozen=True, eq=False)
class Rules(Mapping[str, STDP]):
    """Rules by the name of their receptor. Nobody can write to it, so copies share it."""

    pairs: tuple[tuple[str, STDP], ...]

    def __getitem__(self, name: str) -> STDP:
        return dict(self.pairs)[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)


# ---------------------------------------------------------------------- as a parameter


def held(value: Any) -> STDP | Rules | None:
    """A rule, or rules by receptor, as a layer holds them. Raises ParameterError, UnknownName."""
    if value is None or isinstance(value, STDP):
        return value
    if isinstance(value, Mapping) and any(isinstance(one, STDP | Mapping) for one in value.values()):
        return Rules(tuple((str(name), STDP.of(one)) for name, one in value.items()))
    return STDP.of(value)


def plain(value: STDP | Rules | None) -> dict[str, Any] | None:
    """What ``held`` gave, as plain data."""
    if isinstance(value, Rules):
        return {name: dict(one) for name, one in value.items()}
    return None if value is None else dict(value)


class Held:
    """Marks a field that is given as a rule or a mapping, and held as ``held`` gives it."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(_told)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        rule = _schema()
        named = {"type": "object", "minProperties": 1, "additionalProperties": rule}
        return {"anyOf": [rule, named, {"type": "null"}]}


Plasticity = Annotated[STDP | Mapping[str, Any] | None, Held()]
"""A rule, rules by receptor for those that learn, or none."""


def _told(value: Any) -> STDP | Rules | None:
    """``held``, its errors told to the validator in a form that keeps our text."""
    from pydantic_core import PydanticCustomError

    try:
        return held(value)
    except GraphnetError as error:
        raise PydanticCustomError("graphnet", "{text}", {"text": str(error)}) from error


def _schema() -> dict[str, Any]:
    """The fields of a rule as JSON Schema."""
    hints = get_type_hints(STDP, include_extras=True)
    found = {one.name: {**_field(hints[one.name]), "default": one.default} for one in fields(STDP)}
    return {"type": "object", "title": "STDP", "properties": found, "additionalProperties": False}


def _field(annotation: Any) -> dict[str, Any]:
    if get_origin(annotation) is Literal:
        return {"enum": list(get_args(annotation))}
    field: dict[str, Any] = {"type": "number"}
    for bound in _bounds(annotation):
        limit, _, keyword = SIGNS[type(bound)]
        field[keyword] = getattr(bound, limit)
    unit = next((one.symbol for one in getattr(annotation, "__metadata__", ()) if isinstance(one, Unit)), "")
    return {**field, "unit": unit} if unit else field
