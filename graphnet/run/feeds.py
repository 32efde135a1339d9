"""Where a stream comes from: arrays, series, iterators, files larger than memory, live callables.

A feed is pulled: nothing is read before a block asks for it, so a slow reader slows its source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from os import PathLike
from pathlib import Path
from tokenize import TokenError
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..arrays.archives import UNREADABLE, told
from ..arrays.places import open_regular
from ..clock import TOLERANCE, step_of
from ..errors import GraphnetError, InputError
from ..structure import Input
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from ..timeseries.sound import read_wav, scaled

CHUNK = 4096  # rows of an array that are copied, or read from its file, at a time


class Feed(Protocol):
    """One input of a stream."""

    def pull(self, start: Fraction, stop: Fraction) -> tuple[TimeSeries, Fraction]:
        """A series that covers exact times (s) from start, and up to where it does: ``stop``, or less at the end."""
        ...


def feed(declared: Input, source: Any, dt: Fraction | None, now: Fraction, step: Fraction) -> Feed:
    """The feed of an input: a series, an array (T, C), a file (.npy, .npz, .wav), an iterator of chunks, or a
    callable.

    ``dt`` (s) is the interval of rows that do not say so themselves, ``step`` (s) the network's; the first row is at
    ``now``. Raises InputError.
    """
    name = f"input {declared.name!r}"
    if isinstance(source, str | PathLike):
        source, dt = _opened(name, declared, Path(source), dt)
    if isinstance(source, TimeSeries):
        _fits(name, declared, source)
        return Whole(name, source, now, step)
    if declared.type is TSEvent:
        if isinstance(source, Iterable) and not isinstance(source, np.ndarray):
            return Pieces(name, declared, iter(source), step)
        if callable(source) and not isinstance(source, type):
            return Pieces(name, declared, None, step, ask=source)
        raise InputError(
            f"{name} takes events: stream a TSEvent, an iterator of them, or a callable, got a {type(source).__name__}"
        )
    if not isinstance(source, Iterable) and not callable(source):
        raise InputError(f"{name} cannot stream from a {type(source).__name__}")
    if dt is None:
        raise InputError(
            f"{name}: at what interval do the rows of a {type(source).__name__} lie?", hint="say dt=... in seconds"
        )
    if isinstance(source, np.ndarray):
        return Rows(name, declared, _slices(_table(name, declared, source)), dt, now)
    if isinstance(source, Iterable):
        return Rows(name, declared, iter(source), dt, now)
    return Rows(name, declared, None, dt, now, ask=source)


def _opened(name: str, declared: Input, path: Path, dt: Fraction | None) -> tuple[Any, Fraction | None]:
    try:
        if path.suffix == ".npy":
            open_regular(path, str(path)).close()  # a pipe would be waited for
            return _table(f"{name}: {path}", declared, np.load(path, mmap_mode="r", allow_pickle=False)), dt
        if path.suffix == ".npz":
            return TimeSeries.load(path), dt
        if path.suffix == ".wav":
            step, samples = read_wav(path, mapped=True)
            chunks = _slices(_table(f"{name}: {path}", declared, samples))
            return (scaled(one) for one in chunks), step
    except InputError:
        raise
    except (*UNREADABLE, SyntaxError, TokenError) as error:
        said = error.message if isinstance(error, GraphnetError) else told(error)
        raise InputError(f"{name}: cannot read {told(path)}: {said}") from error
    raise InputError(f"{name}: cannot stream from {path.name}", hint="stream a .npy, .npz or .wav file")


def _fits(name: str, declared: Input, series: Any) -> None:
    if not isinstance(series, declared.type):
        raise InputError(f"{name} takes {declared.type.__name__}, got {type(series).__name__}")
    if series.num_channels != declared.size:
        raise InputError(f"{name} has {declared.size} channels, the series has {series.num_channels}")


def _table(name: str, declared: Input, rows: Any) -> NDArray[Any]:
    try:
        table = np.asanyarray(rows)
    except ValueError as error:
        raise InputError(f"{name} takes rows (n, {declared.size}): {error}") from error
    if table.ndim == 1 and declared.size == 1:
        table = table[:, np.newaxis]
    if table.ndim != 2 or table.shape[1] != declared.size:
        raise InputError(f"{name} takes rows (n, {declared.size}), got shape {table.shape}")
    if table.dtype.kind not in "fiub":
        raise InputError(f"{name} takes rows of real numbers, got {table.dtype}")
    return table


def _slices(table: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for begin in range(0, len(table), CHUNK):
        yield table[begin : begin + CHUNK]


def _asked(name: str, ask: Callable[..., Any], *args: Any) -> Any:
    """What a source gives, None at its end; an exception of its own passes with a note of where it came from."""
    try:
        return ask(*args)
    except StopIteration:
        return None
    except Exception as error:
        error.add_note(f"while {name} of a stream was read")
        raise


class Whole:
    """A series that is there as a whole."""

    def __init__(self, name: str, series: TimeSeries, now: Fraction, step: Fraction) -> None:
        self.series: TimeSeries = series
        self.end: Fraction | None = None if series.periodic else step_of(series.t_stop, step) * step
        last = now + step if self.end is None else self.end
        behind = last < now and not series.isempty()
        if behind or (last > now and not series.covers(int(now / step), int(last / step), step)):
            raise InputError(
                f"{name} covers {series.t_start!r} s to {series.t_stop!r} s, the stream begins at {float(now)!r} s",
                hint=f"shift it with ts.start_at({float(now)!r}), or call net.reset_time()",
            )

    def pull(self, start: Fraction, stop: Fraction) -> tuple[TimeSeries, Fraction]:
        """The series itself; it ends where it ends."""
        return self.series, stop if self.end is None else min(stop, self.end)


class Rows:
    """Rows at a fixed interval, from chunks or on request; what has been read and not used waits."""

    def __init__(
        self, name: str, declared: Input, chunks: Iterator[Any] | None, dt: Fraction, now: Fraction,
        ask: Callable[[int], Any] | None = None,
    ) -> None:  # fmt: skip
        self.name: str = name
        self.declared: Input = declared
        self.chunks: Iterator[Any] | None = chunks
        self.dt: Fraction = dt
        self.ask: Callable[[int], Any] | None = ask
        self.first = int(now // dt)
        if self.first * dt != now:
            raise InputError(
                f"{name}: rows every {float(dt)!r} s do not meet {float(now)!r} s, where the stream begins",
                hint="net.reset_time(), or another dt",
            )
        self.held: list[NDArray[Any]] = []
        self.ended: bool = False

    def pull(self, start: Fraction, stop: Fraction) -> tuple[TimeSeries, Fraction]:
        """Read on until the rows reach ``stop``."""
        begin = int(start // self.dt)
        needed = int(-(-stop // self.dt)) - begin
        self.held = [one for one in [self._joined()[begin - self.first :]] if len(one)]
        self.first: int = begin
        have = sum(map(len, self.held))
        while have < needed and not self.ended:
            rows = self._more(needed - have, begin + have)
            if rows is None:
                self.ended = True
            elif len(rows):
                self.held.append(rows)
                have += len(rows)
        series = TSContinuous.from_clocked(self._joined()[:needed], self.dt, begin * self.dt, name=self.declared.name)
        return series, min(stop, (begin + have) * self.dt)

    def _joined(self) -> NDArray[Any]:
        if len(self.held) > 1:
            self.held = [np.concatenate(self.held)]
        return self.held[0] if self.held else np.zeros((0, self.declared.size))

    def _more(self, needed: int, place: int) -> NDArray[Any] | None:
        """A copy of some more rows, of which the first is number ``place``; None at the end."""
        if self.ask is not None:
            given = _asked(self.name, self.ask, needed)
            if given is None or len(given) == 0:
                return None
        else:
            assert self.chunks is not None
            given = _asked(self.name, self.chunks.__next__)
            if given is None:
                return None
        if isinstance(given, TimeSeries):
            return self._sampled(given, place)
        return np.array(_table(self.name, self.declared, given))

    def _sampled(self, piece: TimeSeries, place: int) -> NDArray[Any]:
        """The rows of a piece of series, which must go on where the one before it ended."""
        _fits(self.name, self.declared, piece)
        assert isinstance(piece, TSContinuous)
        end = step_of(piece.t_stop, self.dt)
        if step_of(piece.t_start, self.dt) != place or not piece.covers(place, end, self.dt):
            raise _apart(self.name, piece, float(place * self.dt))
        return piece.sample_steps(place, end - place, self.dt)


class Pieces:
    """Events in pieces that follow each other in time, each a TSEvent, from an iterator or on request."""

    def __init__(
        self, name: str, declared: Input, pieces: Iterator[Any] | None, step: Fraction,
        ask: Callable[[float], Any] | None = None,
    ) -> None:  # fmt: skip
        self.name: str = name
        self.declared: Input = declared
        self.pieces: Iterator[Any] | None = pieces
        self.ask: Callable[[float], Any] | None = ask
        self.step: Fraction = step
        self.held: list[TSEvent] = []
        self.ended: bool = False

    def pull(self, start: Fraction, stop: Fraction) -> tuple[TimeSeries, Fraction]:
        """Read on until the pieces reach ``stop``."""
        begin, last = float(start), int(stop / self.step)
        # a piece is kept a step longer: by the rounding rule its last event may belong to what comes after it
        self.held = [one for one in self.held if one.t_stop > begin - float(self.step)]
        reached = self.held[-1].t_stop if self.held else begin
        while step_of(reached, self.step) < last and not self.ended:
            piece = self._more(float(stop) - reached)
            if piece is None:
                self.ended = True
                break
            _fits(self.name, self.declared, piece)
            if abs(piece.t_start - reached) > max(TOLERANCE * float(self.step), 1e-12 * abs(reached)):
                raise _apart(self.name, piece, reached)
            if self.ask is not None and piece.t_stop <= reached:  # of no length, as no rows: there is no more
                self.ended = True
                break
            self.held.append(piece)
            reached = piece.t_stop
        times = np.concatenate([np.zeros(0), *(np.asarray(one.times) for one in self.held)])
        channels = np.concatenate([np.zeros(0, dtype=np.int64), *(np.asarray(one.channels) for one in self.held)])
        first = self.held[0].t_start if self.held else begin
        series = TSEvent(times, channels, t_start=first, t_stop=reached, num_channels=self.declared.size)
        return series, min(stop, step_of(reached, self.step) * self.step)

    def _more(self, needed: float) -> Any:
        """The next piece, where ``needed`` more seconds are wanted; None at the end."""
        if self.ask is not None:
            return _asked(self.name, self.ask, needed)
        assert self.pieces is not None
        return _asked(self.name, self.pieces.__next__)


def _apart(name: str, piece: TimeSeries, reached: float) -> InputError:
    return InputError(
        f"{name}: a piece covers {piece.t_start!r} s to {piece.t_stop!r} s, the stream has come to {reached!r} s",
        hint="give each piece t_start and t_stop so that they meet",
    )
