"""The properties of a layer that parameters may be named after."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError, SizeError
from ..timeseries import TimeSeries
from .node import checked_noise, promoted
from .reference import Layer
from .values import dense_matrix, dense_shape, is_sparse

SHADOWED = frozenset({"dt", "name", "noise_std", "size", "size_in", "size_out", "weights", "input_type", "output_type"})
"""Properties of every layer that show the parameter of their name, where there is one."""


class Shadowed(Layer, register=False):
    """A layer whose properties fields may be named after."""

    if TYPE_CHECKING:  # to a type checker a field cannot override a property: here they become plain attributes
        dt: Any  # pyright: ignore[reportIncompatibleMethodOverride]
        name: Any  # pyright: ignore[reportIncompatibleVariableOverride]
        noise_std: Any  # pyright: ignore[reportIncompatibleVariableOverride]
        size: Any  # pyright: ignore[reportIncompatibleMethodOverride]
        size_in: Any  # pyright: ignore[reportIncompatibleMethodOverride]
        size_out: Any  # pyright: ignore[reportIncompatibleMethodOverride]
        weights: Any  # pyright: ignore[reportIncompatibleVariableOverride]
        input_type: Any  # pyright: ignore[reportIncompatibleMethodOverride]
        output_type: Any  # pyright: ignore[reportIncompatibleMethodOverride]

    else:

        @property
        def input_type(self) -> type[TimeSeries]:
            """The kind of series that it accepts."""
            return self._values.get("input_type", self.accepts)

        @property
        def output_type(self) -> type[TimeSeries]:
            """The kind of series that it emits."""
            return self._values.get("output_type", self.emits)

        @property
        def noise_std(self) -> float:
            """Standard deviation that the state's noise has after 1 s of integration without leak."""
            return self._noise_std

        @noise_std.setter
        def noise_std(self, noise_std: float | None) -> None:
            old, new = self._noise_std, checked_noise(noise_std, self.start_print)
            try:
                self._noise_std = self._values["noise_std"] = new
                self._prepared()
            except Exception:
                self._noise_std = self._values["noise_std"] = old
                self._prepared()
                raise

        @property
        def weights(self) -> NDArray[Any]:
            """Weights (M, N), dense; without any, the identity, or zeros where they are not learned yet.

            Those of several names stand below each other, in their order.
            """
            value = self._values.get("weights")
            if value is None:
                shape = self._size_in, self._size
                return np.zeros(shape) if "weights" in self.parameters() else np.eye(*shape)
            return dense_matrix(value)

        @weights.setter
        def weights(self, weights: Any) -> None:
            if weights is None:
                raise SizeError(f"{self.start_print}: weights must be an array of shape {self.weights.shape}, got None")
            if "weights" not in self.parameters():
                raise ParameterError(f"{self.start_print} has no weights to set", owner=self._path, parameter="weights")
            plain = not isinstance(weights, Mapping) and np.ndim(weights) < 2 and not is_sparse(weights)
            if self._values["weights"] is not None and plain:
                # as in the reference; a diagonal is given when the layer is built, or as the matrix that it is
                warnings.warn(
                    f"{self.start_print}: weights of {np.ndim(weights)} dimensions are promoted to 2", stacklevel=2
                )
                row, wanted = promoted(weights, self.start_print), dense_shape(self._values["weights"])
                weights = row.reshape(wanted) if row.size == math.prod(wanted) else row
            self._replace("weights", weights)
