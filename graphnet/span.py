"""Where a block lies, and what a layer may ask for while it advances over it: noise, products, buffers, watchers."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .blocks import Events
from .errors import ParameterError
from .noise import RESERVED_STREAM, fill_normal, fill_uniform, noise_key
from .products import Matrix, multiply

FLOAT = np.dtype(np.float64)


class Arena:
    """Buffers in the order in which a layer asks for them, used again from each ``begin`` on.

    Layers whose blocks are never needed at the same time share one. ``views`` holds, by the buffer's id, the view that
    readers get of it, through which they cannot write.
    """

    __slots__ = ("buffers", "place", "views")

    def __init__(self) -> None:
        self.buffers: list[NDArray[Any]] = []
        self.views: dict[int, NDArray[Any]] = {}
        self.place: int = 0

    def begin(self) -> None:
        """Nobody reads what was handed out before: hand it out again."""
        self.place = 0

    @property
    def nbytes(self) -> int:
        """Bytes of all buffers."""
        return sum(one.nbytes for one in self.buffers)

    def empty(self) -> None:
        """Let go of all buffers."""
        self.buffers, self.views, self.place = [], {}, 0

    def lend(self, buffer: NDArray[Any]) -> NDArray[Any]:
        """A view of a buffer through which nobody can write, the same at every call."""
        view = buffer.view()
        view.setflags(write=False)
        if any(buffer is one for one in self.buffers):  # an id names what is alive, and nothing else is kept so
            self.views[id(buffer)] = view
        return view

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """An uninitialised C-contiguous array."""
        place = self.place
        self.place = place + 1
        if place < len(self.buffers):
            buffer = self.buffers[place]
            if buffer.shape == shape and buffer.dtype == dtype:
                return buffer
            self.views.pop(id(buffer), None)
            self.buffers[place] = buffer = np.empty(shape, dtype=dtype)
            return buffer
        buffer = np.empty(shape, dtype=dtype)
        self.buffers.append(buffer)
        return buffer


class Span:
    """The stretch of steps that a call of ``advance`` covers.

    ``start``: the absolute step of the block's first row. ``steps``: its number of rows. ``watch``: state variables to
    record, each with a buffer (steps, ...) that ``advance`` fills. ``key``: of its noise, or what ``noise_key`` makes
    one of. ``arena``: where ``empty`` finds buffers, or None for fresh ones.
    """

    __slots__ = ("_key", "_tiled", "arena", "start", "steps", "watch")

    def __init__(
        self,
        start: int,
        steps: int,
        key: int | tuple[str | int, ...] = 0,
        *,
        arena: Arena | None = None,
        tiled: bool = True,
        watch: dict[str, NDArray[Any]] | None = None,
    ) -> None:
        self.start: int = start
        self.steps: int = steps
        self.watch: dict[str, NDArray[Any]] = {} if watch is None else watch
        self._key: Any = key
        self.arena: Arena | None = arena
        self._tiled = tiled

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """What travels to another process: no pool, whose buffers are lent in this one."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        return None, {**kept, "arena": None}

    def _noise(self) -> np.uint64:
        """The key, hashed from what identifies the source of noise when the first noise is asked for."""
        key = self._key
        if key.__class__ is not np.uint64:
            self._key = key = np.uint64(noise_key(*key) if isinstance(key, tuple) else key)
        return key

    def normal(self, stream: int, size: int) -> NDArray[np.float64]:
        """Standard normal noise of one of the layer's streams (0, 1, ...), shape (steps, size)."""
        out = self.empty((self.steps, size), FLOAT)
        fill_normal(self._noise(), _stream(stream), self.start, out)
        return out

    def uniform(self, stream: int, size: int) -> NDArray[np.float64]:
        """Uniform noise from (0, 1) of one of the layer's streams, shape (steps, size)."""
        out = self.empty((self.steps, size), FLOAT)
        fill_uniform(self._noise(), _stream(stream), self.start, out)
        return out

    def product(self, x: NDArray[Any] | Events | None, matrix: Matrix) -> NDArray[Any]:
        """The block's weighted input, shape (steps, N), in the matrix's dtype; an absent input gives zeros.

        ``matrix``: C-ordered (M, N), a diagonal (N,), or a scipy CSR array.
        """
        shape = (self.steps, matrix.shape[-1])
        out = np.empty(shape, matrix.dtype) if self.arena is None else self.arena.take(shape, matrix.dtype)
        if x is None:
            out[:] = 0
            return out
        return multiply(x, matrix, out, self.start, self._tiled)

    def empty(self, shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """An uninitialised array for output or scratch, valid until the block's last reader has run."""
        if self.arena is None:
            return np.empty(shape, dtype=dtype)
        return self.arena.take(shape, dtype if isinstance(dtype, np.dtype) else np.dtype(dtype))


@lru_cache(maxsize=64)
def _stream(stream: int) -> np.uint64:
    if not 0 <= stream < RESERVED_STREAM:
        raise ParameterError(f"a noise stream is a number from 0 to 2**32 - 2, got {stream!r}", parameter="stream")
    return np.uint64(stream)
