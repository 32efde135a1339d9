"""The activity of a run: every signal in a panel of its own, over one axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from ...errors import ParameterError, ParameterTypeError
from ...timeseries import TSContinuous, TSEvent
from ..figures import style, write
from ..graph.drawing import WORDS
from ..letters import measure, shorten
from ..palette import COLOURS, INK, RULE, SOFT
from . import panels as pens

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Series = TSContinuous | TSEvent
Panel = tuple[str, str, Series]

WIDTH = 540.0  # points, as all below
PANEL, HEADER, GAP = 60.0, 15.0, 9.0
LEFT, RIGHT, TOP, BOTTOM = 70.0, 72.0, 10.0, 36.0
TITLE, NAME, SMALL, LETTERS = 12.0, 9.5, 8.5, 8.0
CROWD, TALL = 500, 216.0  # a raster of more channels is so high: lower, its events run into each other


def activity(
    panels: Sequence[Panel],
    title: str | None = None,
    *,
    t_start: float | None = None,
    t_stop: float | None = None,
) -> Figure:
    """One figure of a run: a panel for each ``(name, class_name, series)``, stacked in that order over one time axis.

    Continuous signals of up to 12 channels are lines, each sample held to the next; more channels become an image
    with its scale beside it. Events are rasters. The axis runs from ``t_start`` to ``t_stop`` in seconds, by default
    over all series. Letters have 8 points or more; the figure grows by 84 points a panel: ten fill a page. A raster
    of more than 500 channels is higher.

    Raises ParameterError where there is no panel or no time to show, ParameterTypeError for any other kind of panel.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = [_checked(panel, number) for number, panel in enumerate(panels)]
    span = _span(shown, t_start, t_stop)
    top = TOP + (TITLE * 1.2 + 8.0 if title else 0.0)
    talls = [_height(series) for _, _, series in shown]
    height = top + sum(talls) + len(shown) * HEADER + (len(shown) - 1) * GAP + BOTTOM
    with style():
        figure = Figure(figsize=(WIDTH / 72, height / 72), dpi=100, facecolor="white")
        FigureCanvasAgg(figure)
        if title:
            line = shorten(title, TITLE, True, WIDTH - LEFT - TOP)
            at = (LEFT / WIDTH, 1 - (TOP + TITLE * 0.6) / height)
            figure.text(*at, line, size=TITLE, weight="bold", color=INK, va="center_baseline", gid="title")
        ticks = time_ticks(span)
        bottom = height - top + GAP
        for number, (panel, tall) in enumerate(zip(shown, talls, strict=True)):
            bottom -= GAP + HEADER + tall
            box = (LEFT / WIDTH, bottom / height, (WIDTH - LEFT - RIGHT) / WIDTH, tall / height)
            _panel(figure.add_axes(box), panel, span, ticks, tall, last=number == len(shown) - 1)
    return figure


def save(figure: Figure, path: str | FilePath) -> None:
    """Write the figure as .png, .svg or .pdf, as the path's ending says. The same figure gives the same bytes.

    Raises ParameterError for another ending.
    """
    write(figure, path)


def _checked(panel: Any, number: int) -> Panel:
    shape = "a panel is a triple of (name, class name, series)"
    if not isinstance(panel, Sequence) or isinstance(panel, str) or len(panel) != 3:
        raise ParameterTypeError(f"panel {number}: {shape}, got {type(panel).__name__}", parameter="panels")
    name, class_name, series = panel
    if not isinstance(series, TSContinuous | TSEvent):
        raise ParameterTypeError(
            f"panel {number} ({name!r}): {shape}; its series must be TSContinuous or TSEvent, "
            f"got {type(series).__name__}",
            parameter="panels",
        )
    return str(name), str(class_name), series


def _span(shown: Sequence[Panel], t_start: float | None, t_stop: float | None) -> tuple[float, float]:
    if not shown:
        raise ParameterError("an activity figure needs at least one panel", parameter="panels")
    filled = [series for _, _, series in shown if series.t_stop > series.t_start] or [s for _, _, s in shown]
    start = min(float(one.t_start) for one in filled) if t_start is None else float(t_start)
    stop = max(float(one.t_stop) for one in filled) if t_stop is None else float(t_stop)
    if not stop > start:
        raise ParameterError(
            f"there is no time to show between t_start = {start:g} s and t_stop = {stop:g} s",
            parameter="t_stop",
            hint="give a t_stop later than t_start",
        )
    return start, stop


