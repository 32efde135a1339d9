"""What a layer offers to be trained by ``Network.fit``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import NDArray


class Trainable(ABC):
    """A layer whose parameters follow from pairs of input and target, shown to it once, in order, in any pieces.

    The layer's parameters change in ``end_fit`` at the latest and not before the data that call for it.
    """

    @abstractmethod
    def begin_fit(self) -> None:
        """Forget what earlier fits have seen."""

    @abstractmethod
    def partial_fit(self, x: NDArray[Any], y: NDArray[Any]) -> None:
        """Take in rows of input (n, size_in) and the targets (n, size_out) that belong to them."""

    @abstractmethod
    def end_fit(self) -> None:
        """All data have been seen: put the result into the parameters.

        Raises NetworkError where there was too little.
        """
