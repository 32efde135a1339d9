"""Judge signals by the trials that gave them: classes by a score, series by their error, spikes by rate and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .clock import whole_steps
from .datasets import Dataset, Trial
from .errors import InputError, NetworkError
from .sections import EvaluateSection
from .spiketrains import Stretch, agreement, coincidences, correlation, smoothed
from .timeseries import TimeSeries, TSContinuous, TSEvent

if TYPE_CHECKING:
    from .views.signals.comparison import Comparison

Array = NDArray[Any]
SIGNS = (("r", "rate_correlation"), ("Γ", "coincidence"))  # what a picture says of rates, and of spikes
NO_SMOOTH = "write how far the spikes are smoothed into a rate, as in 'smooth: 0.005'"


@dataclass(frozen=True)
class Take:
    """What a signal was in one trial, and where: ``steps`` steps of ``dt`` from step ``first`` on, without washout."""

    series: TimeSeries
    dt: Fraction
    first: int
    steps: int

    @property
    def samples(self) -> Array:
        """Its samples (T, C). Raises NetworkError for events."""
        if not isinstance(self.series, TSContinuous):
            raise NetworkError(
                f"{self.series.name} emits events, the target is continuous",
                hint="evaluate a layer that turns its events into a signal, such as ExpSyn",
            )
        return self.series.sample_steps(self.first, self.steps, self.dt)

    def rate(self, series: TimeSeries, spread: float, skipped: int) -> Array:
        """A series here as a rate (T, C), smoothed by ``spread`` seconds; what lies in the washout still leaks in."""
        return rate(series, self.first - skipped, self.steps + skipped, self.dt, spread)[skipped:]

    def as_rate(self, series: TimeSeries, spread: float, skipped: int) -> TSContinuous:
        """The same as a series."""
        return TSContinuous.from_clocked(
            self.rate(series, spread, skipped), float(self.dt), t_start=float(self.first * self.dt)
        )

    def times(self, series: TSEvent) -> tuple[Array, NDArray[np.int32]]:
        """The times and channels of the events of a series here."""
        return series(self.first * self.dt, (self.first + self.steps) * self.dt)


@dataclass
class Judged:
    """What is said of one signal: ``numbers`` that fill a table, ``arrays`` by name, and more for the ``summary``."""

    numbers: dict[str, float] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)


def rate(series: TimeSeries, first: int, steps: int, dt: Fraction, spread: float) -> NDArray[np.float64]:
    """A series as a rate (T, C) at ``steps`` steps from ``first`` on, smoothed by a Gaussian of ``spread`` seconds.

    Events are counted per second; a continuous signal is taken to be a rate already.
    """
    if isinstance(series, TSEvent):
        events = series.event_steps(first, steps, dt)
        rows = np.zeros((steps, series.num_channels))
        np.add.at(rows, (events.step - first, events.channel), 1.0 / float(dt))
    else:
        assert isinstance(series, TSContinuous)  # there is no third kind
        rows = series.sample_steps(first, steps, dt)
    return smoothed(rows, spread / float(dt))


def judge(data: Dataset, trials: Sequence[Trial], takes: Sequence[Take], section: EvaluateSection, name: str) -> Judged:
    """Judge the signal ``name`` by what its takes, one for each trial, were wanted to be.

    Raises InputError for trials without label or target and for sizes that differ, NetworkError for events where a
    continuous signal is wanted.
    """
    if any(isinstance(trial.target, TSEvent) for trial in trials):
        return _spikes(trials, takes, section, name)
    if data.classes:
        return _classes(data, trials, takes, section, name)
    return _error(trials, takes)


def _classes(
    data: Dataset, trials: Sequence[Trial], takes: Sequence[Take], section: EvaluateSection, name: str
) -> Judged:
    outputs = [take.samples for take in takes]
    scores = np.array([out[-1] if section.decide == "last" else out.mean(axis=0) for out in outputs])
    if scores.shape[1] != len(data.classes):
        raise InputError(f"{name} has {scores.shape[1]} channels, the dataset {len(data.classes)} classes")
    wanted = np.array([int(data.one_hot(trial).argmax()) for trial in trials])
    decided = scores.argmax(axis=1)
    accuracy = float(np.mean(decided == wanted))
    by_class = {
        name: float(np.mean(decided[wanted == i] == i)) for i, name in enumerate(data.classes) if (wanted == i).any()
    }
    classes = np.array(data.classes)
    return Judged(
        numbers={**by_class, "accuracy": accuracy},
        arrays={
            "scores": scores, "predicted": decided, "wanted": wanted, "classes": classes,
            "outputs": np.concatenate(outputs),
        },
        summary={"accuracy": accuracy, "accuracy_by_class": by_class, "trials": len(trials)},
    )  # fmt: skip


def _error(trials: Sequence[Trial], takes: Sequence[Take]) -> Judged:
    targets = []
    for trial, take in zip(trials, takes, strict=True):
        if not isinstance(trial.target, TSContinuous):
            raise InputError("trials without label or target cannot be evaluated")
        targets.append(trial.target.sample_steps(take.first, take.steps, take.dt))
    got, wanted = np.concatenate([take.samples for take in takes]), np.concatenate(targets)
    if got.shape != wanted.shape:
        raise InputError(f"the evaluated signal has shape {got.shape}, the targets {wanted.shape}")
    error = float(np.sqrt(np.mean((got - wanted) ** 2)))
    spread = float(np.sqrt(np.mean((wanted - wanted.mean(axis=0)) ** 2)))
    numbers = {"rmse": error}
    if spread:  # a target that never changes has no scale to divide by
        numbers["nrmse"] = error / spread
    return Judged(numbers, {"outputs": got, "wanted": wanted}, dict(numbers))


# ---------------------------------------------------------------------- spikes


def _spikes(trials: Sequence[Trial], takes: Sequence[Take], section: EvaluateSection, name: str) -> Judged:
    if section.smooth is None:
        raise InputError("evaluate: the targets are spikes", hint=NO_SMOOTH)
    skipped = whole_steps(section.washout, takes[0].dt, "washout")
    given, wanted = [], []
    for trial, take in zip(trials, takes, strict=True):
        target = trial.target
        if not isinstance(target, TSEvent):
            raise InputError("some trials have spikes as their target and some have not: they cannot be judged alike")
        given.append(take.rate(take.series, section.smooth, skipped))
        wanted.append(take.rate(target, section.smooth, skipped))
        if given[-1].shape != wanted[-1].shape:
            raise InputError(f"{name} has {given[-1].shape[1]} channels, the target {wanted[-1].shape[1]}")
    judged = Judged(arrays={"outputs.rate": np.concatenate(given), "wanted.rate": np.concatenate(wanted)})
    judged.numbers["rate_correlation"] = correlation(judged.arrays["outputs.rate"], judged.arrays["wanted.rate"])
    if all(isinstance(take.series, TSEvent) for take in takes):
        _times(trials, takes, section, judged)
    judged.summary.update(judged.numbers)
    return judged


def _times(trials: Sequence[Trial], takes: Sequence[Take], section: EvaluateSection, judged: Judged) -> None:
    """Add the events themselves, and how far they coincide."""
    given = [take.times(_events(take.series)) for take in takes]
    wanted = [take.times(_events(trial.target)) for trial, take in zip(trials, takes, strict=True)]
    for what, found in (("outputs", given), ("wanted", wanted)):
        judged.arrays[f"{what}.times"] = np.concatenate([times for times, _ in found])
        judged.arrays[f"{what}.channels"] = np.concatenate([channels for _, channels in found])
        judged.arrays[f"{what}.trials"] = np.repeat(np.arange(len(found)), [len(times) for times, _ in found])
        judged.summary[f"{what}_spikes"] = len(judged.arrays[f"{what}.times"])
    if section.window is None:
        return
    stretches = []
    for (times, channels), (their, theirs), take in zip(given, wanted, takes, strict=True):
        for channel in range(_events(take.series).num_channels):
            pair = times[channels == channel], their[theirs == channel]
            stretches.append(Stretch(*pair, float(take.steps * take.dt)))
    found = agreement(stretches, section.window)
    judged.numbers.update(coincidence=found.factor, matched=found.matched, jitter=found.jitter)


def _events(series: TimeSeries | None) -> TSEvent:
    assert isinstance(series, TSEvent)  # looked at before
    return series


def compared(
    title: str, trial: Trial, takes: Mapping[str, Take], judged: Mapping[str, Judged], section: EvaluateSection
) -> Comparison:
    """What is drawn of one trial whose target are spikes: the signals beside it, as they were judged."""
    from .views.signals.comparison import Compared, Comparison

    assert section.smooth is not None  # nothing has been judged without it
    target, signals = _events(trial.target), []
    main = next(iter(takes.values()))
    for name, take in takes.items():
        skipped = whole_steps(section.washout, take.dt, "washout")
        met = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        if isinstance(take.series, TSEvent) and section.window is not None:
            met = coinciding(take.series, target, section.window)
        numbers = judged[name].numbers
        of_rates, of_spikes = (f"{sign} = {numbers[key]:.2f}" if key in numbers else "" for sign, key in SIGNS)
        smooth = take.as_rate(take.series, section.smooth, skipped)
        signals.append(Compared(name, take.series, smooth, of_rates, of_spikes, met))
    skipped = whole_steps(section.washout, main.dt, "washout")
    rate_wanted = main.as_rate(target, section.smooth, skipped)
    begin, end = float(main.first * main.dt), float((main.first + main.steps) * main.dt)
    between = (begin, end) if section.between is None else (section.between[0], section.between[1])
    return Comparison(title, trial.inputs, target, rate_wanted, signals, between, section.window)


def coinciding(one: TSEvent, other: TSEvent, window: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Index pairs of the events of two series that coincide, channel by channel."""
    mine, theirs = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for channel in range(one.num_channels):
        first, second = np.flatnonzero(one.channels == channel), np.flatnonzero(other.channels == channel)
        i, j = coincidences(one.times[first], other.times[second], window)
        mine.append(first[i])
        theirs.append(second[j])
    return np.concatenate(mine), np.concatenate(theirs)


