"""How long an import takes, against importing numpy, pydantic and networkx: medians over fresh processes, in turns.

python -m benchmarks.imports [REPEATS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

PEERS = "import numpy, pydantic, networkx"
OURS = ("import graphnet", "import layers")


def seconds(statement: str) -> float:
    """The wall time of a fresh process that runs a statement."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - begin


def main(repeats: int = 15) -> None:
    """Print the median of each, and the ratio to the peers."""
    statements = (PEERS, *OURS)
    rounds = [[seconds(one) for one in statements] for _ in range(repeats + 1)][1:]  # the first one warms the disk
    medians = [statistics.median(times) for times in zip(*rounds, strict=True)]
    for statement, median in zip(statements, medians, strict=True):
        print(f"{statement:<34} {median * 1e3:6.0f} ms   {median / medians[0]:.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
