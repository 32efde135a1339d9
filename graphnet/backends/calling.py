"""Independent calls in this process, one after the other or on threads; what each came to, as it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")
WAIT = 0.5  # seconds: some systems deliver an interrupt only between two waits

Ended = tuple[int, B | None, BaseException | None]
"""The number of an item, what the call gave, and the exception that it raised."""


def serially(function: Callable[[A], B], items: Sequence[A]) -> Iterator[Ended[B]]:
    """Call a function on one item after the other."""
    for number, item in enumerate(items):
        yield _called(function, number, item)


def on_threads(function: Callable[[A], B], items: Sequence[A], workers: int) -> Iterator[Ended[B]]:
    """Call a function on so many items at once, each in the context of the caller.

    Where this is closed or interrupted no further call begins, and the process does not wait for those under way: they
    may be long, and a thread cannot be stopped.
    """
    waiting: SimpleQueue[tuple[int, A]] = SimpleQueue()
    for numbered in enumerate(items):
        waiting.put(numbered)
    ended: SimpleQueue[Ended[B]] = SimpleQueue()
    stopped = threading.Event()

    def work() -> None:
        while not stopped.is_set():
            try:
                number, item = waiting.get_nowait()
            except Empty:
                return
            ended.put(_called(function, number, item))

    try:
        for k in range(min(workers, len(items))):
            threading.Thread(target=copy_context().run, args=(work,), name=f"graphnet-call-{k}", daemon=True).start()
        for _ in items:
            yield _next(ended)
    finally:
        stopped.set()


def _called(function: Callable[[A], B], number: int, item: A) -> Ended[B]:
    try:
        return number, function(item), None
    except Exception as error:
        return number, None, error


def _next(ended: SimpleQueue[Ended[B]]) -> Ended[B]:
    while True:
        try:
            return ended.get(timeout=WAIT)
        except Empty:
            continue
