"""Ways out of a series and back: plots, files, and the data types of other packages. Each imports on call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from numpy.typing import ArrayLike, DTypeLike

from .base import TimeSeries

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class SignalDoors(TimeSeries):
    """The ways out of a signal."""

    def plot(
        self,
        times: ArrayLike | None = None,
        target: Any = None,
        channels: Any = None,
        stagger: float | None = None,
        skip: int | None = None,
        *args: Any,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Axes:
        """Draw the signal into ``ax`` (or ``target``; default: the current Axes), which is returned.

        ``times``: draw the signal read at these. ``channels``, ``skip``: draw some, or every skip-th. ``stagger``: how
        much channel k is raised, times k; by default many channels get offsets of their own, and very many an image.
        ``dt``, ``xlim``, ``colors`` and any property of lines by keyword.

        Raises BackendMissing (a RuntimeError) without matplotlib, SeriesTypeError (a TypeError) for another ``target``.
        """
        from graphnet.views.signals.series import draw_continuous

        options = {"times": times, "channels": channels, "stagger": stagger, "skip": skip, "args": args}
        return draw_continuous(target if ax is None else ax, self, **options, **kwargs)

    def _repr_html_(self) -> str:
        from graphnet.views.signals.series import html

        return html(self)

    def to_dict(self, dtype_times: DTypeLike | None = None, dtype_samples: DTypeLike | None = None) -> dict[str, Any]:
        """All fields under the names of an ``.npz`` file, times and samples in the types asked for (e.g. float16)."""
        from .files import record

        return record(self, dtype_times=dtype_times, dtype_samples=dtype_samples)

    def save(
        self,
        path: Any,
        verbose: bool = False,
        dtype_times: DTypeLike | None = None,
        dtype_samples: DTypeLike | None = None,
    ) -> None:
        """Write every field to ``path`` or an open binary file (``.npz``), in the types asked for."""
        from .files import write

        write(path, self.to_dict(dtype_times, dtype_samples), verbose)

    def to_xarray(self) -> Any:
        """An ``xarray.DataArray`` with dims time (seconds) and channel; attrs ``dt``, ``units`` and the rest."""
        from .labelled import to_xarray

        return to_xarray(self)

    @classmethod
    def from_xarray(cls, array: Any) -> Self:
        """A signal from a DataArray with a dim ``time`` and at most one other; clocked where attrs have a ``dt``."""
        from .labelled import from_xarray

        return from_xarray(cls, array)

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame``: index time (seconds), one column a channel; the other fields in ``attrs``."""
        from .labelled import to_frame

        return to_frame(self)

    @classmethod
    def from_pandas(cls, frame: Any) -> Self:
        """A signal from a DataFrame or Series whose index is time; clocked where ``attrs`` have a ``dt``."""
        from .labelled import from_frame

        return from_frame(cls, frame)

    def to_neo(self) -> Any:
        """A ``neo.AnalogSignal``, or an ``IrregularlySampledSignal`` where the signal is not clocked."""
        from .neural import signal_to_neo

        return signal_to_neo(self)

    @classmethod
    def from_neo(cls, signal: Any) -> Self:
        """A signal from a ``neo.AnalogSignal`` (clocked) or an ``IrregularlySampledSignal``."""
        from .neural import signal_from_neo

        return signal_from_neo(cls, signal)

    def to_nir(self) -> Any:
        """``nir.TimeGriddedData`` of one sample, beginning at 0 s; the signal must be clocked."""
        from .neural import signal_to_nir

        return signal_to_nir(self)

    @classmethod
    def from_nir(cls, data: Any, sample: int = 0, t_start: float = 0.0) -> Self:
        """A clocked signal from one sample of ``nir.TimeGriddedData``."""
        from .neural import signal_from_nir

        return signal_from_nir(cls, data, sample, t_start)

    def to_wav(self, path: Any) -> None:
        """Write a WAV file of floating samples; the signal must be clocked, at a whole number of samples a second."""
        from .sound import to_wav

        to_wav(self, path)

    @classmethod
    def from_wav(cls, path: Any, t_start: float = 0.0) -> Self:
        """A clocked signal from a WAV file; integer samples become float32 or float64 from -1 to 1."""
        from .sound import from_wav

        return from_wav(cls, path, t_start)


