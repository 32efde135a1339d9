"""Recordings of a grasshopper's auditory receptor that the package nitime carries in its wheel, as trials."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError, UnknownName
from ..layer import Positive, Seconds
from ..timeseries import TSContinuous, TSEvent
from .trials import Dataset, Trial, dataset

RECORDINGS = (1, 2)
DT = 5e-5  # s: the stimulus is sampled at 20 kHz
STEPS = 200_000
MICROSECOND = 1e-6


@dataset("nitime")
def from_nitime(*, dataset: str, recording: Literal[1, 2], input: str, split: Positive[Seconds] = 5.0) -> Dataset:
    """The spikes of a receptor that heard a tone of random amplitude for 10 s: ``train`` up to ``split`` (s), ``test``.

    The signal on the network's ``input`` is the tone's amplitude in dB below its greatest, at 20 kHz; the target is the
    train of recorded spikes, whose times have a resolution of 0.1 ms. Recording 1 changes at up to 200 Hz, recording 2
    at up to 800 Hz. Both trials keep the time of the recording, so that with ``reset: none`` the second goes on where
    the first has ended.

    Source: the recordings of A. Rokem et al. 2006, Journal of Neurophysiology 95(4), "Spike-timing precision underlies
    the coding efficiency of auditory receptor neurons", as the package nitime carries them.
    """
    if dataset != "grasshopper":
        raise UnknownName("dataset", str(dataset), ("grasshopper",), where="source nitime")
    if recording not in RECORDINGS:
        raise ParameterError(f"data: recording should be 1 or 2, got {recording!r}", parameter="recording")
    at = round(split / DT) if isinstance(split, float | int) else 0
    if not (0 < at < STEPS and abs(at * DT - split) < 1e-9):
        raise ParameterError(
            f"data: split is a time between 0 and {STEPS * DT:g} s, a whole number of steps of {DT:g} s, got {split!r}",
            parameter="split",
        )
    folder = _folder()
    amplitude = np.loadtxt(folder / f"grasshopper_stimulus{recording}.txt", usecols=1)
    spikes = np.loadtxt(folder / f"grasshopper_spike_times{recording}.txt", comments="#") * MICROSECOND
    level = 20.0 * np.log10(amplitude)
    parts = {"train": (0, at), "test": (at, STEPS)}
    return Dataset(dataset, {name: [_trial(level, spikes, *part, input)] for name, part in parts.items()})


def _folder() -> Path:
    """Where the package keeps its data; it is found and not imported, which would take seconds."""
    found = find_spec("nitime")
    if found is None or not found.submodule_search_locations:
        raise ParameterError(
            "data source nitime needs the package nitime",
            parameter="source",
            hint="pip install 'graphnet-dataflow[examples]'",
        )
    return Path(found.submodule_search_locations[0]) / "data"


def _trial(level: NDArray[np.float64], spikes: NDArray[np.float64], first: int, stop: int, name: str) -> Trial:
    start, end = first * DT, stop * DT
    here = spikes[(spikes >= start) & (spikes < end)]
    heard = TSContinuous.from_clocked(level[first:stop, None], DT, t_start=start, name=name, units="dB")
    return Trial({name: heard}, target=TSEvent(here, 0, t_start=start, t_stop=end, num_channels=1, name="recorded"))
