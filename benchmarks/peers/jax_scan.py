"""JAX: a plain ``lax.scan`` in one jitted function, as anybody would write it; for layers, one jitted node or one call.

XLA has no switch that holds it to so many threads, so the process is held to so many cores. Inputs are handed over as
NumPy arrays and outputs come back as such: both are timed, as they are for graphnet.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .spikes import events, keep_of, rounding, table
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


def lif(given: Arrays, *, dtype: Any, **_: Any) -> Task:
    """A product of counts and weights for all steps, then a scan; the events are left in a table of booleans."""
    ready(dtype)
    keep, one = dtype.type(keep_of(given)), dtype.type(1)

    def evolve(counts: Any, w: Any) -> Any:
        def step(v: Any, row: Any) -> Any:
            v = keep * v + row
            fired = v >= one
            return jnp.where(fired, 0, v), fired

        return jax.lax.scan(step, jnp.zeros(w.shape[1], w.dtype), counts @ w)[1]

    task = called(evolve, table(given, dtype), given["w"])
    return Task(task.run, events, **rounding(dtype))


def node_of(keep: Any, gain: Any) -> Any:
    """One layer over all steps: u (T, N) and w (N, N) -> y (T, N)."""

    def node(u: Any, w: Any) -> Any:
        def step(x: Any, row: Any) -> Any:
            x = keep * x + gain * row
            return x, x

        return jnp.tanh(jax.lax.scan(step, jnp.zeros(w.shape[1], w.dtype), u @ w)[1])

    return node


def layers(given: Arrays, *, dtype: Any, whole: bool = False, **_: Any) -> Task:
    """One jitted node called from Python for each layer, and a jitted sum; or all of them in one jitted function."""
    ready(dtype)
    gain = dtype.type(given["dt"] / given["tau"])
    node = node_of(dtype.type(1.0 - given["dt"] / given["tau"]), gain)
    if whole:
        return whole_graph(given, node)
    called_node, add = jax.jit(node), jax.jit(jnp.add)
    before: list[list[int]] = [[] for _ in given["w"]]
    for a, b in zip(given["pre"], given["post"], strict=True):
        before[b].append(int(a))
    w = [jnp.asarray(one) for one in given["w"]]

    def run() -> Any:
        made: list[Any] = []
        first = jnp.asarray(given["u"])
        for reads, weights in zip(before, w, strict=True):
            u = made[reads[0]] if reads else first
            for other in reads[1:]:
                u = add(u, made[other])
            made.append(called_node(u, weights))
        return np.asarray(made[-1])

    return Task(run, lambda y: {"y": y})


def whole_graph(given: Arrays, node: Any) -> Task:
    """A scan over layers whose carry holds what the layers before it gave, and zeros, of which each reads some."""
    count, fan = len(given["w"]), max(int(np.bincount(given["post"]).max()), 1)
    reads = np.full((count, fan), count, np.int32)  # the place after the last holds zeros
    place = np.zeros(count, int)
    for a, b in zip(given["pre"], given["post"], strict=True):
        reads[b, place[b]] = a
        place[b] += 1
    chain = bool(np.all(place[1:] == 1) and np.all(reads[1:, 0] == np.arange(count - 1)))

    def along(u: Any, w: Any) -> Any:
        return jax.lax.scan(lambda y, weights: (node(y, weights), None), u, w)[0]

    def any_graph(u: Any, w: Any) -> Any:
        def layer(made: Any, one: Any) -> Any:
            number, sources, weights = one
            y = node(jnp.where(number == 0, u, made[sources].sum(axis=0)), weights)
            return made.at[number].set(y), None

        room = jnp.zeros((count + 1, *u.shape), u.dtype)
        return jax.lax.scan(layer, room, (jnp.arange(count), jnp.asarray(reads), w))[0][count - 1]

    return called(along if chain else any_graph, given["u"], given["w"])


def feedback(given: Arrays, *, dtype: Any, **_: Any) -> Task:
    """The ring of three layers in one scan over steps."""
    ready(dtype)
    gain, keep = dtype.type(given["dt"] / given["tau"]), dtype.type(1.0 - given["dt"] / given["tau"])

    def evolve(u: Any, w: Any) -> Any:
        def step(carry: Any, row: Any) -> Any:
            states, back = carry
            arrives, kept = row + back, []
            for x, weights in zip(states, w, strict=True):
                kept.append(keep * x + gain * (arrives @ weights))
                arrives = jnp.tanh(kept[-1])
            return (tuple(kept), arrives), arrives

        zero = jnp.zeros(w.shape[1], w.dtype)
        return jax.lax.scan(step, ((zero, zero, zero), zero), u)[1]

    return called(evolve, given["u"], given["w"])


WORKLOADS = {
    "a_rate": rate, "b_dense": echo, "c_lif": lif, "e_chain": layers, "e_dag": layers, "j_feedback": feedback,
}  # fmt: skip
