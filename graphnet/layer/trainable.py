"""What a layer offers to be trained by ``Network.fit``, with the names that scikit-learn gave to such things."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..blas import one_blas_thread
from ..clock import step_of
from ..errors import InputError, ParameterError, ParameterTypeError
from ..span import Span
from .array import ArrayLayer
from .several import declared_ports


class Trainable(ABC):
    """A layer whose parameters follow from pairs of input and target, shown to it once, in order, in any pieces.

    A class mixes it into an ArrayLayer and writes ``begin_fit``, ``partial_fit`` and ``end_fit``. The layer's
    parameters change in ``end_fit`` at the latest and not before the data that call for it.
    """

    learns_from: ClassVar[str | None] = None
    """Of a layer that has several inputs, the one whose rows it is shown."""

    @abstractmethod
    def begin_fit(self) -> None:
        """Forget what earlier fits have seen."""

    @abstractmethod
    def partial_fit(self, x: NDArray[Any], y: NDArray[Any]) -> None:
        """Take in rows of input (n, n_features_in_) and the targets (n, size_out) that belong to them."""

    @abstractmethod
    def end_fit(self) -> None:
        """All data have been seen: put the result into the parameters.

        Raises NetworkError where there was too little.
        """

    # ------------------------------------------------------------------ what follows from these

    @property
    def n_features_in_(self) -> int:
        """The number of columns of the rows that it learns from."""
        layer = _layer(self)
        return layer.size_in if self.learns_from is None else declared_ports(layer)[self.learns_from][0]

    def fit(self, x: NDArray[Any], y: NDArray[Any]) -> Self:
        """Begin, take in rows of input and targets, and end; gives the layer."""
        self.begin_fit()
        self.partial_fit(x, y)
        self.end_fit()
        return self

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """The output (n, size_out) for rows of input, taken as steps from where the layer stands; it stays there."""
        layer = _layer(self)
        rows = np.ascontiguousarray(self.checked_rows("input", x, self.n_features_in_))
        block: Any = rows
        if self.learns_from is not None:
            block = {**dict.fromkeys(declared_ports(layer)), self.learns_from: rows}
        state = {name: array.copy() for name, array in layer.state_now().items()}
        with one_blas_thread():
            _, out = layer.advance(state, block, Span(step_of(layer.t, layer.dt), len(rows), layer._noise_key()))
        layer.check_output(out, len(rows))
        return np.array(out)

    def score(self, x: NDArray[Any], y: NDArray[Any]) -> float:
        """R^2 of what it predicts from rows of input: 1 where all is met, 0 for the mean of the targets."""
        agreement = RSquared(_layer(self).start_print)
        agreement.take(self.checked_rows("targets", y, _layer(self).size_out), self.predict(x))
        return agreement.value()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Every parameter by name, as the constructor takes it; ``deep`` changes nothing, no layer is inside."""
        return parameters_of(_layer(self))

    def set_params(self, **params: Any) -> Self:
        """Give parameters other values, all or none, and give the layer; what it has learned stays.

        Raises ParameterTypeError for unknown names, ParameterError for values that are refused, or that would change
        the layer's form: sizes, kinds, step, dtype, name, the shapes of its state.
        """
        layer = _layer(self)
        take_over(layer, changed(layer, params))
        return self

    # ------------------------------------------------------------------ for those who write one

    def shown_rows(self, block: Any, steps: int) -> NDArray[Any]:
        """The rows that ``partial_fit`` is shown, of a block as ``advance`` gets it; zeros where nothing leads in."""
        rows = block if self.learns_from is None or block is None else block[self.learns_from]
        return np.zeros((steps, self.n_features_in_)) if rows is None else rows

    def checked_rows(self, what: str, values: Any, size: int, *, nan: bool = False) -> NDArray[np.float64]:
        """Rows (n, size) of finite numbers, NaN among them where that is allowed. Raises InputError."""
        owner = _layer(self).start_print
        try:
            rows = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"{owner}: {what} to fit must be rows of numbers: {error}") from error
        if rows.ndim != 2 or rows.shape[1] != size:
            raise InputError(f"{owner}: {what} to fit must have shape (n, {size}), got {rows.shape}")
        wrong = np.isinf(rows) if nan else ~np.isfinite(rows)
        if wrong.any():
            k, channel = np.argwhere(wrong)[0]
            raise InputError(f"{owner}: {what} to fit hold {rows[k, channel]} in row {k}, channel {channel}")
        return rows


