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
        for j in range(row.shape[0]):
            row[j] = tanh(np.float64(row[j]))
    elif code == SIGMOID:
        for j in range(row.shape[0]):
            row[j] = sigmoid(np.float64(row[j]))
    elif code == REGISTERED:
        for j in range(row.shape[0]):
            row[j] = registered(np.float64(row[j]))


# exp(z) - 1 = s p + (s - 1) with s = 2**k, p = exp(r) - 1 and z = k ln 2 + r, |r| <= ln(2)/2. Adding MAGIC rounds
# z / ln 2 to the integer k and leaves it in the low bits, so that loops over units become vector instructions.
_LOG2E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 0.693147180369123816490, 1.90821492927058770002e-10  # the first has 32 bits, k times it is exact
_MAGIC = 1.5 * 2.0**52
_52, _ONE = np.int64(52), np.int64(1023 << 52)


@kernel
def scale_and_rest(z):
    """(s, p) with exp(z) = s + s p, for -700 < z <= 0."""
    shifted = z * _LOG2E + _MAGIC
    k = shifted - _MAGIC
    r = (z - k * _LN2_HIGH) - k * _LN2_LOW
    s = np.int64((np.float64(shifted).view(np.int64) << _52) + _ONE).view(np.float64)
    # Taylor's series of (exp(r) - 1 - r) / r**2; the first term left out is below 1e-17 of the sum
    q = 1 / 6227020800.0
    q = q * r + 1 / 479001600.0
    q = q * r + 1 / 39916800.0
    q = q * r + 1 / 3628800.0
    q = q * r + 1 / 362880.0
    q = q * r + 1 / 40320.0
    q = q * r + 1 / 5040.0
    q = q * r + 1 / 720.0
    q = q * r + 1 / 120.0
    q = q * r + 1 / 24.0
    q = q * r + 1 / 6.0
    q = q * r + 0.5
    return s, r + r * r * q


@kernel
def tanh(x):
    """Hyperbolic tangent of a double."""
    size = abs(x)
    s, p = scale_and_rest(-2.0 * (20.0 if size > 20.0 else size))
    q = s * p + (s - 1.0)
    t = -q / (q + 2.0)
    return -t if x < 0.0 else t


@kernel
def sigmoid(x):
    """1 / (1 + exp(-x)) of a double."""
    size = abs(x)
    s, p = scale_and_rest(-(700.0 if size > 700.0 else size))
    e = s + s * p
    return (e if x < 0.0 else 1.0) / (1.0 + e)
