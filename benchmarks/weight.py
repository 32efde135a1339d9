"""Memory of each workload beside the arrays it cannot avoid: the peak of a process beyond imports and kernels.

python -m benchmarks.weight WORKLOAD DTYPE
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
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


def _peak() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(name: str, dtype: str) -> dict[str, Any]:
    """One workload in this process, whose kernels a small run has loaded before."""
    from benchmarks.workloads import named

    work = named(name)
    assert work.footprint is not None
    small = {**work.full, "steps": 300} | ({"layers": 10} if "layers" in work.full else {})
    _run(work, small, dtype)
    before = _peak()
    _run(work, work.full, dtype)
    return {"workload": name, "dtype": dtype, "needed": work.footprint(work.full, dtype), "peak": _peak() - before}


def _run(work: Workload, size: Any, dtype: str) -> None:
    ready = work.graphnet(work.inputs(size, dtype, 1), 1)
    assert ready is not None
    Own(ready, one_thread=True).seconds()


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:3])))
