"""Models of spiking neurons, and ``Spiking``, what they share."""

from .base import ByReceptor, Delays, Spiking
from .cuba import CubaLIF
from .lif import IF, LIF
from .threshold import Thresholded

__all__ = ["IF", "LIF", "ByReceptor", "CubaLIF", "Delays", "Spiking", "Thresholded"]
