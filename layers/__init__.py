"""Layers of the field, written against the public face of graphnet, as anybody's own layers are."""

from .butterworth import Butterworth, FilterBank
from .convolution import Conv1d, Conv2d
from .encoders import DeltaEncoder
from .filters import FIR, Envelope, LowPass, Rectify
from .joints import Concat, Sum
from .linear import Affine, I, Linear, PassThrough, Scale, Threshold
from .pooling import AvgPool2d, Flatten, SumPool2d
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
    "AvgPool2d",
    "Butterworth",
    "Concat",
    "Conv1d",
    "Conv2d",
    "Delay",
    "DeltaEncoder",
    "DoubleExpSyn",
    "Envelope",
    "ExpSyn",
    "FilterBank",
    "Flatten",
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
    "SumPool2d",
    "Threshold",
]
