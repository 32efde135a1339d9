"""ArrayLayer: a layer written as ``initial`` and ``advance`` over blocks, with parameters declared as class fields."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, dataclass_transform

import numpy as np
from numpy.typing import NDArray

from ..arrays import is_spec, read_only
from ..blocks import Block, Events, events_of
from ..clock import exact, seconds, step_of
from ..errors import InputError, ParameterError, ParameterTypeError, StateError, near
from ..noise import noise_key
from ..products import one_blas_thread
from ..span import Span
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from .parameters import MISSING, Field, NonNegative, Parameter, Positive, Seconds, collect, positional, read
from .reference import Layer, checked_noise

State = dict[str, NDArray[Any]]


@dataclass_transform(kw_only_default=True, field_specifiers=(positional,))
class Declared:
    """Gives a class its parameters from its annotated fields, and a constructor that checks them."""

    _declared: ClassVar[dict[str, Any]] = {}
    _read: ClassVar[dict[str, Parameter] | None] = None
    _model: ClassVar[Any] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._values: dict[str, Any] = {}
        self._written: dict[str, Any] = {}
        self._build(_bound(type(self), args, kwargs))

    def _build(self, given: dict[str, Any]) -> None:
        raise NotImplementedError  # ArrayLayer builds; this class only gives type checkers the constructor

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        mine = collect(cls)
        cls._declared = {**cls._declared, **mine}
        cls._read = cls._model = None
        for name in mine:
            if not isinstance(getattr(Layer, name, None), property):
                setattr(cls, name, Field(name))

    @classmethod
    def parameters(cls) -> Mapping[str, Parameter]:
        """The declared parameters by name, positional ones first."""
        if cls._read is None:
            cls._read = read(cls, cls._declared, frozenset(Common._declared))
        return cls._read

    @classmethod
    def model(cls) -> Any:
        """The pydantic model of the parameters, built on first use."""
        if cls._model is None:
            from .schema import build_model

            cls._model = build_model(cls.__name__, cls.parameters())
        return cls._model


def _bound(cls: type[Declared], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name. Raises ParameterTypeError for too many, unknown or missing ones, all of them in one text."""
    known = cls.parameters()
    places = [one.name for one in known.values() if one.positional]
    wrong: list[str] = []
    if len(args) > len(places):
        wrong.append(f"takes {len(places)} arguments by position ({', '.join(places) or 'none'}), got {len(args)}")
    given = dict(zip(places, args, strict=False))
    for name, value in kwargs.items():
        if name in given:
            wrong.append(f"got {name!r} twice")
        elif name not in known:
            close = near(name, known)
            cure = f"did you mean {close!r}?" if close else f"it has: {', '.join(known)}"
            wrong.append(f"has no parameter {name!r}; {cure}")
        given[name] = value
    lacking = [one.name for one in known.values() if one.default is MISSING and one.name not in given]
    wrong += [f"needs {name!r} ({known[name].shape})" for name in lacking]
    if wrong:
        raise ParameterTypeError("\n".join(f"{cls.__name__} {one}" for one in wrong), owner=cls.__name__)
    return given


class Common(Declared):
    """The parameters that every layer has."""

    dt: Positive[Seconds] = 1e-3
    noise_std: NonNegative[float] = 0.0
    name: str = "unnamed"
    dtype: Literal["float64", "float32"] = "float64"
    seed: int | None = None


