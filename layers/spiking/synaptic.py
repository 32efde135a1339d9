"""Synaptic: models whose input acts on the membrane itself, or passes through exponential synapses first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from graphnet import PerUnit, Positive, Seconds, Span, State, Unit, kernel

from .base import ByReceptor, Spiking
from .kernels import add_scaled, arrive, send
from .wires import Fixed

Millivolts = Annotated[float, Unit("mV")]


class Synaptic(Spiking, register=False):
    """What models with optional synaptic currents share.

    Without ``tau_syn`` all input of a neuron adds up in one sum. With it each receptor has a current, as in
    ``CubaLIF``: an event adds its row of weights to it at the beginning of its step, and it decays,
    tau_syn dI/dt = -I; a signal drives it instead, tau_syn dI/dt = -I + W' u. Spikes through ``weights_rec`` arrive at
    the end of a step, which is the beginning of the next.
    """

    tau_syn: ByReceptor[PerUnit[Positive[Seconds]]] | None = None
    """The time constant of the synaptic currents, one or by receptor; none: input acts at once."""

    def synapses(self) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """The receptors, and the time constants (currents, N): none of these where input acts at once."""
        if self.tau_syn is None:
            receptors, tau = self.receptors(), np.empty((0, self.size))
        else:
            receptors = self.receptors(of_all=("tau_syn",))
            tau = self.of_receptors("tau_syn", receptors)
        self._currents = () if self.tau_syn is None else tau.shape if receptors != ("",) else (self.size,)
        return receptors, tau

    def at_start(self) -> State:
        """The currents, where there are any, and what is under way."""
        if not self._currents:
            return self.under_way()
        # what is sent with one step of delay arrives at once: it is added to the currents themselves
        return {"current": np.zeros(self._currents, dtype=self.dtype), **self.under_way(2)}

    def scan_synapses(self, run: Any, state: State, block: Any, span: Span, own: Sequence[Any]) -> Any:
        """``scan`` with ``own`` after the currents (R, N), none where input acts at once, and scratch (N,)."""
        push = span.empty((self.size,), self.dtype)
        if not self._currents:
            none = np.zeros((0, self.size), dtype=self.dtype)
            return self.scan(run, state, block, span, (none, push, *own))
        current = state["current"].reshape(-1, self.size)
        return self.scan(run, state, block, span, (current, push, *own), current.reshape(1, -1))


class Driven(Synaptic, register=False):
    """Models of a membrane with an equation of its own, which an input current drives, held over each step."""

    bias: PerUnit[float] = 0.0
    """A constant input current."""

    def drives(self, capacitance: Any, scale: float) -> Fixed:
        """What ``driven`` reads: bias, charge, spread, and what the currents are in the mean of a step.

        ``capacitance``: what turns a rise of v by 1 in a unit of time into current. ``scale``: such units in a second.
        """
        receptors, tau = self.synapses()
        self._receptors = receptors
        steepness = np.broadcast_to(np.asarray(capacitance, dtype=np.float64), (self.size,)) / (self.dt * scale)
        bias = np.broadcast_to(np.asarray(self.bias, dtype=np.float64), (self.size,))
        spread = self.noise_std * np.sqrt(self.dt) * steepness
        relax = -np.expm1(-self.dt / tau)
        mean = tau / self.dt * relax
        values = (bias, steepness, spread, mean, np.exp(-self.dt / tau), relax, 1.0 - mean)
        return Fixed([one.astype(self.dtype) for one in values])

    def wide(self, *names: str) -> list[NDArray[np.float64]]:
        """Parameters as one value for each neuron in double precision, in which such models make their step."""
        return [np.array(np.broadcast_to(self.value(name), (self.size,)), dtype=np.float64) for name in names]

    def wire_synapses(self) -> None:
        """``wire``, for the receptors that ``drives`` found."""
        self.wire(self._receptors, len(self._receptors) if self._currents else 1)

    def silent(self) -> State:
        """Nobody has fired; the currents, where there are any, and what is under way."""
        return {"fired": np.zeros(self.size, dtype=np.uint8), **self.at_start()}


@kernel
def driven(push, arrived, current, bias, charge, spread, mean, decay, relax, held, rows, k, noise):
    """push = the input current of a step, its mean where synapses shape it, noise with it; the currents go on.

    ``arrived``: what events add without synapses, each a rise of v that comes in the course of the step; used up.
    """
    push[:] = bias
    if current.shape[0] == 0:
        add_scaled(push, charge, arrived)
        arrived[:] = 0
        if rows.shape[0] > 0:
            for j in range(push.shape[0]):
                push[j] += rows[0, k, j]
    for receptor in range(current.shape[0]):
        add_scaled(push, mean[receptor], current[receptor])
        for j in range(push.shape[0]):
            current[receptor, j] *= decay[receptor, j]
        if rows.shape[0] > 0:
            add_scaled(push, held[receptor], rows[receptor, k])
            add_scaled(current[receptor], relax[receptor], rows[receptor, k])
    if noise.shape[0] > 0:
        add_scaled(push, spread, noise[k])


@kernel
def into_sums(current, pending, here):
    """Where the events of a step are added: the currents, or what arrives in this step."""
    return current.reshape(current.size) if current.shape[0] > 0 else pending[here]


@kernel
def send_on(
    pending, here, current, channels, low, high, delay, rec_dense, rec_lane, rec_data, rec_targets, rec_indptr
):  # fmt: skip
    """What a step's spikes send is under way; what arrives at the step's end reaches the currents; the next row."""
    recurrent = rec_dense.shape[0] + rec_indptr.shape[0] > 0
    after = (here + 1) % pending.shape[0]
    if current.shape[0] == 0:
        if recurrent:
            send(
                pending, after, channels, low, high, delay, rec_dense, rec_lane, rec_data, rec_targets, rec_indptr
            )  # fmt: skip
        return after
    if recurrent:
        send(pending, here, channels, low, high, delay, rec_dense, rec_lane, rec_data, rec_targets, rec_indptr)
        if pending.shape[0] > 1:  # else pending is the currents
            arrive(current.reshape(current.size), pending[here])
    return after
