"""From a series to rows on the steps of a layer."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from ..blocks import counts
from ..clock import exact, seconds, step_of, step_times, whole_steps
from ..errors import InputError, ParameterTypeError, TimeError
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from .node import Node


class Discretising(Node):
    """The part of a layer that reads a series on its own steps."""

    joins: ClassVar[Literal["sum", "concat"] | None] = None
    """How edges into it meet where nobody declares it otherwise."""
    allow_nan: ClassVar[bool] = False
    """Whether NaN in the input is meant."""

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
        """The times of the edges of ``num_timesteps`` steps from ``t_start`` (s): num_timesteps + 1 points.

        From the start of a step they are the starts of steps, to the bit.
        """
        steps = checked_steps(num_timesteps)
        first = step_of(t_start, self._dt)
        if seconds(first, self._dt) == t_start:
            return step_times(first, steps + 1, self._dt)
        return step_times(0, steps + 1, self._dt, t_start)

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
        if rows.ndim != 2:
            raise InputError(f"{self.start_print}: the input must have shape (T, {self._size_in}), got {rows.shape}")
        if rows.shape[1] == self._size_in:
            return rows
        if rows.shape[1] == 1 and self._size_in > 0:
            warnings.warn(f"{self.start_print}: one input channel is repeated {self._size_in} times", stacklevel=4)
            return np.repeat(rows, self._size_in, axis=1)
        raise InputError(f"{self.start_print}: the input must have {self._size_in} channels, got {rows.shape[1]}")


def checked_steps(steps: Any) -> int:
    """A number of steps as an int. Raises ParameterTypeError or TimeError."""
    if isinstance(steps, np.generic):
        steps = steps.item()
    if isinstance(steps, bool) or not isinstance(steps, int | float):
        raise ParameterTypeError(f"num_timesteps must be a whole number, got {steps!r}", parameter="num_timesteps")
    if not (steps >= 0 and float(steps).is_integer()):
        raise TimeError(f"num_timesteps must be a whole number and not negative, got {steps!r}")
    return int(steps)
