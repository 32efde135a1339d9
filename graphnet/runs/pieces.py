"""A long run in pieces, each written down with a checkpoint behind it: killed at any time, it goes on with its bits."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..checkpoint import Checkpoint
from ..clock import whole_steps
from ..errors import FileError, ParameterError
from ..experiment import How
from ..layer import ArrayLayer
from ..network import Network
from ..run import Result, evolve
from ..run.evolving import clipped, info, result
from ..run.inputs import by_name, check_extents, schedule
from ..timeseries import TimeSeries
from ..timeseries.bundle import read_bundle, write_bundle
from .pace import Lengths, Pace

PIECES = "checkpoints"
"""The folder of a run's pieces: ``now.npz`` is the checkpoint, ``0.npz``, ``1.npz``, ... what was recorded."""


def in_pieces(folder: Path, every: float | None = None) -> How:
    """A way to evolve a network that writes down how far it has come, in this folder.

    It does so every ``every`` seconds of simulated time, or else as ``Pace`` says. What was recorded is written before
    the checkpoint that lies behind it, both atomically; where a checkpoint is found the run goes on from there. The
    bits are those of one run. A network that no checkpoint can hold is refused where ``every`` is given, and else run
    at once. Raises as ``evolve``, and FileError for pieces that cannot be read.
    """

    def going(
        net: Network, given: Mapping[str, TimeSeries] | None, *, duration: Any, record: Any, progress: bool,
        **options: Any,
    ) -> Result:  # fmt: skip
        if every is None and plain(net) is not None:
            return evolve(net, given, duration=duration, record=record, progress=progress, **options)
        pieces = _Pieces(net, given, folder / PIECES, every, duration, record, options.get("block"))
        with _one_cluster(options) as how:
            return pieces.run(progress, options.get("backend", "serial"), how)

    return going


def plain(net: Network) -> str | None:
    """The layer for which no checkpoint can hold the network, a plain one that keeps its state to itself, or None."""
    return next((name for name, layer in net.layers.items() if not isinstance(layer, ArrayLayer)), None)


