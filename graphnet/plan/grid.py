"""Where block k of a run lies for a layer of a given step."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(slots=True)
class Schedule:
    """A run of ``total`` network steps of ``dt`` seconds from the exact time ``now``, in blocks of ``block`` steps.

    ``base`` is the number of the block that a backend calls 0: who drives a template block by block moves it. A stream
    has no ``total`` until its source ends.
    """

    now: Fraction
    dt: Fraction
    total: int
    block: int
    base: int = 0

    @property
    def blocks(self) -> int:
        """How many blocks there are; the last one may be shorter."""
        return -(-self.total // self.block)

    def start(self, k: int) -> Fraction:
        """The exact time (s) at which block k starts."""
        return self.now + (self.base + k) * self.block * self.dt

    def steps(self, k: int) -> int:
        """The number of network steps in block k."""
        return min(self.block, self.total - (self.base + k) * self.block)

    def grid(self, dt: Fraction) -> Grid:
        """The run as a layer of step ``dt`` sees it."""
        per = int(self.dt / dt)
        return Grid(self, dt, per, int(self.now / dt), per * self.block)


@dataclass(eq=False, slots=True)
class Grid:
    """The steps of one layer: how many in a network step and in a whole block, and the run's first absolute step."""

    schedule: Schedule
    dt: Fraction
    per: int
    first: int
    block: int

    def renew(self) -> None:
        """Begin where the schedule now does."""
        self.first = int(self.schedule.now / self.dt)

    @property
    def total(self) -> int:
        """The number of steps in the run."""
        return self.per * self.schedule.total

    def start(self, k: int) -> int:
        """The absolute step at which block k starts."""
        return self.first + (self.schedule.base + k) * self.block

    def steps(self, k: int) -> int:
        """The number of steps in block k."""
        return min(self.block, self.per * self.schedule.total - (self.schedule.base + k) * self.block)
