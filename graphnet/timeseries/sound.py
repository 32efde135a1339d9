"""Signals as WAV files."""

from __future__ import annotations

import warnings
from fractions import Fraction
from os import SEEK_END, PathLike
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from graphnet.arrays.archives import UNREADABLE, told
from graphnet.arrays.places import open_regular
from graphnet.errors import ParameterError, SeriesError

CHUNKS = 1000
"""Of a sound, at most: format, samples, and what other programs note beside them."""


def to_wav(series: Any, path: Any) -> None:
    """Write a clocked signal as WAV."""
    from scipy.io import wavfile

    step = series.exact_dt
    if step is None or (1 / step).denominator != 1:
        raise SeriesError(
            f"{series.name}: a WAV file needs a whole number of samples a second, dt is {series.dt}",
            hint="use to_clocked(1 / 44100) first",
        )
    wavfile.write(path, int(1 / step), np.ascontiguousarray(series.samples))


def from_wav(cls: type[Any], path: Any, t_start: float) -> Any:
    """Read a clocked signal from WAV. Raises SeriesError for a file that is none, or cut off."""
    step, samples = read_wav(path)
    return cls.from_clocked(scaled(samples), step, t_start)


def read_wav(path: Any, mapped: bool = False) -> tuple[Fraction, NDArray[Any]]:
    """The interval of a WAV file and its samples, as they are stored; ``mapped``: read as they are used.

    Raises SeriesError, naming the file, where it is no regular file, no WAV file, or cut off.
    """
    from scipy.io import wavfile

    try:
        if isinstance(path, str | PathLike):
            with open_regular(Path(path), str(path)) as stream:
                _check_chunks(stream)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # chunks of other programs
            rate, samples = wavfile.read(path, mmap=mapped)
        return Fraction(1, int(rate)), samples
    except ParameterError as error:
        raise SeriesError(error.message) from error
    except (*UNREADABLE, ArithmeticError, LookupError, NameError, AttributeError, UserWarning) as error:
        raise SeriesError(f"{told(path)}: no sound can be read from it: {told(error)}") from error


def _check_chunks(stream: BinaryIO) -> None:
    """Refuse a file whose chunks promise more than it has: the reader of sounds would give what is there."""
    size = stream.seek(0, SEEK_END)
    stream.seek(0)
    order: Literal["big", "little"] = "big" if stream.read(4) == b"RIFX" else "little"
    at, chunks = 12, 0
    while at + 8 <= size:
        stream.seek(at)
        begin = stream.read(8)
        at, chunks = at + 8 + int.from_bytes(begin[4:], order), chunks + 1
        if at > size and begin[:4] == b"data":
            raise ValueError(f"it is cut off: its samples end at byte {at}, the file at {size}")
        if chunks > CHUNKS:
            raise ValueError(f"it has more than {CHUNKS} chunks")
        at += at % 2


def scaled(samples: NDArray[Any]) -> NDArray[Any]:
    """Samples of a file as numbers between -1 and 1; those that are floats stay as they are."""
    if samples.dtype.kind not in "iu":
        return samples
    bits = np.iinfo(samples.dtype).bits
    middle = 128.0 if samples.dtype.kind == "u" else 0.0  # 8-bit samples are unsigned around 128
    return ((samples - middle) / 2.0 ** (bits - 1)).astype(np.float32 if bits <= 16 else np.float64)
