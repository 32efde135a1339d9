"""Layer: the abstract class that every node of a network is, as existing layered simulators know it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .. import registry
from ..clock import step_of
from ..errors import ParameterTypeError
from ..noise import RESERVED_STREAM, noise_key, normal
from ..timeseries import TimeSeries
from .discretising import Discretising
from .expanding import Expanding
from .node import checked_state, promoted
from .saving import Saving

if TYPE_CHECKING:
    from ..network import Network


class Layer(Discretising, Expanding, Saving, ABC):
    """A node of a network: it turns an input series into an output series and keeps a state and a clock.

    ``weights`` (M, N) is indexed [pre, post]; a 1-D array or a scalar is promoted to one row. ``dt`` is the time step
    in seconds, ``noise_std`` the standard deviation that the state's noise has after 1 s without leak. A subclass
    overrides ``evolve`` and ``to_dict``. Further arguments go to the next class in a cooperative hierarchy.

    Raises ParameterTypeError where ``dt`` or ``noise_std`` is no scalar, ParameterError where it is out of range.
    """

    block_safe: ClassVar[bool] = False
    """Whether a run may evolve this layer in several pieces; a class that says so promises the same output."""

    def __init__(
        self,
        weights: Any,
        dt: float = 1.0,
        noise_std: float | None = 0.0,
        name: str = "unnamed",
        *args: Any,
        **kwargs: Any,
    ) -> None:
        surplus = [*(repr(one) for one in args), *kwargs]
        following = type(self).__mro__[type(self).__mro__.index(Layer) + 1 :]
        if surplus and following == Layer.__mro__[1:]:
            raise ParameterTypeError(f"{type(self).__name__} takes no further arguments, got {', '.join(surplus)}")
        super().__init__(*args, **kwargs)
        matrix = promoted(weights, f"{type(self).__name__} {name!r}")
        self._weights: NDArray[Any] | None = matrix
        self._enter(name, dt, noise_std, (matrix.shape[0], matrix.shape[1], matrix.shape[1]))
        self._state: Any = np.zeros(self._size)

    def __init_subclass__(cls, register: bool = True, **kwargs: Any) -> None:
        """Register the class under its name; ``class Mine(Layer, register=False)`` stays out of documents."""
        super().__init_subclass__(**kwargs)
        if register:
            registry.layers.add(cls)

    @property
    def state(self) -> NDArray[Any]:
        """Internal state (N,): the layer's own array, so that ``evolve`` may advance it in place."""
        return self._state

    @state.setter
    def state(self, state: Any) -> None:
        self._state = checked_state(state, (self._size,), np.float64, self.start_print)

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

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle holds: everything but the network; the copy keeps state and time."""
        if self._home is None:
            return self.__dict__.copy()
        return {**self.__dict__, "_home": None, "_timestep": step_of(self.t, self._dt)}

    @abstractmethod
    def evolve(
        self, ts_input: TimeSeries | None = None, duration: float | None = None, num_timesteps: int | None = None
    ) -> TimeSeries:
        """Turn an input series into an output series, advancing state and clock.

        ``ts_input``: series of ``size_in`` channels (or one, repeated). ``duration`` (s) and ``num_timesteps`` say how
        far to evolve; without them the input's extent does. Returns a series of ``size_out`` channels.
        """

    def __rshift__(self, right: Any) -> Network:
        """``a >> b``: the network in which a leads to b; see ``graphnet.chaining``."""
        from ..chaining import chain

        return chain(self, right)

    def __rrshift__(self, left: Any) -> Network:
        """``[a, b] >> c``: the network in which a and b lead to c."""
        from ..chaining import chain

        return chain(left, self)
