"""A network and a schedule become stages, each a template of tasks that takes the block number.

A plain Layer takes the whole run at once, so it starts a stage: what feeds it runs over all blocks first and is
gathered. Without one there is a single stage and nothing is gathered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ..collecting import at_rest
from ..layer import State
from ..network import Network
from ..span import Arena
from ..structure import Part
from ..tasks import Task
from ..timeseries import TimeSeries, TSEvent
from .builder import Builder
from .copying import copied
from .grid import Grid, Schedule
from .joints import Source
from .making import Making
from .store import Keep, Kept, Store
from .stretch import Stretch
from .wanted import Key, Wanted
from .whole import Evolve

RESTING = 2**25  # bytes of buffers that a plan may hold between two runs


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
    """The stages of a run, what keeps its records, its inputs, and what a Making notes of states and grids."""

    schedule: Schedule
    stages: list[Stage]
    stores: dict[str, Kept]
    sources: dict[tuple[str, Fraction], Source]
    places: list[tuple[str, Builder, int]]
    homes: list[Callable[[dict[str, State], dict[Key, State]], None]]
    begins: list[Callable[[], None]]
    grids: Collection[Grid]
    buffers: Sequence[Arena | Stretch]

    def collect(self) -> tuple[dict[str, State], dict[Key, State]]:
        """The states and lines that the run ended with."""
        states: dict[str, State] = {
            name: copied(build.states[task]) if task in build.fixed else build.states[task]
            for name, build, task in self.places
        }
        lines: dict[Key, State] = {}
        for take in self.homes:
            take(states, lines)
        return states, lines

    def rest(self) -> None:
        """Let go of what one run alone needed: its inputs, its records, large buffers."""
        for source in self.sources.values():
            source.series = None
        for store in self.stores.values():
            store.renew()
        for one in self.buffers:
            if isinstance(one, Stretch):
                one.outs = {}
        if sum(one.nbytes for one in self.buffers) > RESTING:
            for one in self.buffers:
                one.empty()

    def renew(self, net: Network, schedule: Schedule, given: Mapping[str, TimeSeries | None]) -> None:
        """Stand at the beginning of another run of as many steps: of its own network, which has not changed since."""
        mine = self.schedule
        mine.now, mine.total, mine.base = schedule.now, schedule.total, 0
        for grid in self.grids:
            grid.renew()
        for (name, _), source in self.sources.items():
            source.series = given[name]
        for store in self.stores.values():
            store.renew()
        for name, build, task in self.places:
            if task in build.fixed:
                for variable, array in build.states[task].items():
                    array[...] = net.states[name][variable]
            else:
                build.states[task] = copied(net.states[name])
        for begin in self.begins:
            begin()


def compile_plan(
    net: Network,
    schedule: Schedule,
    given: Mapping[str, TimeSeries | None],
    wanted: Wanted,
    *,
    trial: int = 0,
    keep: Callable[[Grid, int, bool, int], Kept] = Store,
    depth: int = 1,
    weigh: bool = False,
    stretches: bool = False,
) -> Plan:
    """Make the plan. The network has been checked; states are copied, so that running it changes nothing.

    ``keep`` makes what records a signal: a ``Store`` of the whole run, or a ``Window`` on its last block. ``depth``
    is how many blocks a backend may have under way at once; ``weigh`` estimates each layer's cost, for a backend that
    divides the work. With ``stretches`` small layers that follow each other are one piece of work, which nobody can
    look into.
    """
    with at_rest():
        return _Compiler(Making(net, schedule, given, wanted, trial, keep, weigh), depth, stretches).plan()


class _Compiler:
    """Cuts the network into stages, each a template that a Making fills."""

    def __init__(self, make: Making, depth: int, stretches: bool) -> None:
        self.make, self.depth, self.stretches = make, depth, stretches
        self.net, self.layers = make.net, make.layers
        self.stage_of: dict[str, int] = {}
        self.buffers: list[Arena | Stretch] = []

    def plan(self) -> Plan:
        parts = self.net.structure().parts
        if any(self.make.whole(layer) for layer in self.layers.values()):
            for part in parts:
                self._set_stage(part)
        else:
            self.stage_of = dict.fromkeys(self.layers, 0)
        if max(self.stage_of.values(), default=0) > 0:
            self._gather()
        stages = [self._stage(number, parts) for number in range(max(self.stage_of.values(), default=0) + 1)]
        self.make.stores.update(self.make.keys)
        make = self.make
        return Plan(
            make.schedule, stages, make.stores, make.sources, make.places, make.homes, make.begins,
            make.grids.values(), self.buffers,
        )  # fmt: skip

    def _set_stage(self, part: Part) -> None:
        before = [
            self.stage_of[one.pre]
            for name in part.order
            for one in self.net.paths_into(name)
            if one.pre in self.stage_of and one.pre not in part.order
        ]
        stage = max(before, default=0)
        if self.make.whole(self.layers[part.order[0]]):
            stage += 1
        self.stage_of.update(dict.fromkeys(part.order, stage))

    def _gather(self) -> None:
        """Keep whole what one stage gives to a later one, and what plain layers give."""
        for post in self.layers:
            for one in self.net.paths_into(post):
                name = one.pre
                if name not in self.layers or name in self.make.gathered:
                    continue
                if self.stage_of[name] < self.stage_of[post] or self.make.whole(self.layers[name]):
                    kept = self.make.keys.get(name)
                    if not isinstance(kept, Store) or kept.every != 1:
                        kept = Store(self.make.grid(name), *self.make.form(name))
                    self.make.gathered[name] = kept

    def _stage(self, number: int, parts: Sequence[Part]) -> Stage:
        here = [part for part in parts if self.stage_of[part.order[0]] == number]
        feed, main, stage = Builder(), Builder(), Stage()
        for part in here:
            layer = self.layers[part.order[0]]
            if self.make.whole(layer):
                self._plain(stage, feed, part.order[0])
        for part in here:
            if part.block:
                self.make.loop(main, part)
            elif not self.make.whole(self.layers[part.order[0]]):
                self.make.layer(main, part.order[0])
        stage.feed, stage.feed_states = feed.template(self.depth), feed.states
        stage.template, stage.states = main.template(self.depth, self.stretches), main.states
        self.buffers += [*feed.arenas, *main.arenas, *main.stretches]
        return stage

    def _plain(self, stage: Stage, feed: Builder, name: str) -> None:
        layer, grid = self.layers[name], self.make.grid(name)
        store = None
        source = self.make.assembled(feed, name)
        if source is not None:
            store = Store(grid, layer.size_in, layer.input_type is TSEvent)
            feed.add(name, Keep(store), [source])
        stage.plain.append((Evolve(layer, name, grid, self.make.wanted.finite), store, self.make.stores_of(name)))
