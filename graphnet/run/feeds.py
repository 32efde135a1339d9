"""Where a stream comes from and goes to: arrays, series, iterators, files larger than memory, live callables.

A feed is pulled: nothing is read before a block asks for it, so a slow reader slows its source.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..clock import step_of
from ..errors import InputError, ParameterError
from ..structure import Input
from ..timeseries import TimeSeries, TSContinuous, TSEvent


class Feed(Protocol):
    """One input of a stream."""

    def pull(self, start: Fraction, stop: Fraction) -> tuple[TimeSeries, Fraction]:
        """A series that covers exact times (s) from start, and up to where it does: ``stop``, or less at the end."""
        ...


def feed(declared: Input, source: Any, dt: Fraction | None, now: Fraction) -> Feed:
    """The feed of an input: a series, an array (T, C), a file (.npy, .npz, .wav), an iterator of chunks, or a
    callable.

    ``dt`` (s) is the interval of rows that do not say so themselves; the first row is at ``now``. Raises InputError.
    """
    name = f"input {declared.name!r}"
    if isinstance(source, str | PathLike):
        source, dt = _opened(name, Path(source), dt)
    if isinstance(source, TimeSeries):
        _fits(name, declared, source)
        return Whole(source)
    if declared.type is TSEvent:
        if isinstance(source, Iterable):
            return Pieces(declared, iter(source))
        raise InputError(f"{name} takes events: stream a TSEvent or an iterator of them, got a {type(source).__name__}")
    if dt is None:
        raise InputError(
            f"{name}: at what interval do the rows of a {type(source).__name__} lie?", hint="say dt=... in seconds"
        )
    if isinstance(source, np.ndarray):
        return Rows(declared, _slices(_table(name, declared, source)), dt, now)
    if isinstance(source, Iterable):
        return Rows(declared, iter(source), dt, now)
    if callable(source):
        return Rows(declared, None, dt, now, ask=source)
    raise InputError(f"{name} cannot stream from a {type(source).__name__}")


def _opened(name: str, path: Path, dt: Fraction | None) -> tuple[Any, Fraction | None]:
    try:
        if path.suffix == ".npy":
            return np.load(path, mmap_mode="r", allow_pickle=False), dt
        if path.suffix == ".npz":
            return TimeSeries.load(path), dt
        if path.suffix == ".wav":
            from scipy.io import wavfile

            rate, samples = wavfile.read(path, mmap=True)
            return samples, Fraction(1, int(rate))
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: cannot read {path}: {error}") from error
    raise InputError(f"{name}: cannot stream from {path.name}", hint="stream a .npy, .npz or .wav file")


def _fits(name: str, declared: Input, series: TimeSeries) -> None:
    if not isinstance(series, declared.type):
        raise InputError(f"{name} takes {declared.type.__name__}, got {type(series).__name__}")
    if series.num_channels != declared.size:
        raise InputError(f"{name} has {declared.size} channels, the series has {series.num_channels}")


def _table(name: str, declared: Input, rows: Any) -> NDArray[Any]:
    table = np.asanyarray(rows)
    if table.ndim == 1 and declared.size == 1:
        table = table[:, np.newaxis]
    if table.ndim != 2 or table.shape[1] != declared.size:
        raise InputError(f"{name} takes rows (n, {declared.size}), got shape {table.shape}")
    return table


def _slices(table: NDArray[Any], rows: int = 4096) -> Iterator[NDArray[Any]]:
    for begin in range(0, len(table), rows):
        yield table[begin : begin + rows]


class Whole:
    """A series that is there as a whole."""

    def __init__(self, series: TimeSeries) -> None:
        self.series = series

    def pull(self, start: Fraction, stop: Fraction) -> tuple[TimeSeries, Fraction]:
        """The series itself; it ends where it ends."""
        if self.series.periodic:
            return self.series, stop
        return self.series, min(stop, Fraction(self.series.t_stop).limit_denominator(10**12))


class Rows:
    """Rows at a fixed interval, from chunks or on request; what has been read and not used waits."""

    def __init__(
        self, declared: Input, chunks: Iterator[Any] | None, dt: Fraction, now: Fraction,
        ask: Callable[[int], Any] | None = None,
    ) -> None:  # fmt: skip
        self.declared: Input = declared
        self.chunks: Iterator[Any] | None = chunks
        self.dt: Fraction = dt
        self.ask: Callable[[int], Any] | None = ask
        self.first = step_of(float(now), dt)
        if self.first * dt != now:
            raise InputError(f"input {declared.name!r}: its rows every {float(dt)!r} s do not meet {float(now)!r} s")
        self.held: NDArray[Any] = np.zeros((0, declared.size))
        self.ended = False

    def pull(self, start: Fraction, stop: Fraction) -> tuple[TimeSeries, Fraction]:
        """Read on until the rows reach ``stop``."""
        name = f"input {self.declared.name!r}"
        begin = int(start / self.dt)
        self.held = self.held[begin - self.first :]
        self.first: int = begin
        needed = -(-(stop - self.first * self.dt) // self.dt)
        parts = [self.held]
        have = len(self.held)
        while have < needed and not self.ended:
            rows = self._more(needed - have)
            if rows is None:
                self.ended = True
                break
            table = _table(name, self.declared, rows)
            parts.append(np.array(table))
            have += len(table)
        self.held = np.concatenate(parts) if len(parts) > 1 else parts[0]
        series = TSContinuous.from_clocked(self.held, self.dt, self.first * self.dt, name=self.declared.name)
        return series, min(stop, (self.first + have) * self.dt)

    def _more(self, needed: int) -> Any:
        if self.ask is not None:
            rows = self.ask(int(needed))
            return None if rows is None or len(rows) == 0 else rows
        assert self.chunks is not None
        chunk = next(self.chunks, None)
        return chunk.samples if isinstance(chunk, TSContinuous) else chunk


class Pieces:
    """Events in pieces that follow each other in time, each a TSEvent."""

    def __init__(self, declared: Input, pieces: Iterator[Any]) -> None:
        self.declared: Input = declared
        self.pieces: Iterator[Any] = pieces
        self.held: list[TSEvent] = []
        self.ended = False

    def pull(self, start: Fraction, stop: Fraction) -> tuple[TimeSeries, Fraction]:
        """Read on until the pieces reach ``stop``."""
        name = f"input {self.declared.name!r}"
        begin = float(start)
        self.held = [one for one in self.held if one.t_stop > begin]
        reached = self.held[-1].t_stop if self.held else begin
        while reached < float(stop) and not self.ended:
            piece = next(self.pieces, None)
            if piece is None:
                self.ended = True
                break
            _fits(name, self.declared, piece)
            if abs(piece.t_start - reached) > 1e-9 * max(1.0, abs(reached)):
                raise InputError(
                    f"{name}: a piece starts at {piece.t_start!r} s, the one before it ended at {reached!r} s",
                    hint="give each piece t_start and t_stop so that they meet",
                )
            self.held.append(piece)
            reached = piece.t_stop
        end = min(stop, Fraction(reached).limit_denominator(10**12))
        times = np.concatenate([np.zeros(0), *(np.asarray(one.times) for one in self.held)])
        channels = np.concatenate([np.zeros(0, dtype=np.int64), *(np.asarray(one.channels) for one in self.held)])
        first = self.held[0].t_start if self.held else begin
        series = TSEvent(
            times, channels, t_start=first, t_stop=max(reached, float(end)), num_channels=self.declared.size
        )
        return series, end


# ---------------------------------------------------------------------- sinks

Sink = Callable[[TimeSeries], Any]


def sink(name: str, target: Any) -> tuple[Sink, Callable[[], None]]:
    """Where a recorded signal goes block by block, and what closes it: a callable, a generator, or a .npy file."""
    if isinstance(target, Generator):
        next(target)
        return target.send, target.close
    if isinstance(target, str | PathLike):
        path = Path(target)
        if path.suffix != ".npy":
            raise ParameterError(f"sink of {name!r}: cannot write {path.name}", hint="a file sink is a .npy of samples")
        growing = NpyFile(path)
        return growing.add, growing.close
    if callable(target):
        return target, _nothing
    raise ParameterError(f"sink of {name!r} is a callable, a generator or a .npy file, got a {type(target).__name__}")


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
        if not isinstance(series, TSContinuous):
            raise InputError(f"{self.path} takes continuous signals, got events")
        rows = np.ascontiguousarray(series.samples)
        if self._file is None:
            self._file = self.path.open("wb")
        self._file.seek(self.HEADER + self._rows * rows[0:1].nbytes)
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
