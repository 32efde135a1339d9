"""A signal of real numbers over time: clocked or irregular, sampled anywhere in its extent."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphnet.errors import SeriesError, SeriesTypeError

from . import sampling
from .base import TimeSeries, extent_of
from .checks import as_bound, as_count, as_samples, as_times
from .content import NO_TIMES, Trace
from .exactly import Grid, Time, on_grid


class TSContinuous(TimeSeries):
    """Samples (T, C) over time, held or interpolated between.

    A clocked one (``from_clocked``) has an exact step ``dt``: sample k lies at ``t_start + k dt`` and is held to the
    next, ``t_stop = t_start + T dt``. One made from ``times`` is irregular, its ``dt`` is None.

    float32 and float64 samples keep their type and the caller's memory (``copy=True`` isolates); float16 becomes
    float32, integers and booleans float64. Samples are handed out as read-only views.

    ``interp_kind``: previous, next, nearest, nearest-up, zero, linear, slinear, quadratic or cubic. ``fill_value``:
    what a ``previous`` series gives after its last sample, ``"extrapolate"`` to hold that sample.

    Raises SeriesError (a ValueError) where times decrease, are not finite, or differ in number from the samples;
    SeriesTypeError (also a TypeError) for complex, masked or object arrays.

    >>> ts = TSContinuous([0.0, 1.0, 2.0], [5.0, 6.0, 7.0], interp_kind="linear")
    >>> ts([0.5, 2.0])
    array([[5.5],
           [7. ]])
    """

    _content: Trace

    def __init__(
        self,
        times: ArrayLike | None = None,
        samples: ArrayLike | None = None,
        num_channels: int | None = None,
        periodic: bool = False,
        t_start: Time | None = None,
        t_stop: Time | None = None,
        name: str | None = "unnamed",
        units: str | None = None,
        interp_kind: str = "previous",
        fill_value: Any = "extrapolate",
        *,
        copy: bool = False,
    ) -> None:
        stamps = NO_TIMES if times is None else as_times(times, copy=copy)
        if samples is None:
            width = 0 if num_channels is None else as_count(num_channels, "num_channels")
            values = as_samples(np.zeros((0, width)))
        elif num_channels is not None:
            raise SeriesError("num_channels: goes without samples, whose columns say it otherwise")
        else:
            values = as_samples(samples, copy=copy)
        if len(values) == 1 and len(stamps) == values.shape[1] > 1:
            values = values.T
        if len(values) != len(stamps):
            raise SeriesError(f"samples: shape {values.shape} has {len(values)} rows for {len(stamps)} times")
        low, high = extent_of(stamps, t_start, t_stop)
        self._content = Trace(stamps=stamps, samples=values, t_start=low, t_stop=high)
        self._describe(name, periodic)
        self._interpret(units, interp_kind, fill_value)

    def _interpret(self, units: str | None, interp_kind: str, fill_value: Any) -> None:
        self.units: str | None = units
        self._interp_kind = sampling.checked_kind(interp_kind)
        self.fill_value = fill_value
        self.beyond_range_exception = True
        self.approx_limit_times = True

    @classmethod
    def from_clocked(
        cls,
        samples: ArrayLike,
        dt: Time,
        t_start: Time = 0.0,
        periodic: bool = False,
        name: str | None = "unnamed",
        interp_kind: str = "previous",
        units: str | None = None,
        copy: bool = False,
    ) -> Self:
        """A clocked series: sample k at ``t_start + k * dt``, ``t_stop = t_start + T * dt``.

        ``samples`` of shape (T, C) or (T,), or a scalar; their memory is shared unless ``copy``. ``dt`` and ``t_start``
        are read as the simplest fraction near them, a ``t_start`` on a step of ``dt`` as that step.

        Raises SeriesTypeError (a TypeError) without samples, SeriesError (a ValueError) where dt is not positive.

        >>> ts = TSContinuous.from_clocked([1.0, 2.0, 3.0], dt=0.1)
        >>> ts.t_stop, ts.times
        (0.3, array([0. , 0.1, 0.2]))
        """
        if samples is None:
            raise SeriesTypeError("samples: from_clocked needs samples, got None")
        values = as_samples(samples, copy=copy)
        if values.size == 0 and len(values) == 0 and np.ndim(samples) < 2:
            raise SeriesTypeError("samples: from_clocked needs at least one sample", hint="give shape (0, C) for none")
        step = sampling.step_fraction(dt)
        origin = on_grid(as_bound(t_start, "t_start"), step)
        series = object.__new__(cls)
        series._content = Trace(
            grid=Grid(origin, step), samples=values, t_start=origin, t_stop=origin + len(values) * step
        )
        series._describe(name, periodic)
        series._interpret(units, interp_kind, "extrapolate")
        return series

    # --- what it holds -----------------------------------------------------------------------------------------------

    @property
    def samples(self) -> NDArray[np.floating[Any]]:
        """Values, shape (T, C), read-only. Setting them needs the same number of rows."""
        return self._content.samples

    @property
    def num_channels(self) -> int:
        """The number of columns."""
        return self._content.samples.shape[1]

    def __len__(self) -> int:
        return len(self._content.samples)

    def _first(self) -> Time:
        return self._content.first

    def _last(self) -> Time:
        return self._content.last

    @property
    def interp_kind(self) -> str:
        """How values between samples are found."""
        return self._interp_kind

    # --- on the steps of a clock -------------------------------------------------------------------------------------

    def covers(self, start: int, stop: int, dt: Time) -> bool:
        """Whether the series can be sampled on all steps of ``dt`` in [start, stop): its first sample at or before the
        first of them, its ``t_stop`` at or after the end of the last, by the rounding rule; always, if periodic.

        >>> TSContinuous.from_clocked([1.0, 2.0, 3.0], dt=0.1).covers(0, 3, 0.1)
        True
        """
        return sampling.covers_steps(self._content, start, stop, sampling.step_fraction(dt), self.periodic)

    def sample_steps(self, start: int, count: int, dt: Time) -> NDArray[np.floating[Any]]:
        """The samples at ``k * dt`` s, k = start ... start + count - 1, shape (count, C), C-contiguous, read-only.

        A clocked ``previous`` series answers by integer arithmetic alone, and on its own grid without a copy. Any kind
        holds its last sample up to ``t_stop``. A sample stamped within the rounding rule of a step is on it.

        Raises SeriesError (a ValueError) for steps beyond the extent, or gives NaN with a warning where
        ``beyond_range_exception`` is off.

        >>> TSContinuous.from_clocked([1.0, 2.0, 3.0], dt=0.1).sample_steps(1, 2, 0.1)
        array([[2.],
               [3.]])
        """
        step = sampling.step_fraction(dt)
        trace, periodic = self._content, self.periodic and self._content.duration > 0
        if count <= 0:
            return trace.samples[:0]
        if len(trace.samples) == 0:
            raise SeriesError(f"{self.name}: an empty series has no samples at step {start} of {float(step)} s")
        if periodic or sampling.sampled_steps(trace, start, count, step):
            return sampling.sample_steps(trace, start, count, step, self._interp_kind, periodic)
        low, high = float(start * step), float((start + count - 1) * step)
        said = f"{self.name}: cannot be sampled from {low} s to {high} s, it reaches from {float(trace.first)} s"
        said += f" to {self.t_stop} s"
        if self.beyond_range_exception:
            raise SeriesError(said, hint="move it with start_at(t), or make it periodic")
        warnings.warn(said + ": NaN beyond", stacklevel=2)
        kept = [k for k in range(start, start + count) if sampling.sampled_steps(trace, k, 1, step)]
        rows = np.full((count, self.num_channels), np.nan, dtype=trace.samples.dtype)
        if kept:
            n = len(kept)
            rows[kept[0] - start : kept[0] - start + n] = sampling.sample_steps(
                trace, kept[0], n, step, self._interp_kind, False
            )
        return rows

    def _fields(self) -> dict[str, Any]:
        return super()._fields() | {
            "samples": self.samples,
            "units": self.units,
            "interp_kind": self._interp_kind,
            "fill_value": self.fill_value,
            "beyond_range_exception": self.beyond_range_exception,
            "approx_limit_times": self.approx_limit_times,
        }
