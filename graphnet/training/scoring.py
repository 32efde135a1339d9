"""What a layer of a network says about trials, and how well that meets what is wanted; the network stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..clock import exact, whole_steps
from ..errors import InputError, NetworkError, ParameterError
from ..layer import Layer
from ..layer.trainable import RSquared
from ..network import Network
from ..run import evolve
from ..timeseries import TimeSeries, TSContinuous
from .targets import Target, check_classes
from .trials import PIECE, Reset, pairs, pieces, reset_before, step_now, trials
from .undoing import unchanged

Decide = Literal["mean", "last"]


def predict(
    net: Network,
    x: Any,
    *,
    layer: str,
    decide: Decide | None = None,
    classes: Sequence[Any] | None = None,
    reset: Reset = "each",
    washout: float = 0.0,
    block: int | None = None,
    first: int = 0,
) -> Any:
    """The output of ``layer`` for one trial, a TSContinuous, or for several, a list; the network stays as it is.

    ``x``, ``reset`` and ``washout`` are those of ``fit``. Trials are numbered from ``first``: that of ``fit`` is 0, so
    another gives noise that it has not seen. With ``decide`` each trial is given a label instead: the channel whose
    output is largest in the ``mean`` or in the ``last`` step, as its number or as one of ``classes``.

    Raises NetworkError for a layer that emits events, InputError where the washout leaves nothing, and what ``evolve``
    raises.
    """
    looking = _Looking(net, layer, reset, washout, block)
    found: list[Any] = []
    with unchanged(net):
        for number, given in enumerate(trials(x), start=first):
            if decide is None:
                found.append(looking.series(given, number))
                continue
            verdict = Verdict(looking.layer, decide)
            for _, rows in looking.outputs(given, number):
                verdict.take(rows)
            found.append(_named(looking.layer, verdict.channel(), classes))
    return found[0] if isinstance(x, TimeSeries | Mapping) else found


def score(
    net: Network,
    x: Any,
    y: Any,
    *,
    layer: str,
    decide: Decide = "mean",
    classes: Sequence[Any] | None = None,
    reset: Reset = "each",
    washout: float = 0.0,
    block: int | None = None,
    first: int = 0,
    stream: bool = False,
    dt: Any = None,
) -> float:
    """How well ``layer`` meets its targets on one trial or several; the network stays as it is.

    Where the targets are labels, one for each trial, the share of trials that are given theirs, each decided by the
    ``mean`` or the ``last`` step; where they are signals, R^2 over all steps of all trials, the mean over the outputs.
    The arguments are those of ``fit`` and ``predict``. Raises InputError for labels and signals side by side.
    """
    looking = _Looking(net, layer, reset, washout, block)
    agreement = RSquared(looking.layer.start_print)
    right: list[bool] = []
    with unchanged(net):
        for number, (given, wanted) in enumerate(pairs(x, y, stream), start=first):
            reset_before(net, reset)
            target = Target(looking.layer, wanted, step_now(net, looking.layer), classes)
            verdict = Verdict(looking.layer, decide)
            for start, rows in looking.outputs(given, number, reset_first=False, stream=stream, dt=dt):
                if target.channel is None:
                    agreement.take(target.rows(start, len(rows)), rows)
                else:
                    verdict.take(rows)
            target.check_all_used(step_now(net, looking.layer))
            if target.channel is not None:
                right.append(verdict.channel() == target.channel)
    if right and agreement.rows:
        raise InputError(f"{looking.layer.start_print}: some targets are labels and some are signals")
    return float(np.mean(right)) if right else agreement.value()


class _Looking:
    """Runs trials through a network and gives the output of one layer, after the washout."""

    def __init__(self, net: Network, layer: str, reset: Reset, washout: float, block: int | None) -> None:
        self.net, self.name, self.block = net, layer, block
        self.reset: Reset = reset
        self.layer: Layer = net[layer]
        self.skip: int = whole_steps(washout, exact(self.layer.dt), "washout")

    def outputs(
        self, given: Any, number: int, *, reset_first: bool = True, stream: bool = False, dt: Any = None
    ) -> Iterator[tuple[int, NDArray[Any]]]:
        """The output of a trial in pieces, each with its first absolute step."""
        if reset_first:
            reset_before(self.net, self.reset)
        begin = step_now(self.net, self.layer) + self.skip
        parts = pieces(self.net, given, PIECE, stream=True, dt=dt) if stream else [(given, None)]
        for part, steps in parts:
            start = step_now(self.net, self.layer)
            rows = self._run(part, steps, number).samples
            left = min(len(rows), max(0, begin - start))
            if left < len(rows):
                yield start + left, rows[left:]

    def series(self, given: Any, number: int) -> TSContinuous:
        """The output of a trial as one series."""
        reset_before(self.net, self.reset)
        step = exact(self.layer.dt)
        begin = step_now(self.net, self.layer) + self.skip
        rows = self._run(given, None, number).samples[self.skip :]
        return TSContinuous.from_clocked(rows, step, begin * step, name=self.name)

    def _run(self, given: Any, steps: int | None, number: int) -> TSContinuous:
        result = evolve(self.net, given, num_timesteps=steps, record=(self.name,), block=self.block, trial=number)
        series = result[self.name]
        if not isinstance(series, TSContinuous):
            raise NetworkError(
                f"{self.layer.start_print} emits events: there is no signal to look at",
                hint="look at a layer that turns them into one, e.g. ExpSyn",
            )
        return series


class Verdict:
    """Which output channel of a layer is largest, in the mean of all rows or in the last one."""

    def __init__(self, layer: Layer, decide: Decide) -> None:
        if decide not in ("mean", "last"):
            raise ParameterError(f"decide is mean or last, got {decide!r}", parameter="decide")
        self.layer: Layer = layer
        self.decide: Decide = decide
        self._sum: Any = None

    def take(self, rows: NDArray[Any]) -> None:
        """Take in rows of output (n, O), n > 0. Raises InputError for NaN."""
        if np.isnan(rows).any():
            raise InputError(f"{self.layer.start_print} gives NaN: there is nothing to decide by")
        if self.decide == "last":
            self._sum = rows[-1]
        else:
            total = rows.sum(axis=0, dtype=np.float64)
            self._sum = total if self._sum is None else self._sum + total

    def channel(self) -> int:
        """The channel. Raises InputError where there was nothing to look at."""
        if self._sum is None:
            raise InputError(f"{self.layer.start_print}: the washout leaves nothing of a trial to decide by")
        return int(np.argmax(self._sum))


def _named(layer: Layer, channel: int, classes: Sequence[Any] | None) -> Any:
    if classes is None:
        return channel
    check_classes(layer, classes)
    return classes[channel]
