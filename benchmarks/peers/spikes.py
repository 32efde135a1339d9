"""Events of the spiking workloads as tables, for peers that take and give one row a step."""

from __future__ import annotations

from typing import Any

import numpy as np

from .task import Arrays


def table(given: Arrays, dtype: Any) -> Any:
    """The input events as counts (T, M), made beforehand: peers with tables are not charged for it."""
    counts = np.zeros((int(given["steps"]), given["w"].shape[0]), dtype)
    np.add.at(counts, (given["step"], given["channel"]), 1)
    return counts


def events(raster: Any) -> dict[str, Any]:
    """Step and channel of all entries of a table that are not zero, each once."""
    step, channel = np.nonzero(raster)
    return {"step": step.astype(np.int64), "channel": channel.astype(np.int32)}


def in_order(step: Any, channel: Any) -> dict[str, Any]:
    """Step and channel of events, sorted by both."""
    order = np.lexsort((channel, step))
    return {"step": np.asarray(step, np.int64)[order], "channel": np.asarray(channel, np.int32)[order]}


def keep_of(given: Arrays) -> float:
    """What is left of a membrane's voltage after a step."""
    return float(np.exp(-given["dt"] / given["tau_mem"]))


def rounding(dtype: Any) -> dict[str, Any]:
    """How far a model that is the same may go: float32 sums in another order put some voltages across the threshold."""
    return {} if dtype == np.float64 else {"alike": 1e-3, "note": "sums in another order: float32 may move a spike"}
