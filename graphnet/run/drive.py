"""Drive a plan: its stages one after the other, over all blocks or one at a time, and name what fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .. import backends
from ..errors import MemberFailed, RunError
from ..network import Network
from ..plan import Plan, Schedule, Stage

Backend = Callable[..., None]
After = Callable[[int], Any] | None


def drive(plan: Plan, backend: Backend, after: After = None) -> None:
    """Run every stage over all blocks; ``after(k)`` follows each. Raises RunError."""
    schedule = plan.schedule
    try:
        for stage in plan.stages:
            run_whole(stage, schedule, backend)
            backend(stage.template, stage.states, schedule.blocks, after)
    except backends.TaskFailed as error:
        raise as_run_error(error, schedule) from reason(error)


def drive_by_blocks(plan: Plan, backend: Backend, stops: Callable[[int], bool], after: After = None) -> None:
    """Run the only stage of a plan block by block until ``stops(k)`` says so. Raises RunError.

    The schedule's total then says how far it came.
    """
    schedule = plan.schedule
    stage = plan.stages[0]
    try:
        for k in range(schedule.blocks):
            schedule.base = k
            backend(stage.template, stage.states, 1, after)
            if stops(k):
                schedule.total = min(schedule.total, (k + 1) * schedule.block)
                return
    except backends.TaskFailed as error:
        raise as_run_error(error, schedule) from reason(error)
    finally:
        schedule.base = 0


def run_whole(stage: Stage, schedule: Schedule, backend: Backend) -> None:
    """Gather what the stage's plain layers read, and evolve them over the whole run."""
    backend(stage.feed, stage.feed_states, schedule.blocks)
    for task, store, outs in stage.plain:
        try:
            grid = task.grid
            block = None if store is None else store.block()
            made = task.run(block, grid.first, grid.total)
            for out in outs:
                out.add(grid.first, made)
        except Exception as error:
            raise backends.TaskFailed(task.path, 0) from error


def as_run_error(error: backends.TaskFailed, schedule: Schedule) -> RunError:
    """What a person needs to know of a task that failed: layer, block, simulated time, and the layer's own words."""
    start = float(schedule.start(error.block))
    block = schedule.base + error.block
    cause = reason(error)
    layer = error.__cause__.layer if isinstance(error.__cause__, MemberFailed) else error.name
    return RunError(
        f"{layer} failed in block {block}, at {start!r} s: {type(cause).__name__}: {cause}",
        layer=layer,
        block=block,
        time=start,
    )


def reason(error: backends.TaskFailed) -> BaseException | None:
    """The exception of the layer itself, which may be a member of a loop."""
    cause = error.__cause__
    return cause.error if isinstance(cause, MemberFailed) else cause


@contextmanager
def progressing(net: Network, plan: Plan, shown: bool) -> Iterator[After]:
    """What moves a bar on standard error after each block, or None where none is asked for."""
    if not shown:
        yield None
        return
    from tqdm import tqdm

    schedule = plan.schedule
    total = float(schedule.total * schedule.dt) * len(plan.stages)
    form = "{l_bar}{bar}| {n:.2f}/{total:.2f} s simulated [{elapsed}<{remaining}]"
    with tqdm(total=total, desc=net.name, bar_format=form) as bar:
        yield lambda k: bar.update(float(schedule.steps(k) * schedule.dt))
