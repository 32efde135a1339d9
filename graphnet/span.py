"""Where a block lies, and what a layer may ask for while it advances over it: noise, products, buffers, watchers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .blocks import Events
from .errors import ParameterError
from .noise import RESERVED_STREAM, fill_normal, fill_uniform
from .products import Matrix, columns, multiply


class Pool:
    """Buffers that blocks are written into, given back once their last reader has run, and used again."""

    def __init__(self) -> None:
        self._free: dict[tuple[tuple[int, ...], np.dtype[Any]], list[NDArray[Any]]] = {}

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """An uninitialised C-contiguous array."""
        try:  # one step, so that two threads never take the same buffer
            return self._free[shape, dtype].pop()
        except (KeyError, IndexError):
            return np.empty(shape, dtype=dtype)

    def give(self, buffer: NDArray[Any]) -> None:
        """Take a buffer back; nobody may read it from now on."""
        self._free.setdefault((buffer.shape, buffer.dtype), []).append(buffer)


class Span:
    """The stretch of steps that a call of ``advance`` covers.

    ``start``: the absolute step of the block's first row. ``steps``: its number of rows. ``watch``: state variables to
    record, each with a buffer (steps, ...) that ``advance`` fills.
    """

    __slots__ = ("_key", "_pool", "_tiled", "start", "steps", "taken", "watch")

    def __init__(
        self,
        start: int,
        steps: int,
        key: int = 0,
        *,
        pool: Pool | None = None,
        tiled: bool = True,
        watch: dict[str, NDArray[Any]] | None = None,
    ) -> None:
        self.start = start
        self.steps = steps
        self.watch = {} if watch is None else watch
        self.taken: list[NDArray[Any]] = []
        self._key = np.uint64(key)
        self._pool = pool
        self._tiled = tiled

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """What travels to another process: no pool, whose buffers are lent in this one."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        return None, {**kept, "_pool": None, "taken": []}

    def normal(self, stream: int, size: int) -> NDArray[np.float64]:
        """Standard normal noise of one of the layer's streams (0, 1, ...), shape (steps, size)."""
        out = self.empty((self.steps, size))
        fill_normal(self._key, _stream(stream), self.start, out)
        return out

    def uniform(self, stream: int, size: int) -> NDArray[np.float64]:
        """Uniform noise from (0, 1) of one of the layer's streams, shape (steps, size)."""
        out = self.empty((self.steps, size))
        fill_uniform(self._key, _stream(stream), self.start, out)
        return out

    def product(self, x: NDArray[Any] | Events | None, matrix: Matrix) -> NDArray[Any]:
        """The block's weighted input, shape (steps, N), in the matrix's dtype; an absent input gives zeros.

        ``matrix``: C-ordered (M, N), a diagonal (N,), or a scipy CSR array.
        """
        out = self.empty((self.steps, columns(matrix)), matrix.dtype)
        if x is None:
            out[:] = 0
            return out
        return multiply(x, matrix, out, self.start, self._tiled)

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """An uninitialised array for output or scratch, valid until the block's last reader has run."""
        dtype = np.dtype(dtype)
        if self._pool is None:
            return np.empty(shape, dtype=dtype)
        buffer = self._pool.take(shape, dtype)
        self.taken.append(buffer)
        return buffer


def _stream(stream: int) -> np.uint64:
    if not 0 <= stream < RESERVED_STREAM:
        raise ParameterError(f"a noise stream is a number from 0 to 2**32 - 2, got {stream!r}", parameter="stream")
    return np.uint64(stream)
