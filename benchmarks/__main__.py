"""``python -m benchmarks --quick|--full``: graphnet beside kernels by hand and beside peers, on equal work.

Writes results.json and figure.png into the folder, and prints a table; ``python -m benchmarks.report results.json``
makes docs/performance.md of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path


def main() -> None:
    """Run the workloads that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quick", action="store_true", help="smaller where it takes long (the default)")
    how.add_argument("--full", action="store_true", help="every size as stated, memory and growth too")
    parser.add_argument("--only", default="", help="workloads by name or first letter, as in a_rate,D")
    parser.add_argument("--peers", default=None, help="these peers alone, as in nengo,brian2")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--dtypes", default="", help="float64, float32")
    parser.add_argument("--threads", default="", help="1, 2")
    parser.add_argument("--repeats", type=int, default=None)
    parser.add_argument("-o", "--out", type=Path, default=Path("out/benchmarks"))
    given = parser.parse_args()
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        if os.environ.pop(name, None) is not None:  # read when NumPy is loaded: begin anew without it
            os.execv(sys.executable, [sys.executable, "-m", "benchmarks", *sys.argv[1:]])
    from benchmarks.all import run_all  # not before the environment is as it should be

    results = run_all(given)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    from benchmarks.report import figure, table

    print(table(results))
    figure(results, given.out / "figure.png")
    print(f"wrote {given.out / 'results.json'} and figure.png")


if __name__ == "__main__":
    main()
