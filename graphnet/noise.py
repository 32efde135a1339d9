"""Counter-based noise: every draw is a function of (key, stream, absolute step, column), so no block length changes it.

The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC
'11).
"""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from .jit import kernel

RESERVED_STREAM = 0xFFFFFFFF  # randomize_state draws from it, no layer may

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_11 = np.uint64(11)
_SCALE = 2.0**-53
_TURN = 2.0 * math.pi


def noise_key(*parts: str | int) -> int:
    """A 64-bit key from what identifies a source of noise, the same in every process.

    >>> noise_key(1, "lif", 0) != noise_key(1, "lif", 1)
    True
    """
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def normal(key: int, stream: int, start: int, steps: int, size: int) -> NDArray[np.float64]:
    """Standard normal draws, shape (steps, size): row k belongs to absolute step start + k."""
    out = np.empty((steps, size))
    fill_normal(np.uint64(key), np.uint64(stream), start, out)
    return out


def uniform(key: int, stream: int, start: int, steps: int, size: int) -> NDArray[np.float64]:
    """Uniform draws from the open interval (0, 1), shape (steps, size)."""
    out = np.empty((steps, size))
    fill_uniform(np.uint64(key), np.uint64(stream), start, out)
    return out


@kernel
def philox(c0, c1, c2, c3, key):
    """Ten rounds on the counter words (each a uint64 below 2**32): four words of the same kind."""
    k0, k1 = key & _LOW, key >> _32
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (p1 >> _32) ^ c1 ^ k0, p1 & _LOW, (p0 >> _32) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@kernel
def unit_pair(key, stream, step, pair):
    """Two uniforms in (0, 1) for a step and a pair of columns: midpoints of 2**53 equal cells, kept below 1."""
    s = np.uint64(step)
    x0, x1, x2, x3 = philox(s & _LOW, s >> _32, np.uint64(pair), stream, key)
    u = (np.float64(((x0 << _32) | x1) >> _11) + 0.5) * _SCALE
    v = (np.float64(((x2 << _32) | x3) >> _11) + 0.5) * _SCALE
    return min(u, 1.0 - _SCALE), min(v, 1.0 - _SCALE)


@kernel
def fill_normal(key, stream, start, out):
    size = out.shape[1]
    for k in range(out.shape[0]):
        for pair in range((size + 1) // 2):
            u, v = unit_pair(key, stream, start + k, pair)
            radius = math.sqrt(-2.0 * math.log(u))
            out[k, 2 * pair] = radius * math.cos(_TURN * v)
            if 2 * pair + 1 < size:
                out[k, 2 * pair + 1] = radius * math.sin(_TURN * v)


@kernel
def fill_uniform(key, stream, start, out):
    size = out.shape[1]
    for k in range(out.shape[0]):
        for pair in range((size + 1) // 2):
            u, v = unit_pair(key, stream, start + k, pair)
            out[k, 2 * pair] = u
            if 2 * pair + 1 < size:
                out[k, 2 * pair + 1] = v
