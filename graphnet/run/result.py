"""What a run gives: the recorded signals by name, and how it went."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FileError, UnknownName
from ..timeseries import TimeSeries

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Info:
    """How a run went: simulated and elapsed seconds, block, and what its bits depend on."""

    simulated: float
    elapsed: float
    block: int
    backend: str
    processor: str
    versions: Mapping[str, str]

    @property
    def real_time_factor(self) -> float:
        """Simulated seconds per elapsed second."""
        return self.simulated / self.elapsed if self.elapsed else float("inf")


class Result(Mapping[str, TimeSeries]):
    """The signals of a run by name: external inputs, recorded layers, recorded variables; ``info`` says how it went.

    They stand in the order of evolution, inputs first. ``classes`` names the class of each signal's layer (``Input``
    for an external input) where it is known, ``network`` the network that ran.
    """

    def __init__(
        self,
        signals: Mapping[str, TimeSeries],
        info: Info,
        *,
        network: str = "",
        classes: Mapping[str, str] | None = None,
    ) -> None:
        known = classes or {}
        order = [*(name for name in known if name in signals), *(name for name in signals if name not in known)]
        self._signals = {name: signals[name] for name in order}
        self.info = info
        self.network = network
        self.classes: dict[str, str] = {name: known.get(name, "") for name in order}

    def __getitem__(self, name: str) -> TimeSeries:
        if name not in self._signals:
            raise UnknownName("recorded signal", name, self._signals)
        return self._signals[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._signals)

    def __len__(self) -> int:
        return len(self._signals)

    def __repr__(self) -> str:
        names = [shorter(name) for name in list(self._signals)[:SHOWN]]
        more = f" and {len(self) - SHOWN} more" if len(self) > SHOWN else ""
        return f"Result of {self.info.simulated:g} s: {', '.join(names) or 'nothing recorded'}{more}"

    def _repr_html_(self) -> str:
        from ..views.signals.table import html

        title = f"{self.network}: " if self.network else ""
        many = f"{len(self)} signal{'' if len(self) == 1 else 's'}"
        return html(self, self.classes, f"{title}{many} of {self.info.simulated:g} s")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all signals, with every field and in their order, and ``info`` into one ``.npz`` file.

        The file is replaced whole or not at all. Nothing is pickled, and the signals are not copied. Raises FileError
        where the file cannot be written.
        """
        write_signals(path, self, self.info)

    def plot(
        self,
        names: str | Iterable[str] | None = None,
        *,
        t_start: float | None = None,
        t_stop: float | None = None,
        spectrogram: str | Iterable[str] | bool = (),
        theme: str = "light",
        title: str | None = None,
    ) -> Figure:
        """One figure of the signals, a panel each in the order of evolution, over one axis of time.

        ``names``: which signals, by default all (the first 100). ``t_start``, ``t_stop``: the seconds that are shown.
        ``spectrogram`` names signals whose power is drawn below them; True: all on a clock with up to 12 channels.
        ``theme``: "light" or "dark". ``title``: by default the network's name. Long signals are bands from the least
        to the greatest value in each of 1000 columns, with the mean; events have the rate of a channel below them.

        Raises UnknownName for a name that is not there, ParameterError where there is nothing or no time to show.
        """
        from ..views.signals import traces

        shown = traces.chosen(self, self.classes, names)
        asked = [spectrogram] if isinstance(spectrogram, str) else spectrogram
        power = traces.clocked(shown) if asked is True else asked or ()
        line = self.network if title is None else title
        return traces.activity(shown, line, t_start=t_start, t_stop=t_stop, spectrograms=list(power), theme=theme)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Result:
        """The result that ``save`` wrote, or the signals in a run folder (``signals.npz`` in it).

        A run folder says elsewhere how the run went: its ``info`` has the simulated seconds alone. Raises FileError for
        a file that is damaged, or no such file.
        """
        from ..timeseries.bundle import read_bundle

        place = Path(path) / SIGNALS if Path(path).is_dir() else Path(path)
        signals, about = read_bundle(place)
        try:
            classes = {str(name): str(one) for name, one in about["classes"].items()}
            return cls(signals, _info(about.get("info"), signals), network=str(about["network"]), classes=classes)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FileError(f"{place} cannot be read: it does not say what was run", path=str(place)) from error


SHOWN, LONGEST = 20, 60  # names in a text, characters of a name


def shorter(name: str) -> str:
    """A name as one line tells it."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 3]}..."


SIGNALS = "signals.npz"
"""The file of a run folder with the signals that were recorded and are shown."""


def write_signals(path: str | os.PathLike[str], result: Result, info: Info | None = None) -> None:
    """Write the signals of a result; without ``info``, which times differ in, the same bits give the same bytes."""
    from ..timeseries.bundle import write_bundle

    about = {"network": result.network, "classes": result.classes}
    write_bundle(path, result, about if info is None else {**about, "info": asdict(info)})


def _info(said: Mapping[str, Any] | None, signals: Mapping[str, TimeSeries]) -> Info:
    """How a run went as its file says, or what its signals show of it."""
    if said is None:
        begin = min((one.t_start for one in signals.values()), default=0.0)
        end = max((one.t_stop for one in signals.values()), default=0.0)
        return Info(end - begin, math.nan, 0, "unknown", "unknown", {})
    return Info(
        simulated=float(said["simulated"]),
        elapsed=float(said["elapsed"]),
        block=int(said["block"]),
        backend=str(said["backend"]),
        processor=str(said["processor"]),
        versions={str(name): str(one) for name, one in said["versions"].items()},
    )


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """What the bits of a run depend on besides the processor."""
    import numpy as np

    return {"graphnet": version(), "numpy": np.__version__, "python": platform.python_version()}


@lru_cache(maxsize=1)
def version() -> str:
    """The installed version of graphnet."""
    from importlib.metadata import version as installed

    return installed("graphnet-dataflow")
