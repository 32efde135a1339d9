"""Numbers beside a picture: round ones, in the shortest words that tell them apart."""

from __future__ import annotations

from itertools import pairwise

from ..letters import measure

LETTERS = 8.0  # points: no number is smaller
ROOM = 52.0  # points: the widest number beside a panel
MINUS = "\N{MINUS SIGN}"
Span = tuple[float, float]


def tick_words(ticks: list[float]) -> list[str]:
    """The shortest labels that tell evenly spaced ticks apart.

    >>> tick_words([0.0, 0.5, 1.0]), tick_words([0.0, 2e6])
    (['0.0', '0.5', '1.0'], ['0', '2e+06'])
    """
    step = min((b - a for a, b in pairwise(ticks)), default=1.0)
    places = next((p for p in range(5) if abs(step * 10**p - round(step * 10**p)) < 1e-6 * step * 10**p), 5)
    if places < 5 and max(abs(tick) for tick in ticks) < 1e5:
        return [f"{tick + 0.0:.{places}f}".replace("-", MINUS) for tick in ticks]
    return value_words(ticks)


def value_words(values: list[float]) -> list[str]:
    """Values to three digits, or to as many as tell them apart; beyond ROOM points, the first and what is added to it.

    >>> value_words([0.0, 121.558]), value_words([1000.0, 1000.25]), value_words([123456.0, 123456.0000002])
    (['0', '122'], ['1000', '1000.2'], ['1.23e+05', '+2e−07'])
    """
    digits = next((d for d in range(3, 17) if len({f"{v:.{d}g}" for v in values}) == len(set(values))), 17)
    labels = [f"{value + 0.0:.{digits}g}" for value in values]
    if max(measure(label, LETTERS)[0] for label in labels) > ROOM:
        labels = [f"{values[0]:.3g}", *(f"+{value - values[0]:.2g}" for value in values[1:])]
    return [label.replace("-", MINUS) for label in labels]


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Round values within [low, high], one or two more than ``most`` at the most."""
    from matplotlib.ticker import MaxNLocator

    slack = 1e-9 * (high - low)
    found = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(tick) for tick in found if low - slack <= tick <= high + slack]


def limits(low: float, high: float) -> Span:
    """Room above and below the values; around a constant, room that shows it as a line in the middle."""
    room = 0.08 * (high - low) if high > low else 0.0
    if room <= 1e-12 * max(abs(low), abs(high)):
        room = max(abs(high), 1.0) * 0.5
    return low - room, high + room


def seconds(duration: float) -> str:
    """A duration in the unit that a reader would take.

    >>> seconds(0.005), seconds(2.0), seconds(2.5e-5)
    ('5 ms', '2 s', '25 µs')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if duration >= 0.9995 * size:
            return f"{duration / size:.4g} {unit}"
    return f"{duration:.4g} s"


__all__ = ["LETTERS", "MINUS", "ROOM", "Span", "limits", "nice_ticks", "seconds", "tick_words", "value_words"]
