"""Drive a plan: its stages one after the other, over all blocks or one at a time, and name what fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import backends
from ..errors import RunError
from ..network import Network
from ..plan import Plan, Schedule, Stage

Backend = Callable[..., None]


def drive(net: Network, plan: Plan, backend: Backend, progress: bool) -> None:
    """Run every stage over all blocks. Raises RunError."""
    schedule = plan.schedule
    bar = _bar(net, schedule, plan) if progress else None
    after = None if bar is None else lambda k: bar.update(float(schedule.steps(k) * schedule.dt))
    try:
        for stage in plan.stages:
            run_whole(stage, schedule, backend)
            backend(stage.template, stage.states, schedule.blocks, after)
    except backends.TaskFailed as error:
        raise as_run_error(error, schedule) from error.__cause__
    finally:
        if bar is not None:
            bar.close()


def drive_by_blocks(plan: Plan, backend: Backend, after: Callable[[int], bool]) -> None:
    """Run the only stage of a plan block by block until ``after(k)`` says to stop. Raises RunError.

    The schedule's total then says how far it came.
    """
    schedule = plan.schedule
    stage = plan.stages[0]
    try:
        for k in range(schedule.blocks):
            schedule.base = k
            backend(stage.template, stage.states, 1)
            if after(k):
                schedule.total = min(schedule.total, (k + 1) * schedule.block)
                return
    except backends.TaskFailed as error:
        raise as_run_error(error, schedule) from error.__cause__
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
    cause = error.__cause__
    return RunError(
        f"{error.name} failed in block {block}, at {start!r} s: {type(cause).__name__}: {cause}",
        layer=error.name,
        block=block,
        time=start,
    )


def _bar(net: Network, schedule: Schedule, plan: Plan) -> Any:
    from tqdm import tqdm

    total = float(schedule.total * schedule.dt) * len(plan.stages)
    form = "{l_bar}{bar}| {n:.2f}/{total:.2f} s simulated [{elapsed}<{remaining}]"
    return tqdm(total=total, desc=net.name, bar_format=form)
