"""Say how a network will run, as a database tells its query plan; and measure where the time goes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from typing import Any

from . import backends
from .blas import one_blas_thread
from .clock import exact
from .cost import operations_per_second
from .errors import raise_all
from .findings import memory_of
from .layer import ArrayLayer
from .network import Network
from .paths import Path
from .plan import Schedule, Wanted, compile_plan
from .run.drive import as_run_error, reason, run_whole
from .run.inputs import by_name, check_extents, check_ready, checked_block, default_block, exact_step, schedule
from .run.undo import content, put_back, running
from .tasks import Task
from .timeseries import TSEvent


@dataclass
class Row:
    """One layer of the plan: when it runs, in what blocks, what it costs; ``seconds`` where it was measured."""

    name: str
    class_name: str
    generation: int
    loop: str
    dt: float
    steps: int
    operations: float
    memory: int
    seconds: float | None = None


@dataclass
class Way:
    """One edge of the plan, or several over ports: what happens to a block on it, and how many bytes it takes."""

    edge: str
    does: str
    memory: int


@dataclass
class Explanation:
    """The plan as data; ``str`` gives it as text. ``block`` counts network steps of ``dt`` (s)."""

    network: str
    dt: float
    block: int
    rows: list[Row] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    elapsed: float | None = None

    def as_data(self) -> dict[str, Any]:
        """Everything as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        head = f"{self.network}: blocks of {self.block} steps of {self.dt:g} s ({self.block * self.dt:g} s)"
        measured = self.elapsed is not None
        titles = ["generation", "layer", "class", "loop", "dt (s)", "steps/block", "Mop/s", "memory"]
        table = [titles + (["seconds", "share"] if measured else [])]
        for row in self.rows:
            cells = [
                str(row.generation), row.name, row.class_name, row.loop or "-", f"{row.dt:g}", str(row.steps),
                f"{row.operations / 1e6:.3g}", _bytes(row.memory),
            ]  # fmt: skip
            if measured:
                share = (row.seconds or 0.0) / self.elapsed if self.elapsed else 0.0
                cells += [f"{row.seconds or 0.0:.4f}", f"{100 * share:.0f}%"]
            table.append(cells)
        ways = [["edge", "does", "memory/block"]] + [[one.edge, one.does, _bytes(one.memory)] for one in self.ways]
        text = [head, "", *_aligned(table), "", *_aligned(ways)]
        if measured:
            text += ["", f"total {self.elapsed:.4f} s, layers {sum(row.seconds or 0.0 for row in self.rows):.4f} s"]
        return "\n".join(text)


def explain(net: Network, block: int | None = None) -> Explanation:
    """How the network will run, without running it. Raises what a run would refuse."""
    step = exact_step(net)
    size = default_block(net, step) if block is None else checked_block(block)
    made = Explanation(net.name, float(step), size)
    generations = _generations(net)
    for part in net.structure().parts:
        loop = f"every {float(part.block):g} s" if part.block else ""
        for name in part.order:
            layer = net[name]
            steps = int(part.block / exact(layer.dt)) if part.block else size * int(step / exact(layer.dt))
            made.rows.append(
                Row(name, layer.class_name, generations[name], loop, layer.dt, steps,
                    operations_per_second(layer), memory_of(net, name))
            )  # fmt: skip
    paths = [path for name in net.layers for path in net.paths_into(name)]
    made.ways = [_way(net, path, size, step) for path in sorted(paths, key=lambda one: one.key[::-1])]
    return made


def _generations(net: Network) -> dict[str, int]:
    """How many layers, at least, lie before each: layers of one generation can run at once."""
    found: dict[str, int] = {}
    for part in net.structure().parts:
        before = [found[path.pre] for name in part.order for path in net.paths_into(name) if path.pre in found]
        for name in part.order:
            found[name] = max(before, default=-1) + 1
    return found


