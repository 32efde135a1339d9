"""Time in whole steps: the one rounding rule, exact rational clocks, and what two clocks have in common.

A float time never decides anything by itself: it becomes an integer number of steps here, and seconds are computed from
integers, never accumulated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ParameterError, ParameterTypeError, TimeError

TOLERANCE = 1e-6  # of a step: how far from a grid point a time may lie and still mean it
TOO_COARSE = 0.1  # of a step: a time whose own rounding is coarser than this cannot be placed


@lru_cache(maxsize=4096)
def exact(dt: float) -> Fraction:
    """The simplest fraction within 2 ulp of ``dt`` seconds: what a person meant by it.

    >>> exact(0.1 * 3), exact(1 / 44100)
    (Fraction(3, 10), Fraction(1, 44100))

    Raises ParameterError where dt is not finite.
    """
    if not math.isfinite(dt):
        raise ParameterError(f"a time must be finite, got {dt!r}", parameter="dt")
    if dt == 0.0:
        return Fraction(0)
    if dt < 0.0:
        return -exact(-dt)
    slack = min(2 * Fraction(math.ulp(dt)), Fraction(dt) / 2)  # the smallest floats are a few ulp: never 0
    return _simplest(Fraction(dt) - slack, Fraction(dt) + slack)


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction with the smallest denominator in [low, high], by descent of the Stern-Brocot tree."""
    whole: list[int] = []
    while True:
        floor = low.numerator // low.denominator
        if floor == low or floor + 1 <= high:
            last = Fraction(floor if floor == low else floor + 1)
            break
        whole.append(floor)
        low, high = 1 / (high - floor), 1 / (low - floor)
    for floor in reversed(whole):
        last = floor + 1 / last
    return last


def checked_dt(dt: Any, owner: str = "dt") -> float:
    """``dt`` as a float of Python, refused where it is no positive, finite scalar."""
    if isinstance(dt, np.generic) or (isinstance(dt, np.ndarray) and dt.ndim == 0):
        dt = dt.item()
    if isinstance(dt, bool) or not isinstance(dt, int | float | Fraction):
        raise ParameterTypeError(f"{owner}: dt must be a number of seconds, got {dt!r}", owner=owner, parameter="dt")
    dt = float(dt)
    if not (math.isfinite(dt) and dt > 0.0):
        raise ParameterError(f"{owner}: dt must be positive and finite, got {dt!r}", owner=owner, parameter="dt")
    return dt


def seconds(steps: int, dt: float | Fraction) -> float:
    """The time of a step, rounded once.

    >>> seconds(3, 0.1)
    0.3
    """
    return float(steps * (dt if isinstance(dt, Fraction) else exact(dt)))


def step_times(start: int, count: int, dt: float | Fraction, origin: float = 0.0) -> NDArray[np.float64]:
    """The times of ``count`` steps from step ``start``, each rounded from exact integers where they fit a float.

    >>> step_times(1, 3, 0.1)
    array([0.1, 0.2, 0.3])
    """
    step = dt if isinstance(dt, Fraction) else exact(dt)
    k = np.arange(start, start + count, dtype=np.int64)
    top = max(abs(start), abs(start + count)) * step.numerator
    if top < 2**53 and step.denominator < 2**53:
        times = np.divide(k * step.numerator, float(step.denominator), dtype=np.float64)
    else:
        times = np.multiply(k, float(step), dtype=np.float64)
    return times + origin if origin else times


def step_of(t: float, dt: float | Fraction, origin: float = 0.0) -> int:
    """The step in which time ``t`` falls: the rounding rule.

    With u = (t - origin)/dt, a u within max(1e-6, 4 ulp(t)/dt) of an integer is that integer, any other is floored.

    >>> step_of(0.3, 0.1), step_of(0.3 - 1e-4, 0.1)
    (3, 2)

    Raises TimeError where t is not finite, or so large that its own rounding exceeds a tenth of a step.
    """
    step = float(dt)
    if not math.isfinite(t):
        raise TimeError(f"a time must be finite, got {t!r}")
    slack = max(TOLERANCE, 4.0 * max(math.ulp(t), math.ulp(origin)) / step)
    if slack > TOO_COARSE:
        raise _too_coarse(t, step)
    u = (t - origin) / step
    nearest = round(u)
    return nearest if abs(u - nearest) <= slack else math.floor(u)


