"""``a >> b >> c`` and ``[a, b] >> c``: networks written as chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .edge import Merge
from .errors import EdgeError, ParameterError
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
    net = parts[0] if isinstance(parts[0], Network) else Network(name="chain")
    begins: list[str] = []
    ends: list[str] = []
    for part in parts:
        if part is net:
            ends += net.outputs or [name for name in net.layers if not any(edge.pre == name for edge in net.edges)]
            continue
        first, last = _entered(net, part)
        begins += first
        ends += last
    first, last = _entered(net, right)
    if len(first) != 1:
        raise EdgeError(f"{_word(right)} has {len(first)} inputs: connect them by name", hint="net.connect(...)")
    _feed(net, begins)
    net.connect_many([(end, first[0]) for end in ends], merge=how)
    net.set_outputs(last)
    return net


def _entered(net: Network, part: Any) -> tuple[list[str], list[str]]:
    """Add a part; gives the ends that take its input and those that give its output."""
    if isinstance(part, Layer):
        name = net.name_of(part if part._home is net else net.add_layer(part))
        return ([name] if part.size_in else []), [name]
    if isinstance(part, Network):
        group = net.add_network(part)
        return list(group.ports), list(group.outputs)
    raise ParameterError(f"layers and networks are chained, got {part!r}")


def _feed(net: Network, names: Sequence[str]) -> None:
    """Give the beginnings of a chain their input from outside."""
    forms = {(net.reads(name).size, net.reads(name).type) for name in names}
    for name in names:
        size, kind = net.reads(name).size, net.reads(name).type
        outside = "external" if len(forms) == 1 else f"{name}.external"
        if outside not in net.inputs:
            net.input(outside, size, kind)
        net.connect(outside, name)


def _word(part: Any) -> str:
    return f"network {part.name!r}" if isinstance(part, Network) else repr(part)
