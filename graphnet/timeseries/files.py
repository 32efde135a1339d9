"""Series in NumPy's ``.npz`` files: every field, nothing pickled; older files of this kind are read, too."""

from __future__ import annotations

import logging
import os
import re
import warnings
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from graphnet.arrays.archives import UNREADABLE, read_archive, read_archive_at, told
from graphnet.errors import GraphnetError, ParameterError, SeriesError, SeriesTypeError
from graphnet.showing import named, shown

from .base import TimeSeries
from .binning import regular
from .checks import as_channels, frozen
from .content import Train
from .continuous import TSContinuous
from .event import TSEvent
from .exactly import Grid
from .sampling import Reading

log: logging.Logger = logging.getLogger("graphnet")

KINDS: dict[str, type[TimeSeries]] = {one.__name__: one for one in (TimeSeries, TSContinuous, TSEvent)}


class NoSeriesFile(SeriesError, FileNotFoundError):
    """There is no file of this name."""


class UnknownSeriesKind(SeriesError, KeyError):
    """A file does not say which kind of series it holds."""


# --- to a dictionary -------------------------------------------------------------------------------------------------


def record(
    series: TimeSeries,
    dtype_times: DTypeLike | None = None,
    dtype_samples: DTypeLike | None = None,
    dtype_channels: DTypeLike | None = None,
    without_times: bool = False,
) -> dict[str, Any]:
    """All fields of a series under the names that its file uses; arrays in the types asked for.

    ``without_times``: the clock says them, and they are not even computed.
    """
    content = series._content
    entry: dict[str, Any] = {
        "str_type": next(one.__name__ for one in type(series).__mro__ if one.__name__ in KINDS),
        **({} if without_times else {"times": rounded(series.times, dtype_times)}),
        "t_start": series.t_start,
        "t_stop": series.t_stop,
        "periodic": series.periodic,
        "name": series.name,
    }
    if dtype_times is not None and len(series):  # rounded times must not leave the extent
        entry["t_start"] = min(entry["t_start"], float(entry["times"][0]))
        entry["t_stop"] = max(entry["t_stop"], float(entry["times"][-1]))
    if content.grid is not None:
        entry["clock"] = [ratio(t) for t in (content.grid.dt, content.grid.origin, content.t_start, content.t_stop)]
    if series.trial_start_times is not None:
        entry["trial_start_times"] = series.trial_start_times
    if isinstance(series, TSContinuous):
        entry |= {"samples": rounded(series.samples, dtype_samples)}
        entry |= {one.name: getattr(series._reading, one.name) for one in fields(Reading) if one.name != "periodic"}
        entry["interp_kind"] = entry.pop("kind")
        if series.units is not None:
            entry["units"] = series.units
    if isinstance(series, TSEvent):
        entry |= {"channels": narrowed(series.channels, dtype_channels), "num_channels": series.num_channels}
        if content.steps is not None:
            entry["steps"] = content.steps
        if not without_times and entry["t_stop"] <= float(entry["times"][-1] if len(series) else -np.inf):
            entry["t_stop"] = float(np.nextafter(float(entry["times"][-1]), np.inf))
    return entry


def ratio(t: Fraction) -> str:
    """A fraction as text, which may be longer than any integer of NumPy."""
    return f"{t.numerator}/{t.denominator}"


def rounded(values: NDArray[Any], dtype: DTypeLike | None) -> NDArray[Any]:
    """``values`` in a floating type."""
    if dtype is None:
        return values
    if np.dtype(dtype).kind != "f":
        raise SeriesTypeError(f"dtype: times and samples are stored as floats, not as {np.dtype(dtype)}")
    with np.errstate(over="ignore"):
        stored = values.astype(dtype)
    if np.isinf(stored).any() and not np.isinf(values).any():
        raise SeriesError(f"dtype: {np.dtype(dtype)} is too small for values up to {np.abs(values).max()}")
    return stored


def narrowed(channels: NDArray[np.int32], dtype: DTypeLike | None) -> NDArray[Any]:
    """``channels`` in an integer type that has room for them."""
    if dtype is None:
        return channels
    kind: Any = np.dtype(dtype)
    top = int(channels.max()) if len(channels) else 0
    if kind.kind not in "iu" or top > np.iinfo(kind).max:
        raise SeriesError(f"dtype_channels: {kind} does not hold channels up to {top}")
    return channels.astype(kind)


# --- writing ---------------------------------------------------------------------------------------------------------


