"""What a dataset source gives: trials in named groups, each a series for each input and what it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import registry
from ..errors import InputError, UnknownName
from ..timeseries import TimeSeries, TSContinuous, TSEvent

F = TypeVar("F", bound="Callable[..., Dataset]")


@dataclass(frozen=True)
class Trial:
    """One recording: ``inputs`` by the network's input names, and a ``label`` or a ``target``: a signal or spikes."""

    inputs: Mapping[str, TimeSeries]
    label: str | None = None
    target: TSContinuous | TSEvent | None = None


@dataclass(frozen=True)
class Dataset:
    """Trials in groups such as ``train`` and ``test``; ``classes`` are the labels in a fixed order, or none."""

    name: str
    groups: Mapping[str, Sequence[Trial]]
    classes: Sequence[str] = ()

    def group(self, name: str) -> Sequence[Trial]:
        """The trials of a group. Raises UnknownName."""
        if name not in self.groups:
            raise UnknownName("group of trials", name, self.groups, where=f"dataset {self.name!r}")
        return self.groups[name]

    def one_hot(self, trial: Trial) -> NDArray[np.float64]:
        """A trial's label as a vector over the classes: 1 for its own, else 0. Raises InputError without one."""
        if trial.label not in self.classes:
            known = ", ".join(self.classes) or "none"
            raise InputError(f"dataset {self.name!r}: a trial has the label {trial.label!r}; the classes are: {known}")
        return np.array([1.0 if one == trial.label else 0.0 for one in self.classes])


def dataset(name: str) -> Callable[[F], F]:
    """Register a function ``(**options) -> Dataset`` as a source that documents can name.

    A package announces the module that does so in the entry-point group ``graphnet.datasets``.
    """

    def register(function: F) -> F:
        registry.datasets.add(function, name)
        return function

    return register
