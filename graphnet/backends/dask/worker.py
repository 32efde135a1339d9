"""What runs on a worker: a batch of blocks of one segment, and the parts of its result that others ask for."""

from __future__ import annotations

import copy
import functools
import os
import platform
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...blas import one_blas_thread
from ...errors import ClusterError
from ...machine import instructions
from .segments import Failure, Made, run_blocks
from .travel import Sealed, unpack


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one reader gets of a batch: blocks by task, and how it went. ``size`` counts the bytes of all blocks made,
    ``states`` are those after a window's last batch.
    """

    blocks: Mapping[int, list[Any]]
    failure: Failure | None = None
    seconds: float = 0.0
    size: int = 0
    states: Mapping[int, Any] | None = None


def advance(
    sealed: Sealed, expected: Mapping[str, str] | None, left: Sealed, first: int, count: int, *parcels: Sealed
) -> Sealed:
    """Run ``count`` blocks of a segment from block ``first``; ``left`` is the ``Made`` that the batch before it left.

    States are copied before a task changes them: if this result is lost, the same call finds them as they were. With
    ``expected``, a machine that would give other bits is refused.
    """
    if expected is not None and facts() != expected:
        raise ClusterError(different("a worker that joined later", facts(), expected), hint=WAIVE)
    segment, before = sealed.value, left.value
    if before.short:
        return Sealed(Made(before.states, short=True))
    given = {task: frozen(blocks) for one in parcels for task, blocks in one.value.blocks.items()}
    began = time.perf_counter()
    with one_blas_thread():
        made = run_blocks(segment, copy.deepcopy(before.states), first, count, given)
    made.seconds = time.perf_counter() - began
    if made.failure is not None:
        made.failure = Failure(made.failure.block, made.failure.task, _portable(made.failure.error))
    return Sealed(made)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an independent call gave, or the exception that it raised."""

    value: Any = None
    error: BaseException | None = None


def call(function: Sealed, expected: Mapping[str, str] | None, item: bytes) -> Sealed:
    """Call a function on one item, on a machine that gives the expected bits."""
    if expected is not None and facts() != expected:
        raise ClusterError(different("a worker that joined later", facts(), expected), hint=WAIVE)
    try:
        with one_blas_thread():
            return Sealed(Outcome(function.value(unpack(item).value)))
    except Exception as error:
        return Sealed(Outcome(error=_portable(error)))


def parcel(sealed: Sealed, tasks: tuple[int, ...], ends: bool = False) -> Sealed:
    """A ``Parcel`` with the blocks of some tasks; where a window ends, with the states too."""
    made: Made = sealed.value
    size = sum(_size(blocks) for blocks in made.blocks.values())
    blocks = {i: made.blocks.get(i, []) for i in tasks}
    return Sealed(Parcel(blocks, made.failure, made.seconds, size, made.states if ends else None))


def frozen(block: Any) -> Any:
    """Blocks that nobody can write to, as the reader of one in the same process gets them."""
    if isinstance(block, np.ndarray):
        block.flags.writeable = False
    elif isinstance(block, list | tuple):
        for one in block:
            frozen(one)
    return block


def _size(block: Any) -> int:
    if isinstance(block, np.ndarray):
        return block.nbytes
    return sum(_size(one) for one in block) if isinstance(block, list | tuple) else 0


def _portable(error: BaseException) -> BaseException:
    """The exception with its trace as a note; one that cannot travel as an error of the same text."""
    from distributed.protocol.pickle import dumps, loads

    error.add_note(f"on worker process {os.getpid()}:\n" + "".join(traceback.format_exception(error)))
    try:
        loads(dumps(error))
    except Exception:
        stand_in = RuntimeError(f"{type(error).__name__}: {error}")
        stand_in.__notes__ = error.__notes__
        return stand_in
    return error.with_traceback(None)


# ---------------------------------------------------------------------- what the bits depend on

WAIVE = "run on machines of one type with the same packages, or accept other bits with mixed=True"


@functools.cache
def facts() -> dict[str, str]:
    """What the bits of a run depend on in this process: type of processor, versions, whether kernels are compiled."""
    from importlib.metadata import version

    return {
        **instructions(),
        "python": platform.python_version(),
        "graphnet": version("graphnet-dataflow"),
        **{name: version(name) for name in ("numpy", "numba", "scipy")},
        "GRAPHNET_JIT": os.environ.get("GRAPHNET_JIT", "1"),
    }


def different(who: str, found: Mapping[str, str], expected: Mapping[str, str]) -> str:
    """What differs between a worker and this process, in words."""
    said = [
        f"{name} {found.get(name)} there, {here} here" for name, here in expected.items() if found.get(name) != here
    ]
    return f"{who} differs from this process: {'; '.join(said)}"