def write(path: Any, entry: dict[str, Any], verbose: bool = False) -> None:
    """Write the fields to a path (``.npz`` is added where it lacks) or into an open binary file.

    A file is written beside its place and then moved there: a failure leaves the old one whole.
    """
    stored = {key: storable(value) for key, value in entry.items() if not (key == "times" and "clock" in entry)}
    if not isinstance(path, str | os.PathLike):
        np.savez(path, **stored)
        return
    place = Path(path)
    place = place if place.suffix == ".npz" else place.with_name(place.name + ".npz")
    beside = place.with_name(f".{place.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            np.savez(file, **stored)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
    if verbose:
        log.info("saved %s %s to %s", entry["str_type"], entry["name"], place)


def storable(value: Any) -> Any:
    """A field as NumPy stores it; text that ends in a NUL, which NumPy would cut off, as bytes."""
    return np.frombuffer(value.encode(), dtype=np.uint8) if isinstance(value, str) and value.endswith("\0") else value


# --- reading ---------------------------------------------------------------------------------------------------------


def load_ts_from_file(path: Any, expected_type: type[TimeSeries] | str | None = None) -> Any:
    """The series in a file (a path, or an open binary file, which is read from its beginning).

    Raises SeriesTypeError (a TypeError) where it is not of ``expected_type`` or of no known kind; UnknownSeriesKind (a
    KeyError) where the file does not say its kind and ``expected_type`` does not either; SeriesError (a ValueError)
    for a file that holds no series, or pickled objects.
    """
    place = told(path) if isinstance(path, str | os.PathLike) else "the open file"
    return series_of(arrays(path), place, expected_type)


def series_of(stored: dict[str, Any], place: str, expected_type: type[TimeSeries] | str | None = None) -> Any:
    """The series of the arrays of a file, which is called ``place``. Raises as ``load_ts_from_file``."""
    try:
        kind = kind_of(stored, expected_type)
        series = restored(stored, kind)
    except SeriesError as error:
        raise type(error)(f"{place}: {error.message}", hint=error.hint) from error
    except (*UNREADABLE, ArithmeticError, LookupError, AttributeError) as error:
        said = error.message if isinstance(error, GraphnetError) else told(error)
        raise SeriesError(f"{place}: its arrays are those of no series: {said}") from error
    return series


def load_as(cls: type[TimeSeries], path: Any, expected_type: type[TimeSeries] | None) -> Any:
    """``cls.load``: any kind from the base class, its own from another."""
    if cls is TimeSeries:
        return load_ts_from_file(path, expected_type)
    if expected_type is not None:
        raise SeriesTypeError(f"expected_type: {cls.__name__}.load gives a {cls.__name__}", hint="use TimeSeries.load")
    return load_ts_from_file(path, next(one for one in cls.__mro__ if one.__name__ in KINDS))


def arrays(path: Any, whole: int | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of an ``.npz`` file, none of them pickled; of one of more than ``whole`` bytes only its outline."""
    by_name = isinstance(path, str | os.PathLike)
    place = told(path) if by_name else "the open file"
    try:
        return read_archive_at(path, whole) if by_name else read_archive(path, whole)
    except ParameterError as error:  # it cannot be opened
        raise (NoSeriesFile if isinstance(error.__cause__, FileNotFoundError) else SeriesError)(
            error.message
        ) from error
    except UNREADABLE as error:  # NumPy's own words would advise to unpickle it
        raise SeriesError(
            f"{place}: no series can be read from it: it is no whole .npz file of plain arrays: {told(error)}",
            hint="give a file that save wrote; objects that are pickled into one are never loaded",
        ) from error


def kind_of(stored: dict[str, Any], expected: type[TimeSeries] | str | None) -> str:
    """The name of the class that the arrays are for."""
    wanted = expected.__name__ if isinstance(expected, type) else expected
    found = next((str(stored[key]) for key in ("str_type", "strType") if key in stored), None) or tagged(stored, "type")
    if found is None:
        if wanted is None:
            raise UnknownSeriesKind("the file does not say which kind of series it holds", hint="give expected_type")
        warnings.warn(f"the file does not say which kind of series it holds: taken for a {wanted}", stacklevel=3)
        found = wanted
    if wanted is not None and found != wanted:
        raise SeriesTypeError(f"expected a {wanted}, the file holds a {named(found)}")
    if found not in KINDS:
        raise SeriesTypeError(f"a {named(found)} cannot be loaded; there are {', '.join(KINDS)}")
    return found


def tagged(stored: dict[str, Any], prefix: str) -> str | None:
    """What older files say in the name of an entry: ``prefix_value``."""
    names = [key for key in stored if key.startswith(prefix + "_")]
    return names[0][len(prefix) + 1 :] if names else None


def name_of(stored: dict[str, Any]) -> str:
    """The name of the series in these arrays."""
    return text_of(stored["name"]) if "name" in stored else (tagged(stored, "name") or "unnamed")


def text_of(value: Any) -> str:
    """Text as it was before ``storable``."""
    return value.tobytes().decode() if isinstance(value, np.ndarray) and value.dtype == np.uint8 else str(value)


def restored(stored: dict[str, Any], kind: str) -> Any:
    """The series of these arrays, checked like any other."""
    made = {"TSContinuous": continuous, "TSEvent": events}.get(kind, instants)
    try:
        series = made(stored)
    except KeyError as error:
        raise SeriesError(f"the file holds no {error.args[0]!r}, which a {kind} needs") from error
    series.periodic = bool(stored.get("periodic", False))
    if "trial_start_times" in stored:
        series.trial_start_times = stored["trial_start_times"]
    return series


def instants(stored: dict[str, Any]) -> TimeSeries:
    """Instants of these arrays."""
    return TimeSeries(stored["times"], t_start=stored["t_start"], t_stop=stored["t_stop"], name=name_of(stored))


def clock_of(stored: dict[str, Any]) -> list[Fraction] | None:
    """dt, origin, t_start and t_stop of a clocked series."""
    if "clock" not in stored:
        return None
    said = np.atleast_1d(stored["clock"]).tolist()
    parts = [re.fullmatch(r"(-?\d{1,300})/(\d{1,300})", str(one)) for one in said]
    if len(parts) != 4 or not all(parts):
        raise SeriesError(f"clock: expected four ratios, got {shown(said)}")
    pairs = [(int(one[1]), int(one[2])) for one in parts if one is not None]
    if any(bottom == 0 for _, bottom in pairs) or pairs[0][0] <= 0:
        raise SeriesError(f"clock: expected a positive dt, got {shown(said)}")
    return [Fraction(top, bottom) for top, bottom in pairs]


def continuous(stored: dict[str, Any]) -> TSContinuous:
    """A signal of these arrays; in older files without a kind of interpolation, a linear one."""
    kind = str(stored["interp_kind"]) if "interp_kind" in stored else (tagged(stored, "interp_kind") or "linear")
    fill: Any = np.asarray(stored.get("fill_value", "extrapolate"))
    fill = fill if fill.ndim else fill.item()
    about: dict[str, Any] = {"name": name_of(stored), "units": text_of(stored["units"]) if "units" in stored else None}
    clock = clock_of(stored)
    if clock is None:
        extent: dict[str, Any] = {key: float(stored[key]) for key in ("t_start", "t_stop") if key in stored}
        series = TSContinuous(stored["times"], stored["samples"], interp_kind=kind, **about, **extent)
    else:
        dt, origin, low, high = clock
        series = TSContinuous.from_clocked(stored["samples"], dt, origin, interp_kind=kind, **about)
        series.t_start = low
        series.t_stop = high
    series.fill_value = fill
    series.beyond_range_exception = bool(stored.get("beyond_range_exception", True))
    series.approx_limit_times = bool(stored.get("approx_limit_times", True))
    return series


def events(stored: dict[str, Any]) -> TSEvent:
    """A series of events of these arrays."""
    number = int(stored["num_channels"]) if "num_channels" in stored else None
    clock = clock_of(stored)
    if clock is None:
        extent: dict[str, Any] = {key: float(stored[key]) for key in ("t_start", "t_stop") if key in stored}
        return TSEvent(stored["times"], stored["channels"], num_channels=number, name=name_of(stored), **extent)
    dt, origin, low, high = clock
    steps, channels = stored["steps"], as_channels(stored["channels"])
    if steps.dtype != np.int64 or steps.shape != channels.shape or not regular(steps, channels):
        raise SeriesError(f"steps: expected {len(channels)} sorted int64, got shape {steps.shape} of {steps.dtype}")
    if len(steps) and not (low <= origin + int(steps[0]) * dt and origin + int(steps[-1]) * dt < high):
        raise SeriesError(f"steps: events lie outside the extent, {float(low)} s to {float(high)} s")
    series = TSEvent((), (), num_channels=number, name=name_of(stored), t_start=float(low), t_stop=float(high))
    room = TSEvent(np.zeros(len(channels)), channels, num_channels=number, t_start=0, t_stop=1).num_channels
    series._content = Train(
        grid=Grid(origin, dt),
        steps=frozen(steps),
        channels=frozen(channels),
        num_channels=room,
        t_start=low,
        t_stop=high,
    )
    return series
