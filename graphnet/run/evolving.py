"""Evolve a network over a stretch of time and gather the result; a run that fails leaves no trace."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import backends
from ..blas import one_blas_thread
from ..errors import NetworkError, ParameterError, raise_all
from ..layer import ArrayLayer
from ..machine import processor
from ..network import Network
from ..plan import Plan, Schedule, Tap, Wanted, compile_plan
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from .again import divides, keep, plan_for
from .drive import Backend, drive, drive_by_blocks, progressing
from .inputs import by_name, check_extents, check_ready, schedule
from .records import Record, classes, wanted
from .result import Info, Result, versions
from .undo import running

Callback = Callable[[Network, int, Mapping[str, TimeSeries]], Any]
"""Called after each block with the network, the number of the block and the recorded signals of it; True stops the
run."""


def evolve(
    net: Network,
    ts_input: TimeSeries | Mapping[str, TimeSeries] | None = None,
    duration: float | None = None,
    num_timesteps: int | None = None,
    *,
    block: int | None = None,
    record: Record = None,
    backend: Any = "serial",
    workers: int | None = None,
    progress: bool = False,
    callbacks: Sequence[Callback] = (),
    check_finite: bool | str = False,
    trial: int = 0,
    taps: Mapping[str, Tap] | None = None,
) -> Result:
    """Evolve a network from its present time.

    ``ts_input``: the series of its one input, or series by the inputs' names, each covering the whole run in absolute
    time. ``duration`` (s) is a whole number of network steps, ``num_timesteps`` counts them; without either the run
    lasts as long as the inputs do. ``block`` is the number of network steps in a block: it changes speed and memory,
    never a bit. ``record`` names layers (``"res"``) and state variables (``"lif.v"``), or samples them: ``{"signal":
    "res", "every": 0.5}`` keeps the steps at whole multiples of 0.5 s; by default the declared outputs, or every layer
    where none are declared. ``backend`` is ``"serial"``, ``"threads"`` or ``"dask"`` (or a Dask client or address),
    with so many ``workers``. ``callbacks`` are called after each block with (network, number of the block, recorded
    signals of it); one that returns True ends the run there, cleanly. ``check_finite="block"`` looks for NaN and
    infinity where they are born. ``trial`` numbers independent runs: each has noise of its own. ``taps`` are shown the
    input blocks of the layers they are named for.

    Raises InputError, TimeError, UnknownName, NetworkError before anything runs, RunError where a layer fails; the
    network is then as it was before.
    """
    chosen, depth = backend, backends.depth(backend, workers)
    if callbacks:
        _can_stop(net)
    began = time.perf_counter()
    with running(net), one_blas_thread():  # before anything is read of the network, which another run may change
        ready = _prepared(net, ts_input, duration, num_timesteps, block, record, check_finite, taps, depth)
        if backend == "threads" and not divides(net, ready.schedule):
            chosen, depth = "serial", 1
        filed = plan_for(net, ready.schedule, ready.given, ready.wanted, trial, depth, chosen)
        plan, planned = filed.plan, filed.plan.schedule
        with backends.opened(chosen, workers) as run, progressing(net, plan, progress) as after:
            if callbacks:
                drive_by_blocks(plan, run, _calling(net, plan, callbacks), after)
            else:
                drive(plan, run, after)
        net.commit(planned.now + planned.total * planned.dt, *plan.collect())
        signals = _signals(ready.given, plan)
        name = backend if isinstance(backend, str) else type(backend).__name__
        went = info(planned, time.perf_counter() - began, name)
        net.measured["rate"] = event_rates(signals)
        keep(net, filed)
    return result(net, signals, went)


def simulate(
    net: Network,
    ts_input: TimeSeries | Mapping[str, TimeSeries] | None = None,
    *,
    duration: float | None = None,
    num_timesteps: int | None = None,
    block: int | None = None,
    record: Record = None,
    trial: int = 0,
) -> Result:
    """What ``evolve`` would give, without leaving the network's present state; of ArrayLayers only."""
    ready = _prepared(net, ts_input, duration, num_timesteps, block, record)
    began = time.perf_counter()
    with one_blas_thread():
        plan = compile_plan(net, ready.schedule, ready.given, ready.wanted, trial=trial)
        drive(plan, backends.run)
    return result(net, _signals(ready.given, plan), info(ready.schedule, time.perf_counter() - began, "serial"))


@dataclass(frozen=True)
class _Ready:
    schedule: Schedule
    given: Mapping[str, TimeSeries | None]
    wanted: Wanted


def _prepared(
    net: Network, ts_input: Any, duration: Any, num_timesteps: Any, block: Any, record: Record,
    check_finite: bool | str = False, taps: Mapping[str, Tap] | None = None, depth: int = 1,
) -> _Ready:  # fmt: skip
    raise_all(check_ready(net))
    given = by_name(net, ts_input)
    planned = schedule(net, given, duration, num_timesteps, block, depth)
    asked = wanted(net, record, taps or {}, checked_finite(check_finite))
    check_extents(given, planned)
    return _Ready(planned, given, asked)


def checked_finite(check: bool | str) -> bool:
    """Whether to look for NaN and infinity. Raises ParameterError."""
    if check in (False, True, "block"):
        return bool(check)
    raise ParameterError(f"check_finite is False or 'block', got {check!r}", parameter="check_finite")


def _can_stop(net: Network) -> None:
    for name, layer in net.layers.items():
        if not isinstance(layer, ArrayLayer) and not layer.block_safe:
            raise NetworkError(
                f"{name} is a plain Layer that takes the whole run as one block: nothing to call back after",
                hint="set block_safe = True on its class if it may evolve in pieces, or write it as an ArrayLayer",
            )


def _calling(net: Network, plan: Plan, callbacks: Sequence[Callback]) -> Callable[[int], bool]:
    def after(k: int) -> bool:
        signals = {
            name: store.part(store.grid.start(0), store.grid.steps(0), name) for name, store in plan.stores.items()
        }
        answers = [one(net, k, signals) for one in callbacks]
        return any(answer is True for answer in answers)

    return after


def _signals(given: Mapping[str, TimeSeries | None], plan: Plan) -> dict[str, TimeSeries]:
    planned = plan.schedule
    first, last = float(planned.now), float(planned.now + planned.total * planned.dt)
    signals = {name: clipped(series, first, last) for name, series in given.items() if series is not None}
    signals.update((name, store.series(name)) for name, store in plan.stores.items())
    return signals


def clipped(series: TimeSeries, first: float, last: float) -> TimeSeries:
    """The part of an input that the run has read."""
    if series.periodic or (series.t_start == first and series.t_stop == last):
        return series
    if isinstance(series, TSContinuous):
        return series.clip(first, last, include_stop=False, sample_limits=False)
    return series.clip(first, last) if isinstance(series, TSEvent) else series


def event_rates(signals: Mapping[str, TimeSeries]) -> dict[str, float]:
    """Events per second and channel of each signal of events."""
    return {
        name: len(series) / (series.duration * max(series.num_channels, 1))
        for name, series in signals.items()
        if isinstance(series, TSEvent) and series.duration > 0
    }


def result(net: Network, signals: Mapping[str, TimeSeries], went: Info) -> Result:
    """The signals of a run of this network, in the order of evolution."""
    return Result(signals, went, network=net.name, classes=classes(net, signals))


def info(planned: Schedule, elapsed: float, backend: str) -> Info:
    """How a run went."""
    return Info(float(planned.total * planned.dt), elapsed, planned.block, backend, processor(), versions())


__all__ = ["Backend", "Callback", "checked_finite", "clipped", "event_rates", "evolve", "info", "result", "simulate"]
