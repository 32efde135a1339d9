"""How things travel between processes: arrays arrive aligned, and as read-only or writable as they left.

Unpickled arrays may begin at any address. NumPy then adds in another order, which gives other bits, and kernels are
compiled again for another type of array.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np


class Sealed:
    """Something that may be sent to another process, even several times, and comes out the same to the bit."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value: Any = value

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        from distributed.protocol.pickle import dumps

        buffers: list[pickle.PickleBuffer] = []
        content = dumps(self.value, buffer_callback=buffers.append)
        fixed = [one.raw().readonly for one in buffers]
        # connections to older peers speak an older protocol, which has no buffers of its own
        return _opened, (content, fixed, *(buffers if protocol >= 5 else [one.raw().tobytes() for one in buffers]))


def packed(value: Any) -> bytes:
    """Something as bytes that any process can pass on; classes of a script travel by value."""
    from distributed.protocol.pickle import dumps

    return dumps(Sealed(value))


def unpack(*pieces: bytes) -> Sealed:
    """The same again; what a worker cannot import is an error of this task, and no trouble between processes."""
    from distributed.protocol.pickle import loads

    return loads(b"".join(pieces))


def _opened(content: bytes, fixed: list[bool], *buffers: Any) -> Sealed:
    from distributed.protocol.pickle import loads

    return Sealed(loads(content, buffers=[_aligned(*one) for one in zip(buffers, fixed, strict=True)]))


def _aligned(buffer: Any, fixed: bool) -> memoryview:
    """The same bytes where NumPy would have put them."""
    fresh = np.frombuffer(buffer, dtype=np.uint8).copy() if memoryview(buffer).nbytes else np.empty(0, dtype=np.uint8)
    return fresh.data.toreadonly() if fixed else fresh.data
