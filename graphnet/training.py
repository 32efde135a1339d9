"""Train a layer of a network on the signals that reach it, streaming, in bounded memory."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .clock import exact, whole_steps
from .errors import InputError, NetworkError, ParameterError
from .layer import ArrayLayer, Layer, Trainable
from .network import Network
from .run import evolve
from .timeseries import TimeSeries, TSContinuous

Reset = Literal["all", "state", "time", "none"]
RESETS: tuple[Reset, ...] = ("all", "state", "time", "none")
Given = TimeSeries | Mapping[str, TimeSeries]


def fit(
    net: Network,
    x: Given | Iterable[Given],
    y: Any,
    *,
    layer: str,
    reset: Reset = "all",
    washout: float = 0.0,
    block: int | None = None,
) -> None:
    """Train ``layer`` on what its inputs are while the network evolves.

    ``x``: one input as ``evolve`` takes it, or several trials of them (any iterable, read once). ``y``: for each trial
    a target, a series (sampled at the layer's steps), an array (T, O), or one row (O,) that holds throughout.
    ``reset`` is what is reset before each trial, ``washout`` (s) how much of each is left out at its beginning. Trials
    are numbered, so each has noise of its own.

    Raises NetworkError for a layer that cannot be trained, InputError for targets that do not fit; whatever fails, the
    network and the layer are then as before.
    """
    trained = net[layer]
    if not isinstance(trained, Trainable) or not isinstance(trained, ArrayLayer):
        raise NetworkError(f"{trained.start_print} cannot be trained", hint="train a readout such as Ridge")
    skip = whole_steps(washout, exact(trained.dt), "washout")
    with unchanged_on_failure(net, trained):
        trained.begin_fit()
        count = 0
        for count, (given, target) in enumerate(_pairs(x, y), start=1):
            reset_before(net, reset)
            rows = _Rows(trained, target, net, skip)
            evolve(net, given, record=(), block=block, trial=count - 1, taps={layer: rows.take})
            rows.check_all_used()
        if count == 0:
            raise InputError(f"{trained.start_print}: no trials to fit to")
        trained.end_fit()


def reset_before(net: Network, reset: Reset) -> None:
    """Reset what is to be reset before a trial."""
    actions = {"all": net.reset_all, "state": net.reset_state, "time": net.reset_time, "none": lambda: None}
    if reset not in RESETS:
        raise ParameterError(f"reset is one of {', '.join(RESETS)}, got {reset!r}", parameter="reset")
    actions[reset]()


@contextmanager
def unchanged_on_failure(net: Network, *trained: Layer) -> Iterator[None]:
    """Put states, lines and clock, and all of the ``trained`` layers, back where what is inside raises."""
    states = {name: {key: array.copy() for key, array in state.items()} for name, state in net.states.items()}
    lines = {number: copy.deepcopy(line) for number, line in net.lines.items()}
    now = net.now
    plain = [layer for layer in net.layers.values() if not isinstance(layer, ArrayLayer)]
    kept = [(layer, _content(layer)) for layer in [*plain, *trained]]
    try:
        yield
    except BaseException:
        net.lines.clear()
        net.commit(now, states, lines)
        for layer, content in kept:
            home = layer._home
            vars(layer).clear()
            vars(layer).update(content, _home=home)
        raise


def _content(layer: Layer) -> dict[str, Any]:
    """All that a layer holds, copied, without the network that it belongs to."""
    return copy.deepcopy({name: value for name, value in vars(layer).items() if name != "_home"})


class _Rows:
    """Hands a trial's rows of input and target to the layer, block by block, after the washout."""

    def __init__(self, layer: Any, target: Any, net: Network, skip: int) -> None:
        self.layer, self.skip = layer, skip
        self.dt = exact(layer.dt)
        self.first = self.reached = int(net.now / self.dt)
        self.target = target if isinstance(target, TSContinuous) else self._array(target)

    def _array(self, target: Any) -> NDArray[np.float64]:
        wanted = f"{self.layer.start_print}: a target is a continuous series, (T, O) or (O,)"
        try:
            array = np.asarray(target, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"{wanted}, got a {type(target).__name__}") from error
        if array.ndim not in (1, 2) or array.shape[-1] != self.layer.size_out:
            raise InputError(f"{wanted} with O = {self.layer.size_out}, got shape {array.shape}")
        return array

    def take(self, start: int, steps: int, block: Any) -> None:
        """Called with each block of the layer's input."""
        rows = np.zeros((steps, self.layer.size_in)) if block is None else block
        self.reached = start + steps
        left = min(steps, max(0, self.first + self.skip - start))
        if left < steps:
            self.layer.partial_fit(rows[left:], self._targets(start + left, steps - left))

    def check_all_used(self) -> None:
        """Refuse a target that goes on after the trial: its rows do not mean the trial's steps."""
        steps = self.reached - self.first
        if isinstance(self.target, np.ndarray) and self.target.ndim == 2 and len(self.target) > steps:
            raise InputError(
                f"{self.layer.start_print}: the target has {len(self.target)} rows, the trial {steps} steps"
            )

    def _targets(self, start: int, steps: int) -> NDArray[Any]:
        if isinstance(self.target, TSContinuous):
            return self.target.sample_steps(start, steps, self.dt)
        if self.target.ndim == 1:
            return np.broadcast_to(self.target, (steps, len(self.target)))
        begin = start - self.first
        if begin + steps > len(self.target):
            raise InputError(
                f"{self.layer.start_print}: the target has {len(self.target)} rows, the trial needs {begin + steps}"
            )
        return self.target[begin : begin + steps]


def _pairs(x: Any, y: Any) -> Iterator[tuple[Given, Any]]:
    if isinstance(x, TimeSeries | Mapping):
        yield x, y
        return
    if not isinstance(x, Iterable) or isinstance(x, str | np.ndarray):
        raise InputError(f"x is the input of one trial, or those of several, got a {type(x).__name__}")
    if not isinstance(y, Iterable) or isinstance(y, TimeSeries | Mapping | str):
        raise InputError(f"x has several trials, so y has a target for each, got a {type(y).__name__}")
    targets = iter(y)
    for number, given in enumerate(x):
        try:
            target = next(targets)
        except StopIteration:
            raise InputError(f"trial {number} has no target: there are fewer targets than trials") from None
        yield given, target
    if next(targets, None) is not None:
        raise InputError("there are more targets than trials")


__all__ = ["RESETS", "Reset", "fit", "reset_before", "unchanged_on_failure"]
