"""One word each for files: ``load`` and ``save`` networks and series."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from .errors import ParameterTypeError
from .network import Network
from .timeseries import TimeSeries


def load(path: str | PathLike[str]) -> Network | TimeSeries:
    """What a file holds: a series where it is .npz, else the network of a document (.yaml, .yml, .json).

    Raises DocumentError with file and line of every problem, and what ``TimeSeries.load`` raises.
    """
    place = Path(path)
    return TimeSeries.load(place) if place.suffix == ".npz" else Network.load(place)


def save(thing: Network | TimeSeries, path: str | PathLike[str]) -> None:
    """Write a network as a document (.yaml, .yml, .json) or a series (.npz). Raises ParameterTypeError for others."""
    if not isinstance(thing, Network | TimeSeries):
        raise ParameterTypeError(f"networks and series can be saved, got a {type(thing).__name__}", parameter="thing")
    thing.save(Path(path))
