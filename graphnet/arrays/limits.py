"""What every array is held to, whatever is allowed."""

from __future__ import annotations

from ..limits import Limits, count, current, limited, raising, room
from ..showing import SHOWN, named, shown

LARGEST_SIDE = 2**31 - 1
"""Rows or columns of a matrix: what the indices of a CSR array can count."""

__all__ = ["LARGEST_SIDE", "SHOWN", "Limits", "count", "current", "limited", "named", "raising", "room", "shown"]
