"""graphnet composes layers (neurons, filters, encoders, readouts) into dataflow networks for timeseries."""

from .addresses import Stepping
from .blas import one_blas_thread
from .blocks import Block, Events
from .chaining import merge
from .checkpoint import Checkpoint
from .clock import steps_of
from .edge import Edge
from .errors import (
    BatchError,
    CycleError,
    DocumentError,
    EdgeError,
    ExchangeError,
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
    Arriving,
    Exchange,
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
from .meeting import Meeting, meet
from .network import Network
from .registry import Registry
from .run import Result
from .span import Span
from .storing import load, save
from .team import members, share
from .timeseries import (
    TimeSeries,
    TSContinuous,
    TSDictOnDisk,
    TSEvent,
    get_global_ts_plotting_backend,
    load_ts_from_file,
    set_global_ts_plotting_backend,
)

__all__ = [
    "ArrayLayer",
    "Arriving",
    "BatchError",
    "Block",
    "Checkpoint",
    "CycleError",
    "DocumentError",
    "Edge",
    "EdgeError",
    "Events",
    "Exchange",
    "ExchangeError",
    "GraphnetError",
    "Hertz",
    "InputError",
    "Layer",
    "Meeting",
    "NameTaken",
    "Network",
    "NetworkError",
    "NonNegative",
    "ParameterError",
    "ParameterTypeError",
    "PerUnit",
    "Positive",
    "Registry",
    "Result",
    "RunError",
    "Seconds",
    "SeriesError",
    "SeriesType",
    "Size",
    "SizeError",
    "Span",
    "State",
    "StateError",
    "Stepping",
    "TSContinuous",
    "TSDictOnDisk",
    "TSEvent",
    "TimeError",
    "TimeSeries",
    "Trainable",
    "Unit",
    "UnknownName",
    "Weights",
    "get_global_ts_plotting_backend",
    "kernel",
    "load",
    "load_ts_from_file",
    "meet",
    "members",
    "merge",
    "one_blas_thread",
    "positional",
    "save",
    "set_global_ts_plotting_backend",
    "share",
    "steps_of",
]
