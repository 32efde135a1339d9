"""Do what a document says is to be done with its network: fit, evaluate, run; and write down what came out."""

from __future__ import annotations

import json
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import judging, registry
from .clock import exact, step_of, whole_steps
from .datasets import Dataset, Trial
from .document import options
from .errors import FileError, GraphnetError, InputError, ParameterError
from .judging import Take, judge
from .network import Network
from .run import Result, evolve
from .run.result import SIGNALS, write_signals
from .sections import DataSection, EvaluateSection, FitSection, Reset, RunSection
from .spiketrains import LEAST, firing
from .timeseries import TimeSeries, TSContinuous, TSEvent
from .training import Sums, fit, reset_before

if TYPE_CHECKING:
    from .views.signals.comparison import Comparison

T = TypeVar("T")
Watch = Callable[[Sequence[T], str], Iterable[T]]
"""Goes through trials while showing how far it has come; the second argument says what is done with them."""
How = Callable[..., Result]
"""A way to evolve a network: as ``evolve``, with its duration, record and progress."""


class Keeping:
    """Keeps how far a run of trials has come. This one keeps nothing: each run begins at its first trial."""

    def fitting(self, net: Network, layer: str, trials: int) -> tuple[int, Sums | None]:
        """How many of the trials the layer has taken in, and what it holds; the network is put where it stood then."""
        return 0, None

    def fitted(self, net: Network, layer: str, done: int) -> None:
        """So many trials have been taken in."""

    def evaluating(self, net: Network) -> Sequence[tuple[Fraction, Result]]:
        """When each trial began that was evaluated, and its signals; the network is put where it stood after them."""
        return ()

    def evaluated(self, net: Network, begun: Fraction, signals: Result) -> None:
        """One more trial was evaluated, which began then."""


@dataclass
class Outcome:
    """What an experiment gave.

    ``summary`` is plain data; ``arrays`` hold what was judged, by name; ``table`` is a short text for people;
    ``activity`` the signals of the run, or of one trial through every layer, of which the seconds ``between`` are
    drawn; ``comparison`` what is drawn of spikes beside those that were wanted.
    """

    summary: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    table: str = ""
    activity: Result | None = None
    between: tuple[float, float] | None = None
    comparison: Comparison | None = None


def perform(
    net: Network, watch: Watch[Trial] | None = None, progress: bool = False, how: How | None = None,
    keeping: Keeping | None = None,
) -> Outcome:  # fmt: skip
    """Do what ``net.document`` says: fit and evaluate on its data, or else run once, by ``evolve`` or as ``how`` says.

    A run of trials goes on where ``keeping`` says that it stood.

    Raises ParameterError, UnknownName and their kin for what the document asks and cannot be done.
    """
    going = watch or (lambda trials, _: trials)
    began = time.perf_counter()
    sections = net.document
    if "data" in sections:
        outcome, simulated = _trials(net, sections, going, keeping or Keeping())
    else:
        run = RunSection.model_validate(sections.get("run") or {})
        outcome, simulated = _once(net, run, sections.get("record"), progress, how or evolve)
    elapsed = time.perf_counter() - began
    assert outcome.activity is not None
    info = outcome.activity.info
    outcome.summary.update(
        network=net.name,
        seed=net.seed,
        simulated_seconds=simulated,
        elapsed_seconds=elapsed,
        real_time_factor=simulated / elapsed,
        processor=info.processor,
        versions=dict(info.versions),
    )
    outcome.table += f"simulated {simulated:.1f} s in {elapsed:.2f} s: real-time factor {simulated / elapsed:.1f}\n"
    return outcome


# ---------------------------------------------------------------------- trials


def _trials(net: Network, sections: Mapping[str, Any], watch: Watch[Trial], keeping: Keeping) -> tuple[Outcome, float]:
    data = load_data(DataSection.model_validate(sections["data"]))
    _check_inputs(net, data)
    outcome, simulated = Outcome(), 0.0
    if "fit" in sections:
        simulated += _fit(net, data, FitSection.model_validate(sections["fit"]), watch, keeping)
    if "evaluate" in sections:
        section = EvaluateSection.model_validate(sections["evaluate"])
        trials = _group(data, section.on)
        if section.show >= len(trials):
            raise InputError(f"evaluate: show is trial {section.show}, there are {len(trials)} trials, the first is 0")
        return outcome, simulated + _evaluate(net, data, section, watch, outcome, keeping)
    reset_before(net, "each")
    shown = _group(data, next(iter(data.groups), "train"))[0]
    outcome.activity = evolve(net, shown.inputs, record=tuple(net.layers), trial=0)
    return outcome, simulated


