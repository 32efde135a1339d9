"""The inputs of a layer that has several, assembled each by itself and handed over by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .joints import Join, frozen


class Deal:
    """Hands a layer a block for each of its inputs, by name; None for one that nothing leads to.

    ``joins`` gives for each input which of the arriving blocks are its own, by position, and how they meet.
    """

    def __init__(self, joins: Mapping[str, tuple[Sequence[int], Join]]) -> None:
        self.joins: dict[str, tuple[Sequence[int], Join]] = dict(joins)

    def __call__(self, k: int, state: Any, *blocks: Any) -> tuple[Any, dict[str, Any]]:
        return state, self.join(blocks)

    def join(self, blocks: Sequence[Any]) -> dict[str, Any]:
        """What the layer reads."""
        return {
            name: frozen(join.join([blocks[i] for i in positions])) for name, (positions, join) in self.joins.items()
        }
