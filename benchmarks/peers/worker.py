"""Run one peer on one workload: started by the benchmarks with the Python of the peer's own environment.

    ENV/bin/python benchmarks/peers/worker.py PEER WORKLOAD inputs.npz THREADS DTYPE

Says ``ready {...}`` (versions, a note, the seconds of building and of the first run) after a first run that is not
counted. For each line ``run`` on standard input it runs once and says ``time SECONDS``; for ``outputs PATH`` it writes
what the last run gave as npz and says ``written PATH``; ``quit`` ends it. ``failed {...}`` says what went wrong where
something did, and ends it too. Whatever a library prints goes to standard error.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from benchmarks.peers.task import Task

COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "NUMBA_NUM_THREADS")


def limit(threads: int, pinned: bool) -> None:
    """Hold every library to so many threads, before any is loaded; ``pinned``: to as many cores too."""
    for name in COUNTS:
        os.environ[name] = str(threads)
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        os.environ.pop(name, None)
    if pinned and sys.platform == "linux":
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])


def stand_in_environment() -> None:
    """Have compilers that libraries start find this environment's packages, as if it had been activated."""
    folder = Path(sys.executable).parent
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    os.environ["VIRTUAL_ENV"] = str(folder.parent)


def versions(names: tuple[str, ...]) -> dict[str, str]:
    """The versions of the packages that do the work."""
    return {name: importlib.metadata.version(name) for name in names}


class Worker:
    """A task, its last result, and the line to whoever started this process."""

    def __init__(self, task: Task, line: TextIO) -> None:
        self.task, self.line, self.result = task, line, None

    def say(self, word: str, rest: Any) -> None:
        self.line.write(f"{word} {rest}\n")
        self.line.flush()

    def once(self) -> float:
        """The seconds of one run."""
        self.task.before()
        began = time.perf_counter()
        self.result = self.task.run()
        wall = time.perf_counter() - began
        return wall if self.task.seconds is None else self.task.seconds(self.result)

    def write(self, path: str) -> None:
        import numpy as np

        outputs: dict[str, Any] = {name: np.asarray(one) for name, one in self.task.outputs(self.result).items()}
        np.savez(path, **outputs)

    def serve(self, lines: TextIO) -> None:
        """Answer until told to quit, or until nobody listens any more."""
        for line in lines:
            word, _, rest = line.strip().partition(" ")
            if word == "run":
                self.say("time", repr(self.once()))
            elif word == "outputs":
                self.write(rest)
                self.say("written", rest)
            elif word == "quit":
                return
            else:
                raise ValueError(f"{word!r} is none of run, outputs, quit")


def own_line() -> TextIO:
    """The standard output, kept for this protocol: what libraries and their programs print goes to standard error."""
    line = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return line


def begin(arguments: list[str], line: TextIO) -> None:
    name, workload, path, threads, dtype = arguments
    from benchmarks.peers.catalogue import PEERS

    peer = PEERS[name]
    limit(int(threads), peer.pinned)
    import numpy as np

    began = time.perf_counter()
    adapter = importlib.import_module(f"benchmarks.peers.{peer.adapter}")
    with np.load(path, allow_pickle=False) as file:
        given = dict(file)
    loaded = time.perf_counter()
    task = adapter.WORKLOADS[workload](given, dtype=np.dtype(dtype), threads=int(threads), **peer.options)
    built = time.perf_counter()
    worker = Worker(task, line)
    worker.once()
    known = {
        "peer": name,
        "versions": versions(adapter.PACKAGES),
        "python": sys.version.split()[0],
        "alike": task.alike,
        "tolerance": task.tolerance,
        "note": task.note,
        "import_seconds": loaded - began,
        "build_seconds": built - loaded,
        "first_seconds": time.perf_counter() - built,
    }
    worker.say("ready", json.dumps(known))
    worker.serve(sys.stdin)


def main() -> int:
    """0, or 1 where the peer failed."""
    # the folder of this file would hide libraries behind adapters of their name
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    line = own_line()
    stand_in_environment()
    try:
        begin(sys.argv[1:], line)
    except Exception as error:
        traceback.print_exc()
        line.write(f"failed {json.dumps({'error': f'{type(error).__name__}: {error}'})}\n")
        line.flush()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
