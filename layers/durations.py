"""Durations that parameters give in seconds, as the whole numbers of steps that layers count in."""

from __future__ import annotations

import numpy as np

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
