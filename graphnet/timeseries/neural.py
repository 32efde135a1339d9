"""Series as the data types of neuroscience: Neo and NIR."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.errors import SeriesError, SeriesTypeError


def notes_of(series: Any) -> dict[str, Any]:
    """What Neo has no field for."""
    return {
        "interp_kind": series.interp_kind,
        "periodic": series.periodic,
        "text_units": series.units,
        "extent": [series.t_start, series.t_stop],
    }


def signal_to_neo(series: Any) -> Any:
    """A signal as a signal of Neo."""
    import neo
    import quantities as pq

    try:
        unit: Any = pq.Quantity(1.0, series.units or "dimensionless").units
    except (LookupError, SyntaxError, TypeError):
        unit = pq.dimensionless  # a unit that Neo does not know stays in the annotations
    about = {"units": unit, "name": series.name, **notes_of(series)}
    if series.dt is None:
        return neo.IrregularlySampledSignal(series.times, series.samples, time_units="s", **about)
    begin = float(series.times[0]) if len(series) else series.t_start
    return neo.AnalogSignal(series.samples, sampling_period=series.dt * pq.s, t_start=begin * pq.s, **about)


def signal_from_neo(cls: type[Any], signal: Any) -> Any:
    """A signal from a signal of Neo."""
    import neo

    source: Any = signal  # its quantities are typed as possibly absent

    notes = signal.annotations
    name_of_unit = signal.dimensionality.string
    about: dict[str, Any] = {
        "name": signal.name,
        "units": notes.get("text_units", None if name_of_unit == "dimensionless" else name_of_unit),
        "interp_kind": notes.get("interp_kind", "previous"),
        "periodic": bool(notes.get("periodic", False)),
    }
    begin, end = notes.get("extent", (None, None))
    if isinstance(signal, neo.IrregularlySampledSignal):
        return cls(source.times.rescale("s").magnitude, signal.magnitude, t_start=begin, t_stop=end, **about)
    if not isinstance(signal, neo.AnalogSignal):
        raise SeriesTypeError(f"expected a neo signal, got {type(signal).__name__}")
    period, first = source.sampling_period.rescale("s").item(), source.t_start.rescale("s").item()
    series = cls.from_clocked(signal.magnitude, period, first, **about)
    if begin is not None:
        series.t_start = begin
        series.t_stop = end
    return series


def events_to_neo(series: Any) -> list[Any]:
    """Events as spike trains of Neo."""
    import neo

    order = np.argsort(series.channels, kind="stable")
    ends = np.searchsorted(series.channels[order], np.arange(series.num_channels + 1))
    times = series.times[order]
    extent = {"t_start": series.t_start, "t_stop": series.t_stop, "units": "s"}
    return [
        neo.SpikeTrain(times[ends[j] : ends[j + 1]], name=f"{series.name}[{j}]", channel=j, **extent)
        for j in range(series.num_channels)
    ]


def events_from_neo(cls: type[Any], trains: Any) -> Any:
    """Events from spike trains of Neo."""
    trains = list(trains)
    if not trains:
        return cls()
    times = [train.times.rescale("s").magnitude for train in trains]
    channels = np.repeat(np.arange(len(trains)), [len(one) for one in times])
    low = min(train.t_start.rescale("s").item() for train in trains)
    high = max(train.t_stop.rescale("s").item() for train in trains)
    stamps = np.concatenate(times)
    if len(stamps) and stamps.max() >= high:  # Neo lets an event lie at t_stop itself
        high = float(np.nextafter(stamps.max(), np.inf))
    names = {(train.name or "").rpartition("[")[0] for train in trains}
    name = names.pop() if len(names) == 1 else None
    return cls(stamps, channels, t_start=low, t_stop=high, num_channels=len(trains), name=name or None)


def signal_to_nir(series: Any) -> Any:
    """A clocked signal as data of NIR."""
    import nir

    if series.dt is None:
        raise SeriesError(f"{series.name}: NIR holds clocked signals", hint="use to_clocked(dt).to_nir()")
    return nir.TimeGriddedData(np.array(series.samples)[None], series.dt)


def signal_from_nir(cls: type[Any], data: Any, sample: int, t_start: float) -> Any:
    """A clocked signal from data of NIR."""
    import nir

    if not isinstance(data, nir.TimeGriddedData):
        raise SeriesTypeError(f"expected nir.TimeGriddedData, got {type(data).__name__}")
    return cls.from_clocked(data.data[sample], float(data.dt), t_start)


def events_to_nir(series: Any) -> Any:
    """Events as data of NIR."""
    import nir

    times = series.start_at_zero().times
    return nir.EventData(series.channels.astype(np.int64)[None], times[None], series.num_channels, series.duration)


def events_from_nir(cls: type[Any], data: Any, sample: int, t_start: float) -> Any:
    """Events from data of NIR."""
    import nir

    if isinstance(data, nir.TimeGriddedData):
        return cls.from_raster(data.data[sample], float(data.dt), t_start, spikes_at_bin_start=True)
    if not isinstance(data, nir.EventData):
        raise SeriesTypeError(f"expected nir.EventData, got {type(data).__name__}")
    real = data.idx[sample] >= 0
    times, channels = data.time[sample][real], data.idx[sample][real]
    high = float(data.t_max)
    if len(times) and times.max() >= high:
        high = float(np.nextafter(times.max(), np.inf))
    series = cls(times, channels, t_start=0.0, t_stop=high, num_channels=data.n_neurons)
    return series.start_at(t_start) if t_start else series
