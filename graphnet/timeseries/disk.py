"""A dictionary that keeps its series on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import IO, Any

from .base import TimeSeries
from .files import load_ts_from_file


class Stored:
    """A series in a temporary file, which goes with the last one who refers to it."""

    def __init__(self, series: TimeSeries) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  closed when nobody needs it any more
        series.save(self._file)
        self.repr: str = repr(series)

    def load(self) -> Any:
        """The series, anew."""
        return load_ts_from_file(self._file)

    def __del__(self) -> None:
        self._file.close()


class TSDictOnDisk(MutableMapping[Any, Any]):
    """A dictionary whose values that are series live in temporary files; each access loads them anew.

    Values of other kinds stay in memory, and come first when it is iterated. ``insert`` keeps series in memory.

    >>> from graphnet.timeseries import TSContinuous
    >>> kept = TSDictOnDisk({"rate": TSContinuous([0.0, 1.0], [2.0, 3.0]), "note": "first"})
    >>> list(kept), kept["rate"].samples.T
    (['note', 'rate'], array([[2., 3.]]))
    """

    def __init__(self, data: Mapping[Any, Any] | Iterable[tuple[Any, Any]] = ()) -> None:
        self._memory: dict[Any, Any] = {}
        self._files: dict[Any, Stored] = {}
        self.update(data)

    def __getitem__(self, key: Any) -> Any:
        return self._files[key].load() if key in self._files else self._memory[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(value, TimeSeries):
            self._files[key] = Stored(value)
            self._memory.pop(key, None)
        else:
            self._keep(key, value)

    def _keep(self, key: Any, value: Any) -> None:
        self._memory[key] = value
        self._files.pop(key, None)

    def __delitem__(self, key: Any) -> None:
        del (self._files if key in self._files else self._memory)[key]

    def __iter__(self) -> Iterator[Any]:
        yield from self._memory
        yield from self._files

    def __len__(self) -> int:
        return len(self._memory) + len(self._files)

    def __repr__(self) -> str:
        shown = {**self._memory, **{key: one.repr for key, one in self._files.items()}}
        return f"TSDictOnDisk({shown!r})"

    def insert(self, data: Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> None:
        """Like ``update``, but series stay in memory; what another TSDictOnDisk has on disk is shared with it."""
        if isinstance(data, TSDictOnDisk):
            for key, file in data._files.items():
                self._files[key] = file
                self._memory.pop(key, None)
            data = data._memory
        for key, value in dict(data).items():
            self._keep(key, value)
