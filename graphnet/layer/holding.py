"""How a layer holds its declared parameters: checked, owned, fixed, and replaced by what fits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError, ParameterTypeError
from .declared import Common
from .parameters import Parameter
from .shadowed import Shadowed
from .values import PLAIN, ByName, dense_shape, each, frozen

State = dict[str, NDArray[Any]]


class Holding(Common, Shadowed, register=False):
    """The part of an ArrayLayer that is its parameters."""

    def _build(self, given: dict[str, Any]) -> None:
        from .schema import validated

        known = self.parameters()
        if given.get("noise_std", 0.0) is None:
            given["noise_std"] = 0.0
        values = validated(type(self), given)
        self._written = {name: kept for name, value in given.items() if (kept := known[name].origin(value))}
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
            for one in each(value) if parameter.kind == "per_unit" else ():
                fits = not isinstance(one, np.ndarray) or one.shape == (self._size,)
                shape = f"({self._size},), got shape {np.shape(one)}"
                self.must(fits, name, f"must be a number or have shape {shape}")

    def _prepared(self) -> None:
        self._matrices: dict[str, Any] = {}
        if self._home is not None:
            self._home.forget()
        self.prepare()

    def sizes(self) -> tuple[int, int, int]:
        """(size_in, size, size_out): from the weights, else from fields named size_in, size, size_out.

        Override it where the parameters say it in another way.
        """
        weights = self._values.get("weights")
        if weights is not None:
            shapes = [dense_shape(one) for one in each(weights)]
            columns = sorted({shape[1] for shape in shapes})
            self.must(len(columns) == 1, "weights", f"must have as many columns by every name, got {columns}")
            return sum(shape[0] for shape in shapes), columns[0], columns[0]
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
        """A weights parameter in the layer's dtype: dense (M, N), a diagonal (N,), or CSR; None where it is absent.

        Where there are several by name, a dict of them.
        """
        if name not in self._matrices:
            value = self._values[name]
            several = isinstance(value, ByName)
            self._matrices[name] = (
                {key: self._cast(one) for key, one in value.items()} if several else self._cast(value)
            )
        return self._matrices[name]

    def _cast(self, value: Any) -> Any:
        return value if value is None or value.dtype == self.dtype else value.astype(self.dtype)

    def per_unit(self, name: str) -> NDArray[Any]:
        """A parameter as one value for each unit, shape (N,), in the layer's dtype."""
        return np.array(np.broadcast_to(self._values[name], (self._size,)), dtype=self.dtype)

    def remember(self, name: str, spec: Mapping[str, Any]) -> None:
        """Have ``to_dict`` write a parameter as where it came from: a file or an initialiser.

        For a parameter that has several values by name, ``spec`` maps names to where these came from.
        """
        before = self._written.get(name, {}) if isinstance(self._values[name], ByName) else {}
        self._written[name] = {**before, **spec}

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
        if old is not None and not self._fits(parameter, checked, old):
            raise ParameterError(
                f"{self.start_print}: {parameter.name} has {_form(old)}, got {_form(checked)}",
                owner=self._path,
                parameter=parameter.name,
            )
        return checked

    def _fits(self, parameter: Parameter, new: Any, old: Any) -> bool:
        """Whether a value may stand where another stood."""
        if isinstance(old, ByName) or isinstance(new, ByName):
            alike = isinstance(old, ByName) and isinstance(new, ByName) and list(new) == list(old)
            return alike and all(self._fits(parameter, new[name], old[name]) for name in old)
        if parameter.kind == "per_unit":
            return np.shape(new) in [(self._size,), ()]
        return parameter.kind == "per_synapse" or dense_shape(new) == dense_shape(old)

    def __setstate__(self, content: dict[str, Any]) -> None:
        vars(self).update(content)
        self._values = {
            name: value if value.__class__ in PLAIN else frozen(value) for name, value in self._values.items()
        }


def _form(value: Any) -> str:
    if isinstance(value, ByName):
        return ", ".join(f"{name!r}: {_form(one)}" for name, one in value.items())
    return f"shape {np.shape(value)}"
