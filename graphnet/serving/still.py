"""The page of a network or of a finished run, served: any sub-networks open, and signals are fine at any zoom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..network import Network
from ..timeseries import TimeSeries
from ..views.page import Content, columns, content, drawing, roots, template, variables

if TYPE_CHECKING:
    from bokeh.document import Document

POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
    "blob:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
"""What a browser lets a served page do: talk to this server, and to nobody else."""
LOOK = 80
"""Milliseconds between looks whether the time that is shown has changed."""
WIDTH = 1600
"""Pixels for which a part of a signal is made."""


def fill(document: Document, shown: Content, **more: Any) -> None:
    """Make a Bokeh document the page of some content; ``more`` goes to the template beside what the page needs."""
    for one in roots(shown):
        document.add_root(one)
    document.title = shown.title
    document.template = template()
    document.template_variables.update({**variables(shown, served="."), "policy": POLICY, **more})


class Still:
    """A network, and the signals of a run by name.

    A signal that is too long for the page is sent in parts, each in as many columns as the screen has.
    """

    def __init__(self, net: Network, signals: Mapping[str, TimeSeries] | None = None) -> None:
        self.net = net
        self.signals: Mapping[str, TimeSeries] = signals or {}

    @cached_property
    def content(self) -> Content:
        """What the page shows; signals of which not every sample is stored are the server's."""
        whole = content(self.net, self.signals)
        made = [
            replace(one, live=True, stored={}, note="detail as you zoom", form=_live_form(one.form))
            if one.note
            else one
            for one in whole.signals
        ]
        return replace(whole, signals=made)

    def drawing(self, opened: Sequence[str]) -> dict[str, Any]:
        """The drawing in which these sub-networks stand open."""
        return drawing(self.net, opened)

    def open(self, document: Document) -> None:
        """Fill the document of one viewer."""
        fill(document, self.content)
        sent = [one.name for one in self.content.signals if one.live]
        if sent:
            _Zoomed(document, {name: self.signals[name] for name in sent}).look()


def _live_form(form: str) -> str:
    return "events" if form == "counts" else form


class _Zoomed:
    """Sends one viewer the parts of signals that the time axis shows, when it has come to rest."""

    def __init__(self, document: Document, signals: Mapping[str, TimeSeries]) -> None:
        self.signals = signals
        self.document = document
        self.time: Any = document.get_model_by_name("time")
        self.shown: tuple[float, float] | None = None
        document.add_periodic_callback(self.look, LOOK)

    def look(self) -> None:
        """Send what has come into view."""
        now = (float(self.time.start), float(self.time.end))
        if now == self.shown or not now[1] > now[0]:
            return
        self.shown = now
        margin = now[1] - now[0]
        start, stop = now[0] - margin, now[1] + margin  # so that a small move shows no gap
        self.document.hold("combine")
        for name, series in self.signals.items():
            low, high = max(start, float(series.t_start)), min(stop, float(series.t_stop))
            if low < high:
                for kind, data in columns(series, low, high, WIDTH).items():
                    source: Any = self.document.get_model_by_name(f"{kind}:{name}")
                    if source is not None:
                        source.data = data
        self.document.unhold()
