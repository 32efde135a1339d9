"""Put a network back where it stood: where something fails, or after a look that is to change nothing."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from ..layer import ArrayLayer, Home, Layer, State, Trainable
from ..network import Network


class Snapshot:
    """States, lines and clock of a network, all of its plain layers and of ``layers``, as they are now."""

    def __init__(self, net: Network, layers: Iterable[Layer] = ()) -> None:
        self.net: Network = net
        self.now: Fraction = net.now
        self.states: dict[str, State] = {
            name: {key: array.copy() for key, array in state.items()} for name, state in net.states.items()
        }
        self.lines: dict[tuple[int, ...], State] = {number: copy.deepcopy(line) for number, line in net.lines.items()}
        plain = [layer for layer in net.layers.values() if not isinstance(layer, ArrayLayer)]
        self.kept: list[tuple[Layer, Home | None, dict[str, Any]]] = [
            (layer, layer._home, _content(layer)) for layer in dict.fromkeys([*plain, *layers])
        ]

    def restore(self) -> None:
        """Put everything back."""
        self.net.lines.clear()
        self.net.commit(self.now, self.states, self.lines)
        for layer, home, content in self.kept:
            vars(layer).clear()
            vars(layer).update(content, _home=home)


@contextmanager
def unchanged_on_failure(net: Network, *trained: Layer) -> Iterator[None]:
    """Put states, lines and clock, and all of the ``trained`` layers, back where what is inside raises."""
    before = Snapshot(net, trained)
    try:
        yield
    except BaseException:
        before.restore()
        raise


@contextmanager
def unchanged(net: Network) -> Iterator[None]:
    """Put states, lines and clock back in any case: what is inside only looks."""
    before = Snapshot(net)
    try:
        yield
    finally:
        before.restore()


def _content(layer: Layer) -> dict[str, Any]:
    """All that a layer holds, without its network.

    The parameters of an ArrayLayer are never written to and what follows from them is made anew, so that only what
    is being learned has to be copied.
    """
    content = {name: value for name, value in vars(layer).items() if name != "_home"}
    if not isinstance(layer, ArrayLayer):
        return copy.deepcopy(content)
    shared = {name: dict(content[name]) for name in ("_values", "_written", "_matrices")}
    if isinstance(layer, Trainable):
        known = {id(value): value for value in [*content["_values"].values(), *content["_matrices"].values()]}
        rest = {name: value for name, value in content.items() if name not in shared}
        content = copy.deepcopy(rest, known)
    return {**content, **shared}
