"""Short-term plasticity: synapses whose strength follows the events that they have just passed on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    ArrayLayer,
    Events,
    PerUnit,
    Positive,
    Seconds,
    Span,
    State,
    TimeSeries,
    TSEvent,
    Unit,
    Weights,
    kernel,
    positional,
)

from .listed import Listed
from .matrices import forms
from .synapses import decay

PerChannel = Annotated[float | Sequence[float], Listed(float | tuple[float, ...])]
SecondsPerChannel = Annotated[float | Sequence[float], Listed(float | tuple[float, ...]), Unit("s")]

NO_EVENTS = Events(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))


class TsodyksMarkram(ArrayLayer):
    r"""Synapses that depress and facilitate: each event releases the part u x of what its channel has left, x.

    Between events u falls to 0 with ``tau_facil``, and x, the recovered part of the channel's resources, returns to 1
    with ``tau_rec``. At an event, in this order: u <- u + U (1 - u); the release u x, times row i of the weights, is
    added to y; x <- x - u x. And tau_syn dy/dt = -y. Of the paper's three parts of the resources the active one is
    taken to leave at once for the inactive one, as in its recurrences for events dt apart:

    u_{n+1} = u_n exp(-dt/tau_facil) + U (1 - u_n exp(-dt/tau_facil)),
    x_{n+1} = 1 - (1 - x_n (1 - u_n)) exp(-dt/tau_rec), from u_1 = U and x_1 = 1.

    Exact at any dt, and u and x are touched at events only: sample k holds the events of step k undecayed, and several
    events of one channel in one step follow each other without time between them. A time constant of 0 means a change
    that is over at once: ``tau_facil`` 0 is a synapse that only depresses (u is U at each event), ``tau_rec`` 0 one
    that never runs out. ``noise_std``: dy = ... + noise_std dW.

    Shapes: events on M channels, y (T, N). State: y (N,), starts at 0; u and x (M,), their values just after the last
    event of each channel, 0 and 1 before the first; age (M,), steps since then.
    Source: Tsodyks, Pawelzik and Markram 1998, Neural networks with dynamic synapses, Neural Computation 10:821-835;
    Markram, Wang and Tsodyks 1998, PNAS 95:5323-5328 (the recurrences).

    >>> from graphnet import TSEvent
    >>> layer = TsodyksMarkram([[1.0]], U=0.5, tau_rec=0.0, tau_facil=1e9, tau_syn=1e-6)
    >>> layer.evolve(TSEvent([0.0, 1e-3, 2e-3], [0, 0, 0], t_stop=0.003)).samples.T.round(4)
    array([[0.5  , 0.75 , 0.875]])
    """

    weights: Weights = positional()
    U: PerChannel = 0.5
    """The part of what is left of 1 that an event adds to u, above 0 and at most 1; one number, or one per channel."""
    tau_rec: SecondsPerChannel = 0.8
    """The time constant of recovery from depression; one number, or one per channel."""
    tau_facil: SecondsPerChannel = 0.0
    """The time constant of facilitation; one number, or one per channel."""
    tau_syn: PerUnit[Positive[Seconds]] = 0.003
    """The time constant of the current y."""

    family: ClassVar[str] = "synapses"
    accepts: ClassVar[type[TimeSeries]] = TSEvent
    recordable: ClassVar[tuple[str, ...]] = ("y", "u", "x", "age")
    example: ClassVar[Mapping[str, Any]] = {"U": 0.2, "tau_rec": 0.1, "tau_facil": 0.5}

    def prepare(self) -> None:
        use = self._per_channel("U", self.U)
        self.must(bool(np.all((use > 0.0) & (use <= 1.0))), "U", f"must be above 0 and at most 1, got {self.U!r}")
        times: list[NDArray[np.float64]] = []
        for name, given in (("tau_rec", self.tau_rec), ("tau_facil", self.tau_facil)):
            tau = self._per_channel(name, given)
            self.must(bool(np.all(tau >= 0.0)), name, f"must be at least 0, got {given!r} (in s)")
            times.append(tau / self.dt)  # in steps
        tau = np.broadcast_to(np.asarray(self.tau_syn, dtype=np.float64), (self.size,))
        spread = self.noise_std * np.sqrt(tau / 2.0 * -np.expm1(-2.0 * self.dt / tau))
        self._keep, self._spread = np.exp(-self.dt / tau).astype(self.dtype), spread.astype(self.dtype)
        self._constants = (use, *times, *forms(self.matrix(), self.size, self.dtype))
        first = self.initial()
        self._unwatched = {name: np.empty((0, self.size_in), dtype=first[name].dtype) for name in ("u", "x", "age")}

    def _per_channel(self, name: str, given: float | Sequence[float]) -> NDArray[np.float64]:
        fits = np.shape(given) in ((), (self.size_in,))
        self.must(fits, name, f"must be one number or {self.size_in}, one for each channel, got {np.size(given)}")
        return np.array(np.broadcast_to(given, (self.size_in,)), dtype=np.float64)

    def initial(self) -> State:
        return {
            "y": np.zeros(self.size, dtype=self.dtype),
            "u": np.zeros(self.size_in, dtype=self.dtype),
            "x": np.ones(self.size_in, dtype=self.dtype),
            "age": np.zeros(self.size_in, dtype=np.int64),
        }

    def advance(self, state: State, block: Any, span: Span) -> tuple[State, Any]:
        step, channel = NO_EVENTS if block is None else block
        rows = span.empty((span.steps, self.size), self.dtype)
        noise = span.normal(0, self.size) if self.noise_std else np.empty((0, self.size))
        watch = [span.watch.get(name, one) for name, one in self._unwatched.items()]
        transmit(state["u"], state["x"], state["age"], rows, step, channel, span.start, *watch, *self._constants)
        decay(state["y"], rows, noise, self._keep, self._spread)
        if "y" in span.watch:
            span.watch["y"][:] = rows
        return state, rows


@kernel
def transmit(
    u, x, age, rows, step, channel, start, watch_u, watch_x, watch_age,
    use, tau_rec, tau_facil, dense, data, indices, indptr
):  # fmt: skip
    """``rows`` becomes what is released in each step; meanwhile ``age`` holds the step of each channel's last event,
    counted from the block's start.
    """
    seen = 0
    turned(age, 0)
    for k in range(rows.shape[0]):
        row = rows[k]
        row[:] = 0
        while seen < step.shape[0] and step[seen] == start + k:
            i = channel[seen]
            part = row.dtype.type(release(u, x, i, k - age[i], use[i], tau_rec[i], tau_facil[i]))
            age[i] = k
            scatter(row, part, i, dense, data, indices, indptr)
            seen += 1
        if watch_u.shape[0] > 0:
            watch_u[k] = u
        if watch_x.shape[0] > 0:
            watch_x[k] = x
        if watch_age.shape[0] > 0:
            watch_age[k] = age
            turned(watch_age[k], k + 1)
    turned(age, rows.shape[0])


@kernel
def turned(age, now):
    """Steps between events and now, from the one to the other."""
    for i in range(age.shape[0]):
        age[i] = now - age[i]


@kernel
def release(u, x, i, elapsed, use, tau_rec, tau_facil):
    """What an event of channel ``i`` releases, ``elapsed`` steps after the last; u and x become those after it."""
    facilitated = np.float64(u[i]) * (math.exp(-elapsed / tau_facil) if tau_facil > 0.0 else 0.0)
    facilitated += use * (1.0 - facilitated)
    recovered = 1.0 - (1.0 - np.float64(x[i])) * (math.exp(-elapsed / tau_rec) if tau_rec > 0.0 else 0.0)
    part = facilitated * recovered
    u[i] = facilitated
    x[i] = recovered - part
    return part


@kernel
def scatter(row, part, i, dense, data, indices, indptr):
    """Add ``part`` of row i of the weights, in whichever of the two forms they are there."""
    if dense.shape[0] > 0:
        weights = dense[i]
        for j in range(row.shape[0]):
            row[j] += part * weights[j]
    else:
        for m in range(indptr[i], indptr[i + 1]):
            row[indices[m]] += part * data[m]
