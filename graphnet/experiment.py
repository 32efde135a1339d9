"""Do what a document says is to be done with its network: fit, evaluate, run; and write down what came out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import registry
from .clock import exact, whole_steps
from .datasets import Dataset, Trial
from .errors import GraphnetError, InputError, NetworkError, ParameterError
from .network import Network
from .run import Result, evolve
from .sections import DataSection, EvaluateSection, FitSection, RunSection
from .timeseries import TimeSeries, TSContinuous, TSEvent
from .training import fit, reset_before

T = TypeVar("T")
Watch = Callable[[Sequence[T], str], Iterable[T]]
"""Goes through trials while showing how far it has come; the second argument says what is done with them."""


@dataclass
class Outcome:
    """What an experiment gave.

    ``summary`` is plain data; ``arrays`` hold the results by name; ``table`` is a short text for people; ``activity``
    the signals of one trial or run through every layer.
    """

    summary: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    table: str = ""
    activity: Result | None = None


def perform(net: Network, watch: Watch[Trial] | None = None, progress: bool = False) -> Outcome:
    """Do what ``net.document`` says: fit and evaluate on its data, or else run once.

    Raises ParameterError, UnknownName and their kin for what the document asks and cannot be done.
    """
    going = watch or (lambda trials, _: trials)
    began = time.perf_counter()
    sections = net.document
    if "data" in sections:
        outcome, simulated = _trials(net, sections, going)
    else:
        outcome, simulated = _once(net, RunSection.model_validate(sections.get("run") or {}), progress)
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


def _trials(net: Network, sections: Mapping[str, Any], watch: Watch[Trial]) -> tuple[Outcome, float]:
    data = load_data(DataSection.model_validate(sections["data"]))
    _check_inputs(net, data)
    outcome, simulated = Outcome(), 0.0
    if "fit" in sections:
        simulated += _fit(net, data, FitSection.model_validate(sections["fit"]), watch)
    if "evaluate" in sections:
        section = EvaluateSection.model_validate(sections["evaluate"])
        simulated += _evaluate(net, data, section, watch, outcome)
        shown, group = section.reset, data.group(section.on)
    else:
        shown, group = "all", next(iter(data.groups.values()))
    reset_before(net, shown)
    outcome.activity = evolve(net, group[0].inputs, record=tuple(net.layers))
    return outcome, simulated


def load_data(section: DataSection) -> Dataset:
    """The trials that a document's data section means. Raises ParameterError for options the source does not take."""
    source = registry.datasets.get(section.source)
    options = dict(section.model_extra or {})
    try:
        return source(**options)
    except TypeError as error:
        if isinstance(error, GraphnetError) or "argument" not in str(error):
            raise
        said = str(error).split("()", 1)[-1].strip()
        raise ParameterError(f"data source {section.source!r} {said}", parameter="data") from error


def _check_inputs(net: Network, data: Dataset) -> None:
    for trials in data.groups.values():
        for name in trials[0].inputs if trials else ():
            if name not in net.inputs:
                known = ", ".join(net.inputs) or "none"
                raise InputError(f"dataset {data.name!r} drives the input {name!r}; the network has: {known}")


def _target(data: Dataset, trial: Trial) -> Any:
    if trial.target is not None:
        return trial.target
    return data.one_hot(trial)


def _fit(net: Network, data: Dataset, section: FitSection, watch: Watch[Trial]) -> float:
    trials = data.group(section.on)
    fit(
        net,
        (trial.inputs for trial in watch(trials, "fit")),
        (_target(data, trial) for trial in trials),
        layer=section.layer,
        reset=section.reset,
        washout=section.washout,
    )
    return sum(_duration(trial) for trial in trials)


def _duration(trial: Trial) -> float:
    return min(series.duration for series in trial.inputs.values())


def _evaluate(net: Network, data: Dataset, section: EvaluateSection, watch: Watch[Trial], outcome: Outcome) -> float:
    trials = data.group(section.on)
    outputs: list[NDArray[Any]] = []
    targets: list[NDArray[Any] | None] = []
    for number, trial in enumerate(watch(trials, "evaluate")):
        reset_before(net, section.reset)
        begun = net.now
        series = evolve(net, trial.inputs, record=(section.signal,), trial=number)[section.signal]
        if not isinstance(series, TSContinuous):
            raise NetworkError(f"{section.signal} emits events: evaluate a continuous signal")
        skip = whole_steps(section.washout, exact(_step(series)), "washout")
        outputs.append(series.samples[skip:])
        first = int(begun / exact(_step(series))) + skip
        wanted = trial.target
        rows = None if wanted is None else wanted.sample_steps(first, len(outputs[-1]), exact(_step(series)))
        targets.append(rows)
    if data.classes:
        _classified(data, trials, outputs, section, outcome)
    else:
        _regressed(outputs, targets, outcome)
    return sum(_duration(trial) for trial in trials)


