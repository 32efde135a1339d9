"""Memory of each workload beside the arrays it cannot avoid: the peak of a process beyond imports and kernels.

python -m benchmarks.weight WORKLOAD DTYPE
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.harness import Own
from benchmarks.workload import Workload


def weights(works: Sequence[Workload]) -> list[dict[str, Any]]:
    """Bytes needed and bytes held at most, of the workloads that say what they need."""
    rows = []
    for work in works:
        for dtype in work.dtypes if work.footprint else ():
            said = subprocess.run(
                [sys.executable, "-m", "benchmarks.weight", work.name, dtype],
                check=True,
                capture_output=True,
                text=True,
            )
            rows.append(json.loads(said.stdout))
    return rows


def _resident(word: str) -> int:
    """Bytes, as Linux tells them: VmRSS now, VmHWM at most since ``_begin``. What ``getrusage`` tells begins with what
    the process that started this one held.
    """
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return 1024 * next(int(one.split()[1]) for one in lines if one.startswith(word))


def _begin() -> int:
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return _resident("VmRSS")


def measure(name: str, dtype: str) -> dict[str, Any]:
    """One workload in this process, whose kernels a small run has loaded before."""
    from benchmarks.workloads import named

    work = named(name)
    assert work.footprint is not None
    small = {**work.full, "steps": 300} | ({"layers": 10} if "layers" in work.full else {})
    _run(work, small, dtype)
    gc.collect()
    before = _begin()
    _run(work, work.full, dtype)
    peak = _resident("VmHWM") - before
    return {"workload": name, "dtype": dtype, "needed": work.footprint(work.full, dtype), "peak": peak}


def _run(work: Workload, size: Any, dtype: str) -> None:
    ready = work.graphnet(work.inputs(size, dtype, 1), 1)
    assert ready is not None
    Own(ready, one_thread=True).seconds()


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:3])))
