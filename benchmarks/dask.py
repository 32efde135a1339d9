"""What the Dask backend costs against the serial one, in the same run: times as ratios.

    python -m benchmarks.dask [WORKERS]

A chain and two branches of eight tasks run on a local cluster that is up already. A task of no work shows what a
task and block cost; one that works for a while shows from where on processes pay.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import numpy as np

from graphnet.backends import dask, serial
from graphnet.tasks import Task

TASKS = 8


class Work:
    """Rotates a state and passes a block on; ``rounds`` decide how long that takes."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds

    def __call__(self, k: int, state: Any, *blocks: Any) -> tuple[Any, Any]:
        x = state["x"]
        for _ in range(self.rounds):
            x += np.sin(x)
        return state, x.copy()


def template(rounds: int, branches: int) -> list[Task]:
    """Tasks side by side in ``branches`` chains."""
    return [Task(f"task{i}", Work(rounds), (i - branches,) if i >= branches else ()) for i in range(TASKS)]


def seconds(run: Any, rounds: int, branches: int, blocks: int, **options: Any) -> float:
    """How long a run takes, starting it included."""
    states: list[Any] = [{"x": np.ones(1000)} for _ in range(TASKS)]
    began = time.perf_counter()
    run(template(rounds, branches), states, blocks, **options)
    return time.perf_counter() - began


def main() -> None:
    """Print one line for each amount of work and shape."""
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else os.cpu_count() or 1
    print(f"{TASKS} tasks, {workers} worker processes, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'shape':>12} {'blocks':>7} {'serial us/task':>15} {'dask us/task':>13} {'dask/serial':>12}")
    with dask.connected(None, workers) as client:
        seconds(dask.run, 1, 1, 20, client=client)
        for rounds, blocks in [(0, 20_000), (10, 4000), (100, 1000), (1000, 100)]:
            for name, branches in [("chain", 1), ("two branches", 2)]:
                alone = seconds(serial.run, rounds, branches, blocks)
                there = seconds(dask.run, rounds, branches, blocks, client=client)
                each = 1e6 / (TASKS * blocks)
                print(
                    f"{name:>12} {blocks:>7} {alone * each:>15.1f} {there * each:>13.1f} {there / alone:>12.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
