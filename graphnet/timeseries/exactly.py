"""Times as exact fractions: when a float means a grid point, and whole-number arithmetic over common denominators.

The rounding rule lives in ``graphnet.clock``; this room applies it to the bounds and grids of series.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from graphnet.clock import TOLERANCE, exact, step_of

Time: TypeAlias = float | Fraction

_ROOM = 2**62  # integers below this may be added once without leaving int64


class Grid(NamedTuple):
    """Step k of a clocked series lies at ``origin + k * dt`` seconds, exactly."""

    origin: Fraction
    dt: Fraction

    def shifted(self, offset: Fraction) -> Grid:
        """The same clock, ``offset`` seconds later."""
        return Grid(self.origin + offset, self.dt)


def as_fraction(dt: Time) -> Fraction:
    """``dt`` exactly: a fraction as it is, a float as what a person meant by it."""
    return dt if isinstance(dt, Fraction) else exact(float(dt))


def on_grid(t: Time, dt: Fraction, origin: Fraction = Fraction(0)) -> Fraction:
    """The exact time meant by ``t``: a grid point where the rounding rule says so, else the simplest fraction near it.

    >>> on_grid(0.30000000000000004, Fraction(1, 10)), on_grid(0.25, Fraction(1, 10))
    (Fraction(3, 10), Fraction(1, 4))
    """
    if isinstance(t, Fraction):
        return t
    k = step_of(t, dt, float(origin))
    for near in (k, k + 1):
        if step_slack(t, float(dt)) >= abs((t - float(origin)) / float(dt) - near):
            return origin + near * dt
    return exact(t)


def step_slack(t: float, dt: float) -> float:
    """How far from a grid point, in steps, time ``t`` may lie and still mean it."""
    return max(TOLERANCE, 4.0 * math.ulp(t) / dt)


def second_slack(t: Time, dt: Time) -> float:
    """``step_slack`` in seconds."""
    return max(TOLERANCE * float(dt), 4.0 * math.ulp(float(t)))


def common(*times: Fraction) -> tuple[int, ...]:
    """Times as integers over their common denominator.

    >>> common(Fraction(1, 2), Fraction(1, 3))
    (3, 2)
    """
    bottom = math.lcm(*(one.denominator for one in times))
    return tuple(one.numerator * (bottom // one.denominator) for one in times)


def affine(k: NDArray[np.int64], scale: int, shift: int) -> NDArray[np.int64]:
    """``k * scale + shift``, exact also where it leaves int64 (as Python integers, slowly).

    >>> affine(np.array([2**40]), 2**40, 1)
    array([1208925819614629174706177], dtype=object)
    """
    top = max(-int(k.min()), int(k.max())) if k.size else 0
    if top * abs(scale) + abs(shift) >= _ROOM:
        return k.astype(object) * scale + shift
    return k * np.int64(scale) + np.int64(shift)


def floor_steps(k: NDArray[np.int64], own: Fraction, offset: Fraction, dt: Fraction) -> NDArray[np.int64]:
    """The step of ``dt`` in which the times ``k * own + offset`` fall, by integer arithmetic.

    >>> floor_steps(np.arange(5), Fraction(1, 2), Fraction(1, 4), Fraction(1))
    array([0, 0, 1, 1, 2])
    """
    scale, shift, unit = common(own, offset, dt)
    if scale == unit and shift % unit == 0:
        return k if shift == 0 else k + shift // unit
    return np.asarray(affine(k, scale, shift) // unit, dtype=np.int64)


def ceil_step(t: Fraction, dt: Fraction) -> int:
    """The first step at or after ``t``."""
    return -((-t) // dt)