# ---------------------------------------------------------------------- for people


def table(judged: Mapping[str, Judged]) -> str:
    """The numbers of one signal, or of several side by side under their names."""
    if len(judged) == 1:
        return _column(next(iter(judged.values())))
    rows = list(dict.fromkeys(number for one in judged.values() for number in one.numbers))
    wide = max(len(row) for row in rows)
    columns = [[name, *(_shown(one.numbers.get(row)) for row in rows)] for name, one in judged.items()]
    widths = [max(len(text) for text in column) for column in columns]
    lines = []
    for i, row in enumerate(["", *rows]):
        cells = (column[i].rjust(width) for column, width in zip(columns, widths, strict=True))
        lines.append(f"{row:<{wide}}  {'  '.join(cells)}")
    return "\n".join(lines) + "\n"


def _column(judged: Judged) -> str:
    wide = max(len(name) for name in judged.numbers)
    if "accuracy" not in judged.numbers:
        return "".join(f"{name:<{wide}}  {value:.6g}\n" for name, value in judged.numbers.items())
    lines = [f"{name:<{wide}}  {value:7.3f}" for name, value in judged.numbers.items()]
    return "\n".join([*lines[:-1], "-" * (wide + 9), lines[-1], ""])


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


__all__ = ["NO_SMOOTH", "Judged", "Take", "coinciding", "compared", "judge", "rate", "table"]
