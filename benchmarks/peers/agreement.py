"""Whether what a peer gave agrees with what graphnet gave: each number of the same model, the mean of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Check = Callable[[dict[str, Any], dict[str, Any], str], None]


def activity(outputs: Mapping[str, Any]) -> dict[str, float]:
    """How much there is of each output: events are counted, the root of the mean square is taken of a signal."""
    if "step" in outputs:
        return {"events": float(len(outputs["step"]))}
    return {name: float(np.sqrt(np.mean(np.square(one, dtype=np.float64)))) for name, one in outputs.items()}


def within(outputs: Mapping[str, Any], expected: Mapping[str, Any], share: float) -> float:
    """By how much the activity of the worst output differs, as a share of what is expected.

    Raises AssertionError where that is more than ``share``.
    """
    ours, theirs = activity(outputs), activity({name: expected[name] for name in outputs})
    worst = 0.0
    for name, one in theirs.items():
        apart = abs(ours[name] - one) / max(abs(one), np.finfo(float).tiny)
        assert apart <= share, f"{name}: {ours[name]:.6g} where {one:.6g} was expected, {apart:.1%} apart"
        worst = max(worst, apart)
    return worst


def near(outputs: Mapping[str, Any], expected: Mapping[str, Any], tolerance: float) -> None:
    """Raises AssertionError where a number differs by more than this share of the largest."""
    for name, one in outputs.items():
        ours, theirs = np.asarray(one, dtype=np.float64), np.asarray(expected[name], dtype=np.float64)
        assert ours.shape == theirs.shape, f"{name}: shapes {ours.shape} and {theirs.shape}"
        apart = float(np.abs(ours - theirs).max(initial=0.0)) / (float(np.abs(theirs).max(initial=0.0)) or 1.0)
        assert apart <= tolerance, f"{name}: {apart:.2e} apart, beside the largest; at most {tolerance:.0e}"


def agree(outputs: dict[str, Any], expected: dict[str, Any], dtype: str, check: Check, known: Mapping[str, Any]) -> str:
    """How they agree, in words; ``known`` is what the worker said of itself.

    Raises AssertionError where they do not.
    """
    if not outputs:
        return "gives nothing to compare"
    if known["alike"] is not None:
        apart = within(outputs, expected, known["alike"])
        return f"mean activity {apart:.2%} apart, at most {known['alike']:.1%}"
    if known["tolerance"] is not None:
        near(outputs, expected, known["tolerance"])
        return f"the same within {known['tolerance']:.0e}"
    check(outputs, expected, dtype)
    return "the same"
