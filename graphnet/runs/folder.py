"""A run folder: begun, carried on, and always saying what it is and how far it has come."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..blas import libraries
from ..errors import FileError, GraphnetError, RunError, StateError
from ..experiment import Outcome, Watch, made_folder, perform, write
from ..machine import processor
from ..network import Network
from ..run.result import versions
from ..sections import RunSection
from .pieces import clear, in_pieces, plain, reached
from .resolved import FILES, Resolved, digest_of
from .trials import Kept, reached_trials

DOCUMENT, RECORD = "document.yaml", "record.json"
RESULTS = (
    "results.npz",
    "signals.npz",
    "summary.json",
    "network.png",
    "network.svg",
    "activity.png",
    "comparison.png",
    "plot.png",
)

log: logging.Logger = logging.getLogger("graphnet")


@dataclass
class RunFolder:
    """A folder with the document of a run and its ``record``: state, seed, versions, processor, BLAS, settings."""

    path: Path
    record: dict[str, Any]
    made: bool = field(default=False, compare=False)
    """Whether the folder was made for this run: one that comes to nothing is taken away again."""

    @property
    def done(self) -> bool:
        """Whether the run has ended and its results are written."""
        return self.record.get("state") == "done"

    def tell(self, state: str, **more: Any) -> None:
        """Write down the state: running, done, failed or stopped."""
        from ..files import write_atomic

        self.record = {**self.record, "state": state, **more}
        write_atomic(self.path / RECORD, (json.dumps(self.record, indent=2) + "\n").encode())

    def standing(self) -> str:
        """Where the run of the folder goes on, in words."""
        come = reached(self.path) or reached_trials(self.path)
        if come is not None:
            return f"{self.path}: goes on where it stood {come}"
        name = plain(Network.load(self.path / DOCUMENT))
        if name is not None:
            return f"{self.path}: begins anew, since no checkpoint holds the state of {name}, a plain Layer"
        return f"{self.path}: begins anew, since it was stopped before it had written down how far it was"

    def run(self, watch: Watch[Any] | None = None, progress: bool = False, pictures: bool = True) -> Outcome:
        """Run the document of the folder, from its last checkpoint where it has one, and write the results.

        However it ends, the record says so. Raises what the run raises.
        """
        with alone(self.path), self._told():
            net = Network.load(self.path / DOCUMENT)
            every = RunSection.model_validate(net.document.get("run") or {}).checkpoint
            how, keeping = in_pieces(self.path, every), Kept(self.path)
            outcome = perform(net, watch=watch, progress=progress, how=how, keeping=keeping)
            write(net, outcome, self.path, pictures)
            self.tell("done", error=None)
            clear(self.path)
        return outcome

    @contextmanager
    def _told(self) -> Iterator[None]:
        self.tell("running", error=None)
        try:
            yield
        except Exception as error:
            if self.made and isinstance(error, GraphnetError) and not isinstance(error, RunError):
                shutil.rmtree(self.path)  # the input was wrong: as if nothing had been asked
            else:
                self.tell("failed", error=f"{type(error).__name__}: {error}")
            raise
        except BaseException:
            self.tell("stopped")
            raise


def start(resolved: Resolved, seed: int, path: Path, origin: Mapping[str, Any]) -> RunFolder:
    """A folder with a document, ready to run; ``origin`` says where it came from.

    Results of an earlier run are taken away. Raises FileError where the folder holds a document that is no run's, or a
    run that was stopped and can go on.
    """
    made = not path.exists()
    _usable(path, resolved)
    made_folder(path)
    with alone(path):
        _clear(path)
        about = {"document": resolved.sha256, **origin, "files": list(resolved.files), "seed": seed, **surroundings()}
        found = RunFolder(path, about, made)
        found.tell("ready")  # first, so that a document that stands there alone is never ours
        resolved.write(path)
    return found


def _usable(path: Path, resolved: Resolved) -> None:
    if (path / DOCUMENT).exists() and not (path / RECORD).exists():
        raise FileError(
            f"{path / DOCUMENT} is no run's document: it would be overwritten",
            path=str(path),
            hint="give another folder with -o",
        )
    if any(
        path.resolve() in source.resolve().parents and source.parent.name == FILES for source in resolved.files.values()
    ):
        raise FileError(
            f"{path} holds files that this run reads: they would be taken away",
            path=str(path),
            hint="give another folder with -o",
        )
    stopped = (path / RECORD).exists() and _record(path).get("state") != "done"
    come = (reached(path) or reached_trials(path)) if stopped else None
    if come:
        raise FileError(
            f"{path} holds a run that was stopped {come}",
            path=str(path),
            hint=f"continue it: graphnet run --resume {path}; or give another folder with -o",
        )


def _clear(path: Path) -> None:
    """Take away what an earlier run has left in its folder, by the names that it has written down."""
    if not (path / RECORD).exists():
        return
    for name in RESULTS:
        (path / name).unlink(missing_ok=True)
    for name in _record(path).get("files", []):
        place = path / FILES / Path(str(name)).name
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
    clear(path)


def again(path: Path) -> RunFolder:
    """The run of a folder, to be continued. Raises FileError where there is none, StateError where it was changed."""
    if not path.is_dir():
        raise FileError(f"there is no run folder {path}", path=str(path))
    if not (path / RECORD).is_file() or not (path / DOCUMENT).is_file():
        raise FileError(
            f"{path} is no run folder: it has no {RECORD} beside a {DOCUMENT}",
            path=str(path),
            hint="give a folder that 'graphnet run -o FOLDER' has made",
        )
    found = RunFolder(path, _record(path))
    if digest_of(path / DOCUMENT) != found.record.get("document"):
        raise StateError(
            f"{path / DOCUMENT} was changed after the run began",
            hint=f"run it anew: graphnet run {path / DOCUMENT} -o ANOTHER_FOLDER",
        )
    for name, now in surroundings().items():
        then = found.record.get(name)
        if then != now:
            log.warning("%s: began with %s %s, goes on with %s: bits may differ", path, name, then, now)
    return found


def _record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads((path / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(f"{path / RECORD} cannot be read: {error}", path=str(path)) from error
    if not isinstance(record, dict):
        raise FileError(f"{path / RECORD} is no record of a run", path=str(path))
    return record


def surroundings() -> dict[str, Any]:
    """What the bits of a run depend on besides its document: versions, processor, libraries of linear algebra."""
    return {"versions": dict(versions()), "processor": processor(), "blas": libraries()}


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One process at a time in a folder. Raises StateError for a second one."""
    if os.name != "posix":
        yield
        return
    import fcntl

    handle = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StateError(
                f"another process is running in {path}", hint="wait for it, or give another folder with -o"
            ) from error
        yield
    finally:
        os.close(handle)


def origin(file: Path, settings: Sequence[str]) -> dict[str, Any]:
    """Where a document came from, for the record."""
    return {"from": file.name, "settings": list(settings)}
