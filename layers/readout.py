"""Readouts: layers whose weights follow from data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    ArrayLayer,
    Exchange,
    InputError,
    NetworkError,
    NonNegative,
    PerUnit,
    Size,
    Span,
    State,
    Stepping,
    Trainable,
    Weights,
    one_blas_thread,
    positional,
)

from .steps import step_shifted

CHUNK = 256  # rows that enter the sums at once, counted from the first row of a fit: no split of the data shows


class Ridge(ArrayLayer, Trainable):
    """Linear readout y = W' x + b, fitted by ridge regression: W = (X'X + alpha I)^-1 X'Y.

    With ``fit_bias`` X and Y are centred first, so that b is not penalised; with ``regularise_bias`` it is, as the
    weight of one more input that is always 1. alpha is used as written, not scaled by the number of rows. Fitting
    streams: rows enter sums of products in chunks of fixed length counted from the first row, so every split of the
    data gives the same bits. With G = X'X + alpha I, the error of W is at most 10 cond(G) eps max(|W|, |X| |Y| / |G|):
    10 cond(G) eps of W itself, unless X'Y nearly cancels.

    Shapes: x (T, M), y (T, N). No state. Weights and bias are zero before the first fit and are saved with the layer;
    ``coef_`` (N, M) and ``intercept_`` (N,) show them as scikit-learn does.
    Source: Hoerl and Kennard 1970, Technometrics 12(1) (ridge regression); Chan, Golub and LeVeque 1983, The American
    Statistician 37(3) (sums about the mean, joined pairwise).

    >>> readout = Ridge(1, 1, alpha=1e-9)
    >>> readout.partial_fit(np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]]))
    >>> readout.end_fit()
    >>> readout.weights.round(6), readout.bias.round(6)
    (array([[2.]]), array([1.]))
    """

    size_in: Size = positional()
    size_out: Size = positional()
    alpha: NonNegative[float] = 1e-3
    """The weight of the penalty on large weights."""
    fit_bias: bool = True
    regularise_bias: bool = False
    """Whether the penalty falls on the bias as well."""
    weights: Weights | None = None
    bias: PerUnit[float] = 0.0

    family: ClassVar[str] = "readouts"
    demonstration: ClassVar[Mapping[str, Any]] = {"weights": ((0.8,),), "bias": 0.2}

    _moments: Moments | None = None

    def prepare(self) -> None:
        needless = self.regularise_bias and not self.fit_bias
        self.must(not needless, "regularise_bias", "asks for a penalty on a bias that fit_bias=False does not fit")
        self.must(self.noise_std == 0, "noise_std", "must be 0: there is no state that noise could act on")
        weights = self.matrix()
        wanted = (self.size_in, self.size_out)
        self._matrix = np.zeros(wanted, dtype=self.dtype) if weights is None else weights
        shape = np.shape(self._matrix)
        self.must(shape == wanted, "weights", f"must have shape {wanted}, got {shape}")
        self._bias = self.per_unit("bias")

    def sizes(self) -> tuple[int, int, int]:
        outputs = self._values["size_out"]
        return self._values["size_in"], outputs, outputs

    def to_nir(self, shape: tuple[int, ...]) -> Exchange:
        """The readout as it is fitted now."""
        weights = np.zeros((self.size_in, self.size_out)) if self.value("weights") is None else self.value("weights")
        return self.nir_product(weights, shape, np.broadcast_to(self.bias, (self.size_out,)))

    def initial(self) -> State:
        return {}

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        y = span.product(block, self._matrix)
        y += self._bias
        return state, y

    def stepping(self, state: State, span: Span) -> Stepping:
        return Stepping(step_shifted, (self._bias,), self._matrix)

    @property
    def coef_(self) -> NDArray[np.float64]:
        """The weights, one row (M,) for each output."""
        return np.asarray(self.weights).T

    @property
    def intercept_(self) -> NDArray[np.float64]:
        """The bias of each output (N,)."""
        return np.array(np.broadcast_to(self.bias, (self.size_out,)), dtype=np.float64)

    def begin_fit(self) -> None:
        self._moments = Moments(self.size_in, self.size_out, self.fit_bias)

    def partial_fit(self, x: NDArray[Any], y: NDArray[Any]) -> None:
        """Take in rows of input (n, M) and targets (n, N); the first call after a fit begins the next one.

        Raises InputError for other shapes, NaN or infinity, and then takes in nothing.
        """
        inputs = self.checked_rows("input", x, self.size_in)
        targets = self.checked_rows("targets", y, self.size_out)
        if len(inputs) != len(targets):
            raise InputError(f"{self.start_print}: {len(inputs)} rows of input but {len(targets)} rows of targets")
        moments = self._moments or Moments(self.size_in, self.size_out, self.fit_bias)
        moments.take(inputs, targets)
        self._moments = moments

    def end_fit(self) -> None:
        """Solve for weights and bias. Raises NetworkError, and changes nothing, without rows or without a solution."""
        if self._moments is None or self._moments.rows == 0:
            raise NetworkError(f"{self.start_print}: no data to fit to", hint="call partial_fit(x, y) first")
        if self._moments.centred != self.fit_bias:
            raise NetworkError(f"{self.start_print}: fit_bias was changed after data had come in", hint="fit again")
        weights, bias = self._moments.solution(self.alpha, self.start_print, penalised=self.regularise_bias)
        self.weights, self.bias = weights, bias
        self._moments = None


Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
"""What there is of inputs (M,) and of targets (N,)."""


class Moments:
    """Sums of products of a stream of rows, about their means or about zero; a chunk of rows waits until it is full.

    Means are kept about an origin, the mean of the first chunk: beside a large offset they would lose the digits that
    tell one chunk from the next.
    """

    def __init__(self, size_in: int, size_out: int, centred: bool) -> None:
        self.rows: int = 0
        self.centred = centred
        self.size_in = size_in
        self._waiting = np.empty((CHUNK, size_in)), np.empty((CHUNK, size_out))
        self._origin = np.zeros(size_in), np.zeros(size_out)
        self._mean = np.zeros(size_in), np.zeros(size_out)
        # X'X fills its lower triangle alone, in the order of BLAS, which adds to it in place
        self._gram, self._cross = np.zeros((size_in, size_in), order="F"), np.zeros((size_in, size_out))

    def take(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
        """Take in rows of input and target."""
        done = 0
        while done < len(x):
            held = self.rows % CHUNK
            n = min(CHUNK - held, len(x) - done)
            for waiting, rows in zip(self._waiting, (x, y), strict=True):
                waiting[held : held + n] = rows[done : done + n]
            done += n
            self.rows += n
            if self.rows % CHUNK == 0:
                self._origin, self._mean = self._join(self.rows - CHUNK, *self._waiting, self._gram, self._cross)

    def _join(
        self, before: int, x: NDArray[Any], y: NDArray[Any], gram: NDArray[Any], cross: NDArray[Any]
    ) -> tuple[Pair, Pair]:
        """Add a chunk to the products, which hold ``before`` rows; gives origin and mean of all since."""
        from scipy.linalg import get_blas_funcs

        dsyr, dsyrk = get_blas_funcs(("syr", "syrk"), dtype=np.float64)
        origin, mean = self._origin, self._mean
        if self.centred:
            origin = origin if before else (x.mean(axis=0), y.mean(axis=0))
            x, y = x - origin[0], y - origin[1]
            mean = x.mean(axis=0), y.mean(axis=0)
            x -= mean[0]
            y -= mean[1]
        with one_blas_thread():
            dsyrk(1.0, x.T, beta=1.0, c=gram, lower=1, overwrite_c=1)
            cross += x.T @ y
        if not self.centred:
            return origin, mean
        apart, total = (mean[0] - self._mean[0], mean[1] - self._mean[1]), before + len(x)
        share = before * len(x) / total
        dsyr(share, apart[0], lower=1, a=gram, overwrite_a=1)
        cross += np.outer(share * apart[0], apart[1])
        part = len(x) / total
        return origin, (self._mean[0] + apart[0] * part, self._mean[1] + apart[1] * part)

    def solution(
        self, alpha: float, owner: str, *, penalised: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights (M, N) and bias (N,) for everything taken in so far. Raises NetworkError.

        For given W the best bias is the share n / (n + alpha) of what is left of the means where alpha ``penalised``
        it, and all of that otherwise. Put in, the penalty on b becomes one on the means' part of the products.
        """
        from scipy.linalg import LinAlgError, cho_factor, cho_solve

        held = self.rows % CHUNK
        origin, mean, gram, cross = self._origin, self._mean, self._gram.copy(order="F"), self._cross.copy()
        if held:
            x, y = (waiting[:held] for waiting in self._waiting)
            origin, mean = self._join(self.rows - held, x, y, gram, cross)
        x_mean, y_mean = origin[0] + mean[0], origin[1] + mean[1]
        share = self.rows / (self.rows + alpha) if penalised else 1.0
        if penalised:
            gram += np.outer(x_mean, x_mean) * (alpha * share)
            cross += np.outer(x_mean, y_mean) * (alpha * share)
        gram.flat[:: self.size_in + 1] += alpha
        try:
            with one_blas_thread():
                weights = cho_solve(cho_factor(gram, lower=True, overwrite_a=True), cross)
                bias = share * (y_mean - x_mean @ weights)
        except (LinAlgError, ValueError) as error:  # ValueError: a sum of products has overflowed
            raise NetworkError(
                f"{owner}: X'X + alpha I is not positive definite at alpha {alpha!r}: {error}",
                hint="raise alpha, leave out inputs that repeat others, or scale the data",
            ) from error
        if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise NetworkError(f"{owner}: the solution overflows", hint="scale the inputs and targets")
        return weights, bias