def load_data(section: DataSection) -> Dataset:
    """The trials that a document's data section means. Raises ParameterError for options the source does not take."""
    source = registry.datasets.get(section.source)
    given, wrong = options(section.source, source, section.model_extra or {})
    if wrong:
        each = [(one.name, one.said) for one in wrong]
        raise ParameterError("\n".join(said for _, said in each), owner=section.source, each=each)
    return source(**given)


def _check_inputs(net: Network, data: Dataset) -> None:
    for trials in data.groups.values():
        for name in trials[0].inputs if trials else ():
            if name not in net.inputs:
                known = ", ".join(net.inputs) or "none"
                raise InputError(f"dataset {data.name!r} drives the input {name!r}; the network has: {known}")


def _group(data: Dataset, name: str) -> Sequence[Trial]:
    """The trials of a group, of which there must be some. Raises UnknownName, InputError."""
    trials = data.group(name)
    if not trials:
        raise InputError(f"dataset {data.name!r} has no trials in its group {name!r}")
    return trials


def _target(data: Dataset, trial: Trial, section: FitSection, net: Network) -> Any:
    """What a layer is fitted to: the class as a vector, a series, or the rate of a spike train."""
    if trial.target is None:
        return data.one_hot(trial)
    if isinstance(trial.target, TSContinuous):
        return trial.target
    if section.smooth is None:
        raise InputError(f"fit: the targets of {section.on!r} are spikes", hint=judging.NO_SMOOTH)
    step = exact(net[section.layer].dt)
    first, steps = step_of(trial.target.t_start, step), whole_steps(trial.target.duration, step)
    samples = judging.rate(trial.target, first, steps, step, section.smooth)
    return TSContinuous.from_clocked(samples, float(step), t_start=first * step)


def _fit(net: Network, data: Dataset, section: FitSection, watch: Watch[Trial], keeping: Keeping) -> float:
    trials = _group(data, section.on)
    first, held = keeping.fitting(net, section.layer, len(trials))
    fit(
        net,
        (trial.inputs for trial in watch(trials[first:], "fit")),
        (_target(data, trial, section, net) for trial in trials[first:]),
        layer=section.layer,
        reset=section.reset,
        washout=section.washout,
        first=first,
        held=held,
        after=lambda done: keeping.fitted(net, section.layer, done),
    )
    return sum(_duration(trial) for trial in trials)


def _duration(trial: Trial) -> float:
    return min(series.duration for series in trial.inputs.values())


def _evaluate(
    net: Network, data: Dataset, section: EvaluateSection, watch: Watch[Trial], outcome: Outcome, keeping: Keeping
) -> float:
    trials = _group(data, section.on)
    names = (section.signal, *section.beside)
    takes: dict[str, list[Take]] = {name: [] for name in names}

    def taken(number: int, begun: Fraction, result: Result) -> None:
        for name in names:
            takes[name].append(_take(result[name], exact(net[name].dt), begun, section, number))
        if number == section.show:
            outcome.activity = result

    before = keeping.evaluating(net)
    for number, (begun, result) in enumerate(before):
        taken(number, begun, result)
    for number, trial in enumerate(watch(trials[len(before) :], "evaluate"), start=len(before)):
        reset_before(net, section.reset)
        begun = net.now
        record = tuple(net.layers) if number == section.show else names
        result = evolve(net, trial.inputs, record=record, trial=number)
        taken(number, begun, result)
        keeping.evaluated(net, begun, result)
    if section.between is not None:
        outcome.between = section.between[0], section.between[1]
    judged = {name: judge(data, trials, takes[name], section, name) for name in names}
    outcome.table = judging.table(judged)
    shown = trials[section.show]
    if isinstance(shown.target, TSEvent):
        takes_shown = {name: one[section.show] for name, one in takes.items()}
        outcome.comparison = judging.compared(net.name, shown, takes_shown, judged, section)
    main = judged.pop(section.signal)
    outcome.summary.update(main.summary)
    outcome.arrays.update(main.arrays)
    if judged:
        outcome.summary["beside"] = {name: one.summary for name, one in judged.items()}
        outcome.arrays.update(
            {f"{name}.{key}": array for name, one in judged.items() for key, array in one.arrays.items()}
        )
    return sum(_duration(trial) for trial in trials)


def _take(series: TimeSeries, dt: Fraction, begun: Fraction, section: EvaluateSection, number: int) -> Take:
    """What of a trial's signal is judged. Raises InputError where the washout leaves nothing."""
    skip = whole_steps(section.washout, dt, "washout")
    steps = whole_steps(series.duration, dt) - skip
    if steps <= 0:
        raise InputError(
            f"trial {number} of {section.on!r} lasts {series.duration:g} s: the washout of {section.washout:g} s "
            "leaves nothing to evaluate"
        )
    return Take(series, dt, int(begun / dt) + skip, steps)


