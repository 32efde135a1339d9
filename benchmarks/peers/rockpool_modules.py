"""Rockpool 3, with JAX under one jit as its documentation advises, and with NumPy (native).

Differences that Rockpool forces.
- Its recurrent units have their nonlinearity after the leak, y = tanh(x) with x <- x + leak (v W_in + y W - x). With r
  the state of the echo state network that is asked, x = r W + u W_in obeys that for
  v(k) = (u(k + 1) - (1 - leak) u(k)) / leak, and r is y through the same leak: v is made before and r after, untimed.
- LIF neurons subtract the threshold where a reset to zero is asked, and have a synapse, here one that forgets at once:
  rates are compared.
- JAX modules round their input to float32, also where all else is float64, and draw normal numbers for every step also
  where there is no noise. The native modules compute in float64 alone, with time constants of ten steps or more.
- A module is a constant of the jitted function: handed over as an argument, a feed-forward one becomes recurrent, with
  random weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from rockpool.nn.combinators import Sequential
from rockpool.nn.modules import LIF, LIFJax, Linear, LinearJax, Rate, RateJax
from scipy.signal import lfilter

from . import rockpool_series
from .spikes import events, table
from .task import Arrays, Task, Unable

PACKAGES = ("rockpool", "jax", "jaxlib", "numpy")
OUTSIDE = "the nonlinearity stands after the leak; its input is made so that the state is the one asked"
ROUNDED = 1e-5
TAU_SYN = 0.1
"""Time constant of synapses that are not asked for, in steps: e^-10 of a current is left after a step."""
SUBTRACTED = 0.1
SUBTRACTS = "a spike subtracts the threshold where a reset to zero is asked: rates are compared"


def ready(dtype: Any, native: bool) -> None:
    """Let float64 be float64 under JAX; refuse float32 where there is none."""
    if native and dtype != np.float64:
        raise Unable("the native modules compute in float64 alone")
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", dtype == np.float64)


def evolved(net: Any, u: Any, native: bool, outputs: Callable[[Any], Any], note: str = "") -> Task:
    """Evolve over u, from the state that the modules have now."""
    if native:
        return Task(lambda: net(u)[0][0], outputs, net.reset_state, note=note)
    jitted = jax.jit(lambda x: net(x)[0])
    return Task(lambda: np.asarray(jitted(u))[0], outputs, tolerance=ROUNDED, note=note)


def by_name(y: Any) -> dict[str, Any]:
    """The output as it is."""
    return {"y": y}


def rate(given: Arrays, *, dtype: Any, native: bool = False, **_: Any) -> Task:
    """A matrix, then leaky units with relu."""
    ready(dtype, native)
    w = given["w"]
    linear, units = (Linear, Rate) if native else (LinearJax, RateJax)
    n, tau, dt = w.shape[1], np.full(w.shape[1], given["tau"], dtype), float(given["dt"])
    net = Sequential(linear(w.shape, weight=w, has_bias=False), units(n, tau=tau, threshold=np.zeros(n, dtype), dt=dt))
    return evolved(net, given["u"], native, by_name)


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
    leak, u = dtype.type(given["leak"]), given["u"]
    before = np.concatenate([np.zeros_like(u[:1]), u[:-1]])

    def outputs(y: Any) -> dict[str, Any]:
        return {"y": lfilter([leak], [1, leak - 1], y, axis=0)}

    return evolved(net, (u - (1 - leak) * before) / leak, native, outputs, OUTSIDE)


def lif(given: Arrays, *, dtype: Any, native: bool = False, **_: Any) -> Task:
    """A matrix, then leaky integrate-and-fire neurons, whose synapses forget their current within a step."""
    ready(dtype, native)
    n, dt = given["w"].shape[1], float(given["dt"])
    linear, units = (Linear, LIF) if native else (LinearJax, LIFJax)
    own = {
        "tau_mem": np.full(n, given["tau_mem"], dtype), "tau_syn": np.full((n, 1), TAU_SYN * dt, dtype),
        "bias": np.zeros(n, dtype), "threshold": np.ones(n, dtype), "dt": dt,
    }  # fmt: skip
    # what a synapse adds is what is left of it after the step
    w = given["w"] * dtype.type(np.exp(1.0 / TAU_SYN))
    net = Sequential(linear(w.shape, weight=w, has_bias=False), units(n, **own))
    task = evolved(net, table(given, dtype), native, events)
    return Task(task.run, task.outputs, task.before, alike=SUBTRACTED, note=SUBTRACTS)


def chain(given: Arrays, *, dtype: Any, native: bool = False, **_: Any) -> Task:
    """A matrix and units with tanh for each layer, called one after the other; there is no combinator for a graph."""
    ready(dtype, native)
    w, dt = given["w"], float(given["dt"])
    n = w.shape[1]
    own = {"activation_func": "tanh", "dt": dt, "threshold": np.zeros(n)}
    parts = [(Linear(one.shape, weight=one, has_bias=False), Rate(n, tau=np.full(n, given["tau"]), **own)) for one in w]
    return evolved(Sequential(*(part for pair in parts for part in pair)), given["u"], native, by_name)


WORKLOADS = {
    "a_rate": rate,
    "b_dense": echo,
    "c_lif": lif,
    "e_chain": chain,
    "g_raster": rockpool_series.raster,
    "g_resample": rockpool_series.lines,
}
