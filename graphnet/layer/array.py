"""ArrayLayer: a layer written as ``initial`` and ``advance`` over blocks, with parameters declared as class fields."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..addresses import Stepping
from ..arrays import read_only
from ..blas import one_blas_thread
from ..blocks import Block, Events, events_of
from ..clock import exact, seconds, step_of
from ..errors import InputError, StateError
from ..noise import noise_key
from ..span import Span
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from .exchange import Exchanged
from .holding import Holding, State
from .node import checked_state, checked_time
from .several import dealt, declared_ports
from .values import PLAIN

_APART = frozenset(("_values", "_written", "_matrices", "_home", "_own"))
"""What a copy of a layer has of its own."""


class ArrayLayer(Holding, Exchanged, register=False):
    """A layer over blocks: ``initial() -> state`` and ``advance(state, block, span) -> (state, block)``.

    ``initial`` returns a dict of arrays, what the state is before the first step. ``advance`` reads a block of
    ``span.steps`` steps: an array (steps, size_in) not to be written to, ``Events``, or None where none is connected;
    it may overwrite the state's arrays and returns the output block, an array from ``span.empty`` (steps, size_out) or
    ``Events``. ``prepare`` runs once after the parameters are checked, for derived constants and checks across fields.

    Parameters are annotated fields of the class body; they are checked when the layer is built and fixed afterwards,
    except that arrays may be replaced by arrays of the same shape.
    """

    accepts: ClassVar[type[TimeSeries]] = TSContinuous
    """The kind of its input, where ``input_type`` is no parameter."""
    emits: ClassVar[type[TimeSeries]] = TSContinuous
    """The kind of its output."""
    shows: ClassVar[str | None] = None
    """The variable that ``state`` shows; by default the first of ``initial``."""
    recordable: ClassVar[tuple[str, ...]] = ()
    """The variables that ``advance`` writes into ``span.watch`` where they are asked for."""
    example: ClassVar[Mapping[str, Any]] = {}
    """Arguments of a small instance, for the laws; the required ones not named are made up."""
    demonstration: ClassVar[Mapping[str, Any]] = {}
    """Arguments beside those of ``example`` with which a picture of the layer's response says something."""
    family: ClassVar[str] = "other"
    """What kind of layer it is, for the colour of its box in drawings: neurons, rate, synapses, filters, encoders,
    readouts, sources or weights; any other word is drawn without a colour of its own."""
    block_safe: ClassVar[bool] = True

    # ------------------------------------------------------------------ the heart

    @abstractmethod
    def initial(self) -> State:
        """The state before the first step: a dict of arrays, fresh ones at every call; empty for a stateless layer."""

    @abstractmethod
    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        """Advance over ``span.steps`` steps: the new state and the output block."""

    def trusts(self, state: State) -> bool:
        """Whether a state from a file, its arrays of the right types and shapes, can be gone on from; True by default.

        Override it where a kernel finds its way by what stands in the state: a position must lie within its ring.
        """
        return True

    def ports(self) -> Mapping[str, int | tuple[int, type[TimeSeries]]]:
        """The inputs of a layer that has several: name -> number of channels, or (channels, kind of series).

        Edges then lead to ``layer.name``, and ``advance`` gets a dict of blocks by name, None for those that nothing
        leads to. Their sizes add up to ``size_in``. Empty, as by default: one input, and its block itself.
        """
        return {}

    def lag(self) -> int:
        """After how many steps the input can first show in the output: 0, at once, unless a class says otherwise.

        A layer with a lag breaks a cycle as the delay of an edge does; it overrides ``ahead`` too.
        """
        return 0

    def ahead(self, state: State, span: Span) -> Any:
        """The output of the next ``span.steps`` steps, at most as many as its lag: no input can change it any more.

        A fresh block; ``state`` stays as it is, and ``advance`` gives the same once the input is known.
        """
        raise StateError(f"{self.start_print}: lag() is {self.lag()}, but the class does not override ahead()")

    def stepping(self, state: State, span: Span) -> Stepping | None:
        """How ``advance`` goes on from ``state`` without Python, or None, as by default, where it does not.

        A loop that steps by one costs some microseconds of Python for each layer and step; where all its layers say how
        they step, it goes through a whole block in one call. ``Stepping`` says what the kernel gets; the span is that
        of the block, of which it may ask for noise, scratch and what is watched, but no product. The bits must be those
        of ``advance``, with ``dtype`` rows throughout. A class that overrides ``advance`` and not this does not step.
        """
        return None

    # ------------------------------------------------------------------ the face

    @property
    def _t(self) -> float:
        return self._home.t if self._home is not None else seconds(self._timestep, self._dt)

    @_t.setter
    def _t(self, t: float) -> None:
        self._timestep = step_of(checked_time(t, self.start_print), self._dt)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A layer of its own that shares the parameters, which nobody can write to."""
        made = self.twin(memo)
        made._own = copy.deepcopy(self.state_now(), memo)
        if self._home is not None:
            made._timestep = step_of(self.t, self._dt)
        return made

    def twin(self, memo: dict[int, Any]) -> Self:
        """A layer of the same parameters and clock that belongs to no network and is in its initial state."""
        made = object.__new__(type(self))
        memo[id(self)] = made
        for value in self._values.values():
            if value.__class__ is np.ndarray:  # also where a derived constant is the same array
                memo[id(value)] = value
        content = vars(made)
        content.update(vars(self))
        made._values, made._written = dict(self._values), dict(self._written)
        made._matrices, made._home, made._own = {}, None, None
        for name, value in content.items():
            if value.__class__ not in PLAIN and name not in _APART:
                content[name] = copy.deepcopy(value, memo)
        return made

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_own": self.state_now(), "_matrices": {}}

    def state_now(self) -> State:
        """The committed state, as the layer or its network holds it. Not to be written to."""
        if self._home is not None:
            return self._home.states[self._path]
        if self._own is None:
            self._own = self.initial()
        return self._own

    def set_state_now(self, state: State) -> None:
        """Replace the committed state as a whole."""
        if self._home is not None:
            self._home.states[self._path] = state
        else:
            self._own = state

    def _shown(self, state: State) -> str | None:
        return self.shows or next(iter(state), None)

    @property
    def state(self) -> NDArray[Any]:
        """One variable of the state as last committed, read-only; zeros (N,) for a layer without state."""
        now = self.state_now()
        variable = self._shown(now)
        return np.zeros(self._size) if variable is None else read_only(now[variable])

    @state.setter
    def state(self, state: Any) -> None:
        now = self.state_now()
        variable = self._shown(now)
        if variable is None:
            raise StateError(f"{self.start_print} has no state to set")
        old = now[variable]
        self.set_state_now({**now, variable: checked_state(state, old.shape, old.dtype, self.start_print)})

    def reset_state(self) -> None:
        """Set the state to what ``initial`` gives."""
        self.set_state_now(self.initial())

    def randomize_state(self) -> None:
        """Draw every real variable of the state from a normal distribution around itself, std. dev. 20% of it."""
        drawn: State = {}
        for name, now in self.state_now().items():
            if np.issubdtype(now.dtype, np.floating):
                noise = self._draw(now.size).reshape(now.shape)
                drawn[name] = (now + 0.2 * np.abs(now) * noise).astype(now.dtype)
            else:
                drawn[name] = now
        self.set_state_now(drawn)

    def _noise_key(self) -> int:
        if self._home is not None:
            return self._home.noise_key(self._path, self.seed, 0)
        return noise_key("layer", self._path if self.seed is None else self.seed, 0)

    def evolve(
        self, ts_input: TimeSeries | None = None, duration: float | None = None, num_timesteps: int | None = None
    ) -> TimeSeries:
        """Evolve the layer by itself; see ``Layer.evolve``.

        Raises StateError for a layer that belongs to a network, InputError for a series that does not fit.
        """
        self._alone("evolve")
        _, rows, steps = self._prepare_input(ts_input, duration, num_timesteps)
        start = step_of(self.t, self._dt)
        block = None if ts_input is None or self._size_in == 0 else self._block(rows, start)
        if ports := declared_ports(self):
            block = dealt(self, ports, block)
        state = {name: array.copy() for name, array in self.state_now().items()}
        with one_blas_thread():
            state, out = self.advance(state, block, Span(start, steps, self._noise_key()))
        series = self._series(out, start, steps)
        self._own = state
        self._timestep = start + steps
        return series

    def _block(self, rows: NDArray[Any], start: int) -> Block:
        return events_of(rows, start) if self.input_type is TSEvent else read_only(np.ascontiguousarray(rows))

    def _series(self, out: Any, start: int, steps: int) -> TimeSeries:
        self.check_output(out, steps)
        dt = exact(self._dt)
        if isinstance(out, Events):
            return TSEvent.from_steps(out.step, out.channel, dt, self._size_out, start, steps, name=self._name)
        return TSContinuous.from_clocked(np.array(out), dt, start * dt, name=self._name)

    def check_output(self, out: Any, steps: int) -> None:
        """Refuse what ``advance`` returned where it is no block of ``steps`` steps of this layer: InputError."""
        event = self.output_type is TSEvent
        if isinstance(out, Events) != event or not (event or isinstance(out, np.ndarray)):
            wanted = "Events" if event else "an array"
            raise InputError(f"{self.start_print}: advance must return {wanted}, got a {type(out).__name__}")
        if not event and out.shape != (steps, self._size_out):
            raise InputError(
                f"{self.start_print}: advance must return shape {(steps, self._size_out)}, got shape {out.shape}"
            )
        if isinstance(out, Events) and len(out.channel):
            low, high = int(out.channel.min()), int(out.channel.max())
            if low < 0 or high >= self._size_out:
                raise InputError(
                    f"{self.start_print}: advance must return events of channels 0 to {self._size_out - 1}, "
                    f"got {high if high >= self._size_out else low}"
                )

    def to_dict(self) -> dict[str, Any]:
        """Every parameter as plain data, with the class's name; an array that an initialiser drew, as that."""
        known = self.parameters()
        content = {
            name: known[name].written(self._values[name], self._written.get(name)) for name in known if name != "name"
        }
        return {"class_name": self.class_name, "name": self._name, **content}
