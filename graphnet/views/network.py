"""Pictures of a network and of its runs, in Axes or in files: what each door upstairs asks for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .graph.scene import scene

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from ..network import Network
    from .signals.comparison import Comparison


def draw(net: Network, ax: Axes | None = None) -> Axes:
    """Draw a network into an Axes, or into a figure of its own; never shows it."""
    from .graph import mpl

    return mpl.draw(scene(net), ax)


def draw_files(net: Network, paths: Iterable[Path]) -> None:
    """Draw a network into files, as their endings say. Raises ParameterError for an ending that no pen has."""
    from .graph import pens

    shown = scene(net)
    for path in paths:
        pens.save(shown, path)


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