def _step(series: TSContinuous) -> float:
    assert series.dt is not None  # what a run records is always clocked
    return series.dt


def _classified(
    data: Dataset, trials: Sequence[Trial], outputs: list[NDArray[Any]], section: EvaluateSection, outcome: Outcome
) -> None:
    scores = np.array([out[-1] if section.decide == "last" else out.mean(axis=0) for out in outputs])
    if scores.shape[1] != len(data.classes):
        raise InputError(f"{section.signal} has {scores.shape[1]} channels, the dataset {len(data.classes)} classes")
    wanted = np.array([list(data.classes).index(str(trial.label)) for trial in trials])
    decided = scores.argmax(axis=1)
    accuracy = float(np.mean(decided == wanted))
    by_class = {
        name: float(np.mean(decided[wanted == i] == i)) for i, name in enumerate(data.classes) if (wanted == i).any()
    }
    outcome.summary.update(accuracy=accuracy, accuracy_by_class=by_class, trials=len(trials))
    outcome.arrays.update(
        scores=scores, predicted=decided, wanted=wanted, classes=np.array(data.classes), outputs=np.concatenate(outputs)
    )
    wide = max(len(name) for name in [*by_class, "accuracy"])
    lines = [f"{name:<{wide}}  {value:7.3f}" for name, value in by_class.items()]
    outcome.table = "\n".join([*lines, "-" * (wide + 9), f"{'accuracy':<{wide}}  {accuracy:7.3f}", ""])


def _regressed(outputs: list[NDArray[Any]], targets: list[NDArray[Any] | None], outcome: Outcome) -> None:
    if any(one is None for one in targets):
        raise InputError("trials without label or target cannot be evaluated")
    got, wanted = np.concatenate(outputs), np.concatenate([one for one in targets if one is not None])
    if got.shape != wanted.shape:
        raise InputError(f"the evaluated signal has shape {got.shape}, the targets {wanted.shape}")
    error = float(np.sqrt(np.mean((got - wanted) ** 2)))
    spread = float(np.sqrt(np.mean((wanted - wanted.mean(axis=0)) ** 2)))
    outcome.summary.update(rmse=error, nrmse=error / spread if spread else float("inf"))
    outcome.arrays.update(outputs=got, wanted=wanted)
    outcome.table = f"rmse   {error:.6g}\nnrmse  {outcome.summary['nrmse']:.6g}\n"


# ---------------------------------------------------------------------- a single run


def _once(net: Network, section: RunSection, progress: bool) -> tuple[Outcome, float]:
    given: dict[str, TimeSeries] = {}
    for name, file in section.inputs.items():
        try:
            given[name] = TimeSeries.load(file)
        except OSError as error:
            raise InputError(f"input {name!r}: cannot read {file}: {error.strerror or error}") from error
    result = evolve(net, given or None, duration=section.duration, record=section.record, progress=progress)
    outcome = Outcome(activity=result)
    for name in result:
        series = result[name]
        if isinstance(series, TSContinuous):
            outcome.arrays[name] = series.samples
        elif isinstance(series, TSEvent):
            outcome.arrays[f"{name}.times"] = series.times
            outcome.arrays[f"{name}.channels"] = series.channels
    outcome.summary["recorded"] = list(result)
    return outcome, result.info.simulated


# ---------------------------------------------------------------------- writing down


def write(net: Network, outcome: Outcome, folder: Path) -> None:
    """Write ``results.npz``, ``summary.json``, ``network.png`` and ``.svg``, ``activity.png`` into a folder, made if
    need be.

    Raises ParameterError where the folder cannot be made.
    """
    from .files import write_atomic
    from .views.network import draw_activity, draw_files

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ParameterError(f"cannot make the folder {folder}: {error.strerror}", parameter="output") from error
    write_atomic(folder / "results.npz", lambda file: np.savez(file, **outcome.arrays))  # type: ignore[arg-type]
    write_atomic(folder / "summary.json", (json.dumps(outcome.summary, indent=2) + "\n").encode())
    draw_files(net, [folder / "network.png", folder / "network.svg"])
    if outcome.activity is not None:
        draw_activity(net, outcome.activity, folder / "activity.png")


__all__ = ["Outcome", "Watch", "load_data", "perform", "write"]
