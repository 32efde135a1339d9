"""scikit-learn's Ridge, which needs all rows at once: of a long stream it gets some, and its time is multiplied.

It is told not to check or copy what it is given, and to solve the normal equations.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.linear_model import Ridge

from .task import Arrays, Task

PACKAGES = ("scikit-learn", "numpy", "scipy")
MOST_ROWS = 100_000


def ridge(given: Arrays, **_: Any) -> Task:
    """The fit of some pieces; alpha in the same proportion, so that the weights are those of the whole stream."""
    piece, many = len(given["x"]), int(given["repeats"])
    some = min(many, max(1, MOST_ROWS // piece))
    x, y = np.tile(given["x"], (some, 1)), np.tile(given["y"], (some, 1))
    model = Ridge(alpha=float(given["alpha"]) * some / many, fit_intercept=False, copy_X=False, solver="cholesky")

    def run() -> float:
        began = time.perf_counter()
        with config_context(assume_finite=True):
            model.fit(x, y)
        return (time.perf_counter() - began) * many / some

    note = "" if some == many else f"fitted to {some} of {many} pieces, its time multiplied"
    return Task(run, lambda _: {"weights": model.coef_.reshape(-1, 1)}, seconds=float, note=note)


WORKLOADS = {"h_ridge": ridge}
