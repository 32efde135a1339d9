"""How many threads BLAS uses, which changes its bits: one, while anything runs."""

from __future__ import annotations

import sys
import threading
from contextlib import AbstractContextManager
from typing import Any


class OneThread(AbstractContextManager[None]):
    """A limit on BLAS that all threads of the process share: the first to enter sets it, the last to leave lifts it.

    Otherwise the run that ends first would give BLAS its threads back while another still runs, and change its bits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._modules = 0
        self._libraries: Any = None
        self._limits: list[Any] = []

    def __enter__(self) -> None:
        with self._lock:
            anew = len(sys.modules) != self._modules  # an import may have loaded another BLAS
            if anew:  # looking for it takes milliseconds, too long for every block of a stream
                from threadpoolctl import ThreadpoolController

                self._libraries = ThreadpoolController()
                self._modules = len(sys.modules)
            if anew or not self._inside:
                self._limits.append(self._libraries.limit(limits=1, user_api="blas"))
            self._inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            while self._limits and not self._inside:
                self._limits.pop().restore_original_limits()


def libraries() -> list[dict[str, str]]:
    """The libraries of linear algebra of NumPy and SciPy: name, version, and the processor that they found."""
    import scipy.linalg  # noqa: F401 # a layer may use it later: loaded now, two runs tell the same
    from threadpoolctl import threadpool_info

    found = [one for one in threadpool_info() if one["user_api"] == "blas"]
    told = [{key: str(one.get(key)) for key in ("internal_api", "version", "architecture")} for one in found]
    return sorted({tuple(one.values()): one for one in told}.values(), key=lambda one: tuple(one.values()))


_ONE_THREAD = OneThread()


def one_blas_thread() -> AbstractContextManager[None]:
    """While it is open, BLAS uses one thread: parallelism comes from blocks and branches, and bits stay the same."""
    return _ONE_THREAD
