"""What is put over a drawing: measured values, and marks where a check found something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

What = Literal["time", "memory", "rate"]
Severity = Literal["error", "warning", "note"]

TITLES: dict[str, str] = {"time": "time", "memory": "memory", "rate": "events per second and channel"}
UNITS: dict[str, tuple[tuple[float, str], ...]] = {
    "time": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "memory": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")),
    "rate": ((1e3, "kHz"), (1.0, "Hz"), (1e-3, "mHz")),
}


@dataclass(frozen=True)
class Mark:
    """Something found at a box: how grave, what, and what to do."""

    severity: Severity
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Overlay:
    """What the boxes are coloured by, and the range of its values: seconds, bytes, or events per second and channel.

    ``whole`` is what the values add up to, or None where they do not add.
    """

    what: What
    low: float
    high: float
    whole: float | None = None

    @property
    def title(self) -> str:
        """What is measured, in words."""
        return TITLES[self.what]

    def part(self, value: float) -> float:
        """How far a value lies from the least (0) to the greatest (1)."""
        return (value - self.low) / (self.high - self.low) if self.high > self.low else 1.0

    def words(self, value: float) -> str:
        """A value in the unit that reads best, and its share of the whole where there is one.

        >>> Overlay("time", 0.0, 0.03, 0.04).words(0.03), Overlay("rate", 0.0, 12.0).words(12.0)
        ('30 ms  75 %', '12 Hz')
        """
        share = f"  {100 * value / self.whole:.0f} %" if self.whole else ""
        return amount(self.what, value) + share


def amount(what: What, value: float) -> str:
    """A measured value with its unit.

    >>> amount("memory", 32_000_000), amount("time", 0.00123), amount("rate", 0.0)
    ('32 MB', '1.23 ms', '0 Hz')
    """
    units = UNITS[what]
    factor, unit = next((one for one in units if value >= one[0] * (1 - 1e-9)), units[-1])
    if value == 0:
        factor, unit = 1.0, next(name for size, name in units if size == 1.0)
    return f"{value / factor:.3g} {unit}" if value < 999.5 * factor else f"{value / factor:.0f} {unit}"


def over(what: What, values: Sequence[float]) -> Overlay:
    """The overlay for these values: its range begins at zero, so that twice the value is twice as far."""
    whole = None if what == "rate" else sum(values)
    return Overlay(what, 0.0, max(values, default=0.0), whole)
