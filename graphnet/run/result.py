"""What a run gives: the recorded signals by name, and how it went."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..errors import UnknownName
from ..timeseries import TimeSeries


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
    """The signals of a run by name: external inputs, recorded layers, recorded variables; ``info`` says how it went."""

    def __init__(self, signals: Mapping[str, TimeSeries], info: Info) -> None:
        self._signals = dict(signals)
        self.info = info

    def __getitem__(self, name: str) -> TimeSeries:
        if name not in self._signals:
            raise UnknownName("recorded signal", name, self._signals)
        return self._signals[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._signals)

    def __len__(self) -> int:
        return len(self._signals)

    def __repr__(self) -> str:
        return f"Result of {self.info.simulated:g} s: {', '.join(self._signals) or 'nothing recorded'}"


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
