"""Independent trials: each starts where the network stands and leaves it there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import backends
from ..errors import NetworkError
from ..layer import ArrayLayer
from ..network import Network
from ..timeseries import TimeSeries
from .evolving import simulate
from .records import Record
from .result import Result

Given = TimeSeries | Mapping[str, TimeSeries] | None


@dataclass(frozen=True)
class Simulation:
    """What one trial needs, so that it can travel to another process."""

    net: Network
    options: Mapping[str, Any]

    def __call__(self, numbered: tuple[int, Given]) -> Result:
        trial, given = numbered
        return simulate(self.net, given, trial=trial, **self.options)


def evolve_trials(
    net: Network,
    inputs: Iterable[Given],
    duration: float | None = None,
    num_timesteps: int | None = None,
    *,
    block: int | None = None,
    record: Record = None,
    backend: Any = "serial",
    workers: int | None = None,
    first: int = 0,
) -> list[Result]:
    """Evolve each input by itself from the network's present state and time; the network stays as it is.

    Trials are numbered from ``first``, and each has noise of its own, so that trial 3 gives the same bits however many
    others there are and wherever it runs. ``backend`` spreads whole trials over threads or the processes of a Dask
    cluster. Raises what ``evolve`` raises, and NetworkError for a plain Layer, whose state is its own.
    """
    for name, layer in net.layers.items():
        if not isinstance(layer, ArrayLayer):
            raise NetworkError(
                f"{name} is a {layer.class_name}, a plain Layer: trials would share its state",
                hint="write it as an ArrayLayer, or evolve copies of the network",
            )
    options = {"duration": duration, "num_timesteps": num_timesteps, "block": block, "record": record}
    numbered: Sequence[tuple[int, Given]] = list(enumerate(inputs, start=first))
    return backends.spread(Simulation(net, options), numbered, backend, workers)
