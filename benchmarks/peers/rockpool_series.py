"""Rockpool's TSEvent and TSContinuous, made beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np
from rockpool import TSContinuous, TSEvent

from .task import Arrays, Task


def raster(given: Arrays, **_: Any) -> Task:
    """Counts, as asked. Events are put in the middle of their steps: at a step's start, rounding moves some of them."""
    dt, steps, channels = float(given["dt"]), int(given["steps"]), int(given["channels"])
    series = TSEvent(
        (given["step"] + 0.5) * dt, given["channel"], t_start=0.0, t_stop=steps * dt, num_channels=channels
    )
    return Task(lambda: series.raster(dt, num_timesteps=steps, add_events=True), lambda table: {"raster": table})


def lines(given: Arrays, **_: Any) -> Task:
    """A call of the series with the times that are asked."""
    series = TSContinuous(given["stamps"], given["samples"], interp_kind="linear")
    return Task(lambda: series(given["asked"]), lambda y: {"y": np.asarray(y)})
