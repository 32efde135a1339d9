"""Layers of this package: importing it registers them."""

from .peak import PeakHold

__all__ = ["PeakHold"]
