"""``a >> b >> c`` and ``[a, b] >> c``: networks written as chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .edge import Merge
from .errors import EdgeError, ParameterError, ParameterTypeError
from .layer import Layer
from .network import Network

Part = Layer | Network


@dataclass(frozen=True)
class Merged:
    """Several parts side by side, and how their outputs meet in what follows: ``merge("concat", a, b) >> c``."""

    how: Merge
    parts: Sequence[Part]

    def __rshift__(self, right: Part) -> Network:
        return chain(self, right)


def merge(how: Merge, *parts: Part) -> Merged:
    """Let several layers or networks lead into the next: ``"sum"`` adds them, ``"concat"`` sets them side by side."""
    if how not in ("sum", "concat"):
        raise ParameterError(f"a merge is 'sum' or 'concat', got {how!r}", parameter="how")
    if not parts:
        raise ParameterError("merge needs the parts that lead on", parameter="parts")
    return Merged(how, parts)


def chain(left: Any, right: Part) -> Network:
    """The network in which ``left`` leads to ``right``.

    ``left``: a layer, a network, a list of them, or ``merge(...)``. A network on the left is extended and returned, as
    ``+=`` extends a list; its outputs lead on, and the new end is its output. A network on the right is added flattened
    under its name. What takes input and has none reads the external input, by itself or, where sizes or kinds differ,
    one of its own named after it.
    """
    how = left.how if isinstance(left, Merged) else None
    parts = list(left.parts) if isinstance(left, Merged) else left if isinstance(left, list | tuple) else [left]
    if not parts:
        raise EdgeError("an empty list leads to nothing")
    for part in (*parts, right):
        if not isinstance(part, Layer | Network):
            raise ParameterTypeError(f"layers and networks are chained, got {part!r}", parameter="chain")
    net = parts[0] if isinstance(parts[0], Network) else Network(name="chain")
    with net.all_or_nothing():
        begins: list[str] = []
        ends = _ends(net) if parts[0] is net else []
        for part in parts[1:] if parts[0] is net else parts:
            first, last = _entered(net, part)
            begins += first
            ends += last
        first, last = _entered(net, right)
        if len(first) != 1:
            raise EdgeError(_refused(right, first), hint="net.connect(...) joins them by name")
        _feed(net, begins)
        net.connect_many([(end, first[0]) for end in ends], merge=how)
        net.set_outputs(last)
    return net


def _refused(right: Part, inputs: Sequence[str]) -> str:
    takes = f"has {len(inputs)} inputs ({', '.join(inputs)})" if inputs else "takes no input"
    word = f"network {right.name!r}" if isinstance(right, Network) else right.start_print
    return f"{word} {takes}: a chain leads to one"


def _ends(net: Network) -> list[str]:
    """What a network gives on: its outputs, else the layers that lead nowhere."""
    return list(net.outputs) or [name for name in net.layers if not net.edges_from(name)]


def _entered(net: Network, part: Part) -> tuple[list[str], list[str]]:
    """Add a part; gives the ends that take its input and those that give its output."""
    if isinstance(part, Network):
        group = net.add_network(part, name=_free_name(net, part.name))
        return list(group.ports), list(group.outputs)
    name = net.name_of(part if part._home is net else net.add_layer(part))
    return (list(net.inlets.get(name, (name,))) if part.size_in else []), [name]


def _free_name(net: Network, name: str) -> str:
    """The name of a network, or with a number where that one is taken: one network may stand in a chain twice."""
    names, found, count = net.names, name, 0
    while found in names or any(one.startswith(f"{found}.") for one in names):
        count += 1
        found = f"{name}_{count}"
    return found


def _feed(net: Network, names: Sequence[str]) -> None:
    """Give the beginnings of a chain their input from outside."""
    forms = {(net.reads(name).size, net.reads(name).type) for name in names}
    for name in names:
        size, kind = net.reads(name).size, net.reads(name).type
        outside = "external" if len(forms) == 1 else f"{name}.external"
        if outside not in net.inputs:
            net.input(outside, size, kind)
        net.connect(outside, name)
