"""Models of spiking neurons, and ``Spiking``, what they share."""

from .adaptive import AdaptiveLIF
from .base import ByReceptor, Delays, Spiking
from .constant_leak import ConstantLeakIAF
from .cuba import CubaLIF
from .hodgkin_huxley import HH
from .izhikevich import Izhikevich
from .lif import IF, LIF
from .plastic import Plastic
from .stdp import STDP
from .synaptic import Driven, Synaptic
from .threshold import Thresholded

__all__ = [
    "HH",
    "IF",
    "LIF",
    "STDP",
    "AdaptiveLIF",
    "ByReceptor",
    "ConstantLeakIAF",
    "CubaLIF",
    "Delays",
    "Driven",
    "Izhikevich",
    "Plastic",
    "Spiking",
    "Synaptic",
    "Thresholded",
]
