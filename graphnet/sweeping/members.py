"""Which runs a sweep asks for: the values of each key, and how they are combined."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import DocumentError, GraphnetError, ParameterError, Problem
from ..files import Source, apply_settings
from ..noise import noise_key, uniform

MOST = 100_000
"""Runs of one sweep, at most: a slip of the pen in three keys would ask for more than any folder takes."""
WAYS = ("linspace", "logspace", "uniform", "loguniform")


@dataclass(frozen=True)
class Member:
    """One run of a sweep: its number from 0, and the value of each key."""

    number: int
    values: Mapping[str, Any]

    @property
    def settings(self) -> tuple[str, ...]:
        """The values as ``--set`` takes them: JSON is YAML, and exact."""
        return tuple(f"{key}={json.dumps(value, allow_nan=False)}" for key, value in self.values.items())


@dataclass(frozen=True)
class Sweep:
    """The document without its section ``sweep``, the runs, the keys on a logarithmic scale, what is to be shown, and
    what runs them."""

    source: Source
    members: Sequence[Member]
    logarithmic: frozenset[str] = frozenset()
    show: str | None = None
    backend: str | None = None
    workers: int | None = None


def planned(source: Source) -> Sweep:
    """The sweep that a sound document asks for. Raises DocumentError with every problem of the section ``sweep``."""
    section = source.data.get("sweep")
    if not section:
        hint = "add one, such as sweep: {over: {seed: [1, 2, 3]}}"
        raise DocumentError([source.problem(f"there is no section sweep; {hint}")])
    base = replace(source, data={key: value for key, value in source.data.items() if key != "sweep"})
    over, problems = section["over"], []
    found: dict[str, list[Any]] = {}
    for key, given in over.items():
        try:
            found[key] = given if isinstance(given, list) else spread(key, given)
        except GraphnetError as error:
            problems.append(source.problem(str(error), ("sweep", "over", key), error))
    problems += _unknown(base, source, {key: values[0] for key, values in found.items()})
    combine = section.get("combine", "product")
    rows: list[tuple[Any, ...]] = []
    if not problems:
        try:
            rows = _combined(found, combine)
        except ParameterError as error:
            problems.append(source.problem(str(error), ("sweep", error.parameter), error))
    if problems:
        raise DocumentError(problems)
    logs = frozenset(
        key for key, given in over.items() if isinstance(given, dict) and {"logspace", "loguniform"} & {*given}
    )
    members = [Member(number, dict(zip(found, row, strict=True))) for number, row in enumerate(rows)]
    return Sweep(base, members, logs, *(section.get(key) for key in ("show", "backend", "workers")))


def _unknown(base: Source, source: Source, firsts: Mapping[str, Any]) -> list[Problem]:
    """What keeps keys from being set, each said at its line."""
    problems: list[Problem] = []
    for key, value in firsts.items():
        try:
            base = apply_settings(base, Member(0, {key: value}).settings)
        except DocumentError as error:
            problems += [source.problem(one.message, ("sweep", "over", key), one.error) for one in error.problems]
        except ValueError:  # of JSON, which has no NaN and no infinity
            problems.append(source.problem(f"{value!r} is no number that a document can hold", ("sweep", "over", key)))
    return problems


def _combined(found: Mapping[str, Sequence[Any]], combine: str) -> list[tuple[Any, ...]]:
    counts = {key: len(values) for key, values in found.items()}
    if combine == "zip" and len(set(counts.values())) > 1:
        said = ", ".join(f"{key} has {count}" for key, count in counts.items())
        raise ParameterError(
            f"side by side, all keys have as many values: {said}",
            parameter="combine",
            hint="give as many values, or write 'combine: product'",
        )
    number = math.prod(counts.values()) if combine == "product" else max(counts.values())
    if number > MOST:
        raise ParameterError(f"{number} runs are more than the {MOST} of one sweep", parameter="over")
    return list(itertools.product(*found.values()) if combine == "product" else zip(*found.values(), strict=True))


def spread(key: str, given: Mapping[str, Any]) -> list[Any]:
    """The values of a key that are spread over a range; whole numbers where all of them and both ends are.

    ``uniform`` and ``loguniform`` are drawn by counter from ``seed`` and the key. Raises ParameterError.

    >>> spread("tau", {"logspace": [0.01, 1.0, 3]}), spread("seed", {"linspace": [1, 5, 3]})
    ([0.01, 0.1, 1.0], [1, 3, 5])
    """
    ways = [way for way in WAYS if given.get(way) is not None]
    if len(ways) != 1:
        raise ParameterError(f"values are spread in one way of {', '.join(WAYS)}, here are {len(ways)}", parameter=key)
    (way,) = ways
    *ends, number = given[way]
    if isinstance(number, str) or number != int(number) or number < 1:
        raise ParameterError(f"{way} ends with the number of values, a whole number above 0, got {number!r}")
    if isinstance(ends[0], str) or isinstance(ends[1], str):
        return _with_unit(key, {**given, way: [*ends, number]}, way)
    (low, high), count, logarithmic = ends, int(number), way.startswith("log")
    if logarithmic and min(low, high) <= 0:
        raise ParameterError(f"{way} goes between numbers above 0, got {low!r} and {high!r}", parameter=key)
    if "uniform" in way:
        at = uniform(noise_key("sweep", key, int(given.get("seed", 0))), 0, 0, count, 1)[:, 0]
    else:
        at = np.linspace(0.0, 1.0, count)
    exactly = [low * (high / low) ** one if logarithmic else low + (high - low) * one for one in at.tolist()]
    # 15 digits: 0.9 and not 0.9000000000000001; the ends are exact, and nothing lies beyond them
    values = [min(max(float(f"{one:.15g}"), float(min(low, high))), float(max(low, high))) for one in exactly]
    if way.endswith("space"):
        values[-1] = float(high)
        values[0] = float(low)
    whole = all(isinstance(one, int) for one in (low, high)) and all(one.is_integer() for one in values)
    return [int(one) for one in values] if whole else values


def _with_unit(key: str, given: Mapping[str, Any], way: str) -> list[Any]:
    """Values between two ends in one unit, each with that unit."""
    *ends, number = given[way]
    parts = [measured(one) for one in ends]
    units = {part[1] for part in parts if part is not None}
    if None in parts or len(units) != 1:
        raise ParameterError(
            f"{way} goes between two numbers, or two in one unit such as [10 ms, 50 ms, 5], got {ends}", parameter=key
        )
    numbers = [part[0] for part in parts if part is not None]
    return [f"{one!r} {next(iter(units))}" for one in spread(key, {**given, way: [*numbers, number]})]


_MEASURED: re.Pattern[str] = re.compile(
    r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)\s*([^\s\d.]\S*)\s*", re.ASCII
)


def measured(value: Any) -> tuple[float, str] | None:
    """The number and the unit of a written quantity, or None of anything else.

    >>> measured("10 ms"), measured("fast"), measured(10)
    ((10.0, 'ms'), None, None)
    """
    found = _MEASURED.fullmatch(value) if isinstance(value, str) and len(value) < 100 else None
    return None if found is None else (float(found[1]), found[2])
