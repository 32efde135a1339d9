"""The threads backend: branches in parallel, chains pipelined over blocks, the grain chosen by measuring."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from statistics import fmean
from time import perf_counter
from typing import Any

from ..errors import ParameterError
from ..tasks import Template
from ..team import team
from . import serial
from .crew import Crew, depth_of
from .stripes import Step, Stripe, cut, raise_failure, run_walk, whole

GRAIN = 200.0  # microseconds that a stripe should take: a hand-over between threads costs 10 to 30
HELD = 15.0  # microseconds of a task that are Python, during which no other thread runs
MEASURED = 2  # blocks at most that run serially first
TRIAL = 4  # blocks for every worker, after which threads must have proved faster
SLACK = 1.1  # what a block may take on threads, of what it takes alone: a wrong guess is not worth a change
PAUSE = 16  # trials that the serial run lasts before the next one, where threads have lost twice

After = Callable[[int], None] | None


def run(
    template: Template,
    states: list[Any],
    blocks: int,
    after: After = None,
    *,
    workers: int | None = None,
    grain: float | None = None,
) -> None:
    """Run every task for every block on ``workers`` threads (None: one for every processor that this process may use).

    Same bits and same errors as ``serial.run``, of a template that allows ``depth(workers)`` blocks under way at once.
    ``after(k)`` follows block k in the calling thread, while later blocks may be under way. The first blocks run
    serially and are measured; threads take over where the measured costs promise a gain, and only for as long as they
    keep it. With a ``grain``, in units of ``Task.cost``, nothing is measured: threads run from the first block on, in
    stripes of at least that cost.

    Raises TaskFailed where a task raises, ParameterError where ``workers`` is below 1.
    """
    count = _count(workers)
    guesses = [task.cost for task in template]
    if grain is not None and template:
        Crew(template, states, cut(template, guesses, grain), 0, blocks, count).run(after)
    elif count == 1 or blocks < 1 or not template:
        serial.run(template, states, blocks, after)
    elif blocks == 1:  # nothing can be measured beforehand
        stripes = cut(template, guesses, GRAIN) if sum(guesses) > 2 * GRAIN else []
        if promising(guesses, stripes, 1):
            Crew(template, states, stripes, 0, 1, count).run(after)
        else:
            with team(count if stripes else 1):
                serial.run(template, states, 1, after)
    else:
        _Pilot(template, states, after, count).run(blocks)


def depth(workers: int | None = None) -> int:
    """How many blocks may be under way at once: block k + depth starts only after block k is complete."""
    return depth_of(_count(workers))


def _count(workers: int | None) -> int:
    if workers is None:
        return available()
    if workers < 1:
        raise ParameterError(f"workers must be at least 1, got {workers!r}", parameter="workers")
    return workers


def available() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


def promising(costs: Sequence[float], stripes: Sequence[Stripe], blocks: int) -> bool:
    """Whether threads may be faster over so many blocks, from the tasks' microseconds for each.

    Not where the run is shorter than starting threads is worth, where one stripe takes nearly all, or where most of the
    time is Python between short kernels.
    """
    total = sum(costs)
    if total < 2 * GRAIN or total * blocks < 10 * GRAIN:
        return False
    apart = sum(max(cost - HELD, 0.0) for cost in costs)
    widest = max((sum(costs[step[0]] for step in stripe.walk) for stripe in stripes), default=total)
    return apart > 0.5 * total and widest < 0.85 * total


class _Pilot:
    """Decides, stretch by stretch of blocks, between the calling thread alone and a crew."""

    def __init__(self, template: Template, states: list[Any], after: After, workers: int) -> None:
        self.template, self.states, self.after, self.workers = template, states, after, workers
        self.walk: list[Step] = whole(template)
        self.slots: list[Any] = [None] * len(template)

    def run(self, blocks: int) -> None:
        k = min(MEASURED, 1 + blocks // 4)
        costs, alone = self._measure(k)  # microseconds: at best for each task, usually for a block
        stripes = cut(self.template, costs, GRAIN) if sum(costs) > 2 * GRAIN else []
        if not promising(costs, stripes, blocks - k):
            stripes = []
        if not stripes and sum(costs) < 2 * GRAIN:
            self._alone(k, blocks)
            return
        trial = length = TRIAL * self.workers
        while k < blocks:
            end = min(k + length, blocks)
            pace = self._together(stripes, k, end)
            k, length = end, 4 * length
            if pace > SLACK * alone and k < blocks:  # perhaps something else took the processor
                end = min(k + trial, blocks)
                alone = self._alone(k, end)
                k, length = end, trial
            if pace > SLACK * alone and k < blocks:
                end = min(k + PAUSE * trial, blocks)
                alone = self._alone(k, end)
                k = end

    def _measure(self, blocks: int) -> tuple[list[float], float]:
        """Run the first blocks; gives the least microseconds that each task took, and the mean of a block.

        The mean leaves out the first block, in which kernels are compiled, unless it is the only one.
        """
        costs = [math.inf] * len(self.walk)
        paces: list[float] = []
        for k in range(blocks):
            begin = before = perf_counter()
            for step in self.walk:
                self._step([step], k)
                now = perf_counter()
                costs[step[0]] = min(costs[step[0]], 1e6 * (now - before))
                before = now
            if self.after is not None:
                self.after(k)
            paces.append(1e6 * (perf_counter() - begin))
        return costs, fmean(paces[1:] or paces)

    def _alone(self, first: int, last: int) -> float:
        """Run blocks first to last - 1 in the calling thread; gives the microseconds for each."""
        begin = perf_counter()
        for k in range(first, last):
            self._step(self.walk, k)
            if self.after is not None:
                self.after(k)
        return 1e6 * (perf_counter() - begin) / max(last - first, 1)

    def _step(self, walk: Sequence[Step], k: int) -> None:
        failed = run_walk(walk, k, self.states, self.slots)
        if failed is not None:
            raise_failure(self.template, k, *failed)

    def _together(self, stripes: Sequence[Stripe], first: int, last: int) -> float:
        """The same on threads: of stripes, or within single tasks where there is nothing else to divide."""
        if not stripes:
            with team(self.workers):
                return self._alone(first, last)
        begin = perf_counter()
        Crew(self.template, self.states, stripes, first, last, self.workers).run(self.after)
        return 1e6 * (perf_counter() - begin) / (last - first)
