"""The network as a template: what runs, on which grid, in which stage."""

from .advance import Tap
from .compile import Plan, Stage, compile_plan
from .grid import Grid, Schedule
from .walk import steps_itself
from .wanted import Wanted

__all__ = ["Grid", "Plan", "Schedule", "Stage", "Tap", "Wanted", "compile_plan", "steps_itself"]
