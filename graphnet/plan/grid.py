"""Where block k of a run lies for a layer of a given step."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Schedule:
    """A run of ``total`` network steps of ``dt`` seconds from the exact time ``now``, in blocks of ``block`` steps."""

    now: Fraction
    dt: Fraction
    total: int
    block: int

    @property
    def blocks(self) -> int:
        """How many blocks there are; the last one may be shorter."""
        return -(-self.total // self.block)

    def grid(self, dt: Fraction) -> Grid:
        """The run as a layer of step ``dt`` sees it."""
        per = int(self.dt / dt)
        return Grid(dt, int(self.now / dt), per * self.block, per * self.total)


@dataclass(frozen=True, slots=True)
class Grid:
    """The steps of one layer: the run's first absolute step, steps in a whole block, steps in the run."""

    dt: Fraction
    first: int
    block: int
    total: int

    def start(self, k: int) -> int:
        """The absolute step at which block k starts."""
        return self.first + k * self.block

    def steps(self, k: int) -> int:
        """The number of steps in block k."""
        return min(self.block, self.total - k * self.block)
