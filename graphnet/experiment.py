"""Do what a document says is to be done with its network: fit, evaluate, run; and write down what came out."""

from __future__ import annotations

import json
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from . import registry
from .clock import exact, whole_steps
from .datasets import Dataset, Trial
from .document import wrong_options
from .errors import FileError, GraphnetError, InputError, NetworkError, ParameterError
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
        shown, group, number = section.reset, _group(data, section.on), section.show
    else:
        shown, group, number = "all", _group(data, next(iter(data.groups), "train")), 0
    reset_before(net, shown)
    if number >= len(group):
        raise InputError(f"evaluate: show is trial {number}, there are {len(group)} trials, the first is 0")
    outcome.activity = evolve(net, group[number].inputs, record=tuple(net.layers), trial=number)
    return outcome, simulated


def load_data(section: DataSection) -> Dataset:
    """The trials that a document's data section means. Raises ParameterError for options the source does not take."""
    source = registry.datasets.get(section.source)
    options = dict(section.model_extra or {})
    wrong = list(wrong_options(section.source, source, options))
    if wrong:
        raise ParameterError("\n".join(text for _, text in wrong), owner=section.source, each=wrong)
    return source(**options)


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


def _target(data: Dataset, trial: Trial) -> Any:
    return data.one_hot(trial) if trial.target is None else trial.target


def _fit(net: Network, data: Dataset, section: FitSection, watch: Watch[Trial]) -> float:
    trials = _group(data, section.on)
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
    trials = _group(data, section.on)
    outputs: list[NDArray[Any]] = []
    targets: list[NDArray[Any] | None] = []
    for number, trial in enumerate(watch(trials, "evaluate")):
        reset_before(net, section.reset)
        begun = net.now
        series = evolve(net, trial.inputs, record=(section.signal,), trial=number)[section.signal]
        if not isinstance(series, TSContinuous):
            raise NetworkError(f"{section.signal} emits events: evaluate a continuous signal")
        step = exact(_step(series))
        skip = whole_steps(section.washout, step, "washout")
        outputs.append(series.samples[skip:])
        if not len(outputs[-1]):
            raise InputError(
                f"trial {number} of {section.on!r} lasts {series.duration:g} s: the washout of {section.washout:g} s "
                "leaves nothing to evaluate"
            )
        wanted = trial.target
        first = int(begun / step) + skip
        targets.append(None if wanted is None else wanted.sample_steps(first, len(outputs[-1]), step))
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
    wanted = np.array([int(data.one_hot(trial).argmax()) for trial in trials])
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
    outcome.summary.update(rmse=error)
    outcome.arrays.update(outputs=got, wanted=wanted)
    outcome.table = f"rmse   {error:.6g}\n"
    if spread:  # a target that never changes has no scale to divide by
        outcome.summary.update(nrmse=error / spread)
        outcome.table += f"nrmse  {error / spread:.6g}\n"


# ---------------------------------------------------------------------- a single run


def _once(net: Network, section: RunSection, progress: bool) -> tuple[Outcome, float]:
    given = {name: _read(name, file) for name, file in section.inputs.items()}
    if section.duration is None and not given:
        raise ParameterError(
            f"the document of {net.name!r} does not say what to do",
            parameter="run",
            hint="add a section run with a duration, or the sections data, fit and evaluate",
        )
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


def write(net: Network, outcome: Outcome, folder: Path) -> None:
    """Write ``results.npz``, ``summary.json``, ``network.png`` and ``.svg``, ``activity.png`` into a folder.

    The folder is made if need be. Raises FileError where something cannot be written.
    """
    from .files import write_atomic
    from .views.network import draw_activity, draw_files

    made_folder(folder)
    write_atomic(folder / "results.npz", lambda file: np.savez(file, **outcome.arrays))  # type: ignore[arg-type]
    write_atomic(folder / "summary.json", (json.dumps(outcome.summary, indent=2) + "\n").encode())
    draw_files(net, [folder / "network.png", folder / "network.svg"])
    if outcome.activity is not None:
        draw_activity(net, outcome.activity, folder / "activity.png")


__all__ = ["Outcome", "Watch", "load_data", "made_folder", "perform", "write"]
