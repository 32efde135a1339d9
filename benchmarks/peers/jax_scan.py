"""JAX: a plain ``lax.scan`` in one jitted function, as anybody would write it; for layers, one jitted node or one call.

XLA has no switch that holds it to so many threads, so the process is held to so many cores. Inputs are handed over as
NumPy arrays and outputs come back as such: both are timed, as they are for graphnet.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .task import Arrays, Task

PACKAGES = ("jax", "jaxlib", "numpy")


def ready(dtype: Any) -> None:
    """Let float64 be float64."""
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", np.dtype(dtype) == np.float64)


def called(function: Any, *given: Any, note: str = "") -> Task:
    """A jitted function of arrays that gives y."""
    jitted = jax.jit(function)

    def run() -> Any:
        return np.asarray(jitted(*given))

    return Task(run, lambda y: {"y": y}, note=note)


def rate(given: Arrays, *, dtype: Any, **_: Any) -> Task:
    """One product for all steps, then a scan."""
    ready(dtype)
    gain = dtype.type(given["dt"] / given["tau"])
    keep = dtype.type(1.0 - given["dt"] / given["tau"])

    def evolve(u: Any, w: Any) -> Any:
        def step(x: Any, row: Any) -> Any:
            x = keep * x + gain * row
            return x, jnp.maximum(x, 0)

        return jax.lax.scan(step, jnp.zeros(w.shape[1], w.dtype), u @ w)[1]

    return called(evolve, given["u"], given["w"])


def echo(given: Arrays, *, dtype: Any, **_: Any) -> Task:
    """The dense echo state network, whose weights are arguments and not constants of the function."""
    ready(dtype)
    leak, keep = dtype.type(given["leak"]), dtype.type(1.0 - given["leak"])

    def evolve(u: Any, w_in: Any, w: Any) -> Any:
        def step(x: Any, row: Any) -> Any:
            x = keep * x + leak * jnp.tanh(row + x @ w)
            return x, x

        return jax.lax.scan(step, jnp.zeros(w.shape[0], w.dtype), u @ w_in)[1]

    return called(evolve, given["u"], given["w_in"], given["w"])


WORKLOADS = {"a_rate": rate, "b_dense": echo}
