"""Train by a function that is called after each batch, and may change what it likes before the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Any

import numpy as np

from ..clock import whole_steps
from ..errors import BatchError, InputError, ParameterError
from ..network import Network
from ..run import Record, Result, evolve
from ..run.inputs import exact_step
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from .trials import Given, Reset, pairs, pieces, reset_before
from .undoing import unchanged_on_failure

WHOLE = 2**62  # network steps: longer than any trial


@dataclass(frozen=True)
class Batch:
    """One batch: a stretch of a trial that the network has just gone through.

    ``number`` counts all batches from 0, ``epoch`` the passes over all trials, ``trial`` the trials in a pass,
    ``index`` the batches in a trial. ``start`` and ``stop`` (s) are the network's times. ``signals`` are what a run
    gives: external inputs and recorded signals by name. ``target`` is the part of the trial's target that is its own.
    """

    number: int
    epoch: int
    trial: int
    index: int
    start: float
    stop: float
    signals: Result
    target: Any

    @property
    def first(self) -> bool:
        """Whether a trial begins with it."""
        return self.index == 0


Function = Callable[[Network, Batch], Any]


def train(
    net: Network,
    function: Function,
    x: Given | Iterable[Given] | Any,
    y: Any = None,
    *,
    batch: float | None = None,
    epochs: int = 1,
    record: Record = None,
    reset: Reset = "each",
    block: int | None = None,
    stream: bool = False,
    dt: Any = None,
) -> None:
    """Evolve the network over batches of ``batch`` seconds and call ``function(net, batch)`` after each.

    The function sees a ``Batch`` with the signals of every layer, or those that ``record`` names, and may change
    parameters by the checked setters (``net["out"].weights = ...``, ``net.set_params``); the next batch goes on with
    them from the state in which this one ended. Where it returns True, training ends. ``x``, ``reset``, ``stream`` and
    ``dt`` are those of ``fit``; without ``batch`` a trial is one batch, and the last of a trial may be shorter. ``y``
    gives for each trial what is wanted: of a series a batch has the part, of an array (T, ...) the rows of its network
    steps, of a mapping of these each part by name; anything else, such as a label, it has as it is. ``epochs`` goes
    over all trials so many times; each trial of each pass has noise of its own.

    A batch happens or it does not: where anything raises in it, parameters, states and clock are as they were before
    it, those before it stay, and BatchError says which it was.
    """
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise ParameterError(f"epochs is a whole number of at least 1, got {epochs!r}", parameter="epochs")
    if epochs > 1 and any(isinstance(one, Iterator) for one in (x, y)):
        raise InputError("an iterator is gone after one epoch", hint="give the trials and targets as lists")
    numbers = count()
    run = _Run(net, function, batch, record, block, numbers)
    trials = count()
    for epoch in range(epochs):
        for trial, (given, target) in enumerate(pairs(x, y, stream)):
            if run.trial(given, target, (epoch, trial), next(trials), reset, stream=stream, dt=dt):
                return


class _Run:
    """Goes through trials batch by batch."""

    def __init__(
        self, net: Network, function: Function, batch: Any, record: Record, block: Any, numbers: Iterator[int]
    ) -> None:
        self.net, self.function, self.block, self.numbers = net, function, block, numbers
        self.record: Record = tuple(net.layers) if record is None else record
        self.length: int = WHOLE if batch is None else whole_steps(batch, exact_step(net), "batch")
        if self.length < 1:
            raise ParameterError(f"a batch lasts at least one step of the network, got {batch!r} s", parameter="batch")

    def trial(
        self, given: Any, target: Any, place: tuple[int, int], noise: int, reset: Reset, *, stream: bool, dt: Any
    ) -> bool:
        """All batches of a trial; True where training is to end."""
        net = self.net
        parts: Any = None
        begun = net.now
        for index in count():
            with unchanged_on_failure(net, *net.layers.values()), net.all_or_nothing():
                if parts is None:
                    reset_before(net, reset)
                    begun = net.now
                    parts = pieces(net, given, self.length, stream=stream, dt=dt)
                part = next(parts, None)
                if part is None:
                    return False
                if self._batch(part, (*place, index), noise, _Wanted(target, begun, exact_step(net))):
                    return True
        return False

    def _batch(self, part: tuple[dict[str, TimeSeries], int], place: tuple[int, int, int], noise: int,
               wanted: _Wanted) -> bool:  # fmt: skip
        net, (given, steps) = self.net, part
        number, start = next(self.numbers), net.now
        stop = start + steps * exact_step(net)
        try:
            target = wanted.part(start, stop)
            signals = evolve(net, given, num_timesteps=steps, record=self.record, block=self.block, trial=noise)
            one = Batch(number, *place, float(start), float(stop), signals, target)
            return self.function(net, one) is True
        except Exception as error:
            raise BatchError(
                f"batch {number} (epoch {place[0]}, trial {place[1]}, {float(start)!r} s to {float(stop)!r} s) failed: "
                f"{type(error).__name__}: {error}",
                batch=number, epoch=place[0], trial=place[1], start=float(start), stop=float(stop),
            ) from error  # fmt: skip


@dataclass(frozen=True)
class _Wanted:
    """The target of a trial that began at an exact time, cut into batches."""

    target: Any
    begun: Fraction
    step: Fraction

    def part(self, start: Fraction, stop: Fraction) -> Any:
        """What of it belongs to a batch."""
        return self._part(self.target, start, stop)

    def _part(self, target: Any, start: Fraction, stop: Fraction) -> Any:
        if isinstance(target, Mapping):
            return {name: self._part(one, start, stop) for name, one in target.items()}
        if isinstance(target, TSContinuous):
            return target.clip(start, stop, include_stop=False, sample_limits=False)
        if isinstance(target, TSEvent):
            return target.clip(start, stop)
        if isinstance(target, np.ndarray) and target.ndim > 1:
            first, last = (int((one - self.begun) / self.step) for one in (start, stop))
            if last > len(target):
                raise InputError(f"the target has {len(target)} rows, the batch ends with row {last}")
            return target[first:last]
        return target


__all__ = ["Batch", "train"]
