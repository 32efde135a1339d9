"""Drive a plan over a network and gather the result; a run that fails leaves no trace."""

from __future__ import annotations

import copy
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from . import backends
from .clock import exact, step_of, whole_steps
from .errors import (
    GraphnetError,
    InputError,
    NetworkError,
    ParameterError,
    ParameterTypeError,
    RunError,
    TimeError,
    UnknownName,
    raise_all,
)
from .layer import ArrayLayer, Layer, checked_steps
from .network import Network
from .plan import Plan, Schedule, Stage, Tap, Wanted, compile_plan
from .products import TILE, one_blas_thread
from .timeseries import TimeSeries, TSEvent

if TYPE_CHECKING:
    from collections.abc import Callable

Record = Sequence[str | Mapping[str, Any]] | Mapping[str, Any] | str | None

CACHE = 2**17  # numbers: a block of the widest layer that still lies in a core's cache
LONGEST = 4096  # steps of a block, so that a run can be watched and interrupted


@dataclass(frozen=True)
class Info:
    """How a run went: simulated and elapsed seconds, block, and what its bits depend on."""

    simulated: float
    elapsed: float
    block: int
    backend: str
    processor: str
    versions: Mapping[str, str]

    @property
    def real_time_factor(self) -> float:
        """Simulated seconds per elapsed second."""
        return self.simulated / self.elapsed if self.elapsed else float("inf")


class Result(Mapping[str, TimeSeries]):
    """The signals of a run by name: external inputs, recorded layers, recorded variables; ``info`` says how it went."""

    def __init__(self, signals: Mapping[str, TimeSeries], info: Info) -> None:
        self._signals = dict(signals)
        self.info = info

    def __getitem__(self, name: str) -> TimeSeries:
        if name not in self._signals:
            raise UnknownName("recorded signal", name, self._signals)
        return self._signals[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._signals)

    def __len__(self) -> int:
        return len(self._signals)

    def __repr__(self) -> str:
        return f"Result of {self.info.simulated:g} s: {', '.join(self._signals) or 'nothing recorded'}"


def evolve(
    net: Network,
    ts_input: TimeSeries | Mapping[str, TimeSeries] | None = None,
    duration: float | None = None,
    num_timesteps: int | None = None,
    *,
    block: int | None = None,
    record: Record = None,
    progress: bool = False,
    trial: int = 0,
    taps: Mapping[str, Tap] | None = None,
) -> Result:
    """Evolve a network from its present time.

    ``ts_input``: the series of its one input, or series by the inputs' names, each covering the whole run in absolute
    time. ``duration`` (s) is a whole number of network steps, ``num_timesteps`` counts them; without either the run
    lasts as long as the inputs do. ``block`` is the number of network steps in a block: it changes speed and memory,
    never a bit. ``record`` names layers (``"res"``) and state variables (``"lif.v"``); by default the declared
    outputs, or every layer where none are declared. ``trial`` numbers independent runs: each has noise of its own.
    ``taps`` are shown the input blocks of the layers they are named for.

    Raises InputError, TimeError, UnknownName, NetworkError before anything runs, RunError where a layer fails; the
    network is then as it was before.
    """
    raise_all(check_ready(net))
    given = _by_name(net, ts_input)
    schedule = _schedule(net, given, duration, num_timesteps, block)
    wanted = _wanted(net, record, taps or {})
    _check_extents(given, schedule)
    if net._running:
        raise NetworkError(f"the network {net.name!r} is being evolved already")
    net._running = True
    began = time.perf_counter()
    try:
        with _undoing(net), one_blas_thread():
            plan = compile_plan(net, schedule, given, wanted, trial=trial)
            _drive(net, plan, progress)
        net.commit(schedule.now + schedule.total * schedule.dt, *plan.collect())
    finally:
        net._running = False
    return Result(_signals(given, plan), _info(schedule, time.perf_counter() - began))


# ---------------------------------------------------------------------- before the run


def check_ready(net: Network) -> list[GraphnetError]:
    """What keeps a network from running though no single edge is wrong: input channels that nothing leads to."""
    errors: list[GraphnetError] = []
    for name in net.layers:
        missing = net.uncovered(name)
        if missing:
            shown = ", ".join(str(one) for one in missing[:8]) + (", ..." if len(missing) > 8 else "")
            errors.append(
                NetworkError(
                    f"{name}: no edge leads to its input channels {shown} ({len(missing)} of {net[name].size_in})",
                    hint="connect them, or make the layer smaller",
                )
            )
    return errors


