"""Pictures of the runs of a network in files: what each door upstairs asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..network import Network
    from .signals.comparison import Comparison


def draw_activity(
    net: Network,
    signals: Mapping[str, Any],
    classes: Mapping[str, str],
    path: Path,
    between: tuple[float, float] | None = None,
) -> None:
    """Draw a run through every layer, one panel each in the order that the signals have, into a file.

    ``classes`` are those of the signals' layers, ``between`` the seconds that are shown, by default all.
    """
    from .signals import traces

    start, stop = between or (None, None)
    shown = traces.chosen(signals, classes, None)
    title = net.name if len(shown) == len(signals) else f"{net.name}: {len(shown)} of {len(signals)} signals"
    traces.save(traces.activity(shown, title, t_start=start, t_stop=stop), path)


def draw_comparison(shown: Comparison, path: Path) -> None:
    """Draw spikes beside those that were wanted into a file."""
    from .signals import comparison, traces

    traces.save(comparison.draw(shown), path)
