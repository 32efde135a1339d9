"""NumPy and SciPy: loops over steps as they are written without a library of networks; filters; events in tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.interpolate import interp1d
from scipy.signal import lfilter
from scipy.sparse import csr_array

from .task import Arrays, Task

PACKAGES = ("numpy", "scipy")


def constants(given: Arrays, dtype: Any) -> tuple[Any, Any]:
    """Keep and gain of a rate unit, by Euler's method."""
    share = given["dt"] / given["tau"]
    return dtype.type(1.0 - share), dtype.type(share)


def rate(given: Arrays, *, dtype: Any, filtered: bool = False, **_: Any) -> Task:
    """One product for all steps; then a loop over rows, or a recursive filter along time."""
    u, w = given["u"], given["w"]
    keep, gain = constants(given, dtype)

    def loop() -> Any:
        rows: Any = u @ w
        x = np.zeros(w.shape[1], dtype)
        for row in rows:
            x = keep * x + gain * row
            row[:] = np.maximum(x, 0)
        return rows

    def along() -> Any:
        y: Any = lfilter(np.array([gain]), np.array([1, -keep], dtype), u @ w, axis=0)
        return np.maximum(y, 0, out=y)

    return Task(along if filtered else loop, lambda y: {"y": y})


def echo(given: Arrays, *, dtype: Any, **_: Any) -> Task:
    """A loop over steps: a product of a vector with the dense matrix, or with a CSR array of the weights turned."""
    u, w_in = given["u"], given["w_in"]
    n = w_in.shape[1]
    leak, keep = dtype.type(given["leak"]), dtype.type(1.0 - given["leak"])
    if "w" in given:
        turned: Any = np.ascontiguousarray(given["w"].T)
    else:
        turned = csr_array(csr_array((given["w_data"], given["w_indices"], given["w_indptr"]), shape=(n, n)).T)

    def run() -> Any:
        rows, x = u @ w_in, np.zeros(n, dtype)
        for row in rows:
            x = keep * x + leak * np.tanh(row + turned @ x)
            row[:] = x
        return rows

    return Task(run, lambda y: {"y": y})


def raster(given: Arrays, **_: Any) -> Task:
    """np.bincount of the flat number of each event."""
    shape = int(given["steps"]), int(given["channels"])

    def run() -> Any:
        flat = given["step"] * shape[1] + given["channel"]
        return np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)

    return Task(run, lambda table: {"raster": table})


def lines(given: Arrays, *, filtered: bool = False, **_: Any) -> Task:
    """np.interp of each channel, or SciPy's linear interpolation of all of them at once."""
    samples, stamps, asked = given["samples"], given["stamps"], given["asked"]

    def by_channel() -> Any:
        y = np.empty((len(asked), samples.shape[1]))
        for column, into in zip(samples.T, y.T, strict=True):
            into[:] = np.interp(asked, stamps, column)
        return y

    def at_once() -> Any:
        return interp1d(stamps, samples, axis=0, copy=False, assume_sorted=True)(asked)

    return Task(at_once if filtered else by_channel, lambda y: {"y": y})


WORKLOADS = {
    "a_rate": rate, "b_dense": echo, "b_sparse": echo, "g_raster": raster, "g_resample": lines,
}  # fmt: skip
