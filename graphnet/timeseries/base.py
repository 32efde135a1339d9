"""What every series has: an extent, times, a name; being moved in time, copied, put end to end."""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from graphnet.errors import SeriesTypeError

from .backend import get_global_ts_plotting_backend, resolve
from .checks import as_bound, as_times
from .content import Content
from .exactly import Time
from .extent import extent_of, is_array, same, spread_offsets
from .placed import Placed

log: logging.Logger = logging.getLogger("graphnet")


class TimeSeries(Placed):
    """Instants of time in an extent [t_start, t_stop], all in seconds.

    A series never changes by itself: operations return new ones, which share memory where they can. Setters and
    ``inplace=True`` replace the content as a whole, or leave it as it was.

    ``times`` must be finite and not decrease. ``t_start`` defaults to the first time (0 if there is none), ``t_stop``
    to the last (``t_start`` if there is none).

    >>> ts = TimeSeries([1.0, 2.0, 4.0], name="marks")
    >>> len(ts), ts.t_start, ts.t_stop, ts.duration
    (3, 1.0, 4.0, 3.0)
    """

    def __init__(
        self,
        times: ArrayLike = (),
        periodic: bool = False,
        t_start: Time | None = None,
        t_stop: Time | None = None,
        plotting_backend: str | None = None,
        name: str | None = "unnamed",
    ) -> None:
        stamps = as_times(times)
        low, high = extent_of(stamps, t_start, t_stop)
        self._content = Content(stamps=stamps, t_start=low, t_stop=high)
        self._describe(name, periodic)
        self.set_plotting_backend(plotting_backend)

    # --- moving, copying ---------------------------------------------------------------------------------------------

    def delay(self, offset: Time, inplace: bool = False) -> Self:
        """The same series ``offset`` seconds later."""
        return self._become(self._content.shifted(as_bound(offset, "offset")), inplace)

    def start_at(self, t: Time, inplace: bool = False) -> Self:
        """The same series moved so that it begins at ``t`` seconds."""
        goal = self._content.exactly(as_bound(t, "t"))
        moved = self._content.shifted(goal - self._content.t_start)
        return self._become(replace(moved, t_start=goal), inplace)

    def start_at_zero(self, inplace: bool = False) -> Self:
        """The same series moved so that it begins at 0 s."""
        return self.start_at(0.0, inplace)

    def copy(self) -> Self:
        """An independent copy, which shares no memory with this series or with the caller's arrays."""
        content = self._content
        arrays = {
            name: value.copy() for name in content.__dataclass_fields__ if is_array(value := getattr(content, name))
        }
        for one in arrays.values():
            one.flags.writeable = False
        return self._twin(replace(content, **arrays))

    def __copy__(self) -> Self:
        return self._twin(self._content)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.copy()

    @classmethod
    def concatenate_t(cls, series: Iterable[Self], offset: Any = None) -> Self:
        """Series one behind another, from the first one's ``t_start``; the first offset delays the first series.

        ``offset`` as for ``append_t``. No series at all give an empty one.
        """
        several = listed(series, TimeSeries, "concatenate_t")
        if not several:
            return cls()
        return several[0]._emptied().append_t(several, offset=offset)

    def _emptied(self) -> Self:
        """An empty series of this class and clock, at this ``t_start``."""
        content = self._content
        stamps = None if content.stamps is None else content.stamps[:0]
        return self._twin(replace(content, stamps=stamps, t_stop=content.t_start))

    def append_t(self, other_series: Any, offset: Any = None) -> Self:
        """The series with others behind it, each ``offset`` seconds (default 0) after the ``t_stop`` before it."""
        others = listed(other_series, TimeSeries, "append_t")
        stamps, stop = [self.times], self.t_stop
        for one, gap in zip(others, spread_offsets(offset, len(others)), strict=True):
            moved = one.start_at(stop + float(gap or 0.0))
            stamps.append(moved.times)
            stop = moved.t_stop
        joined = as_times(np.concatenate(stamps), "offset")
        return self._twin(replace(self._content, grid=None, stamps=joined, t_stop=stop))

    # --- showing, keeping --------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        if self.isempty():
            return f"Empty {type(self).__name__} object `{self.name}` from t={self.t_start} to {self.t_stop}"
        kind = "periodic" if self.periodic else "non-periodic"
        return (
            f"{kind} {type(self).__name__} object `{self.name}` from t={self.t_start} to {self.t_stop}.{self._size()}"
        )

    def _size(self) -> str:
        return f" Samples: {len(self)}."

    def print(self, full: bool = False, num_first: int = 4, num_last: int = 4, limit_shorten: int = 10) -> None:
        """Write the ``repr`` and samples to standard output; the first and last if more than ``limit_shorten``."""
        lines = [repr(self)]
        shown = range(len(self))
        if not full and len(self) > limit_shorten:
            shown = [*range(num_first), None, *range(len(self) - num_last, len(self))]
        lines += ["    ..." if i is None else f"    t={self.times[i]}: {self._value(i)}" for i in shown]
        sys.stdout.write("\n".join(lines) + "\n")

    def _value(self, i: int) -> str:
        """What ``print`` says of sample i."""
        return f"sample {i}"

    @property
    def plotting_backend(self) -> str | None:
        """What ``plot`` draws with: this series' own choice, else the global one."""
        return self._plotting_backend or get_global_ts_plotting_backend()

    def set_plotting_backend(self, backend: str | None, verbose: bool = True) -> None:
        """Choose a plotting backend for this series alone; None follows the global choice."""
        self._plotting_backend = resolve(backend)
        if verbose and backend is not None:
            log.info("series %s draws with %s", self.name, self._plotting_backend)

    def to_dict(self) -> dict[str, Any]:
        """All fields under the names of an ``.npz`` file of a series."""
        from .files import record

        return record(self)

    def save(self, path: Any, verbose: bool = False) -> None:
        """Write the series with every field to ``path`` (or an open binary file), in NumPy's ``.npz`` format."""
        from .files import write

        write(path, self.to_dict(), verbose)

    @classmethod
    def load(cls, path: Any, expected_type: type[TimeSeries] | None = None) -> Self:
        """A series from a file that ``save`` wrote. A subclass loads its own kind alone.

        Raises SeriesTypeError (a TypeError) for another kind, or where a subclass is given ``expected_type``.
        """
        from .files import load_as

        return load_as(cls, path, expected_type)

    def equals(self, other: object) -> bool:
        """Whether ``other`` is a series of the same class with the same content, extent, names and settings."""
        if type(self) is not type(other) or not isinstance(other, TimeSeries):
            return False
        mine, theirs = self._fields(), other._fields()
        return all(same(mine[key], theirs[key]) for key in mine)

    def _fields(self) -> dict[str, Any]:
        """Everything that makes two series equal."""
        return {
            "times": self.times,
            "t_start": self.t_start,
            "t_stop": self.t_stop,
            "dt": self.exact_dt,
            "periodic": self.periodic,
            "name": self.name,
            "trial_start_times": self.trial_start_times,
        }


def listed(series: Any, kind: type[Any], act: str) -> list[Any]:
    """One series or several, as a list of series of one class."""
    several = [series] if isinstance(series, TimeSeries) or not isinstance(series, Iterable) else [*series]
    for one in several:
        if not isinstance(one, kind):
            raise SeriesTypeError(f"{act}: expected {kind.__name__}, got {type(one).__name__}")
    return several


def _extend_periodic_times(t_start: float, t_stop: float, series: TimeSeries) -> NDArray[np.float64]:
    """The times of a periodic series, repeated so often before and after that they reach over [t_start, t_stop]."""
    before = max(math.ceil((series.t_start - t_start) / series.duration), 0)
    after = max(math.ceil((t_stop - series.t_stop) / series.duration), 0)
    starts = np.arange(-before, after + 1) * series.duration
    return (starts[:, None] + series.times[None, :]).reshape(-1)
