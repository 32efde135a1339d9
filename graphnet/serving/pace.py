"""How fast simulated time goes by the clock on the wall: when to wait, how long a block is, how far it is behind."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from fractions import Fraction

FRAME = 1 / 30
"""Seconds on the wall that a block should take, so that what is shown moves smoothly."""
SPEEDS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
SLOW = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
SEEN = 5.0
"""Seconds on the wall that a run should take, to be seen."""
LATE = 0.25
"""Seconds on the wall behind which a run is said to fall behind."""
WITHIN = 1.0
"""Seconds on the wall over which the speed is measured."""


class Pace:
    """Simulated seconds by the wall: ``speed`` of them in each second, or as many as there can be where it is None.

    Simulated time is counted from the beginning, over trials and pauses; ``clock`` gives seconds on the wall.
    """

    def __init__(self, speed: float | None, clock: Callable[[], float]) -> None:
        self.speed: float | None = speed
        self._clock = clock
        self._passed: deque[tuple[float, float]] = deque()
        self._rate: float | None = None
        self.begin(0.0)

    def begin(self, simulated: float) -> None:
        """From now on, time goes on evenly: after a start, a pause, another speed. What it was behind is forgotten."""
        self._wall, self._simulated = self._clock(), simulated
        self._passed.clear()
        self._passed.append((self._wall, simulated))

    def passed(self, simulated: float, steps: int, elapsed: float) -> None:
        """A block of so many steps has taken ``elapsed`` seconds, and the run has come to ``simulated``."""
        now = self._clock()
        self._passed.append((now, simulated))
        while len(self._passed) > 2 and (self._passed[1][0] <= now - WITHIN or len(self._passed) > 256):
            self._passed.popleft()
        rate = steps / max(elapsed, 1e-9)
        self._rate = rate if self._rate is None else 0.5 * (self._rate + rate)

    def wait(self, simulated: float) -> float:
        """Seconds to wait before what follows ``simulated`` may run."""
        if self.speed is None:
            return 0.0
        return max(0.0, (simulated - self._simulated) / self.speed - (self._clock() - self._wall))

    def behind(self, simulated: float) -> float:
        """Simulated seconds that are missing to where the speed asked for would have brought it; 0 where it keeps up.

        A block that has just begun is no delay: less than LATE on the wall counts as nothing.
        """
        if self.speed is None:
            return 0.0
        late = (self._clock() - self._wall) - (simulated - self._simulated) / self.speed
        return late * self.speed if late > LATE else 0.0

    @property
    def reached(self) -> float | None:
        """Simulated seconds in a second of the last ones; None before there is anything to measure."""
        (first, begun), (last, ended) = self._passed[0], self._passed[-1]
        return (ended - begun) / (last - first) if last > first else None

    def block(self, step: Fraction, longest: int, present: int) -> int:
        """How many network steps of ``step`` seconds the next block should have, a power of two up to ``longest``.

        The present length stays unless it is far off: another length is another plan.
        """
        wanted = float(longest)
        if self.speed is not None:
            wanted = min(wanted, self.speed * FRAME / float(step))
        if self._rate is not None:
            wanted = min(wanted, self._rate * FRAME)
        if present and present / 2 < wanted < 4 * present:
            return present
        return 2 ** (max(1, int(wanted)).bit_length() - 1)


def sensible(step: Fraction, until: float | None = None) -> float:
    """The speed with which a network of this step (s) is shown unless another is asked for.

    Real time, or so much faster that a step takes a twentieth of a second at most. Where it stops at ``until`` (s), so
    much slower that it takes 5 s.
    """
    slow = 1.0 if until is None else next((one for one in SLOW if until >= one * SEEN), SLOW[-1])
    return next((one for one in (slow, *SPEEDS) if float(step) / one <= 1 / 20), SPEEDS[-1])
