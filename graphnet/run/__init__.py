"""Drive plans over networks: whole runs, streams; rollback, progress, results."""

from .evolving import Callback, evolve
from .inputs import check_ready
from .records import Record
from .result import Info, Result, version
from .streaming import stream
from .trials import evolve_trials

__all__ = ["Callback", "Info", "Record", "Result", "check_ready", "evolve", "evolve_trials", "stream", "version"]
