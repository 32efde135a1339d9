"""Signals as WAV files."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphnet.errors import SeriesError


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
    """Read a clocked signal from WAV."""
    from scipy.io import wavfile

    rate, samples = wavfile.read(path)
    return cls.from_clocked(scaled(samples), Fraction(1, int(rate)), t_start)


def scaled(samples: NDArray[Any]) -> NDArray[Any]:
    """Samples of a file as numbers between -1 and 1; those that are floats stay as they are."""
    if samples.dtype.kind not in "iu":
        return samples
    bits = np.iinfo(samples.dtype).bits
    middle = 128.0 if samples.dtype.kind == "u" else 0.0  # 8-bit samples are unsigned around 128
    return ((samples - middle) / 2.0 ** (bits - 1)).astype(np.float32 if bits <= 16 else np.float64)