class EventDoors(TimeSeries):
    """The ways out of a series of events."""

    def plot(
        self,
        time_limits: Any = None,
        target: Any = None,
        channels: Any = None,
        *args: Any,
        ax: Axes | None = None,
        **kwargs: Any,
    ) -> Axes:
        """Draw the events over time and channel into ``ax`` (or ``target``; default: the current Axes), which is
        returned.

        ``time_limits`` (or ``xlim``): a pair of seconds. A few events are drawn as strokes, many as an image of what
        the pixels can show. ``color`` and, for markers, any property of ``Axes.scatter`` by keyword.

        Raises BackendMissing (a RuntimeError) without matplotlib, SeriesTypeError (a TypeError) for another ``target``.
        """
        from graphnet.views.signals.series import draw_events

        target = target if ax is None else ax
        return draw_events(target, self, time_limits=time_limits, channels=channels, args=args, **kwargs)

    def _repr_html_(self) -> str:
        from graphnet.views.signals.series import html

        return html(self)

    def to_dict(self, dtype_times: DTypeLike | None = None, dtype_channels: DTypeLike | None = None) -> dict[str, Any]:
        """All fields under the names of an ``.npz`` file, times and channels in the types asked for.

        Raises SeriesError (a ValueError) where ``dtype_channels`` is too small.
        """
        from .files import record

        return record(self, dtype_times=dtype_times, dtype_channels=dtype_channels)

    def save(
        self,
        path: Any,
        verbose: bool = False,
        dtype_times: DTypeLike | None = None,
        dtype_channels: DTypeLike | None = None,
    ) -> None:
        """Write every field to ``path`` or an open binary file (``.npz``), in the types asked for."""
        from .files import write

        write(path, self.to_dict(dtype_times, dtype_channels), verbose)

    def to_pandas(self) -> Any:
        """A ``pandas.DataFrame`` with columns time (seconds) and channel; the other fields in ``attrs``."""
        from .labelled import to_event_frame

        return to_event_frame(self)

    @classmethod
    def from_pandas(cls, frame: Any, t_stop: float | None = None, num_channels: int | None = None) -> Self:
        """Events from a DataFrame with columns time and channel; extent and channels from ``attrs`` unless given."""
        from .labelled import from_event_frame

        return from_event_frame(cls, frame, t_stop, num_channels)

    def to_neo(self) -> list[Any]:
        """A ``neo.SpikeTrain`` for each channel, in order."""
        from .neural import events_to_neo

        return events_to_neo(self)

    @classmethod
    def from_neo(cls, trains: Any) -> Self:
        """Events from ``neo.SpikeTrain`` objects, a channel for each."""
        from .neural import events_from_neo

        return events_from_neo(cls, trains)

    def to_nir(self) -> Any:
        """``nir.EventData`` of one sample, beginning at 0 s."""
        from .neural import events_to_nir

        return events_to_nir(self)

    @classmethod
    def from_nir(cls, data: Any, sample: int = 0, t_start: float = 0.0) -> Self:
        """Events from one sample of ``nir.EventData``, or of boolean ``nir.TimeGriddedData`` (at the steps' starts)."""
        from .neural import events_from_nir

        return events_from_nir(cls, data, sample, t_start)

    def to_csv(self, path: Any) -> None:
        """Write time and channel of each event, a line each, below a comment line with the other fields (JSON)."""
        from .listing import to_csv

        to_csv(self, path)

    @classmethod
    def from_csv(cls, path: Any, t_stop: float | None = None, num_channels: int | None = None) -> Self:
        """Events from a CSV file with columns time and channel; extent and channels from its comment unless given."""
        from .listing import from_csv

        return from_csv(cls, path, t_stop, num_channels)