def _by_name(net: Network, given: Any) -> dict[str, TimeSeries | None]:
    inputs = net.inputs
    if given is None:
        return dict.fromkeys(inputs)
    if isinstance(given, TimeSeries):
        if len(inputs) != 1:
            raise InputError(
                f"network {net.name!r} has {len(inputs)} inputs ({', '.join(inputs) or 'none'}), a bare series fits one",
                hint="give the series by name: evolve({'imu': ts, ...})",
            )
        given = {next(iter(inputs)): given}
    if not isinstance(given, Mapping):
        raise ParameterTypeError(
            f"the input of a network is a series, series by name, or None, got a {type(given).__name__}"
        )
    for name, series in given.items():
        if name not in inputs:
            raise UnknownName("input", str(name), inputs, where=f"network {net.name!r}")
        declared = inputs[name]
        if not isinstance(series, declared.type):
            raise InputError(f"input {name!r} takes {declared.type.__name__}, got {type(series).__name__}")
        if series.num_channels != declared.size:
            raise InputError(f"input {name!r} has {declared.size} channels, the series has {series.num_channels}")
    return {name: given.get(name) for name in inputs}


def _schedule(
    net: Network, given: Mapping[str, TimeSeries | None], duration: Any, num_timesteps: Any, block: Any
) -> Schedule:
    dt = net.exact_dt
    if (net.now / dt).denominator != 1:
        raise TimeError(
            f"network {net.name!r} is at {net.t!r} s, no whole number of its steps of {float(dt)!r} s",
            hint="net.reset_time()",
        )
    if num_timesteps is not None:
        total = checked_steps(num_timesteps)
    elif duration is not None:
        total = whole_steps(duration, dt)
    else:
        total = _extent(net, given, dt)
    return Schedule(net.now, dt, total, _block(net, dt) if block is None else _checked_block(block))


def _extent(net: Network, given: Mapping[str, TimeSeries | None], dt: Fraction) -> int:
    present = {name: series for name, series in given.items() if series is not None}
    if not present:
        raise ParameterTypeError("how long? give an input series, duration or num_timesteps", parameter="duration")
    ends = [
        step_of(one.duration, dt) if one.periodic else step_of(one.t_stop, dt) - int(net.now / dt)
        for one in present.values()
    ]
    if min(ends) <= 0:
        name, series = list(present.items())[ends.index(min(ends))]
        raise TimeError(
            f"input {name!r} ends at {series.t_stop!r} s, the network {net.name!r} is at {net.t!r} s already",
            hint="shift the input with ts.start_at(net.t), or call net.reset_time()",
        )
    return min(ends)


def _checked_block(block: Any) -> int:
    steps = checked_steps(block)
    if steps < 1:
        raise ParameterError(f"block must be at least one network step, got {block!r}", parameter="block")
    return steps


def _block(net: Network, dt: Fraction) -> int:
    """A block of which the widest layer's signal still lies in cache, in whole tiles of products where it can."""
    widest = max(
        max(layer.size_in, layer.size, layer.size_out, 1) * float(dt) / layer.dt for layer in net.layers.values()
    )
    steps = int(min(LONGEST, max(1.0, CACHE / widest)))
    return steps - steps % TILE if steps > TILE else steps


def _check_extents(given: Mapping[str, TimeSeries | None], schedule: Schedule) -> None:
    first = int(schedule.now / schedule.dt)
    for name, series in given.items():
        if series is None or series.covers(first, first + schedule.total, schedule.dt):
            continue
        begin, end = float(schedule.now), float(schedule.now + schedule.total * schedule.dt)
        raise InputError(
            f"input {name!r} covers {series.t_start!r} s to {series.t_stop!r} s, the run goes from {begin!r} s to {end!r} s",
            hint=f"shift it with ts.start_at({begin!r}), call net.reset_time(), or ask for a shorter duration",
        )


def _wanted(net: Network, record: Record, taps: Mapping[str, Tap]) -> Wanted:
    if record is None:
        return Wanted([(name, 1) for name in net.outputs or net.layers], (), taps)
    signals: dict[str, int] = {}
    variables: dict[str, tuple[str, str, str, int]] = {}
    for one in [record] if isinstance(record, str | Mapping) else record:
        name, every = _read_record(one)
        if name in net.inputs:
            continue  # external inputs are always in the result, as they were given
        if name in net.layers:
            signals[name] = _strides(net, name, name, every)
            continue
        owner, variable = _variable(net, name)
        variables[name] = (name, owner, variable, _strides(net, name, owner, every))
    return Wanted(tuple(signals.items()), tuple(variables.values()), taps)


def _read_record(one: Any) -> tuple[str, Any]:
    if isinstance(one, str):
        return one, None
    if isinstance(one, Mapping) and "signal" in one and set(one) <= {"signal", "every"}:
        return str(one["signal"]), one.get("every")
    raise ParameterTypeError(
        f"record takes names and mappings such as {{'signal': 'res', 'every': 0.5}}, got {one!r}", parameter="record"
    )


