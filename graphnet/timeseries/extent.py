"""What holds for the extent and the fields of every series: bounds, lists of series, equality."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphnet.errors import SeriesError

from .checks import as_bound
from .exactly import Time

ABSOLUTE_TOLERANCE = 1e-9  # seconds: how far a bound may overshoot a sample, or a time the range, and still mean it
RELATIVE_TOLERANCE = 1e-6  # of a duration: likewise; the smaller of the two counts


def is_array(value: Any) -> bool:
    """Whether this is an array of NumPy."""
    return isinstance(value, np.ndarray)


def same(a: Any, b: Any) -> bool:
    """Whether two fields are equal: arrays in type, shape and value, NaN equal to NaN."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b)  # noqa: PLR0124  NaN is the fill value of some series
    return type(a) is type(b) and a == b


def extent_of(stamps: NDArray[np.float64], t_start: Any, t_stop: Any) -> tuple[float, float]:
    """The extent of ``stamps``: the bounds given, which must enclose them, or what the stamps say."""
    low = None if t_start is None else float(as_bound(t_start, "t_start"))
    high = None if t_stop is None else float(as_bound(t_stop, "t_stop"))
    if len(stamps):
        first, last = float(stamps[0]), float(stamps[-1])
        low = first if low is None else float(snapped_below(low, first, "t_start"))
        high = last if high is None else -float(snapped_below(-high, -last, "t_stop"))
    low = 0.0 if low is None else low
    high = low if high is None else high
    if high < low:
        raise SeriesError(f"t_stop: {high} s lies before t_start, {low} s")
    return low, high


def snapped_below(bound: Time, sample: Time, what: str) -> Time:
    """``bound``, which may not exceed ``sample`` but by rounding, when it becomes ``sample``."""
    if bound <= sample:
        return bound
    if bound - sample < ABSOLUTE_TOLERANCE:
        return sample
    side = "start after its first sample" if what == "t_start" else "stop before its last sample"
    raise SeriesError(
        f"{what}: a series cannot {side}: {abs(float(bound))} s, and the sample at {abs(float(sample))} s"
    )


def spread_offsets(offset: Any, count: int) -> list[Time | None]:
    """One offset per series: the one given for all, or those of a list, with a warning where their number differs."""
    if offset is None or not isinstance(offset, Iterable):
        return [None if offset is None else as_bound(offset, "offset")] * count
    given = [None if one is None else as_bound(one, "offset") for one in offset]
    if len(given) != count:
        warnings.warn(f"offset: {len(given)} offsets for {count} series", stacklevel=3)
    return (given + [None] * count)[:count]
