"""What a series accepts: times, samples, channels and bounds are checked here once, and trusted afterwards."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphnet.errors import SeriesError, SeriesTypeError

from .exactly import Time

Samples = NDArray[np.floating[Any]]


def plain_array(values: ArrayLike, what: str) -> NDArray[Any]:
    """``values`` as an array of real numbers, without a copy where it is one already.

    Raises SeriesTypeError for masked arrays, objects, text and complex numbers.
    """
    if isinstance(values, np.ma.MaskedArray):
        raise SeriesTypeError(
            f"{what}: a masked array of shape {values.shape} has no value where it is masked",
            hint="give filled(numpy.nan) for samples, compressed() for events",
        )
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise SeriesError(f"{what}: rows of unequal length do not make an array ({error})") from error
    if array.dtype.kind not in "buif":
        raise SeriesTypeError(f"{what}: expected real numbers, got shape {array.shape} of {array.dtype}")
    return array


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only view; the array of the caller stays as it is."""
    view = array.view()
    view.flags.writeable = False
    return view


def as_times(times: ArrayLike, what: str = "times", copy: bool = False) -> NDArray[np.float64]:
    """``times`` as read-only float64 seconds in one dimension, finite and never decreasing."""
    stamps = as_instants(times, what)
    if stamps.size > 1:
        falls = stamps[1:] < stamps[:-1]
        if falls.any():
            i = int(np.argmax(falls))
            raise SeriesError(
                f"{what}: must not decrease, but {what}[{i}] = {stamps[i]} and {what}[{i + 1}] = {stamps[i + 1]}",
                hint="sort the samples by time first, e.g. order = numpy.argsort(times, kind='stable')",
            )
    return frozen(stamps.copy() if copy else stamps)


def as_instants(times: ArrayLike, what: str = "times") -> NDArray[np.float64]:
    """``times`` as float64 seconds in one dimension, finite, in any order."""
    stamps = plain_array(times, what).reshape(-1).astype(np.float64, copy=False)
    finite = np.isfinite(stamps)
    if not finite.all():
        i = int(np.argmin(finite))
        raise SeriesError(f"{what}: must be finite, but {what}[{i}] = {stamps[i]} (of {stamps.size})")
    return stamps


def as_samples(samples: ArrayLike, what: str = "samples", copy: bool = False) -> Samples:
    """``samples`` as a read-only (T, C) array of float32 or float64; one dimension becomes one column.

    float32 and float64 keep their type and memory; float16 becomes float32, every other real type float64.
    """
    array = plain_array(samples, what)
    if array.ndim > 2:
        raise SeriesError(f"{what}: expected shape (T, C) or (T,), got {array.shape}")
    if array.ndim < 2:
        array = array.reshape(-1, 1)
    kept = array.dtype in (np.float16, np.float32)
    array = array.astype(np.float32 if kept else np.float64, copy=copy)
    return frozen(array)


def as_channels(channels: ArrayLike, what: str = "channels") -> NDArray[np.int32]:
    """``channels`` as int32 in one dimension: whole numbers from 0."""
    array = plain_array(channels, what).reshape(-1)
    if array.size == 0:
        return np.zeros(0, dtype=np.int32)
    if array.dtype.kind == "b":
        raise SeriesTypeError(f"{what}: expected channel numbers, got {array.size} booleans")
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= np.iinfo(np.int32).max):
        raise SeriesError(f"{what}: expected whole numbers from 0 to 2**31 - 1, got {low} to {high} (of {array.size})")
    whole = array.astype(np.int32, copy=False)
    if array.dtype.kind == "f" and not np.array_equal(whole, array):
        i = int(np.argmax(whole != array))
        raise SeriesError(f"{what}: expected whole numbers, but {what}[{i}] = {array[i]} (of {array.size})")
    return whole


def as_bound(t: Any, what: str) -> Time:
    """One finite time in seconds: a fraction as it is, any other real number as a float."""
    if type(t) is float and math.isfinite(t):  # nearly always
        return t
    if isinstance(t, Fraction):
        return t
    if isinstance(t, np.generic) or (isinstance(t, np.ndarray) and t.size == 1):
        t = t.item()
    if isinstance(t, bool) or not isinstance(t, int | float):
        raise SeriesTypeError(f"{what}: expected a number of seconds, got {t!r}")
    if not math.isfinite(t):
        raise SeriesError(f"{what}: must be finite, got {t!r}")
    return float(t)


def as_count(number: Any, what: str) -> int:
    """A whole number from 0."""
    if isinstance(number, np.generic) or (isinstance(number, np.ndarray) and number.size == 1):
        number = number.item()
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
        raise SeriesTypeError(f"{what}: expected a whole number, got {number!r}")
    if number < 0:
        raise SeriesError(f"{what}: must not be negative, got {number!r}")
    return int(number)
