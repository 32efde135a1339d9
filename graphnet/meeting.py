"""Where compiled code on several threads waits for all of them: between two steps of one layer, a few microseconds
apart, nothing that Python offers is fast enough.
"""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .jit import Kernel

LINE = 64  # bytes of a cache line, of which each thread has one to write to
SPINS = 4000  # looks before a thread lets others have its processor
ENDED = 2**62  # a turn that is never waited for

# stand where what is told to the compiler is put
read: Any = None
write: Any = None
rest: Any = None


class Meeting:
    """A place where so many threads meet: ``arguments`` are what a kernel hands on to ``meet`` with its own number
    between them, (address, number of threads, how to rest).
    """

    def __init__(self, parts: int) -> None:
        room = np.zeros(LINE * (parts + 1), dtype=np.uint8)
        begin = -room.ctypes.data % LINE
        self._turns: NDArray[Any] = room[begin : begin + LINE * parts].view(np.int64)
        self.arguments: tuple[int, int, int] = self._turns.ctypes.data, parts, _resting()

    def end(self) -> None:
        """Let nobody wait any more: one of the threads does not come."""
        self._turns[:] = ENDED


@lru_cache(maxsize=1)
def meet() -> Kernel:
    """The kernel ``meet(me, turn, at, parts, resting)``: thread ``me`` has come to a turn, and waits for all others.

    What they wrote before they came can be read afterwards. Turns count up from 1.
    """
    told = {"read": _reading(), "write": _writing(), "rest": _calling()}
    return Kernel(FunctionType(_meet.__code__, {**globals(), **told}, "meet"))


def _meet(me, turn, at, parts, resting):
    write(at + LINE * me, turn)
    for other in range(parts):
        looks = 0
        while read(at + LINE * other) < turn:
            looks += 1
            if looks > SPINS:
                rest(resting)


@lru_cache(maxsize=1)
def _resting() -> int:
    """The address of the system's function that lets another thread run."""
    if sys.platform == "win32":
        function: Any = ctypes.windll.kernel32.SwitchToThread
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _reading() -> Any:
    from llvmlite import ir
    from numba.core import types
    from numba.extending import intrinsic

    @intrinsic
    def read(typing: Any, at: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return builder.load_atomic(builder.inttoptr(values[0], ir.IntType(64).as_pointer()), "acquire", 8)

        return types.int64(types.int64), build

    return read


def _writing() -> Any:
    from llvmlite import ir
    from numba.core import types
    from numba.extending import intrinsic

    @intrinsic
    def write(typing: Any, at: Any, value: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            place = builder.inttoptr(values[0], ir.IntType(64).as_pointer())
            builder.store_atomic(values[1], place, "release", 8)
            return context.get_dummy_value()

        return types.none(types.int64, types.int64), build

    return write


def _calling() -> Any:
    from llvmlite import ir
    from numba.core import types
    from numba.extending import intrinsic

    @intrinsic
    def rest(typing: Any, function: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            form = ir.FunctionType(ir.IntType(32), [])
            builder.call(builder.inttoptr(values[0], form.as_pointer()), [])
            return context.get_dummy_value()

        return types.none(types.int64), build

    return rest
