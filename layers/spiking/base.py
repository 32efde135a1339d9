"""Spiking: what every model of spiking neurons has, its input, its recurrence with delays, and its spikes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    ArrayLayer,
    Events,
    Positive,
    SeriesType,
    Span,
    State,
    TimeSeries,
    TSContinuous,
    TSEvent,
    Unit,
    Weights,
    positional,
    steps_of,
)

from ..matrices import aligned
from .wires import Fixed, Part, input_rows, is_csr, read_only, sent_rows

T = TypeVar("T")
ByReceptor = T | Mapping[str, T]
"""One value, or one for each receptor by its name."""
Delays = Annotated[Positive[Weights], Unit("s")]

NO_EVENTS = Events(read_only(np.zeros(0, dtype=np.int64)), read_only(np.zeros(0, dtype=np.int32)))
LONG = 2**18  # neurons times steps of a block from which on it pays to lay out for vectors what each step reads
ROOM = 4096  # events written before the kernel hands them over, besides room for one whole step; more in a large block:
SHARE = 64  # one for so many neurons times steps


class Spiking(ArrayLayer, register=False):
    """What models of spiking neurons share; a model adds its equations.

    Input, continuous or events, comes through ``weights``, and the neurons' own spikes through ``weights_rec``,
    ``delay_rec`` after the step in which they were emitted. Each may be given by receptor, as
    ``{"exc": ..., "inh": ...}``: the layer then has one input for each name in ``weights``. What is under way to its
    step is part of the state: ``pending`` (longest delay, N x lanes), of which row ``place`` is the next to arrive.

    A model calls ``wire`` in ``prepare``, puts ``under_way`` into its ``initial`` state, and hands its kernel to
    ``scan`` in ``advance``; ``kernels`` has the parts of its step.
    """

    weights: ByReceptor[Weights] | None = positional()
    """Weights of the input; none for a layer that only its own spikes, bias and noise drive."""
    weights_rec: ByReceptor[Weights] | None = positional(default=None)
    """Weights of the neurons' own spikes, (N, N) dense or CSR, or a diagonal."""
    delay_rec: ByReceptor[Delays] | None = None
    """How long a spike is under way through ``weights_rec``, in whole steps; one step where none is given."""
    input_type: SeriesType = TSContinuous
    """The kind of the input: a signal, or events."""

    family: ClassVar[str] = "neurons"
    emits: ClassVar[type[TimeSeries]] = TSEvent

    # ------------------------------------------------------------------ sizes and names

    def sizes(self) -> tuple[int, int, int]:
        if self.value("weights") is not None:
            return super().sizes()
        given = self.value("weights_rec")
        self.must(given is not None, "weights", "may only be none where weights_rec are given")
        size = next(iter(_named(given).values())).shape[-1]
        return 0, size, size

    def ports(self) -> Mapping[str, int]:
        given = self.value("weights")
        return {name: one.shape[0] for name, one in given.items()} if isinstance(given, Mapping) else {}

    def receptors(self, of_all: Sequence[str] = (), of_input: Sequence[str] = ()) -> tuple[str, ...]:
        """The names of the receptors, ("",) where there is one without a name.

        ``of_all`` and ``of_input``: parameters with a value for each receptor, or for each that input leads to. One of
        ``of_all`` that has names gives their order. Refuses names that do not agree: ParameterError.
        """
        wired = {name: tuple(_named(self.value(name))) for name in ("weights", "weights_rec")}
        told = "; ".join(f"{name} has {_list(one)}" for name, one in wired.items() if one)
        mixed = len({one == ("",) for one in wired.values() if one}) > 1
        self.must(not mixed, "weights_rec", f"must name the receptors where weights do, and only there: {told}")
        found = tuple(dict.fromkeys(one for names in wired.values() for one in names))
        wanted = {name: found for name in of_all} | {name: wired["weights"] for name in of_input}
        for name, names in {**wanted, "delay_rec": wired["weights_rec"]}.items():
            given = self.value(name)
            if isinstance(given, Mapping):
                fits = set(given) == set(names) and names != ("",)
                self.must(fits, name, f"must name the receptors: it has {_list(tuple(given))}; {told}")
                found = tuple(given) if name in of_all else found
        return found

    def of_receptors(self, name: str, receptors: Sequence[str]) -> NDArray[np.float64]:
        """A parameter's values for each receptor and neuron, shape (R, N): its own, or one for all.

        A receptor that a mapping leaves out has 1.
        """
        given = self.value(name)
        rows = [given.get(one, 1.0) if isinstance(given, Mapping) else given for one in receptors]
        return np.stack([np.broadcast_to(np.asarray(one, dtype=np.float64), (self.size,)) for one in rows])

    # ------------------------------------------------------------------ wires

    def wire(self, receptors: Sequence[str], lanes: int = 1, scale: NDArray[np.float64] | None = None) -> None:
        """Bring weights and delays into the form that the kernels read; the last thing that ``prepare`` does.

        ``lanes``: the number of receptors where each has sums of its own, 1 where all add to the same. ``scale``: what
        the input weights of each receptor and neuron are multiplied by, shape (R, N).
        """
        number = {name: i for i, name in enumerate(receptors)}
        self._lanes, self._words = lanes, -(-self.size // 8)
        self._input = {
            name: Part(number[name], one if scale is None else _scaled(one, scale[number[name]].astype(self.dtype)))
            for name, one in _named(self.matrix("weights")).items()
        }
        self._event = self.input_type is TSEvent
        self._first = np.cumsum([0, *(one.matrix.shape[0] for one in self._input.values())])
        sent = [Part(number[name], one, steps) for name, one, steps in self._recurrent()]
        self.must(bool(sent) or self.value("delay_rec") is None, "delay_rec", "delays weights_rec, and there are none")
        learns, learns_sent = self.learning_wires(number, sent, lanes, scale)
        still = self._event and not learns
        incoming = input_rows(tuple(self._input.values()) if still else (), self.size, lanes, self.dtype)
        outgoing, delay, self._depth = sent_rows(() if learns_sent else sent, self.size, lanes, self.dtype)
        self._rows = Fixed([*incoming, delay, *outgoing])
        self._no_rows, self._no_noise = np.empty((0, 0, self.size), dtype=self.dtype), np.empty((0, self.size))
        now = self.initial()
        self._unwatched = tuple(np.empty((0, now[name].size), dtype=now[name].dtype) for name in self.recordable)

    def learning_wires(
        self, number: Mapping[str, int], sent: Sequence[Part], lanes: int, scale: NDArray[Any] | None
    ) -> tuple[bool, bool]:
        """Whether the weights of the input, and those in ``sent``, learn: a model that says so passes them on itself.

        ``number``: of each receptor.
        """
        return False, False

    def _recurrent(self) -> Iterator[tuple[str, Any, Any]]:
        """Receptor, matrix and delays of the recurrent weights."""
        for name, one in _named(self.matrix("weights_rec")).items():
            shape = np.shape(one)
            fits = shape in ((self.size, self.size), (self.size,))
            of = f"of {name!r} " if name else ""
            self.must(fits, "weights_rec", f"{of}must have shape ({self.size}, {self.size}), got {shape}")
            yield name, one, self._delay(name, one)

    def _delay(self, name: str, matrix: Any) -> Any:
        """The delays of one receptor in whole steps, in the form in which they are given."""
        given = self.value("delay_rec")
        given = given[name] if isinstance(given, Mapping) else given
        if given is None:
            return 1
        if isinstance(given, float):
            return int(self._whole_steps(np.array(given)))
        fits = np.shape(given) == np.shape(matrix) and is_csr(given) == is_csr(matrix)
        self.must(fits, "delay_rec", "must be a number, or have the form and the shape of weights_rec")
        if not is_csr(given):
            return self._whole_steps(given)
        same = np.array_equal(given.indptr, matrix.indptr) and np.array_equal(given.indices, matrix.indices)
        self.must(same, "delay_rec", "must have an entry wherever weights_rec has one, and only there")
        return type(given)((self._whole_steps(given.data), given.indices, given.indptr), shape=given.shape)

    def _whole_steps(self, times: NDArray[np.float64]) -> NDArray[np.int64]:
        below, above = steps_of(times, self.dt), -steps_of(-times, self.dt)
        wrong = np.atleast_1d((below != above) | (below < 1))
        if wrong.any():
            first, low = float(np.atleast_1d(times)[wrong][0]), int(np.atleast_1d(below)[wrong][0])
            near = " or ".join(f"{k * self.dt!r} s" for k in (low, low + 1) if k > 0)
            self.must(False, "delay_rec", f"must be whole steps of {self.dt!r} s, got {first!r} s; nearest: {near}")
        return below

    # ------------------------------------------------------------------ advancing

    def under_way(self, least: int = 1) -> State:
        """The variables of the state that hold what was sent and has not arrived; none without recurrence.

        ``least``: none either where nothing is under way for so many steps.
        """
        if self._depth < least:
            return {}
        pending = np.zeros((self._depth, self.size * self._lanes), dtype=self.dtype)
        return {"pending": pending, "place": np.zeros(1, dtype=np.int64)}

    def laid_out(self, state: State, span: Span) -> State:
        """The state, where the block is long with what each step goes through at whole cache lines.

        Vectors then cross none, which is worth a tenth. The next block finds it so.
        """
        if self.size * span.steps < LONG:
            return state
        return state | {name: aligned(state[name]) for name in (*self.recordable, "pending") if name in state}

    def _zeros(self, shape: tuple[int, ...], dtype: Any, span: Span) -> NDArray[Any]:
        made = np.zeros(shape, dtype=dtype)
        return made if self.size * span.steps < LONG else aligned(made)

    def trusts(self, state: State) -> bool:
        return "place" not in state or 0 <= int(state["place"][0]) < len(state["pending"])

    def scan(
        self, run: Callable[..., Any], state: State, block: Any, span: Span, own: Sequence[Any], sums: Any = None
    ) -> Events:
        """Run a model's kernel over a block, in pieces that the room for events holds: the events that it wrote.

        ``own``: what follows the arguments that all such kernels have, see ``lif.run``. Without ``pending`` in the
        state ``sums`` (1, N x lanes) stand in for it, a row of zeros where there are none.
        """
        pending, place = state.get("pending"), state.get("place")
        if pending is None or place is None:
            pending, place = sums, np.zeros(1, dtype=np.int64)
        if pending is None:
            pending = self._zeros((1, self.size * self._lanes), self.dtype, span)
        noise = span.normal(0, self.size) if self.noise_std else self._no_noise
        flags = self._zeros((self._words,), np.uint64, span)  # eight neurons to a word
        given = (*self._arriving(block, span), *self._rows, pending, place, noise, flags.view(np.uint8), flags, *own)
        pieces: list[Events] = []
        room = (max(ROOM, span.steps * self.size // SHARE) + self.size,)
        done, seen = 0, 0
        while done < span.steps:
            out = Events(span.empty(room, np.int64), span.empty(room, np.int32))
            done, seen, count = run(done, seen, span.start, span.steps, out.step, out.channel, *given)
            pieces.append(Events(out.step[:count], out.channel[:count]))
        if len(pieces) == 1 and span.arena is not None:  # room that stays ours until the last reader has run
            return pieces[0]
        return _joined(pieces)

    def watched(self, span: Span) -> Sequence[NDArray[Any]]:
        """The buffers (steps, n) of the recordable variables, in their order; empty where one is not asked for."""
        if not span.watch:
            return self._unwatched
        found = zip(self.recordable, self._unwatched, strict=True)
        return [span.watch[name].reshape(span.steps, -1) if name in span.watch else none for name, none in found]

    def _arriving(self, block: Any, span: Span) -> tuple[Any, ...]:
        """(rows, step, channel): weighted signals (lanes, steps, N), or events on the channels of all inputs."""
        if self._event:
            if isinstance(block, Mapping):
                block = _united([block[name] for name in self._input], self._first)
            return (self._no_rows, *NO_EVENTS) if block is None else (self._no_rows, *map(read_only, block))
        blocks = block if isinstance(block, Mapping) else {"": block}
        given = [(one, blocks[name]) for name, one in self._input.items() if blocks[name] is not None]
        if not given:
            return self._no_rows, *NO_EVENTS
        if len(given) == self._lanes == 1:
            return span.product(given[0][1], given[0][0].matrix)[None], *NO_EVENTS
        rows = span.empty((self._lanes, span.steps, self.size), self.dtype)
        rows[:] = 0
        for part, signal in given:
            rows[part.receptor if self._lanes > 1 else 0] += span.product(signal, part.matrix)
        return rows, *NO_EVENTS


def _named(value: Any) -> Mapping[str, Any]:
    """Matrices by the name of their receptor, "" for one without a name; nothing for none."""
    if value is None:
        return {}
    return value if isinstance(value, Mapping) else {"": value}


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names)) if names != ("",) else "one matrix without a name"


def _scaled(matrix: Any, scale: NDArray[Any]) -> Any:
    """A matrix with each column multiplied."""
    if not is_csr(matrix):
        return matrix * scale
    return type(matrix)((matrix.data * scale[matrix.indices], matrix.indices, matrix.indptr), shape=matrix.shape)


def _united(blocks: Sequence[Events | None], first: NDArray[np.int64]) -> Events | None:
    """Events of several inputs as those of one, whose channels follow each other."""
    parts = [(one, begin) for one, begin in zip(blocks, first, strict=False) if one is not None]
    if len(parts) <= 1:
        return Events(parts[0][0].step, (parts[0][0].channel + parts[0][1]).astype(np.int32)) if parts else None
    step = np.concatenate([one.step for one, _ in parts])
    order = np.argsort(step, kind="stable")
    return Events(step[order], np.concatenate([one.channel + begin for one, begin in parts])[order].astype(np.int32))


def _joined(pieces: list[Events]) -> Events:
    """Events in arrays of their own, without the room around them."""
    if len(pieces) == 1:
        return Events(pieces[0].step.copy(), pieces[0].channel.copy())
    pieces = pieces or [NO_EVENTS]
    return Events(np.concatenate([one.step for one in pieces]), np.concatenate([one.channel for one in pieces]))
