"""Readouts that learn while they run: recursive least squares, least mean squares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from graphnet import Positive, State, Weights, kernel

from .learning import Online


class RLS(Online):
    r"""Recursive least squares: of all that was seen, W and b minimise the weighted squares, at every step.

    With u = (x, 1), k = P u / (lam + u' P u): (W, b) <- (W, b) + k (target - y)', P <- (P - k u' P) / lam, where y is
    the output, W' x + b before that. After n steps (W, b) is the minimum of
    sum_i lam^(n-i) |target_i - W' x_i - b|^2 + delta lam^n (|W|^2 + |b|^2), if W and b start at 0 and P at I / delta:
    with lam = 1 the solution of ``Ridge`` with alpha = delta and ``regularise_bias``.

    P is kept as U D U', U unit upper triangular and D diagonal, which keeps it symmetric and positive where updates of
    P itself lose that to rounding. ``lam`` < 1 also forgets directions that the input does not take: D grows there, up
    to a bound that only keeps it from overflowing. Freeze learning meanwhile, or take lam = 1.

    Inputs: x (T, M), target (T, N). Output: y (T, N). State: weights (M, N); bias (N,); factor (K, K) with K = M + 1,
    or M without ``fit_bias``: D on its diagonal, U' below. ``inverse_correlation`` is P.
    Source: Haykin 2002, Adaptive Filter Theory, chapter on the RLS algorithm; Bierman 1977, Factorization Methods for
    Discrete Sequential Estimation (the U-D update).

    >>> readout = RLS(1, 1, delta=1e-9)
    >>> readout.fit(np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]])).coef_.round(6)
    array([[2.]])
    """

    lam: Positive[float] = 1.0
    """How much less a step counts with every later one; 1: all count the same."""
    delta: Positive[float] = 1e-3
    """The weight of the penalty on large weights, as ``Ridge`` has it in alpha."""
    p0: Weights | None = None
    """The factor of P that learning begins from, as an earlier fit left it; none: that of I / delta."""

    recordable: ClassVar[tuple[str, ...]] = ("weights", "bias", "factor")
    example: ClassVar[Mapping[str, Any]] = {"features": 3, "size_out": 2, "delta": 1.0}
    demonstration: ClassVar[Mapping[str, Any]] = {"features": 1, "size_out": 1}

    def prepare(self) -> None:
        super().prepare()
        self.must(self.lam <= 1.0, "lam", f"must be at most 1, got {self.lam!r}: what is older counts less, not more")
        self.check_start("p0", (self._inputs, self._inputs))
        number = np.dtype(self.dtype).type
        self._constants = number(self.lam), number(np.sqrt(np.finfo(self.dtype).max))

    def initial(self) -> State:
        state = super().initial()
        return state if self.p0 is None else {**state, "factor": np.array(self.matrix("p0"))}

    def _begun(self, weights: Any, bias: NDArray[Any]) -> State:
        factor = np.zeros((self._inputs, self._inputs), self.dtype)
        np.fill_diagonal(factor, 1.0 / self.delta)
        return {**super()._begun(weights, bias), "factor": factor}

    def learn(self, state: State, x: Any, target: Any, learns: Any, y: Any, watch: Mapping[str, Any]) -> None:
        seen = tuple(self._watched(watch, state, name) for name in self.recordable)
        recur(state["weights"], state["bias"], state["factor"], x, target, learns, y, *self._constants, *seen)

    def _keep(self, learned: State) -> None:
        super()._keep(learned)
        self.p0 = learned["factor"]

    @property
    def inverse_correlation(self) -> NDArray[Any]:
        """P (K, K) as last committed: the inverse of the weighted sum of u u' and what is left of I delta."""
        factor = self.state_now()["factor"]
        lower = np.tril(factor, -1) + np.eye(len(factor), dtype=factor.dtype)
        root = lower.T * np.sqrt(np.diag(factor))
        return root @ root.T


