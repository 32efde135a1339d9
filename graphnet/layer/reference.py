"""Layer: the abstract class that every node of a network is, as existing layered simulators know it."""

from __future__ import annotations

import json
import warnings
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from .. import registry
from ..arrays import read_only
from ..blocks import counts
from ..clock import checked_dt, exact, seconds, step_of, step_times, whole_steps
from ..errors import (
    InputError,
    ParameterError,
    ParameterTypeError,
    SizeError,
    StateError,
    TimeError,
)
from ..noise import RESERVED_STREAM, noise_key, normal
from ..timeseries import TimeSeries, TSContinuous, TSEvent

if TYPE_CHECKING:
    from collections.abc import Mapping


class Home(Protocol):
    """What a layer sees of the network that it belongs to."""

    name: str
    states: dict[str, dict[str, NDArray[Any]]]

    @property
    def t(self) -> float:
        """The network's time in seconds."""
        ...

    def noise_key(self, path: str, seed: int | None, trial: int) -> int:
        """The key of the noise of the layer at a path."""
        ...


class Layer(ABC):
    """A node of a network: it turns an input series into an output series and keeps a state and a clock.

    ``weights`` (M, N) is indexed [pre, post]; a 1-D array or a scalar is promoted to one row. ``dt`` is the time step
    in seconds, ``noise_std`` the standard deviation that the state's noise has after 1 s without leak. A subclass
    overrides ``evolve`` and ``to_dict``. Further arguments go to the next class in a cooperative hierarchy.

    Raises ParameterTypeError where ``dt`` or ``noise_std`` is no scalar, ParameterError where it is out of range.
    """

    block_safe: ClassVar[bool] = False
    """Whether a run may evolve this layer in several pieces; a class that says so promises the same output."""
    allow_nan: ClassVar[bool] = False
    """Whether NaN in the input is meant."""

    def __init__(
        self,
        weights: Any,
        dt: float = 1.0,
        noise_std: float | None = 0.0,
        name: str = "unnamed",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        matrix = _promoted(weights)
        self._weights: NDArray[Any] | None = matrix
        self._enter(name, dt, noise_std, (matrix.shape[0], matrix.shape[1], matrix.shape[1]))
        self._state: Any = np.zeros(self._size)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        registry.layers.add(cls)

    def _enter(self, name: str, dt: Any, noise_std: Any, sizes: tuple[int, int, int]) -> None:
        """Set what every layer has; ``sizes`` are (size_in, size, size_out)."""
        owner = f"{type(self).__name__} {name!r}"
        if not isinstance(name, str):
            raise ParameterTypeError(f"{owner}: name must be text", owner=owner, parameter="name")
        self._name = name
        self._dt = checked_dt(dt, owner)
        self._noise_std = checked_noise(noise_std, owner)
        self._size_in, self._size, self._size_out = sizes
        self._timestep = 0
        self._draws = 0
        self._home: Home | None = None
        self._path = name

    # ------------------------------------------------------------------ what it is

    @property
    def class_name(self) -> str:
        """Name of the layer's class."""
        return type(self).__name__

    @property
    def name(self) -> str:
        """The layer's own name; in a network the name it was added under counts."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        if not isinstance(name, str):
            raise ParameterTypeError(f"the name of a layer is text, got {name!r}", parameter="name")
        self._name = name

    @property
    def start_print(self) -> str:
        """Class and name in one text, the way messages about a layer begin."""
        return f"{self.class_name} {self._path!r}"

    @property
    def dt(self) -> float:
        """Time step in seconds."""
        return self._dt

    @property
    def noise_std(self) -> float:
        """Standard deviation that the state's noise has after 1 s of integration without leak."""
        return self._noise_std

    @noise_std.setter
    def noise_std(self, noise_std: float | None) -> None:
        self._noise_std = checked_noise(noise_std, self.start_print)

    @property
    def size_in(self) -> int:
        """Number of input channels (M)."""
        return self._size_in

    @property
    def size(self) -> int:
        """Number of units (N)."""
        return self._size

    @property
    def size_out(self) -> int:
        """Number of output channels (O)."""
        return self._size_out

    @property
    def input_type(self) -> type[TimeSeries]:
        """The kind of series that it accepts."""
        return TSContinuous

    @property
    def output_type(self) -> type[TimeSeries]:
        """The kind of series that it emits."""
        return TSContinuous

    @property
    def weights(self) -> Any:
        """Weights (M, N), indexed [pre, post]."""
        return self._weights

    @weights.setter
    def weights(self, weights: Any) -> None:
        if weights is None:
            raise SizeError(f"{self.start_print}: weights must be an array of shape {(self._size_in, self._size)}")
        array = np.asarray(weights)
        if array.ndim < 2:
            warnings.warn(f"{self.start_print}: weights of {array.ndim} dimensions are promoted to 2", stacklevel=2)
            array = np.atleast_2d(array)
        wanted = np.shape(self.weights)
        if array.size != wanted[0] * wanted[1]:
            raise ParameterError(
                f"{self.start_print}: weights must have {wanted[0]} x {wanted[1]} elements, got shape {array.shape}",
                owner=self._path,
                parameter="weights",
            )
        self._weights = array.reshape(wanted)

    def __repr__(self) -> str:
        kinds = f"{self.input_type.__name__} -> {self.output_type.__name__}"
        return f"{self.class_name} {self._path!r}: {self._size_in} -> {self._size_out} ({kinds}), dt {self._dt!r} s"

    __str__ = __repr__

    # ------------------------------------------------------------------ clock and state

    @property
    def t(self) -> float:
        """Time in seconds, computed from whole steps; inside a network, the network's."""
        return self._t

    @t.setter
    def t(self, t: float) -> None:
        self._alone("set the time of")
        self._t = t

    @property
    def _t(self) -> float:
        return seconds(self._timestep, self._dt)

    @_t.setter
    def _t(self, t: float) -> None:
        self._timestep = step_of(float(t), self._dt)

    @property
    def state(self) -> NDArray[Any]:
        """Internal state (N,), read-only."""
        return read_only(np.asarray(self._state))

    @state.setter
    def state(self, state: Any) -> None:
        self._state = self._checked_state(state)

    def _checked_state(self, state: Any) -> NDArray[np.float64]:
        array = np.array(state, dtype=np.float64)
        if array.size != self._size:
            raise SizeError(f"{self.start_print}: state must have {self._size} elements, got shape {array.shape}")
        return array.reshape(self._size)

    def reset_time(self) -> None:
        """Set the clock to 0."""
        self._alone("reset the time of")
        self._timestep = 0

    def reset_state(self) -> None:
        """Set the state to its initial value, zeros unless the class says otherwise."""
        self.state = np.zeros(self._size)

    def reset_all(self) -> None:
        """Reset clock and state."""
        self.reset_time()
        self.reset_state()

    def randomize_state(self) -> None:
        """Draw the state from a normal distribution around itself, with 20% of its absolute value as std. dev."""
        now = np.asarray(self.state, dtype=np.float64)
        self.state = now + 0.2 * np.abs(now) * self._draw(now.size).reshape(now.shape)

    def _draw(self, size: int) -> NDArray[np.float64]:
        """The next row of the layer's reserved stream of normal noise."""
        self._draws += 1
        return normal(self._noise_key(), RESERVED_STREAM, self._draws, 1, size)[0]

    def _noise_key(self) -> int:
        return noise_key("layer", self._path)

    def _alone(self, verb: str) -> None:
        if self._home is not None:
            raise StateError(
                f"cannot {verb} {self.start_print} by itself: it belongs to the network {self._home.name!r}",
                hint="use the network's own method, or a copy of the layer: copy.deepcopy(layer)",
            )

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle holds: everything but the network; the copy keeps state and time."""
        return {**self.__dict__, "_home": None, "_timestep": step_of(self.t, self._dt)}

    # ------------------------------------------------------------------ evolving

    @abstractmethod
    def evolve(
        self, ts_input: TimeSeries | None = None, duration: float | None = None, num_timesteps: int | None = None
    ) -> TimeSeries:
        """Turn an input series into an output series, advancing state and clock.

        ``ts_input``: series of ``size_in`` channels (or one, repeated). ``duration`` (s) and ``num_timesteps`` say how
        far to evolve; without them the input's extent does. Returns a series of ``size_out`` channels.
        """

    def _determine_timesteps(
        self,
        ts_input: TimeSeries | None = None,
        duration: float | None = None,
        num_timesteps: int | None = None,
    ) -> int:
        """How many steps to evolve: ``num_timesteps``, else ``duration``, else what the input still covers.

        Raises ParameterTypeError where nothing is given, TimeError where a duration is no whole number of steps or the
        input ends before now.
        """
        if num_timesteps is not None:
            return checked_steps(num_timesteps)
        if duration is not None:
            return whole_steps(duration, self._dt)
        if ts_input is None:
            raise ParameterTypeError(
                f"{self.start_print}: give an input series, duration or num_timesteps", parameter="duration"
            )
        if ts_input.periodic:
            return step_of(ts_input.duration, self._dt)
        steps = step_of(ts_input.t_stop, self._dt) - step_of(self.t, self._dt)
        if steps <= 0:
            raise TimeError(
                f"{self.start_print}: the input ends at {ts_input.t_stop!r} s, the layer is at {self.t!r} s already",
                hint="shift the input with ts.start_at(layer.t), or call layer.reset_time()",
            )
        return steps

    def _gen_time_trace(self, t_start: float, num_timesteps: int) -> NDArray[np.float64]:
        """The times of the edges of ``num_timesteps`` steps from ``t_start`` (s): num_timesteps + 1 points."""
        return step_times(0, num_timesteps + 1, self._dt, t_start)

    def _prepare_input(
        self,
        ts_input: TimeSeries | None = None,
        duration: float | None = None,
        num_timesteps: int | None = None,
    ) -> tuple[NDArray[np.float64], NDArray[Any], int]:
        """Discretise the input by the kind that the layer accepts: (time_base (n,), rows (n, size_in), n)."""
        prepare = self._prepare_input_events if self.input_type is TSEvent else self._prepare_input_continuous
        return prepare(ts_input, duration, num_timesteps)  # type: ignore[arg-type] # each checks the kind itself

    def _prepare_input_continuous(
        self,
        ts_input: TSContinuous | None = None,
        duration: float | None = None,
        num_timesteps: int | None = None,
    ) -> tuple[NDArray[np.float64], NDArray[Any], int]:
        """The input sampled at the step starts: (time_base (n,), samples (n, size_in), n); zeros without an input.

        Raises InputError for another kind of series, another number of channels, or NaN.
        """
        steps, start = self._steps_of(ts_input, TSContinuous, duration, num_timesteps)
        time_base = step_times(start, steps, self._dt)
        if ts_input is None:
            return time_base, np.zeros((steps, self._size_in)), steps
        rows = self._check_input_dims(ts_input.sample_steps(start, steps, exact(self._dt)))
        if not self.allow_nan and np.isnan(rows).any():
            k, channel = np.argwhere(np.isnan(rows))[0]
            raise InputError(f"{self.start_print}: the input is NaN at {float(time_base[k])!r} s, channel {channel}")
        return time_base, rows, steps

    def _prepare_input_events(
        self,
        ts_input: TSEvent | None = None,
        duration: float | None = None,
        num_timesteps: int | None = None,
    ) -> tuple[NDArray[np.float64], NDArray[Any], int]:
        """The input's events per step: (time_base (n,), counts (n, size_in) int64, n); zeros without an input."""
        steps, start = self._steps_of(ts_input, TSEvent, duration, num_timesteps)
        time_base = step_times(start, steps, self._dt)
        if ts_input is None:
            return time_base, np.zeros((steps, self._size_in), dtype=np.int64), steps
        table = counts(ts_input.event_steps(start, steps, exact(self._dt)), start, steps, ts_input.num_channels)
        return time_base, self._check_input_dims(table), steps

    def _steps_of(
        self, ts_input: TimeSeries | None, kind: type[TimeSeries], duration: float | None, num_timesteps: int | None
    ) -> tuple[int, int]:
        if ts_input is not None and not isinstance(ts_input, kind):
            got = type(ts_input).__name__
            raise InputError(f"{self.start_print}: the input must be {kind.__name__}, got {got}")
        steps = self._determine_timesteps(ts_input, duration, num_timesteps)
        return steps, step_of(self.t, self._dt)

    def _check_input_dims(self, inp: NDArray[Any]) -> NDArray[Any]:
        """``inp`` (T, size_in); one channel is repeated for every input, with a warning. Raises InputError."""
        rows = np.asarray(inp)
        rows = rows[:, np.newaxis] if rows.ndim == 1 else rows
        if rows.shape[1] == self._size_in:
            return rows
        if rows.shape[1] == 1:
            warnings.warn(f"{self.start_print}: one input channel is repeated {self._size_in} times", stacklevel=4)
            return np.repeat(rows, self._size_in, axis=1)
        raise InputError(f"{self.start_print}: the input must have {self._size_in} channels, got {rows.shape[1]}")

    # ------------------------------------------------------------------ expanding

    def _expand_to_shape(
        self, inp: Any, shape: tuple[int, ...], var_name: str = "input", allow_none: bool = True
    ) -> NDArray[Any] | None:
        """A scalar, or an array of exactly so many elements, in that shape.

        Raises SizeError (an AssertionError) where it does not fit, or where it is None and None is not allowed.
        """
        if inp is None:
            if allow_none:
                return None
            raise SizeError(f"{self.start_print}: {var_name} must not be None, its shape is {shape}")
        array = np.asarray(inp)
        if array.size == 1:
            return np.full(shape, array.reshape(()).item(), dtype=array.dtype)
        if array.size != int(np.prod(shape)):
            raise SizeError(
                f"{self.start_print}: {var_name} must be a scalar or have shape {shape}, got shape {array.shape}"
            )
        return array.reshape(shape)

    def _expand_to_size(
        self, inp: Any, size: int, var_name: str = "input", allow_none: bool = True
    ) -> NDArray[Any] | None:
        """A scalar, or an array of ``size`` elements, in shape (size,). Raises SizeError."""
        return self._expand_to_shape(inp, (size,), var_name, allow_none)

    def _expand_to_net_size(self, inp: Any, var_name: str = "input", allow_none: bool = True) -> NDArray[Any] | None:
        """A scalar, or an array of N elements, in shape (N,). Raises SizeError."""
        return self._expand_to_shape(inp, (self._size,), var_name, allow_none)

    def _expand_to_weight_size(self, inp: Any, var_name: str = "input", allow_none: bool = True) -> NDArray[Any] | None:
        """A scalar, or an array of as many elements as the weights, in the shape of the weights. Raises SizeError."""
        return self._expand_to_shape(inp, np.shape(self.weights), var_name, allow_none)

    # ------------------------------------------------------------------ saving

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Everything needed to build an identical layer, as plain data.

        The base puts in weights, dt, noise_std, name and class_name; a subclass adds its own constructor arguments.
        """
        return {
            "weights": np.asarray(self.weights).tolist(),
            "dt": self._dt,
            "noise_std": self._noise_std,
            "name": self._name,
            "class_name": self.class_name,
        }

    def save(self, config: Mapping[str, Any], filename: str | Path) -> None:
        """Write parameters to a JSON file, exact for every float."""
        from ..files import write_atomic

        text = json.dumps(config, default=_plain, indent=1)
        write_atomic(filename, text.encode())

    def save_layer(self, filename: str | Path) -> None:
        """Write what ``to_dict`` gives to a JSON file."""
        self.save(self.to_dict(), filename)

    @classmethod
    def load_from_dict(cls, config: Mapping[str, Any], **kwargs: Any) -> Self:
        """Build a layer from what ``to_dict`` gave; keyword arguments replace entries.

        Called on ``Layer`` it builds whatever class the config names. Raises UnknownName for a class that is not known,
        ParameterError for one that is not this class, ParameterTypeError naming unknown keys.
        """
        given = {**config, **kwargs}
        wanted = given.pop("class_name", cls.__name__)
        target = registry.layers.get(wanted) if wanted != cls.__name__ else cls
        if not issubclass(target, cls):
            raise ParameterError(
                f"the config is of a {wanted}, not of a {cls.__name__}", hint="use Layer.load_from_dict"
            )
        try:
            return target(**given)
        except TypeError as error:
            if isinstance(error, ParameterError) or "argument" not in str(error):
                raise
            raise ParameterTypeError(f"{wanted}: {error}", owner=wanted) from error

    @classmethod
    def load_from_file(cls, filename: str | Path, **kwargs: Any) -> Self:
        """Build a layer from a JSON file; keyword arguments replace entries.

        Raises ParameterError for other content.
        """
        try:
            config = json.loads(Path(filename).read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ParameterError(f"{filename} is not a JSON file of a layer: {error}") from error
        if not isinstance(config, dict):
            raise ParameterError(f"{filename} holds no mapping of parameters, but a {type(config).__name__}")
        return cls.load_from_dict(config, **kwargs)


def checked_steps(steps: Any) -> int:
    """A number of steps as an int. Raises ParameterTypeError or TimeError."""
    if isinstance(steps, np.generic):
        steps = steps.item()
    if isinstance(steps, bool) or not isinstance(steps, int | float):
        raise ParameterTypeError(f"num_timesteps must be a whole number, got {steps!r}", parameter="num_timesteps")
    if steps < 0 or steps != int(steps):
        raise TimeError(f"num_timesteps must be a whole number and not negative, got {steps!r}")
    return int(steps)


def checked_noise(noise_std: Any, owner: str) -> float:
    if noise_std is None:
        return 0.0
    if isinstance(noise_std, np.generic) or (isinstance(noise_std, np.ndarray) and noise_std.ndim == 0):
        noise_std = noise_std.item()
    if isinstance(noise_std, bool) or not isinstance(noise_std, int | float):
        raise ParameterTypeError(
            f"{owner}: noise_std must be a number, got {noise_std!r}", owner=owner, parameter="noise_std"
        )
    if not 0.0 <= noise_std < float("inf"):
        raise ParameterError(
            f"{owner}: noise_std must be finite and not negative, got {noise_std!r}", owner=owner, parameter="noise_std"
        )
    return float(noise_std)


def _promoted(weights: Any) -> NDArray[Any]:
    array = np.atleast_2d(np.array(weights))
    if array.ndim != 2 or not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
        raise ParameterError(f"weights must be a matrix (M, N) of numbers, got shape {array.shape}, {array.dtype}")
    return array


def _plain(value: Any) -> Any:
    """NumPy values as JSON knows them."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise ParameterTypeError(f"cannot write a {type(value).__name__} to JSON: {value!r}")
