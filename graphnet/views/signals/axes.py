"""The Axes that series are drawn into: which, how large, and how they are labelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import SeriesTypeError
from ...timeseries.backend import BackendMissing

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def is_axes(thing: Any) -> bool:
    """Whether this is matplotlib Axes."""
    from matplotlib.axes import Axes

    return isinstance(thing, Axes)


def axes(ax: Any, series: Any, first: Any) -> Axes:
    """The Axes to draw into: the one given (``first``: as the only argument of plot), or the current one."""
    if series.plotting_backend is None:
        raise BackendMissing(f"{series.name}: there is no plotting backend", hint="set_plotting_backend('matplotlib')")
    ax = first if ax is None and is_axes(first) else ax
    if ax is None:
        from matplotlib import pyplot

        return pyplot.gca()
    if not is_axes(ax):
        raise SeriesTypeError(f"{series.name}: can be drawn into matplotlib Axes, not into {type(ax).__name__}")
    return ax


def pixels(ax: Axes) -> tuple[int, int]:
    """Width and height of the Axes in pixels, as far as the layout is known."""
    box = ax.get_window_extent()
    return max(int(box.width), 1), max(int(box.height), 1)


def channel_axis(ax: Axes, numbers: NDArray[np.int64], distance: float) -> None:
    """Whole channel numbers at the left, as many as there is room for."""
    room = max(pixels(ax)[1] / ax.get_figure().dpi * 72 / 14, 1.0)  # type: ignore[union-attr]  a line of 14 points each
    count = len(numbers)
    steps = [base * 10**power for power in range(10) for base in (1, 2, 5)]
    step = next(one for one in steps if count / one <= room)
    shown = np.arange(0, count, step)
    ax.set_yticks(shown * distance, [str(numbers[k]) for k in shown])


def finish(ax: Axes, series: Any, limits: tuple[float, float], ylabel: str) -> None:
    """Limits, labels, and no more lines than needed."""
    if limits[1] > limits[0]:
        ax.set_xlim(*limits)
    ax.set_xlabel("Time (s)")
    ax.set_ylabel(ylabel)
    if series.name != "unnamed":
        ax.set_title(series.name)
    ax.spines[["top", "right"]].set_visible(False)


def properties(given: dict[str, Any], artist: type[Artist]) -> dict[str, Any]:
    """Properties of an artist of matplotlib by their whole names: ``lw`` is ``linewidth``."""
    from matplotlib.cbook import normalize_kwargs

    return dict(normalize_kwargs(given, artist))
