"""Read hostile files one after the other in one process, and tell of each what came of it, as lines of JSON.

Started as ``python -m tests.hostile.worker FOLDER KIND``; each case has a folder of its own.
"""

import contextlib
import gc
import io
import json
import os
import resource
import shutil
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

import graphnet
from graphnet.checkpoint import Checkpoint
from graphnet.cli.door import status
from graphnet.nir import from_nir

from .archives import wav
from .cases import Case
from .corpus import CASES, checkpointed
from .documents import GOOD

BYTES = 4 * 2**30
"""Of address space, at most: a case that would take the machine down ends in a MemoryError."""
SECONDS = 10


def streamed(path: Path) -> object:
    net = graphnet.Network.from_document(
        {
            "inputs": {"x": {"size": 2}},
            "layers": {"p": {"type": "PassThrough", "size": 2, "dt": 0.001}},
            "edges": ["x -> p"],
        }
    )
    return list(net.stream(path, dt=0.001))


READ: dict[str, Callable[[Path], object]] = {
    "document": graphnet.Network.load,
    "checkpoint": lambda path: checkpointed().restore(Checkpoint.load(path)),
    "nir": lambda path: from_nir(path, dt=1e-3),
    "series": graphnet.TimeSeries.load,
    "sound": graphnet.TSContinuous.from_wav,
    "stream": streamed,
}


def contents(folder: Path) -> list[tuple[str, int, int, int]]:
    """Everything in a folder with its sizes and times; links are not followed."""
    found = [(str(one), one.lstat()) for one in folder.rglob("*")]
    return sorted((name, about.st_size, about.st_mtime_ns, about.st_mode) for name, about in found)


def peak(reset: bool = False) -> int:
    """Bytes of memory, at most, since the last reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def around() -> tuple[set[str], int, int, list[str]]:
    """Packages that are imported, open files, child processes, temporary files."""
    children = sum(len(one.read_text().split()) for one in Path("/proc/self/task").glob("*/children"))
    packages = {name.partition(".")[0] for name in sys.modules}
    return (
        packages,
        len(list(Path("/proc/self/fd").iterdir())),
        children,
        sorted(map(str, Path(os.environ["TMPDIR"]).iterdir())),
    )


def spent() -> float:
    """Seconds of the processor, of children that have ended too: what others do on the machine is not counted.

    Whoever waits instead is ended after SECONDS.
    """
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def late(*_: Any) -> NoReturn:
    raise TimeoutError("too late")


def tried(case: Case, folder: Path) -> dict[str, Any]:
    """One case, in a folder that it has for itself."""
    place = folder / "case"
    place.mkdir()
    case.make(place)
    before, outside = contents(folder), around()
    begin, started = peak(reset=True), spent()
    signal.alarm(SECONDS)
    error: BaseException | None = None
    try:
        READ[case.kind](place / case.file)
    except Exception as caught:  # of any house: which one it is of, is told
        error = caught
    finally:
        signal.alarm(0)
    told = {
        "error": type(error).__name__,
        "ours": isinstance(error, graphnet.GraphnetError),
        "says": str(error),
        "problems": len(getattr(error, "problems", ())),
        "seconds": spent() - started,
        "bytes": peak() - begin,
        "unchanged": contents(folder) == before,
    }
    error = None
    gc.collect()  # what an error held
    now = around()
    told |= {"packages": sorted(now[0] - outside[0]), "left": [now[1] - outside[1], *now[2:]]}
    if case.kind == "document":
        signal.alarm(SECONDS)
        spoken = io.StringIO()
        with contextlib.redirect_stderr(spoken), contextlib.redirect_stdout(spoken):
            told |= {"status": status(["check", str(place / case.file)])}
        signal.alarm(0)
        told |= {"spoken": spoken.getvalue()[-2000:]}
    good = folder / "good.yaml"
    good.write_text(GOOD)
    told["goes on"] = list(graphnet.Network.load(good).layers) == ["a"]
    good.unlink()
    shutil.rmtree(place)
    return told


def main(folder: Path, kind: str) -> None:
    """Every case of a kind."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    signal.signal(signal.SIGALRM, late)
    warnings.simplefilter("ignore")
    (folder / "good.yaml").write_text(GOOD)
    status(["check", str(folder / "good.yaml")])  # what is imported on first use is imported
    (folder / "good.wav").write_bytes(wav(channels=2))
    READ["sound"](folder / "good.wav")
    np.save(folder / "good.npy", np.ones((2, 2)))
    for file in ("good.wav", "good.npy"):
        READ["stream"](folder / file)
        (folder / file).unlink()
    for one in CASES:
        if one.kind == kind:
            if one is first(kind):  # the first of a kind twice, for what its reader imports on first use
                tried(one, folder)
            print(json.dumps({"name": one.name, **tried(one, folder)}), flush=True)  # noqa: T201  told to the test


def first(kind: str) -> Case:
    return next(one for one in CASES if one.kind == kind)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
