"""Serve the page of a network or a run on this machine, and run a network live while others look on."""

from .guard import Guard, guard
from .live import Live
from .pace import Pace
from .server import Page, Server, serve
from .status import Status
from .still import Still
from .watching import Watching

__all__ = ["Guard", "Live", "Pace", "Page", "Server", "Status", "Still", "Watching", "guard", "serve"]
