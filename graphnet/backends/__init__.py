"""Backends run a template over blocks and know nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..errors import ParameterError
from .serial import TaskFailed, run

NAMES = ("serial", "threads", "dask")


def choose(backend: Any, workers: int | None) -> Callable[..., None]:
    """The function ``run(template, states, blocks, after)`` of a backend: a name, a Dask client, or a scheduler's address.

    Raises ParameterError for another name, or workers that are no whole number above 0.
    """
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise ParameterError(f"workers must be a whole number above 0, got {workers!r}", parameter="workers")
    if backend == "serial":
        return run
    if backend == "threads":
        from . import threads

        return partial(threads.run, workers=workers)
    if isinstance(backend, str) and backend != "dask" and "://" not in backend:
        raise ParameterError(
            f"no backend {backend!r}", parameter="backend", hint=f"one of {', '.join(NAMES)}, a client, or tcp://host:port"
        )
    from . import dask

    return partial(dask.run, client=None if backend == "dask" else backend, workers=workers)


__all__ = ["NAMES", "TaskFailed", "choose", "run"]
