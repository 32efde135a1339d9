"""Speed of series as ratios, each against a baseline in the same run: ``python benchmarks/timeseries.py [--small]``.

Both sides of a ratio run in turn, after one warm-up each (compilation is not timed); medians of CPU time are compared.
A line ends with the bound that the project promises; ``MISSED`` marks one that does not hold here.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from graphnet.jit import kernel
from graphnet.timeseries import TSContinuous, TSEvent


@kernel
def bare_raster(step, channel, table):
    for i in range(step.shape[0]):
        table[step[i], channel[i]] += 1


@kernel
def bare_timed_raster(times, channel, dt, table):
    for i in range(times.shape[0]):
        table[int(times[i] / dt + 1e-6), channel[i]] += 1


@kernel
def bare_lines(samples, stamps, times, out):
    k = 0
    last = stamps.shape[0] - 2
    for i in range(times.shape[0]):
        while k < last and stamps[k + 1] <= times[i]:
            k += 1
        here, there, row = samples[k], samples[k + 1], out[i]
        f = (times[i] - stamps[k]) / (stamps[k + 1] - stamps[k])
        for j in range(row.shape[0]):
            row[j] = here[j] + f * (there[j] - here[j])


def compare(name: str, ours: Callable[[], Any], base: Callable[[], Any], bound: float, repeats: int) -> bool:
    """Print the ratio of medians (ours / base) beside its bound; whether it holds."""
    ours(), base()
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for times, act in zip(spent, (ours, base), strict=True):
            begin = time.thread_time()
            act()
            times.append(time.thread_time() - begin)
    mine, other = (statistics.median(one) for one in spent)
    ratio = mine / other
    print(f"{name:58s} {mine * 1e3:10.3f} ms {other * 1e3:10.3f} ms  x{ratio:7.3f}  (bound {bound:g})", end="")
    print("" if ratio <= bound else "  MISSED")
    return ratio <= bound


def events(count: int, channels: int, bins: int, repeats: int) -> list[bool]:
    rng = np.random.default_rng(1)
    step = np.sort(rng.integers(0, bins, count))
    channel = rng.integers(0, channels, count).astype(np.int32)
    dt = 1e-3
    clocked = TSEvent.from_steps(step, channel, dt, channels, 0, bins)
    timed = TSEvent(clocked.times, channel, t_start=0.0, t_stop=bins * dt, num_channels=channels)

    def bare() -> Any:
        table = np.zeros((bins, channels), dtype=np.int64)
        bare_raster(step, channel, table)
        return table

    def bare_timed() -> Any:
        table = np.zeros((bins, channels), dtype=np.int64)
        bare_timed_raster(timed.times, channel, dt, table)
        return table

    def by_bincount() -> Any:
        return np.bincount(step * channels + channel, minlength=bins * channels).reshape(bins, channels)

    ours = clocked.raster(dt, add_events=True)
    assert np.array_equal(ours, bare())
    assert np.array_equal(ours, by_bincount())
    assert np.array_equal(ours, timed.raster(dt, add_events=True))
    low, high = 0.4 * bins * dt, 0.6 * bins * dt

    def slices() -> Any:  # a thousand windows, so that the clock's own cost does not show
        for k in range(1000):
            begin, end = np.searchsorted(timed.times, (low, high + k * dt))
            _ = timed.times[begin:end], channel[begin:end]

    def windows() -> Any:
        for k in range(1000):
            timed(low, high + k * dt)

    return [
        compare("raster, clocked / bare numba loop", lambda: clocked.raster(dt, add_events=True), bare, 1.3, repeats),
        compare(
            "raster, clocked / np.bincount", lambda: clocked.raster(dt, add_events=True), by_bincount, 1 / 3, repeats
        ),
        compare(
            "raster, float times / bare numba loop", lambda: timed.raster(dt, add_events=True), bare_timed, 1.3, repeats
        ),
        compare("1000 windows of events / searchsorted + slice", windows, slices, 1.3, repeats),
    ]


def signals(rows: int, channels: int, repeats: int) -> list[bool]:
    rng = np.random.default_rng(2)
    samples = rng.normal(size=(rows, channels))
    clocked = TSContinuous.from_clocked(samples, 1e-3, interp_kind="linear")
    stamps = np.cumsum(rng.uniform(0.5e-3, 1.5e-3, rows))
    irregular = TSContinuous(stamps, samples, interp_kind="linear")
    asked = np.linspace(stamps[0], min(stamps[-1], (rows - 1) * 1e-3), rows)
    grid = clocked.times

    def bare(at: Any) -> Any:
        out = np.empty((len(asked), channels))
        bare_lines(samples, at, asked, out)
        return out

    def by_interp() -> Any:
        return np.stack([np.interp(asked, stamps, column) for column in samples.T], axis=1)

    assert np.allclose(irregular(asked), by_interp())
    assert np.allclose(irregular(asked), bare(stamps))
    held = TSContinuous.from_clocked(samples, 1e-3)
    few = TSContinuous.from_clocked(samples[:1000], 1e-3)
    return [
        compare("linear, irregular / bare numba loop", lambda: irregular(asked), lambda: bare(stamps), 1.3, repeats),
        compare("linear, clocked / bare numba loop", lambda: clocked(asked), lambda: bare(grid), 1.3, repeats),
        compare("linear, irregular / np.interp by channel", lambda: irregular(asked), by_interp, 1 / 12, repeats),
        compare(
            f"same-grid sampling of {rows} rows / of 1000 rows",
            lambda: held.sample_steps(0, rows, 1e-3),
            lambda: few.sample_steps(0, 1000, 1e-3),
            2.0,
            repeats * 20,
        ),
    ]


def construction(rows: int, repeats: int) -> list[bool]:
    samples = np.zeros((rows, 1), dtype=np.float32)
    few = samples[:10].copy()
    assert np.shares_memory(TSContinuous.from_clocked(samples, 1e-3).samples, samples)
    return [
        compare(
            f"from_clocked of {rows:.0e} samples / of 10",
            lambda: TSContinuous.from_clocked(samples, 1e-3),
            lambda: TSContinuous.from_clocked(few, 1e-3),
            2.0,
            repeats * 20,
        )
    ]


def main(small: bool = False) -> int:
    """0 where every bound holds."""
    scale, repeats = (100, 5) if small else (1, 9)
    held = events(10**7 // scale, 100, 10_000 // (scale // 10 or 1), repeats)
    held += signals(10**6 // scale, 16, repeats)
    held += construction(10**8 // scale, repeats)
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main("--small" in sys.argv[1:]))
