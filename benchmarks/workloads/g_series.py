"""G: a raster of many events, and linear resampling of a signal.

Raster: step (E,) int64, sorted, and channel (E,) int32, of events on a clock of dt; steps, channels. Output: raster
(T, C) int64, how many events each step and channel has.
Resampling: samples (T, C), stamps (T,) at irregular times, asked (T,), where the signal is wanted between them. Output:
y (T, C), by straight lines between samples.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.timeseries import bare_lines, bare_raster
from benchmarks.workload import Arrays, Ready, Workload, close, same
from graphnet import TSContinuous, TSEvent

DT = 1e-3


def raster_inputs(size: Mapping[str, int], dtype: str, seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    return {
        "step": np.sort(rng.integers(0, size["steps"], size["events"])),
        "channel": rng.integers(0, size["channels"], size["events"]).astype(np.int32),
        "steps": np.int64(size["steps"]),
        "channels": np.int64(size["channels"]),
        "dt": np.float64(DT),
    }


def raster_graphnet(given: Arrays, threads: int) -> Ready:
    steps, channels = int(given["steps"]), int(given["channels"])
    series = TSEvent.from_steps(given["step"], given["channel"], DT, channels, 0, steps)
    return Ready(lambda: {"raster": series.raster(DT, add_events=True)})


def raster_kernel(given: Arrays, threads: int) -> Ready:
    def run() -> Arrays:
        table = np.zeros((int(given["steps"]), int(given["channels"])), dtype=np.int64)
        bare_raster(given["step"], given["channel"], table)
        return {"raster": table}

    return Ready(run)


def lines_inputs(size: Mapping[str, int], dtype: str, seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    rows = size["rows"]
    stamps = np.cumsum(rng.uniform(0.5 * DT, 1.5 * DT, rows))
    samples = rng.normal(size=(rows, size["channels"]))
    return {"samples": samples, "stamps": stamps, "asked": np.linspace(stamps[0], stamps[-1], rows)}


def lines_graphnet(given: Arrays, threads: int) -> Ready:
    series = TSContinuous(given["stamps"], given["samples"], interp_kind="linear")
    return Ready(lambda: {"y": series(given["asked"])})


def lines_kernel(given: Arrays, threads: int) -> Ready:
    def run() -> Arrays:
        y = np.empty_like(given["samples"])
        bare_lines(given["samples"], given["stamps"], given["asked"], y)
        return {"y": y}

    return Ready(run)


COUNT = {"steps": 10_000, "events": 10**7, "channels": 100}
LINES = {"rows": 10**6, "channels": 16}
WORKLOADS = (
    Workload(
        "g_raster", "G. raster of 10^7 events, 100 channels, 10,000 steps", raster_inputs, raster_graphnet,
        raster_kernel, same("raster"), "every count the same", 1.3, COUNT, COUNT, dtypes=("float64",), threads=(1,),
        peers={"bincount": 3.0, "rockpool": 30.0},
    ),
    Workload(
        "g_resample", "G. linear resampling of 10^6 samples of 16 channels", lines_inputs, lines_graphnet, lines_kernel,
        close(1e-12, 1e-12, "y"), "y within 1e-12 of the largest", 1.3, LINES, LINES, dtypes=("float64",), threads=(1,),
        peers={"interp": 1.0, "scipy": 1.0, "rockpool": 1.0},
    ),
)  # fmt: skip
