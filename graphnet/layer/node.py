"""What every node has whatever it computes: its name, sizes, kinds, weights and clock."""

from __future__ import annotations

import math
import threading
import warnings
from abc import ABC
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..clock import checked_dt, seconds, step_of
from ..errors import ParameterError, ParameterTypeError, SizeError, StateError
from ..timeseries import TimeSeries, TSContinuous


class Home(Protocol):
    """What a layer sees of the network that it belongs to."""

    name: str
    states: dict[str, dict[str, NDArray[Any]]]
    lock: threading.Lock

    @property
    def t(self) -> float:
        """The network's time in seconds."""
        ...

    def noise_key(self, path: str, seed: int | None, trial: int) -> int:
        """The key of the noise of the layer at a path."""
        ...

    def forget(self) -> None:
        """A parameter of a layer has changed."""
        ...


class Node(ABC):
    """The part of a layer that says what it is and what time it has."""

    _weights: NDArray[Any] | None

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
        if (ndim := np.ndim(weights)) < 2:
            warnings.warn(f"{self.start_print}: weights of {ndim} dimensions are promoted to 2", stacklevel=2)
        array = promoted(weights, self.start_print)
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
        units = "" if self._size == self._size_out else f", {self._size} units"
        sizes = f"{self._size_in} -> {self._size_out} ({kinds}){units}"
        return f"{self.start_print}: {sizes}, dt {self._dt!r} s"

    __str__ = __repr__

    @property
    def t(self) -> float:
        """Time in seconds, computed from whole steps; inside a network, the network's."""
        return self._t

    @t.setter
    def t(self, t: float) -> None:
        if self._home is None or not self._home.lock.locked():  # during a run a plain layer's evolve moves its clock
            self._alone("set the time of")
        self._t = t

    @property
    def _t(self) -> float:
        return seconds(self._timestep, self._dt)

    @_t.setter
    def _t(self, t: float) -> None:
        self._timestep = step_of(checked_time(t, self.start_print), self._dt)

    def reset_time(self) -> None:
        """Set the clock to 0."""
        self._alone("reset the time of")
        self._timestep = 0

    def _alone(self, verb: str) -> None:
        if self._home is not None:
            raise StateError(
                f"cannot {verb} {self.start_print} by itself: it belongs to the network {self._home.name!r}",
                hint="use the network's own method, or a copy of the layer: copy.deepcopy(layer)",
            )


def checked_time(t: Any, owner: str) -> float:
    """A time as a float. Raises ParameterTypeError for a non-scalar."""
    if isinstance(t, np.generic) or (isinstance(t, np.ndarray) and t.ndim == 0):
        t = t.item()
    if isinstance(t, bool) or not isinstance(t, int | float | Fraction):
        raise ParameterTypeError(f"{owner}: a time is a number of seconds, got {t!r}", owner=owner, parameter="t")
    return float(t)


def checked_state(state: Any, shape: tuple[int, ...], dtype: DTypeLike, owner: str) -> NDArray[Any]:
    """A copy of a state in its shape. Raises SizeError for another number of elements, ParameterError for text."""
    try:
        array = np.array(state, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{owner}: state must be numbers: {error}", owner=owner, parameter="state") from error
    if array.size != math.prod(shape):
        raise SizeError(f"{owner}: state must have {math.prod(shape)} elements, got shape {array.shape}")
    return array.reshape(shape)


def checked_noise(noise_std: Any, owner: str) -> float:
    """``noise_std`` as a float, None as 0. Raises ParameterTypeError for a non-scalar, ParameterError out of range."""
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


def promoted(weights: Any, owner: str) -> NDArray[Any]:
    """Weights as an owned matrix of numbers; a 1-D array or a scalar becomes one row. Raises ParameterError."""
    try:
        array = np.atleast_2d(np.array(weights))
    except ValueError as error:
        raise ParameterError(f"{owner}: weights: {error}", owner=owner, parameter="weights") from error
    if array.ndim != 2 or not (np.issubdtype(array.dtype, np.number) or array.dtype == bool):
        raise ParameterError(
            f"{owner}: weights must be a matrix (M, N) of numbers, got shape {array.shape}, {array.dtype}",
            owner=owner,
            parameter="weights",
        )
    return array
