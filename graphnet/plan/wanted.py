"""What a run records, and under what a network keeps what is under way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .advance import Tap

Key = tuple[int, ...]
"""The numbers of the edges along a path: under which the network keeps what is under way on it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run records: signals and variables, with the steps of which each keeps one; and who is shown inputs.

    A signal is (name, every), a variable (key, layer, variable, every). ``finite`` looks for NaN and infinity in every
    block that a layer gives.
    """

    signals: Sequence[tuple[str, int]] = ()
    variables: Sequence[tuple[str, str, str, int]] = ()
    taps: Mapping[str, Tap] = field(default_factory=dict)
    finite: bool = False
