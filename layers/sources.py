"""Sources: layers without input, whose output follows from the step alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphnet import ArrayLayer, Hertz, NonNegative, PerUnit, Positive, Seconds, Size, Span, State, positional, steps_of


class Noise(ArrayLayer):
    """Independent normal numbers: y_k = mean + std n_k, one for each step and channel.

    They follow from the layer's key and the absolute step, so that neither blocks nor other layers change them. As
    samples they are held over a step: the power at low frequencies is proportional to dt.
    Shapes: no input, y (T, N). No state.
    """

    size: Size = positional()
    std: PerUnit[NonNegative[float]] = 1.0
    mean: PerUnit[float] = 0.0

    def sizes(self) -> tuple[int, int, int]:
        return _source(super().sizes())

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: the strength of this source is its std")

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        y = span.empty((span.steps, self.size), self.dtype)
        y[:] = self.mean + self.std * span.normal(0, self.size)
        return state, y


class Sine(ArrayLayer):
    """Sine waves: y_k = offset + amplitude sin(2 pi frequency k dt + phase), phase in radians.

    Shapes: no input, y (T, N). No state. Time counts from step 0 of the clock.

    >>> import numpy as np
    >>> np.round(Sine(1, frequency=250.0, dt=1e-3).evolve(num_timesteps=4).samples.T, 12) + 0.0
    array([[ 0.,  1.,  0., -1.]])
    """

    size: Size = positional()
    frequency: PerUnit[Hertz]
    amplitude: PerUnit[float] = 1.0
    phase: PerUnit[float] = 0.0
    offset: PerUnit[float] = 0.0

    def sizes(self) -> tuple[int, int, int]:
        return _source(super().sizes())

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: there is no state that noise could act on")

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        turns = _steps(span) * (np.asarray(self.frequency) * self.dt)
        y = span.empty((span.steps, self.size), self.dtype)
        # whole turns are taken off before pi comes in: the sine of a large angle would lose the digits of the phase
        y[:] = self.offset + self.amplitude * np.sin(2.0 * np.pi * (turns - np.floor(turns)) + self.phase)
        return state, y


class Step(ArrayLayer):
    """A step: y = before until ``onset``, then ``after``; ``before`` again after ``duration``, where it is given.

    The step that holds the onset is the first to have the new value.
    Shapes: no input, y (T, N). No state.

    >>> Step(1, onset=0.002, dt=1e-3).evolve(num_timesteps=4).samples.T
    array([[0., 0., 1., 1.]])
    """

    size: Size = positional()
    onset: Seconds = 0.0
    duration: Positive[Seconds] | None = None
    after: PerUnit[float] = 1.0
    before: PerUnit[float] = 0.0

    def sizes(self) -> tuple[int, int, int]:
        return _source(super().sizes())

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: there is no state that noise could act on")
        ends = [self.onset] if self.duration is None else [self.onset, self.onset + self.duration]
        self._ends = steps_of(np.array(ends), self.dt)

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        k = _steps(span)
        on = k >= self._ends[0]
        if len(self._ends) > 1:
            on &= k < self._ends[1]
        y = span.empty((span.steps, self.size), self.dtype)
        y[:] = np.where(on, self.after, self.before)
        return state, y


def _source(sizes: tuple[int, int, int]) -> tuple[int, int, int]:
    return 0, sizes[1], sizes[2]


def _steps(span: Span) -> NDArray[np.int64]:
    """The absolute steps of a block as a column."""
    return np.arange(span.start, span.start + span.steps)[:, np.newaxis]
