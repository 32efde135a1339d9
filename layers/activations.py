"""Activations: static nonlinearities by name, those of the house and whatever anybody registers.

A user's activation is a function of one number, compiled like any kernel. A scan over time calls it directly: it is
composed with it, once for each activation, instead of being handed a function, which would be compiled anew in every
process.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Literal

import numpy as np

from graphnet import NameTaken, Registry, UnknownName, kernel

RELU, TANH, SIGMOID, IDENTITY, REGISTERED = range(5)
CODES = {"relu": RELU, "tanh": TANH, "sigmoid": SIGMOID, "identity": IDENTITY}

_registered: Registry[Any] = Registry("activation", "graphnet.layers")


class Known:
    """Marks a field that names an activation of the house or a registered one; refuses any other with the nearest."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(_known, handler.generate_schema(str))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return {"anyOf": [{"enum": list(CODES)}, {"type": "string"}]}


Activation = Annotated[Literal["relu", "tanh", "sigmoid", "identity"] | str, Known()]


def activation(name: str) -> Callable[[Callable[[float], float]], Any]:
    """Register a function of one number, compiled as a kernel, as the activation of that name.

    The function takes and gives a double; it may call other kernels. Documents name it, so the module that defines it
    has to be imported when one is read: a package announces it in the entry-point group ``graphnet.layers``.
    Raises NameTaken for the name of an activation of the house.

    >>> from graphnet import TSContinuous
    >>> from layers import Rate
    >>> @activation("square")
    ... def square(x):
    ...     return x * x
    >>> layer = Rate([[1.0]], tau=0.002, activation="square")
    >>> layer.evolve(TSContinuous.from_clocked([[1.0], [1.0], [0.0]], dt=1e-3)).samples.T
    array([[0.25    , 0.5625  , 0.140625]])
    """
    if name in CODES:
        raise NameTaken(f"the activation {name!r} is one of the house", hint="give yours another name")

    def register(function: Callable[[float], float]) -> Any:
        return _registered.add(kernel(function), name)

    return register


def _known(name: str) -> str:
    from pydantic_core import PydanticCustomError

    try:
        chosen(name)
    except NameTaken as error:
        raise PydanticCustomError("graphnet", "{text}", {"text": str(error)}) from error
    except UnknownName as error:
        cure = f"; did you mean {error.near!r}?" if error.near else ""
        text = f"should be {', '.join(map(repr, CODES))} or one that is registered, got {name!r}{cure}"
        raise PydanticCustomError("graphnet", "{text}", {"text": text}) from error
    return name


def chosen(name: str) -> tuple[int, Any]:
    """The code by which a kernel knows an activation, and the kernel of one that was registered, else None.

    Raises UnknownName, and NameTaken for a name that several modules registered: there ``module:name`` says which.
    """
    if name in CODES:
        return CODES[name], None
    try:
        return REGISTERED, _registered.get(name)
    except UnknownName as error:
        known = [*CODES, *(one for one, _ in _registered)]
        raise UnknownName("activation", name, known) from error


def scan_with(scan: Any, own: Any) -> Any:
    """A kernel that calls ``activate``, with a registered activation in place of ``registered``; as it is for None."""
    return scan if own is None else _composed(scan, own)


@lru_cache(maxsize=256)
def _composed(scan: Any, own: Any) -> Any:
    return scan.bound(registered=own, activate=activate.bound(registered=own))


@kernel
def registered(x):
    """Stands where a registered activation is put."""
    return x


@kernel
def activate(row, code):
    """Apply an activation in place."""
    if code == RELU:
        for j in range(row.shape[0]):
            row[j] = max(row[j], row.dtype.type(0))
    elif code == TANH:
        bend(row)
    elif code == SIGMOID:
        squash(row)
    elif code == REGISTERED:
        for j in range(row.shape[0]):
            row[j] = registered(np.float64(row[j]))


@kernel
def bend(row):
    """Tanh, of a row of singles in a form of their own, of half the width."""
    if row.itemsize == 4:
        for j in range(row.shape[0]):
            row[j] = tanh_single(np.float32(row[j]))
    else:
        for j in range(row.shape[0]):
            row[j] = tanh(np.float64(row[j]))


