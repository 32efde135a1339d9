"""Rate: leaky units with a static nonlinearity, feed-forward or recurrent."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from graphnet import ArrayLayer, PerUnit, Positive, Seconds, Span, State, Weights, kernel, positional

RELU, TANH, SIGMOID, IDENTITY = range(4)
ACTIVATIONS = {"relu": RELU, "tanh": TANH, "sigmoid": SIGMOID, "identity": IDENTITY}


class Rate(ArrayLayer):
    r"""Leaky rate units: tau dx/dt = -x + gain (W' u + W_rec' y) + bias, y = activation(x).

    Recurrence acts with the previous step's output. Both methods hold the input over the step. ``exact`` integrates the
    leak exactly, x <- exp(-dt/tau) x + (1 - exp(-dt/tau)) (...); ``euler`` takes one step of length dt/tau, and is
    refused at dt >= 2 tau, where it is unstable. ``noise_std``: dx = ... + noise_std dW.

    Shapes: u (T, M), y (T, N). State: x (N,), starts at ``x0``. ``weights_rec``: (N, N) dense or CSR, or a diagonal.
    ``tanh`` and ``sigmoid`` have a relative error below 1e-15; float32 rounds them from double precision.
    Source: Dayan and Abbott 2001, Theoretical Neuroscience, section 7.2 (firing-rate models).

    >>> from graphnet import TSContinuous
    >>> Rate([[1.0]], tau=0.002).evolve(TSContinuous.from_clocked([[1.0], [1.0], [0.0]], dt=1e-3)).samples.T
    array([[0.5  , 0.75 , 0.375]])
    """

    weights: Weights = positional()
    weights_rec: Weights | None = positional(default=None)
    tau: PerUnit[Positive[Seconds]] = 0.02
    bias: PerUnit[float] = 0.0
    gain: PerUnit[float] = 1.0
    activation: Literal["relu", "tanh", "sigmoid", "identity"] = "relu"
    method: Literal["euler", "exact"] = "euler"
    x0: PerUnit[float] = 0.0

    recordable: ClassVar[tuple[str, ...]] = ("x",)

    def prepare(self) -> None:
        tau = np.broadcast_to(np.asarray(self.tau, dtype=np.float64), (self.size,))
        if self.method == "euler":
            shortest = float(tau.min())
            self.must(
                self.dt < 2.0 * shortest,
                "tau",
                f"must be above dt / 2 = {self.dt / 2!r} s, where Euler's method is unstable, got {shortest!r} s;"
                " shorten dt or use method='exact'",
            )
            keep, share = 1.0 - self.dt / tau, self.dt / tau
            spread = np.full(self.size, math.sqrt(self.dt))
        else:
            keep, share = np.exp(-self.dt / tau), -np.expm1(-self.dt / tau)
            spread = np.sqrt(tau / 2.0 * -np.expm1(-2.0 * self.dt / tau))
        keep, gain, base = (one.astype(self.dtype) for one in (keep, share * self.gain, share * self.bias))
        spread = (self.noise_std * spread).astype(self.dtype)
        alike = all(bool(np.all(one == one[0])) for one in (keep, base, gain))
        self._code = ACTIVATIONS[self.activation]
        self._noisy, self._follows = self.noise_std > 0, self.weights_rec is not None
        self._constants = (alike, keep, base, gain, spread, self._code, *self._recurrence())
        self._silence, self._unwatched = np.empty((0, self.size)), np.empty((0, self.size), dtype=self.dtype)

    def _recurrence(self) -> tuple[NDArray[Any], ...]:
        """Recurrent weights as the kernel reads them: (rows dense, then a transposed CSR), the absent one empty."""
        weights = self.matrix("weights_rec")
        dense = np.zeros((0, self.size), dtype=self.dtype)
        data, indices, indptr = np.zeros(0, dtype=self.dtype), np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.int64)
        if weights is not None:
            shape = np.shape(weights)
            fits = shape in ((self.size, self.size), (self.size,))
            self.must(fits, "weights_rec", f"must have shape ({self.size}, {self.size}), got {shape}")
            if not isinstance(weights, np.ndarray):
                turned = weights.T.tocsr()
                turned.sort_indices()
                data, indices, indptr = turned.data, turned.indices, turned.indptr
            elif weights.ndim == 1:
                data, indices, indptr = weights, np.arange(self.size), np.arange(self.size + 1)
            else:
                dense = weights
        # read-only one and all, so that the kernel is compiled once for every form
        return tuple(map(_frozen, (dense, data, indices.astype(np.uint32), indptr.astype(np.int64))))

    def initial(self) -> State:
        return {"x": self.per_unit("x0")}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        rows = span.product(block, self.matrix())
        noise = span.normal(0, self.size) if self._noisy else self._silence
        watch = span.watch.get("x", self._unwatched) if span.watch else self._unwatched
        x = y = state["x"]
        if self._follows:
            y = x.copy()
            activate(y, self._code)
        run(x, y, rows, noise, watch, *self._constants)
        return state, rows


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view


@kernel
def run(x, y, rows, noise, watch, alike, keep, base, gain, spread, code, dense, data, indices, indptr):
    """Scan over time: ``y`` is the output of the step before; ``rows`` holds the weighted input, then the output."""
    recurrent = dense.shape[0] + indptr.shape[0] > 0
    pushed = np.zeros_like(x)
    active = np.empty(x.shape[0], dtype=np.int64)
    for k in range(rows.shape[0]):
        row = rows[k]
        if recurrent:
            recur(y, dense, data, indices, indptr, active, pushed)
            add(row, pushed)
        if alike:
            leak_alike(x, row, keep[0], base[0], gain[0])
        else:
            leak(x, row, keep, base, gain)
        if noise.shape[0] > 0:
            add_scaled(row, spread, noise[k])
            x[:] = row
        if watch.shape[0] > 0:
            watch[k] = x
        activate(row, code)
        y = row


@kernel
def leak(x, row, keep, base, gain):
    """One step of the state, which is also left in the row."""
    for j in range(x.shape[0]):
        new = keep[j] * x[j] + (base[j] + gain[j] * row[j])
        x[j] = new
        row[j] = new


@kernel
def leak_alike(x, row, keep, base, gain):
    """The same arithmetic for units of equal constants: three arrays less to read."""
    for j in range(x.shape[0]):
        new = keep * x[j] + (base + gain * row[j])
        x[j] = new
        row[j] = new


@kernel
def recur(y, dense, data, indices, indptr, active, out):
    """out = W' y, for whichever of the two forms of W is there."""
    if dense.shape[0] > 0:
        push_dense(y, dense, active, out)
    else:
        pull_sparse(y, data, indices, indptr, out)


