"""Durations that parameters give in seconds, as the whole numbers of steps that layers count in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from graphnet import ArrayLayer, steps_of


def whole(layer: ArrayLayer, name: str) -> int:
    """The steps in a parameter that is a duration: at least 1.

    Raises ParameterError where they are no whole number by the one rounding rule, naming the two nearest durations.
    """
    duration = layer.value(name)
    below, above = (int(abs(steps_of(np.array([sign * duration]), layer.dt)[0])) for sign in (1, -1))
    nearest = f"the nearest are {below * layer.dt!r} s and {above * layer.dt!r} s" if below else "the shortest is one"
    layer.must(
        below == above > 0,
        name,
        f"must be a whole number of steps of {layer.dt!r} s, got {duration!r} s; {nearest}",
    )
    return below


def whole_per_unit(layer: ArrayLayer, name: str) -> NDArray[np.int64]:
    """The steps in a parameter that is a duration for each unit, or one for all; shape (N,), none is negative.

    Raises ParameterError where one is no whole number of steps, naming the two nearest durations.
    """
    duration = np.array(np.broadcast_to(layer.value(name), (layer.size,)), dtype=np.float64)
    below, above = (np.abs(steps_of(sign * duration, layer.dt)) for sign in (1, -1))
    wrong = int(np.argmax(below != above))
    layer.must(
        bool(below[wrong] == above[wrong]),
        name,
        f"must be a whole number of steps of {layer.dt!r} s, got {float(duration[wrong])!r} s; the nearest are "
        f"{float(below[wrong]) * layer.dt!r} s and {float(above[wrong]) * layer.dt!r} s",
    )
    return below.astype(np.int64)
