"""A network and a schedule become stages, each a template of tasks that takes the block number.

A plain Layer takes the whole run at once, so it starts a stage: what feeds it runs over all blocks first and is
gathered. Without one there is a single stage and nothing is gathered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ..clock import exact
from ..edge import Edge
from ..layer import ArrayLayer, Layer, State
from ..network import Network
from ..span import Arena
from ..structure import Part
from ..tasks import Task
from ..timeseries import TimeSeries, TSEvent
from .advance import Advance, Tap
from .grid import Grid, Schedule
from .joints import Carry, Join, Line, Source
from .loop import Inner, Loop, Member, Pick
from .store import Keep, Kept, Store
from .whole import Evolve, Whole

LONG = 16  # steps: inner blocks of a loop from this length on use products in tiles


@dataclass(slots=True)
class Stage:
    """Plain layers that take the whole run, what feeds them, and the template that runs after them."""

    feed: list[Task] = field(default_factory=list)
    feed_states: list[Any] = field(default_factory=list)
    plain: list[tuple[Evolve, Store | None, list[Kept]]] = field(default_factory=list)
    template: list[Task] = field(default_factory=list)
    states: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """The stages of a run, what keeps its records, its inputs, and where each committed state is found afterwards."""

    schedule: Schedule
    stages: list[Stage]
    stores: dict[str, Kept]
    sources: dict[tuple[str, Fraction], Source]
    homes: list[Callable[[dict[str, State], dict[int, State]], None]]

    def collect(self) -> tuple[dict[str, State], dict[int, State]]:
        """The states and lines that the run ended with."""
        states: dict[str, State] = {}
        lines: dict[int, State] = {}
        for take in self.homes:
            take(states, lines)
        return states, lines


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run records: signals and variables, with the steps of which each keeps one; and who is shown inputs.

    A signal is (name, every), a variable (key, layer, variable, every). ``finite`` looks for NaN and infinity in every
    block that a layer gives.
    """

    signals: Sequence[tuple[str, int]] = ()
    variables: Sequence[tuple[str, str, str, int]] = ()
    taps: Mapping[str, Tap] = field(default_factory=dict)
    finite: bool = False


def compile_plan(
    net: Network,
    schedule: Schedule,
    given: Mapping[str, TimeSeries | None],
    wanted: Wanted,
    *,
    trial: int = 0,
    keep: Callable[[Grid, int, bool, int], Kept] = Store,
    depth: int = 1,
) -> Plan:
    """Make the plan. The network has been checked; states are copied, so that running it changes nothing.

    ``keep`` makes what records a signal: a ``Store`` of the whole run, or a ``Window`` on its last block. ``depth``
    is how many blocks a backend may have under way at once.
    """
    return _Compiler(net, schedule, given, wanted, trial, keep, depth).plan()


