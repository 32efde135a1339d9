"""Run the members of a sweep here or in processes of their own; one that fails, or ends its process, is noted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from typing import Any

from ..arrays import Limits, limited
from ..arrays.limits import current
from ..errors import DocumentError
from ..files import Source, apply_settings
from ..runs import RECORD, again, start
from ..runs.folder import surroundings
from ..runs.ready import ready
from ..runs.resolved import Resolved, resolved
from .members import Member
from .table import Row, numbers

MEMBERS = "runs"
"""The folder of the run folders, each named by its number."""


def run_members(source: Source, members: Sequence[Member], folder: Path, workers: int = 1) -> Iterator[Row]:
    """Rows as runs end, in any order; what each holds is the same for any number of workers.

    A run whose folder holds its results already, of the same document, versions and processor, is not run again.
    """
    (folder / MEMBERS).mkdir(exist_ok=True)
    if workers == 1:
        for member in members:
            yield run_member(source, member, folder)
        return
    left = list(members)
    while left:
        ended: set[int] = set()
        for row in _pooled(source, left, folder, workers):
            ended.add(row.member.number)
            yield row
        rest = [one for one in left if one.number not in ended]
        if len(rest) == len(left) and workers == 1:
            yield Row(rest.pop(0), error="the process of this run was ended from outside, or it crashed")
        left, workers = rest, 1  # a process has died: one at a time from here on, so that it is known whose


def _pooled(source: Source, members: Sequence[Member], folder: Path, workers: int) -> Iterator[Row]:
    """Rows of a pool of processes, until one of these dies."""
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin)
    try:
        futures: dict[Future[Row], Member] = {}
        for member in members:
            futures[pool.submit(_run_elsewhere, current(), source, member, folder)] = member
        for future in as_completed(futures):
            try:
                yield future.result()
            except BrokenProcessPool:
                return
    except BrokenProcessPool:  # while members were still being handed out
        return
    except BaseException:
        for child in active_children():  # an interrupt does not wait for runs that may be long
            child.terminate()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    """What a worker does first: leave interrupts to the parent, and end when that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent: Any = parent_process()

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _run_elsewhere(limits: Limits, source: Source, member: Member, folder: Path) -> Row:
    """Run one member in a worker, by the limits of the process that asks for it."""
    with limited(limits):
        return run_member(source, member, folder)


def run_member(source: Source, member: Member, folder: Path) -> Row:
    """Run one member in its folder, or read what is there; whatever keeps it from ending well is in its row."""
    place = folder / MEMBERS / f"{member.number:05d}"
    try:
        net = ready(apply_settings(source, member.settings))
        document = resolved(net)
        if not _there(place, document):
            origin = {"from": Path(source.file).name, "settings": list(member.settings)}
            run = again(place) if _begun(place, document) else start(document, net.seed, place, origin)
            run.run(pictures=False)
        return Row(member, numbers(json.loads((place / "summary.json").read_text(encoding="utf-8"))))
    except DocumentError as error:
        return Row(member, error=_line("; ".join(f"{one.file}: {one.message}" for one in error.problems)))
    except Exception as error:  # of anybody's layer: the others go on
        return Row(member, error=_line(f"{type(error).__name__}: {error}"))


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


def _line(text: str) -> str:
    """A text on one line, short enough for a table."""
    line = " ".join(text.split())
    return line if len(line) <= 300 else line[:297] + "..."
