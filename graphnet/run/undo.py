"""Put back what a run that does not end well has touched: plain layers keep their state in themselves."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import StateError
from ..layer import Layer
from ..network import Network


@contextmanager
def running(net: Network) -> Iterator[None]:
    """One run at a time; plain layers are restored where it raises. Raises StateError for a second one."""
    if not net.lock.acquire(blocking=False):
        raise StateError(
            f"the network {net.name!r} is being evolved already, by another thread or a callback",
            hint="evolve a copy of it, or wait for the other run to end",
        )
    try:
        saved = [(one, content(one)) for one in net.plain_layers()]
        try:
            yield
        except BaseException:
            put_back(saved)
            raise
    finally:
        net.lock.release()


def content(layer: Layer) -> dict[str, Any]:
    """All that a plain layer holds, copied; the network that it belongs to is the same."""
    inside = {name: value for name, value in vars(layer).items() if name != "_home"}
    return {**copy.deepcopy(inside), "_home": layer._home}


def put_back(saved: Iterable[tuple[Layer, dict[str, Any]]]) -> None:
    """Give layers what ``content`` took down, and nothing else."""
    for layer, held in saved:
        vars(layer).clear()
        vars(layer).update(held)