class _Builder:
    """One template in the making: tasks, their states, and which task gives which signal."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, Any, tuple[int, ...]]] = []
        self.states: list[Any] = []
        self.made: dict[Any, int] = {}
        self.local: set[str] = set()
        self.costs: dict[int, float] = {}

    def add(self, name: str, function: Any, inputs: Sequence[int] = (), state: Any = None) -> int:
        self.entries.append((name, function, tuple(inputs)))
        self.states.append(state)
        return len(self.entries) - 1

    def template(self, depth: int) -> list[Task]:
        """The tasks; ``depth`` blocks may be under way at once, each with buffers of its own."""
        last = list(range(len(self.entries)))
        for i, (_, _, inputs) in enumerate(self.entries):
            for j in inputs:
                last[j] = i
        self._share_arenas(last, depth)
        return [
            Task(
                name,
                function,
                inputs,
                last[i],
                local=isinstance(function, Keep | Evolve) or name in self.local,
                cost=self.costs.get(i, 1.0),
            )
            for i, (name, function, inputs) in enumerate(self.entries)
        ]

    def _share_arenas(self, last: list[int], depth: int) -> None:
        """Give layers of one form the same buffers where the tasks run in order and their blocks never live
        together."""
        free: dict[Any, list[list[Arena]]] = {}
        ends: dict[int, list[tuple[Any, list[Arena]]]] = {}
        for i, (_, function, _) in enumerate(self.entries):
            if isinstance(function, Advance) and not function.observed:  # a picked block outlives its task's readers
                form = _form(function)
                spare = free.get(form)
                arenas = spare.pop() if spare and depth == 1 else [Arena() for _ in range(depth)]
                function.arenas = arenas
                ends.setdefault(last[i], []).append((form, arenas))
            for form, arenas in ends.pop(i, ()):
                free.setdefault(form, []).append(arenas)


def _form(advance: Advance) -> Any:
    layer = advance.layer
    return type(layer), layer.dtype, layer.size_in, layer.size, layer.size_out, advance.grid.block


class _Compiler:
    def __init__(
        self, net: Network, schedule: Schedule, given: Mapping[str, TimeSeries | None], wanted: Wanted, trial: int,
        keep: Callable[[Grid, int, bool, int], Kept], depth: int,
    ) -> None:  # fmt: skip
        self.net, self.schedule, self.given, self.wanted, self.trial = net, schedule, given, wanted, trial
        self.keep, self.depth = keep, depth
        self.sources: dict[tuple[str, Fraction], Source] = {}
        self.layers = net.layers
        self.stage_of: dict[str, int] = {}
        self.stores: dict[str, Kept] = {}
        self.gathered: dict[str, Store] = {}
        self.homes: list[Callable[[dict[str, State], dict[int, State]], None]] = []
        self.keys = {
            name: self.keep(self.grid(name), *self.form(name), every)
            for name, every in wanted.signals
            if name in self.layers
        }

    # ------------------------------------------------------------------ facts

    def grid(self, name: str) -> Grid:
        return self.schedule.grid(exact(self.layers[name].dt))

    def form(self, name: str) -> tuple[int, bool]:
        layer = self.layers[name]
        return layer.size_out, layer.output_type is TSEvent

    def whole(self, layer: Layer) -> bool:
        return not isinstance(layer, ArrayLayer) and not layer.block_safe

    # ------------------------------------------------------------------ stages

    def plan(self) -> Plan:
        parts = self.net.structure().parts
        for part in parts:
            self._set_stage(part)
        crossing = {
            one.pre
            for one in self.net.edges
            if one.pre in self.layers
            and (self.stage_of[one.pre] < self.stage_of[one.post] or self.whole(self.layers[one.pre]))
        }
        for name in crossing:
            kept = self.keys.get(name)
            self.gathered[name] = (
                kept if isinstance(kept, Store) and kept.every == 1 else Store(self.grid(name), *self.form(name))
            )
        stages = [self._stage(number, parts) for number in range(max(self.stage_of.values(), default=0) + 1)]
        self.stores.update(self.keys)
        return Plan(self.schedule, stages, self.stores, self.sources, self.homes)

    def _set_stage(self, part: Part) -> None:
        before = [
            self.stage_of[one.pre]
            for name in part.order
            for one in self.net.edges_into(name)
            if one.pre in self.layers and one.pre not in part.order
        ]
        stage = max(before, default=0)
        if self.whole(self.layers[part.order[0]]):
            stage += 1
        self.stage_of.update(dict.fromkeys(part.order, stage))

    def _stage(self, number: int, parts: Sequence[Part]) -> Stage:
        here = [part for part in parts if self.stage_of[part.order[0]] == number]
        feed, main, stage = _Builder(), _Builder(), Stage()
        for part in here:
            layer = self.layers[part.order[0]]
            if self.whole(layer):
                self._plain(stage, feed, part.order[0])
        for part in here:
            if part.block:
                self._loop(main, part)
            elif not self.whole(self.layers[part.order[0]]):
                self._layer(main, part.order[0])
        stage.feed, stage.feed_states = feed.template(self.depth), feed.states
        stage.template, stage.states = main.template(self.depth), main.states
        return stage

    def _plain(self, stage: Stage, feed: _Builder, name: str) -> None:
        layer, grid = self.layers[name], self.grid(name)
        store = None
        source = self._assembled(feed, name)
        if source is not None:
            store = Store(grid, layer.size_in, layer.input_type is TSEvent)
            feed.add(name, Keep(store), [source])
        stage.plain.append((Evolve(layer, name, grid), store, self._stores_of(name)))

    # ------------------------------------------------------------------ tasks

    def _layer(self, build: _Builder, name: str) -> None:
        layer = self.layers[name]
        source = self._assembled(build, name)
        inputs = [] if source is None else [source]
        if isinstance(layer, ArrayLayer):
            advance = self._advance(layer, name)
            task = build.add(name, advance, inputs, _copied(self.net.states[name]))
            self._take_state(build, task, name)
            if advance.tap is not None:
                build.local.add(name)
            task = self._observed(build, advance, task)
        else:
            task = build.add(name, Evolve(layer, name, self.grid(name)), inputs)
        build.made[name] = task
        self._keep(build, name, task)

    def _advance(self, layer: ArrayLayer, name: str, tiled: bool = True) -> Advance:
        key = self.net.noise_key(name, layer.seed, self.trial)
        variables = list(dict.fromkeys(one[2] for one in self.wanted.variables if one[1] == name))
        return Advance(
            layer, name, self.grid(name), key, tiled=tiled,
            watched=[one for one in variables if one in layer.recordable],
            stepped=[one for one in variables if one not in layer.recordable],
            tap=self.wanted.taps.get(name), finite=self.wanted.finite,
        )  # fmt: skip

    def _observed(self, build: _Builder, advance: Advance, task: int) -> int:
        """Keep the variables that follow a layer's block; gives the task of the block itself."""
        if not advance.observed:
            return task
        for key, owner, variable, every in self.wanted.variables:
            if owner == advance.path:
                size = self.net.states[owner][variable].size
                self.stores[key] = self.keep(advance.grid, size, False, every)
                picked = build.add(key, Pick(1 + advance.observed.index(variable)), [task])
                build.add(f"{key} (kept)", Keep(self.stores[key]), [picked])
        return build.add(advance.path, Pick(0), [task])

    def _take_state(self, build: _Builder, task: int, name: str) -> None:
        def take(states: dict[str, State], lines: dict[int, State]) -> None:
            states[name] = build.states[task]

        self.homes.append(take)

    def _keep(self, build: _Builder, name: str, task: int) -> None:
        for store in self._stores_of(name):
            build.add(f"{name} (kept)", Keep(store), [task])

    def _stores_of(self, name: str) -> list[Kept]:
        found: list[Kept] = [one for one in (self.keys.get(name), self.gathered.get(name)) if one is not None]
        return found[:1] if len(found) == 2 and found[0] is found[1] else found

    def _assembled(self, build: _Builder, name: str) -> int | None:
        """The task whose block the layer reads, or None where nothing leads to it."""
        edges = self.net.edges_into(name)
        sources = [self._arriving(build, one) for one in edges]
        join = self._join(name, edges)
        if join is None:
            return sources[0] if sources else None
        return build.add(f"{name} (merge)", join, sources)

    def _join(self, name: str, edges: Sequence[Edge]) -> Join | None:
        layer = self.layers[name]
        if not edges:
            return None
        places = self.net.places(name)
        if len(edges) == 1 and places[0] == tuple(range(layer.size_in)):
            return None
        return Join(places, layer.size_in, layer.input_type is TSEvent)

    def _arriving(self, build: _Builder, edge: Edge) -> int:
        """The task whose block arrives over an edge, on the grid of its post layer."""
        line, pre = self._line(edge), self._sending(edge)
        task = self._signal(build, edge, pre)
        if line.is_plain:
            return task
        made = build.add(str(edge), Carry(line, pre, self.grid(edge.post)), [task], self._line_state(edge))
        if line.d:

            def take(states: dict[str, State], lines: dict[int, State]) -> None:
                lines[edge.number] = build.states[made]

            self.homes.append(take)
        return made

    def _sending(self, edge: Edge) -> Grid:
        return self.grid(edge.pre) if edge.pre in self.layers else self.grid(edge.post)

    def _line(self, edge: Edge) -> Line:
        if edge.pre in self.layers:
            size, event = self.form(edge.pre)
        else:
            declared = self.net.inputs[edge.pre]
            size, event = declared.size, declared.type is TSEvent
        return Line(size, event, self._sending(edge).dt, self.grid(edge.post).dt, edge.delay, edge.pre_channels)

    def _signal(self, build: _Builder, edge: Edge, grid: Grid) -> int:
        if edge.pre in build.made:
            return build.made[edge.pre]
        key: tuple[str, Fraction | None] = (edge.pre, None if edge.pre in self.layers else grid.dt)
        if key not in build.made:
            build.made[key] = build.add(edge.pre, self._source(edge.pre, grid))
        return build.made[key]

    def _source(self, name: str, grid: Grid) -> Source | Whole:
        if name in self.layers:
            return Whole(self.gathered[name], grid)
        if (name, grid.dt) not in self.sources:
            self.sources[name, grid.dt] = Source(self.given[name], grid)
        return self.sources[name, grid.dt]

    # ------------------------------------------------------------------ loops

    def _loop(self, build: _Builder, part: Part) -> None:
        number = {name: i for i, name in enumerate(part.order)}
        grid = self.schedule.grid(part.step)
        inner = min(int(part.block / part.step), grid.total)
        outer: list[int] = []
        inners: list[Inner] = []
        reads: list[list[int | Inner]] = []
        for i, name in enumerate(part.order):
            reads.append([])
            for edge in self.net.edges_into(name):
                if edge.pre in number:
                    one = Inner(number[edge.pre], i, self._line(edge), len(inners))
                    inners.append(one)
                    reads[i].append(one)
                else:
                    outer.append(self._arriving(build, edge))
                    reads[i].append(len(outer) - 1)
        members = [self._member(name, inner, grid, reads[i]) for i, name in enumerate(part.order)]
        state = (
            [_copied(self.net.states[name]) for name in part.order],
            [self._line_state(edge) for edge in self._inner_edges(part)],
        )
        label = " -> ".join([*part.order, part.order[0]])
        task = build.add(label, Loop(members, grid, inner), outer, state)
        if any(one.advance.tap is not None for one in members):
            build.local.add(label)
        self._loop_states(build, part, task)
        for i, name in enumerate(part.order):
            build.made[name] = self._observed(build, members[i].advance, build.add(name, Pick(i), [task]))
            self._keep(build, name, build.made[name])

    def _inner_edges(self, part: Part) -> list[Edge]:
        return [edge for name in part.order for edge in self.net.edges_into(name) if edge.pre in part.order]

    def _member(self, name: str, inner: int, grid: Grid, reads: list[int | Inner]) -> Member:
        layer = self.layers[name]
        assert isinstance(layer, ArrayLayer)  # the structure refuses others in a loop
        steps = inner * int(grid.dt / exact(layer.dt))
        advance = self._advance(layer, name, tiled=steps >= LONG)
        return Member(advance, tuple(reads), self._join(name, self.net.edges_into(name)))

    def _line_state(self, edge: Edge) -> State:
        kept = self.net.lines.get(edge.number)
        return self._line(edge).initial() if kept is None else _copied(kept)

    def _loop_states(self, build: _Builder, part: Part, task: int) -> None:
        edges = self._inner_edges(part)

        def take(states: dict[str, State], lines: dict[int, State]) -> None:
            mine, under_way = build.states[task]
            states.update(zip(part.order, mine, strict=True))
            lines.update((edge.number, line) for edge, line in zip(edges, under_way, strict=True))

        self.homes.append(take)


def _copied(state: State) -> State:
    return {name: array.copy() for name, array in state.items()}
