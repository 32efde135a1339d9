"""Layers of the field, written against the public face of graphnet, as anybody's own layers are."""

from .butterworth import Butterworth, FilterBank
from .encoders import DeltaEncoder
from .filters import FIR, Envelope, LowPass, Rectify
from .joints import Concat, Sum
from .linear import Affine, I, Linear, PassThrough, Scale, Threshold
from .rate import Rate
from .readout import Ridge
from .routing import Delay, Select
from .sources import Noise, Sine, Step
from .spiking import LIF
from .synapses import ExpSyn

__all__ = [
    "FIR",
    "LIF",
    "Affine",
    "Butterworth",
    "Concat",
    "Delay",
    "DeltaEncoder",
    "Envelope",
    "ExpSyn",
    "FilterBank",
    "I",
    "Linear",
    "LowPass",
    "Noise",
    "PassThrough",
    "Rate",
    "Rectify",
    "Ridge",
    "Scale",
    "Select",
    "Sine",
    "Step",
    "Sum",
    "Threshold",
]
