"""A signal of real numbers over time: clocked or irregular, sampled anywhere in its extent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphnet.errors import ChannelError, SeriesError, SeriesTypeError

from . import cutting, joining
from .algebra import Algebra
from .base import listed
from .checks import as_bound, as_count, as_samples, as_times
from .content import NO_TIMES, Trace
from .doors import SignalDoors
from .exactly import Grid, Time, on_grid
from .extent import extent_of, spread_offsets
from .stepping import step_fraction


class TSContinuous(Algebra, SignalDoors):
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
        step = step_fraction(dt)
        origin = on_grid(as_bound(t_start, "t_start"), step)
        series = object.__new__(cls)
        series._content = Trace(
            grid=Grid(origin, step), samples=values, t_start=origin, t_stop=origin + len(values) * step
        )
        series._describe(name, periodic)
        series._interpret(units, interp_kind, "extrapolate")
        return series

    # --- parts --------------------------------------------------------------------------------------------------------

    def __getitem__(self, indices: Any) -> TSContinuous:
        """``ts[times]`` resamples, ``ts[start:stop]`` cuts (a view, ``stop`` excluded), ``ts[start:stop:step]``
        samples on a clock; a second index picks channels.

        >>> ts = TSContinuous.from_clocked([1.0, 2.0, 3.0], dt=0.1)
        >>> ts[0.1:0.3].samples
        array([[2.],
               [3.]])
        """
        at, channels = indices if isinstance(indices, tuple) and len(indices) == 2 else (indices, None)
        if isinstance(at, tuple) and len(at) != 1:
            raise ChannelError(f"{self.name}: expected at most two indices, [times, channels], got {len(at)}")
        part = cutting.picked(self._content, channels)
        if not isinstance(at, slice):
            return self._become(cutting.resampled(part, at, None, self._how), False, _periodic=False)
        if at.step is not None:
            return self._become(cutting.strided(part, at, self._how), False, _periodic=False)
        bounds = optional_bounds(at.start, at.stop)
        return self._clipped(part, bounds, stop=at.stop is None, limits=False, inplace=False)

    def _clipped(self, part: Trace, bounds: Any, stop: bool, limits: bool, inplace: bool) -> Self:
        cut = cutting.clip(part, bounds, stop, limits, self._how)
        whole = (cut.t_start, cut.t_stop) == (part.t_start, part.t_stop) and len(cut.samples) == len(part.samples)
        return self._become(cut, inplace, _periodic=self.periodic and whole)

    def clip(
        self,
        t_start: Time | None = None,
        t_stop: Time | None = None,
        channels: Any = None,
        include_stop: bool = True,
        sample_limits: bool = True,
        inplace: bool = False,
    ) -> Self:
        """The part between two times (in any order), which become its extent.

        ``include_stop``: also a sample at ``t_stop``. ``sample_limits``: add a sample at each bound that is given and
        can be read. A part of a periodic series is not periodic. Clocked series give views, where no bound between
        steps has to be sampled. Bounds beyond the series are kept, with a warning.
        """
        part = cutting.picked(self._content, channels)
        return self._clipped(part, optional_bounds(t_start, t_stop), include_stop, sample_limits, inplace)

    def resample(self, times: ArrayLike, channels: Any = None, inplace: bool = False) -> Self:
        """The series read at ``times``, from the first to the last of them; no longer clocked or periodic.

        Raises ChannelError (an IndexError) for a channel that does not exist.
        """
        return self._become(cutting.resampled(self._content, times, channels, self._how), inplace, _periodic=False)

    def to_clocked(self, dt: Time) -> Self:
        """The series read at ``t_start + k * dt``, in ceil(duration / dt) samples.

        >>> TSContinuous([0.0, 1.0], [3.0, 4.0], interp_kind="linear").to_clocked(0.25).samples.T
        array([[3.  , 3.25, 3.5 , 3.75]])
        """
        return self._become(cutting.clocked(self._content, step_fraction(dt), self._how), False)

    # --- putting together --------------------------------------------------------------------------------------------

    def _at_my_times(self, other: Any) -> NDArray[np.floating[Any]] | None:
        if not isinstance(other, TSContinuous):
            return None
        return joining.at_times_of(self._content, other._content, other._how)

    def merge(self, other_series: Any, remove_duplicates: bool = True, inplace: bool = False) -> Self:
        """Samples of several series of equal width in the order of time; of equal times the first series' first.

        ``remove_duplicates``: leave out samples at a time at which an earlier series has one. In O(n log n).
        """
        others = listed(other_series, TSContinuous, "merge")
        traces = [one._content for one in (self, *others)]
        return self._become(joining.merged(traces, remove_duplicates), inplace)

    def append_c(self, other_series: Any, inplace: bool = False) -> Self:
        """The series with the channels of others, read at its times, to the right of its own."""
        others = listed(other_series, TSContinuous, "append_c")
        columns = [joining.at_times_of(self._content, one._content, one._how) for one in others]
        return self._become(joining.beside(self._content, columns), inplace)

    def append_t(self, other_series: Any, offset: Any = None, inplace: bool = False) -> Self:
        """The series with others behind it, each ``offset`` seconds after the ``t_stop`` of the one before.

        ``offset``: a number, a list with one for each, or None: the median step of the series before, 0 where it has
        less than two samples or the appended one none, and 0 behind a clocked series, whose last step is already part
        of it.

        >>> half = TSContinuous.from_clocked([1.0, 2.0], dt=0.1)
        >>> half.append_t(half).times
        array([0. , 0.1, 0.2, 0.3])
        """
        others = listed(other_series, TSContinuous, "append_t")
        traces = [one._content for one in (self, *others)]
        return self._become(joining.chained(traces, spread_offsets(offset, len(others))), inplace)

    def _emptied(self) -> Self:
        return self._twin(replace(super()._emptied()._content, samples=self.samples[:0]))


def optional_bounds(t_start: Any, t_stop: Any) -> tuple[Time | None, Time | None]:
    """Two bounds, each checked where it is given."""
    return (
        None if t_start is None else as_bound(t_start, "t_start"),
        None if t_stop is None else as_bound(t_stop, "t_stop"),
    )
