"""The folder of a sweep: its runs, its table, its figure, and what it was asked."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..errors import near
from ..experiment import made_folder
from ..runs.folder import alone, surroundings
from . import table
from .members import Sweep
from .table import Row
from .workers import MEMBERS, run_members

log: logging.Logger = logging.getLogger("graphnet")

Watch = Callable[[Iterator[Row]], Iterable[Row]]
"""Goes through rows while showing how far it has come."""


def sweep(
    plan: Sweep,
    path: Path,
    name: str,
    *,
    backend: str = "serial",
    workers: int | None = None,
    watch: Watch | None = None,
) -> list[Row]:
    """Run all members of a sweep and write ``runs.csv``, ``sweep.png``, ``sweep.json``; gives the rows by number.

    However it ends, the table holds the runs that have ended. Raises FileError, and StateError where another process
    sweeps in this folder.
    """
    made_folder(path)
    rows: list[Row] = []
    with alone(path):
        for old in (path / MEMBERS).glob("[0-9]*"):  # of a sweep that had more
            if old.name.isdigit() and int(old.name) >= len(plan.members):
                shutil.rmtree(old)
        try:
            found = run_members(plan.source, plan.members, path, backend, workers)
            for row in watch(found) if watch is not None else found:
                rows.append(row)
        finally:
            rows.sort(key=lambda one: one.member.number)
            if rows:
                table.write(rows, path / "runs.csv")
                _tell(plan, rows, path)
        _draw(plan, rows, path, name)
    return rows


def _tell(plan: Sweep, rows: list[Row], path: Path) -> None:
    from ..files import write_atomic

    said = {
        "from": Path(plan.source.file).name,
        "runs": len(rows),
        "columns": {one.head: one.type for one in table.table(rows)},
        "failed": [row.member.number for row in rows if row.error],
        **surroundings(),
    }
    write_atomic(path / "sweep.json", (json.dumps(said, indent=2) + "\n").encode())


def _draw(plan: Sweep, rows: list[Row], path: Path, name: str) -> None:
    from ..views import sweep as pens

    what = table.shown(rows, plan.show)
    if plan.show is not None and what != plan.show:
        names = table.measures(rows)
        close = near(plan.show, names)
        cure = f"did you mean {close!r}?" if close else f"there are: {', '.join(names) or 'none'}"
        log.warning("sweep.show: no run gives a number %r; %s", plan.show, cure)
    if what is None:
        return
    columns = table.columns(rows)
    values = {one.head: list(one.values) for one in columns.values()}
    logs = frozenset(columns[key].head for key in plan.logarithmic)
    found = [None if row.error else row.numbers.get(what) for row in rows]
    pens.save(pens.draw(name, what, values, found, logs), path / "sweep.png")
