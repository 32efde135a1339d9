"""A network that goes through its programme block by block, and what is shown of it. It belongs to one thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any

from ..clock import exact
from ..errors import ParameterError, StateError, UnknownName
from ..network import Network
from ..run import Result
from ..run.inputs import default_block, exact_step
from ..timeseries import TSContinuous, TSEvent
from ..training import reset_before
from .changing import Change, change
from .columns import Columns, Shown
from .programme import Leg

MOST = 12
"""Signals that are shown at a time."""
ENDLESS = 2**40  # network steps: longer than anybody looks on


class Show:
    """The legs of a programme, one after the other; a network as given, at the beginning of the first.

    Between two blocks everything may change: parameters, what is shown, the length of blocks. None of it changes a bit
    of what is not changed: the signals of a leg are those that ``evolve`` gives.
    """

    def __init__(self, net: Network, legs: Sequence[Leg], window: float | None = None) -> None:
        self.written: Network = net
        """The network as its document says, fitted: where a restart begins."""
        self.legs: Sequence[Leg] = legs
        self.changes: dict[tuple[str, str], Change] = {}
        self.columns: dict[str, Columns] = {}
        self.names: tuple[str, ...] = first_shown(net)
        self.block: int = 0
        """Network steps of the last block that was asked for."""
        self._stream: Iterator[Result] | None = None
        self.window: float = 10.0 if window is None else checked_window(window)
        self.restart()
        if window is None and self._stretch is not None:
            self.set_window(min(float(self._stretch), 10.0))

    # ------------------------------------------------------------------ time

    def restart(self, written: bool = False) -> None:
        """Begin anew, with the parameters as they are now or, ``written``, as they were before any was changed."""
        self.close()
        if written:
            self.changes = {}
        self.net: Network = self.written.copy()
        self.net.set_params(**{f"{one.layer}__{one.parameter}": one.value for one in self.changes.values()})
        self.simulated: Fraction = Fraction(0)
        """Seconds (s) simulated since the beginning, over all legs."""
        self.ended: bool = False
        self.number: int = -1
        self._next_leg()
        self._before: Fraction = self.net.now
        self._build()

    def _next_leg(self) -> None:
        self.number += 1
        reset_before(self.net, self.leg.reset)
        self._beginning: Fraction = self.net.now
        self._stretch: Fraction | None = self.leg.stretch(self.net)
        for one in self.columns.values():
            one.clear()

    def go_to(self, number: int) -> None:
        """Leave this leg and begin another, by its number. Raises ParameterError, and what a leg raises; then this one
        goes on.
        """
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(self.legs):
            raise ParameterError(f"there are trials 0 to {len(self.legs) - 1}, got {number!r}", parameter="number")
        trial = self.net.copy()
        reset_before(trial, self.legs[number].reset)
        self.legs[number].stretch(trial)  # refused before anything is left
        self.close()
        self.number = number - 1
        self._next_leg()
        self.ended = False

    @property
    def leg(self) -> Leg:
        """The leg that is being run."""
        return self.legs[self.number]

    @property
    def until(self) -> float | None:
        """The network's time (s) at which the leg ends, or None where it goes on without end."""
        return None if self._stretch is None else float(self._beginning + self._stretch)

    @property
    def start(self) -> float:
        """Where (s) the window begins: at the beginning of the leg, until it is full."""
        return max(float(self._beginning), self.net.t - self.window)

    def go_beyond(self) -> None:
        """Go on behind the end of the last leg, without end. Raises StateError where what drives it ends there."""
        if not self.leg.goes_on:
            raise StateError("the run has come to the end of its inputs", hint="restart it")
        self.close()
        self._stretch = None
        self.ended = False

    def warm_up(self) -> None:
        """Have all kernels compiled, by a block that nobody sees; what it raises, the run will raise again."""
        with suppress(Exception):
            self.close()
            self.net, seen = self.net.copy(), self.net
            try:
                next(self._opened(block=1), None)
            finally:
                self.close()
                self.net = seen

    def longest(self) -> int:
        """The network steps of the longest block: a few of those that a run would take, so that little is done between
        them."""
        return 16 * default_block(self.net, self.step())

    def step(self) -> Fraction:
        """The network's step in seconds."""
        return exact_step(self.net)

    def advance(self, block: int) -> Result | None:
        """Run a block of up to so many network steps; None at the end of the programme, which stays where it ended.

        Raises what a stream raises; the network then stands where the last block has left it.
        """
        if block != self.block:
            self.close()
            self.block = block
        while not self.ended:
            self._before = self.net.now
            result = next(self._opened(), None)
            if result is not None:
                self.simulated += self.net.now - self._before
                return result
            self.close()
            if self.number + 1 < len(self.legs):
                self._next_leg()
            else:
                self.ended = True
        return None

    def _opened(self, block: int | None = None) -> Iterator[Result]:
        if self._stream is None:
            left = ENDLESS * self.step() if self._stretch is None else self._beginning + self._stretch - self.net.now
            if left <= 0:
                return iter(())
            self._stream = self.net.stream(
                dict(self.leg.inputs) or None,
                block=block or self.block,
                duration=float(left),
                record=[name for name in self.names if name in self.net.layers],
                trial=self.leg.trial,
            )
        return self._stream

    def close(self) -> None:
        """Let go of the stream: what comes next begins another where the network stands."""
        self._stream = None

    # ------------------------------------------------------------------ what may change between blocks

    def change(self, layer: str, parameter: str, text: str) -> Change:
        """Give a parameter another value; see ``changing.change``. A restart keeps it."""
        made = change(self.net, layer, parameter, text)
        self.close()
        key = (layer, parameter)
        before = self.changes[key].before if key in self.changes else made.before
        self.changes = {**self.changes, key: made._replace(before=before)}  # another thread may be reading
        return made

    def choose(self, names: Sequence[str]) -> None:
        """Show other signals, of inputs and of layers. Raises UnknownName, ParameterError."""
        known = [*self.net.inputs, *self.net.layers]
        for name in names:
            if name not in known:
                raise UnknownName("signal", str(name), known)
        if len(names) > MOST:
            raise ParameterError(f"at most {MOST} signals are shown at a time, got {len(names)}", parameter="shown")
        self.names = tuple(dict.fromkeys(names))
        self.close()
        self._build(keep=True)

    def set_window(self, seconds: float) -> None:
        """Show so many seconds, from now on. Raises ParameterError."""
        self.window = checked_window(seconds)
        self._build()

    def _build(self, keep: bool = False) -> None:
        before = self.columns if keep else {}
        self.columns = {
            name: before.get(name) or self._columns(name)
            for name in self.names
            if name in self.net.layers or name in self.leg.inputs
        }

    def _columns(self, name: str) -> Columns:
        if name in self.net.layers:
            layer = self.net[name]
            return Columns(layer.size_out, layer.output_type is TSEvent, exact(layer.dt), self.window)
        series = self.leg.inputs[name]
        return Columns(series.num_channels, isinstance(series, TSEvent), self._input_step(name), self.window)

    def _input_step(self, name: str) -> Fraction:
        """The finest step of whatever reads an input."""
        net = self.net
        steps = [exact(net[one].dt) for one in net.layers for path in net.paths_into(one) if path.pre == name]
        return min(steps, default=self.step())

    # ------------------------------------------------------------------ what is shown

    def take(self, result: Result) -> None:
        """Put what a block gave into the windows."""
        for name, columns in self.columns.items():
            series: Any = result[name] if name in self.net.layers else self.leg.inputs[name]
            start, stop = int(self._before / columns.dt), int(self.net.now / columns.dt)
            if isinstance(series, TSContinuous):
                columns.add(start, stop - start, series.sample_steps(start, stop - start, columns.dt))
            else:
                columns.add(start, stop - start, series.event_steps(start, stop - start, columns.dt))

    def shown(self) -> dict[str, Shown]:
        """The windows as they stand, by name."""
        return {name: columns.shown() for name, columns in self.columns.items()}


def first_shown(net: Network) -> tuple[str, ...]:
    """What is shown unless something else is asked for: inputs and layers in order, the outputs rather than others."""
    wanted = set([*net.inputs, *net.outputs, *net.layers][:MOST])
    return tuple(name for name in [*net.inputs, *net.layers] if name in wanted)


def checked_window(seconds: float) -> float:
    """A number of seconds above 0 and within a day. Raises ParameterError."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 1e-6 <= seconds <= 86_400:
        raise ParameterError(f"the window is 1e-06 to 86400 seconds wide, got {seconds!r}", parameter="window")
    return float(seconds)


__all__ = ["Show", "checked_window", "first_shown"]
