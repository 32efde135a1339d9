"""Which class, dataset or initialiser has which name: definition registers it, entry points bring in other packages."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from .errors import NameTaken, UnknownName

T = TypeVar("T", bound=Callable[..., Any])


class Registry(Generic[T]):
    """Things by their short name; a name that two modules use is reached as ``module:Name``."""

    def __init__(self, kind: str, group: str) -> None:
        self.kind = kind
        self.group = group
        self._found: dict[str, dict[str, T]] = {}
        self._loaded = False

    def add(self, thing: T, name: str | None = None) -> T:
        """Register a thing under its name; a second definition at the same place replaces the first."""
        self._found.setdefault(name or thing.__name__, {})[thing.__module__] = thing
        return thing

    def get(self, name: str) -> T:
        """The thing of that name, after loading the packages that announce some.

        Raises UnknownName with the nearest name, NameTaken where two modules use it.
        """
        module, _, short = name.rpartition(":")
        found = self._found.get(short, {})
        if not found or (module and module not in found):
            self.load()
            found = self._found.get(short, {})
        if module:
            found = {module: found[module]} if module in found else {}
        if not found:
            full = [f"{place}:{one}" for one, places in self._found.items() for place in places] if module else []
            raise UnknownName(self.kind, name, sorted([*self._found, *full]))
        if len(found) > 1:
            full = ", ".join(f"{place}:{short}" for place in sorted(found))
            raise NameTaken(f"{self.kind} {short!r} is defined in several modules", hint=f"write one of: {full}")
        return next(iter(found.values()))

    def name_of(self, thing: T) -> str:
        """The shortest name under which ``get`` finds this thing, or the one that replaced it at its place."""
        short = next(
            (name for name, places in self._found.items() if places.get(thing.__module__) is thing), thing.__name__
        )
        return short if len(self._found.get(short, {})) < 2 else f"{thing.__module__}:{short}"

    def load(self) -> None:
        """Import every module that installed packages announce in the entry-point group, once.

        A module that cannot be imported is left out with a warning: one broken package does not break the others.
        """
        if self._loaded:
            return
        self._loaded = True
        from importlib.metadata import entry_points

        for entry in sorted(entry_points(group=self.group), key=lambda one: one.name):
            try:
                entry.load()
            except Exception as error:  # whatever the code of another package raises
                warnings.warn(f"{self.group}: {entry.name} = {entry.value} cannot be imported: {error!r}", stacklevel=3)

    def __iter__(self) -> Iterator[tuple[str, T]]:
        for name in sorted(self._found):
            for thing in self._found[name].values():
                yield name, thing


layers: Registry[type[Any]] = Registry("layer class", "graphnet.layers")
datasets: Registry[Callable[..., Any]] = Registry("dataset source", "graphnet.datasets")
initialisers: Registry[Callable[..., Any]] = Registry("initialiser", "graphnet.layers")
