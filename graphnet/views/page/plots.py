"""The plots of a page as Bokeh models: a figure for each signal over one range of time, and one for weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...timeseries import TimeSeries, TSContinuous, TSEvent
from ..palette import COLOURS
from .content import Content
from .signals import MOST_LINES, MOST_ROWS, Signal, extremes, means

if TYPE_CHECKING:
    from bokeh.models import Model

HEIGHT, TALL = 110, 170
LINES = ("#3d7fc1", "#d97a1e", "#2f9e77", "#c2528b", "#8a6fd1", "#a08a1f", "#4aa8c9", "#d0543f", "#6f7f2c", "#9a6a4f",
         "#5b6ee1", "#7d7d86")  # fmt: skip
"""Colours of channels, each legible on white and on the dark page."""
FRAME: dict[str, Any] = {"min_border_left": 58, "min_border_right": 12}
"""What all figures over time have in common, so that they lie exactly below each other."""
FEW_EVENTS = 8000
"""So many events in view are strokes; more are cells, the darker the more events they hold."""


def columns(series: TimeSeries, start: float, stop: float, width: int = 1000) -> dict[str, dict[str, Any]]:
    """What a signal's figure shows between two times (s) in ``width`` pixels: data for its ColumnDataSources.

    ``{"columns": ..., "cells": ...}``: lines have x and y0, y1, ...; strokes of events x and channel; an image, in the
    source ``cells:NAME``, image, x, y, dw and dh. Either may be empty, with all its columns.
    """
    if isinstance(series, TSEvent):
        return _events(series, start, stop, width)
    assert isinstance(series, TSContinuous)
    part = series.clip(max(start, float(series.t_start)), min(stop, float(series.t_stop)), sample_limits=False)
    if series.num_channels <= MOST_LINES:
        return {"columns": _zigzag(part, width), "cells": _no_cells()}
    group = -(-part.num_channels // MOST_ROWS)
    cells = means(part.samples, max(1, -(-len(part.samples) // width)), group)
    return {"columns": {"x": []}, "cells": _cells(cells.T, float(part.t_start), float(part.t_stop), group)}


def _zigzag(part: TSContinuous, width: int) -> dict[str, Any]:
    """Held samples as steps, or their extremes up and down where there are more than pixels."""
    samples, times = part.samples, part.times
    if len(times) <= width:
        x = np.repeat(np.append(times, part.t_stop), 2)[1:-1]
        return {"x": x, **{f"y{k}": np.repeat(samples[:, k], 2) for k in range(samples.shape[1])}}
    per = -(-len(times) // width)
    low, high = extremes(samples, per)
    y = np.stack([low, high], axis=1).reshape(-1, samples.shape[1])
    return {"x": np.repeat(times[::per], 2), **{f"y{k}": y[:, k] for k in range(y.shape[1])}}


def _events(series: TSEvent, start: float, stop: float, width: int) -> dict[str, dict[str, Any]]:
    times, ids = series(start, stop)
    if len(times) <= FEW_EVENTS:
        return {"columns": {"x": times, "channel": ids}, "cells": _no_cells()}
    channels = int(series.num_channels)
    group = -(-channels // MOST_ROWS)
    rows, wide = -(-channels // group), max(width // 2, 1)
    column = np.clip(((times - start) * (wide / (stop - start))).astype(np.int64), 0, wide - 1)
    counts = np.bincount((ids // group) * np.int64(wide) + column, minlength=rows * wide).reshape(rows, wide)
    cells = np.where(counts > 0, counts, np.nan).astype(float)
    return {"columns": {"x": [], "channel": []}, "cells": _cells(cells, start, stop, group)}


def _cells(image: Any, start: float, stop: float, group: int) -> dict[str, Any]:
    return {
        "image": [np.asarray(image, dtype=np.float32)], "x": [start], "y": [-0.5], "dw": [stop - start],
        "dh": [len(image) * group],
    }  # fmt: skip


def _no_cells() -> dict[str, Any]:
    return {"image": [np.full((1, 1), np.nan, dtype=np.float32)], "x": [0.0], "y": [0.0], "dw": [0.0], "dh": [0.0]}


# ---------------------------------------------------------------------- models


def _models() -> Any:
    """Bokeh's models; their stubs say less than what they take."""
    from bokeh import models

    return models


def _empty(**look: Any) -> Any:
    """A figure of Bokeh that shows nothing yet."""
    from bokeh.plotting import figure

    return figure(toolbar_location=None, sizing_mode="stretch_width", **look)


def roots(content: Content) -> list[Model]:
    """The figures in the order of the signals, then the axis of time, then the one for weights.

    Their sources are empty: the page fills them from its content, a server those that are live.
    """
    models = _models()
    start = min((one.t_start for one in content.signals), default=0.0)
    stop = max((one.t_stop for one in content.signals), default=1.0)
    stop = stop if stop > start else start + 1.0
    time = models.Range1d(start, stop, name="time")
    cursor = models.CrosshairTool(
        overlay=models.Span(dimension="height", line_width=1, line_color="#8a94a0", line_dash="dotted")
    )
    return [*(_figure(one, time, cursor) for one in content.signals), _axis(time), _weights()]


