"""Put back what a run that does not end well has touched: plain layers keep their state in themselves."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import StateError
from ..layer import ArrayLayer, Layer
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
        saved = [(one, _content(one)) for one in net.layers.values() if not isinstance(one, ArrayLayer)]
        try:
            yield
        except BaseException:
            for layer, content in saved:
                vars(layer).clear()
                vars(layer).update(content)
            raise
    finally:
        net.lock.release()


def _content(layer: Layer) -> dict[str, Any]:
    inside = {name: value for name, value in vars(layer).items() if name != "_home"}
    return {**copy.deepcopy(inside), "_home": layer._home}
