"""What stands around a panel: its frame, its name, the axis of time, and nothing that runs into anything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...timeseries import TSContinuous, TSEvent
from ..graph.drawing import WORDS
from ..letters import measure, shorten
from ..palette import Theme
from .ticks import LETTERS, Span, nice_ticks, tick_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, LEFT, RIGHT = 540.0, 70.0, 72.0  # points, as all below
INNER = WIDTH - LEFT - RIGHT
TITLE, NAME, SMALL = 12.0, 9.5, 8.5
BETWEEN = 9.0  # the words of a header


@dataclass(frozen=True)
class Line:
    """Words of a header in one colour, size and weight."""

    text: str
    colour: str
    size: float = SMALL
    bold: bool = False

    @property
    def width(self) -> float:
        return measure(self.text, self.size, self.bold)[0]


def title(figure: Figure, text: str, top: float, height: float, theme: Theme) -> None:
    """The title of the figure, at the left edge of the panels."""
    line = shorten(text, TITLE, True, WIDTH - LEFT - 10.0)
    at = (LEFT / WIDTH, 1 - (top + TITLE * 0.6) / height)
    figure.text(*at, line, size=TITLE, weight="bold", color=theme.ink, va="center_baseline", gid="title")


def frame(ax: Axes, theme: Theme) -> None:
    """Two thin lines at the left and below, with small letters, whatever the caller's style says."""
    ax.set_facecolor(theme.page)
    ax.grid(False)
    ax.tick_params(
        labelsize=LETTERS, labelcolor=theme.ink, color=theme.rule, length=3.0, width=0.8, pad=2.5, direction="out",
        labelrotation=0,
    )  # fmt: skip
    ax.tick_params(axis="both", which="both", top=False, right=False, bottom=True, left=True, labelbottom=True)
    for side, spine in ax.spines.items():
        spine.set(color=theme.rule, linewidth=0.8, visible=side in ("left", "bottom"))


def time_ticks(span: Span, room: float = INNER) -> list[float]:
    """As many round times as have room for their labels side by side."""
    for most in range(8, 1, -1):
        ticks = nice_ticks(*span, most)
        widths = [measure(text, LETTERS)[0] + 12.0 for text in tick_words(ticks)] if ticks else []
        if sum(widths) <= room:
            return ticks
    return [span[0]]


def time_axis(ax: Axes, span: Span, ticks: list[float], theme: Theme, *, last: bool) -> None:
    """The axis that all panels share; its numbers stand below the last one."""
    ax.set_xlim(*span)
    ax.set_xticks(ticks, tick_words(ticks) if last and ticks else [""] * len(ticks))
    if last:
        ax.set_xlabel("time (s)", size=SMALL, color=theme.ink, labelpad=3.0)


def side_label(ax: Axes, label: str, height: float, theme: Theme) -> None:
    """What the vertical axis counts, left of the widest of its numbers."""
    numbers = [measure(tick.get_text(), LETTERS)[0] for tick in ax.get_yticklabels()]
    if label and numbers:
        text = shorten(label, LETTERS, False, height + BETWEEN)
        at = (max(6.0 - LEFT, -max(5.5 + max(numbers) + 9.0, 36.0)), 0.0)
        look: dict[str, Any] = {"size": LETTERS, "color": theme.soft, "rotation": 90, "ha": "center", "va": "center"}
        ax.annotate(text, (0.0, 0.5), at, "axes fraction", "offset points", **look)


def named(name: str, class_name: str, series: TSContinuous | TSEvent, theme: Theme) -> list[Line]:
    """The name of a panel, then class and channels, then the type in its colour."""
    kind = "TSEvent" if isinstance(series, TSEvent) else "TSContinuous"
    channels = int(series.num_channels)
    count = f"{channels} channel{'' if channels == 1 else 's'}"
    class_name = shorten(class_name, SMALL, False, INNER / 3)
    rest = [Line(f"{class_name}, {count}" if class_name else count, theme.soft), Line(WORDS[kind], theme.signals[kind])]
    room = WIDTH - LEFT - 12.0 - sum(one.width + BETWEEN for one in rest)
    return [Line(shorten(name, NAME, True, room), theme.ink, NAME, True), *rest]


def header(ax: Axes, words: Sequence[Line]) -> None:
    """Words above the panel, from its left edge on; the last ones are shortened where there is no room."""
    x = 0.0
    for one in words:
        text = shorten(one.text, one.size, one.bold, WIDTH - LEFT - 6.0 - x)
        look: dict[str, Any] = {"size": one.size, "weight": "bold" if one.bold else "normal", "color": one.colour}
        ax.annotate(text, (0.0, 1.0), (x, 5.0), "axes fraction", "offset points", gid="header", va="baseline", **look)
        x += measure(text, one.size, one.bold)[0] + BETWEEN


__all__ = [
    "INNER", "LEFT", "NAME", "RIGHT", "SMALL", "TITLE", "WIDTH", "Line", "frame", "header", "named", "side_label",
    "time_axis", "time_ticks", "title",
]  # fmt: skip
