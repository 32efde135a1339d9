"""The one door to numba: ``@kernel`` turns a plain function over arrays into compiled code on its first call.

A kernel is compiled without the GIL and cached on disk, so later processes load it instead of compiling. It may call
other kernels, also of other files, by their plain names: numba's own cache does not notice a change in another file and
would return old results, so the sources of all the files that a kernel reaches are part of its key here.
With the environment variable ``GRAPHNET_JIT=0`` every kernel runs as the Python function that it is.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator
from functools import update_wrapper
from pathlib import Path
from types import CodeType, FunctionType, MethodType
from typing import Any

log: logging.Logger = logging.getLogger("graphnet")


def jit_enabled() -> bool:
    """Whether kernels are compiled (the default) or run as Python (``GRAPHNET_JIT=0``)."""
    return os.environ.get("GRAPHNET_JIT", "1") != "0"


class Kernel:
    """A function over arrays that is compiled when it is first called; ``python`` is the function itself.

    It is compiled for the types of arrays that it is called with, so it states none.
    """

    def __new__(cls, function: Callable[..., Any]) -> Kernel:
        """A kernel of a class of its own, whose call becomes the compiled function itself: Python finds what calling an
        object does in its class alone, and a method in between would cost each call a third more."""
        return object.__new__(type(cls.__name__, (cls,), {}))

    def __init__(self, function: Callable[..., Any]) -> None:
        self.python: Callable[..., Any] = function
        self._dispatcher: Any = None
        self._python = False
        update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The first call, which makes way for the compiled function."""
        self._calls(self.compiled if jit_enabled() else self.python)
        return self(*args, **kwargs)

    def _calls(self, function: Callable[..., Any]) -> None:
        type(self).__call__ = staticmethod(function)

    def run_as_python(self, yes: bool) -> None:
        """Run as Python from the next call on, or again as the environment says."""
        self._python = yes
        self._calls(self.python if yes else MethodType(Kernel.__call__, self))

    @property
    def compiles(self) -> bool:
        """Whether a call runs compiled code: no kernel does while the environment or ``run_as_python`` says so."""
        return jit_enabled() and not self._python

    @property
    def on_disk(self) -> bool:
        """Whether its source is in a file, so that what is compiled can be cached."""
        return Path(self.python.__code__.co_filename).is_file()

    @property
    def compiled(self) -> Any:
        """The numba dispatcher, made on first use."""
        with _making:
            if self._dispatcher is None:
                self._dispatcher = _compiler(self.python)
        return self._dispatcher

    def bound(self, **names: Kernel) -> Kernel:
        """The same kernel with others under names that it calls: what a function as an argument would be, compiled
        once instead of anew in every process.

        It is cached under a name of its own, beside ``self``, with the sources of what it then reaches. What reaches a
        kernel typed at a prompt, which has no source to compare, is not cached.
        """
        function = self.python
        code: CodeType = function.__code__
        unseen = [one for one in names.values() if not Path(one.python.__code__.co_filename).is_file()]
        if unseen:
            code = code.replace(co_filename=f"<{unseen[0].__module__}>")
        made = FunctionType(code, {**function.__globals__, **names}, function.__name__)
        others = [f"{one.__module__}_{one.python.__qualname__}" for one in names.values()]
        called = "_".join([function.__qualname__, *others]).replace(".", "_")
        if len(called) > 120:  # it becomes the name of a file
            called = f"{called[:100]}_{hashlib.sha256(called.encode()).hexdigest()[:16]}"
        made.__qualname__ = called
        made.__module__ = function.__module__
        return Kernel(made)

    @property
    def _numba_type_(self) -> Any:
        """How numba sees this object inside another kernel: as its dispatcher."""
        from numba.core import types

        return types.Dispatcher(self.compiled)

    def __reduce__(self) -> str | tuple[Any, ...]:
        """By reference: a kernel is a module's global, and compiled code does not travel.

        One of a script is sent as its Python function, which only a pickler that sends functions by value can do: there
        is no such module elsewhere.
        """
        return (kernel, (self.python,)) if self.__module__ == "__main__" else self.python.__qualname__

    def __copy__(self) -> Kernel:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Kernel:
        return self


def kernel(function: Callable[..., Any]) -> Kernel:
    """Compile ``function`` on its first call: no GIL, strict floating point, cached on disk.

    >>> @kernel
    ... def double(x):
    ...     return 2 * x
    >>> double(21)
    42
    """
    return Kernel(function)


_making = threading.RLock()  # two threads that call a kernel first would both make, and compile, a dispatcher
_announced: list[Any] = []  # the listener that says so when something is really compiled, installed once


def _announce() -> None:
    from numba.core import event

    class Announce(event.Listener):
        said = False

        def on_start(self, event: Any) -> None:
            if not Announce.said:
                Announce.said = True
                log.info("compiling kernels for this machine; later runs load them from the cache")

        def on_end(self, event: Any) -> None:
            log.debug("compiled %s", event.data["dispatcher"].py_func.__qualname__)

    _announced.append(Announce())
    event.register("numba:compile", _announced[0])


def _compiler(function: Callable[..., Any]) -> Any:
    import numba

    if not _announced:
        _announce()
    dispatcher: Any = numba.njit(nogil=True, fastmath=False, error_model="numpy")(function)
    _cached(dispatcher, function)
    return dispatcher


def callback(function: Callable[..., None], count: int) -> Any:
    """``function`` of ``count`` integers as compiled code whose ``address`` other compiled code can call, cached like
    a kernel. It must not raise: there is nobody to whom."""
    from numba.core import sigutils, types
    from numba.core.ccallback import CFunc

    if not _announced:
        _announce()
    signature = sigutils.normalize_signature(types.void(*[types.intp] * count))
    with _making:
        made = CFunc(function, signature, {}, {"nopython": True, "error_model": "numpy"})
        _cached(made, function)
        made.compile()
    return made


def _cached(compiled: Any, function: Callable[..., Any]) -> None:
    if not Path(function.__code__.co_filename).is_file():  # typed at a prompt: no file to be cached beside
        return
    try:
        compiled._cache = _cache(function)
    except RuntimeError as error:  # numba's word for: no folder that could hold the cache can be written to
        if "cannot cache" not in str(error):
            raise
        log.warning("kernels are compiled anew in every process: %s", error)


def _cache(function: Callable[..., Any]) -> Any:
    """numba's cache on disk, with the sources of the kernels that ``function`` reaches in its key."""
    from numba.core.caching import FunctionCache

    class SourcesCache(FunctionCache):
        def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
            return (*super()._index_key(sig, codegen), _sources(function))

    return SourcesCache(function)


def _sources(function: Callable[..., Any]) -> str:
    """A digest of the other files whose kernels a function calls, however far down; empty where there is none."""
    own = function.__code__.co_filename
    files = {one.__code__.co_filename for one in _reached(function, {})} - {own}
    if not files:
        return ""
    return hashlib.sha256(b"".join(Path(one).read_bytes() for one in sorted(files) if Path(one).is_file())).hexdigest()


def _reached(function: Callable[..., Any], seen: dict[int, Callable[..., Any]]) -> Iterator[Callable[..., Any]]:
    seen[id(function)] = function
    yield function
    for name in function.__code__.co_names:
        called = function.__globals__.get(name)
        if isinstance(called, Kernel) and id(called.python) not in seen:
            yield from _reached(called.python, seen)
