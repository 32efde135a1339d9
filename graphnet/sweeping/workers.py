"""Run the members of a sweep on a backend; one that fails, or takes its process along, is noted."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .. import backends
from ..errors import ClusterError
from ..files import Source, apply_settings
from ..limits import Limits, current, limited
from ..runs import RECORD, again, start
from ..runs.folder import surroundings
from ..runs.ready import ready
from ..runs.resolved import Resolved, resolved
from .failing import failure, one_line
from .members import Member
from .table import Row, numbers

MEMBERS = "runs"
"""The folder of the run folders, each named by its number."""


@dataclass(frozen=True)
class _Running:
    """All that a worker needs besides a member: paths are absolute, since it may stand elsewhere."""

    source: Source
    folder: Path
    limits: Limits
    here: str

    def __call__(self, member: Member) -> Row:
        with limited(self.limits):
            row = run_member(self.source, member, self.folder)
        # named as it was given, and cut after that: a cell does not depend on where the document lies
        return replace(row, error=one_line(row.error.replace(f"{self.here}{os.sep}", "")))


def run_members(
    source: Source, members: Sequence[Member], folder: Path, backend: str = "serial", workers: int | None = None
) -> Iterator[Row]:
    """Rows as runs end, in any order; what each holds is the same for any backend and number of workers.

    ``backend``: ``serial``, ``threads``, ``dask``, or the address of a Dask scheduler, whose workers share the folder's
    disk. A run whose folder holds its results already, of the same document, versions and processor, is not run again.
    Raises ClusterError for a cluster that does not fit or is lost.
    """
    (folder / MEMBERS).mkdir(exist_ok=True)
    here = Path.cwd()
    limits = replace(current(), allow=tuple(here / one for one in current().allow))
    placed = replace(source, file=str(here / source.file)) if source.file else source
    running = _Running(placed, here / folder, limits, str(here))
    for number, row, error in backends.each(running, members, backend, workers):
        if row is None:
            yield Row(members[number], error=one_line(_said(error)))
        elif not row.error and not (_place(folder, members[number]) / RECORD).exists():
            said = f"its worker wrote it to a disk of its own: give a folder that all share, instead of {folder}"
            yield Row(members[number], error=one_line(said))
        else:
            yield row


def _said(error: BaseException | None) -> str:
    """Of an error of ours its message: a hint is for whoever can do something about it."""
    return error.message if isinstance(error, ClusterError) else f"{type(error).__name__}: {error}"


def _place(folder: Path, member: Member) -> Path:
    return folder / MEMBERS / f"{member.number:05d}"


def run_member(source: Source, member: Member, folder: Path) -> Row:
    """Run one member in its folder, or read what is there; whatever keeps it from ending well is in its row."""
    place = _place(folder, member)
    try:
        net = ready(apply_settings(source, member.settings))
        document = resolved(net)
        if not _there(place, document):
            origin = {"from": Path(source.file).name, "settings": list(member.settings)}
            run = again(place) if _begun(place, document) else start(document, net.seed, place, origin)
            run.run(pictures=False)
        return Row(member, numbers(json.loads((place / "summary.json").read_text(encoding="utf-8"))))
    except Exception as error:  # of anybody's layer: the others go on
        return Row(member, error=failure(source, member.values, error))


def _there(place: Path, document: Resolved) -> bool:
    """Whether a folder holds the results of this document; what is in it of another one is taken away."""
    record = _record(place)
    if record is None:
        return False
    if record.get("document") != document.sha256:
        shutil.rmtree(place)
        return False
    same = all(record.get(name) == now for name, now in surroundings().items())
    if record.get("state") == "done" and not same:
        shutil.rmtree(place)
        return False
    return record.get("state") == "done" and (place / "summary.json").exists()


def _begun(place: Path, document: Resolved) -> bool:
    record = _record(place)
    return record is not None and record.get("document") == document.sha256 and (place / "document.yaml").exists()


def _record(place: Path) -> dict[str, Any] | None:
    try:
        record = json.loads((place / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None
