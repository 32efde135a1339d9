"""Trials: what drives the network and what is wanted, one pair after the other, each whole or in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from os import PathLike
from typing import Any, Literal

import numpy as np

from ..clock import checked_dt, exact, step_of
from ..errors import InputError, ParameterError, UnknownName
from ..layer import Layer
from ..network import Network
from ..run.feeds import Feed, feed
from ..run.inputs import by_name, exact_step
from ..timeseries import TimeSeries

Given = TimeSeries | Mapping[str, TimeSeries]
Reset = Literal["each", "state", "time", "none"]
RESETS: tuple[Reset, ...] = ("each", "state", "time", "none")
PIECE = 4096  # network steps of a stream that are run at a time


def reset_before(net: Network, reset: Reset) -> None:
    """Reset what is to be reset before a trial."""
    actions = {"each": net.reset_all, "state": net.reset_state, "time": net.reset_time, "none": lambda: None}
    if reset not in RESETS:
        raise ParameterError(f"reset is one of {', '.join(RESETS)}, got {reset!r}", parameter="reset")
    actions[reset]()


def trials(x: Any, stream: bool = False) -> Iterator[Any]:
    """The trials of ``x``: one alone where it is one series, series by name, or the source of a stream."""
    if stream or isinstance(x, TimeSeries | Mapping):
        yield x
        return
    if not isinstance(x, Iterable) or isinstance(x, str | np.ndarray):
        raise InputError(
            f"x is the input of one trial, or those of several, got a {type(x).__name__}",
            hint="rows from an array, a file or chunks are read with stream=True",
        )
    yield from x


def pairs(x: Any, y: Any, stream: bool = False) -> Iterator[tuple[Any, Any]]:
    """Trials with their targets, or with None where there are none at all.

    Raises InputError where there are not as many targets as trials.
    """
    if y is None or stream or isinstance(x, TimeSeries | Mapping):
        for given in trials(x, stream):
            yield given, y
        return
    if not isinstance(y, Iterable) or isinstance(y, TimeSeries | Mapping | str):
        raise InputError(f"x has several trials, so y has a target for each, got a {type(y).__name__}")
    targets = iter(y)
    for number, given in enumerate(trials(x)):
        try:
            target = next(targets)
        except StopIteration:
            raise InputError(f"trial {number} has no target: there are fewer targets than trials") from None
        yield given, target
    if next(targets, None) is not None:
        raise InputError("there are more targets than trials")


def pieces(
    net: Network, given: Any, length: int, *, stream: bool = False, dt: Any = None
) -> Iterator[tuple[dict[str, TimeSeries], int]]:
    """A trial in parts that follow each other: what drives each, and its number of network steps, up to ``length``.

    The network stands where a part begins whenever it is asked for. ``given`` is what ``evolve`` takes, or with
    ``stream`` what ``net.stream`` takes, of rows every ``dt`` (s). Raises InputError.
    """
    step = exact_step(net)
    feeds, left = _feeds(net, given, stream, dt)
    while left is None or left > 0:
        start = net.now
        stop = start + (length if left is None else min(length, left)) * step
        part: dict[str, TimeSeries] = {}
        for name, one in feeds.items():
            part[name], reached = one.pull(start, stop)
            stop = min(stop, max(reached, start))
        steps = int((stop - start) // step)
        if steps == 0:
            return
        left = None if left is None else left - steps
        yield part, steps


def _feeds(net: Network, given: Any, stream: bool, dt: Any) -> tuple[dict[str, Feed], int | None]:
    """The feeds of the inputs that are driven, and the network steps after which a periodic one has been seen."""
    step, inputs = exact_step(net), net.inputs
    if stream and not isinstance(given, Mapping):
        if len(inputs) != 1:
            raise InputError(f"network {net.name!r} has {len(inputs)} inputs: give the sources by name")
        given = {next(iter(inputs)): given}
    sources = given if stream else {name: one for name, one in by_name(net, given).items() if one is not None}
    if not sources:
        raise InputError("a trial has at least one input that says how long it is")
    for name in sources:
        if name not in inputs:
            raise UnknownName("input", str(name), inputs, where=f"network {net.name!r}")
    periods = [step_of(one.duration, step) for one in sources.values() if isinstance(one, TimeSeries) and one.periodic]
    feeds = {name: feed(inputs[name], one, _interval(net, name, dt), net.now, step) for name, one in sources.items()}
    return feeds, min(periods, default=None)


def _interval(net: Network, name: str, dt: Any) -> Fraction | None:
    """At what interval rows lie that do not say so themselves: by default the step of the input's readers."""
    if dt is not None:
        return exact(checked_dt(dt, f"input {name!r}"))
    steps = {exact(net[one].dt) for one in net.layers for path in net.paths_into(one) if path.pre == name}
    return steps.pop() if len(steps) == 1 else None


def is_file(given: Any) -> bool:
    """Whether it names a file of a signal."""
    return isinstance(given, PathLike) or (isinstance(given, str) and given.endswith((".npy", ".npz", ".wav")))


def step_now(net: Network, layer: Layer) -> int:
    """The absolute step of a layer at which the network stands."""
    return int(net.now / exact(layer.dt))
