"""Try the peers on a workload, one after the other, at a size of one's own: that they run, agree, and about how fast.

    python -m benchmarks.peers [--only a_rate,b_dense] [--peers nengo,...] [--dtype float64] [--threads 1]
                               [--size full|quick] [--set steps=500] [--repeats 2]

The comparison with graphnet, interleaved, is ``python -m benchmarks``. Outputs are held against those of the kernel by
hand, or of graphnet where there is none.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workload import Workload
from benchmarks.workloads import ALL

from .agreement import agree
from .catalogue import peers_of
from .session import PeerError, Session


def line(name: str, work: Workload, inputs: Path, expected: Any, given: argparse.Namespace) -> str:
    """What came of one peer."""
    try:
        with Session(name, work.name, inputs, given.threads, given.dtype) as session:
            times = [session.seconds() for _ in range(given.repeats)]
            known = session.known
            try:
                verdict = agree(session.outputs(), expected, given.dtype, work.check, known)
            except AssertionError as error:
                verdict = f"DIFFERS: {error}"
    except PeerError as error:
        return f"  {name:<16} {'-':>10}  {error}"
    version = " ".join(f"{package} {number}" for package, number in list(known["versions"].items())[:1])
    first = known["import_seconds"] + known["build_seconds"] + known["first_seconds"]
    return f"  {name:<16} {1e3 * min(times):10.2f} ms  {version}, first {first:.1f} s: {verdict}"


def tried(work: Workload, given: argparse.Namespace) -> None:
    """Print a line for each peer of one workload."""
    size = dict(work.full if given.size == "full" else work.quick)
    size |= {name: int(value) for name, value in (pair.split("=") for pair in given.set) if name in size}
    arrays = work.inputs(size, given.dtype, 0)
    ready = work.kernel(arrays, 1) or work.graphnet(arrays, 1)
    print(f"{work.name} {size} {given.dtype}, {given.threads} threads", flush=True)
    if ready is None:
        return
    ready.before()
    expected = ready.show(ready.run())
    with tempfile.TemporaryDirectory() as folder:
        inputs = Path(folder) / "inputs.npz"
        np.savez(inputs, **arrays)
        for name in peers_of(work.name):
            if not given.peers or name in given.peers.split(","):
                print(line(name, work, inputs, expected, given), flush=True)


def main() -> None:
    """All workloads that some peer can express."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="names of workloads, or how they begin")
    parser.add_argument("--peers", default="", help="names of peers")
    parser.add_argument("--dtype", default="float64")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--size", choices=("quick", "full"), default="quick")
    parser.add_argument("--set", action="append", default=[], help="NAME=NUMBER, a size")
    parser.add_argument("--repeats", type=int, default=2)
    given = parser.parse_args()
    for work in ALL:
        if peers_of(work.name) and any(work.name.startswith(one) for one in given.only.split(",")):
            tried(work, given)


if __name__ == "__main__":
    main()
