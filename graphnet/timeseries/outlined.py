"""A series in a file by its headers: its kind, channels and extent, however many numbers it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphnet.arrays.archives import told

from .base import TimeSeries
from .files import arrays, series_of

WHOLE = 2**20
"""Bytes of an array that is read whole; of a longer one the header tells enough."""


def outlined(path: str | Path) -> TimeSeries:
    """The series in a file; of a large one another of the same kind, channels and extent, which takes no room.

    One that is not on a grid is taken to have samples from its beginning to its end. Raises as ``TimeSeries.load``.
    """
    stored = arrays(path, WHOLE)
    if any(array.size > 1 and not any(array.strides) for array in stored.values()):  # was left out
        if not stored.keys() >= {"t_start", "t_stop"} or not stored.keys() & {"samples", "num_channels"}:
            return TimeSeries.load(path)  # what older files leave out only their numbers tell
        stored = _without_numbers(stored)
    series: TimeSeries = series_of(stored, told(path))
    return series


def _without_numbers(stored: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    kept = {name: array for name, array in stored.items() if name != "trial_start_times"}
    if "samples" in kept:
        shape = kept["samples"].shape
        if "clock" not in kept:
            kept["times"] = np.unique([kept["t_start"], kept["t_stop"]])
            shape = len(kept["times"]), *shape[1:]
        kept["samples"] = np.broadcast_to(np.float32(0), shape)
        return kept
    return kept | {name: np.zeros(0, kept[name].dtype) for name in ("times", "steps", "channels") if name in kept}
