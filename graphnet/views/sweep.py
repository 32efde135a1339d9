"""What a sweep gave: one number of every run, over the values of each key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .figures import style, write
from .letters import shorten
from .palette import COLOURS, INK, RULE, SOFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL, HEIGHT, LEFT, GAP, RIGHT, TOP, BOTTOM = 220.0, 170.0, 62.0, 46.0, 16.0, 34.0, 46.0  # points, as all below
TITLE, SMALL = 12.0, 8.5
MARK = COLOURS["TSContinuous"]


def draw(
    title: str, what: str, values: Mapping[str, Sequence[Any]], found: Sequence[float | None],
    logarithmic: frozenset[str] = frozenset(),
) -> Figure:  # fmt: skip
    """One panel for each key: ``found``, one number a run, over the run's value of it; a line joins the means.

    ``values``: by key, one a run. A run without a number (None) is a cross at the foot. Keys with values that are no
    numbers are shown in the order in which they come.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = LEFT + len(values) * PANEL + (len(values) - 1) * GAP + RIGHT
    height = TOP + HEIGHT + BOTTOM
    with style():
        figure = Figure(figsize=(width / 72, height / 72), dpi=150, facecolor="white")
        FigureCanvasAgg(figure)
        name = shorten(title, TITLE, True, width - LEFT - RIGHT)
        figure.text(
            LEFT / width, 1 - TOP / 2 / height, name, size=TITLE, weight="bold", color=INK, va="center_baseline"
        )
        first: Any = None
        for k, (key, given) in enumerate(values.items()):
            left = LEFT + k * (PANEL + GAP)
            box = (left / width, BOTTOM / height, PANEL / width, HEIGHT / height)
            ax = figure.add_axes(box, sharey=first)
            first = first or ax
            _panel(ax, given, found, key in logarithmic)
            ax.set_xlabel(shorten(key, SMALL + 1, False, PANEL), size=SMALL + 1, color=INK)
            ax.tick_params(labelsize=SMALL, colors=SOFT, labelleft=k == 0)
        first.set_ylabel(shorten(what, SMALL + 1, False, HEIGHT), size=SMALL + 1, color=INK)
    return figure


def _panel(ax: Axes, given: Sequence[Any], found: Sequence[float | None], logarithmic: bool) -> None:
    numeric = all(isinstance(one, int | float) and not isinstance(one, bool) for one in given)
    names = list(dict.fromkeys(str(one) for one in given))
    at = [float(one) if numeric else float(names.index(str(one))) for one in given]
    ended = [(x, y) for x, y in zip(at, found, strict=True) if y is not None]
    places = sorted({x for x, _ in ended})
    means = [sum(y for x, y in ended if x == place) / sum(x == place for x, _ in ended) for place in places]
    ax.plot(places, means, color=MARK, linewidth=1.3, alpha=0.7, zorder=1)
    ax.scatter([x for x, _ in ended], [y for _, y in ended], s=14, color=MARK, edgecolors="white", linewidths=0.5)
    failed = [x for x, y in zip(at, found, strict=True) if y is None]
    ax.plot(
        failed, [0.02] * len(failed), "x", color="#b3403a", markersize=5, transform=ax.get_xaxis_transform(),
        clip_on=False,
    )  # fmt: skip
    if numeric:
        _scale(ax, given, logarithmic)
    if not numeric:
        ax.set_xticks(range(len(names)), [shorten(name, SMALL, False, PANEL / len(names) - 4) for name in names])
        ax.set_xlim(-0.5, len(names) - 0.5)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(RULE)
    ax.grid(axis="y", color=RULE, linewidth=0.5)
    ax.set_axisbelow(True)


def _scale(ax: Axes, given: Sequence[Any], logarithmic: bool) -> None:
    """Plain numbers below the axis: letters are not read as mathematics here, and a seed has no fractions."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

    if logarithmic:
        ax.set_xscale("log")
        ax.xaxis.set_minor_locator(NullLocator())
    else:
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=all(isinstance(one, int) for one in given)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def save(figure: Figure, path: Path) -> None:
    """Write the figure, .png or .svg by the suffix."""
    write(figure, path)
