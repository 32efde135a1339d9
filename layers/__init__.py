"""Layers of the field, written against the public face of graphnet, as anybody's own layers are."""

from .encoders import DeltaEncoder
from .linear import Linear, PassThrough
from .rate import Rate
from .readout import Ridge
from .sources import Noise, Sine, Step
from .spiking import LIF
from .synapses import ExpSyn

__all__ = ["LIF", "DeltaEncoder", "ExpSyn", "Linear", "Noise", "PassThrough", "Rate", "Ridge", "Sine", "Step"]
