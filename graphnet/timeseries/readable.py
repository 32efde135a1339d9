"""What a signal holds and how it is read: at any time, and on the steps of a clock."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphnet.errors import SeriesError

from . import sampling, stepping
from .base import TimeSeries
from .checks import as_instants, as_samples
from .content import Trace
from .exactly import Time
from .sampling import Reading
from .stepping import step_fraction


class Readable(TimeSeries):
    """Samples over time and the ways to read them; ``TSContinuous`` without what makes new series of it."""

    _content: Trace
    _reading: Reading

    def _interpret(self, units: str | None, interp_kind: str, fill_value: Any) -> None:
        self.units: str | None = units
        self._reading = Reading(kind=interp_kind, fill_value=fill_value)

    # --- what it holds -----------------------------------------------------------------------------------------------

    @property
    def samples(self) -> NDArray[np.floating[Any]]:
        """Values, shape (T, C), read-only. Setting them needs the same number of rows."""
        return self._content.samples

    @samples.setter
    def samples(self, samples: ArrayLike) -> None:
        self._with_samples(samples, True)

    def _with_samples(self, samples: ArrayLike, inplace: bool) -> Self:
        values = as_samples(samples)
        if len(values) != len(self):
            raise SeriesError(f"samples: shape {values.shape} has {len(values)} rows for {len(self)} times")
        return self._become(replace(self._content, samples=values), inplace)

    @property
    def num_channels(self) -> int:
        """The number of columns."""
        return self._content.samples.shape[1]

    @property
    def num_traces(self) -> int:
        """Another name of ``num_channels``."""
        return self.num_channels

    @property
    def max(self) -> float:
        """The largest sample that is a number."""
        return self._extreme(np.fmax)

    @property
    def min(self) -> float:
        """The smallest sample that is a number."""
        return self._extreme(np.fmin)

    def _extreme(self, choose: np.ufunc) -> float:
        if self.samples.size == 0:
            raise SeriesError(f"{self.name}: an empty series has no largest or smallest sample")
        return float(choose.reduce(self.samples, axis=None))

    @property
    def interp_kind(self) -> str:
        """How values between samples are found."""
        return self._reading.kind

    @property
    def fill_value(self) -> Any:
        """What a ``previous`` series gives from its last sample to ``t_stop``; ``"extrapolate"`` holds that sample."""
        return self._reading.fill_value

    @fill_value.setter
    def fill_value(self, fill_value: Any) -> None:
        self._reading = replace(self._reading, fill_value=fill_value)

    @property
    def beyond_range_exception(self) -> bool:
        """Whether reading outside the range raises (the default) or gives NaN with a warning."""
        return self._reading.beyond_range_exception

    @beyond_range_exception.setter
    def beyond_range_exception(self, raises: bool) -> None:
        self._reading = replace(self._reading, beyond_range_exception=bool(raises))

    @property
    def approx_limit_times(self) -> bool:
        """Whether times that miss the range by at most 1e-9 s are moved to its limits, with a warning."""
        return self._reading.approx_limit_times

    @approx_limit_times.setter
    def approx_limit_times(self, moves: bool) -> None:
        self._reading = replace(self._reading, approx_limit_times=bool(moves))

    @property
    def _how(self) -> Reading:
        return replace(self._reading, periodic=self.periodic)

    @property
    def interp(self) -> Callable[[ArrayLike], NDArray[np.floating[Any]]]:
        """A function of times (n,) to samples (n, C), NaN outside the range."""
        lenient = replace(self._how, beyond_range_exception=False, approx_limit_times=False)
        return partial(read_leniently, self._content, lenient)

    def __len__(self) -> int:
        return len(self._content.samples)

    def __iter__(self) -> Iterator[tuple[float, NDArray[np.floating[Any]]]]:
        """Pairs of a time and the row of samples there."""
        return zip(self.times.tolist(), self.samples, strict=True)

    def _first(self) -> Time:
        return self._content.first

    def _last(self) -> Time:
        return self._content.last

    def _value(self, i: int) -> str:
        return str(self.samples[i])

    def _size(self) -> str:
        return f" Samples: {len(self)}. Channels: {self.num_channels}"

    # --- reading -----------------------------------------------------------------------------------------------------

    def __call__(self, times: ArrayLike) -> NDArray[np.floating[Any]]:
        """The samples at ``times`` (n,): shape (n, C), (n, 0) from an empty series.

        Readable from the first sample to the last, with ``previous`` on to ``t_stop``; everywhere, if periodic. A
        clocked series gives on its own grid its samples, whatever arithmetic the times came from.

        Raises SeriesError (a ValueError) outside, or gives NaN with a warning: see ``beyond_range_exception``.
        """
        return sampling.sample(self._content, as_instants(times), self._how)

    # --- on the steps of a clock -------------------------------------------------------------------------------------

    def covers(self, start: int, stop: int, dt: Time) -> bool:
        """Whether the series can be sampled on all steps of ``dt`` in [start, stop): its first sample at or before the
        first of them, its ``t_stop`` at or after the end of the last, by the rounding rule; always, if periodic.

        >>> from graphnet.timeseries import TSContinuous
        >>> TSContinuous.from_clocked([1.0, 2.0, 3.0], dt=0.1).covers(0, 3, 0.1)
        True
        """
        return stepping.covers_steps(self._content, start, stop, step_fraction(dt), self.periodic)

    def sample_steps(self, start: int, count: int, dt: Time) -> NDArray[np.floating[Any]]:
        """The samples at ``k * dt`` s, k = start ... start + count - 1, shape (count, C), C-contiguous, read-only.

        A clocked ``previous`` series answers by integer arithmetic alone, and on its own grid without a copy. Any kind
        holds its last sample up to ``t_stop``. A sample stamped within the rounding rule of a step is on it.

        Raises SeriesError (a ValueError) for steps beyond the extent, or gives NaN with a warning where
        ``beyond_range_exception`` is off.

        >>> from graphnet.timeseries import TSContinuous
        >>> TSContinuous.from_clocked([1.0, 2.0, 3.0], dt=0.1).sample_steps(1, 2, 0.1)
        array([[2.],
               [3.]])
        """
        step = step_fraction(dt)
        trace, periodic = self._content, self.periodic and self._content.duration > 0
        if count <= 0:
            return trace.samples[:0]
        own = stepping.own_rows(trace, start, count, step)
        if own is not None:
            return own
        if len(trace.samples) == 0:
            raise SeriesError(f"{self.name}: an empty series has no samples at step {start} of {float(step)} s")
        if periodic or stepping.reaches_steps(trace, start, count, step):
            return stepping.sample_steps(trace, start, count, step, self._reading.kind, periodic)
        low, high = float(start * step), float((start + count - 1) * step)
        said = f"{self.name}: cannot be sampled from {low} s to {high} s, it reaches from {float(trace.first)} s"
        said += f" to {self.t_stop} s"
        if self.beyond_range_exception:
            raise SeriesError(said, hint="move it with start_at(t), or make it periodic")
        warnings.warn(said + ": NaN beyond", stacklevel=2)
        kept = [k for k in range(start, start + count) if stepping.reaches_steps(trace, k, 1, step)]
        rows = np.full((count, self.num_channels), np.nan, dtype=trace.samples.dtype)
        if kept:
            n = len(kept)
            rows[kept[0] - start : kept[0] - start + n] = stepping.sample_steps(
                trace, kept[0], n, step, self._reading.kind, False
            )
        return rows

    def _fields(self) -> dict[str, Any]:
        return super()._fields() | {"samples": self.samples, "units": self.units, **self._reading.__dict__}


def read_leniently(trace: Trace, reading: Reading, times: ArrayLike) -> NDArray[np.floating[Any]]:
    """Samples at ``times``, NaN outside the range, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sampling.sample(trace, as_instants(times), reading)
