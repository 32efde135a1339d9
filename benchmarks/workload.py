"""What a workload is: inputs as arrays, graphnet's way to its outputs, the bare kernel's, and when the two agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Arrays = dict[str, Any]
"""Inputs or outputs by name: arrays, and numbers as arrays of no dimension, so that all of them fit into an npz."""


@dataclass(frozen=True)
class Ready:
    """A contender built and ready: ``run`` is timed; untimed, ``before`` comes before it, and ``show`` makes outputs of
    what it gives."""

    run: Callable[[], Any]
    before: Callable[[], Any] = lambda: None
    show: Callable[[Any], Arrays] = lambda given: given


@dataclass(frozen=True)
class Workload:
    """One row of the table, for every dtype and number of threads.

    ``inputs(size, dtype, seed)`` makes the arrays that every contender gets; ``graphnet(inputs, threads)`` and
    ``kernel(inputs, threads)`` build what is timed, or None where there is nothing of the kind for so many threads.
    ``check(outputs, expected, dtype)`` raises AssertionError. ``bound``: the most that graphnet may take as a multiple
    of the kernel; with ``calls``, a number that the size gives, it is instead the microseconds by which graphnet may
    take longer than the kernel for each of so many calls; with ``seconds`` the most seconds that it may take.
    """

    name: str
    title: str
    inputs: Callable[[Mapping[str, int], str, int], Arrays]
    graphnet: Callable[[Arrays, int], Ready | None]
    kernel: Callable[[Arrays, int], Ready | None]
    check: Callable[[Arrays, Arrays, str], None]
    agreement: str
    bound: float
    quick: Mapping[str, int]
    full: Mapping[str, int]
    kind: str = "ratio"  # or "excess", "seconds"
    beside: str = "bare numba kernel"
    dtypes: tuple[str, ...] = ("float64", "float32")
    threads: tuple[int, ...] = (1, 2)
    repeats: int = 7
    peers: Mapping[str, float] = field(default_factory=dict)
    """How many times as long as graphnet each peer is promised to take, at least."""
    calls: Callable[[Mapping[str, int]], int] = lambda size: 1
    footprint: Callable[[Mapping[str, int], str], int] | None = None
    """Bytes of the arrays that no implementation can do without: inputs, weights and outputs."""


def close(rtol64: float, rtol32: float, *names: str) -> Callable[[Arrays, Arrays, str], None]:
    """A check that outputs are as near as rounding lets them be, beside the largest number of each."""

    def check(outputs: Arrays, expected: Arrays, dtype: str) -> None:
        for name in names:
            ours, theirs = np.asarray(outputs[name], dtype=np.float64), np.asarray(expected[name], dtype=np.float64)
            assert ours.shape == theirs.shape, f"{name}: shapes {ours.shape} and {theirs.shape}"
            scale = float(np.abs(theirs).max(initial=0.0)) or 1.0
            apart = float(np.abs(ours - theirs).max(initial=0.0)) / scale
            most = rtol64 if dtype == "float64" else rtol32
            assert apart <= most, f"{name}: {apart:.2e} apart, beside the largest; at most {most:.0e}"

    return check


def same(*names: str) -> Callable[[Arrays, Arrays, str], None]:
    """A check that outputs are equal."""

    def check(outputs: Arrays, expected: Arrays, dtype: str) -> None:
        for name in names:
            assert np.array_equal(outputs[name], expected[name]), f"{name} is not the same"

    return check
