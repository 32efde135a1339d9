"""Windows of batches, unrolled to keys of a cluster, from states in the caller to states in the caller."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import ClusterError
from ...tasks import Template
from ..serial import TaskFailed
from .cluster import AGAIN, Watch, let_go
from .segments import Failure, Made, Segment, cut, run_blocks
from .travel import packed, unpack
from .worker import Parcel, advance, frozen, parcel

if TYPE_CHECKING:
    from distributed import Client, Future

FIRST = 2  # batches of the first window, of one block each: they measure what a block takes
WINDOW = 32  # batches of every other one
GRAIN = 0.1  # seconds that a batch of the slowest segment should take: a hundred times the cost of a key
LEAST = 0.01  # seconds below which a batch is not cut further to keep more workers busy
PIECE = 2**22  # bytes of a message to the scheduler, which is busy while it reads one
BYTES = 2**26  # of blocks that all batches in flight may hold


@dataclass(slots=True)
class Pace:
    """What a window has measured: seconds of the slowest segment and bytes of all blocks, for one block."""

    seconds: float = float("inf")
    size: float = 0.0

    def see(self, parcels: Sequence[Parcel], count: int) -> None:
        """Take in the reports of all segments about a batch of ``count`` blocks."""
        self.seconds = min(self.seconds, max((one.seconds for one in parcels), default=0.0) / count)
        self.size = max(self.size, sum(one.size for one in parcels) / count)

    def batch(self, before: int, left: int, segments: int, ahead: int) -> int:
        """How many blocks the next batches have: worth their keys, within memory, enough batches for every worker."""
        seconds = max(self.seconds, 1e-7)
        fair = max(left / (2 * segments), LEAST / seconds)
        memory = BYTES / (ahead * max(self.size, 1.0))
        return max(1, int(min(GRAIN / seconds, fair, memory, 16 * before)))


class Run:
    """A template cut into segments, whose functions have been sent to the workers once."""

    def __init__(
        self, client: Client, template: Template, states: list[Any], blocks: int, after: Callable[[int], None] | None,
        expected: Mapping[str, str] | None, patience: float,
    ) -> None:  # fmt: skip
        self.client: Client = client
        self.template: Template = template
        self.states: list[Any] = states
        self.blocks: int = blocks
        self.after: Callable[[int], None] | None = after
        self.expected: Mapping[str, str] | None = expected
        self.watch: Watch = Watch(client, patience)
        threads: Any = client.nthreads()
        self.segments: list[Segment] = cut(template, 2 * max(1, sum(threads.values())))
        self.remote: list[int] = [s for s, one in enumerate(self.segments) if not one.local]
        self.ahead: int = len(self.remote) + 2
        self.token: str = uuid.uuid4().hex
        home = {i: s for s, one in enumerate(self.segments) for i in one.numbers}
        self.sources: list[dict[int, tuple[int, ...]]] = [_by_home(one.reads, home) for one in self.segments]
        self.names: list[tuple[str, ...]] = [
            tuple(dict.fromkeys(template[i].name for i in one.numbers)) for one in self.segments
        ]
        self.now: list[Made] = [Made({i: states[i] for i in one.numbers}) for one in self.segments]

    def go(self) -> None:
        """Run all windows, and replace the states."""
        functions = {s: self.send(s, f"functions-{s}", self._checked(s)) for s in self.remote}
        try:
            first, batch, batches = 0, 1, FIRST
            while first < self.blocks:
                stop = min(self.blocks, first + batch * batches)
                pace = Window(self, functions, first, stop, batch).go()
                batch = pace.batch(batch, self.blocks - stop, len(self.remote), self.ahead)
                first, batches = stop, WINDOW
        finally:
            let_go(functions.values())
        for made in self.now:
            for i, state in made.states.items():
                self.states[i] = state

    def _checked(self, s: int) -> Segment:
        """A segment that can travel."""
        for step in self.segments[s].steps:
            try:
                packed(step)
            except Exception as error:
                name = self.template[step.number].name
                raise ClusterError(
                    f"{name} cannot be sent to a worker: {type(error).__name__}: {error}", layers=(name,),
                    hint="keep open files, locks and the like out of a layer, or leave them out in __getstate__",
                ) from error  # fmt: skip
        return self.segments[s]

    def submit(self, s: int, what: str, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """A key of its own for a call: two calls are never taken for one."""
        names = self.names[s]
        key = f"{names[0]}-{self.token}-{what}"
        self.watch.names[key] = names
        try:
            return self.client.submit(function, *args, key=key, pure=False)
        except Exception as error:
            raise ClusterError(f"the scheduler is lost: {error}", layers=names, hint=AGAIN) from error

    def send(self, s: int, what: str, value: Any) -> Future[Any]:
        """Something of the caller for a segment. The scheduler keeps it, so that no loss of a worker loses it."""
        content = packed(value)
        if len(content) <= PIECE:
            return self.submit(s, what, unpack, content)
        cuts = range(0, len(content), PIECE)
        pieces = [self.submit(s, f"{what}-{low}", bytes, content[low : low + PIECE]) for low in cuts]
        return self.submit(s, what, unpack, *pieces)


class Window:
    """The batches of blocks ``first`` to ``stop - 1``."""

    def __init__(self, run: Run, functions: Mapping[int, Future[Any]], first: int, stop: int, batch: int) -> None:
        self.run: Run = run
        self.functions: Mapping[int, Future[Any]] = functions
        self.spans: list[tuple[int, int]] = [(k, min(batch, stop - k)) for k in range(first, stop, batch)]
        self.tails: dict[int, Future[Any]] = {}
        self.flights: dict[int, _Flight] = {}
        self.pace: Pace = Pace()

    def go(self) -> Pace:
        """Run them; the run's states are those after the last block."""
        run = self.run
        try:
            self.tails = {s: run.send(s, f"start-{s}-{self.spans[0][0]}", run.now[s]) for s in run.remote}
            submitted = 0
            for b in range(len(self.spans)):
                while submitted < min(len(self.spans), b + run.ahead):
                    self._launch(submitted)
                    submitted += 1
                self._land(b)
        finally:
            let_go((*self.tails.values(), *self._waiting()))
        return self.pace

    def _waiting(self) -> Iterable[Future[Any]]:
        return (one for flight in self.flights.values() for one in (*flight.reports.values(), *flight.parcels.values()))

    # ------------------------------------------------------------------ there

    def _launch(self, b: int) -> None:
        """Start a batch: what needs nobody runs here at once, the first level of remote segments is submitted."""
        self.flights[b] = _Flight(*self.spans[b])
        self._run_local(b, -1)
        self._submit(b, 0)

    def _submit(self, b: int, level: int) -> None:
        for s in self.run.remote:
            if self.run.segments[s].level == level:
                self._submit_segment(b, s)

    def _submit_segment(self, b: int, s: int) -> None:
        run, flight = self.run, self.flights[b]
        given = [self._given(b, sender, s, tasks) for sender, tasks in run.sources[s].items()]
        made = run.submit(
            s, f"{s}-{flight.first}", advance,
            self.functions[s], run.expected, self.tails[s], flight.first, flight.count, *given,
        )  # fmt: skip
        self.tails[s] = made
        wanted: set[int] = set()
        for reader, sources in enumerate(run.sources):
            if s not in sources:
                continue
            if run.segments[reader].local:
                wanted.update(sources[s])
            else:
                name = f"parcel-{s}-{reader}-{flight.first}"
                flight.parcels[s, reader] = run.submit(s, name, parcel, made, sources[s])
        name, ends = f"report-{s}-{flight.first}", b == len(self.spans) - 1
        flight.reports[s] = run.submit(s, name, parcel, made, tuple(sorted(wanted)), ends)

    def _given(self, b: int, sender: int, reader: int, tasks: tuple[int, ...]) -> Future[Any]:
        """The parcel of a segment: of a remote one it is on a worker, of a local one it is sent now."""
        flight = self.flights[b]
        if not self.run.segments[sender].local:
            return flight.parcels.pop((sender, reader))
        blocks = Parcel({i: flight.here[i] for i in tasks})
        return self.run.send(reader, f"parcel-{sender}-{reader}-{flight.first}", blocks)

    # ------------------------------------------------------------------ and back

    def _land(self, b: int) -> None:
        """Wait for a batch, level by level, and run the local tasks on what it has made."""
        flight, run = self.flights[b], self.run
        last = max(one.level for one in run.segments)
        reports: list[Parcel] = []
        for level in range(last + 1):
            waiting = [s for s in flight.reports if run.segments[s].level == level]
            found = run.watch.results([flight.reports[s] for s in waiting])
            for s, report in zip(waiting, found, strict=True):
                del flight.reports[s]
                flight.here.update((i, frozen(blocks)) for i, blocks in report.blocks.items())
                flight.note(report.failure)
                if report.states is not None:
                    run.now[s] = Made(dict(report.states))
            reports += found
            if level < last:
                self._run_local(b, level)
                self._submit(b, level + 1)
        self.pace.see(reports, flight.count)
        self._finish(b, last)
        del self.flights[b]

    def _local(self, level: int) -> int | None:
        segments = self.run.segments
        return next((s for s, one in enumerate(segments) if one.local and one.level == level), None)

    def _run_local(self, b: int, level: int) -> None:
        s, flight = self._local(level), self.flights[b]
        if s is None:
            return
        segment, before = self.run.segments[s], self.run.now[s]
        if before.short:
            flight.here.update((i, []) for i in segment.exports)
            return
        given = {i: flight.here[i] for i in segment.reads}
        made = run_blocks(segment, before.states, flight.first, flight.count, given)
        self.run.now[s] = made
        flight.here.update(frozen(made.blocks))
        flight.note(made.failure)

    def _finish(self, b: int, level: int) -> None:
        """The last local tasks go block by block, each followed by the caller's own function."""
        flight, s, run = self.flights[b], self._local(level), self.run
        for n in range(flight.count):
            k = flight.first + n
            if s is not None:
                segment = run.segments[s]
                given = {i: flight.here[i][n : n + 1] for i in segment.reads}
                made = run_blocks(segment, run.now[s].states, k, 1, given)
                flight.note(made.failure)
            if flight.failure is not None and flight.failure.block <= k:
                _fail(flight.failure, run.template)
            if run.after is not None:
                run.after(k)


@dataclass(slots=True)
class _Flight:
    """A batch under way: reports of remote segments to come, their parcels by sender and reader, blocks that are here,
    the least failure seen.
    """

    first: int
    count: int
    reports: dict[int, Future[Any]] = field(default_factory=dict)
    parcels: dict[tuple[int, int], Future[Any]] = field(default_factory=dict)
    here: dict[int, list[Any]] = field(default_factory=dict)
    failure: Failure | None = None

    def note(self, failure: Failure | None) -> None:
        """A failure counts if a serial run would meet it first."""
        if failure is None:
            return
        known = self.failure
        if known is None or (failure.block, failure.task) < (known.block, known.task):
            self.failure = failure


def _fail(failure: Failure, template: Template) -> None:
    error = failure.error
    if not isinstance(error, Exception):  # an interrupt is nobody's failure
        raise error
    raise TaskFailed(template[failure.task].name, failure.block) from error


def _by_home(reads: Iterable[int], home: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[int]] = {}
    for i in sorted(reads):
        found.setdefault(home[i], []).append(i)
    return {s: tuple(tasks) for s, tasks in found.items()}
