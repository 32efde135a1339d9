"""Layers of the field, written against the public face of graphnet, as anybody's own layers are."""

from .activations import activation
from .butterworth import Butterworth, FilterBank
from .convolution import Conv1d, Conv2d
from .decoders import RateDecoder, Softmax, SpikeCounter
from .delay import Delay
from .encoders import DeltaEncoder, LatencyEncoder
from .filters import FIR, Envelope, LowPass, Rectify
from .integrators import CubaLI
from .joints import Concat, Sum
from .linear import Affine, I, Linear, PassThrough, Scale, Threshold
from .mel import MelBank
from .online import LMS, RLS
from .plasticity import TsodyksMarkram
from .poisson import PoissonEncoder
from .pooling import AvgPool2d, Flatten, SumPool2d
from .rate import Rate
from .readout import Ridge
from .resampling import Resample
from .reservoir import Reservoir
from .routing import Select
from .sources import Noise, Recorded, Sine, Step
from .spiking import HH, IF, LIF, AdaptiveLIF, ConstantLeakIAF, CubaLIF, Izhikevich
from .synapses import LI, AlphaSyn, DoubleExpSyn, ExpSyn

__all__ = [
    "FIR",
    "HH",
    "IF",
    "LI",
    "LIF",
    "LMS",
    "RLS",
    "AdaptiveLIF",
    "Affine",
    "AlphaSyn",
    "AvgPool2d",
    "Butterworth",
    "Concat",
    "ConstantLeakIAF",
    "Conv1d",
    "Conv2d",
    "CubaLI",
    "CubaLIF",
    "Delay",
    "DeltaEncoder",
    "DoubleExpSyn",
    "Envelope",
    "ExpSyn",
    "FilterBank",
    "Flatten",
    "I",
    "Izhikevich",
    "LatencyEncoder",
    "Linear",
    "LowPass",
    "MelBank",
    "Noise",
    "PassThrough",
    "PoissonEncoder",
    "Rate",
    "RateDecoder",
    "Recorded",
    "Rectify",
    "Resample",
    "Reservoir",
    "Ridge",
    "Scale",
    "Select",
    "Sine",
    "Softmax",
    "SpikeCounter",
    "Step",
    "Sum",
    "SumPool2d",
    "Threshold",
    "TsodyksMarkram",
    "activation",
]
