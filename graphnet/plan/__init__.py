"""The network as a template: what runs, on which grid, in which stage."""

from .advance import Tap
from .compile import Plan, Stage, Wanted, compile_plan
from .grid import Grid, Schedule

__all__ = ["Grid", "Plan", "Schedule", "Stage", "Tap", "Wanted", "compile_plan"]