class ArrayLayer(Common, Layer):
    """A layer over blocks: ``initial() -> state`` and ``advance(state, block, span) -> (state, block)``.

    ``initial`` returns a dict of arrays, what the state is before the first step. ``advance`` reads a block of
    ``span.steps`` steps: an array (steps, size_in) not to be written to, ``Events``, or None where nothing is connected;
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
    """Arguments of a small instance, for laws and pages of documentation; the required ones not named are made up."""
    block_safe: ClassVar[bool] = True

    if TYPE_CHECKING:  # a field of a subclass may have these names: to a type checker they are plain attributes there
        size: Any
        size_in: Any
        size_out: Any
        weights: Any
        input_type: Any
        output_type: Any

    # ------------------------------------------------------------------ building

    def _build(self, given: dict[str, Any]) -> None:
        from .schema import validated

        known = self.parameters()
        if given.get("noise_std", 0.0) is None:
            given["noise_std"] = 0.0
        values = validated(type(self), given)
        self._written = {name: dict(value) for name, value in given.items() if is_spec(value) and "init" in value}
        self._values = {name: values.get(name, one.default) for name, one in known.items()}
        self._weights = None
        self._own: State | None = None
        self._enter(values.get("name", "unnamed"), self._values["dt"], self._values["noise_std"], (1, 1, 1))
        self._fit_sizes()
        self._prepared()

    def _fit_sizes(self) -> None:
        sizes = tuple(int(one) for one in self.sizes())
        self._size_in, self._size, self._size_out = sizes
        for name, parameter in self.parameters().items():
            value = self._values[name]
            if parameter.kind == "per_unit" and isinstance(value, np.ndarray) and value.shape != (self._size,):
                raise ParameterError(
                    f"{self.class_name}: {name} must be a number or have shape ({self._size},), got shape {value.shape}",
                    owner=self.class_name,
                    parameter=name,
                )

    def _prepared(self) -> None:
        self._matrices: dict[str, Any] = {}
        self.prepare()

    def sizes(self) -> tuple[int, int, int]:
        """(size_in, size, size_out): from the weights, else from fields named size_in, size, size_out.

        Override it where the parameters say it in another way.
        """
        weights = self._values.get("weights")
        if weights is not None:
            return weights.shape[0], weights.shape[-1], weights.shape[-1]
        size = self._values.get("size")
        size_out = self._values.get("size_out", size)
        size_in = self._values.get("size_in", size)
        if size_in is None or size_out is None:
            raise ParameterTypeError(f"{self.class_name} must have a field weights or size, or override sizes()")
        return size_in, size if size is not None else size_out, size_out

    def prepare(self) -> None:
        """Runs once the parameters are checked: shapes across fields, derived constants. Nothing by default."""

    def value(self, name: str) -> Any:
        """A parameter by its name, as it is held."""
        return self._values[name]

    def matrix(self, name: str = "weights") -> Any:
        """A weights parameter in the layer's dtype: dense (M, N), a diagonal (N,), or CSR; None where it is absent."""
        if name not in self._matrices:
            value = self._values[name]
            self._matrices[name] = value if value is None or value.dtype == self.dtype else value.astype(self.dtype)
        return self._matrices[name]

    def per_unit(self, name: str) -> NDArray[Any]:
        """A parameter as one value for each unit, shape (N,), in the layer's dtype."""
        return np.array(np.broadcast_to(self._values[name], (self._size,)), dtype=self.dtype)

    def remember(self, name: str, spec: Mapping[str, Any]) -> None:
        """Have ``to_dict`` write a parameter as where it came from: a file or an initialiser."""
        self._written[name] = dict(spec)

    def must(self, condition: bool, parameter: str, message: str) -> None:
        """Refuse a parameter in ``prepare``: ParameterError naming the class and the parameter."""
        if not condition:
            raise ParameterError(
                f"{self.class_name}: {parameter} {message}", owner=self.class_name, parameter=parameter
            )

    def _replace(self, name: str, value: Any) -> None:
        """Set a parameter of a layer that is built: an array by one of the same shape, anything else not at all."""
        parameter = self.parameters()[name]
        if not parameter.is_array:
            raise ParameterError(
                f"{self.start_print}: {name} is fixed once the layer is built",
                owner=self._path,
                parameter=name,
                hint=f"build another with that value: {self.class_name}.load_from_dict(layer.to_dict(), {name}=...)",
            )
        checked = self._checked_array(parameter, value)
        old, written = self._values[name], self._written.pop(name, None)
        self._values[name] = checked
        try:
            self._prepared()
        except Exception:
            self._values[name] = old
            if written is not None:
                self._written[name] = written
            self._prepared()
            raise

    def _checked_array(self, parameter: Parameter, value: Any) -> Any:
        old = self._values[parameter.name]
        try:
            checked = parameter.check(value)
        except ParameterError as error:
            raise ParameterError(
                f"{self.start_print}: {parameter.name} {error.message}", owner=self._path, parameter=parameter.name
            ) from error
        shapes = [np.shape(old), (self._size,), ()] if parameter.kind == "per_unit" else [np.shape(old)]
        if old is not None and np.shape(checked) not in shapes:
            raise ParameterError(
                f"{self.start_print}: {parameter.name} has shape {np.shape(old)}, got shape {np.shape(checked)}",
                owner=self._path,
                parameter=parameter.name,
            )
        return checked

    # ------------------------------------------------------------------ the heart

    @abstractmethod
    def initial(self) -> State:
        """The state before the first step: a dict of arrays, fresh ones at every call; empty for a stateless layer."""

    @abstractmethod
    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        """Advance over ``span.steps`` steps: the new state and the output block."""

    # ------------------------------------------------------------------ the face

    @property
    def input_type(self) -> type[TimeSeries]:  # type: ignore[no-redef] # redeclared above for type checkers
        """The kind of series that it accepts."""
        return self._values.get("input_type", self.accepts)

    @property
    def output_type(self) -> type[TimeSeries]:  # type: ignore[no-redef]
        """The kind of series that it emits."""
        return self._values.get("output_type", self.emits)

    @property
    def noise_std(self) -> float:  # type: ignore[no-redef]
        """Standard deviation that the state's noise has after 1 s of integration without leak."""
        return self._noise_std

    @noise_std.setter
    def noise_std(self, noise_std: float | None) -> None:
        self._noise_std = checked_noise(noise_std, self.start_print)
        self._values["noise_std"] = self._noise_std
        self._prepared()

    @property
    def weights(self) -> NDArray[Any]:  # type: ignore[no-redef]
        """Weights (M, N), dense; the identity for a layer without weights, zeros for one that has not learned any yet."""
        value = self._values.get("weights")
        if value is None:
            shape = self._size_in, self._size
            return np.zeros(shape) if "weights" in self.parameters() else np.eye(*shape)
        if not isinstance(value, np.ndarray):
            return value.toarray()
        return np.diag(value) if value.ndim == 1 else value

    @weights.setter
    def weights(self, weights: Any) -> None:
        if weights is None:
            from ..errors import SizeError

            raise SizeError(f"{self.start_print}: weights must be an array of shape {self.weights.shape}, got None")
        if "weights" not in self.parameters():
            raise ParameterError(f"{self.start_print} has no weights to set", owner=self._path, parameter="weights")
        self._replace("weights", weights)

    @property
    def _t(self) -> float:
        return self._home.t if self._home is not None else seconds(self._timestep, self._dt)

    @_t.setter
    def _t(self, t: float) -> None:
        self._timestep = step_of(float(t), self._dt)

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
        array = np.array(state, dtype=now[variable].dtype)
        if array.size != now[variable].size:
            from ..errors import SizeError

            raise SizeError(
                f"{self.start_print}: state must have {now[variable].size} elements, got shape {array.shape}"
            )
        self.set_state_now({**now, variable: array.reshape(now[variable].shape)})

    def reset_state(self) -> None:
        """Set the state to what ``initial`` gives."""
        self.set_state_now(self.initial())

    def randomize_state(self) -> None:
        """Draw every real variable of the state from a normal distribution around itself, std. dev. 20% of it."""
        drawn: State = {}
        for name, now in self.state_now().items():
            if np.issubdtype(now.dtype, np.floating):
                noise = self._draw(now.size).reshape(now.shape)
                now = (now + 0.2 * np.abs(now) * noise).astype(now.dtype)
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
        dt = exact(self._dt)
        if isinstance(out, Events):
            return TSEvent.from_steps(out.step, out.channel, dt, self._size_out, start, steps, name=self._name)
        if out is None:
            raise InputError(f"{self.start_print}: advance returned no block")
        return TSContinuous.from_clocked(np.array(out), dt, start * dt, name=self._name)

    def to_dict(self) -> dict[str, Any]:
        """Every parameter as plain data, with the class's name; an array that an initialiser drew, as that."""
        known = self.parameters()
        content = {
            name: self._written.get(name, known[name].written(self._values[name])) for name in known if name != "name"
        }
        return {"class_name": self.class_name, "name": self._name, **content}
