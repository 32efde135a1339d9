"""How a layer holds its declared parameters: checked, owned, fixed, and replaced by what fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import is_spec
from ..errors import ParameterError, ParameterTypeError
from .declared import Common
from .parameters import Parameter
from .shadowed import Shadowed
from .values import PLAIN, dense_shape, frozen

State = dict[str, NDArray[Any]]


class Holding(Common, Shadowed, register=False):
    """The part of an ArrayLayer that is its parameters."""

    def _build(self, given: dict[str, Any]) -> None:
        from .schema import validated

        known = self.parameters()
        if given.get("noise_std", 0.0) is None:
            given["noise_std"] = 0.0
        values = validated(type(self), given)
        self._written = {name: dict(value) for name, value in given.items() if is_spec(value) and "init" in value}
        self._values = {name: values[name] if name in values else one.held_default() for name, one in known.items()}
        self._weights = None
        self._own: State | None = None
        size = self._values.get("size", 1)  # what ``sizes`` may ask for before it has answered
        given_sizes = self._values.get("size_in", size), size, self._values.get("size_out", size)
        self._enter(values.get("name", "unnamed"), self._values["dt"], self._values["noise_std"], given_sizes)
        self._fit_sizes()
        self._prepared()

    def _fit_sizes(self) -> None:
        sizes = tuple(int(one) for one in self.sizes())
        self._size_in, self._size, self._size_out = sizes
        for name, parameter in self.parameters().items():
            value = self._values[name]
            if parameter.kind == "per_unit" and isinstance(value, np.ndarray) and value.shape != (self._size,):
                raise ParameterError(
                    f"{self.class_name}: {name} must be a number or have shape ({self._size},), "
                    f"got shape {value.shape}",
                    owner=self.class_name,
                    parameter=name,
                )

    def _prepared(self) -> None:
        self._matrices: dict[str, Any] = {}
        self.prepare()

    def sizes(self) -> tuple[int, int, int]:
        """(size_in, size, size_out): from the weights, else from fields named size_in, size, size_out.

        Override it where the parameters say it in another way.
        """
        weights = self._values.get("weights")
        if weights is not None:
            return weights.shape[0], weights.shape[-1], weights.shape[-1]
        size = self._values.get("size")
        size_out = self._values.get("size_out", size)
        size_in = self._values.get("size_in", size)
        if size_in is None or size_out is None:
            raise ParameterTypeError(f"{self.class_name} must have a field weights or size, or override sizes()")
        return size_in, size if size is not None else size_out, size_out

    def prepare(self) -> None:
        """Runs once the parameters are checked: shapes across fields, derived constants. Nothing by default."""

    def value(self, name: str) -> Any:
        """A parameter by its name, as it is held."""
        return self._values[name]

    def matrix(self, name: str = "weights") -> Any:
        """A weights parameter in the layer's dtype: dense (M, N), a diagonal (N,), or CSR; None where it is absent."""
        if name not in self._matrices:
            value = self._values[name]
            self._matrices[name] = value if value is None or value.dtype == self.dtype else value.astype(self.dtype)
        return self._matrices[name]

    def per_unit(self, name: str) -> NDArray[Any]:
        """A parameter as one value for each unit, shape (N,), in the layer's dtype."""
        return np.array(np.broadcast_to(self._values[name], (self._size,)), dtype=self.dtype)

    def remember(self, name: str, spec: Mapping[str, Any]) -> None:
        """Have ``to_dict`` write a parameter as where it came from: a file or an initialiser."""
        self._written[name] = dict(spec)

    def must(self, condition: bool, parameter: str, message: str) -> None:
        """Refuse a parameter in ``prepare``: ParameterError naming the class and the parameter."""
        if not condition:
            raise ParameterError(
                f"{self.class_name}: {parameter} {message}", owner=self.class_name, parameter=parameter
            )

    def _replace(self, name: str, value: Any) -> None:
        """Set a parameter of a layer that is built: an array by one of the same shape, anything else not at all."""
        parameter = self.parameters()[name]
        if not parameter.is_array:
            raise ParameterError(
                f"{self.start_print}: {name} is fixed once the layer is built",
                owner=self._path,
                parameter=name,
                hint=f"build another with that value: {self.class_name}.load_from_dict(layer.to_dict(), {name}=...)",
            )
        checked = self._checked_array(parameter, value)
        old, written = self._values[name], self._written.pop(name, None)
        self._values[name] = checked
        try:
            self._prepared()
        except Exception:
            self._values[name] = old
            if written is not None:
                self._written[name] = written
            self._prepared()
            raise

    def _checked_array(self, parameter: Parameter, value: Any) -> Any:
        old = self._values[parameter.name]
        try:
            checked = parameter.check(value)
        except ParameterError as error:
            raise ParameterError(
                f"{self.start_print}: {parameter.name} {error.message}", owner=self._path, parameter=parameter.name
            ) from error
        if parameter.kind == "weights":
            fits = dense_shape(checked) == dense_shape(old)
        else:
            fits = np.shape(checked) in [(self._size,), ()]
        if old is not None and not fits:
            raise ParameterError(
                f"{self.start_print}: {parameter.name} has shape {np.shape(old)}, got shape {np.shape(checked)}",
                owner=self._path,
                parameter=parameter.name,
            )
        return checked

    def __setstate__(self, content: dict[str, Any]) -> None:
        vars(self).update(content)
        self._values = {
            name: value if value.__class__ in PLAIN else frozen(value) for name, value in self._values.items()
        }
