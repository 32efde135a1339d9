"""Show a network: its scene, what was measured of it, and what a check finds, given to the pens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import ParameterError, ParameterTypeError, UnknownName
from .explain import Explanation
from .findings import look_over
from .run import Result
from .run.evolving import event_rates
from .views.graph import pens
from .views.graph.drawing import Scene
from .views.graph.groups import opening
from .views.graph.measures import TITLES, Mark, What, over
from .views.graph.scene import scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .network import Network

MOST_NAMES = 2000  # of layers, inputs and ports: above, a notebook does not look for what could be drawn
MOST_BOXES = 150  # above, it shows a table
MOST_ROWS = 12

Open = str | Collection[str] | None
Measurement = Explanation | Result | None


def shown(
    net: Network, *, overlay: What | None = None, of: Measurement = None, open: Open = None, findings: bool = True
) -> Scene:
    """The scene that ``Network.draw`` draws.

    ``overlay``: colour boxes by "time" (of the last ``net.profile``), "memory" (of weights and states), or "rate" (of
    the events that the last run recorded); ``of`` takes an Explanation or a Result instead of what was last measured.
    ``open``: the paths of the sub-networks that stand open, or "all"; by default as many as can be read at once.
    ``findings``: mark what ``net.check()`` warns of.

    Raises ParameterError where nothing was measured, UnknownName for another overlay or a sub-network that is none.
    """
    found = scene(net)
    if overlay is not None:
        found = _measured(net, found, overlay, of)
    elif of is not None:
        raise ParameterError("of= says whose measurement an overlay shows", parameter="of", hint='overlay="time"')
    if findings:
        found = _marked(net, found)
    return opening(found, open)


def draw(net: Network, ax: Axes | None = None, *, theme: str = "light", **options: Any) -> Axes:
    """Draw a network with matplotlib into ``ax``, or into a figure of its own, and give the Axes; nothing is shown.

    ``theme``: "light" or "dark". The options are those of ``shown``.
    """
    from .views.graph import mpl

    return mpl.draw(shown(net, **options), ax, theme)


def save(net: Network, paths: Iterable[Path], *, theme: str = "light", **options: Any) -> None:
    """Draw a network into files, each by the pen that its ending asks for; see ``views.graph.pens``.

    A picture opens what can be read at once; text for other programs (.dot, .mmd, .graphml) opens everything, where
    ``open`` is not given. Raises ParameterError for an ending that no pen has.
    """
    for path in paths:
        whole = {"open": "all"} if path.suffix.lower() in pens.WHOLE and options.get("open") is None else {}
        pens.save(shown(net, **{**options, **whole}), path, theme)


def text(net: Network, kind: str, open: Open = "all") -> str:
    """A network as text: "dot", "mermaid" or "graphml"."""
    return pens.text(shown(net, open=open, findings=False), kind)


def html(net: Network) -> str:
    """A network for a notebook: its drawing as SVG, or where it is too large for one, what it is made of."""
    found = shown(net) if len(net.names) <= MOST_NAMES else None
    if found is not None and len(found.boxes) <= MOST_BOXES:
        return pens.html(found)
    classes = Counter(layer.class_name for layer in net.layers.values()).most_common()
    rows = [(name, str(count)) for name, count in classes[:MOST_ROWS]]
    rows += [("others", str(sum(count for _, count in classes[MOST_ROWS:])))] if len(classes) > MOST_ROWS else []
    return pens.table(repr(net), rows)


def _measured(net: Network, found: Scene, overlay: What, of: Measurement) -> Scene:
    if overlay not in TITLES:
        raise UnknownName("overlay", overlay, TITLES)
    values = _values(net, overlay, of)
    boxes = [replace(box, value=values.get(box.name)) for box in found.boxes]
    known = [box.value for box in boxes if box.value is not None]
    if not known:
        raise ParameterError(
            f"no {TITLES[overlay]} was measured of {net.name!r}", parameter="overlay", hint=_FIRST[overlay]
        )
    return replace(found, boxes=boxes, overlay=over(overlay, known))


_FIRST: dict[str, str] = {
    "time": "call net.profile(...) first, or give what it returned with of=",
    "memory": "give what net.explain() returned with of=",
    "rate": "call net.evolve(..., record=[...]) with layers of events first, or give its result with of=",
}


def _values(net: Network, overlay: What, of: Measurement) -> Mapping[str, float]:
    """What was measured, by name of layer or input."""
    if overlay == "rate":
        if isinstance(of, Explanation):
            raise ParameterTypeError("rates are those of a run: of= takes its Result, not an Explanation")
        return net.measured["rate"] if of is None else event_rates(of)
    if isinstance(of, Result):
        raise ParameterTypeError(
            f"{overlay} is not told by a Result: of= takes what net.profile() or explain() returned"
        )
    if overlay == "time":
        if of is None:
            return net.measured["time"]
        return {row.name: row.seconds for row in of.rows if row.seconds is not None}
    return {row.name: float(row.memory) for row in (of or net.explain()).rows}


def _marked(net: Network, found: Scene) -> Scene:
    """The scene with errors and warnings at their boxes; those about no box are remarks."""
    names = {box.name for box in found.boxes}
    owners = {inlet: name for name, inlets in net.inlets.items() for inlet in inlets}
    marks: dict[str, list[Mark]] = {}
    for one in look_over(net):
        if one.severity != "note":
            where = owners.get(one.where, one.where)
            marks.setdefault(where if where in names else "", []).append(Mark(one.severity, one.message, one.hint))
    boxes = [replace(box, marks=tuple(marks[box.name])) if box.name in marks else box for box in found.boxes]
    return replace(found, boxes=boxes, remarks=tuple(marks.get("", ())))


__all__ = ["Measurement", "Open", "What", "draw", "html", "save", "shown", "text"]
