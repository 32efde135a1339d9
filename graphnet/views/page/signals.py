"""Recorded signals as a page stores them: each in its share of bytes, by extremes where the samples do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...timeseries import TimeSeries, TSContinuous, TSEvent
from ..signals import decimating
from .weights import packed

if TYPE_CHECKING:
    from ...network import Network

Plain = dict[str, Any]
Array = NDArray[Any]

MOST_BYTES = 6_000_000
"""All signals of a page together take at most so many bytes, a third more as base64."""
MOST_SIGNALS = 40
MOST_LINES = 12
"""A signal of more channels is shown as an image."""
MOST_ROWS = 256
"""Of an image; more channels share rows."""
NOTHING = 255
"""In an image, where there is no number."""


@dataclass(frozen=True)
class Signal:
    """One recorded signal. ``owner`` is the layer or input that it belongs to.

    ``form`` is ``lines``, ``image``, ``events`` (each of them) or ``counts`` (of events in cells); ``stored`` is what
    the browser draws from, and empty where ``live``.
    """

    name: str
    owner: str
    form: str
    channels: int
    units: str
    t_start: float
    t_stop: float
    note: str = ""
    live: bool = False
    stored: Plain = field(default_factory=dict)

    def data(self) -> Plain:
        """The signal as JSON holds it."""
        return {
            "name": self.name, "owner": self.owner, "form": self.form, "channels": self.channels, "units": self.units,
            "start": self.t_start, "stop": self.t_stop, "note": self.note, "live": self.live, **self.stored,
        }  # fmt: skip


def shared_out(
    net: Network, given: Mapping[str, TimeSeries], live: Sequence[str] | bool = False
) -> tuple[list[Signal], list[str]]:
    """The signals in the order of evolution, and in words those left out.

    Together they take at most 6 MB: none more than an even share of what those before it left. At most 40 are shown.
    """
    order = [name for name in [*net.inputs, *net.evol_order] if name in given]
    order += [name for name in given if name not in order]
    kept, left = order[:MOST_SIGNALS], MOST_BYTES
    made: list[Signal] = []
    sizes = {name: _bytes(given[name]) for name in kept}
    shares: dict[str, int] = {}
    for number, name in enumerate(sorted(kept, key=sizes.__getitem__)):
        shares[name] = min(sizes[name], left // (len(kept) - number))
        left -= shares[name]
    for name in kept:
        is_live = live if isinstance(live, bool) else name in live
        made.append(signal(name, owner(net, name), given[name], shares[name], live=is_live))
    more = len(order) - len(kept)
    return made, [f"{more} of {len(order)} recorded signals are not shown: at most {MOST_SIGNALS} are"] if more else []


def owner(net: Network, name: str) -> str:
    """The layer or input that a recorded signal belongs to: ``lif.v`` belongs to ``lif``."""
    return name if name in net.layers or name in net.inputs else name.rpartition(".")[0]


def _bytes(series: TimeSeries) -> int:
    """What a signal would take whole."""
    if isinstance(series, TSEvent):
        return 12 * len(series)
    return 4 * int(np.prod(series.samples.shape)) if isinstance(series, TSContinuous) else 0


def signal(name: str, owner: str, series: TimeSeries, most: int = MOST_BYTES, *, live: bool = False) -> Signal:
    """A series as a page stores it, in at most about ``most`` bytes; nothing stored where it is ``live``."""
    if isinstance(series, TSEvent):
        whole = len(series) * 12 <= max(most, 12_000)
        form = "events" if whole or live else "counts"
        stored = {} if live else _events(series) if whole else _counts(series, most)
        units = ""
    else:
        assert isinstance(series, TSContinuous)
        form = "lines" if series.num_channels <= MOST_LINES else "image"
        stored = {} if live else _lines(series, most) if form == "lines" else _image(series, most)
        units = str(series.units or "")
    note = str(stored.pop("note", ""))
    extent = float(series.t_start), float(series.t_stop)
    return Signal(name, owner, form, int(series.num_channels), units, *extent, note, live, stored)


# ---------------------------------------------------------------------- continuous


def _lines(series: TSContinuous, most: int) -> Plain:
    samples = series.samples
    count, channels = samples.shape
    per = max(1, -(-count * channels * 8 // max(most, 8_000 * channels)))
    if count * channels * 4 <= max(most, 8_000 * channels):
        per = 1
    low, high = extremes(samples, per)
    stored: Plain = {"count": len(low), "per": per, "low": packed(low.T, "<f4"), **_clock(series, per)}
    if per > 1:
        stored["high"] = packed(high.T, "<f4")
        stored["note"] = f"least and greatest of every {per} samples"
    return stored


def _clock(series: TSContinuous, per: int) -> Plain:
    """When the columns begin: a step, or each one's time."""
    if series.dt is not None:
        return {"step": float(series.dt) * per}
    return {"times": packed(series.times[::per], "<f8")}