@kernel
def add(row, more):
    for j in range(row.shape[0]):
        row[j] += more[j]


@kernel
def add_scaled(row, scale, more):
    for j in range(row.shape[0]):
        row[j] += scale[j] * more[j]


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


@kernel
def push_dense(y, weights, active, out):
    """out = W' y, rows added in ascending order, four to a pass; silent units are left out, which changes no bit.

    (A sum that starts at +0 never becomes -0, and weights are finite.)
    """
    n = 0
    for i in range(y.shape[0]):
        if y[i] != 0:
            active[n] = i
            n += 1
    out[:] = 0
    whole = n - n % 4
    for m in range(0, whole, 4):
        a, b, c, d = active[m], active[m + 1], active[m + 2], active[m + 3]
        ya, yb, yc, yd = y[a], y[b], y[c], y[d]
        wa, wb, wc, wd = weights[a], weights[b], weights[c], weights[d]
        for j in range(out.shape[0]):
            out[j] = (((out[j] + ya * wa[j]) + yb * wb[j]) + yc * wc[j]) + yd * wd[j]
    for m in range(whole, n):
        ya, wa = y[active[m]], weights[active[m]]
        for j in range(out.shape[0]):
            out[j] += ya * wa[j]


@kernel
def pull_sparse(y, data, indices, indptr, out):
    """out = W' y for W transposed in CSR: four partial sums to a unit, always in the same order."""
    zero = y.dtype.type(0)
    for j in range(out.shape[0]):
        low, high = indptr[j], indptr[j + 1]
        weights, sources = data[low:high], indices[low:high]
        a, b, c, d = zero, zero, zero, zero
        count = weights.shape[0]
        whole = count - count % 4
        for m in range(0, whole, 4):
            a += weights[m] * y[sources[m]]
            b += weights[m + 1] * y[sources[m + 1]]
            c += weights[m + 2] * y[sources[m + 2]]
            d += weights[m + 3] * y[sources[m + 3]]
        for m in range(whole, count):
            a += weights[m] * y[sources[m]]
        out[j] = (a + b) + (c + d)


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
