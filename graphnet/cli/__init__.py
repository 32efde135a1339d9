"""The command ``graphnet``. Exit status: 0 done, 2 the input is wrong, 1 the run failed, 130 interrupted, 143
terminated.
"""

from . import looking, making, plotting, running, viewing  # each adds its commands to the group
from .door import commands, main, status

__all__ = ["commands", "looking", "main", "making", "plotting", "running", "status", "viewing"]
