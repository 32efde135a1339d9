"""Kernels of one signature, whatever their arguments are: so that one compiled loop can call many in turn.

A kernel that steps, ``kernel(first, given, made, *arguments)``, is compiled together with its types of arguments into a
function that finds these in a table of words, where each array stands by its address and shape. What calls it knows
two numbers, where the function is and where its table is, and is compiled once for all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from types import FunctionType
from typing import Any

import numpy as np

from .jit import Kernel, callback, kernel

# stand where the kernel of a layer, other kernels, and what is told to the compiler are put
step: Any = None
gather: Any = None
arguments: Any = None
call: Any = None
row_at: Any = None

Forms = tuple[tuple[str, int, bool], ...]
"""Of each argument its dtype, its number of dimensions, and whether it may be written to."""


@dataclass(frozen=True, slots=True)
class Stepping:
    """How a layer advances without Python: ``kernel(first, given, made, *arguments)`` gives the bits of ``advance``.

    It fills the rows ``made`` (steps, size_out) from the rows ``given`` (steps, size_in), both of the layer's dtype, to
    which what it reads was cast, and leaves the state after them in the state's arrays, which are among ``arguments``:
    C-contiguous arrays, ints and floats. ``first`` says which row of the span they begin with: noise and watched
    variables stand in arrays of the whole span. With ``weights``, what ``given`` holds is the product with them,
    (steps, size_out), and it may be ``made`` itself; ``kernel`` is then None where the product is all. It must not
    raise.

    A layer that lags says in ``ahead``, a kernel of the same arguments, what it gives before it has read.
    """

    kernel: Kernel | None
    arguments: tuple[Any, ...] = ()
    weights: Any = None
    ahead: Kernel | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A kernel with its arguments as two numbers; ``kept`` keeps alive what they point to."""

    function: int
    table: int
    kept: Any


def placed(step: Kernel, arguments: tuple[Any, ...], given: int, made: int, dtype: np.dtype[Any]) -> Placed | None:
    """A kernel for rows of ``given`` and of ``made`` numbers.

    None where kernels run as Python, or where an argument has no place in a table.
    """
    if not step.compiles:
        return None
    words: list[int] = [given, made]
    forms: list[tuple[str, int, bool]] = [(dtype.str, 2, False), (dtype.str, 2, True)]
    for one in arguments:
        array = np.asarray(one)
        kind = array.dtype
        if kind.kind not in "fiub" or not array.flags.c_contiguous:
            return None
        if isinstance(one, np.ndarray):
            words += [array.ctypes.data, *array.shape]
            forms.append((kind.str, array.ndim, array.flags.writeable))
        else:
            kind = np.dtype(np.int64) if kind.kind in "iub" else kind
            words.append(int(array.astype(kind).reshape(1).view(f"i{kind.itemsize}")[0]))
            forms.append((kind.str, 0, False))
    table = np.array(words, dtype=np.int64)
    function = _function(step, tuple(forms))
    return Placed(function.address, table.ctypes.data, (table, arguments, function))


@lru_cache(maxsize=256)
def _function(step: Kernel, forms: Forms) -> Any:
    """The compiled function of a kernel, for arguments of these forms."""
    written = f"{step.__module__}.{step.python.__qualname__} {forms!r}"  # too long for the name of a file
    name = f"{step.python.__name__}_{hashlib.sha256(written.encode()).hexdigest()[:16]}"
    made = _with(_call, step, name, arguments=_arguments(forms))
    return callback(made, 5)


def _call(table, first, steps, given, made):
    step(first, *arguments(table, steps, given, made))


def _with(function: Any, step: Kernel | None, name: str, **names: Any) -> Any:
    """A function with more names that it knows, which is cached under a name of its own."""
    code = function.__code__
    if step is not None:
        names["step"] = step
        if not step.on_disk:  # no source to compare with what was cached
            code = code.replace(co_filename=f"<{step.__module__}>")
    made = FunctionType(code, {**globals(), **names}, function.__name__)
    made.__qualname__ = "".join(one if one.isalnum() else "_" for one in name)
    made.__module__ = __name__
    return made


# ------------------------------------------------------------------ the loop that calls them

FUNCTION, TABLE, MADE, MADE_ROW, GIVEN, WIDTH, LOW, HIGH, WAY = range(9)
"""The columns of a call: its function and table; where its rows begin and how far apart they are (bytes); where what it
reads is put together, how many numbers that is, which sources it has, and how they meet."""
AT, ROW, LATE, BEFORE, BEFORE_ROW, PLACE, COUNT = range(7)
"""The columns of a source: where its rows are and how far apart, how many steps it is late, where the rows are that
come until then, and which numbers of what is read are its own."""
ALONE, PAIR, WIDE_PAIR, SUM, FLAT = range(5)
"""How sources meet: one as it is, two that are added, two of which the first is of doubles, as many as there are added
to zeros, or two that are added whose rows, none late, follow each other without a gap."""


@lru_cache(maxsize=1)
def walker() -> Kernel:
    """The kernel ``walk(like, wide, calls, sources, steps, inner)``: all calls in turn for every ``inner`` steps.

    ``like`` is an array of the dtype of all rows, ``wide`` one of doubles.
    """
    gather = Kernel(_with(_gather, None, "gather", row_at=_showing()))
    return Kernel(_with(_walk, None, "walk", call=_calling(), gather=gather, row_at=_showing()))


