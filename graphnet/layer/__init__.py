"""What a node of a network is: the abstract Layer of the reference, and ArrayLayer, which nearly everybody writes."""

from .array import ArrayLayer, State
from .discretising import checked_steps
from .exchange import Arriving, Exchange, Exchanged
from .node import Home
from .parameters import (
    Hertz,
    NonNegative,
    PerUnit,
    Positive,
    Seconds,
    SeriesType,
    Size,
    Unit,
    Weights,
    positional,
)
from .reference import Layer
from .several import declared_ports
from .trainable import Trainable

__all__ = [
    "ArrayLayer",
    "Arriving",
    "Exchange",
    "Exchanged",
    "Hertz",
    "Home",
    "Layer",
    "NonNegative",
    "PerUnit",
    "Positive",
    "Seconds",
    "SeriesType",
    "Size",
    "State",
    "Trainable",
    "Unit",
    "Weights",
    "checked_steps",
    "declared_ports",
    "positional",
]
