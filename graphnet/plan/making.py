"""The tasks of layers and of loops, and of all that stands between them, added to a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from ..clock import exact
from ..cost import microseconds
from ..layer import ArrayLayer, Layer, State
from ..network import Network
from ..paths import Path
from ..structure import Input, Part
from ..timeseries import TimeSeries, TSEvent
from .advance import Advance
from .builder import Builder
from .copying import copied
from .grid import Grid, Schedule
from .joints import Carry, Join, Line, Source
from .loop import Loop, Pick
from .member import LONG, Inner, Member
from .several import Deal
from .store import Keep, Kept, Store
from .wanted import Key, Wanted
from .whole import Evolve, Whole


class Making:
    """Adds tasks to templates, and notes what keeps records, what reads inputs, and where states are found afterwards.

    ``places`` are the tasks whose state is that of one layer, ``homes`` take the states and lines of all others;
    ``begins`` give these the states that a run begins with, again for every run.
    ``gathered`` is what one stage keeps whole for a later one.
    """

    def __init__(
        self, net: Network, schedule: Schedule, given: Mapping[str, TimeSeries | None], wanted: Wanted, trial: int,
        keep: Callable[[Grid, int, bool, int], Kept], weigh: bool,
    ) -> None:  # fmt: skip
        self.net: Network = net
        self.schedule: Schedule = schedule
        self.given: Mapping[str, TimeSeries | None] = given
        self.wanted: Wanted = wanted
        self.trial: int = trial
        self.keep: Callable[[Grid, int, bool, int], Kept] = keep
        self.weigh: bool = weigh
        self.sources: dict[tuple[str, Fraction], Source] = {}
        self.layers: Mapping[str, Layer] = net.layers
        self.inputs: Mapping[str, Input] = net.inputs
        self.inlets: Mapping[str, Sequence[str]] = net.inlets
        self.grids: dict[Fraction, Grid] = {}
        steps = {layer.dt for layer in self.layers.values()}
        grids = {dt: self._grid(exact(dt)) for dt in steps}
        self.grid_of: dict[str, Grid] = {name: grids[layer.dt] for name, layer in self.layers.items()}
        self.forms: dict[str, tuple[int, bool]] = {
            name: (one.size_out, one.output_type is TSEvent) for name, one in self.layers.items()
        }
        self.stores: dict[str, Kept] = {}
        self.gathered: dict[str, Store] = {}
        self.places: list[tuple[str, Builder, int]] = []
        self.homes: list[Callable[[dict[str, State], dict[Key, State]], None]] = []
        self.begins: list[Callable[[], None]] = []
        self.sums: dict[tuple[int, int, bool], Join] = {}  # a join holds no state: one for all that add as much
        self.watched: dict[str, list[str]] = {}
        for _, name, variable, _ in wanted.variables:
            self.watched.setdefault(name, []).append(variable)
        self.keys: dict[str, Kept] = {
            name: self.keep(self.grid(name), *self.form(name), every)
            for name, every in wanted.signals
            if name in self.layers
        }

    def grid(self, name: str) -> Grid:
        return self.grid_of[name]

    def _grid(self, dt: Fraction) -> Grid:
        if dt not in self.grids:
            self.grids[dt] = self.schedule.grid(dt)
        return self.grids[dt]

    def form(self, name: str) -> tuple[int, bool]:
        return self.forms[name]

    def whole(self, layer: Layer) -> bool:
        return not layer.block_safe and not isinstance(layer, ArrayLayer)

    # ------------------------------------------------------------------ tasks

    def layer(self, build: Builder, name: str) -> None:
        """Add the task of a layer that advances over blocks, and of what is kept of it."""
        layer = self.layers[name]
        source = self.assembled(build, name)
        inputs = [] if source is None else [source]
        if isinstance(layer, ArrayLayer):
            advance = self._advance(layer, name)
            task = build.add(name, advance, inputs, copied(self.net.states[name]))
            if self.weigh:
                self._weigh(build, task, [advance])
            self.places.append((name, build, task))
            if advance.tap is not None:
                build.local.add(name)
            if name in self.watched:
                task = self._observed(build, advance, task)
            else:
                advance.record = self._written_to(name)
        else:
            task = build.add(name, Evolve(layer, name, self.grid(name), self.wanted.finite), inputs)
        build.made[name] = task
        if name in self.keys or name in self.gathered:
            self._keep(build, name, task)

    def _advance(self, layer: ArrayLayer, name: str, tiled: bool = True) -> Advance:
        watched: tuple[str, ...] = ()
        stepped: tuple[str, ...] = ()
        if name in self.watched:
            watched, stepped = _by_recording(layer, self.watched[name])
        return Advance(
            layer, name, self.grid_of[name], self.net.noise_source(name, layer.seed, self.trial), tiled=tiled,
            watched=watched, stepped=stepped, tap=self.wanted.taps.get(name), finite=self.wanted.finite,
        )  # fmt: skip

    def _observed(self, build: Builder, advance: Advance, task: int) -> int:
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

    def _written_to(self, name: str) -> Store | None:
        """The one record that a layer may write its blocks to itself."""
        found = self.stores_of(name)
        one = found[0] if len(found) == 1 else None
        return one if isinstance(one, Store) and one.every == 1 and not one.event else None

    def _weigh(self, build: Builder, task: int, advances: Sequence[Advance], calls: int = 1) -> None:
        build.costs[task] = sum(microseconds(one.layer, min(one.grid.block, one.grid.total), calls) for one in advances)

    def _keep(self, build: Builder, name: str, task: int) -> None:
        for store in self.stores_of(name):
            build.add(f"{name} (kept)", Keep(store), [task])

    def stores_of(self, name: str) -> list[Kept]:
        """What keeps the signal of a layer: its record, and what gathers it for a later stage."""
        if name not in self.keys and name not in self.gathered:
            return []
        found: list[Kept] = [one for one in (self.keys.get(name), self.gathered.get(name)) if one is not None]
        return found[:1] if len(found) == 2 and found[0] is found[1] else found

    def assembled(self, build: Builder, name: str) -> int | None:
        """The task whose block the layer reads, or None where nothing leads to it."""
        direct = self.net.direct(name)
        if direct is not None:
            grid, grids = self.grid_of[name], self.grid_of
            if all(grids.get(one, grid) is grid for one in direct):
                return self._added(build, name, [self._signal(build, one, grid) for one in direct])
        paths = self.net.paths_into(name)
        sources = [self._arriving(build, one) for one in paths]
        join = self._join(name, paths)
        if join is None:
            return sources[0] if sources else None
        return build.add(f"{name} (merge)", join, sources)

    def _added(self, build: Builder, name: str, sources: Sequence[int]) -> int | None:
        """The task that gives the sum of whole signals, or the only one of them."""
        if len(sources) < 2:
            return sources[0] if sources else None
        form = len(sources), self.layers[name].size_in, self.layers[name].input_type is TSEvent
        if form not in self.sums:
            self.sums[form] = Join([range(form[1])] * form[0], *form[1:])
        return build.add(f"{name} (merge)", self.sums[form], sources)

    def _join(self, name: str, paths: Sequence[Path]) -> Join | Deal | None:
        if name in self.inlets:
            return self._deal(self.inlets[name], paths)
        size = self.layers[name].size_in
        if not paths or (len(paths) == 1 and paths[0].place == range(size)):
            return None
        return Join([one.place for one in paths], size, self.layers[name].input_type is TSEvent)

    def _deal(self, inlets: Sequence[str], paths: Sequence[Path]) -> Deal:
        joins: dict[str, tuple[Sequence[int], Join]] = {}
        for inlet in inlets:
            mine = [i for i, path in enumerate(paths) if path.inlet == inlet]
            end = self.net.reads(inlet)
            join = Join([paths[i].place for i in mine], end.size, end.type is TSEvent)
            joins[inlet.rpartition(".")[2]] = mine, join
        return Deal(joins)

    def _arriving(self, build: Builder, path: Path) -> int:
        """The task whose block arrives over a path, on the grid of its post layer."""
        post, pre = self.grid_of[path.post], self.grid_of.get(path.pre) or self.grid_of[path.post]
        size, event = self._sent(path.pre)
        task = self._signal(build, path.pre, pre)
        if not path.delay and pre is post and path.picked == range(size):
            return task
        line = Line(size, event, pre.dt, post.dt, path.delay, _picked(path, size))
        made = build.add(str(path), Carry(line, pre, post), [task])

        def begin() -> None:
            build.states[made] = self._line_state(path, line)

        begin()
        self.begins.append(begin)
        if line.d:

            def take(states: dict[str, State], lines: dict[Key, State]) -> None:
                lines[path.key] = build.states[made]

            self.homes.append(take)
        return made

    def _sent(self, name: str) -> tuple[int, bool]:
        if name in self.forms:
            return self.forms[name]
        declared = self.inputs[name]
        return declared.size, declared.type is TSEvent

    def _signal(self, build: Builder, name: str, grid: Grid) -> int:
        if name in build.made:
            return build.made[name]
        key: tuple[str, Fraction | None] = (name, None if name in self.layers else grid.dt)
        if key not in build.made:
            build.made[key] = build.add(name, self._source(name, grid))
        return build.made[key]

    def _source(self, name: str, grid: Grid) -> Source | Whole:
        if name in self.layers:
            return Whole(self.gathered[name], grid)
        if (name, grid.dt) not in self.sources:
            self.sources[name, grid.dt] = Source(self.given[name], grid)
        return self.sources[name, grid.dt]

    def _line_state(self, path: Path, line: Line) -> State:
        kept = self.net.lines.get(path.key)
        return line.initial() if kept is None else copied(kept)

    # ------------------------------------------------------------------ loops

    def loop(self, build: Builder, part: Part) -> None:
        """Add the task of a loop, the tasks that pick its members' blocks, and of what is kept of them."""
        number = {name: i for i, name in enumerate(part.order)}
        grid = self._grid(part.step)
        inner = min(int(part.block / part.step), max(1, grid.total))
        outer: list[int] = []
        inside: list[tuple[Path, Line]] = []
        members: list[Member] = []
        for name in part.order:
            reads: list[int | Inner] = []
            for path in self.net.paths_into(name):
                if path.pre in number:
                    size, event = self.form(path.pre)
                    pre, post = self.grid(path.pre), self.grid(name)
                    line = Line(size, event, pre.dt, post.dt, path.delay, _picked(path, size))
                    reads.append(Inner(number[path.pre], number[name], line, len(inside)))
                    inside.append((path, line))
                else:
                    outer.append(self._arriving(build, path))
                    reads.append(len(outer) - 1)
            members.append(self._member(name, inner, grid, reads))
        label = " -> ".join([*part.order, part.order[0]])
        task = build.add(label, Loop(members, grid, inner), outer)
        if self.weigh:
            self._weigh(build, task, [one.advance for one in members], -(-grid.block // inner))
        if any(one.advance.tap is not None for one in members):
            build.local.add(label)
        self._loop_states(build, part, inside, task)
        for i, name in enumerate(part.order):
            build.made[name] = self._observed(build, members[i].advance, build.add(name, Pick(i), [task]))
            self._keep(build, name, build.made[name])

    def _member(self, name: str, inner: int, grid: Grid, reads: list[int | Inner]) -> Member:
        layer = self.layers[name]
        assert isinstance(layer, ArrayLayer)  # the structure refuses others in a loop
        steps = inner * int(grid.dt / exact(layer.dt))
        advance = self._advance(layer, name, tiled=steps >= LONG)
        return Member(advance, tuple(reads), self._join(name, self.net.paths_into(name)), layer.lag() >= steps)

    def _loop_states(self, build: Builder, part: Part, inside: Sequence[tuple[Path, Line]], task: int) -> None:
        def begin() -> None:
            mine = [copied(self.net.states[name]) for name in part.order]
            build.states[task] = mine, [self._line_state(path, line) for path, line in inside]

        def take(states: dict[str, State], lines: dict[Key, State]) -> None:
            mine, under_way = build.states[task]
            states.update(zip(part.order, mine, strict=True))
            lines.update((path.key, line) for (path, _), line in zip(inside, under_way, strict=True))

        begin()
        self.begins.append(begin)
        self.homes.append(take)


def _picked(path: Path, size: int) -> Sequence[int] | None:
    return None if path.picked == range(size) else path.picked


def _by_recording(layer: ArrayLayer, names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The variables that a layer records itself, and those for which it runs step by step."""
    variables = dict.fromkeys(names)
    own = tuple(one for one in variables if one in layer.recordable)
    return own, tuple(one for one in variables if one not in own)