def _figure(one: Signal, time: Any, cursor: Any) -> Any:
    models, lines = _models(), one.form == "lines"
    y_range = models.Range1d(-0.5, max(one.channels, 1) - 0.5)
    if lines:  # of what is stored, the page says how far it reaches
        y_range = models.DataRange1d(range_padding=0.08) if one.live else models.Range1d(-1.0, 1.0)
    tall = HEIGHT if lines or one.channels <= 40 else TALL
    plot = _empty(name=f"signal:{one.name}", x_range=time, y_range=y_range, height=tall, tools=_tools(cursor),
                  lod_threshold=None, min_border_top=4, min_border_bottom=4, **FRAME)  # fmt: skip
    plot.toolbar.active_scroll = plot.select_one({"type": models.WheelZoomTool})
    y = [f"y{k}" for k in range(one.channels)] if lines else ["channel"]
    empty: dict[str, Any] = {"x": [], **{name: [] for name in y}}
    source = models.ColumnDataSource(empty, name=f"columns:{one.name}", syncable=False)
    cells = models.ColumnDataSource(_no_cells(), name=f"cells:{one.name}", syncable=False)
    if lines:
        for k, name in enumerate(y):
            plot.line("x", name, source=source, line_width=1.2, color=LINES[k % len(LINES)])
    else:
        _image_of(plot, one, cells)
        if one.form in ("events", "counts"):
            _strokes(plot, source)
    _plain(plot)
    plot.xaxis.visible = False
    if not lines:
        plot.yaxis.ticker.min_interval = 1
    return plot


def _tools(cursor: Any) -> list[Any]:
    """Drag moves, the wheel zooms with Ctrl alone: without it, it scrolls the page."""

    models = _models()
    wheel = models.WheelZoomTool(dimensions="width", modifiers={"ctrl": True})
    return [models.PanTool(dimensions="width"), wheel, cursor]


def _axis(time: Any) -> Any:
    """The one axis of time below all signals."""
    models = _models()
    plot = _empty(name="axis", x_range=time, y_range=models.Range1d(0, 1), height=44,
                  tools=[models.PanTool(dimensions="width")], min_border_top=0, min_border_bottom=0,
                  **FRAME)  # fmt: skip
    plot.line([], [])  # a figure without anything in it is a mistake to Bokeh
    _plain(plot)
    plot.yaxis.visible = False
    plot.xgrid.grid_line_color = None
    plot.xaxis.formatter.use_scientific = False
    _labelled(plot.xaxis, "time (s)")
    return plot


def _strokes(plot: Any, source: Any) -> None:
    glyph = _models().Scatter(x="x", y="channel", marker="dash", angle=np.pi / 2, size=6, line_color=COLOURS["TSEvent"],
                    line_width=1.2)  # fmt: skip
    plot.add_glyph(source, glyph)


def _image_of(plot: Any, one: Signal, cells: Any) -> None:
    from bokeh.palettes import Viridis256

    models = _models()
    mapper = models.LinearColorMapper(palette=list(Viridis256), nan_color="rgba(0, 0, 0, 0)", name=f"shades:{one.name}")
    plot.image("image", "x", "y", "dw", "dh", source=cells, color_mapper=mapper)


def _plain(plot: Any) -> None:
    """Few lines and small letters; the page sets their colours for light and dark."""
    plot.background_fill_color = None
    plot.border_fill_color = None
    plot.outline_line_color = None
    plot.xgrid.grid_line_alpha = 0.6
    plot.ygrid.grid_line_color = None
    plot.axis.minor_tick_line_color = None
    plot.axis.major_label_text_font_size = "11px"
    plot.yaxis.ticker.desired_num_ticks = 3
    plot.yaxis.ticker.num_minor_ticks = 0


def _labelled(axis: Any, text: str) -> None:
    axis.axis_label = text
    axis.axis_label_text_font_size = "12px"
    axis.axis_label_text_font_style = "normal"
    axis.axis_label_standoff = 2


def _weights() -> Any:
    models = _models()
    source = models.ColumnDataSource(_no_cells(), name="weights-cells", syncable=False)
    mapper = models.LinearColorMapper(palette=diverging(), low=-1.0, high=1.0, name="weights-shades")
    plot = _empty(name="weights", height=250, tools="pan,wheel_zoom,reset",
                  x_range=models.Range1d(0, 1), y_range=models.Range1d(1, 0), min_border=4)  # fmt: skip
    plot.image("image", "x", "y", "dw", "dh", source=source, color_mapper=mapper)
    _plain(plot)
    plot.xgrid.grid_line_color = None
    plot.xaxis.ticker.desired_num_ticks = 4
    for axis in (*plot.xaxis, *plot.yaxis):
        axis.ticker.min_interval = 1
    _labelled(plot.xaxis, "to unit")
    _labelled(plot.yaxis, "from channel")
    bar = models.ColorBar(color_mapper=mapper, width=10, padding=6, label_standoff=4, background_fill_color=None,
                   major_label_text_font_size="11px", name="weights-bar")  # fmt: skip
    plot.add_layout(bar, "right")
    return plot


def diverging() -> list[str]:
    """255 colours from orange over near-white to blue, as dark at either end, which every eye tells apart."""
    ends = np.array([[0xB3, 0x58, 0x06], [0xF7, 0xF7, 0xF7], [0x1F, 0x5A, 0xA6]], dtype=float)
    t = np.linspace(-1, 1, 255)[:, None]
    mixed = np.where(t < 0, ends[1] + (ends[0] - ends[1]) * -t, ends[1] + (ends[2] - ends[1]) * t)
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in mixed.round().astype(int)]
