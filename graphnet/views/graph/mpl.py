"""The pen of matplotlib: a network as Axes, PNG or PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..figures import style
from ..palette import STROKES, Theme, theme
from .drawing import Layout, Scene
from .layout import lay_out
from .shapes import Text, parts

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(scene: Scene, ax: Axes | None = None, look: str = "light") -> Axes:
    """Draw the network and return the Axes; nothing is shown and pyplot is not touched. ``look`` names a theme.

    Without ``ax`` it makes a Figure of the size the picture needs, with letters of 8 points or more. Into an ``ax`` of
    yours the whole picture is scaled to fit as the Axes are now, letters included, so that nothing overlaps.

    Raises ParameterError where the scene is too large for a picture, UnknownName for a theme that is none.
    """
    colours = theme(look)
    layout = lay_out(scene)
    with style():
        scale = 1.0 if ax is None else _fit(ax, layout)
        ax = _own_axes(layout, colours) if ax is None else ax
        ax.set(xlim=(0.0, layout.width), ylim=(layout.height, 0.0))
        ax.set_aspect("equal")
        ax.set_axis_off()
        for part in parts(layout, colours):
            for one in part.shapes:
                (_text if isinstance(one, Text) else _outline)(ax, one, scale, part.name)
    return ax


def _own_axes(layout: Layout, colours: Theme) -> Axes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(layout.width / 72, layout.height / 72), dpi=100, facecolor=colours.page)
    FigureCanvasAgg(figure)
    return figure.add_axes((0.0, 0.0, 1.0, 1.0))


def _fit(ax: Axes, layout: Layout) -> float:
    """Points on paper for one point of the layout when it fills the Axes."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    if figure.get_layout_engine() is not None:
        figure.draw_without_rendering()  # such an engine moves the Axes at the first drawing
    room = ax.get_window_extent()
    return 72 / figure.dpi * min(room.width / layout.width, room.height / layout.height)


def _text(ax: Axes, one: Any, scale: float, name: str) -> None:
    words = one.words
    ax.text(
        words.rect[0] if one.from_left else words.x, words.y, words.text, size=words.size * scale,
        weight="bold" if words.bold else "normal", color=one.colour, ha="left" if one.from_left else "center",
        va="center_baseline", gid=name, zorder=2,
    )  # fmt: skip


def _outline(ax: Axes, one: Any, scale: float, name: str) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    steps: dict[str, list[Any]] = {
        "M": [Path.MOVETO], "L": [Path.LINETO], "Q": 2 * [Path.CURVE3], "C": 3 * [Path.CURVE4], "Z": [Path.CLOSEPOLY],
    }  # fmt: skip
    points = [*one.points, one.points[0]] if one.codes.endswith("Z") else one.points
    path = Path(points, [step for code in one.codes for step in steps[code]])
    look = {"facecolor": one.fill or "none", "edgecolor": one.stroke or "none", "linewidth": one.width * scale}
    look |= {"linestyle": STROKES["TSEvent"]} if one.dotted else {}
    ax.add_patch(PathPatch(path, capstyle="butt", gid=name, zorder=2, **look))
