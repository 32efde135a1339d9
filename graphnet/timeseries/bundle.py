"""Several series in one file, by name: an archive of NumPy with nothing pickled, as runs keep what they recorded.

The arrays of a series are members ``NAME.samples``, ``NAME.times``, ``NAME.channels``, ``NAME.steps``; characters of a
name that an archive could take for a path are written as in addresses (``%2F``). All else stands in the member
``about``, which is JSON.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from graphnet.arrays.archives import UNREADABLE, read_archive_at, told
from graphnet.arrays.npz import check_list, members_of
from graphnet.arrays.places import open_regular
from graphnet.errors import FileError, GraphnetError

from .base import TimeSeries
from .files import kind_of, record, restored

ABOUT = "about"
Signals = Mapping[str, TimeSeries]


def write_bundle(path: str | os.PathLike[str], signals: Signals, about: Mapping[str, Any]) -> None:
    """Write series by their names, in their order, and what is ``about`` them (as JSON) into a file.

    The same series give the same bytes. The file is replaced whole or not at all; beside the series, which are not
    copied, this takes little memory. Raises FileError where it cannot be written.
    """
    from graphnet.files import write_atomic

    arrays: dict[str, NDArray[Any]] = {}
    entries: list[dict[str, Any]] = []
    for name, series in signals.items():
        fields = record(series, without_times=series.exact_dt is not None)
        kept = {key: value for key, value in fields.items() if isinstance(value, np.ndarray)}
        arrays.update((f"{_written(name)}.{key}", value) for key, value in kept.items())
        plain = {key: _plain(value) for key, value in fields.items() if key not in kept}
        entries.append({"signal": name, "periodic": plain.pop("periodic"), **plain})
    text = json.dumps({"signals": entries, **about}).encode("ascii")
    arrays[ABOUT] = np.frombuffer(text, dtype=np.uint8)
    write_atomic(path, lambda file: np.savez(file, allow_pickle=False, **arrays))


def read_bundle(path: str | os.PathLike[str]) -> tuple[dict[str, TimeSeries], dict[str, Any]]:
    """The series in a file that ``write_bundle`` wrote, by name, and what else it says.

    Each number is held once, in the array that was read. Raises FileError for a file that cannot be read, or holds
    anything else: nothing in it is executed.
    """
    try:
        arrays = read_archive_at(path)
        about = json.loads(arrays.pop(ABOUT).tobytes().decode("ascii"))
        entries = about.pop("signals")
        return {entry["signal"]: _series(entry, arrays) for entry in entries}, about
    except KeyError as error:
        missing = error.args[0] if error.args else ABOUT
        raise _damaged(path, f"it holds no {told(missing)!r}, which a file of recorded signals needs") from error
    except (*UNREADABLE, ArithmeticError, LookupError, AttributeError, RecursionError, GraphnetError) as error:
        raise _damaged(path, told(error.message if isinstance(error, GraphnetError) else error)) from error


def is_bundle(path: str | os.PathLike[str]) -> bool:
    """Whether a file looks like one of several series, without reading any; what it really holds, reading will tell."""
    try:
        with open_regular(Path(path), str(path)) as stream:
            check_list(stream, stream.seek(0, os.SEEK_END))
            with zipfile.ZipFile(stream) as archive:
                return ABOUT in members_of(archive)
    except (*UNREADABLE, GraphnetError):
        return False


def _series(entry: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> TimeSeries:
    own = _written(entry["signal"]) + "."
    keys = [own + key for key in ("samples", "times", "channels", "steps", "trial_start_times", "fill_value")]
    fields = {**entry, **{key.removeprefix(own): arrays[key] for key in keys if key in arrays}}
    return restored(fields, kind_of(fields, None))


def _written(name: str) -> str:
    """A name as a member of an archive carries it."""
    return quote(name, safe=" !#$&'()+,;=@[]{}^`", errors="surrogatepass")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _damaged(path: str | os.PathLike[str], said: str) -> FileError:
    return FileError(f"{told(path)} cannot be read: {said}", path=str(path), hint="give a file that Result.save wrote")


__all__ = ["is_bundle", "read_bundle", "write_bundle"]
