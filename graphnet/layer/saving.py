"""Layers as plain data, and as JSON files."""

from __future__ import annotations

import inspect
import json
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from .. import registry
from ..errors import ParameterError, ParameterTypeError, near
from .node import Node


class Saving(Node):
    """The part of a layer that is written and read back."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Everything needed to build an identical layer, as plain data.

        The base puts in weights, dt, noise_std, name and class_name; a subclass adds its own constructor arguments.
        """
        return {
            "weights": np.asarray(self.weights).tolist(),
            "dt": self._dt,
            "noise_std": self._noise_std,
            "name": self._name,
            "class_name": self.class_name,
        }

    def save(self, config: Mapping[str, Any], filename: str | Path) -> None:
        """Write parameters to a JSON file, exact for every float."""
        from ..files import write_atomic

        text = json.dumps(config, default=_plain, indent=1)
        write_atomic(filename, text.encode())

    def save_layer(self, filename: str | Path) -> None:
        """Write what ``to_dict`` gives to a JSON file."""
        self.save(self.to_dict(), filename)

    @classmethod
    def load_from_dict(cls, config: Mapping[str, Any], **kwargs: Any) -> Self:
        """Build a layer from what ``to_dict`` gave; keyword arguments replace entries.

        Called on ``Layer`` it builds whatever class the config names. Raises UnknownName for a class that is not known,
        ParameterError for one that is not this class, ParameterTypeError naming unknown keys.
        """
        if not isinstance(config, Mapping):
            raise ParameterTypeError(f"a config is a mapping of parameters, got a {type(config).__name__}")
        given = {**config, **kwargs}
        wanted = given.pop("class_name", cls.__name__)
        target = cls if wanted == cls.__name__ else registry.layers.get(str(wanted))
        if not issubclass(target, cls):
            raise ParameterError(
                f"the config is of a {wanted}, not of a {cls.__name__}", hint="use Layer.load_from_dict"
            )
        if inspect.isabstract(target):
            raise ParameterError(
                f"{wanted} is abstract: no layer can be built of it", hint="the config needs a class_name, such as LIF"
            )
        _check_arguments(target, given)
        return target(**given)

    @classmethod
    def load_from_file(cls, filename: str | Path, **kwargs: Any) -> Self:
        """Build a layer from a JSON file; keyword arguments replace entries.

        Raises ParameterError for other content.
        """
        try:
            config = json.loads(Path(filename).read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ParameterError(f"{filename} is not a JSON file of a layer: {error}") from error
        if not isinstance(config, dict):
            raise ParameterError(f"{filename} holds no mapping of parameters, but a {type(config).__name__}")
        return cls.load_from_dict(config, **kwargs)


def _check_arguments(target: type[Any], given: Mapping[str, Any]) -> None:
    """Refuse keys that a constructor does not take, naming all of them, and missing ones."""
    signature = inspect.signature(target)
    takes = [one for one in signature.parameters.values() if one.kind is not one.VAR_POSITIONAL]
    names = [one.name for one in takes if one.kind is not one.VAR_KEYWORD]
    open_ended = len(names) < len(takes)  # whoever takes any keyword names the unknown ones itself
    wrong: list[str] = []
    for name in given:
        if name not in names and not open_ended:
            close = near(name, names)
            wrong.append(
                f"has no parameter {name!r}; "
                + (f"did you mean {close!r}?" if close else f"it has: {', '.join(names)}")
            )
    lacking = [one.name for one in takes if one.name in names and one.default is one.empty and one.name not in given]
    wrong += [f"needs {name!r}" for name in lacking]
    if wrong:
        raise ParameterTypeError("\n".join(f"{target.__name__} {one}" for one in wrong), owner=target.__name__)


def _plain(value: Any) -> Any:
    """NumPy values as JSON knows them."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise ParameterTypeError(f"cannot write a {type(value).__name__} to JSON: {value!r}")
