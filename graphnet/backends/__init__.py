"""Backends run a template over blocks and know nothing else."""

from .serial import TaskFailed, run

__all__ = ["TaskFailed", "run"]
