"""What is shown of a signal while it runs: a window of fixed width, in columns of whole steps.

Memory is that of the window: however long a run lasts, however many channels a layer has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..blocks import Events

COLUMNS = 480
"""Into so many a window is divided at most."""
LINES = 12
"""Channels that are drawn as lines; of more, an image is drawn."""
ROWS = 128
"""Rows of an image: of more channels of a signal some are picked, evenly; of events neighbours are counted together."""

Kind = Literal["lines", "image", "raster"]


@dataclass(frozen=True)
class Shown:
    """A window as it stands, the oldest column first; of n columns, each ``width`` seconds, the first at ``start``.

    ``low`` and ``high``: the extremes of each channel of lines, (n, channels), NaN where the signal is NaN. ``cells``:
    of an image the mean over each column's steps, (rows, n), of a raster the number of events. ``rate``: of a raster,
    events per second and channel, (n,). The newest column may still be growing.
    """

    kind: Kind
    channels: int
    start: float
    width: float
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
    cells: NDArray[np.float64] | None = None
    rate: NDArray[np.float64] | None = None


class Columns:
    """The last ``seconds`` of a signal of ``channels`` channels and step ``dt`` (s)."""

    def __init__(self, channels: int, event: bool, dt: Fraction, seconds: float) -> None:
        self.channels: int = channels
        self.dt: Fraction = dt
        self.kind: Kind = "raster" if event else "lines" if channels <= LINES else "image"
        self.per: int = max(1, math.ceil(seconds / COLUMNS / float(dt) - 1e-9))
        self.count: int = math.ceil(seconds / float(self.per * dt) - 1e-9) + 1  # the window may begin within a column
        if self.kind == "raster":
            self._merged = -(-channels // ROWS)
            self._picked = np.zeros(0, dtype=np.int64)
            rows = -(-channels // self._merged)
        else:
            rows = min(channels, LINES if self.kind == "lines" else ROWS)
            self._merged = 1
            self._picked = np.linspace(0, channels - 1, rows).round().astype(np.int64)
        lines = self.kind == "lines"
        self._low = np.full((self.count, rows if lines else 0), np.nan)
        self._high = self._low.copy()
        self._sum = np.zeros((self.count, 0 if lines else rows))
        self._taken = np.zeros(self.count, dtype=np.int64)
        self.clear()

    @property
    def nbytes(self) -> int:
        """Bytes that the window takes."""
        return sum(one.nbytes for one in (self._sum, self._low, self._high, self._taken))

    def clear(self) -> None:
        """Show nothing."""
        self._first: int | None = None
        self._last = -1

    def add(self, start: int, steps: int, block: NDArray[Any] | Events) -> None:
        """Take in a block that begins at an absolute step and follows the one before it."""
        if steps <= 0:
            return
        first, last = start // self.per, (start + steps - 1) // self.per
        self._move(first, last)
        skipped = max(0, (last - self.count + 1) * self.per - start)
        if isinstance(block, Events):
            self._count(block)
        else:
            self._sample(start + skipped, block[skipped:])
        edges = np.arange(max(first, last - self.count + 1), last + 1) * self.per
        taken = np.minimum(edges + self.per, start + steps) - np.maximum(edges, start)
        self._taken[(edges // self.per) % self.count] += taken

    def _move(self, first: int, last: int) -> None:
        """Make room for columns up to ``last``."""
        if self._first is None:
            self._first, self._last = first, first - 1
        fresh = np.arange(max(self._last + 1, last - self.count + 1), last + 1) % self.count
        self._taken[fresh] = 0
        self._sum[fresh] = 0.0
        self._low[fresh] = self._high[fresh] = np.nan
        self._last = max(self._last, last)

    def _sample(self, start: int, rows: NDArray[Any]) -> None:
        picked = np.asarray(rows[:, self._picked] if len(self._picked) < self.channels else rows, dtype=np.float64)
        columns = np.arange(start, start + len(rows)) // self.per
        begins = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
        places = columns[begins] % self.count
        if self.kind == "image":
            self._sum[places] += np.add.reduceat(picked, begins, axis=0)
            return
        self._low[places] = np.fmin(self._low[places], np.fmin.reduceat(picked, begins, axis=0))
        self._high[places] = np.fmax(self._high[places], np.fmax.reduceat(picked, begins, axis=0))

    def _count(self, events: Events) -> None:
        columns = np.asarray(events.step) // self.per
        kept = columns > self._last - self.count
        rows = np.asarray(events.channel)[kept] // self._merged
        np.add.at(self._sum, (columns[kept] % self.count, rows), 1.0)

    def shown(self) -> Shown:
        """A copy of the window."""
        if self._first is None:
            columns = np.zeros(0, dtype=np.int64)
        else:
            columns = np.arange(max(self._first, self._last - self.count + 1), self._last + 1)
        width = float(self.per * self.dt)
        start = float(int(columns[0]) * self.per * self.dt) if len(columns) else 0.0
        places = columns % self.count
        if self.kind == "lines":
            return Shown("lines", self.channels, start, width, self._low[places], self._high[places])
        taken = np.maximum(self._taken[places], 1)
        if self.kind == "image":
            return Shown("image", self.channels, start, width, cells=(self._sum[places] / taken[:, None]).T)
        counts = self._sum[places]
        rate = counts.sum(axis=1) / (taken * float(self.dt) * self.channels)
        return Shown("raster", self.channels, start, width, cells=counts.T, rate=rate)
