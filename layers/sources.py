"""Sources: layers without input, whose output follows from the step alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    ArrayLayer,
    Events,
    Hertz,
    InputError,
    NonNegative,
    ParameterError,
    PerUnit,
    Positive,
    Seconds,
    SeriesType,
    Size,
    Span,
    State,
    TimeSeries,
    TSContinuous,
    TSEvent,
    Weights,
    positional,
    steps_of,
)

MOST = 1_000_000  # events that one step and channel of a recording may have


class Noise(ArrayLayer):
    """Independent normal numbers: y_k = mean + std n_k, one for each step and channel.

    They follow from the layer's key and the absolute step, so that neither blocks nor other layers change them. As
    samples they are held over a step: the power at low frequencies is proportional to dt.
    Shapes: no input, y (T, N). No state.
    """

    size: Size = positional()
    std: PerUnit[NonNegative[float]] = 1.0
    """The standard deviation of every sample."""
    mean: PerUnit[float] = 0.0
    """The mean of every sample."""

    family: ClassVar[str] = "sources"

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
    """The height of the wave above its offset."""
    phase: PerUnit[float] = 0.0
    offset: PerUnit[float] = 0.0
    """The mean of the wave."""

    family: ClassVar[str] = "sources"
    demonstration: ClassVar[Mapping[str, Any]] = {"size": 2, "frequency": (5.0, 15.0), "amplitude": (1.0, 0.5)}

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

    family: ClassVar[str] = "sources"
    demonstration: ClassVar[Mapping[str, Any]] = {"onset": 0.1, "duration": 0.15}

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


class Recorded(ArrayLayer):
    """A series played back: y_k = samples[k - k_0], where k_0 is the step that holds ``start``; zeros before it.

    The rows are steps of this layer, whose dt is that of the recording. With ``output_type=TSEvent`` the entries are
    numbers of events, whole and not negative. ``after`` says what follows the last row: ``refuse`` ends the run with an
    InputError, ``hold`` repeats that row (of samples), ``zeros`` is silent, ``periodic`` begins anew. What is played
    follows from the absolute step alone. ``Recorded.of`` takes a TSContinuous or TSEvent as it is.

    Shapes: no input; ``samples`` (T, N) dense or CSR, or (T,) for one channel; y (T, N), or events on N channels. No
    state.
    Raises ParameterError for entries that are no numbers of events, and for events that should be held.

    >>> Recorded([[1.0], [2.0]], after="periodic", dt=1e-3).evolve(num_timesteps=5).samples.T
    array([[1., 2., 1., 2., 1.]])
    >>> Recorded([[0, 2], [1, 0]], TSEvent, start=0.001, after="zeros", dt=1e-3).evolve(num_timesteps=5).times
    array([0.001, 0.001, 0.002])
    """

    samples: Weights = positional()
    """The rows that are played, one a step."""
    output_type: SeriesType = positional(default=TSContinuous)
    """Whether the entries are samples, or numbers of events."""
    start: Seconds = 0.0
    """When the first row is played."""
    after: Literal["refuse", "hold", "zeros", "periodic"] = "refuse"
    """What follows the last row."""

    family: ClassVar[str] = "sources"
    example: ClassVar[Mapping[str, Any]] = {
        "samples": np.arange(420).reshape(140, 3) ** 2 % 7 // 3,
        "after": "zeros",  # whoever drives an example may do so beyond the end
    }
    demonstration: ClassVar[Mapping[str, Any]] = {
        "samples": ((0.0,), (0.4,), (1.0,), (0.7,), (-0.3,), (-0.6,), (-0.2,), (0.1,)),
        "after": "periodic",
        "dt": 0.02,
    }

    @classmethod
    def of(cls, series: TimeSeries, *, dt: float = 1e-3, **given: Any) -> Self:
        """A source that plays a series at its own times, read on steps of ``dt``; a periodic one for ever.

        A series that is not clocked is sampled at the starts of steps, events fall in the steps that hold them.
        ``given``: further parameters. Raises ParameterError for an empty series, and for a period between steps.

        >>> Recorded.of(TSEvent([0.0125], [1], t_start=0.01, t_stop=0.02)).evolve(duration=0.02).times
        array([0.012])
        """
        event = isinstance(series, TSEvent)
        ends = np.array([series.t_start, series.t_stop])
        low, up = steps_of(ends, dt), -steps_of(-ends, dt)
        first = int(low[0] if event else up[0])
        count = int(up[1]) - first
        if series.periodic and series.duration > 0:
            _refuse_between_steps(cls, series.duration, dt)
        if isinstance(series, TSEvent):
            from scipy.sparse import coo_array

            step, channel = series.event_steps(first, count, dt)
            shape = count, series.num_channels
            samples: Any = coo_array((np.ones(len(step)), (step - first, channel)), shape=shape).tocsr()
        elif isinstance(series, TSContinuous):
            samples = series.sample_steps(first, count, dt)
        else:
            raise InputError(f"a recording is a TSContinuous or a TSEvent, got a {type(series).__name__}")
        kind = TSEvent if event else TSContinuous
        after = {"after": "periodic"} if series.periodic else {}
        return cls(samples, kind, start=first * dt, dt=dt, **{**after, **given})

    def sizes(self) -> tuple[int, int, int]:
        size = self.samples.shape[1] if self.samples.ndim == 2 else 1
        return 0, size, size

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: there is no state that noise could act on")
        self._first = int(steps_of(np.array([self.start]), self.dt)[0])
        self._length = self.samples.shape[0]
        samples = self.matrix("samples")
        if self.output_type is TSEvent:
            self.must(self.after != "hold", "after", "must not be 'hold' for events, which last no time")
            self._events = self._listed(samples)
        else:
            dense = samples if isinstance(samples, np.ndarray) else samples.toarray()
            self._rows = dense.reshape(self._length, self.size)

    def _listed(self, samples: Any) -> Events:
        """The events that a table of their numbers means, steps counted from 0."""
        from scipy.sparse import csr_array

        table = csr_array(samples.reshape(self._length, self.size))  # its entries by row, then channel
        counts = table.data
        fits = bool(np.all((counts >= 0) & (counts <= MOST) & (counts == np.floor(counts))))
        self.must(fits, "samples", f"must be numbers of events for output_type=TSEvent: whole, from 0 to {MOST}")
        counts = counts.astype(np.int64)
        step = np.repeat(np.arange(self._length, dtype=np.int64), np.diff(table.indptr))
        return Events(np.repeat(step, counts), np.repeat(table.indices.astype(np.int32), counts))

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        low = span.start - self._first
        high = low + span.steps
        if self.after == "refuse" and high > self._length:
            raise InputError(
                f"{self.start_print}: the recording ends with step {self._first + self._length - 1} of {self.dt!r} s,"
                f" the run needs step {self._first + high - 1}",
                hint="shorten the run, or say what follows: after='hold', 'zeros' or 'periodic'",
            )
        if self.output_type is TSEvent:
            return state, self._played(low, high)
        rows = np.arange(low, high)
        place = rows % self._length if self.after == "periodic" else np.clip(rows, 0, self._length - 1)
        y = span.empty((span.steps, self.size), self.dtype)
        np.take(self._rows, place, axis=0, out=y)
        y[rows < 0] = 0
        if self.after == "zeros":
            y[rows >= self._length] = 0
        return state, y

    def _played(self, low: int, high: int) -> Events:
        """The events of rows low to high - 1, row 0 being the first of the recording."""
        step, channel = self._events
        turns = range(max(low // self._length, 0), -(-high // self._length)) if self.after == "periodic" else [0]
        steps: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
        channels: list[NDArray[np.int32]] = [np.zeros(0, dtype=np.int32)]
        for turn in turns:
            begin = turn * self._length
            here = slice(*np.searchsorted(step, (low - begin, high - begin)))
            steps.append(step[here] + (begin + self._first))
            channels.append(channel[here])
        return Events(np.concatenate(steps), np.concatenate(channels))


def _refuse_between_steps(cls: type[Recorded], period: float, dt: float) -> None:
    if steps_of(np.array([period, -period]), dt).sum() != 0:
        raise ParameterError(
            f"{cls.__name__}: a period of {period!r} s is no whole number of steps of {dt!r} s",
            owner=cls.__name__,
            parameter="dt",
            hint="take a dt that divides it",
        )


def _source(sizes: tuple[int, int, int]) -> tuple[int, int, int]:
    return 0, sizes[1], sizes[2]


def _steps(span: Span) -> NDArray[np.int64]:
    """The absolute steps of a block as a column."""
    return np.arange(span.start, span.start + span.steps)[:, np.newaxis]
