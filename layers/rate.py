"""Rate: leaky units with a static nonlinearity, feed-forward or recurrent."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, ClassVar, Literal

import numpy as np

from graphnet import ArrayLayer, PerUnit, Positive, Seconds, Span, State, Stepping, Weights, kernel, positional

from .activations import Activation, activate, chosen, scan_with
from .matrices import recurrent_forms

SMALL = 2048  # weights: up to here a product is the ordered loop, however long the block is
ACTIVATED = 2048  # numbers that are activated in one loop, where no step waits for the one before: still in cache


class Rate(ArrayLayer):
    r"""Leaky rate units: tau dx/dt = -x + gain (W' u + W_rec' y) + bias, y = activation(x).

    Recurrence acts with the previous step's output. Both methods hold the input over the step. ``exact`` integrates the
    leak exactly, x <- exp(-dt/tau) x + (1 - exp(-dt/tau)) (...); ``euler`` takes one step of length dt/tau, and is
    refused at dt >= 2 tau, where it is unstable. ``noise_std``: dx = ... + noise_std dW.

    Shapes: u (T, M), y (T, N). State: x (N,), starts at ``x0``. ``weights_rec``: (N, N) dense or CSR, or a diagonal.
    ``activation``: ``relu``, ``tanh``, ``sigmoid``, ``identity``, or one that was registered (``layers.activation``).
    ``tanh`` and ``sigmoid`` have a relative error below 1e-15, in float32 below 3e-7.
    Source: Dayan and Abbott 2001, Theoretical Neuroscience, section 7.2 (firing-rate models).

    >>> from graphnet import TSContinuous
    >>> Rate([[1.0]], tau=0.002).evolve(TSContinuous.from_clocked([[1.0], [1.0], [0.0]], dt=1e-3)).samples.T
    array([[0.5  , 0.75 , 0.375]])
    """

    weights: Weights = positional()
    weights_rec: Weights | None = positional(default=None)
    """The weights from unit to unit, row by row the unit that they leave; none for a feed-forward layer."""
    tau: PerUnit[Positive[Seconds]] = 0.02
    """The time constant of x."""
    bias: PerUnit[float] = 0.0
    """What is added to the input, after the gain."""
    gain: PerUnit[float] = 1.0
    """What the weighted input is multiplied by."""
    activation: Activation = "relu"
    """The nonlinearity: relu, tanh, sigmoid, identity, or the name of one that was registered."""
    method: Literal["euler", "exact"] = "euler"
    """How the leak is integrated: Euler's step, or exactly."""
    x0: PerUnit[float] = 0.0
    """Where x starts."""

    family: ClassVar[str] = "rate"
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
        self._matrix = self.matrix()
        self._code, self._named = chosen(self.activation)
        self._noisy, self._follows = self.noise_std > 0, self.weights_rec is not None
        self._constants = (alike, keep, base, gain, spread, self._code, *recurrent_forms(self))
        # eight inputs are weighed in the scan itself, with the sums in the order of ``span.product``
        dense = isinstance(self._matrix, np.ndarray) and self._matrix.ndim == 2 and self._matrix.size <= SMALL
        self._fused = dense and len(self._matrix) == 8 and alike and not (self._noisy or self._follows or self._named)
        self._real, self._wide = self._matrix.dtype, self.size
        self._few = keep[0], base[0], gain[0], self._code
        self._silence, self._unwatched = np.empty((0, self.size)), np.empty((0, self.size), dtype=self.dtype)

    def initial(self) -> State:
        return {"x": self.per_unit("x0")}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        if self._fused and block is not None and block.dtype is self._real and not span.watch:
            rows = span.empty((span.steps, self._wide), self._real)
            run_eight(state["x"], block, self._matrix, rows, *self._few)
            return state, rows
        rows = span.product(block, self._matrix)
        noise = span.normal(0, self.size) if self._noisy else self._silence
        watch = span.watch.get("x", self._unwatched) if span.watch else self._unwatched
        x = y = state["x"]
        if self._follows:
            y = x.copy()
            scan_with(activate, self._named)(y, self._code)
        scan = run if self._named is None else scan_with(run, self._named)
        scan(x, y, rows, noise, watch, *self._constants)
        return state, rows

    def stepping(self, state: State, span: Span) -> Stepping:
        x = state["x"]
        if self._fused and not span.watch:
            return Stepping(step_eight, (x, self._matrix, *self._few))
        noise = span.normal(0, self.size) if self._noisy else self._silence
        watch = span.watch.get("x", self._unwatched)
        return Stepping(_step_with(self._named), (x, np.empty_like(x), noise, watch, *self._constants), self._matrix)


@lru_cache(maxsize=256)
def _step_with(own: Any) -> Any:
    if own is None:
        return step_rows
    return step_rows.bound(run=scan_with(run, own), activate=scan_with(activate, own))


