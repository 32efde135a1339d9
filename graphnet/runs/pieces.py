"""A long run in pieces, each written down with a checkpoint behind it: killed at any time, it goes on with its bits."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..checkpoint import Checkpoint
from ..clock import whole_steps
from ..errors import FileError, ParameterError
from ..experiment import How
from ..network import Network
from ..run import Result, evolve
from ..run.evolving import clipped, info, result
from ..run.inputs import by_name, check_extents, schedule
from ..timeseries import TimeSeries
from ..timeseries.bundle import read_bundle, write_bundle

PIECES = "checkpoints"
"""The folder of a run's pieces: ``now.npz`` is the checkpoint, ``0.npz``, ``1.npz``, ... what was recorded."""


def in_pieces(folder: Path, every: float) -> How:
    """A way to evolve a network that writes down every ``every`` seconds how far it has come, in this folder.

    What was recorded is written before the checkpoint that lies behind it, both atomically; where a checkpoint is found
    the run goes on from there. The bits are those of one run. Raises as ``evolve``, and FileError for pieces that
    cannot be read.
    """

    def going(
        net: Network, given: Mapping[str, TimeSeries] | None, *, duration: Any, record: Any, progress: bool,
        **options: Any,
    ) -> Result:  # fmt: skip
        return _evolved(net, given, folder / PIECES, every, duration, record, progress, options)

    return going


def _evolved(
    net: Network, given: Mapping[str, TimeSeries] | None, place: Path, every: float, duration: Any, record: Any,
    progress: bool, options: Mapping[str, Any],
) -> Result:  # fmt: skip
    began = time.perf_counter()
    series = by_name(net, given)
    whole = schedule(net, series, duration, None, None)
    check_extents(series, whole)
    size = min(whole_steps(every, whole.dt, "checkpoint"), whole.total) or 1
    net.checkpoint()  # a network that cannot be written down is refused before it runs
    place.mkdir(exist_ok=True)
    first = _found(net, place, whole.now, size * whole.dt)
    with _bar(net.name, float(whole.total * whole.dt), progress) as moved:
        moved(first * size * whole.dt)
        for k in range(first, -(-whole.total // size)):
            steps = min(size, whole.total - k * size)
            piece = evolve(net, given, num_timesteps=steps, record=record, **options)
            kept = {name: one for name, one in piece.items() if name not in net.inputs}
            write_bundle(place / f"{k}.npz", kept, {})
            net.checkpoint().save(place / "now.npz")
            moved((k * size + steps) * whole.dt)
    last = whole.now + whole.total * whole.dt
    signals = {name: clipped(one, float(whole.now), float(last)) for name, one in series.items() if one is not None}
    signals.update(_joined(place, -(-whole.total // size)))
    return result(net, signals, info(whole, time.perf_counter() - began, options.get("backend", "serial")))


def reached(folder: Path) -> Fraction | None:
    """How far the run of a folder had come at its last checkpoint, in seconds; None where nothing can go on from it."""
    place = folder / PIECES / "now.npz"
    try:
        return Checkpoint.load(place).now if place.exists() else None
    except ParameterError:  # nothing can go on from it
        return None


def clear(folder: Path) -> None:
    """Take away the pieces of a run that is done, or begins anew."""
    place = folder / PIECES
    if place.is_dir():
        for path in [
            one for one in place.iterdir() if one.suffix == ".npz" and (one.stem == "now" or one.stem.isdigit())
        ]:
            path.unlink()
        if not any(place.iterdir()):
            place.rmdir()


def _found(net: Network, place: Path, begin: Fraction, piece: Fraction) -> int:
    """Put the network where its last checkpoint was taken; gives how many pieces lie before that."""
    if not (place / "now.npz").exists():
        return 0
    try:
        checkpoint = Checkpoint.load(place / "now.npz")
    except ParameterError as error:
        raise _damaged(place / "now.npz", f"{place / 'now.npz'} cannot be read: {error}") from error
    net.restore(checkpoint)
    pieces = -int((begin - checkpoint.now) // piece)  # the last piece may be shorter than the others
    for k in range(pieces):
        _read(place / f"{k}.npz")  # what is lost is said now, and not after hours
    return pieces


def _read(path: Path) -> dict[str, TimeSeries]:
    try:
        return read_bundle(path)[0]
    except FileError as error:
        raise _damaged(path, error.message) from error


def _damaged(path: Path, said: str) -> FileError:
    """What is said of a file of a run that cannot be read."""
    return FileError(said, path=str(path), hint=f"delete {path.parent} to begin the run anew")


def _joined(place: Path, pieces: int) -> dict[str, TimeSeries]:
    """What was recorded, from beginning to end."""
    parts = [_read(place / f"{k}.npz") for k in range(pieces)]
    joined: dict[str, TimeSeries] = {}
    for name, head in parts[0].items():
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
