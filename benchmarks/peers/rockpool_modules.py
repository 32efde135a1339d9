"""Rockpool 3, with JAX under one jit as its documentation advises, and with NumPy (native).

Differences that Rockpool forces. Its recurrent units have their nonlinearity after the leak, y = tanh(x) with
x <- x + leak (u W_in + y W - x): as much work as the echo state network that is asked, but other numbers. Under JAX it
draws normal numbers for every step also where there is no noise. The native modules compute in float64 alone.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from rockpool.nn.combinators import Sequential
from rockpool.nn.modules import Linear, LinearJax, Rate, RateJax

from .task import Arrays, Task, Unable

PACKAGES = ("rockpool", "jax", "jaxlib", "numpy")
OUTSIDE = "the nonlinearity stands after the leak: as much work, other numbers"
# the state of these units is not bounded by 1 as that of the network asked: their activity is larger
OUTSIDE_APART = 1.0


def ready(dtype: Any, native: bool) -> None:
    """Let float64 be float64 under JAX; refuse float32 where there is none."""
    if native and dtype != np.float64:
        raise Unable("the native modules compute in float64 alone")
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", dtype == np.float64)


def evolved(net: Any, u: Any, native: bool, **differs: Any) -> Task:
    """Evolve over u, from the state that the modules have now."""
    jitted = jax.jit(lambda module, x: module(x)[0])

    def run() -> Any:
        return net(u)[0][0] if native else np.asarray(jitted(net, u))[0]

    return Task(run, lambda y: {"y": y}, net.reset_state if native else lambda: None, **differs)


def rate(given: Arrays, *, dtype: Any, native: bool = False, **_: Any) -> Task:
    """A matrix, then leaky units with relu."""
    ready(dtype, native)
    w = given["w"]
    linear, units = (Linear, Rate) if native else (LinearJax, RateJax)
    n, tau, dt = w.shape[1], np.full(w.shape[1], given["tau"], dtype), float(given["dt"])
    net = Sequential(
        linear(w.shape, weight=w, has_bias=False), units(n, tau=tau, threshold=np.zeros(n, dtype), dt=dt)
    )
    return evolved(net, given["u"], native)


def echo(given: Arrays, *, dtype: Any, native: bool = False, **_: Any) -> Task:
    """A matrix, then recurrent units with tanh."""
    ready(dtype, native)
    n, dt = given["w_in"].shape[1], 1e-3
    if native and given["leak"] > 0.1:
        raise Unable("the native units have no time constant below ten steps")
    linear, units = (Linear, Rate) if native else (LinearJax, RateJax)
    tau = np.full(n, dt / float(given["leak"]), dtype)
    own = {"tau": tau, "threshold": np.zeros(n, dtype), "activation_func": "tanh", "dt": dt}
    net = Sequential(
        linear(given["w_in"].shape, weight=given["w_in"], has_bias=False),
        units(n, w_rec=given["w"], has_rec=True, **own),
    )
    return evolved(net, given["u"], native, alike=OUTSIDE_APART, note=OUTSIDE)


WORKLOADS = {"a_rate": rate, "b_dense": echo}
