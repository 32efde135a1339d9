"""What spike trains are like: rates, regularity, and how alike two of them are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

REACH = 4.0  # standard deviations at which the Gaussian is cut off
SLACK = 1e-9  # s: times are counted in steps and written as floats, so a distance of exactly the window is within it


def smoothed(samples: NDArray[Any], spread: float) -> NDArray[np.float64]:
    """Samples (T, C) convolved with a Gaussian whose standard deviation is ``spread`` steps; zeros lie beyond the ends.

    The kernel reaches 4 standard deviations to either side and has the sum 1.

    >>> smoothed(np.array([[0.0], [1.0], [0.0]]), 0.5).T.round(3)
    array([[0.106, 0.787, 0.106]])
    """
    from scipy.ndimage import gaussian_filter1d

    rows = np.asarray(samples, dtype=np.float64)
    if spread <= 0.0 or len(rows) == 0:
        return rows
    return np.asarray(gaussian_filter1d(rows, spread, axis=0, mode="constant", truncate=REACH))


def correlation(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Pearson's correlation of all values of two arrays of one shape; 0 where one of them never changes.

    >>> correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    1.0
    """
    first, second = one.ravel() - one.mean(), other.ravel() - other.mean()
    scale = float(np.sqrt(np.sum(first * first) * np.sum(second * second)))
    return float(np.sum(first * second)) / scale if scale > 0.0 else 0.0


def coincidences(one: NDArray[Any], other: NDArray[Any], window: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of events at most ``window`` seconds apart, as many as can be, each event in one pair at the most.

    Both trains are sorted times in seconds. Returns the indices into each, of equal length.

    >>> coincidences(np.array([0.1, 0.2, 0.3]), np.array([0.101, 0.35]), 0.002)
    (array([0]), array([0]))
    """
    near = window + SLACK
    first: list[int] = []
    second: list[int] = []
    i = j = 0
    # the earlier of two events that are too far apart is too far from all that follow: it can be left behind
    while i < len(one) and j < len(other):
        apart = one[i] - other[j]
        if abs(apart) <= near:
            first.append(i)
            second.append(j)
        i += int(apart <= near)
        j += int(apart >= -near)
    return np.array(first, dtype=np.int64), np.array(second, dtype=np.int64)


LEAST = 3  # intervals: a coefficient of variation of fewer says nothing


@dataclass(frozen=True)
class Firing:
    """How trains fire: the mean ``rate`` of the channels in Hz, the mean ``cv`` of those ``judged`` (None of none), the
    ``cv`` of all intervals ``pooled`` (None of none), and how many channels are ``silent``.
    """

    rate: float
    cv: float | None
    judged: int
    pooled: float | None
    silent: int


def firing(times: NDArray[Any], channels: NDArray[Any], number: int, duration: float) -> Firing:
    """How ``number`` channels fire over ``duration`` seconds, from the times and channels of their events.

    The coefficient of variation is the standard deviation of the intervals between a channel's events by their mean:
    0 for a clock, 1 for a Poisson process. It is taken of channels with at least 3 intervals that are not all 0; the
    longest intervals do not end within the duration, so a short one makes it too low. ``pooled`` is that of the
    intervals of all channels together, in which the channels' different rates count too.

    >>> firing(np.array([0.0, 0.1, 0.2, 0.3, 0.4]), np.array([0, 0, 0, 0, 1]), 3, 0.5)
    Firing(rate=3.3333333333333335, cv=0.0, judged=1, pooled=0.0, silent=1)
    """
    order = np.lexsort((times, channels))
    times, channels = np.asarray(times, dtype=np.float64)[order], np.asarray(channels)[order]
    same = channels[1:] == channels[:-1]
    intervals, owner = np.diff(times)[same], channels[1:][same]
    counts = np.bincount(owner, minlength=number)
    mean = np.bincount(owner, intervals, number) / np.maximum(counts, 1)
    spread = np.sqrt(np.bincount(owner, (intervals - mean[owner]) ** 2, number) / np.maximum(counts, 1))
    judged = (counts >= LEAST) & (mean > 0.0)
    whole = float(np.mean(intervals)) if len(intervals) else 0.0
    return Firing(
        rate=len(times) / number / duration if number and duration > 0.0 else 0.0,
        cv=_hushed(float(np.mean(spread[judged] / mean[judged]))) if judged.any() else None,
        judged=int(judged.sum()),
        pooled=_hushed(float(np.std(intervals)) / whole) if whole > 0.0 else None,
        silent=number - len(np.unique(channels)),
    )


def _hushed(cv: float) -> float:
    """0 for what is only the rounding of the times."""
    return cv if cv > 1e-9 else 0.0


@dataclass(frozen=True)
class Stretch:
    """Two trains over the same ``duration`` in seconds, on one channel: what a model did, and what was ``wanted``."""

    given: NDArray[Any]
    wanted: NDArray[Any]
    duration: float


@dataclass(frozen=True)
class Agreement:
    """How far spikes agree: ``factor``, the share of wanted spikes that were ``matched``, and the ``jitter``, the root
    mean square distance in seconds of matched pairs (0 without any).
    """

    factor: float
    matched: float
    jitter: float


def agreement(stretches: Sequence[Stretch], window: float) -> Agreement:
    """The coincidence factor of trains, within ``window`` seconds, and what belongs to it.

    Gamma = (N_coinc - <N_coinc>) / ((N_wanted + N_given) / 2) / (1 - 2 nu window), where <N_coinc> = 2 nu window
    N_wanted is what a Poisson train of the given rate nu would reach: 1 for equal trains, 0 for chance. Over several
    stretches, numerators and denominators are summed. 0 where there is nothing to compare, or where the window is so
    wide that chance explains everything.

    Source: Kistler, Gerstner and van Hemmen 1997, Neural Computation 9, "Reduction of the Hodgkin-Huxley equations to a
    single-variable threshold model".

    >>> train = np.array([0.1, 0.25, 0.4])
    >>> agreement([Stretch(train, train, 1.0)], 0.002)
    Agreement(factor=1.0, matched=1.0, jitter=0.0)
    """
    above, below, pairs, wanted, squares = 0.0, 0.0, 0, 0, 0.0
    for one in stretches:
        first, second = coincidences(one.given, one.wanted, window)
        chance = 2.0 * len(one.given) / one.duration * window
        above += len(first) - chance * len(one.wanted)
        below += 0.5 * (len(one.given) + len(one.wanted)) * (1.0 - chance)
        pairs += len(first)
        wanted += len(one.wanted)
        squares += float(np.sum((one.given[first] - one.wanted[second]) ** 2))
    return Agreement(
        factor=above / below if below > 0.0 else 0.0,
        matched=pairs / wanted if wanted else 0.0,
        jitter=float(np.sqrt(squares / pairs)) if pairs else 0.0,
    )


__all__ = ["Agreement", "Firing", "Stretch", "agreement", "coincidences", "correlation", "firing", "smoothed"]
