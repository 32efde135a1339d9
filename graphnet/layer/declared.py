"""Classes whose parameters are their annotated fields: collected when the class is made, checked when a layer is."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, dataclass_transform

from ..errors import ParameterError, ParameterTypeError, near
from .parameters import MISSING, Field, NonNegative, Parameter, Positive, Seconds, collect, positional, read
from .shadowed import SHADOWED


@dataclass_transform(kw_only_default=True, field_specifiers=(positional,))
class Declared(ABC):
    """Gives a class its parameters from its annotated fields, and a constructor that checks them."""

    _mine: ClassVar[dict[str, Any]] = {}
    _declared: ClassVar[dict[str, Any]] = {}
    _read: ClassVar[dict[str, Parameter] | None] = None
    _model: ClassVar[Any] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._values: dict[str, Any] = {}
        self._written: dict[str, Any] = {}
        self._build(_bound(type(self), args, kwargs))

    @abstractmethod
    def _build(self, given: dict[str, Any]) -> None:
        """Make the layer of what its constructor was given, by name."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        cls._mine = collect(cls)
        cls._declared = {}
        for base in reversed(cls.__mro__):
            cls._declared |= vars(base).get("_mine", {})
        cls._read = cls._model = None
        for name in cls._mine:
            if name not in SHADOWED:
                _refuse_taken(cls, name)
                setattr(cls, name, Field(name))
        _refuse_bare(cls)
        super().__init_subclass__(**kwargs)  # last: it registers the class

    @classmethod
    def parameters(cls) -> Mapping[str, Parameter]:
        """The declared parameters by name, positional ones first."""
        if cls._read is None:
            cls._read = read(cls, frozenset(Common._declared))
        return cls._read

    @classmethod
    def model(cls) -> Any:
        """The pydantic model of the parameters, built on first use."""
        if cls._model is None:
            from .schema import build_model

            cls._model = build_model(cls.__name__, cls.parameters())
        return cls._model


def _refuse_taken(cls: type[Declared], name: str) -> None:
    """A field may replace a field of a base class, but no method and no property of a layer."""
    held = inspect.getattr_static(cls, name, None)
    if held is not None and not isinstance(held, Field):
        raise ParameterError(
            f"{cls.__name__}: a parameter cannot be named {name!r}, every layer has something else of that name",
            owner=cls.__name__,
            parameter=name,
        )


def _refuse_bare(cls: type[Declared]) -> None:
    """Refuse a new default without its annotation: it would be an attribute that no argument changes."""
    for name, value in vars(cls).items():
        if name in cls._declared and name not in cls._mine and not isinstance(value, property):
            raise ParameterTypeError(
                f"{cls.__name__}: {name} = {value!r} gives a parameter a new default without its type",
                owner=cls.__name__,
                parameter=name,
                hint=f"repeat the annotation, e.g. '{name}: Positive[Seconds] = {value!r}'",
            )


def _bound(cls: type[Declared], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name. Raises ParameterTypeError for too many, unknown or missing ones, all of them in one text."""
    known = cls.parameters()
    places = [one.name for one in known.values() if one.positional]
    wrong: list[str] = []
    if len(args) > len(places):
        wrong.append(f"takes {len(places)} arguments by position ({', '.join(places) or 'none'}), got {len(args)}")
    given = dict(zip(places, args, strict=False))
    for name, value in kwargs.items():
        if name in given:
            wrong.append(f"got {name!r} twice")
        elif name not in known:
            close = near(name, known)
            cure = f"did you mean {close!r}?" if close else f"it has: {', '.join(known)}"
            wrong.append(f"has no parameter {name!r}; {cure}")
        given[name] = value
    lacking = [one.name for one in known.values() if one.default is MISSING and one.name not in given]
    wrong += [f"needs {name!r} ({known[name].shape})" for name in lacking]
    if wrong:
        raise ParameterTypeError("\n".join(f"{cls.__name__} {one}" for one in wrong), owner=cls.__name__)
    return given


class Common(Declared):
    """The parameters that every layer has."""

    dt: Positive[Seconds] = 1e-3
    """The time step."""
    noise_std: NonNegative[float] = 0.0
    """The standard deviation that the state's noise has after 1 s of integration without leak; 0: no noise."""
    name: str = "unnamed"
    """The layer's own name; in a network the name it was added under counts."""
    dtype: Literal["float64", "float32"] = "float64"
    """The precision that it computes in."""
    seed: int | None = None
    """The seed of its noise; none: noise follows from the network's seed and the layer's name."""
