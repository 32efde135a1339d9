"""How a live run stands, as it is told to whoever looks on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .changing import Change

State = Literal["starting", "running", "paused", "ended", "failed", "stopped"]


@dataclass(frozen=True)
class Status:
    """How a live run stands.

    ``doing``: which trial, or how far fitting has come. ``time`` and ``until`` (s) by the network's clock, ``until`` is
    None where there is no end. ``simulated`` (s) since the beginning, over all trials. ``speed``: simulated seconds in
    a second that were asked for, None for as many as there can be; ``reached``: how many there are; ``behind``: how
    many are missing by now. ``updates`` counts what could be shown, ``changes`` the parameters that are not as written.
    """

    state: State
    doing: str = ""
    error: str = ""
    trial: int = 0
    """Its number among the trials, from 0."""
    time: float = 0.0
    until: float | None = None
    simulated: float = 0.0
    speed: float | None = None
    reached: float | None = None
    behind: float = 0.0
    updates: int = 0
    window: float = 0.0
    start: float = 0.0
    """Where (s) the window begins."""
    shown: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    goes_on: bool = False
    """Whether a run that has ended could go on."""
