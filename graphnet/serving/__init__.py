"""Serve the page of a network or a run on this machine, and run a network live while others look on."""

from .live import Live, Status
from .pace import Pace

__all__ = ["Live", "Pace", "Status"]
