"""The page of a live run: what is sent to each viewer, as fast as that one draws, and what a viewer asks for."""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import GraphnetError, ParameterError
from ..network import Network
from ..timeseries import TimeSeries, TSContinuous, TSEvent
from ..views.page import Content, content, drawing
from .columns import Shown
from .live import Live
from .show import MOST, first_shown
from .status import Status
from .still import fill

if TYPE_CHECKING:
    from bokeh.document import Document

HERE = Path(__file__).parent
EVERY = 40
"""Milliseconds between looks at the run: no more pictures a second than 25."""
LOST = 2.0
"""Seconds after which a picture that nobody said to have drawn counts as drawn: a page in the background draws none."""
MOST_LEGS = 500
"""Trials that a page offers to go to."""
LONGEST = 20_000
"""Characters of a wish that are read."""
NOTHING = 255
"""In an image, where there is no number."""

log: logging.Logger = logging.getLogger("graphnet")


class Watching:
    """Serves a live run to any number of viewers; one that was made ``paused`` begins when the first has drawn it."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self._waits = live.status().state in ("starting", "paused")
        self._made: dict[Any, Content] = {}

    def drawing(self, opened: Sequence[str]) -> dict[str, Any]:
        """The drawing in which these sub-networks stand open."""
        return drawing(self.live.net, opened)

    def content(self) -> Content:
        """What the page shows beside the activity; once the network is fitted, as it is then."""
        fitted, names = self.live.fitted, self.live.status().shown
        net = fitted or self.live.net
        names = names or first_shown(net)
        key = fitted is not None, names
        if key not in self._made:
            self._made = {key: content(net, {name: _empty(net, name) for name in names}, live=True)}
        return self._made[key]

    def open(self, document: Document) -> None:
        """Fill the document of one viewer."""
        from ..views.page import variables

        shown = self.content()
        ours = variables(shown, served=".")
        style, script = (ours[key] + type(ours[key])(_text(file)) for key, file in _FILES)
        fill(document, shown, style=style, script=script)
        Viewer(document, self.live, [one.name for one in shown.signals], self._first_drawn)

    def _first_drawn(self) -> None:
        """Somebody looks on: the run, which has waited for that, begins."""
        if self._waits:
            self._waits = False
            self.live.go_on()


_FILES = (("style", "live.css"), ("script", "live.js"))


@lru_cache
def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _empty(net: Network, name: str) -> TimeSeries:
    """A series of no length with the channels and the kind of a layer's or an input's signal."""
    kind, size = net.sends(name).type, net.sends(name).size
    if kind is TSEvent:
        return TSEvent([], [], t_start=0.0, t_stop=1.0, num_channels=size)
    return TSContinuous.from_clocked(np.zeros((1, size)), dt=1.0)


class Viewer:
    """One viewer: a picture is sent when the one before has been drawn, so that none ever waits."""

    def __init__(self, document: Document, live: Live, names: Sequence[str], seen: Callable[[], None]) -> None:
        from bokeh.models import ColumnDataSource

        self.document = document
        self.live = live
        self.seen_by = seen
        self.told: Any = ColumnDataSource({"json": ["{}"]}, name="live:told", syncable=False)
        self.asked: Any = ColumnDataSource({"json": []}, name="live:asked")
        self.drawn: Any = ColumnDataSource({"json": ["{}"]}, name="live:drawn")
        document.roots[0].tags = [self.told, self.asked, self.drawn]
        self.asked.on_change("data", self._heed)
        self.drawn.on_change("data", self._take_note)
        self.number: int = 0
        self.done: int = 0
        self.in_view: frozenset[str] | None = None
        self.seen: int = -1
        self.sent_at: float = -LOST
        self.late: deque[bool] = deque(maxlen=50)
        self.sent: deque[float] = deque(maxlen=20)
        self.legs: int = 0
        self.answers: deque[dict[str, Any]] = deque(maxlen=20)
        self.scales: dict[str, tuple[float, float]] = {}
        for name in names:
            source: Any = document.get_model_by_name(f"columns:{name}")
            if source is not None:
                source.data = {key: [0.0] for key in source.data}
        document.add_periodic_callback(self.tick, EVERY)

    def tick(self) -> None:
        """Send a picture where there is a new one and the last has been drawn; otherwise leave it out."""
        now = time.monotonic()
        status = self.live.status()
        new = status.updates != self.seen or bool(self.answers)
        waiting = self.done < self.number and now - self.sent_at < LOST
        if new and status.state == "running":
            self.late.append(waiting)
        if waiting or not (new or (status.behind > 0.0 and now - self.sent_at > 0.5)):
            return
        self.number += 1
        self.sent_at = now
        self.sent.append(now)
        status, shown = self.live.picture()
        self.seen = status.updates
        self.document.hold("combine")
        for name, one in shown.items():
            if self.in_view is None or name in self.in_view:
                self._send(name, one)
        self.told.data = {"json": [json.dumps(self._words(status, shown))]}
        self.document.unhold()

    def _send(self, name: str, one: Shown) -> None:
        lines = one.kind == "lines"
        source: Any = self.document.get_model_by_name(f"{'columns' if lines else 'cells'}:{name}")
        if source is None:  # chosen after the page was made, which is about to be made anew
            return
        if lines:
            source.data = zigzag(one)
            return
        image, self.scales[name] = shades(one, self.scales.get(name))
        wide = image.shape[1]
        image = image if wide else np.zeros((1, 1), np.uint8)
        source.data = {"image": [image], "x": [one.start], "y": [-0.5], "dw": [wide * one.width], "dh": [one.channels]}

    def _words(self, status: Status, shown: Mapping[str, Shown]) -> dict[str, Any]:
        legs = self.live.legs[:MOST_LEGS]
        new, self.legs = len(legs) != self.legs, len(legs)
        answers = [self.answers.popleft() for _ in range(len(self.answers))]
        return {
            "number": self.number, "state": status.state, "doing": status.doing, "error": status.error,
            "time": status.time, "until": status.until, "simulated": status.simulated, "speed": status.speed,
            "start": status.start, "reached": status.reached, "behind": status.behind,
            "window": status.window, "goesOn": status.goes_on,
            "left": sum(self.late) / len(self.late) if len(self.late) > 20 and status.state == "running" else 0.0,
            "drawn": (len(self.sent) - 1) / max(self.sent[-1] - self.sent[0], 1e-3), "trial": status.trial,
            "legs": legs if new else None, "shown": list(status.shown),
            "changes": [[one.layer, one.parameter, one.text, one.before] for one in status.changes],
            "rates": {name: float(one.rate[-20:].mean()) for name, one in shown.items()
                      if one.rate is not None and one.rate.size},
            "scales": {name: list(self.scales[name]) for name in shown if name in self.scales},
            "answers": answers,
        }  # fmt: skip

    # ------------------------------------------------------------------ what is asked for

    def _take_note(self, _: str, __: Any, data: Any) -> None:
        """The page has drawn a picture, and says which signals can be seen; the next one need not wait."""
        told = _mapping(next(iter(data.get("json", ())), None))
        if told is None or not isinstance(told.get("number"), int):
            return
        self.done = min(told["number"], self.number)
        names = told.get("seen")
        self.in_view = frozenset(map(str, names[:100])) if isinstance(names, list) else None
        self.seen_by()
        self.tick()

    def _heed(self, _: str, __: Any, data: Any) -> None:
        for text in list(data.get("json", ()))[:20]:
            self._obey(text)

    def _obey(self, text: Any) -> None:
        number: Any = None
        try:
            wish = _mapping(text)
            if wish is None:
                raise ParameterError(f"a wish is a mapping, got {str(text)[:80]!r}")
            number = wish.get("number")
            future = self._wish(wish)
        except GraphnetError as error:
            self._answer(number, error)
            return
        future.add_done_callback(lambda done: self._answer(number, done.exception()))

    def _wish(self, wish: Mapping[str, Any]) -> Future[Any]:
        live, what = self.live, wish.get("do")
        if what == "pause":
            return live.pause()
        if what == "go on":
            return live.go_on()
        if what == "restart":
            return live.restart(written=wish.get("written") is True)
        if what == "speed":
            return live.set_speed(wish.get("value", 0.0))
        if what == "window":
            return live.set_window(wish.get("value", 0.0))
        if what == "trial":
            return live.go_to(wish.get("value", -1))
        if what == "show":
            return live.choose(self._with(str(wish.get("name", ""))))
        if what == "change":
            return live.change(*(str(wish.get(key, "")) for key in ("layer", "parameter", "text")))
        raise ParameterError(f"a live run cannot {str(what)[:80]!r}")

    def _with(self, name: str) -> list[str]:
        """The signals that are shown and another one, in place of the last where there is no more room."""
        shown = list(self.live.status().shown)
        return [*shown[: MOST - 1], name]

    def _answer(self, number: Any, error: BaseException | None) -> None:
        if isinstance(error, GraphnetError):
            said: str | None = str(error)
        else:
            said = None if error is None else f"{type(error).__name__}: {error}"
        self.answers.append({"number": number, "error": said})


def _mapping(text: Any) -> dict[str, Any] | None:
    """A mapping that a browser wrote as JSON, or None for anything else."""
    if not isinstance(text, str) or len(text) > LONGEST:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def zigzag(one: Shown) -> dict[str, Any]:
    """Lines as columns of a source: x, y0, y1, ...; from the least to the greatest of each column."""
    assert one.low is not None
    assert one.high is not None
    if not len(one.low):  # an axis needs a number to begin with
        return {"x": [one.start], **{f"y{k}": [0.0] for k in range(one.channels)}}
    x = np.repeat(one.start + one.width * np.arange(len(one.low)), 2)
    if np.array_equal(one.low, one.high, equal_nan=True):  # one sample each, held to the next
        x = np.append(x[1:], x[-1:] + one.width)
    y = np.stack([one.low, one.high], axis=1).reshape(len(x), one.channels)
    return {"x": x, **{f"y{k}": np.ascontiguousarray(y[:, k]) for k in range(y.shape[1])}}


def shades(one: Shown, before: tuple[float, float] | None) -> tuple[NDArray[np.uint8], tuple[float, float]]:
    """An image as bytes, and the numbers that its lowest and its highest shade stand for.

    Of events 0 stays 0 and one is at least 1; of samples NaN is 255. The scale widens at once and narrows slowly.
    """
    assert one.cells is not None
    if one.kind == "raster":
        top = max(4.0, float(one.cells.max(initial=0.0)))  # one event alone is no dark spot
        high = top if before is None else max(top, before[1] + 0.1 * (top - before[1]))
        return np.ceil(one.cells * (254.0 / high)).astype(np.uint8), (0.0, high)
    finite = one.cells[np.isfinite(one.cells)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if before is not None:
        low = min(low, before[0] + 0.05 * (low - before[0]))
        high = max(high, before[1] + 0.05 * (high - before[1]))
    wide = high - low
    scaled = np.full(one.cells.shape, 127.0) if wide <= 0.0 else (one.cells - low) * (254.0 / wide)
    return np.where(np.isfinite(one.cells), np.clip(scaled, 0, 254), NOTHING).astype(np.uint8), (low, high)
