"""What the kernels by hand share: a hyperbolic tangent whose loop becomes vector instructions.

exp(z) = s (u + v) / (u - v) with s = 2**k, z = k ln 2 + r, |r| <= ln(2)/2, and u, v the even and odd part of Pade's
approximant of exp(r); the power of two is put together in the bits of a float. So tanh is one division; its error is
below 4 units in the last place of either dtype. A division becomes a vector instruction only with
``error_model="numpy"``: Python's would raise where a divisor is zero. ``fastmath=False`` is written out, since a
function that says nothing inherits it from whoever has it compiled first, and the large number that is added and
taken away again to round is then left out.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import types
from numba.extending import overload

_LOG2E = 1.4426950408889634
_HIGH, _LOW = 0.693147180369123816490, 1.90821492927058770002e-10
_HIGH32, _LOW32 = np.float32(0.693359375), np.float32(-2.12194440e-4)
_MAGIC, _MAGIC32 = 1.5 * 2.0**52, np.float32(1.5 * 2.0**23)
_52, _ONE = np.int64(52), np.int64(1023 << 52)
_23, _ONE32 = np.int32(23), np.int32(127 << 23)
_F0, _F1, _F10, _F12, _F60, _F120 = (np.float32(x) for x in (0, 1, 10, 12, 60, 120))
_LOG2E32, _MINUS2 = np.float32(_LOG2E), np.float32(-2)


def tanh(x):
    """The hyperbolic tangent of a number in compiled code, in its own dtype."""
    return np.tanh(x)


def _tanh64(x):
    size = abs(x)
    z = -2.0 * (20.0 if size > 20.0 else size)
    shifted = z * _LOG2E + _MAGIC
    k = shifted - _MAGIC
    r = (z - k * _HIGH) - k * _LOW
    s = np.int64((np.float64(shifted).view(np.int64) << _52) + _ONE).view(np.float64)
    q = r * r
    u, v = ((q + 840.0) * q + 75600.0) * q + 665280.0, r * ((42.0 * q + 10080.0) * q + 332640.0)
    less, more = 1.0 - s, 1.0 + s
    t = (less * u - more * v) / (more * u - less * v)
    return -t if x < 0.0 else t


def _tanh32(x):
    size = abs(x)
    z = _MINUS2 * (_F10 if size > _F10 else size)
    shifted = z * _LOG2E32 + _MAGIC32
    k = shifted - _MAGIC32
    r = (z - k * _HIGH32) - k * _LOW32
    s = np.int32((np.float32(shifted).view(np.int32) << _23) + _ONE32).view(np.float32)
    q = r * r
    u, v = _F12 * q + _F120, r * (q + _F60)
    less, more = _F1 - s, _F1 + s
    t = (less * u - more * v) / (more * u - less * v)
    return -t if x < _F0 else t


@overload(tanh)
def _tanh(x):
    return _tanh32 if x == types.float32 else _tanh64


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath=False)
def tanh_row(row):
    """Tanh of every entry of a row, in place."""
    for j in range(row.shape[0]):
        row[j] = tanh(row[j])
