"""Have a recorded layer write its output where it is kept, so that nothing is copied."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..span import Arena


class Recording(Arena):
    """The buffers of a layer whose output is recorded whole: in place of the one that it returned before, it is handed
    the rows of the record, once these are there.

    ``returned`` is the place, among those it asks for, of the buffer that a layer returns: learned from what it does,
    and one that returns another is copied, as ever.
    """

    __slots__ = ("_inner", "returned", "rows")

    def __init__(self, inner: Arena) -> None:
        super().__init__()
        self._inner = inner
        self.returned: int = -1
        self.rows: NDArray[Any] | None = None  # of the block in the record

    def begin(self) -> None:
        """Nobody reads what was handed out before, and no rows are there: whoever has some sets ``rows``."""
        super().begin()
        self.rows = None
        self._inner.begin()

    def take(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """The rows of the record where these are what the layer returned before; else a buffer."""
        place, rows = self.place, self.rows
        self.place: int = place + 1
        if place == self.returned and rows is not None and rows.shape == shape and rows.dtype == dtype:
            return rows
        self._inner.place = place
        return self._inner.take(shape, dtype)

    def place_of(self, out: Any) -> int:
        """Which buffer a layer has returned; -1 for another array."""
        return next((i for i, one in enumerate(self._inner.buffers) if one is out), -1)

    def empty(self) -> None:
        """Let go of all buffers."""
        self._inner.empty()
        self.rows = None