def extremes(samples: Array, per: int) -> tuple[Array, Array]:
    """The least and the greatest of every ``per`` rows, shape (ceil(T / per), C); NaN counts for nothing.

    >>> extremes(np.array([[1.0], [3.0], [2.0]]), 2)
    (array([[1.],
           [2.]]), array([[3.],
           [2.]]))
    """
    if per == 1 or len(samples) == 0:
        return samples, samples
    return decimating.extremes(samples, np.append(np.arange(0, len(samples), per), len(samples)))


def _image(series: TSContinuous, most: int) -> Plain:
    """Means over cells of channels and steps, as bytes between the 1st and the 99th percentile."""
    samples = series.samples
    count, channels = samples.shape
    group = -(-channels // MOST_ROWS)
    rows = -(-channels // group)
    per = max(1, -(-count * rows // max(most, 64_000)))
    cells = means(samples, per, group)
    known = np.isfinite(cells)
    low, high = (float(one) for one in np.percentile(cells[known], (1, 99))) if known.any() else (0.0, 1.0)
    low, high = (low, high) if high > low else (low - 0.5, low + 0.5)
    shade = np.full(cells.shape, NOTHING)
    shade[known] = np.round(np.clip((cells[known] - low) / (high - low) * 254, 0, 254))
    notes = [f"{group} channels a row"] * (group > 1) + [f"means of {per} samples"] * (per > 1)
    return {
        "count": len(cells), "per": per, "rows": rows, "group": group, "low": low, "high": high,
        "data": packed(shade.T, "u1"), "note": "; ".join(notes), **_clock(series, per),
    }  # fmt: skip


def means(samples: Array, per: int, group: int) -> Array:
    """Means over cells of ``per`` rows and ``group`` columns, a strip of rows at a time."""
    lefts = np.arange(0, samples.shape[1], group)
    wide = np.diff(np.append(lefts, samples.shape[1]))
    found = np.empty((-(-len(samples) // per), len(lefts)))
    chunk = max(1, 65_536 // per)  # cells
    for first in range(0, len(found), chunk):
        strip = samples[first * per : (first + chunk) * per].astype(np.float64)
        tops = np.arange(0, len(strip), per)
        sums = np.add.reduceat(np.add.reduceat(strip, lefts, axis=1), tops, axis=0)
        found[first : first + chunk] = sums / (np.diff(np.append(tops, len(strip)))[:, None] * wide)
    return found


# ---------------------------------------------------------------------- events


def _events(series: TSEvent) -> Plain:
    return {
        "count": len(series),
        "times": packed(series.times, "<f8"),
        "channel": packed(series.channels, "<u4"),
    }


def _counts(series: TSEvent, most: int) -> Plain:
    """How many events fall in each cell of channels and time."""
    channels = max(int(series.num_channels), 1)
    group = -(-channels // MOST_ROWS)
    rows = -(-channels // group)
    columns = max(200, most // (2 * rows))
    length = float(series.t_stop - series.t_start)
    column = np.minimum(((series.times - float(series.t_start)) * (columns / length)).astype(np.int64), columns - 1)
    cells = np.bincount((series.channels // group) * np.int64(columns) + column, minlength=rows * columns)
    words = [f"counts in cells of {length / columns * 1000:.3g} ms"]
    words += [f"and {group} channels"] * (group > 1)
    return {
        "count": columns, "rows": rows, "group": group, "step": length / columns,
        "data": packed(np.minimum(cells, 65_535), "<u2"), "note": " ".join(words),
    }  # fmt: skip
