"""Train a layer of a network on the signals that reach it, streaming, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..clock import exact, whole_steps
from ..errors import InputError, NetworkError
from ..layer import ArrayLayer, Trainable
from ..network import Network
from ..run import evolve
from .sums import take_up
from .targets import Target
from .trials import PIECE, Given, Reset, pairs, pieces, reset_before, step_now
from .undoing import unchanged_on_failure


def fit(
    net: Network,
    x: Given | Iterable[Given] | Any,
    y: Any,
    *,
    layer: str,
    reset: Reset = "each",
    washout: float = 0.0,
    block: int | None = None,
    classes: Sequence[Any] | None = None,
    stream: bool = False,
    dt: Any = None,
    first: int = 0,
    held: Mapping[str, Any] | None = None,
    after: Callable[[int], object] | None = None,
) -> None:
    """Train ``layer`` on what its inputs are while the network evolves.

    ``x``: one input as ``evolve`` takes it, or several trials of them (any iterable, read once). ``y``: for each trial
    a target, a series (sampled at the layer's steps), an array (T, O), one row (O,) that holds throughout, or a label:
    the number of an output channel, or one of ``classes``, which names the channels. A long target may also be a file
    (.npy, .npz, .wav), an iterator of chunks of rows, or a callable that is asked for n rows.

    With ``stream`` x is one trial from a source such as ``net.stream`` takes, which may be larger than memory: a file,
    an array, an iterator of chunks, a callable, or these by the inputs' names; its rows lie every ``dt`` (s), by
    default the dt of the input's readers.

    ``reset`` is what is reset before each trial, ``washout`` (s) how much of each is left out at its beginning. Trials
    are numbered from ``first``, so each has noise of its own.

    ``after`` is called with the number of trials that have been taken in, after each. With ``held``, what ``sums`` gave
    of the layer by then, a fit that was stopped goes on from trial ``first``: the network stands where it stood then.

    Raises NetworkError for a layer that cannot be trained, InputError for targets that do not fit; whatever fails, the
    network and the layer are then as before.
    """
    trained = net[layer]
    if not isinstance(trained, Trainable) or not isinstance(trained, ArrayLayer):
        raise NetworkError(f"{trained.start_print} cannot be trained", hint="train a readout such as Ridge")
    skip = whole_steps(washout, exact(trained.dt), "washout")
    with unchanged_on_failure(net, trained):
        trained.begin_fit()
        if held is not None:
            take_up(trained, held)
        count = first
        for count, (given, target) in enumerate(pairs(x, y, stream), start=first + 1):
            reset_before(net, reset)
            start = step_now(net, trained)
            rows = _Rows(trained, Target(trained, target, start, classes), start, skip)
            # in one run where it can be: a plain layer takes the whole trial at once
            parts = pieces(net, given, PIECE, stream=True, dt=dt) if stream else [(given, None)]
            for part, steps in parts:
                taps = {layer: rows.take}
                evolve(net, part, num_timesteps=steps, record=(), block=block, trial=count - 1, taps=taps)
            rows.target.check_all_used(rows.reached)
            if after is not None:
                after(count)
        if count == 0:
            raise InputError(f"{trained.start_print}: no trials to fit to")
        trained.end_fit()


class _Rows:
    """Hands a trial's rows of input and target to the layer, block by block, after the washout."""

    def __init__(self, layer: Any, target: Target, first: int, skip: int) -> None:
        self.layer, self.target = layer, target
        self.begin = first + skip
        self.reached = first

    def take(self, start: int, steps: int, block: Any) -> None:
        """Called with each block of the layer's input."""
        self.reached = start + steps
        left = min(steps, max(0, self.begin - start))
        if left < steps:
            rows = self.layer.shown_rows(block, steps)
            self.layer.partial_fit(rows[left:], self.target.rows(start + left, steps - left))


__all__ = ["fit"]
