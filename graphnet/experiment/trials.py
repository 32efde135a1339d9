"""An experiment on trials: fit a layer on one group, evaluate a signal on another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from .. import judging, registry
from ..clock import exact, step_of, whole_steps
from ..datasets import Dataset, Trial
from ..document import options
from ..errors import InputError, ParameterError
from ..judging import Take, judge
from ..network import Network
from ..run import Result, evolve
from ..sections import DataSection, EvaluateSection, FitSection, Reset
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from ..training import fit, reset_before
from .outcome import Keeping, Outcome, Watch


def run_trials(
    net: Network, sections: Mapping[str, Any], watch: Watch[Trial], keeping: Keeping
) -> tuple[Outcome, float]:
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
