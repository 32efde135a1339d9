"""Series over time: continuous signals and events, exact on the grid, and never changed behind one's back."""

from .backend import BackendMissing, get_global_ts_plotting_backend, set_global_ts_plotting_backend
from .base import TimeSeries, _extend_periodic_times  # noqa: F401  a name that scripts import
from .continuous import TSContinuous
from .disk import TSDictOnDisk
from .event import TSEvent
from .extent import ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE
from .files import UnknownSeriesKind, load_ts_from_file
from .sampling import full_nan

__all__ = [
    "ABSOLUTE_TOLERANCE",
    "RELATIVE_TOLERANCE",
    "BackendMissing",
    "TSContinuous",
    "TSDictOnDisk",
    "TSEvent",
    "TimeSeries",
    "UnknownSeriesKind",
    "full_nan",
    "get_global_ts_plotting_backend",
    "load_ts_from_file",
    "set_global_ts_plotting_backend",
]