class LMS(Online):
    r"""Least mean squares: a small step against the gradient of each step's squared error.

    With u = (x, 1): (W, b) <- (W, b) + mu u (target - y)', where y is the output, W' x + b before that. It runs away
    where mu |u|^2 stays above 2. ``normalised``: mu / (eps + |u|^2) in the place of mu, which is stable for any input
    at mu < 2.

    Inputs: x (T, M), target (T, N). Output: y (T, N). State: weights (M, N), bias (N,).
    Source: Haykin 2002, Adaptive Filter Theory, chapters on the LMS and the normalised LMS algorithm; Widrow and Hoff
    1960, IRE WESCON Convention Record (adaptive switching circuits).

    >>> from graphnet import TSContinuous
    >>> layer = LMS(1, 1, mu=0.5, fit_bias=False)
    >>> layer.evolve(TSContinuous.from_clocked([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]], dt=1e-3)).samples.T
    array([[0. , 1. , 1.5]])
    """

    mu: Positive[float] = 0.01
    """How far a step goes against the gradient."""
    normalised: bool = False
    eps: Positive[float] = 1e-6
    """What bounds the normalised step where the input is almost 0."""

    example: ClassVar[Mapping[str, Any]] = {"features": 3, "size_out": 2, "mu": 0.001}
    demonstration: ClassVar[Mapping[str, Any]] = {"features": 1, "size_out": 1, "mu": 0.05}

    def prepare(self) -> None:
        super().prepare()
        unstable = self.normalised and self.mu >= 2.0
        self.must(not unstable, "mu", f"must be below 2 where steps are normalised, got {self.mu!r}: it would run away")
        number = np.dtype(self.dtype).type
        self._constants = number(self.mu), self.normalised, number(self.eps + self.fit_bias), self.fit_bias

    def learn(self, state: State, x: Any, target: Any, learns: Any, y: Any, watch: Mapping[str, Any]) -> None:
        seen = tuple(self._watched(watch, state, name) for name in self.recordable)
        descend(state["weights"], state["bias"], x, target, learns, y, *self._constants, *seen)

    def _cure(self) -> str:
        return "make mu smaller, take normalised=True, or scale the inputs"


@kernel
def predict(weights, bias, row, out):
    """out = W' row + b, summed in order."""
    out[:] = bias
    for i in range(row.shape[0]):
        given = row[i]
        line = weights[i]
        for j in range(line.shape[0]):
            out[j] += given * line[j]


@kernel
def correct(weights, bias, gain, wanted, out, with_bias):
    """Add gain (wanted - out)' to the weights, and to the bias what belongs to it."""
    m = weights.shape[0]
    for i in range(m):
        line = weights[i]
        for j in range(line.shape[0]):
            line[j] += gain[i] * (wanted[j] - out[j])
    if with_bias:
        for j in range(bias.shape[0]):
            bias[j] += gain[m] * (wanted[j] - out[j])


@kernel
def take_in(factor, u, lam, most, gain):
    """Bierman's U-D update with the forgetting of one step; ``gain`` becomes P u / (lam + u' P u)."""
    alpha = lam
    for j in range(u.shape[0]):
        line = factor[j]
        f = u[j]
        for i in range(j):
            f += line[i] * u[i]
        g = line[j] * f
        before = alpha
        alpha = before + f * g
        line[j] = min(line[j] * (before / alpha) / lam, most)
        gain[j] = g
        for i in range(j):
            held = line[i]
            line[i] = held - gain[i] * (f / before)
            gain[i] += held * g
    for j in range(u.shape[0]):
        gain[j] /= alpha


@kernel
def recur(weights, bias, factor, x, target, learns, y, lam, most, weights_seen, bias_seen, factor_seen):
    """Predict, then learn, row by row."""
    m, inputs = x.shape[1], factor.shape[0]
    u, gain = np.ones(inputs, dtype=x.dtype), np.zeros(inputs, dtype=x.dtype)
    for k in range(x.shape[0]):
        predict(weights, bias, x[k], y[k])
        if learns[k]:
            u[:m] = x[k]
            take_in(factor, u, lam, most, gain)
            correct(weights, bias, gain, target[k], y[k], inputs > m)
        if weights_seen.shape[0] > 0:
            weights_seen[k] = weights
        if bias_seen.shape[0] > 0:
            bias_seen[k] = bias
        if factor_seen.shape[0] > 0:
            factor_seen[k] = factor


@kernel
def descend(weights, bias, x, target, learns, y, mu, normalised, eps, with_bias, weights_seen, bias_seen):
    """Predict, then take a step, row by row."""
    m = x.shape[1]
    gain = np.empty(m + 1, dtype=x.dtype)
    for k in range(x.shape[0]):
        row = x[k]
        predict(weights, bias, row, y[k])
        if learns[k]:
            rate = mu
            if normalised:
                power = eps
                for i in range(m):
                    power += row[i] * row[i]
                rate = mu / power
            for i in range(m):
                gain[i] = rate * row[i]
            gain[m] = rate
            correct(weights, bias, gain, target[k], y[k], with_bias)
        if weights_seen.shape[0] > 0:
            weights_seen[k] = weights
        if bias_seen.shape[0] > 0:
            bias_seen[k] = bias