def _layer(trained: Trainable) -> ArrayLayer:
    if not isinstance(trained, ArrayLayer):
        raise ParameterTypeError(
            f"{type(trained).__name__} is no ArrayLayer",
            hint=f"class {type(trained).__name__}(ArrayLayer, Trainable)",
        )
    return trained


# ---------------------------------------------------------------------- other values of parameters


def parameters_of(layer: ArrayLayer) -> dict[str, Any]:
    """The values of a layer's parameters by name."""
    return {name: layer.value(name) for name in layer.parameters()} | {"name": layer.name}


def changed(layer: ArrayLayer, given: Mapping[str, Any]) -> ArrayLayer:
    """A layer of the same form with other values of some parameters, to be taken over. Raises ParameterError."""
    made = type(layer)(**{**parameters_of(layer), **given})
    for (what, old), (_, new) in zip(_form(layer), _form(made), strict=True):
        if old != new:
            raise ParameterError(
                f"{layer.start_print}: with {', '.join(given)} {what} would change from {old} to {new}",
                owner=layer.name,
                parameter=next(iter(given), ""),
                hint="build another layer, and put it in place of this one with net.replace",
            )
    made._written = {name: spec for name, spec in layer._written.items() if name not in given} | made._written
    return made


def take_over(layer: ArrayLayer, made: ArrayLayer) -> None:
    """Give a layer the parameters of another one of its form."""
    layer._values, layer._written, layer._noise_std = made._values, made._written, made.noise_std
    layer._prepared()


def _form(layer: ArrayLayer) -> list[tuple[str, Any]]:
    kinds = layer.input_type.__name__, layer.output_type.__name__
    state = {name: (array.shape, str(array.dtype)) for name, array in layer.initial().items()}
    return [
        ("its name", layer.name),
        ("its sizes (in, units, out)", (layer.size_in, layer.size, layer.size_out)),
        ("its kinds of signal", kinds),
        ("its dt", layer.dt),
        ("its dtype", layer.dtype),
        ("its state", state),
        ("its inputs", {name: size for name, (size, _) in declared_ports(layer).items()}),
    ]


# ---------------------------------------------------------------------- how well a signal meets its target


class RSquared:
    """R^2 = 1 - sum (y - f)^2 / sum (y - mean y)^2 of rows that come in pieces; the mean of that over the outputs.

    Where a target never changes it is 1 if it is met and 0 otherwise. Sums are about the mean, joined pairwise (Chan,
    Golub and LeVeque 1983, The American Statistician 37(3)).
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.rows: int = 0
        self._mean: Any = 0.0
        self._spread: Any = 0.0
        self._rest: Any = 0.0

    def take(self, wanted: NDArray[Any], given: NDArray[Any]) -> None:
        """Take in targets and outputs (n, N). Raises InputError where they do not fit or are not finite."""
        if wanted.shape != given.shape:
            raise InputError(f"{self.owner}: outputs have shape {given.shape}, targets {wanted.shape}")
        for what, rows in (("targets", wanted), ("outputs", given)):
            if not np.isfinite(rows).all():
                raise InputError(f"{self.owner}: {what} with NaN or infinity cannot be scored")
        if not (n := len(wanted)):
            return
        mean = wanted.mean(axis=0, dtype=np.float64)
        total = self.rows + n
        apart = mean - self._mean if self.rows else np.zeros_like(mean)
        self._spread = self._spread + np.sum((wanted - mean) ** 2, axis=0) + apart**2 * (self.rows * n / total)
        self._rest = self._rest + np.sum((wanted - given) ** 2, axis=0, dtype=np.float64)
        self._mean = self._mean + apart * (n / total) if self.rows else mean
        self.rows = total

    def value(self) -> float:
        """R^2 of all that was taken in. Raises InputError where there was nothing."""
        if not self.rows:
            raise InputError(f"{self.owner}: there are no rows to score", hint="shorten the washout")
        steady = self._spread <= self.rows * (4.0 * np.finfo(np.float64).eps * self._mean) ** 2  # rounding of the mean
        share = np.divide(self._rest, self._spread, out=np.where(self._rest > 0.0, 1.0, 0.0), where=~steady)
        return float(np.mean(1.0 - share))


__all__ = ["RSquared", "Trainable", "changed", "parameters_of", "take_over"]
