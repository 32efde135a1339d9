"""All that a page shows of a network and of a run, as plain data: drawings, facts, signals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..graph.groups import groups
from ..graph.scene import scene
from ..palette import FAMILIES
from .drawings import drawings
from .facts import edge_facts, layer_facts
from .signals import Signal, shared_out

if TYPE_CHECKING:
    from ...network import Network
    from ...timeseries import TimeSeries

Plain = dict[str, Any]


@dataclass(frozen=True)
class Content:
    """What a page shows. All but ``signals`` is plain data as JSON holds it.

    ``about`` are pairs of words, such as ("seed", "42"). ``groups`` maps each sub-network to its number of layers.
    ``drawings`` hold one drawing for each set of open sub-networks that was laid out; the first is shown first.
    ``layers`` are facts by name, also of inputs and ports; ``edges`` facts in the order of connecting.
    ``classes`` say what the docstring of each class does, by the name that a layer's ``about`` is.
    ``missing`` says in words what the page had to leave out.
    """

    title: str
    about: Sequence[tuple[str, str]]
    groups: Mapping[str, int]
    drawings: Sequence[Plain]
    layers: Mapping[str, Plain]
    edges: Sequence[Plain]
    signals: Sequence[Signal] = ()
    missing: Sequence[str] = ()
    classes: Mapping[str, Plain] = field(default_factory=dict)

    def data(self) -> Plain:
        """The content as JSON holds it; arrays as base64 of their bytes, little-endian."""
        return {
            "title": self.title,
            "about": [list(pair) for pair in self.about],
            "groups": dict(self.groups),
            "families": FAMILIES,
            "drawings": list(self.drawings),
            "layers": dict(self.layers),
            "classes": dict(self.classes),
            "edges": list(self.edges),
            "signals": [one.data() for one in self.signals],
            "missing": list(self.missing),
        }


def content(
    net: Network, signals: Mapping[str, TimeSeries] | None = None, *, live: Sequence[str] | bool = False
) -> Content:
    """What a page shows of a network and of recorded signals, by name of layer, of input, or of ``layer.variable``.

    ``live``: True or the names of the signals whose columns a server sends, so that none are stored.
    The size is bounded: see ``signals.shared_out`` and ``drawings.drawings``.
    """
    shown = scene(net)
    made, missing = drawings(shown)
    plots, more = shared_out(net, signals or {}, live)
    facts, classes = layer_facts(net)
    return Content(
        title=net.name,
        about=_about(net, plots),
        groups=groups(shown),
        drawings=made,
        layers=facts,
        classes=classes,
        edges=edge_facts(net),
        signals=plots,
        missing=[*missing, *more],
    )


def _about(net: Network, signals: Sequence[Signal]) -> list[tuple[str, str]]:
    counts = ((len(net.layers), "layer"), (len(net.edges), "edge"), (len(net.inputs), "input"))
    words = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count]
    about = [("network", ", ".join(words)), ("seed", str(net.seed))]
    if signals:
        about.append(("signals", str(len(signals))))
    return about
