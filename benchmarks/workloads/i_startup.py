"""I: start-up: importing, checking and running the example in fresh processes.

No inputs, no outputs: what is timed is a process from its start to its end. ``i_first`` compiles every kernel that the
example needs, into a cache of its own that is empty; ``i_second`` finds a full one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.workload import Arrays, Ready, Workload

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "imu"
PEERS = "import numpy, pydantic, networkx"


def inputs(size: Mapping[str, int], dtype: str, seed: int) -> Arrays:
    return {}


def _process(*arguments: str, **environment: str) -> Arrays:
    subprocess.run(
        [sys.executable, *arguments], check=True, capture_output=True, env=os.environ | environment, cwd=ROOT
    )
    return {}


def importing(statement: str) -> Callable[[Arrays, int], Ready]:
    return lambda given, threads: Ready(lambda: _process("-c", statement))


def checking(given: Arrays, threads: int) -> Ready:
    return Ready(lambda: _command("check", str(_document())))


def _document() -> Path:
    return EXAMPLE / "imu.yaml"


def _command(*arguments: str, **environment: str) -> Arrays:
    return _process("-c", "from graphnet.cli import main; main()", *arguments, **environment)


def running(fresh: bool) -> Callable[[Arrays, int], Ready]:
    def build(given: Arrays, threads: int) -> Ready:
        folder = Path(tempfile.mkdtemp(prefix="graphnet-startup-"))
        cache, out = folder / "kernels", folder / "out"

        def before() -> None:
            shutil.rmtree(out, ignore_errors=True)
            if fresh:
                shutil.rmtree(cache, ignore_errors=True)

        def run() -> Arrays:
            return _command("run", str(_document()), "-o", str(out), NUMBA_CACHE_DIR=str(cache))

        return Ready(run, before)

    return build


def none(given: Arrays, threads: int) -> None:
    return None


def check(outputs: Arrays, expected: Arrays, dtype: str) -> None:
    """There is nothing to compare."""


ONE = {"dtypes": ("float64",), "threads": (1,)}
WORKLOADS = (
    Workload(
        "i_import", "I. import graphnet", inputs, importing("import graphnet"), importing(PEERS), check, "", 1.3, {},
        {}, beside=PEERS, repeats=15, **ONE,
    ),
    Workload(
        "i_layers", "I. import layers", inputs, importing("import layers"), importing(PEERS), check, "", 1.3, {},
        {}, beside=PEERS, repeats=15, **ONE,
    ),
    Workload(
        "i_check", "I. graphnet check on the example", inputs, checking, none, check, "", 1.0, {}, {}, kind="seconds",
        **ONE,
    ),
    Workload(
        "i_first", "I. first graphnet run of the example, kernels compiled", inputs, running(True), none, check, "",
        20.0, {}, {}, kind="seconds", repeats=1, **ONE,
    ),
    Workload(
        "i_second", "I. second graphnet run of the example", inputs, running(False), none, check, "", 4.0, {}, {},
        kind="seconds", repeats=3, **ONE,
    ),
)  # fmt: skip
