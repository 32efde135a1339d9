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
from .synapses import LI, AlphaSyn, DoubleExpSyn, ExpSyn

__all__ = [
    "FIR",
    "LI",
    "LIF",
    "Affine",
    "AlphaSyn",
    "Butterworth",
    "Concat",
    "Delay",
    "DeltaEncoder",
    "DoubleExpSyn",
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
