"""What is wanted of a layer in one trial, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..clock import exact
from ..errors import InputError, UnknownName
from ..layer import Layer
from ..run.feeds import Feed, feed
from ..structure import Input
from ..timeseries import TSContinuous
from .trials import PIECE, is_file


class Target:
    """The target of a trial that begins at a layer's absolute step ``first``, as rows for its steps.

    ``given``: a series, an array (T, O), one row (O,), a label, a file, an iterator of chunks of rows or a callable
    that is asked for them. Raises InputError.
    """

    def __init__(self, layer: Layer, given: Any, first: int, classes: Sequence[Any] | None = None) -> None:
        self.layer: Layer = layer
        self.first: int = first
        self.dt: Fraction = exact(layer.dt)
        self.channel: int | None = channel_of(layer, given, classes)
        self._read: Callable[[int, int], NDArray[Any]]
        self.length: int | None = None
        self._place = first
        if self.channel is not None:
            given = np.eye(layer.size_out)[self.channel]
        elif is_file(given) and Path(given).suffix == ".npy":
            given = self._opened(Path(given))
        if isinstance(given, TSContinuous):
            self._read = lambda start, steps: given.sample_steps(start, steps, self.dt)
        elif is_file(given) or isinstance(given, Iterator) or callable(given):
            self._feed(given)
        else:
            self._table(given)

    def rows(self, start: int, steps: int) -> NDArray[Any]:
        """The rows (steps, O) from an absolute step on. Raises InputError where it has ended."""
        return self._read(start, steps)

    def check_all_used(self, reached: int) -> None:
        """Refuse a target that goes on after the trial: its rows do not mean the trial's steps."""
        steps = reached - self.first
        if self.length is not None and self.length > steps:
            raise InputError(f"{self.layer.start_print}: the target has {self.length} rows, the trial {steps} steps")

    def _opened(self, path: Path) -> NDArray[Any]:
        try:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise InputError(f"{self.layer.start_print}: cannot read the target {path}: {error}") from error

    def _table(self, given: Any) -> None:
        size = self.layer.size_out
        wanted = f"{self.layer.start_print}: a target is a continuous series, (T, O) or (O,)"
        try:
            array = given if isinstance(given, np.ndarray) else np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            hint = "say classes=[...] to train on labels" if isinstance(given, str) else None
            raise InputError(f"{wanted}, got a {type(given).__name__}", hint=hint) from error
        if array.dtype.kind not in "fiub":
            raise InputError(f"{wanted}, got an array of {array.dtype}")
        if array.ndim not in (1, 2) or array.shape[-1] != size:
            raise InputError(f"{wanted} with O = {size}, got shape {array.shape}")
        if array.ndim == 1:
            row = np.array(array, dtype=np.float64)
            self._read = lambda start, steps: np.broadcast_to(row, (steps, size))
            return
        self.length = len(array)
        self._read = lambda start, steps: self._slice(array, start - self.first, steps)

    def _slice(self, array: NDArray[Any], begin: int, steps: int) -> NDArray[np.float64]:
        if begin + steps > len(array):
            raise InputError(
                f"{self.layer.start_print}: the target has {len(array)} rows, the trial needs {begin + steps}"
            )
        return np.array(array[begin : begin + steps], dtype=np.float64)  # of a file only these rows are read

    def _feed(self, given: Any) -> None:
        declared = Input(f"target of {self.layer.start_print}", self.layer.size_out, TSContinuous)
        source: Feed = feed(declared, given, self.dt, self.first * self.dt, self.dt)
        self._read = lambda start, steps: self._pulled(source, start, steps)

    def _pulled(self, source: Feed, start: int, steps: int) -> NDArray[Any]:
        while self._place < start:  # rows that nobody asked for, as those of a washout, are read past
            self._next(source, self._place, min(PIECE, start - self._place))
        return self._next(source, start, steps)

    def _next(self, source: Feed, start: int, steps: int) -> NDArray[Any]:
        self._place = start + steps
        begin, stop = start * self.dt, (start + steps) * self.dt
        series, reached = source.pull(begin, stop)
        if reached < stop or not isinstance(series, TSContinuous):
            raise InputError(f"{self.layer.start_print}: the target ends at {float(reached)!r} s, the trial goes on")
        return series.sample_steps(start, steps, self.dt)


def channel_of(layer: Layer, given: Any, classes: Sequence[Any] | None) -> int | None:
    """The output channel that a label means: one of ``classes`` in their order, or else a whole number.

    None for what is no label. Raises InputError, UnknownName.
    """
    if isinstance(given, np.ndarray | np.generic) and given.ndim == 0:
        given = given.item()
    if classes is not None:
        check_classes(layer, classes)
        plain = [one.item() if isinstance(one, np.generic) else one for one in classes]
        if isinstance(given, str | int):
            if given not in plain:
                raise UnknownName("class", str(given), map(str, plain), where="classes")
            return plain.index(given)
        return None
    if not isinstance(given, int) or isinstance(given, bool):
        return None
    if not 0 <= given < layer.size_out:
        raise InputError(f"{layer.start_print}: label {given} is none of its output channels 0 to {layer.size_out - 1}")
    return given


def check_classes(layer: Layer, classes: Sequence[Any]) -> None:
    """Refuse classes that are not one for each output channel: InputError."""
    if len(classes) != layer.size_out:
        raise InputError(f"{layer.start_print} has {layer.size_out} outputs, there are {len(classes)} classes")
