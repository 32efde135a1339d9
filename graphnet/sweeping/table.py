"""What came out of a sweep as one row for each run, tidy: CSV that any table reads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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


def columns(rows: Sequence[Row]) -> dict[str, tuple[str, list[Any]]]:
    """For each key the head of its column and its values; those that all have one unit are numbers under it.

    So ``10 ms, 20 ms`` of ``tau`` become ``10.0, 20.0`` of ``tau (ms)``, which a table or an axis can sort.
    """
    found: dict[str, tuple[str, list[Any]]] = {}
    for key in rows[0].member.values:
        values = [row.member.values[key] for row in rows]
        parts = [measured(value) for value in values]
        units = {None if part is None else part[1] for part in parts}
        unit = next(iter(units)) if len(units) == 1 else None
        found[key] = (key, values) if unit is None else (f"{key} ({unit})", [part[0] for part in parts if part])
    return found


def write(rows: Sequence[Row], path: Path) -> None:
    """One line for each run in the order of their numbers: ``run``, the keys, ``status``, the numbers, ``error``.

    The same rows give the same bytes. Raises FileError.
    """
    from ..files import write_atomic

    names, keys = measures(rows), list(columns(rows).values())
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["run", *(head for head, _ in keys), "status", *names, "error"])
    for k, row in enumerate(rows):
        values = [_cell(of_key[k]) for _, of_key in keys]
        found = [row.numbers.get(name, "") for name in names]
        table.writerow([row.member.number, *values, "failed" if row.error else "done", *found, row.error])
    write_atomic(path, text.getvalue().encode())


def _cell(value: Any) -> Any:
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else json.dumps(value)


def shown(rows: Sequence[Row], wanted: str | None) -> str | None:
    """The number that a figure shows: the one that is wanted, or the first that says most; None where there is none."""
    names = measures(rows)
    if wanted in names:
        return wanted
    varying = [name for name in names if len({row.numbers.get(name) for row in rows if not row.error}) > 1]
    return next((name for name in (*FIRST, *varying, *names) if name in names), None)
