"""A run of trials that writes down after which trial it stands: killed at any time, it goes on with its bits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays.archives import UNREADABLE, read_archive_at, told
from ..errors import FileError, GraphnetError
from ..experiment import Keeping
from ..machine import processor
from ..network import Network
from ..run import Info, Result
from ..run.evolving import result as result_of
from ..run.result import versions
from ..timeseries.bundle import write_bundle
from ..training import Sums, sums
from .pace import Pace
from .pieces import PIECES, checkpoint_at, damaged, plain, read_piece

REACHED = "trials.json"
"""Says which files count. It is written last: those of a time of writing that came to no end are not named in it."""

Evaluated = tuple[Fraction, Result]


class Kept(Keeping):
    """Keeps it in a folder: the sums of the fit, the evaluated signals, and a checkpoint of the network behind them.

    It writes after a trial, as often as ``Pace`` says. Nothing is kept of a network that no checkpoint can hold, and of
    a layer whose sums are no plain numbers.
    """

    def __init__(self, folder: Path) -> None:
        self.place: Path = folder / PIECES
        self.said: dict[str, Any] = {"fit": None, "checkpoint": None, "fitted": 0, "evaluated": 0, "pieces": []}
        self.sums: Sums | None = None
        self.fits: bool = False
        self.waiting: list[Evaluated] = []
        self.pace: Pace = Pace()
        found = _said(self.place / REACHED)
        if found is not None:
            self.said = found

    def fitting(self, net: Network, layer: str, trials: int) -> tuple[int, Sums | None]:
        self.fits = True
        if self.said["fit"] is None:
            return 0, None
        self.sums = _read_sums(self.place / self.said["fit"])
        if not self.said["evaluated"]:
            self._restore(net)
        return self.said["fitted"], self.sums

    def fitted(self, net: Network, layer: str, done: int) -> None:
        self.said["fitted"] = done
        self.sums = None
        if plain(net) is None:
            self.sums = sums(net[layer])  # as they are before the fit ends: what is written next may need them
            if self.sums is not None and self.pace.due():
                with self.pace.writing():
                    self._write_fit()
                    self._write(net, f"fit-{done}")

    def evaluating(self, net: Network) -> Sequence[Evaluated]:
        count = self.said["evaluated"]
        if not count:
            return ()
        found = [one for name in self.said["pieces"] for one in _read_trials(self.place / name, net)]
        if len(found) != count:
            raise damaged(self.place / REACHED, f"{self.place / REACHED} cannot be read: it counts {count} trials")
        self._restore(net)
        return found

    def evaluated(self, net: Network, begun: Fraction, signals: Result) -> None:
        self.said["evaluated"] += 1
        self.waiting.append((begun, signals))
        if plain(net) is None and (self.sums is not None or not self.fits) and self.pace.due():
            with self.pace.writing():
                if self.fits and self.said["fit"] != f"fit-{self.said['fitted']}.npz":
                    self._write_fit()
                self._write_trials()
                self._write(net, f"evaluate-{self.said['evaluated']}")

    def _restore(self, net: Network) -> None:
        path = self.place / self.said["checkpoint"]
        checkpoint = checkpoint_at(path)
        if checkpoint is None:
            raise damaged(path, f"{path} is missing")
        net.restore(checkpoint)

    def _write_fit(self) -> None:
        from ..files import write_atomic

        assert self.sums is not None
        self.place.mkdir(exist_ok=True)
        named = self.sums
        arrays: dict[str, Any] = {f"a{i}": array for i, array in enumerate(named.values())}
        arrays["names"] = np.frombuffer(json.dumps(list(named)).encode(), dtype=np.uint8)
        self.said["fit"] = f"fit-{self.said['fitted']}.npz"
        write_atomic(self.place / self.said["fit"], lambda file: np.savez(file, allow_pickle=False, **arrays))

    def _write_trials(self) -> None:
        self.place.mkdir(exist_ok=True)
        name = f"trials-{len(self.said['pieces'])}.npz"
        signals = {f"{i}/{name}": one for i, (_, found) in enumerate(self.waiting) for name, one in found.items()}
        begun = [str(one) for one, _ in self.waiting]
        seconds = [found.info.simulated for _, found in self.waiting]
        write_bundle(self.place / name, signals, {"begun": begun, "seconds": seconds})
        self.said["pieces"] = [*self.said["pieces"], name]
        self.waiting = []

    def _write(self, net: Network, name: str) -> None:
        """The checkpoint, and then what says that all this counts."""
        from ..files import write_atomic

        self.said["checkpoint"] = f"{name}-checkpoint.npz"
        net.checkpoint().save(self.place / self.said["checkpoint"])
        write_atomic(self.place / REACHED, json.dumps(self.said).encode())
        for path in self.place.glob("*.npz"):
            if path.name not in (self.said["fit"], self.said["checkpoint"], *self.said["pieces"]):
                path.unlink()


def reached_trials(folder: Path) -> str | None:
    """How far a run of trials had come, in words; None where it begins anew."""
    try:
        said = _said(folder / PIECES / REACHED)
    except FileError:
        return None
    if said is None:
        return None
    count, what = (said["evaluated"], "evaluated") if said["evaluated"] else (said["fitted"], "fitted to")
    return f"after {count} trial{'' if count == 1 else 's'} that it had {what}"


_FORM: Mapping[str, Any] = {
    "fit": str | None, "checkpoint": str, "fitted": int, "evaluated": int, "pieces": list,
}  # fmt: skip


def _said(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(path, f"{path} cannot be read: {error}") from error
    if not isinstance(said, dict) or any(not isinstance(said.get(key), kind) for key, kind in _FORM.items()):
        raise damaged(path, f"{path} cannot be read: it does not say how far the run has come")
    names = [said["checkpoint"], *said["pieces"], *([said["fit"]] if said["fit"] else [])]
    if any(not isinstance(name, str) or Path(name).name != name for name in names):
        raise damaged(path, f"{path} cannot be read: it names files of another folder")
    return said


def _read_sums(path: Path) -> Sums:
    try:
        arrays = read_archive_at(path)
        names = json.loads(arrays["names"].tobytes())
        return {str(name): arrays[f"a{i}"] for i, name in enumerate(names)}
    except (*UNREADABLE, KeyError, ValueError, TypeError, GraphnetError) as error:
        raise damaged(path, f"{path} cannot be read: {told(error)}") from error


def _read_trials(path: Path, net: Network) -> list[Evaluated]:
    signals, about = read_piece(path)
    found: list[Evaluated] = []
    try:
        for i, (begun, seconds) in enumerate(zip(about["begun"], about["seconds"], strict=True)):
            own = {key.partition("/")[2]: one for key, one in signals.items() if key.partition("/")[0] == str(i)}
            went = Info(float(seconds), 0.0, 0, "serial", processor(), versions())
            found.append((Fraction(begun), result_of(net, own, went)))
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise damaged(path, f"{path} cannot be read: it does not say when its trials began") from error
    return found
