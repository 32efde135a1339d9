"""Where the recorded signals of a stream go, block by block."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError, ParameterTypeError, StateError
from ..timeseries import TimeSeries, TSContinuous

Sink = Callable[[TimeSeries], Any]


def sink(name: str, target: Any, event: bool) -> tuple[Sink, Callable[[], None]]:
    """What takes a recorded signal block by block, and what closes it.

    ``target`` is a callable, a generator that is sent each block, or a .npy file of the samples of a continuous signal.
    """
    if isinstance(target, Generator):
        return _sending(name, target), target.close
    if isinstance(target, str | PathLike):
        path = Path(target)
        if path.suffix != ".npy" or event:
            what = "events" if event else "a signal"
            raise ParameterError(
                f"sink of {name!r}: {what} cannot be written to {path.name}",
                hint="a file sink is a .npy of samples; a callable or a generator takes any signal",
            )
        growing = NpyFile(path)
        return growing.add, growing.close
    if callable(target):
        return target, _nothing
    raise ParameterTypeError(
        f"sink of {name!r} is a callable, a generator or a .npy file, got a {type(target).__name__}"
    )


def _sending(name: str, target: Generator[Any, Any, Any]) -> Sink:
    def send(series: TimeSeries) -> None:
        try:
            if inspect.getgeneratorstate(target) == inspect.GEN_CREATED:
                next(target)
            target.send(series)
        except StopIteration:
            raise StateError(f"the sink of {name!r} has ended, but the stream goes on") from None

    return send


def _nothing() -> None:
    """A callable needs no closing."""


class NpyFile:
    """A .npy file of samples that grows block by block and can be read after each: rows first, then the header's
    count."""

    HEADER = 192  # bytes kept for the header, so that the count can grow in place

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: Any = None
        self._rows = 0

    def add(self, series: TimeSeries) -> None:
        """Append a block of a continuous signal."""
        assert isinstance(series, TSContinuous)  # others are refused before the stream begins
        rows = np.ascontiguousarray(series.samples)
        if self._file is None:
            self._file = self.path.open("wb")
        self._file.seek(self.HEADER + self._rows * rows.shape[1] * rows.itemsize)
        self._file.write(rows.tobytes())
        self._file.flush()
        self._rows += len(rows)
        self._write_header(rows)

    def _write_header(self, rows: NDArray[Any]) -> None:
        described = {"descr": np.lib.format.dtype_to_descr(rows.dtype), "fortran_order": False}
        text = repr({**described, "shape": (self._rows, rows.shape[1])})
        magic = b"\x93NUMPY\x01\x00"
        length = self.HEADER - len(magic) - 2
        self._file.seek(0)
        self._file.write(magic + length.to_bytes(2, "little") + text.encode().ljust(length - 1) + b"\n")
        self._file.flush()

    def close(self) -> None:
        """No more blocks."""
        if self._file is not None:
            self._file.close()
