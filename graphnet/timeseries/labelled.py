"""Series as labelled arrays and tables: xarray and pandas."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphnet.clock import steps_of
from graphnet.errors import SeriesError

from .continuous import TSContinuous
from .event import TSEvent
from .exactly import on_grid
from .stepping import step_fraction


def labels(series: Any) -> dict[str, Any]:
    """The fields that arrays and tables of other packages carry as attributes: numbers and text alone, none absent."""
    fields = {
        "dt": series.dt,
        "units": series.units,
        "t_start": series.t_start,
        "t_stop": series.t_stop,
        "periodic": int(series.periodic),
        "interp_kind": series.interp_kind,
    }
    return {key: value for key, value in fields.items() if value is not None}


def signal(cls: type[TSContinuous], times: NDArray[np.float64], samples: Any, attrs: Any, name: Any) -> Any:
    """A signal of these arrays: clocked where ``attrs`` have a dt on whose grid the times lie."""
    about: dict[str, Any] = {
        "name": None if name is None else str(name),
        "units": attrs.get("units"),
        "interp_kind": attrs.get("interp_kind", "previous"),
        "periodic": bool(attrs.get("periodic", False)),
    }
    extent: dict[str, Any] = {key: float(attrs[key]) for key in ("t_start", "t_stop") if key in attrs}
    dt = attrs.get("dt")
    if dt is None:
        return cls(times, samples, **about, **extent)
    origin = float(times[0]) if len(times) else extent.get("t_start", 0.0)
    if not np.array_equal(steps_of(times, float(dt), origin), np.arange(len(times))):
        raise SeriesError(
            f"dt: the times are not on a clock of {dt} s", hint="delete attrs['dt'] to read them as they are"
        )
    series = cls.from_clocked(samples, float(dt), origin, **about)
    if "t_start" in extent:
        series.t_start = extent["t_start"]
    if "t_stop" in extent:
        series.t_stop = extent["t_stop"]
    return series


def seconds_of(index: NDArray[Any]) -> NDArray[np.float64]:
    """Times as seconds: numbers as they are, spans of time converted, dates counted from the first."""
    if index.dtype.kind == "M":
        index = index - index[:1].repeat(len(index))
    if index.dtype.kind == "m":
        return index / np.timedelta64(1, "s")
    return np.asarray(index, dtype=np.float64)


def to_xarray(series: Any) -> Any:
    """A signal as a DataArray."""
    import xarray

    coords = {"time": ("time", series.times, {"units": "s"}), "channel": np.arange(series.num_channels)}
    return xarray.DataArray(
        series.samples, dims=("time", "channel"), coords=coords, name=series.name, attrs=labels(series)
    )


def from_xarray(cls: type[Any], array: Any) -> Any:
    """A signal from a DataArray."""
    if "time" not in array.dims or array.ndim > 2:
        raise SeriesError(f"expected a dim time and at most one other, got {array.dims}")
    array = array.transpose("time", ...)
    return signal(cls, seconds_of(array["time"].values), array.values, array.attrs, array.name)


def to_frame(series: Any) -> Any:
    """A signal as a DataFrame."""
    import pandas

    frame = pandas.DataFrame(series.samples, index=pandas.Index(series.times, name="time"))
    frame.columns.name = "channel"
    frame.attrs.update(labels(series), name=series.name)
    return frame


def from_frame(cls: type[Any], frame: Any) -> Any:
    """A signal from a DataFrame or a Series of pandas."""
    times = seconds_of(frame.index.to_numpy())
    return signal(cls, times, frame.to_numpy(), frame.attrs, frame.attrs.get("name"))


def to_event_frame(series: Any) -> Any:
    """Events as a DataFrame."""
    import pandas

    frame = pandas.DataFrame({"time": series.times, "channel": series.channels})
    frame.attrs.update(event_labels(series))
    return frame


def from_event_frame(cls: type[Any], frame: Any, t_stop: float | None, num_channels: int | None) -> Any:
    """Events from a DataFrame."""
    columns = seconds_of(frame["time"].to_numpy()), frame["channel"].to_numpy()
    return labelled_events(cls, *columns, frame.attrs, t_stop, num_channels)


def event_labels(series: Any) -> dict[str, Any]:
    """The fields of a series of events besides its times and channels."""
    fields = {
        "t_start": series.t_start,
        "t_stop": series.t_stop,
        "num_channels": series.num_channels,
        "periodic": series.periodic,
        "name": series.name,
        "dt": series.dt,
    }
    grid = series._content.grid
    if grid is not None and grid.origin % grid.dt:  # events in the middle of their steps, say
        fields["origin"] = float(grid.origin)
    return {key: value for key, value in fields.items() if value is not None}


def labelled_events(
    cls: type[TSEvent], times: Any, channels: Any, attrs: Any, t_stop: float | None, num_channels: int | None
) -> Any:
    """A series of these events; what is not given comes from ``attrs``, ``t_stop`` from just after the last event."""
    stop = attrs.get("t_stop") if t_stop is None else t_stop
    if stop is None and len(times):
        stop = float(np.nextafter(np.max(times), np.inf))
    number = attrs.get("num_channels") if num_channels is None else num_channels
    extent: dict[str, Any] = {"t_start": attrs.get("t_start"), "t_stop": stop, "num_channels": number}
    series = cls(times, channels, periodic=bool(attrs.get("periodic", False)), name=attrs.get("name"), **extent)
    return series if attrs.get("dt") is None else on_clock(series, attrs["dt"], attrs.get("origin", 0.0))


def on_clock(series: TSEvent, dt: float, origin: float) -> TSEvent:
    """The series on a clock that has a step at ``origin``, in its own extent; as it is, if it fits none."""
    late = on_grid(origin, step_fraction(dt))
    clocked = series.delay(-late).to_clocked(dt).delay(late)
    slack = 1e-6 * dt + 4.0 * np.spacing(np.abs(series.times))
    if np.any(np.abs(clocked.times - np.sort(series.times)) > slack):
        return series
    clocked.t_start = series.t_start
    clocked.t_stop = series.t_stop
    return clocked
