"""Evolve a network over a source that need not end: block by block, pulled by whoever reads what comes out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from fractions import Fraction
from typing import Any

from .. import backends
from ..blas import one_blas_thread
from ..clock import checked_dt, exact, whole_steps
from ..errors import NetworkError, ParameterTypeError, StateError, UnknownName, raise_all
from ..layer import ArrayLayer, State
from ..network import Network
from ..plan import Plan, Schedule, Wanted, compile_plan
from ..plan.store import Window
from ..timeseries import TimeSeries, TSEvent
from .drive import as_run_error, reason
from .evolving import checked_finite, clipped, info
from .feeds import Feed, feed
from .inputs import check_ready, checked_block, default_block, exact_step
from .records import Record, classes, wanted
from .result import Info, Result
from .sinks import Sink, sink
from .undo import running

ENDLESS = 2**62  # network steps: longer than any source


def stream(
    net: Network,
    source: Any = None,
    *,
    block: int | None = None,
    dt: float | Mapping[str, float] | None = None,
    duration: float | None = None,
    record: Record = None,
    sinks: Mapping[str, Any] | None = None,
    check_finite: bool | str = False,
    trial: int = 0,
) -> Iterator[Result]:
    """Evolve block by block and yield the recorded signals of each; memory holds one block, whatever the length.

    ``source``: for the one input, or by the inputs' names: a series, an array (T, C), a file (.npy, .npz, .wav) that
    may be larger than memory, an iterator of arrays or series, or a callable that is asked for n rows and gives up to
    as many (none: the end); for events, asked for the seconds that are lacking, a TSEvent. ``dt`` (s) is the interval
    of rows that do not carry it; where it is left out, the dt of the input's readers. The stream ends with its source,
    or after ``duration`` (s); the last block may be shorter. ``sinks`` take recorded signals as they come: a callable,
    a generator, a .npy file. Each result's ``info.elapsed`` is the latency of its block: the seconds from when its
    input was there to when its signals were.

    Nothing is read ahead of the block that needs it. The network is committed block by block: when the stream is
    broken off, or a layer, a source or a sink raises, it stands after the last block that was yielded. A network that
    something else changes meanwhile is refused with StateError.
    """
    raise_all(check_ready(net))
    for name, layer in net.layers.items():
        if not isinstance(layer, ArrayLayer) and not layer.block_safe:
            raise NetworkError(
                f"{name} is a plain Layer that takes the whole run as one block: it cannot be streamed",
                hint="set block_safe = True on its class if it may evolve in pieces, or write it as an ArrayLayer",
            )
    step = exact_step(net)
    size = default_block(net, step) if block is None else checked_block(block)
    total = ENDLESS if duration is None else whole_steps(duration, step)
    planned = Schedule(net.now, step, total, size)
    feeds = _feeds(net, source, dt, step)
    if not feeds and duration is None:
        raise ParameterTypeError("how long? a stream without a source needs a duration", parameter="duration")
    asked = wanted(net, record, {}, checked_finite(check_finite))
    return _blocks(net, planned, feeds, asked, _outlets(net, asked, sinks or {}), trial)


def _outlets(net: Network, asked: Wanted, sinks: Mapping[str, Any]) -> dict[str, tuple[Sink, Callable[[], None]]]:
    recorded = [name for name, *_ in (*asked.signals, *asked.variables)]
    for name in sinks:
        if name not in recorded:
            raise UnknownName("recorded signal", name, recorded, where="sinks")
    return {
        name: sink(name, target, name in net.layers and net[name].output_type is TSEvent)
        for name, target in sinks.items()
    }


def _feeds(net: Network, source: Any, dt: Any, step: Fraction) -> dict[str, Feed]:
    inputs = net.inputs
    if source is None:
        return {}
    if not isinstance(source, Mapping):
        if len(inputs) != 1:
            raise ParameterTypeError(f"network {net.name!r} has {len(inputs)} inputs: give the sources by name")
        source = {next(iter(inputs)): source}
    for name in source:
        if name not in inputs:
            raise UnknownName("input", str(name), inputs, where=f"network {net.name!r}")
    intervals = dt if isinstance(dt, Mapping) else dict.fromkeys(inputs, dt)
    for name in intervals:
        if name not in inputs:
            raise UnknownName("input", str(name), inputs, where="dt")
    return {
        name: feed(inputs[name], one, _interval(net, name, intervals.get(name)), net.now, step)
        for name, one in source.items()
    }


def _interval(net: Network, name: str, dt: Any) -> Fraction | None:
    if dt is not None:
        return exact(checked_dt(dt, f"input {name!r}"))
    steps = {exact(net[one].dt) for one in net.layers for path in net.paths_into(one) if path.pre == name}
    return steps.pop() if len(steps) == 1 else None


def _blocks(
    net: Network, planned: Schedule, feeds: dict[str, Feed], asked: Wanted,
    outlets: dict[str, tuple[Sink, Callable[[], None]]], trial: int,
) -> Iterator[Result]:  # fmt: skip
    structure = net.structure()
    mine: dict[str, State] = dict(net.states)

    def check() -> None:
        same = net.now == planned.start(0) and net.structure() is structure and net.states.keys() == mine.keys()
        if not same or any(net.states[name] is not state for name, state in mine.items()):
            raise StateError(
                f"the network {net.name!r} was changed while it is being streamed",
                hint="stream a copy of it: net.copy()",
            )

    check()
    known: dict[str, str] = {}
    plan = compile_plan(net, planned, dict.fromkeys(net.inputs), asked, trial=trial, keep=Window)
    with ExitStack() as stack:
        for _, close in outlets.values():
            stack.callback(close)
        while planned.steps(0) > 0:
            check()
            given = _pulled(plan, feeds)
            if planned.steps(0) <= 0:
                return
            began = time.perf_counter()
            with running(net):
                check()
                _run_block(plan)
                signals = {name: store.series(name) for name, store in plan.stores.items()}
                went = _info(planned, time.perf_counter() - began)
                for name, (put, _) in outlets.items():
                    put(signals[name])
                first, last = planned.start(0), planned.start(0) + planned.steps(0) * planned.dt
                read = {name: clipped(series, float(first), float(last)) for name, series in given.items()}
                net.commit(last, *_copies(plan))
            mine = dict(net.states)
            planned.base += 1
            known = known or classes(net, [*read, *signals])
            yield Result({**read, **signals}, went, network=net.name, classes=known)


def _pulled(plan: Plan, feeds: dict[str, Feed]) -> dict[str, TimeSeries]:
    """Have every feed cover the next block; where one ends, the block and the stream end with it."""
    planned = plan.schedule
    start = planned.start(0)
    given: dict[str, TimeSeries] = {}
    for name, one in feeds.items():
        stop = start + planned.steps(0) * planned.dt
        if stop <= start:
            break
        given[name], reached = one.pull(start, stop)
        if reached < stop:
            steps = int(max(reached - start, Fraction(0)) // planned.dt)
            planned.total = planned.base * planned.block + steps
    for (name, _), task in plan.sources.items():
        task.series = given.get(name)
    return given


def _run_block(plan: Plan) -> None:
    stage = plan.stages[0]
    try:
        with one_blas_thread():
            backends.run(stage.template, stage.states, 1)
    except backends.TaskFailed as error:
        raise as_run_error(error, plan.schedule) from reason(error)


def _copies(plan: Plan) -> tuple[dict[str, State], dict[tuple[int, ...], State]]:
    """States and lines to commit: the plan goes on with its own."""
    states, lines = plan.collect()
    return (
        {name: {key: array.copy() for key, array in state.items()} for name, state in states.items()},
        {number: {key: array.copy() for key, array in line.items()} for number, line in lines.items()},
    )


def _info(planned: Schedule, elapsed: float) -> Info:
    return info(Schedule(planned.start(0), planned.dt, planned.steps(0), planned.block), elapsed, "serial")