def time_ticks(span: tuple[float, float]) -> list[float]:
    """As many round times as have room for their labels side by side."""
    for most in range(8, 1, -1):
        ticks = pens.nice_ticks(*span, most)
        widths = [measure(text, LETTERS)[0] + 12.0 for text in pens.tick_words(ticks)] if ticks else []
        if sum(widths) <= WIDTH - LEFT - RIGHT:
            return ticks
    return [span[0]]


def _height(series: Series) -> float:
    return TALL if isinstance(series, TSEvent) and series.num_channels > CROWD else PANEL


def _panel(ax: Axes, panel: Panel, span: tuple[float, float], ticks: list[float], tall: float, *, last: bool) -> None:
    name, class_name, series = panel
    frame(ax)
    label = "channel"
    if isinstance(series, TSEvent):
        pens.events(ax, series, span, tall)
    else:
        pens.continuous(ax, series, span, tall)
        if series.num_channels <= pens.MOST_LINES:
            label = str(series.units or "")
    _side_label(ax, label)
    ax.set_xlim(*span)
    ax.set_xticks(ticks, pens.tick_words(ticks) if last and ticks else [""] * len(ticks))
    if last:
        ax.set_xlabel("time (s)", size=SMALL, color=INK, labelpad=3.0)
    _header(ax, name, class_name, series)


def _side_label(ax: Axes, label: str) -> None:
    """What the vertical axis counts, left of the widest of its numbers."""
    numbers = [measure(tick.get_text(), LETTERS)[0] for tick in ax.get_yticklabels()]
    if label and numbers:
        text = shorten(label, LETTERS, False, PANEL + GAP)
        at = (max(6.0 - LEFT, -max(5.5 + max(numbers) + 9.0, 36.0)), 0.0)
        look = {"size": LETTERS, "color": SOFT, "rotation": 90, "ha": "center", "va": "center"}
        ax.annotate(text, (0.0, 0.5), at, "axes fraction", "offset points", **look)


def frame(ax: Axes) -> None:
    """Two thin lines at the left and below, with small letters, whatever the caller's style says."""
    ax.set_facecolor("white")
    ax.grid(False)
    ax.tick_params(
        labelsize=LETTERS, labelcolor=INK, color=RULE, length=3.0, width=0.8, pad=2.5, direction="out", labelrotation=0
    )
    ax.tick_params(axis="both", which="both", top=False, right=False, bottom=True, left=True, labelbottom=True)
    for side, spine in ax.spines.items():
        spine.set(color=RULE, linewidth=0.8, visible=side in ("left", "bottom"))


def _header(ax: Axes, name: str, class_name: str, series: Series) -> None:
    """Above the panel at its left edge: the name, then class and channels, then the type in its colour."""
    kind = "TSEvent" if isinstance(series, TSEvent) else "TSContinuous"
    channels = int(series.num_channels)
    count = f"{channels} channel{'' if channels == 1 else 's'}"
    class_name = shorten(class_name, SMALL, False, (WIDTH - LEFT - RIGHT) / 3)
    rest = [(f"{class_name}, {count}" if class_name else count, SOFT), (WORDS[kind], COLOURS[kind])]
    room = WIDTH - LEFT - 12.0 - sum(measure(text, SMALL)[0] + 9.0 for text, _ in rest)
    name = shorten(name, NAME, True, room)
    x = 0.0
    for text, size, bold, colour in ((name, NAME, True, INK), *((text, SMALL, False, colour) for text, colour in rest)):
        look = {"size": size, "weight": "bold" if bold else "normal", "color": colour, "va": "baseline"}
        ax.annotate(text, (0.0, 1.0), (x, 5.0), "axes fraction", "offset points", gid="header", **look)
        x += measure(text, size, bold)[0] + 9.0
