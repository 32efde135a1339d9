"""Run folders: the resolved document, what the bits depend on, results, and how far a stopped run has come."""

from .folder import DOCUMENT, RECORD, RunFolder, again, start
from .pieces import in_pieces

__all__ = ["DOCUMENT", "RECORD", "RunFolder", "again", "in_pieces", "start"]
