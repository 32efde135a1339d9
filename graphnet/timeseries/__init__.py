"""Series over time: continuous signals and events, exact on the grid, and never changed behind one's back."""

from .backend import get_global_ts_plotting_backend, set_global_ts_plotting_backend
from .base import TimeSeries
from .continuous import TSContinuous
from .event import TSEvent

__all__ = ["TSContinuous", "TSEvent", "TimeSeries", "get_global_ts_plotting_backend", "set_global_ts_plotting_backend"]
