"""A bank of filters whose bands are equally wide to the ear."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from graphnet import Hertz, Positive, Size, positional

from .butterworth import Bank, Order, Pair


class MelBank(Bank):
    r"""Band-pass Butterworth filters side by side, of equal width on the Mel scale: ``count`` bands from low to high.

    The scale is m(f) = 2595 log10(1 + f / 700 Hz). Its stretch from m(``low``) to m(``high``) is cut into ``count``
    equal parts, the ``bands``; neighbours share an edge, where either lets half of the power pass. Output channel
    c B + b is input channel c in band b. Each filter is what ``Butterworth`` with ``btype="bandpass"`` is: second-order
    sections with 2 ``order`` poles, of gain 1 at its one of ``centres`` and equal to scipy.signal.sosfilt to rounding.

    Shapes: x (T, M), y (T, M B) for B = ``count``. State: z (S, 2, M B), two values for each of the S sections; starts
    at 0. Raises ParameterError as ``Butterworth`` does.
    Source: O'Shaughnessy 1987, Speech Communication: Human and Machine (the formula of the scale); the filters as of
    ``Butterworth``.

    >>> bank = MelBank(1, 3, low=100.0, high=4000.0, dt=1 / 16000)
    >>> [(round(low), round(high)) for low, high in bank.bands]
    [(100, 744), (744, 1905), (1905, 4000)]
    """

    size_in: Size = positional()
    count: Size = positional()
    """The number of bands."""
    low: Positive[Hertz]
    """Where the lowest band begins."""
    high: Positive[Hertz]
    """Where the highest band ends: below half of the rate of steps."""
    order: Order = 2
    """Half the number of poles of each filter."""

    blamed: ClassVar[str] = "low"
    example: ClassVar[Mapping[str, Any]] = {"size_in": 2, "count": 4, "low": 20.0, "high": 400.0}
    demonstration: ClassVar[Mapping[str, Any]] = {"size_in": 1, "count": 2, "low": 5.0, "high": 80.0}

    def pairs(self) -> tuple[Pair, ...]:
        low, high = self.value("low"), self.value("high")
        self.must(low < high, "high", f"must be above low = {low!r} Hz, got {high!r} Hz")
        half = 0.5 / self.dt
        self.must(high < half, "high", f"must be below half of the rate of steps, {half!r} Hz, got {high!r} Hz")
        inner = np.linspace(mel(low), mel(high), self.value("count") + 1)[1:-1]
        edges = [low, *(hertz(float(m)) for m in inner), high]  # the ends as they were given, not there and back
        return tuple(pairwise(edges))

    @property
    def bands(self) -> tuple[Pair, ...]:
        """The bands, pairs (low, high) in Hz, one for each filter."""
        return self.pairs()

    @property
    def centres(self) -> NDArray[np.float64]:
        """Where each filter has the gain 1, in Hz, shape (B,): the centre of its band as the transform bends it."""
        bent = np.tan(np.pi * self.dt * np.array(self.bands))
        return np.arctan(np.sqrt(bent.prod(axis=1))) / (np.pi * self.dt)


def mel(f: float) -> float:
    """A frequency in Hz on the Mel scale.

    >>> round(mel(1000.0), 1)
    1000.0
    """
    return 2595.0 * math.log10(1.0 + f / 700.0)


def hertz(m: float) -> float:
    """The frequency in Hz of a place on the Mel scale."""
    return 700.0 * (10.0 ** (m / 2595.0) - 1.0)