@kernel
def run(x, y, rows, noise, watch, alike, keep, base, gain, spread, code, dense, data, indices, indptr):
    """Scan over time: ``y`` is the output of the step before; ``rows`` holds the weighted input, then the output."""
    recurrent = dense.shape[0] + indptr.shape[0] > 0
    pushed = np.zeros_like(x)
    active = np.empty(x.shape[0], dtype=np.int64)
    flat, width = rows.reshape(rows.size), rows.shape[1]
    together = 1 if recurrent else max(1, ACTIVATED // width)
    for low in range(0, rows.shape[0], together):
        high = min(low + together, rows.shape[0])
        for k in range(low, high):
            row = rows[k]
            if recurrent:
                recur(y if k == 0 else rows[k - 1], dense, data, indices, indptr, active, pushed)
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
        activate(flat[low * width : high * width], code)


@kernel
def step_rows(
    first, given, made, x, y, noise, watch, alike, keep, base, gain, spread, code, dense, data, indices, indptr
):
    """The scan for a loop: ``given`` holds the weighted input; of noise and watched variables come the rows from
    ``first`` on, and what the units gave before is found from where they are, as ``advance`` does."""
    steps = given.shape[0]
    made[:] = given
    if dense.shape[0] + indptr.shape[0] > 0:
        y[:] = x
        activate(y, code)
    kicks = noise[first : first + steps] if noise.shape[0] > 0 else noise
    seen = watch[first : first + steps] if watch.shape[0] > 0 else watch
    run(x, y, made, kicks, seen, alike, keep, base, gain, spread, code, dense, data, indices, indptr)


@kernel
def step_eight(first, given, made, x, weights, keep, base, gain, code):
    run_eight(x, given, weights, made, keep, base, gain, code)


@kernel
def run_eight(x, u, weights, rows, keep, base, gain, code):
    """The scan of equal units with eight inputs, their product with the weights in it: one call for a small layer."""
    # sums in the order of span.product, whose bits these are; by itself, since its rows would be gone through twice
    zero = rows.dtype.type(0)
    for k in range(u.shape[0]):
        row, one = rows[k], u[k]
        a, b, c, d = one[0], one[1], one[2], one[3]
        e, f, g, h = one[4], one[5], one[6], one[7]
        for j in range(weights.shape[1]):
            half = (((zero + a * weights[0, j]) + b * weights[1, j]) + c * weights[2, j]) + d * weights[3, j]
            row[j] = (((half + e * weights[4, j]) + f * weights[5, j]) + g * weights[6, j]) + h * weights[7, j]
        for j in range(x.shape[0]):
            new = keep * x[j] + (base + gain * row[j])
            x[j] = new
            row[j] = new
    activate(rows.reshape(rows.size), code)


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
def push_dense(y, weights, active, out):
    """out = W' y, the rows of units that are not silent added in ascending order, eight to a pass, four by four: which
    rows meet depends on y alone, so the bits do too.
    """
    n = 0
    for i in range(y.shape[0]):
        active[n] = i
        n += y[i] != 0
    out[:] = 0
    whole = n - n % 8
    for m in range(0, whole, 8):
        if active[m + 7] - active[m] == 7:
            add_next_eight(y, weights, active[m], out)
        else:
            add_eight(y, weights, active[m : m + 8], out)
    for m in range(whole, n):
        i = active[m]
        for j in range(out.shape[0]):
            out[j] += y[i] * weights[i, j]


@kernel
def add_next_eight(y, weights, i, out):
    """Rows i to i + 7: that they follow each other in memory makes them a quarter faster."""
    ya, yb, yc, yd, ye, yf, yg, yh = y[i], y[i + 1], y[i + 2], y[i + 3], y[i + 4], y[i + 5], y[i + 6], y[i + 7]
    wa, wb, wc, wd = weights[i], weights[i + 1], weights[i + 2], weights[i + 3]
    we, wf, wg, wh = weights[i + 4], weights[i + 5], weights[i + 6], weights[i + 7]
    for j in range(out.shape[0]):
        one = ((ya * wa[j] + yb * wb[j]) + yc * wc[j]) + yd * wd[j]
        two = ((ye * we[j] + yf * wf[j]) + yg * wg[j]) + yh * wh[j]
        out[j] += one + two


@kernel
def add_eight(y, weights, of, out):
    """The same sums for any eight rows."""
    a, b, c, d, e, f, g, h = of[0], of[1], of[2], of[3], of[4], of[5], of[6], of[7]
    ya, yb, yc, yd, ye, yf, yg, yh = y[a], y[b], y[c], y[d], y[e], y[f], y[g], y[h]
    for j in range(out.shape[0]):
        one = ((ya * weights[a, j] + yb * weights[b, j]) + yc * weights[c, j]) + yd * weights[d, j]
        two = ((ye * weights[e, j] + yf * weights[f, j]) + yg * weights[g, j]) + yh * weights[h, j]
        out[j] += one + two


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