def _way(net: Network, path: Path, block: int, step: Fraction) -> Way:
    pre, post = net.sends(path.pre), net.reads(path.inlet or path.post)
    assert post.dt is not None  # a path ends at a layer
    dt = post.dt if pre.dt is None else pre.dt
    event = pre.type is TSEvent
    rows = block * int(step / dt)
    does = [] if not pre.external else ["samples"] if not event else ["bins"]
    if any(edge.pre_channels is not None or edge.post_channels is not None for edge in path.edges):
        does.append("picks channels")
    if dt != post.dt:
        does.append("bins" if event else "holds" if dt > post.dt else "samples")
    if path.delay:
        does.append(f"delays {float(path.delay):g} s")
    does += dict.fromkeys(net.merges[edge.post] for edge in path.edges if edge.post in net.merges)
    return Way(str(path), ", ".join(does) or "passes", 12 * rows * pre.size // 50 if event else 8 * rows * pre.size)


def profile(
    net: Network, ts_input: Any = None, duration: float | None = None, *, block: int | None = None
) -> Explanation:
    """Run the network on an input, measure each layer's time, and put everything back: states, clock and noise.

    The first block runs twice, so that compiling is not counted. A loop's time is shared among its layers by their
    estimated cost.
    """
    raise_all(check_ready(net))
    given = by_name(net, ts_input)
    planned = schedule(net, given, duration, None, block)
    check_extents(given, planned)
    made = explain(net, planned.block)
    first = replace(planned, total=min(planned.total, planned.block))
    with running(net), one_blas_thread(), _put_back(net):
        _measure(net, first, given)  # kernels compile or load in the first block
        seconds, made.elapsed = _measure(net, planned, given)
    _share(net, made, seconds)
    net.measured["time"] = {row.name: row.seconds for row in made.rows if row.seconds is not None}
    return made


def _measure(net: Network, planned: Schedule, given: Mapping[str, Any]) -> tuple[dict[str, float], float]:
    """Seconds by task, and in all."""
    plan = compile_plan(net, planned, given, Wanted())
    seconds: dict[str, float] = {}
    began = time.perf_counter()
    try:
        for stage in plan.stages:
            before = time.perf_counter()
            run_whole(stage, planned, backends.run)
            for evolve, _, _ in stage.plain:  # what feeds them is little beside them
                seconds[evolve.path] = (time.perf_counter() - before) / len(stage.plain)
            timed = [_timed(task, seconds) for task in stage.template]
            backends.run(timed, stage.states, planned.blocks)
    except backends.TaskFailed as error:
        raise as_run_error(error, planned) from reason(error)
    return seconds, time.perf_counter() - began


def _timed(task: Task, seconds: dict[str, float]) -> Task:
    def function(k: int, state: Any, *inputs: Any) -> Any:
        began = time.perf_counter()
        result = task.function(k, state, *inputs)
        seconds[task.name] = seconds.get(task.name, 0.0) + time.perf_counter() - began
        return result

    return task._replace(function=function)


def _share(net: Network, made: Explanation, seconds: Mapping[str, float]) -> None:
    rows = {row.name: row for row in made.rows}
    for part in net.structure().parts:
        if not part.block:
            rows[part.order[0]].seconds = seconds.get(part.order[0], 0.0)
            continue
        total = seconds.get(" -> ".join([*part.order, part.order[0]]), 0.0)
        weight = sum(rows[name].operations for name in part.order)
        for name in part.order:
            rows[name].seconds = total * rows[name].operations / weight


@contextmanager
def _put_back(net: Network) -> Iterator[None]:
    """Plain layers are put back though the run ends well: a profile changes nothing."""
    plain = [(one, content(one)) for one in net.layers.values() if not isinstance(one, ArrayLayer)]
    yield
    put_back(plain)


def _bytes(count: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


def _aligned(table: list[list[str]]) -> list[str]:
    wide = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, wide, strict=True)).rstrip() for row in table]


__all__ = ["Explanation", "Row", "Way", "explain", "profile"]
