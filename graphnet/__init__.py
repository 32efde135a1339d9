"""graphnet composes layers (neurons, filters, encoders, readouts) into dataflow networks for timeseries."""

from .blocks import Block, Events
from .chaining import merge
from .clock import steps_of
from .edge import Edge
from .errors import (
    CycleError,
    DocumentError,
    EdgeError,
    GraphnetError,
    InputError,
    NameTaken,
    NetworkError,
    ParameterError,
    ParameterTypeError,
    RunError,
    SeriesError,
    SizeError,
    StateError,
    TimeError,
    UnknownName,
)
from .jit import kernel
from .layer import (
    ArrayLayer,
    Hertz,
    Layer,
    NonNegative,
    PerUnit,
    Positive,
    Seconds,
    SeriesType,
    Size,
    State,
    Trainable,
    Unit,
    Weights,
    positional,
)
from .network import Network
from .products import one_blas_thread
from .span import Span
from .timeseries import TimeSeries, TSContinuous, TSEvent

__all__ = [
    "ArrayLayer",
    "Block",
    "CycleError",
    "DocumentError",
    "Edge",
    "EdgeError",
    "Events",
    "GraphnetError",
    "Hertz",
    "InputError",
    "Layer",
    "NameTaken",
    "Network",
    "NetworkError",
    "NonNegative",
    "ParameterError",
    "ParameterTypeError",
    "PerUnit",
    "Positive",
    "RunError",
    "Seconds",
    "SeriesError",
    "SeriesType",
    "Size",
    "SizeError",
    "Span",
    "State",
    "StateError",
    "TSContinuous",
    "TSEvent",
    "TimeError",
    "TimeSeries",
    "Trainable",
    "Unit",
    "UnknownName",
    "Weights",
    "kernel",
    "merge",
    "one_blas_thread",
    "positional",
    "steps_of",
]
