"""Threads that run stripes over blocks: which may start, what ends, and what happens when one fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Any

from ..tasks import Template
from .stripes import Stripe, beyond, raise_failure, run_walk

WAIT = 0.5  # seconds: some systems deliver an interrupt only between two waits


def depth_of(workers: int) -> int:
    """How many blocks so many threads have under way at most; each needs slots and buffers of its own."""
    return workers + 1


class Crew:
    """Runs blocks ``first`` to ``last - 1`` of a template on several threads; ``states`` is replaced entry by entry.

    The unit of work is a stripe over a block. It may start once the stripes it reads have run that block, its own block
    before is done, and block k - ``depth`` is complete, whose slots and buffers it uses again. Whoever finishes a unit
    goes on with the oldest one that it made ready and leaves the others in a queue. The calling thread runs no task: it
    waits for blocks to be complete. It takes no lock that a worker holds, so that an interrupt never leaves one locked.
    """

    def __init__(
        self, template: Template, states: list[Any], stripes: Sequence[Stripe], first: int, last: int, workers: int
    ) -> None:
        self.template: Template = template
        self.states: list[Any] = states
        self.stripes: Sequence[Stripe] = stripes
        self.last: int = last
        self.workers: int = min(workers, len(stripes))
        self.depth: int = depth_of(self.workers)
        self._slots: list[list[Any]] = [[None] * len(template) for _ in range(self.depth)]
        self._left = [len(stripes)] * self.depth  # stripes that a block still waits for
        self._floor = first  # the oldest block that is not complete
        self._next = [first] * len(stripes)  # each stripe's next block
        self._busy = [False] * len(stripes)  # in the queue or running
        self._active = 0  # how many are
        self._lock = threading.Lock()
        self._ready: SimpleQueue[tuple[int, int] | None] = SimpleQueue()
        self._reports: SimpleQueue[int | None] = SimpleQueue()
        self._gone: SimpleQueue[None] = SimpleQueue()
        self._ended: list[None] = []  # one for every thread that is through its work
        self._telling = False  # whether anybody wants to know that a block is complete
        self._halts: list[tuple[int, int]] = []  # (block, task) from which on nothing may start
        self._failures: dict[tuple[int, int], BaseException] = {}

    def run(self, after: Callable[[int], None] | None = None) -> None:
        """Run all blocks; ``after(k)`` follows in the calling thread once block k is complete.

        Raises what serial would: TaskFailed of the first task, by block and then by place in the template, that raises.
        Every thread has ended when this returns or raises, also where it is interrupted or ``after`` raises.
        """
        threads = [
            threading.Thread(target=copy_context().run, args=(self._work,), name=f"graphnet-{number}")
            for number in range(self.workers)
        ]
        self._telling = after is not None
        try:
            fresh = self._open(range(len(self.stripes)))
            self._active = len(fresh)
            for unit in fresh:
                self._ready.put(unit)
            if not fresh:
                self._end()
            for thread in threads:
                thread.start()
            while (k := self._report()) is not None:
                if after is not None:
                    after(k)
        except BaseException:
            self._halts.append((-1, -1))
            raise
        finally:
            self._wait(threads)
        if self._failures:
            (k, i), error = min(self._failures.items(), key=lambda one: one[0])
            raise_failure(self.template, k, i, error)

    def _report(self) -> int | None:
        while True:
            try:
                return self._reports.get(timeout=WAIT)
            except Empty:
                continue

    def _wait(self, threads: Sequence[threading.Thread]) -> None:
        """Until every thread has ended, through interrupts too: a task that runs cannot be stopped.

        An interrupted ``Thread.join`` may take a running thread for one that has ended: the threads say so themselves,
        in a list, since an interrupt can also take what a queue just gave.
        """
        while len(self._ended) < sum(one.ident is not None for one in threads):  # the last ones may never have started
            try:
                self._gone.get(timeout=WAIT)
            except (Empty, KeyboardInterrupt):
                continue
        for one in threads:
            if one.ident is not None:
                one.join()

    # ------------------------------------------------------------------ in the workers

    def _work(self) -> None:
        try:
            unit = self._ready.get()
            while unit is not None:
                k, s = unit
                ran = not beyond(self._halts, k, self.stripes[s].first)
                if ran:
                    self._run_stripe(self.stripes[s], k)
                unit = self._finish(k, s, ran) or self._ready.get()
        except BaseException as error:  # of this bookkeeping: nobody may wait for ever
            self._fail(-1, -1, error)
            self._end()
        finally:
            self._ended.append(None)
            self._gone.put(None)

    def _run_stripe(self, stripe: Stripe, k: int) -> None:
        slots = self._slots[k % self.depth]
        failed = run_walk(stripe.walk, k, self.states, slots, self._halts)
        if failed is not None:
            self._fail(k, *failed)

    def _finish(self, k: int, s: int, ran: bool) -> tuple[int, int] | None:
        """Note that a unit is over; gives the one to go on with."""
        with self._lock:
            self._busy[s] = False
            fresh: list[tuple[int, int]] = []
            if ran:
                self._next[s] = k + 1
                self._left[k % self.depth] -= 1
                complete = not self._left[k % self.depth]
                if complete:
                    self._complete(k)
                fresh = self._open(range(len(self.stripes)) if complete else (*self.stripes[s].post, s))
            self._active += len(fresh) - 1
            over = not self._active
        if over:
            self._end()
        if not fresh:
            return None
        fresh.sort()
        for unit in fresh[1:]:
            self._ready.put(unit)
        return fresh[0]

    def _complete(self, k: int) -> None:
        self._left[k % self.depth] = len(self.stripes)
        self._floor = k + 1
        if self._telling and not beyond(self._halts, k, len(self.template)):
            self._reports.put(k)

    def _open(self, numbers: Sequence[int]) -> list[tuple[int, int]]:
        """Mark the stripes of these that may start now, and list them with their blocks."""
        fresh: list[tuple[int, int]] = []
        until = min(self.last, self._floor + self.depth)
        for s in numbers:
            k = self._next[s]
            if self._busy[s] or k >= until or beyond(self._halts, k, self.stripes[s].first):
                continue
            if all(self._next[one] > k for one in self.stripes[s].pre):
                self._busy[s] = True
                fresh.append((k, s))
        return fresh

    # ------------------------------------------------------------------ when something fails

    def _fail(self, k: int, i: int, error: BaseException) -> None:
        self._failures[k, i] = error
        self._halts.append((k, i))

    def _end(self) -> None:
        for _ in range(self.workers):
            self._ready.put(None)
        self._reports.put(None)
