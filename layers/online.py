"""Readouts that learn while they run: recursive least squares, least mean squares."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    ArrayLayer,
    InputError,
    NetworkError,
    NonNegative,
    PerUnit,
    Positive,
    Seconds,
    Size,
    Span,
    State,
    Trainable,
    Weights,
    kernel,
    positional,
    steps_of,
)


class Online(ArrayLayer, Trainable, register=False):
    """What linear readouts share that learn from the error of their own output, step by step.

    Inputs: ``x`` (M signals) and ``target`` (N). The output of a step is the prediction W' x + b before the step's
    target is learned. Nothing is learned where the target is not connected, in steps where any of it is NaN, and
    outside of [``learn_from``, ``learn_until``) (s).

    What is learned is state: a run that fails leaves none of it, a checkpoint holds it, ``reset_state`` goes back to
    ``w0`` and ``b0``. ``weights``, ``coef_`` and ``intercept_`` show it; ``end_fit`` puts it into ``w0`` and ``b0``,
    which are saved with the layer. A fit begins from nothing and takes the same steps as a run does.
    """

    features: Size = positional()
    """The number of signals M that it predicts from."""
    size_out: Size = positional()
    fit_bias: bool = True
    learn_from: NonNegative[Seconds] = 0.0
    learn_until: NonNegative[Seconds] | None = None
    w0: Weights | None = None
    b0: PerUnit[float] = 0.0

    recordable: ClassVar[tuple[str, ...]] = ("weights", "bias")
    allow_nan: ClassVar[bool] = True
    learns_from: ClassVar[str | None] = "x"

    _pending: State | None = None

    def prepare(self) -> None:
        self.must(self.noise_std == 0, "noise_std", "must be 0: what is learned has no noise of its own")
        wanted = self.features, self.size_out
        shape = wanted if self.w0 is None else np.shape(self.w0)
        self.must(shape == wanted, "w0", f"must have shape {wanted}, got {shape}")
        ends = np.array([-self.learn_from, 0.0 if self.learn_until is None else -self.learn_until])
        first, last = (-int(step) for step in steps_of(ends, self.dt))  # the first steps that begin no earlier
        self._window = first, None if self.learn_until is None else last
        self._inputs = self.features + self.fit_bias

    def sizes(self) -> tuple[int, int, int]:
        outputs = self.value("size_out")
        return self.value("features") + outputs, outputs, outputs

    def ports(self) -> Mapping[str, int]:
        return {"x": self.features, "target": self.size_out}

    def initial(self) -> State:
        return self._begun(self.matrix("w0"), self.per_unit("b0"))

    def _begun(self, weights: Any, bias: NDArray[Any]) -> State:
        shape = self.features, self.size_out
        return {"weights": np.array(np.zeros(shape, self.dtype) if weights is None else weights), "bias": bias}

    @abstractmethod
    def learn(self, state: State, x: Any, target: Any, learns: Any, y: Any, watch: Mapping[str, Any]) -> None:
        """Fill ``y`` with the predictions for rows ``x``, learning after each where ``learns`` says so."""

    # ------------------------------------------------------------------ in a run

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        x, target = block["x"], block["target"]
        rows = np.zeros((span.steps, self.features), self.dtype) if x is None else x
        if target is None:
            wanted, learns = np.zeros((0, self.size_out), self.dtype), np.zeros(span.steps, dtype=np.bool_)
        else:
            wanted, learns = target, self._learning(span) & ~np.isnan(target).any(axis=1)
        y = span.empty((span.steps, self.size_out), self.dtype)
        self.learn(state, self._given(rows), self._given(wanted), learns, y, span.watch)
        return state, y

    def _learning(self, span: Span) -> NDArray[np.bool_]:
        first, last = self._window
        step = np.arange(span.start, span.start + span.steps)
        return (step >= first) & (True if last is None else step < last)

    def _given(self, rows: Any) -> NDArray[Any]:
        view = np.ascontiguousarray(rows, dtype=self.dtype).view()
        view.flags.writeable = False  # as blocks come, so that the kernel is compiled once
        return view

    def _watched(self, watch: Mapping[str, Any], state: State, name: str) -> NDArray[Any]:
        return watch[name] if name in watch else np.empty((0, *state[name].shape), dtype=self.dtype)

    # ------------------------------------------------------------------ what is learned

    @property
    def weights(self) -> NDArray[Any]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """The weights (M, N) as last committed; those of another matrix of that shape may take their place."""
        return self.state

    @weights.setter
    def weights(self, weights: Any) -> None:
        self.state = weights

    @property
    def coef_(self) -> NDArray[Any]:
        """The weights as last committed, one row (M,) for each output."""
        return self.state.T

    @property
    def intercept_(self) -> NDArray[Any]:
        """The bias of each output (N,) as last committed."""
        return self.state_now()["bias"].copy()

    def begin_fit(self) -> None:
        self._pending = self._begun(None, np.zeros(self.size_out, self.dtype))

    def partial_fit(self, x: NDArray[Any], y: NDArray[Any]) -> None:
        """Learn from rows of input (n, M) and targets (n, N), but where a target is NaN.

        Outside of a fit it goes on from what has been learned; ``end_fit`` makes it count. Raises InputError for other
        shapes, NaN in the input, or infinity, and then learns nothing.
        """
        inputs = self.checked_rows("input", x, self.features)
        targets = self.checked_rows("targets", y, self.size_out, nan=True)
        if len(inputs) != len(targets):
            raise InputError(f"{self.start_print}: {len(inputs)} rows of input but {len(targets)} rows of targets")
        if self._pending is None:
            self._pending = {name: array.copy() for name, array in self.state_now().items()}
        y = np.empty(targets.shape, self.dtype)
        learns = ~np.isnan(targets).any(axis=1)
        self.learn(self._pending, self._given(inputs), self._given(targets), learns, y, {})

    def end_fit(self) -> None:
        """Put what has been learned, by ``partial_fit`` or else in runs, into parameters and state.

        Raises NetworkError, and changes nothing, where it has run away to infinity.
        """
        learned = self._pending or self.state_now()
        if not all(np.isfinite(array).all() for array in learned.values()):
            raise NetworkError(f"{self.start_print}: learning ran away to infinity", hint=self._cure())
        self._keep(learned)
        self.reset_state()
        self._pending = None

    def _keep(self, learned: State) -> None:
        self.w0, self.b0 = learned["weights"], learned["bias"]

    def _cure(self) -> str:
        return "scale the inputs"


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
        wanted = self._inputs, self._inputs
        shape = wanted if self.p0 is None else np.shape(self.p0)
        self.must(shape == wanted, "p0", f"must have shape {wanted}, got {shape}")
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
