"""The pen of matplotlib: a network as Axes, PNG or SVG.

Signals are told apart twice, by colour and by stroke: continuous ones blue and solid, events red and dashed, so that a
picture in grey says the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from ..figures import check_format, style, write
from ..palette import COLOURS, FILLS, INK, RULE, SOFT, STROKES
from .drawing import Frame, Layout, PlacedArrow, PlacedBox, Scene, Sign
from .labels import HEAD, RING, Point, Words
from .layout import lay_out

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(scene: Scene, ax: Axes | None = None) -> Axes:
    """Draw the network and return the Axes; nothing is shown and pyplot is not touched.

    Without ``ax`` it makes a Figure of the size the picture needs, with letters of 8 points or more. Into an ``ax`` of
    yours the whole picture is scaled to fit as the Axes are now, letters included, so that nothing overlaps.

    Raises ParameterError where the scene is too large for a picture.
    """
    layout = lay_out(scene)
    with style():
        scale = 1.0 if ax is None else _fit(ax, layout)
        ax = _own_axes(layout) if ax is None else ax
        ax.set(xlim=(0.0, layout.width), ylim=(layout.height, 0.0))
        ax.set_aspect("equal")
        ax.set_axis_off()
        _Pen(ax, scale).layout(layout)
    return ax


def save(scene: Scene, path: str | FilePath) -> None:
    """Write the picture as .png, .svg or .pdf, as the path's ending says. The same network gives the same bytes.

    In an SVG, text stays text. A PNG has 200 pixels per inch, fewer where it would exceed 60 million pixels.
    Raises ParameterError for another ending.
    """
    check_format(path)
    write(draw(scene).figure, path)


def _own_axes(layout: Layout) -> Axes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(layout.width / 72, layout.height / 72), dpi=100, facecolor="white")
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


class _Pen:
    """Draws the parts of a layout into Axes whose data are points; ``scale`` turns these to points on paper."""

    def __init__(self, ax: Axes, scale: float) -> None:
        self.ax = ax
        self.scale = scale

    def layout(self, layout: Layout) -> None:
        for frame in layout.frames:
            self.frame(frame)
        for number, arrow in enumerate(layout.arrows):
            self.arrow(arrow, number)
        for box in layout.boxes:
            self.box(box)
        if layout.title is not None:
            self.words(layout.title, INK, "title")
        for sign in layout.signs:
            self.sign(sign)

    def words(self, words: Words, colour: str, name: str, style: str = "normal") -> None:
        self.ax.text(
            words.x,
            words.y,
            words.text,
            size=words.size * self.scale,
            weight="bold" if words.bold else "normal",
            style=style,
            color=colour,
            ha="center",
            va="center_baseline",
            gid=name,
            zorder=5,
        )

    def frame(self, frame: Frame) -> None:
        self._round(frame.rect, 6.0, facecolor="none", edgecolor=RULE, linewidth=0.8 * self.scale, zorder=1)
        if frame.label is not None:
            self.words(frame.label, SOFT, f"group-{frame.group}", style="normal")

    def box(self, placed: PlacedBox) -> None:
        kind = placed.box.output_type
        height = placed.rect[3] - placed.rect[1]
        radius = min(4.0, height / 4) if placed.box.kind == "layer" else min(14.0, height / 2)
        look = {"facecolor": FILLS[kind], "edgecolor": COLOURS[kind], "linestyle": STROKES[kind]}
        self._round(placed.rect, radius, linewidth=1.1 * self.scale, zorder=3, gid=f"box-{placed.box.name}", **look)
        for i, line in enumerate(placed.lines):
            self.words(line, SOFT if i else INK, f"box-{placed.box.name}-{i}")
        if placed.box.recurrent:
            right, top = placed.rect[2], placed.rect[1]
            self._loop((right - 9.0, top + min(10.5, height / 2)), COLOURS[kind])

    def arrow(self, placed: PlacedArrow, number: int) -> None:
        kind = placed.arrow.type
        self._way(placed.points, kind, f"arrow-{number}", placed.arrow.delayed)
        if placed.label is not None:
            from matplotlib.patches import Rectangle

            left, top, right, bottom = placed.label.rect
            size = (right - left + 3, bottom - top)
            self.ax.add_patch(Rectangle((left - 1.5, top), *size, facecolor="white", edgecolor="none", zorder=2.5))
            self.words(placed.label, COLOURS[kind], f"arrow-{number}-label")

    def sign(self, sign: Sign) -> None:
        x, y = sign.at
        if sign.sign == "recurrent":
            self._loop((x + 19.0, y), INK)
        elif sign.sign == "delayed":
            self._way(((x, y), (x + 26.0, y)), "TSContinuous", "sign", True, INK)
        else:
            self._way(((x, y), (x + 26.0, y)), sign.sign, "sign")
        self.words(sign.label, SOFT, "legend")

    def _way(
        self, points: Sequence[Point], kind: str, name: str, delayed: bool = False, colour: str | None = None
    ) -> None:
        from matplotlib.patches import Circle, PathPatch, Polygon
        from matplotlib.path import Path

        colour = colour or COLOURS[kind]
        tip, back = points[-1], _toward(points[-1], points[-2], HEAD)
        curve, codes = _rounded([*points[:-1], _toward(points[-1], points[-2], HEAD - 1)], 5.0)
        look = {"edgecolor": colour, "linewidth": 1.2 * self.scale, "linestyle": STROKES[kind]}
        path = Path(curve, [Path.MOVETO, *(Path.LINETO if code == "L" else Path.CURVE3 for code in codes)])
        self.ax.add_patch(PathPatch(path, facecolor="none", capstyle="butt", zorder=2, gid=name, **look))
        across = ((tip[1] - back[1]) * 0.36, (back[0] - tip[0]) * 0.36)
        corners = [tip, (back[0] + across[0], back[1] + across[1]), (back[0] - across[0], back[1] - across[1])]
        self.ax.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="none", zorder=2.2))
        if delayed:
            look = {"facecolor": "white", "edgecolor": colour, "linewidth": 1.1 * self.scale}
            self.ax.add_patch(Circle(_toward(points[0], points[1], RING), 2.4, zorder=2.2, **look))

    def _loop(self, centre: Point, colour: str) -> None:
        """The sign of recurrent weights: most of a circle, ending in an arrowhead."""
        from matplotlib.patches import Arc, Polygon

        x, y = centre
        look = {"edgecolor": colour, "linewidth": 1.1 * self.scale}
        self.ax.add_patch(Arc(centre, 7.2, 7.2, theta1=-20.0, theta2=250.0, zorder=4, **look))
        corners = [(x + 1.9, y - 3.4), (x - 2.2, y - 6.0), (x - 2.2, y - 0.9)]
        self.ax.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="none", zorder=4))

    def _round(self, rect: tuple[float, float, float, float], radius: float, **look: Any) -> None:
        from matplotlib.patches import FancyBboxPatch

        left, top, right, bottom = rect
        shape = f"round,pad=0,rounding_size={radius}"
        self.ax.add_patch(FancyBboxPatch((left, top), right - left, bottom - top, boxstyle=shape, **look))


def _toward(start: Point, goal: Point, distance: float) -> Point:
    dx, dy = goal[0] - start[0], goal[1] - start[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
    part = min(1.0, distance / length)
    return (start[0] + dx * part, start[1] + dy * part)


def _rounded(points: Sequence[Point], radius: float) -> tuple[list[Point], str]:
    """The polyline with its corners rounded: vertices and, for all but the first, L (line) or C (of a curve)."""
    curve, codes = [points[0]], ""
    for (before, corner), (_, after) in pairwise(pairwise(points)):
        reach = min(radius, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        curve += [_toward(corner, before, reach), corner, _toward(corner, after, reach)]
        codes += "LCC"
    return [*curve, points[-1]], codes + "L"
