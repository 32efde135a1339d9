"""How often a run writes down how far it has come: so that it costs little, and little is lost where it is stopped."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

LEAST = 2.0
"""Seconds between two times of writing, at least."""
SHARE = 0.01
"""What writing may take of a run, and what of it may be lost, where that is longer than ``LEAST``."""
STRETCH = 0.5
"""Seconds for which a network is evolved at a time."""


class Pace:
    """Says when to write: ``LEAST`` seconds after the last time, or 1% of the run so far, or 100 times what it took."""

    def __init__(self) -> None:
        self._began: float = time.perf_counter()
        self._last: float = self._began
        self._cost: float = 0.0

    def due(self) -> bool:
        """Whether it is time to write."""
        now = time.perf_counter()
        return now - self._last >= max(LEAST, SHARE * (now - self._began), self._cost / SHARE)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What is inside writes."""
        began = time.perf_counter()
        yield
        self._last = time.perf_counter()
        self._cost = self._last - began


class Lengths:
    """How many steps are run at a time where nobody says: whole blocks that take about ``STRETCH`` seconds.

    One block is run twice first, the second time with its kernels compiled. What it takes is also what a call may cost
    by itself, whatever its length: stretches are long beside it.
    """

    def __init__(self, block: int) -> None:
        self.block: int = block
        self.steps: int = block
        self._least: float = math.inf
        self._calls: int = 0

    def took(self, steps: int, seconds: float) -> None:
        """So many steps took so many seconds."""
        self._calls += 1
        if steps <= self.block:
            self._least = min(self._least, seconds)
        if self._calls > 1:
            factor = min(8.0, max(STRETCH, self._least / SHARE) / max(seconds, 1e-6))
            self.steps = max(1, int(steps * factor) // self.block) * self.block