def _strides(net: Network, name: str, owner: str, every: Any) -> int:
    """How many steps of the layer apart the kept ones are."""
    if every is None:
        return 1
    layer = net[owner]
    if name == owner and layer.output_type is TSEvent:
        raise ParameterError(f"record {name!r}: events are kept one by one, 'every' is for continuous signals")
    strides = whole_steps(every, exact(layer.dt), f"record {name!r}: every")
    if strides < 1:
        raise ParameterError(f"record {name!r}: every must be at least the layer's dt, {layer.dt!r} s")
    return strides


def _variable(net: Network, name: str) -> tuple[str, str]:
    owner, _, variable = name.rpartition(".")
    if owner not in net.layers:
        raise UnknownName("layer", owner or name, [*net.layers, *net.inputs], where="record")
    layer = net[owner]
    if not isinstance(layer, ArrayLayer):
        raise NetworkError(f"{owner} is a plain Layer: its variables cannot be recorded, only its output")
    if variable not in net.states[owner]:
        raise UnknownName("state variable", variable, net.states[owner], where=f"record {name!r}")
    return owner, variable


# ---------------------------------------------------------------------- the run


class _undoing:  # noqa: N801 # reads as a statement: with _undoing(net)
    """Plain layers keep their state in themselves: put it back if the run does not end well."""

    def __init__(self, net: Network) -> None:
        self.plain: list[tuple[Layer, dict[str, Any]]] = [
            (layer, layer.__dict__) for layer in net.layers.values() if not isinstance(layer, ArrayLayer)
        ]

    def __enter__(self) -> None:
        saved: list[tuple[Layer, dict[str, Any]]] = []
        for layer, content in self.plain:
            saved.append(
                (layer, {**copy.deepcopy({k: v for k, v in content.items() if k != "_home"}), "_home": layer._home})
            )
        self.plain = saved

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if error is not None:
            for layer, content in self.plain:
                layer.__dict__.clear()
                layer.__dict__.update(content)


def _drive(net: Network, plan: Plan, progress: bool) -> None:
    schedule = plan.schedule
    bar = _bar(net, schedule, plan) if progress else None
    try:
        for stage in plan.stages:
            _run_stage(stage, schedule, None if bar is None else lambda k: bar.update(_seconds(schedule, k)))
    except backends.TaskFailed as error:
        start = float(schedule.now + error.block * schedule.block * schedule.dt)
        cause = error.__cause__
        said = f"{type(cause).__name__}: {cause}"
        raise RunError(
            f"{error.name} failed in block {error.block}, at {start!r} s: {said}",
            layer=error.name,
            block=error.block,
            time=start,
        ) from cause
    finally:
        if bar is not None:
            bar.close()


def _run_stage(stage: Stage, schedule: Schedule, after: Callable[[int], None] | None) -> None:
    backends.run(stage.feed, stage.feed_states, schedule.blocks)
    for task, store, outs in stage.plain:
        try:
            grid = task.grid
            block = None if store is None else store.block()
            made = task.run(block, grid.first, grid.total)
            for out in outs:
                out.add(grid.first, made)
        except Exception as error:
            raise backends.TaskFailed(task.path, 0) from error
    backends.run(stage.template, stage.states, schedule.blocks, after)


def _seconds(schedule: Schedule, k: int) -> float:
    return float(min(schedule.block, schedule.total - k * schedule.block) * schedule.dt)


def _bar(net: Network, schedule: Schedule, plan: Plan) -> Any:
    from tqdm import tqdm

    total = float(schedule.total * schedule.dt) * len(plan.stages)
    form = "{l_bar}{bar}| {n:.2f}/{total:.2f} s simulated [{elapsed}<{remaining}]"
    return tqdm(total=total, desc=net.name, bar_format=form)


# ---------------------------------------------------------------------- after the run


def _signals(given: Mapping[str, TimeSeries | None], plan: Plan) -> dict[str, TimeSeries]:
    schedule = plan.schedule
    first, last = float(schedule.now), float(schedule.now + schedule.total * schedule.dt)
    signals = {name: _clipped(series, first, last) for name, series in given.items() if series is not None}
    signals.update((name, store.series(name)) for name, store in plan.stores.items())
    return signals


def _clipped(series: TimeSeries, first: float, last: float) -> TimeSeries:
    """The part of an input that the run has read."""
    if series.periodic or (series.t_start == first and series.t_stop == last):
        return series
    if isinstance(series, TSEvent):
        return series.clip(first, last)
    return series.clip(first, last, include_stop=False, sample_limits=False)


def _info(schedule: Schedule, elapsed: float) -> Info:
    return Info(
        float(schedule.total * schedule.dt), elapsed, schedule.block, "serial", platform.processor() or platform.machine(),
        {"graphnet": version(), "numpy": np.__version__, "python": platform.python_version()},
    )  # fmt: skip


def version() -> str:
    """The installed version of graphnet."""
    from importlib.metadata import version as installed

    return installed("graphnet-dataflow")


__all__ = ["Info", "Record", "Result", "check_ready", "evolve", "version"]
