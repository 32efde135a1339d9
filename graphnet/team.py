"""Threads that share one long piece of work of a run, where neither branches nor blocks leave anything to divide."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_here = threading.local()


@contextmanager
def team(workers: int) -> Iterator[None]:
    """Inside, what this thread shares is done by so many threads, this one among them; the others end with it."""
    if workers < 2:
        yield
        return
    from concurrent.futures import ThreadPoolExecutor

    before = getattr(_here, "pool", None), members()
    with ThreadPoolExecutor(workers - 1, thread_name_prefix="graphnet-team") as pool:
        begun = threading.Barrier(workers)  # every thread is there before any of them waits for another's work
        try:
            for _ in range(workers - 1):
                pool.submit(begun.wait)
            begun.wait()
        except BaseException:
            begun.abort()
            raise
        _here.pool, _here.members = pool, workers
        try:
            yield
        finally:
            _here.pool, _here.members = before


def members() -> int:
    """How many threads share what this one has to do: 1 outside of a ``team``."""
    return getattr(_here, "members", 1)


def share(work: Callable[[int], None], parts: int) -> None:
    """Call ``work(0)`` to ``work(parts - 1)``, each in a thread of its own as far as there are members.

    Ends when all have ended; raises what the first of them raised.
    """
    pool: ThreadPoolExecutor | None = getattr(_here, "pool", None)
    others = [] if pool is None else [pool.submit(work, part) for part in range(1, parts)]
    try:
        for part in range(parts if pool is None else 1):
            work(part)
    finally:
        errors = [one.exception() for one in others]
    for error in errors:
        if error is not None:
            raise error