@contextmanager
def _one_cluster(options: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The options of all pieces, with one cluster for all of them."""
    if options.get("backend") != "dask":
        yield options
        return
    from ..backends import dask

    with dask.connected(None, options.get("workers")) as client:
        yield {**options, "backend": client}


class _Pieces:
    """A run from a network's present time, in pieces that are numbered as they are written."""

    def __init__(
        self, net: Network, given: Mapping[str, TimeSeries] | None, place: Path, every: float | None, duration: Any,
        record: Any, block: int | None,
    ) -> None:  # fmt: skip
        self.net, self.given, self.place, self.record = net, given, place, record
        self.series = by_name(net, given)
        self.whole = schedule(net, self.series, duration, None, block)
        check_extents(self.series, self.whole)
        net.checkpoint()  # a network that cannot be written down is refused before it runs
        self.fixed: int | None = None
        if every is not None:
            self.fixed = min(whole_steps(every, self.whole.dt, "checkpoint"), self.whole.total) or 1
        self.written: list[dict[str, TimeSeries]] = []
        self.waiting: list[dict[str, TimeSeries]] = []

    def run(self, progress: bool, name: str, options: Mapping[str, Any]) -> Result:
        """Go on from the last checkpoint to the end; ``name`` is the backend's."""
        began = time.perf_counter()
        whole, net = self.whole, self.net
        pace, lengths, done = Pace(), Lengths(whole.block), self._found()
        with _bar(net.name, float(whole.total * whole.dt), progress) as moved:
            moved(done * whole.dt)
            while done < whole.total:
                steps = min(self.fixed or lengths.steps, whole.total - done)
                start = time.perf_counter()
                piece = evolve(net, self.given, num_timesteps=steps, record=self.record, **options)
                lengths.took(steps, time.perf_counter() - start)
                self.waiting.append({name: one for name, one in piece.items() if name not in net.inputs})
                done += steps
                if self.fixed or (done < whole.total and pace.due()):
                    with pace.writing():
                        self._write(done)
                moved(done * whole.dt)
        first, last = float(whole.now), float(whole.now + whole.total * whole.dt)
        signals = {name: clipped(one, first, last) for name, one in self.series.items() if one is not None}
        signals.update(_joined([*self.written, *self.waiting]))
        return result(net, signals, info(whole, time.perf_counter() - began, name))

    def _write(self, done: int) -> None:
        """Write what waits, and the checkpoint behind it: ``done`` steps of the run."""
        self.place.mkdir(exist_ok=True)
        piece = _joined(self.waiting)
        write_bundle(self.place / f"{len(self.written)}.npz", piece, {"until": done})
        self.net.checkpoint().save(self.place / "now.npz")
        self.written.append(piece)
        self.waiting = []

    def _found(self) -> int:
        """Put the network where its last checkpoint was taken; gives how many steps lie before that."""
        checkpoint = checkpoint_at(self.place / "now.npz")
        if checkpoint is None:
            return 0
        done = int((checkpoint.now - self.whole.now) / self.whole.dt)
        self.net.restore(checkpoint)
        reached = 0
        while reached < done:  # what is lost is said now, and not after hours
            path = self.place / f"{len(self.written)}.npz"
            piece, about = read_piece(path)
            self.written.append(piece)
            before, reached = reached, about.get("until", 0)
            if not isinstance(reached, int) or not before < reached <= done:
                raise damaged(path, f"{path} cannot be read: it does not lead to the checkpoint beside it")
        return done


def reached(folder: Path) -> str | None:
    """How far the run of a folder had come when it last wrote that down, in words; None where it begins anew."""
    try:
        checkpoint = checkpoint_at(folder / PIECES / "now.npz")
    except FileError:  # nothing can go on from it
        return None
    return None if checkpoint is None else f"at {float(checkpoint.now):g} s of simulated time"


OURS: re.Pattern[str] = re.compile(
    r"(now|\d+|(fit|evaluate)-\d+(-checkpoint)?|trials-\d+)\.npz|trials\.json|\.[0-9a-f]+\.part"
)
"""What a run writes there, also what was half written when its process was killed."""


def clear(folder: Path) -> None:
    """Take away what says how far a run has come: it is done, or begins anew."""
    place = folder / PIECES
    if place.is_dir():
        for path in place.iterdir():
            if OURS.fullmatch(path.name):
                path.unlink()
        if not any(place.iterdir()):
            place.rmdir()


def checkpoint_at(path: Path) -> Checkpoint | None:
    """A checkpoint, or None where there is none. Raises FileError for a damaged one."""
    if not path.exists():
        return None
    try:
        return Checkpoint.load(path)
    except ParameterError as error:
        raise damaged(path, f"{path} cannot be read: {error}") from error


def read_piece(path: Path) -> tuple[dict[str, TimeSeries], dict[str, Any]]:
    """The signals of a piece, and what is said of them. Raises FileError."""
    try:
        return read_bundle(path)
    except FileError as error:
        raise damaged(path, error.message) from error


def damaged(path: Path, said: str) -> FileError:
    """What is said of a file of a run that cannot be read."""
    return FileError(said, path=str(path), hint=f"delete {path.parent} to begin the run anew")


def _joined(parts: Sequence[Mapping[str, TimeSeries]]) -> dict[str, TimeSeries]:
    """What was recorded, from beginning to end."""
    joined: dict[str, TimeSeries] = {}
    for name, head in parts[0].items() if parts else ():
        joined[name] = head.append_t([one[name] for one in parts[1:]]) if len(parts) > 1 else head
    return joined


@contextmanager
def _bar(name: str, total: float, shown: bool) -> Iterator[Any]:
    if not shown:
        yield lambda seconds: None
        return
    from tqdm import tqdm

    def moved(seconds: Fraction) -> None:
        bar.n = float(seconds)  # set and not added to: sums of seconds would pass the total
        bar.refresh()

    form = "{l_bar}{bar}| {n:.2f}/{total:.2f} s simulated [{elapsed}<{remaining}]"
    with tqdm(total=total, desc=name, bar_format=form) as bar:
        yield moved
