"""Backends run a template over blocks and know nothing else; they also spread independent calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from ..errors import ParameterError
from . import calling
from .calling import Ended
from .serial import TaskFailed, run

A = TypeVar("A")
B = TypeVar("B")
NAMES = ("serial", "threads", "dask")


@contextmanager
def opened(backend: Any, workers: int | None) -> Iterator[Callable[..., None]]:
    """The function ``run(template, states, blocks, after)`` of a backend: a name, a Dask client, or an address.

    What it needs, a cluster perhaps, is there while this is open. Raises ParameterError for another name, or workers
    that are no whole number above 0.
    """
    kind = _kind(backend, workers)
    if kind == "serial":
        yield run
    elif kind == "threads":
        from . import threads

        yield partial(threads.run, workers=workers)
    else:
        from . import dask

        with dask.connected(None if backend == "dask" else backend, workers) as client:
            yield partial(dask.run, client=client)


def depth(backend: Any, workers: int | None) -> int:
    """How many blocks the backend has under way at once in this process, each of which needs buffers of its own."""
    if _kind(backend, workers) != "threads":
        return 1
    from . import threads

    return threads.depth(workers)


def spread(function: Callable[[A], B], items: Sequence[A], backend: Any, workers: int | None) -> list[B]:
    """Call a function on every item, the calls independent of each other; results in the order of the items."""
    kind = _kind(backend, workers)
    if kind == "serial":
        return [function(one) for one in items]
    if kind == "threads":
        from concurrent.futures import ThreadPoolExecutor
        from os import cpu_count

        with ThreadPoolExecutor(workers or cpu_count() or 1) as pool:
            return list(pool.map(function, items))
    from . import dask

    return dask.spread(function, items, client=None if backend == "dask" else backend, workers=workers)


def each(function: Callable[[A], B], items: Sequence[A], backend: Any, workers: int | None) -> Iterator[Ended[B]]:
    """Call a function on every item, the calls independent of each other.

    As calls end, in any order: the number of the item, what the call gave, and the exception that it raised. The others
    go on. On processes, the end of one is such an exception too, a ClusterError; in this process it is the end of all.
    """
    kind = _kind(backend, workers)
    if kind == "serial":
        return calling.serially(function, items)
    if kind == "threads":
        from . import threads

        return calling.on_threads(function, items, workers or threads.available())
    from . import dask

    return dask.each(function, items, client=None if backend == "dask" else backend, workers=workers)


def _kind(backend: Any, workers: int | None) -> str:
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise ParameterError(f"workers must be a whole number above 0, got {workers!r}", parameter="workers")
    if backend in NAMES:
        return str(backend)
    if isinstance(backend, str) and "://" not in backend:
        raise ParameterError(
            f"no backend {backend!r}", parameter="backend", hint=f"{', '.join(NAMES)}, a client, or tcp://host:port"
        )
    return "dask"


__all__ = ["NAMES", "Ended", "TaskFailed", "depth", "each", "opened", "run", "spread"]
