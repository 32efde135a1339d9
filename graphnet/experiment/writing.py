"""Write down what an experiment gave."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np

from ..errors import FileError
from ..network import Network
from ..run.result import SIGNALS, write_signals
from .outcome import Outcome


def made_folder(folder: Path) -> Path:
    """The folder, made if need be and open for writing. Raises FileError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise FileError(f"cannot write into the folder {folder}: {error.strerror}", path=str(folder)) from error


def write(net: Network, outcome: Outcome, folder: Path, pictures: bool = True) -> None:
    """Write ``signals.npz``, ``summary.json``, what was judged (``results.npz``), and ``pictures``: ``network.png`` and
    ``.svg``, ``activity.png``, where spikes were judged ``comparison.png`` too, into a folder.

    The folder is made if need be. Raises FileError where something cannot be written.
    """
    from ..files import write_atomic
    from ..seeing import save
    from ..views.network import draw_activity, draw_comparison

    made_folder(folder)
    if outcome.activity is not None:
        write_signals(folder / SIGNALS, outcome.activity)
    if outcome.arrays:
        write_atomic(folder / "results.npz", lambda file: np.savez(file, **outcome.arrays))  # type: ignore[arg-type]
    write_atomic(folder / "summary.json", (json.dumps(outcome.summary, indent=2) + "\n").encode())
    if not pictures:
        return
    save(net, [folder / "network.png", folder / "network.svg"])
    if outcome.activity is not None:
        draw_activity(net, outcome.activity, outcome.activity.classes, folder / "activity.png", outcome.between)
    if outcome.comparison is not None:
        draw_comparison(outcome.comparison, folder / "comparison.png")