def steps_of(times: NDArray[np.float64], dt: float | Fraction, origin: float = 0.0) -> NDArray[np.int64]:
    """``step_of`` for an array of times.

    >>> steps_of(np.cumsum(np.full(5, 0.1)), 0.1)
    array([1, 2, 3, 4, 5])
    """
    times = np.asarray(times, dtype=np.float64)
    if times.size == 0:
        return np.zeros(times.shape, dtype=np.int64)
    step = float(dt)
    largest = float(np.max(np.abs(times)))
    if not math.isfinite(largest):
        raise TimeError("a time must be finite, got NaN or infinity")
    ulp = max(math.ulp(largest), math.ulp(origin))
    if 4.0 * ulp / step > TOO_COARSE:
        raise _too_coarse(largest, step)
    slack: Any = TOLERANCE
    if 4.0 * ulp / step > TOLERANCE:
        slack = np.maximum(TOLERANCE, 4.0 * np.maximum(np.spacing(np.abs(times)), math.ulp(origin)) / step)
    u = (times - origin) / step
    nearest = np.rint(u)
    return np.where(np.abs(u - nearest) <= slack, nearest, np.floor(u)).astype(np.int64)


def _too_coarse(t: float, step: float) -> TimeError:
    return TimeError(
        f"time {t!r} s is too large for a step of {step!r} s: a float there is coarser than a tenth of a step",
        hint="start nearer to zero (start_at_zero) or use a longer step",
    )


def whole_steps(duration: float, dt: float | Fraction, what: str = "duration") -> int:
    """The number of steps in ``duration``, which must be whole within the rounding rule.

    >>> whole_steps(0.3, 0.1)
    3

    Raises TimeError, naming the two nearest durations that are whole.
    """
    if isinstance(duration, np.generic):
        duration = duration.item()
    if isinstance(duration, bool) or not isinstance(duration, int | float | Fraction):
        raise ParameterTypeError(f"{what} must be a number of seconds, got {duration!r}", parameter=what)
    if isinstance(duration, int | Fraction):
        duration = float(duration)
    if not math.isfinite(duration) or duration < 0.0:
        raise TimeError(f"{what} must be finite and not negative, got {duration!r}")
    steps = step_of(duration, dt)
    slack = max(TOLERANCE, 4.0 * math.ulp(duration) / float(dt))
    if abs(duration / float(dt) - steps) > slack:
        low, high = seconds(steps, dt), seconds(steps + 1, dt)
        raise TimeError(
            f"{what} {duration!r} s is not a whole number of steps of {float(dt)!r} s",
            hint=f"the nearest are {low!r} s ({steps} steps) and {high!r} s ({steps + 1} steps)",
        )
    return steps


def gcd(steps: Iterable[Fraction]) -> Fraction:
    """The longest time of which every given time is a whole multiple.

    >>> gcd([Fraction(1, 1000), Fraction(3, 2000)])
    Fraction(1, 2000)
    """
    top, bottom = 0, 1
    for one in steps:
        top, bottom = math.gcd(top * one.denominator, one.numerator * bottom), bottom * one.denominator
        shrink = math.gcd(top, bottom)
        top, bottom = top // shrink, bottom // shrink
    return Fraction(top, bottom)


def lcm(steps: Iterable[Fraction]) -> Fraction:
    """The shortest time that is a whole multiple of every given time.

    >>> lcm([Fraction(1, 1000), Fraction(3, 2000)])
    Fraction(3, 1000)
    """
    result = Fraction(0)
    for one in steps:
        result = one if result == 0 else result * one / gcd([result, one])
    return result