def fitted(net: Network, watch: Watch[Trial] | None = None) -> tuple[Sequence[Trial], Reset]:
    """Fit a network where its document says so, and give the trials that are to be seen next, with what is reset before
    each: those that it evaluates, else those of the first group.

    Raises what ``perform`` raises.
    """
    data = load_data(DataSection.model_validate(net.document["data"]))
    _check_inputs(net, data)
    if "fit" in net.document:
        _fit(net, data, FitSection.model_validate(net.document["fit"]), watch or (lambda trials, _: trials), Keeping())
    if "evaluate" not in net.document:
        return _group(data, next(iter(data.groups), "train")), "each"
    section = EvaluateSection.model_validate(net.document["evaluate"])
    return _group(data, section.on), section.reset


# ---------------------------------------------------------------------- a single run


def _once(
    net: Network, section: RunSection, record: Sequence[str] | None, progress: bool, how: How
) -> tuple[Outcome, float]:
    given = read_inputs(section)
    if section.duration is None and not given:
        raise ParameterError(
            f"the document of {net.name!r} does not say what to do",
            parameter="run",
            hint="add a section run with a duration, or the sections data, fit and evaluate",
        )
    options = section.model_dump(include={"block", "backend", "workers"}, exclude_defaults=True)
    result = how(net, given or None, duration=section.duration, record=record, progress=progress, **options)
    outcome = Outcome(activity=result)
    for name in result:
        series = result[name]
        if isinstance(series, TSContinuous):
            if name not in net.inputs and len(series.samples):
                outcome.summary.setdefault("signals", {})[name] = _levels(series.samples)
        elif isinstance(series, TSEvent) and name in net.layers:
            _fires(outcome, name, series)
    outcome.summary["recorded"] = list(result)
    return outcome, result.info.simulated


def _levels(samples: NDArray[Any]) -> dict[str, float]:
    """Where the samples of a signal lie, over time and channels."""
    return {one: float(getattr(np, one)(samples)) for one in ("mean", "std", "min", "max")}


def _fires(outcome: Outcome, name: str, series: TSEvent) -> None:
    """Tell how the channels of a layer fire."""
    found = firing(series.times, series.channels, series.num_channels, series.duration)
    outcome.summary.setdefault("firing", {})[name] = {"events": len(series.times), **asdict(found)}
    channels = f"{series.num_channels} channel{'' if series.num_channels == 1 else 's'}"
    said = f"{name}: {len(series.times)} events on {channels}, {found.rate:.2f} Hz each"
    if found.cv is not None:
        said += f"; CV of intervals {found.cv:.2f}, mean of the {found.judged} with {LEAST} or more"
    outcome.table += said + "\n"


def read_inputs(section: RunSection) -> dict[str, TimeSeries]:
    """The series that drive a run, by the inputs' names. Raises InputError for whatever keeps one from being read."""
    return {name: _read(name, file) for name, file in section.inputs.items()}


def _read(name: str, file: str) -> TimeSeries:
    """The series in a file. Raises InputError for whatever keeps it from being read."""
    try:
        return TimeSeries.load(file)
    except GraphnetError as error:
        raise InputError(f"input {name!r}: {file}: {error.message}", hint=error.hint) from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"input {name!r}: cannot read {file}: {said}") from error


# ---------------------------------------------------------------------- writing down


def made_folder(folder: Path) -> Path:
    """The folder, made if need be and open for writing. Raises FileError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise FileError(f"cannot write into the folder {folder}: {error.strerror}", path=str(folder)) from error


def write(net: Network, outcome: Outcome, folder: Path, pictures: bool = True) -> None:
    """Write ``signals.npz``, ``summary.json``, what was judged (``results.npz``), and ``pictures``: ``network.png`` and
    ``.svg``, ``activity.png``, where spikes were judged ``comparison.png`` too, into a folder.

    The folder is made if need be. Raises FileError where something cannot be written.
    """
    from .files import write_atomic
    from .seeing import save
    from .views.network import draw_activity, draw_comparison

    made_folder(folder)
    if outcome.activity is not None:
        write_signals(folder / SIGNALS, outcome.activity)
    if outcome.arrays:
        write_atomic(folder / "results.npz", lambda file: np.savez(file, **outcome.arrays))  # type: ignore[arg-type]
    write_atomic(folder / "summary.json", (json.dumps(outcome.summary, indent=2) + "\n").encode())
    if not pictures:
        return
    save(net, [folder / "network.png", folder / "network.svg"])
    if outcome.activity is not None:
        draw_activity(net, outcome.activity, outcome.activity.classes, folder / "activity.png", outcome.between)
    if outcome.comparison is not None:
        draw_comparison(outcome.comparison, folder / "comparison.png")


__all__ = [
    "How",
    "Keeping",
    "Outcome",
    "Watch",
    "fitted",
    "load_data",
    "made_folder",
    "perform",
    "read_inputs",
    "write",
]