@kernel
def squash(row):
    """The sigmoid, likewise."""
    if row.itemsize == 4:
        for j in range(row.shape[0]):
            row[j] = sigmoid_single(np.float32(row[j]))
    else:
        for j in range(row.shape[0]):
            row[j] = sigmoid(np.float64(row[j]))


# exp(z) = s (u + v) / (u - v), where s = 2**k and z = k ln 2 + r with |r| <= ln(2)/2: u and v are the even and the odd
# part of the polynomial in Pade's approximant of exp(r), of order 6, or 3 in single precision. Tanh and sigmoid then
# take a single division. Adding MAGIC rounds z / ln 2 to the integer k and leaves it in the low bits, so that loops
# over units become vector instructions.
_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10  # the first has 32 bits, k times it is exact
_MAGIC = 1.5 * 2.0**52
_52, _ONE = np.int64(52), np.int64(1023 << 52)


@kernel
def scale_and_parts(z):
    """(s, u, v) with exp(z) = s (u + v) / (u - v), for -700 < z <= 0."""
    shifted = z * _LOG2E + _MAGIC
    k = shifted - _MAGIC
    r = (z - k * _LN2_HIGH) - k * _LN2_LOW
    s = np.int64((np.float64(shifted).view(np.int64) << _52) + _ONE).view(np.float64)
    q = r * r
    return s, ((q + 840.0) * q + 75600.0) * q + 665280.0, r * ((42.0 * q + 10080.0) * q + 332640.0)


@kernel
def tanh(x):
    """Hyperbolic tangent of a double."""
    size = abs(x)
    s, u, v = scale_and_parts(-2.0 * (20.0 if size > 20.0 else size))
    less, more = 1.0 - s, 1.0 + s
    t = (less * u - more * v) / (more * u - less * v)
    return -t if x < 0.0 else t


@kernel
def sigmoid(x):
    """1 / (1 + exp(-x)) of a double."""
    size = abs(x)
    s, u, v = scale_and_parts(-(700.0 if size > 700.0 else size))
    one, e = u - v, s * (u + v)
    return (e if x < 0.0 else one) / (one + e)


# The same in single precision, whose constants must be single too, or all of it would be double.
_0S, _1S, _2S, _10S, _12S, _60S, _80S, _120S = (np.float32(one) for one in (0, 1, 2, 10, 12, 60, 80, 120))
_LOG2E_S, _MAGIC_S = np.float32(_LOG2E), np.float32(1.5 * 2.0**23)
_LN2_HIGH_S, _LN2_LOW_S = np.float32(0.693359375), np.float32(-2.12194440e-4)
_23, _ONE_S = np.int32(23), np.int32(127 << 23)


@kernel
def scale_and_parts_single(z):
    """(s, u, v) with exp(z) = s (u + v) / (u - v), for -86 < z <= 0, in single precision."""
    shifted = z * _LOG2E_S + _MAGIC_S
    k = shifted - _MAGIC_S
    r = (z - k * _LN2_HIGH_S) - k * _LN2_LOW_S
    s = np.int32((np.float32(shifted).view(np.int32) << _23) + _ONE_S).view(np.float32)
    q = r * r
    return s, _12S * q + _120S, r * (q + _60S)


@kernel
def tanh_single(x):
    """Hyperbolic tangent of a single."""
    size = abs(x)
    s, u, v = scale_and_parts_single(-_2S * (_10S if size > _10S else size))
    less, more = _1S - s, _1S + s
    t = (less * u - more * v) / (more * u - less * v)
    return -t if x < _0S else t


@kernel
def sigmoid_single(x):
    """1 / (1 + exp(-x)) of a single; from x = -80 down it stays at 2e-35."""
    size = abs(x)
    s, u, v = scale_and_parts_single(-(_80S if size > _80S else size))
    one, e = u - v, s * (u + v)
    return (e if x < _0S else one) / (one + e)