def _walk(like, wide, calls, sources, steps, inner):
    for begin in range(0, steps, inner):
        count = min(inner, steps - begin)
        for i in range(calls.shape[0]):
            one = calls[i]
            low, given = one[LOW], one[GIVEN]
            late = sources[low, LATE]
            if one[WAY] == ALONE and (begin >= late or begin + count <= late):
                given = row_of(sources[low], begin)
            elif one[WAY] == FLAT:
                size, more = count * one[WIDTH], row_of(sources[low + 1], begin)
                add_rows(
                    row_at(like, row_of(sources[low], begin), size),
                    row_at(like, more, size),
                    row_at(like, given, size),
                )
            else:
                gather(like, wide, sources[low : one[HIGH]], one[WAY], begin, count, given, one[WIDTH])
            call(one[FUNCTION], one[TABLE], begin, count, given, one[MADE] + begin * one[MADE_ROW])


def _gather(like, wide, sources, way, begin, count, given, width):
    """Put together what a call reads, in the order and with the sums of a join."""
    for k in range(count):
        row = row_at(like, given + k * width * like.itemsize, width)
        if way == PAIR:
            a = row_at(like, row_of(sources[0], begin + k), width)
            b = row_at(like, row_of(sources[1], begin + k), width)
            for j in range(width):
                row[j] = a[j] + b[j]
        elif way == WIDE_PAIR:
            double = row_at(wide, row_of(sources[0], begin + k), width)
            b = row_at(like, row_of(sources[1], begin + k), width)
            for j in range(width):
                row[j] = double[j] + b[j]
        elif way == ALONE:
            row[:] = row_at(like, row_of(sources[0], begin + k), width)
        else:
            row[:] = 0
            for e in range(sources.shape[0]):
                place, size = sources[e, PLACE], sources[e, COUNT]
                more = row_at(like, row_of(sources[e], begin + k), size)
                for j in range(size):
                    row[place + j] += more[j]


@kernel
def add_rows(a, b, out):
    for j in range(out.shape[0]):
        out[j] = a[j] + b[j]


@kernel
def row_of(source, k):
    """Where the row is that a source brings at step k."""
    if k < source[LATE]:
        return source[BEFORE] + k * source[BEFORE_ROW]
    return source[AT] + (k - source[LATE]) * source[ROW]


# ------------------------------------------------------------------ what the compiler is told about addresses


def _arguments(forms: Forms) -> Any:
    """An intrinsic that makes (given, made, *arguments) of a table of words: no array owns what it shows."""
    from numba.core import types
    from numba.extending import intrinsic

    kinds = types.Tuple([_kind(*form) for form in forms])

    @intrinsic
    def arguments(typing: Any, table: Any, steps: Any, given: Any, made: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            table, steps, given, made = values
            word = _words(builder, table)
            widths = next(word), next(word)
            found = [
                _array(context, builder, kind, at, [steps, width])
                for kind, at, width in zip(kinds, (given, made), widths, strict=False)
            ]
            for kind in kinds[2:]:
                if isinstance(kind, types.Array):
                    at = next(word)
                    found.append(_array(context, builder, kind, at, [next(word) for _ in range(kind.ndim)]))
                else:
                    found.append(_number(context, builder, kind, next(word)))
            return context.make_tuple(builder, kinds, found)

        return kinds(types.intp, types.intp, types.intp, types.intp), build

    return arguments


def _kind(dtype: str, dimensions: int, writeable: bool) -> Any:
    """Numba's type for an argument."""
    from numba.core import types
    from numba.np.numpy_support import from_dtype

    kind = from_dtype(np.dtype(dtype))
    return types.Array(kind, dimensions, "C", readonly=not writeable) if dimensions else kind


def _words(builder: Any, table: Any) -> Iterator[Any]:
    """The words of a table, one after another."""
    from llvmlite import ir

    base = builder.inttoptr(table, ir.IntType(64).as_pointer())
    for place in count():
        yield builder.load(builder.gep(base, [ir.Constant(ir.IntType(64), place)]))


def _number(context: Any, builder: Any, kind: Any, word: Any) -> Any:
    from llvmlite import ir

    wide = context.get_value_type(kind)
    if isinstance(wide, ir.IntType):
        return word
    return builder.bitcast(builder.trunc(word, ir.IntType(32)) if kind.bitwidth == 32 else word, wide)


def _array(context: Any, builder: Any, kind: Any, at: Any, shape: list[Any]) -> Any:
    """A C-contiguous array over memory that somebody else owns."""
    from llvmlite import ir
    from numba.core.cgutils import pack_array
    from numba.np.arrayobj import populate_array

    item = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    size = ir.Constant(ir.IntType(64), item)
    strides: list[Any] = [size]
    for extent in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], extent))
    array = context.make_array(kind)(context, builder)
    data = builder.inttoptr(at, context.get_data_type(kind.dtype).as_pointer())
    populate_array(
        array, data=data, shape=pack_array(builder, shape), strides=pack_array(builder, strides), itemsize=size,
        meminfo=None,
    )  # fmt: skip
    return array._getvalue()


def _calling() -> Any:
    """An intrinsic that calls the function at an address with five numbers."""
    from llvmlite import ir
    from numba.core import types
    from numba.extending import intrinsic

    @intrinsic
    def call(typing: Any, function: Any, table: Any, first: Any, steps: Any, given: Any, made: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            word = ir.IntType(64)
            form = ir.FunctionType(ir.VoidType(), [word] * 5)
            builder.call(builder.inttoptr(values[0], form.as_pointer()), values[1:])
            return context.get_dummy_value()

        return types.none(*[types.intp] * 6), build

    return call


def _showing() -> Any:
    """An intrinsic that shows one row of numbers, of the type that an array ``like`` holds, at an address."""
    from numba.core import types
    from numba.extending import intrinsic

    @intrinsic
    def row_at(typing: Any, like: Any, at: Any, width: Any) -> Any:
        kind = types.Array(like.dtype, 1, "C")

        def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            return _array(context, builder, kind, values[1], [values[2]])

        return kind(like, types.intp, types.intp), build

    return row_at
