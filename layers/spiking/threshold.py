"""Thresholded: neurons that spike where v reaches a threshold, are reset, and rest for a while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from graphnet import (
    Exchange,
    NonNegative,
    PerUnit,
    Seconds,
    steps_of,
)

from .base import Spiking
from .wires import Fixed


class Thresholded(Spiking, register=False):
    """What integrate-and-fire models share: at most one spike per step and neuron, where v >= threshold.

    A model gives the propagators of its membrane to ``membrane`` and hands what that returns to its kernel.
    """

    threshold: PerUnit[float] = 1.0
    """A neuron spikes where v reaches it."""
    v_reset: PerUnit[float] = 0.0
    """Where a spike sets v."""
    r: PerUnit[float] = 1.0
    """The resistance: what input and bias are multiplied by."""
    bias: PerUnit[float] = 0.0
    """A constant input."""
    refractory: PerUnit[NonNegative[Seconds]] = 0.0
    """How long v stays at its value after a reset, rounded up to whole steps."""
    reset: Literal["to", "subtract"] = "to"
    """Whether a spike sets v to v_reset, or takes threshold - v_reset from it."""

    @staticmethod
    def read_from(node: Any) -> dict[str, Any]:
        """What a node of NIR says of threshold, reset and resistance.

        There a spike is where v > threshold: the next number above is reached exactly there.
        """
        threshold = np.nextafter(np.ravel(node.v_threshold).astype(np.float64), np.inf)
        return {"threshold": threshold, "v_reset": np.ravel(node.v_reset), "r": np.ravel(node.r)}

    def written_as(self, kind: str, product: Exchange, shape: tuple[int, ...], back: Any, **own: Any) -> Exchange:
        """A product with the weights, neurons of NIR after it, and their recurrence.

        ``back``: what an event through ``weights_rec`` is multiplied with so that it, as an input of NIR that lasts for
        its step, adds its weight. Raises ExchangeError for what NIR does not have.
        """
        self.nir_must(self.noise_std == 0, "noise")
        self.nir_must(not np.any(self.refractory), "refractory period")
        self.nir_must(self.reset == "to", "reset by subtraction")
        inner = product.gives or shape
        threshold = np.nextafter(self.threshold, -np.inf)
        fields = {"r": self.r, "v_threshold": threshold, "v_reset": self.v_reset, **own}
        made = product.then(kind, **{name: self.nir_units(one, inner) for name, one in fields.items()})
        if self.weights_rec is None:
            return made
        self.nir_must(not isinstance(self.weights_rec, Mapping), "recurrence by receptor")
        self.nir_must(np.all(np.isfinite(back)), "recurrence where r is 0")
        loop = self.nir_product(self.value("weights_rec"), inner, gain=back)
        delay: Any = self.dt if self.delay_rec is None else self.delay_rec
        self.nir_must(isinstance(delay, float), "delays of single synapses")
        if delay != self.dt:
            loop = loop.then("Delay", delay=self.nir_units(delay, inner))
        return made._replace(back=loop.chain)

    def membrane(self, keep: Any, base: Any, spread: Any) -> Fixed:
        """What the kernels read of the membrane v <- keep v + (base + push + spread x noise), in their order.

        That is: alike, waits, keep, base, spread, threshold, target, subtract, refractory.
        """
        threshold, v_reset = (np.broadcast_to(one, (self.size,)) for one in (self.threshold, self.v_reset))
        above = bool(np.all(threshold > v_reset))
        self.must(above, "threshold", "must be above v_reset for every neuron, or a spike would follow every spike")
        target = v_reset if self.reset == "to" else threshold - v_reset
        values = [
            np.array(np.broadcast_to(one, (self.size,)), dtype=self.dtype)
            for one in (keep, base, spread, threshold, target)
        ]
        alike = all(bool(np.all(one == one[0])) for one in (values[0], values[1], values[3]))
        # minus the floor of minus the time: the whole steps that hold it, by the one rounding rule
        refractory = np.broadcast_to(np.asarray(self.refractory, dtype=np.float64), (self.size,))
        steps = -steps_of(-refractory, self.dt)
        waits = bool(np.any(steps > 0))
        return Fixed([alike, waits, *values, self.reset == "subtract", steps.astype(self.counter)])

    @property
    def counter(self) -> np.dtype[Any]:
        """The type of counters of steps: as wide as v, so that both fill one lane of a vector."""
        return np.dtype(np.int32 if self.dtype == "float32" else np.int64)

    def at_rest(self, v: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """The variables of the membrane before the first step: nobody waits, nobody has fired."""
        return {
            "v": v,
            "wait": np.zeros(self.size, dtype=self.counter),
            "fired": np.zeros(self.size, dtype=np.uint8),
        }
