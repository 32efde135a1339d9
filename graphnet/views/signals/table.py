"""Signals as a table for notebooks: a row each, with a small picture drawn in the text itself. Nothing is fetched."""

from __future__ import annotations

import html as markup
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...timeseries import TimeSeries, TSContinuous, TSEvent
from ..graph.drawing import WORDS
from .decimating import envelope, means, moments, totals
from .ticks import MINUS, seconds

MOST = 50  # rows
LONGEST = 40  # characters of a name
WIDTH, HEIGHT = 160, 24  # pixels of a small picture
COLUMNS = 80
COLOURS = {"TSContinuous": "#4a86c5", "TSEvent": "#d0603c"}  # readable on white and on black
LOOK = "text-align:left;white-space:nowrap;padding:1px 12px 1px 0"
Array = NDArray[np.float64]


def html(signals: Mapping[str, TimeSeries], classes: Mapping[str, str], title: str) -> str:
    """A table of signals in their order: name, class, kind, channels, what they are like, duration, small picture.

    The first 50 alone are shown, and so it is said. All words are escaped; colours fit a light and a dark page.
    """
    rows = "".join(_row(name, classes.get(name, ""), signals[name]) for name in list(signals)[:MOST])
    more = f"<p>and {len(signals) - MOST} more</p>" if len(signals) > MOST else ""
    heads = "".join(
        f'<th scope="col" style="{LOOK}">{one}</th>'
        for one in ("name", "class", "kind", "channels", "is like", "lasts", "over time")
    )
    caption = f'<caption style="text-align:left;caption-side:top">{_text(title)}</caption>'
    return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{more}"


def _row(name: str, class_name: str, series: TimeSeries) -> str:
    kind = WORDS["TSEvent" if isinstance(series, TSEvent) else "TSContinuous"]
    cells = [_text(name), _text(class_name), kind, str(series.num_channels), _text(like(series))]
    cells += [seconds(series.duration), picture(name, series)]
    return "<tr>" + "".join(f'<td style="{LOOK}">{one}</td>' for one in cells) + "</tr>"


def _text(words: str) -> str:
    short = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
    return markup.escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in short))


def like(series: TimeSeries) -> str:
    """Mean and standard deviation of a signal over time and channels; events per second and channel.

    >>> like(TSContinuous.from_clocked([1.0, 3.0], dt=0.1, units="mV")), like(TSEvent([0.1], [0], t_start=0, t_stop=2))
    ('2 ± 1 mV', '0.5 Hz each')
    """
    if isinstance(series, TSEvent):
        sites = series.num_channels * series.duration
        return f"{_number(len(series) / sites)} Hz each" if sites else f"{len(series)} events"
    if not isinstance(series, TSContinuous) or not series.samples.size:
        return "no samples"
    mean, std = moments(series.samples)
    if not np.isfinite(mean):
        return "no finite samples"
    if std > 0:  # no more of the mean than means anything beside its deviation
        mean = round(mean, 2 - math.floor(math.log10(std)))
    return f"{_number(mean)} ± {_number(std)} {series.units or ''}".strip()


def _number(value: float) -> str:
    words = f"{value + 0.0:.0f}" if 1000 <= abs(value) < 1e6 else f"{value + 0.0:.3g}"
    return words.replace("-", MINUS)


def picture(name: str, series: TimeSeries) -> str:
    """A signal as SVG of 160 by 24 pixels: the band of all channels with the mean of their means, or rates as bars."""
    if isinstance(series, TSEvent) and len(series) and series.duration > 0:
        shown = _bars(totals(series, COLUMNS))
    elif isinstance(series, TSContinuous) and series.samples.size and series.duration > 0:
        shown = _band(series)
    else:
        return ""
    label = markup.escape(f"{name[:LONGEST]} over time", quote=True)
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" {size}>{shown}</svg>'


def _bars(counts: NDArray[np.int64]) -> str:
    steps = WIDTH / len(counts)
    tops = (HEIGHT - 1) * counts / counts.max()
    bars = "".join(
        f"M{i * steps:.1f} {HEIGHT}v{-top:.1f}h{steps:.1f}v{top:.1f}z" for i, top in enumerate(tops.tolist()) if top
    )
    return f'<path d="{bars}" fill="{COLOURS["TSEvent"]}"/>'


def _band(series: TSContinuous) -> str:
    with np.errstate(invalid="ignore"):
        found = envelope(series, COLUMNS)
        low, high = np.fmin.reduce(_finite(found.low), axis=1), np.fmax.reduce(_finite(found.high), axis=1)
        middle = _means(_finite(means(series, COLUMNS)))
    known = ~np.isnan(low)
    if not known.any():
        return ""
    bottom, top = float(low[known].min()), float(high[known].max())
    scale = (HEIGHT - 3) / (top - bottom) if top > bottom else 0.0
    base = HEIGHT - 1.5 if scale else HEIGHT / 2

    def path(values: Iterable[tuple[int, float]]) -> str:
        points = [f"{(i + 0.5) * WIDTH / COLUMNS:.1f} {base - scale * (value - bottom):.1f}" for i, value in values]
        return "M" + "L".join(points)

    at = np.flatnonzero(known).tolist()
    upper, lower = [(i, float(high[i])) for i in at], [(i, float(low[i])) for i in reversed(at)]
    line = path((i, float(middle[i])) for i in at if np.isfinite(middle[i])) if np.isfinite(middle).any() else ""
    colour = COLOURS["TSContinuous"]
    return (
        f'<path d="{path([*upper, *lower])}z" fill="{colour}" fill-opacity="0.35"/>'
        f'<path d="{line}" fill="none" stroke="{colour}" stroke-width="1.2"/>'
    )


def _finite(values: NDArray[Any]) -> Array:
    return np.where(np.isfinite(values), values, np.nan).astype(np.float64)


def _means(values: Array) -> Array:
    """The mean of each row, NaN left out."""
    known = np.isfinite(values)
    many = known.sum(axis=1)
    return np.where(many > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(many, 1), np.nan)


__all__ = ["html", "like", "picture"]
