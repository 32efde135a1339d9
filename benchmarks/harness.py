"""Contenders on equal work: warmed up apart, checked to agree, then run in turn; minima, medians and ratios.

A ratio is graphnet's shortest time over the other's shortest time in the same rounds. The machine's other work
lengthens single runs and never shortens one, so the minima of interleaved runs are what compares.
"""

from __future__ import annotations

import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.agreement import agree
from benchmarks.peers.session import PeerError, Session
from benchmarks.workload import Arrays, Ready, Workload
from graphnet import one_blas_thread

OURS, KERNEL = "graphnet", "kernel"
Told = Callable[[str], None]


class Own:
    """A contender of this process."""

    def __init__(self, ready: Ready, one_thread: bool) -> None:
        self.ready = ready
        self.notes: dict[str, Any] = {}
        self.limit: Callable[[], AbstractContextManager[Any]] = one_blas_thread if one_thread else nullcontext
        self.given: Any = None

    def seconds(self) -> float:
        """Run once, timed."""
        self.ready.before()
        self.given = None
        with self.limit():
            begin = time.perf_counter()
            self.given = self.ready.run()
            return time.perf_counter() - begin

    def outputs(self) -> Arrays:
        """What the last run gave."""
        return self.ready.show(self.given)

    def close(self) -> None:
        """Nothing to end."""


def contest(work: Workload, full: bool, dtype: str, threads: int, peers: Sequence[str], say: Told) -> dict[str, Any]:
    """One row of results: the times of graphnet, the kernel and each peer over the same inputs."""
    size = work.full if full else work.quick
    inputs = work.inputs(size, dtype, 1)
    row: dict[str, Any] = {
        "workload": work.name, "title": work.title, "dtype": dtype, "threads": threads, "size": dict(size),
        "kind": work.kind, "bound": work.bound, "beside": work.beside, "agreement": work.agreement, "times": {},
        "failed": {}, "notes": {}, "promised": dict(work.peers),
    }  # fmt: skip
    running = _own(work, inputs, threads)
    with tempfile.TemporaryDirectory(prefix="graphnet-benchmark-") as folder:
        path = Path(folder) / "inputs.npz"
        if peers:
            np.savez(path, **inputs)
        try:
            for name in peers:
                _start(name, work, path, dtype, running, row)
            _agree(work, running, dtype, row)
            times = _rounds(work, running, row, say)
        finally:
            for one in running.values():
                one.close()
    row["times"] = {
        name: {"min": min(some), "median": statistics.median(some), "all": some} for name, some in times.items() if some
    }
    return row | _judged(work, row, size)


def _own(work: Workload, inputs: Arrays, threads: int) -> dict[str, Any]:
    made = {OURS: work.graphnet(inputs, threads), KERNEL: work.kernel(inputs, threads)}
    return {name: Own(ready, threads == 1 or name == KERNEL) for name, ready in made.items() if ready is not None}


def _start(name: str, work: Workload, path: Path, dtype: str, running: dict[str, Any], row: dict[str, Any]) -> None:
    try:
        running[name] = Session(name, work.name, path, row["threads"], dtype)
        row["notes"][name] = dict(running[name].known)
    except PeerError as error:
        row["failed"][name] = str(error)


def _agree(work: Workload, running: dict[str, Any], dtype: str, row: dict[str, Any]) -> None:
    """Warm up whoever is of this process, and hold what everybody gives against graphnet's."""
    row["warm_up"] = {name: one.seconds() for name, one in running.items() if isinstance(one, Own)}
    expected = running[OURS].outputs()
    for name, one in [pair for pair in running.items() if pair[0] != OURS]:
        try:
            if isinstance(one, Own):
                work.check(one.outputs(), expected, dtype)
            else:
                row["notes"][name]["agrees"] = agree(one.outputs(), expected, dtype, work.check, one.known)
        except (AssertionError, PeerError, KeyError) as error:
            row["failed"][name] = f"{type(error).__name__}: {error}"
            running.pop(name).close()


def _rounds(work: Workload, running: dict[str, Any], row: dict[str, Any], say: Told) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in running}
    gc.collect()
    for number in range(work.repeats):
        say(f"{work.name} {row['dtype']} {row['threads']} thread(s): round {number + 1} of {work.repeats}")
        for name, one in list(running.items()):
            slow = len(times[name]) >= 2 and min(times[name]) > 10.0
            if slow:  # a peer of that kind needs no more than two
                continue
            try:
                times[name].append(one.seconds())
            except PeerError as error:
                row["failed"][name] = str(error)
                running.pop(name).close()
    return times


def _judged(work: Workload, row: dict[str, Any], size: Any) -> dict[str, Any]:
    """Graphnet's shortest time beside each other's, and what the bound says of it."""
    least = {name: one["min"] for name, one in row["times"].items()}
    ratios = {name: least[OURS] / one for name, one in least.items() if name != OURS}
    middle = {name: row["times"][OURS]["median"] / one["median"] for name, one in row["times"].items() if name != OURS}
    value: float | None
    if work.kind == "seconds":
        value = least[OURS]
    elif work.kind == "excess":
        value = 1e6 * (least[OURS] - least[KERNEL]) / work.calls(size) if KERNEL in least else None
    else:
        value = ratios.get(KERNEL)
    held = {name: one <= 1.0 / row["promised"][name] for name, one in ratios.items() if name in row["promised"]}
    return {
        "ratios": ratios, "ratios_of_medians": middle, "value": value,
        "holds": None if value is None else value <= work.bound, "peers_hold": held,
    }  # fmt: skip


def machine() -> dict[str, Any]:
    """What the times depend on."""
    import numba
    from threadpoolctl import threadpool_info

    from graphnet.machine import processor

    model = [one for one in Path("/proc/cpuinfo").read_text().splitlines() if one.startswith("model name")]
    blas = [
        {key: one.get(key) for key in ("internal_api", "version", "architecture")}
        for one in threadpool_info()
        if one["user_api"] == "blas"
    ]
    return {
        "processor": model[0].partition(": ")[2] if model else "",
        "found": processor(),
        "processors": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "blas": blas,
        "numpy": np.__version__,
        "numba": numba.__version__,
        "date": time.strftime("%Y-%m-%d"),
    }
