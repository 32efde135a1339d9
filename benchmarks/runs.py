"""How the workloads run: a network over its input from its initial state, and a bare kernel on several threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

from benchmarks.workload import Arrays, Ready
from graphnet import Network, TimeSeries, TSEvent

_crews: dict[int, ThreadPoolExecutor] = {}


def evolving(net: Network, series: Callable[[], Any], threads: int, output: str, **given: Any) -> Ready:
    """``net.evolve`` of what ``series`` makes, timed with the making; the outputs are those of one layer."""
    options = {"backend": "threads", "workers": threads} if threads > 1 else {}

    def run() -> TimeSeries:
        return net.evolve(series(), record=output, **options, **given)[output]

    def show(signal: TimeSeries) -> Arrays:
        if not isinstance(signal, TSEvent):
            return {"y": signal.samples}
        dt = signal.exact_dt
        events = signal.event_steps(0, round(signal.t_stop / dt), dt)
        return {"step": events.step, "channel": events.channel}

    return Ready(run, net.reset_all, show)


def split_columns(part: Callable[..., Any], size: int, threads: int, *given: Any) -> None:
    """Call ``part(slice, *given)`` for as many equal slices of columns as there are threads, each in a thread."""
    if threads == 1:
        part(slice(0, size), *given)
        return
    if threads not in _crews:
        _crews[threads] = ThreadPoolExecutor(threads)
    edges = [i * size // threads for i in range(threads + 1)]
    waiting = [_crews[threads].submit(part, slice(low, high), *given) for low, high in pairwise(edges)]
    for one in waiting:
        one.result()
