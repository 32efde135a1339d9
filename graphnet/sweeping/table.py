"""What came out of a sweep as one row for each run, tidy: CSV that any table reads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ParameterError
from ..quantities import in_unit
from .members import Member, measured

TIMING = ("network", "seed", "simulated_seconds", "elapsed_seconds", "real_time_factor", "processor", "versions")
"""What a summary says that is no result, or differs between two runs of the same bits."""
FIRST = ("accuracy", "nrmse", "rmse", "coincidence", "rate_correlation")
"""What a figure shows where nobody says, the first of these that is there."""


@dataclass(frozen=True)
class Row:
    """How one run ended: ``numbers`` of its summary, or the ``error`` that kept it from them."""

    member: Member
    numbers: Mapping[str, float] = field(default_factory=dict)
    error: str = ""


def numbers(summary: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a summary, those inside others by dotted names.

    >>> numbers({"accuracy": 0.5, "firing": {"lif": {"rate": 8.0}}, "elapsed_seconds": 3.2, "recorded": ["lif"]})
    {'accuracy': 0.5, 'firing.lif.rate': 8.0}
    """
    return dict(_flat({key: value for key, value in summary.items() if key not in TIMING}, ""))


def _flat(value: Any, name: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _flat(one, f"{name}.{key}" if name else key)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def measures(rows: Sequence[Row]) -> list[str]:
    """The names of all numbers, in the order in which the runs bring them."""
    return list(dict.fromkeys(name for row in rows for name in row.numbers))


@dataclass(frozen=True)
class Column:
    """A column of one type, as pandas calls it: ``Int64``, ``float64``, ``boolean`` or ``string``.

    None among the ``values`` is an empty cell.
    """

    head: str
    type: str
    values: Sequence[Any]

    def cells(self) -> list[str]:
        """The values as they are written."""
        return ["" if one is None else WRITTEN[self.type](one) for one in self.values]


WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "Int64": lambda value: str(int(value)),
    "float64": lambda value: repr(float(value)),
    "boolean": lambda value: "true" if value else "false",
    "string": str,
}


def column(head: str, values: Sequence[Any]) -> Column:
    """A column of values: whole numbers, numbers, truths or text where all are such, and else text in JSON.

    Whole numbers beside others are numbers. None stays empty where the others have one type.

    >>> column("k", [1, 2.5, None]).cells(), column("k", ["a", None]).cells(), column("k", ["a", 1, None]).cells()
    (['1.0', '2.5', ''], ['a', ''], ['"a"', '1', 'null'])
    >>> column("k", [[1, 2], [3]]).cells()
    ['[1, 2]', '[3]']
    """
    there = [value for value in values if value is not None]
    kinds = {type(value) for value in there}
    if kinds == {bool}:
        return Column(head, "boolean", values)
    if kinds == {int} and all(abs(value) < 2**63 for value in there):
        return Column(head, "Int64", values)
    if kinds <= {int, float}:
        return Column(head, "float64", values)
    if kinds == {str} and "" not in there:
        return Column(head, "string", values)
    return Column(head, "string", [json.dumps(value) for value in values])


def columns(rows: Sequence[Row]) -> dict[str, Column]:
    """The column of each key; quantities of one kind are numbers of one unit, which the head says.

    So ``10 ms, 20 ms`` of ``tau`` become ``10.0, 20.0`` of ``tau (ms)``, which a table or an axis can sort, and so do
    ``10 ms, 0.02 s``. A number without a unit beside times is one of seconds.
    """
    found: dict[str, Column] = {}
    for key in rows[0].member.values:
        values = [row.member.values[key] for row in rows]
        unit, numbers = _measured(values)
        found[key] = column(key if unit is None else f"{key} ({unit})", numbers)
    return found


def _measured(values: Sequence[Any]) -> tuple[str | None, Sequence[Any]]:
    """The unit in which values that are quantities stand, and their numbers in it; None where they are no such."""
    parts = [measured(value) for value in values]
    units = list(dict.fromkeys(part[1] for part in parts if part is not None))
    if not units or any(isinstance(value, bool | list | dict) for value in values):
        return None, values
    if len(units) == 1 and None not in parts:
        return units[0], [part[0] for part in parts if part is not None]
    bare = any(isinstance(value, int | float) for value in values)
    unit = BASES.get(units[0][-1]) if bare else units[0]
    try:
        return unit, values if unit is None else [in_unit(value, unit) for value in values]
    except ParameterError:  # of different kinds
        return None, values


BASES: Mapping[str, str] = {"s": "s", "z": "Hz"}
"""What a number without a unit counts beside one with it, by the last letter of that: seconds, hertz."""


def table(rows: Sequence[Row]) -> list[Column]:
    """All columns: ``run``, the keys, ``status``, the numbers of the summaries, ``error``."""
    return [
        Column("run", "Int64", [row.member.number for row in rows]),
        *columns(rows).values(),
        Column("status", "string", ["failed" if row.error else "done" for row in rows]),
        *(column(name, [row.numbers.get(name) for row in rows]) for name in measures(rows)),
        Column("error", "string", [row.error or None for row in rows]),
    ]


def write(rows: Sequence[Row], path: Path) -> None:
    """One line for each run in the order of their numbers; every column has one type (see ``Column``).

    The same rows give the same bytes. Raises FileError.
    """
    from ..files import write_atomic

    made = table(rows)
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([one.head for one in made])
    lines.writerows(zip(*(one.cells() for one in made), strict=True))
    write_atomic(path, text.getvalue().encode())


def shown(rows: Sequence[Row], wanted: str | None) -> str | None:
    """The number that a figure shows: the one that is wanted, or the first that says most; None where there is none."""
    names = measures(rows)
    if wanted in names:
        return wanted
    varying = [name for name in names if len({row.numbers.get(name) for row in rows if not row.error}) > 1]
    return next((name for name in (*FIRST, *varying, *names) if name in names), None)
