"""Layers of the field, written against the public face of graphnet, as anybody's own layers are."""

from .encoders import DeltaEncoder
from .joints import Concat, Sum
from .linear import Affine, I, Linear, PassThrough, Scale, Threshold
from .rate import Rate
from .readout import Ridge
from .routing import Delay, Select
from .sources import Noise, Sine, Step
from .spiking import LIF
from .synapses import ExpSyn

__all__ = [
    "LIF",
    "Affine",
    "Concat",
    "Delay",
    "DeltaEncoder",
    "ExpSyn",
    "I",
    "Linear",
    "Noise",
    "PassThrough",
    "Rate",
    "Ridge",
    "Scale",
    "Select",
    "Sine",
    "Step",
    "Sum",
    "Threshold",
]
