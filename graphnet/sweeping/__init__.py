"""Sweeps: one run for each combination of values, in any number of processes, resumed where it was stopped."""

from .members import Member, Sweep, planned
from .table import Row
from .workers import run_members

__all__ = ["Member", "Row", "Sweep", "planned", "run_members"]
