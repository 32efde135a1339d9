"""Evolve a network over a source that need not end: block by block, pulled by whoever reads what comes out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from fractions import Fraction
from typing import Any

from .. import backends
from ..clock import checked_dt, exact, whole_steps
from ..errors import NetworkError, ParameterTypeError, StateError, UnknownName, raise_all
from ..layer import ArrayLayer, State
from ..network import Network
from ..plan import Plan, Schedule, compile_plan
from ..plan.store import Window
from ..products import one_blas_thread
from ..timeseries import TimeSeries
from .drive import as_run_error
from .evolving import info
from .feeds import Feed, Sink, feed, sink
from .inputs import check_ready, checked_block, default_block, exact_step
from .records import Record, wanted
from .result import Result
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
    check_finite: bool = False,
    trial: int = 0,
) -> Iterator[Result]:
    """Evolve block by block and yield the recorded signals of each; memory holds one block, whatever the length.

    ``source``: for the one input, or by the inputs' names: a series, an array (T, C), a file (.npy, .npz, .wav) that
    may be larger than memory, an iterator of arrays or series, or a callable that is asked for n rows and gives up to
    as many (none: the end). ``dt`` (s) is the interval of rows that do not carry it; where it is left out, the dt of
    the input's readers. The stream ends with its source, or after ``duration`` (s); the last block may be shorter.
    ``sinks`` take recorded signals as they come: a callable, a generator, a .npy file. Each result's ``info.elapsed``
    is the latency of its block in seconds.

    Nothing is read ahead of the block that needs it. The network is committed block by block: when the stream is
    broken off, or a layer raises, it stands after the last block that was yielded.
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
    feeds = _feeds(net, source, dt)
    if not feeds and duration is None:
        raise ParameterTypeError("how long? a stream without a source needs a duration", parameter="duration")
    asked = wanted(net, record, {}, bool(check_finite))
    outlets = {name: sink(name, target) for name, target in (sinks or {}).items()}
    recorded = {name for name, *_ in (*asked.signals, *asked.variables)}
    for name in outlets:
        if name not in recorded:
            raise UnknownName("recorded signal", name, recorded, where="sinks")
    return _blocks(net, planned, feeds, asked, outlets, trial)


def _feeds(net: Network, source: Any, dt: Any) -> dict[str, Feed]:
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
    return {
        name: feed(inputs[name], one, _interval(net, name, intervals.get(name)), net.now)
        for name, one in source.items()
    }


def _interval(net: Network, name: str, dt: Any) -> Fraction | None:
    if dt is not None:
        return exact(checked_dt(dt, f"input {name!r}"))
    steps = {exact(net[edge.post].dt) for edge in net.edges if edge.pre == name}
    return steps.pop() if len(steps) == 1 else None


def _blocks(
    net: Network, planned: Schedule, feeds: dict[str, Feed], asked: Any,
    outlets: dict[str, tuple[Sink, Any]], trial: int,
) -> Iterator[Result]:  # fmt: skip
    plan = compile_plan(net, planned, dict.fromkeys(net.inputs), asked, trial=trial, keep=Window)
    mine: dict[str, State] = dict(net.states)
    with ExitStack() as stack:
        for _, close in outlets.values():
            stack.callback(close)
        while planned.steps(0) > 0:
            if any(net.states.get(name) is not state for name, state in mine.items()) or net.now != planned.start(0):
                raise StateError(f"the network {net.name!r} was changed while it is being streamed")
            began = time.perf_counter()
            given = _pulled(plan, feeds)
            if planned.steps(0) <= 0:
                return
            with running(net), one_blas_thread():
                _run_block(plan)
                net.commit(planned.start(0) + planned.steps(0) * planned.dt, *_copies(plan))
            mine = dict(net.states)
            signals = {name: store.series(name) for name, store in plan.stores.items()}
            for name, (put, _) in outlets.items():
                put(signals[name])
            result = Result({**given, **signals}, _info(planned, time.perf_counter() - began))
            planned.base += 1
            yield result


def _pulled(plan: Plan, feeds: dict[str, Feed]) -> dict[str, TimeSeries]:
    """Have every feed cover the next block; where one ends, the block and the stream end with it."""
    planned = plan.schedule
    start = planned.start(0)
    stop = start + planned.steps(0) * planned.dt
    given: dict[str, TimeSeries] = {}
    for name, one in feeds.items():
        series, reached = one.pull(start, stop)
        given[name] = series
        if reached < stop:
            steps = int((reached - start) // planned.dt)
            planned.total = min(planned.total, planned.base * planned.block + max(0, steps))
    for (name, _), task in plan.sources.items():
        task.series = given.get(name)
    return given


def _run_block(plan: Plan) -> None:
    stage = plan.stages[0]
    try:
        backends.run(stage.template, stage.states, 1)
    except backends.TaskFailed as error:
        raise as_run_error(error, plan.schedule) from error.__cause__


def _copies(plan: Plan) -> tuple[dict[str, State], dict[tuple[int, ...], State]]:
    """States and lines to commit: the plan goes on with its own."""
    states, lines = plan.collect()
    return (
        {name: {key: array.copy() for key, array in state.items()} for name, state in states.items()},
        {number: {key: array.copy() for key, array in line.items()} for number, line in lines.items()},
    )


def _info(planned: Schedule, elapsed: float) -> Any:
    return info(Schedule(planned.start(0), planned.dt, planned.steps(0), planned.block), elapsed, "serial")
