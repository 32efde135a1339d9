"""What a layer says of how it steps, as functions that compiled code can call."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..addresses import Placed, Stepping, placed
from ..products import weigh


def functions(stepping: Stepping, size: int, width: int, dtype: np.dtype[Any]) -> list[Placed]:
    """The product and the kernel, whichever there is, for rows of ``size`` numbers in and of ``width`` out; none where
    one of them cannot be called. Where both are there, the second reads the rows that the first has made.
    """
    made: list[Placed | None] = []
    if stepping.weights is not None:
        if stepping.weights.dtype != dtype:
            return []
        made.append(placed(*weigh(stepping.weights), size, width, dtype))
        size = width
    if stepping.kernel is not None:
        made.append(placed(stepping.kernel, stepping.arguments, size, width, dtype))
    found = [each for each in made if each is not None]
    return found if len(found) == len(made) else []
