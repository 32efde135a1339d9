"""What ``connect`` and its like were given: two ends or a written edge, and what stands beside it."""

from __future__ import annotations

from typing import Any

from . import edge as rules
from .errors import EdgeError
from .layer import Layer
from .showing import printable
from .structure import Group, Input, Port


def shown(node: Any) -> str:
    text = node.name if isinstance(node, Layer | Input | Port | Group) else str(node)
    return text if text.isprintable() else printable(text)


def pair(given: Any) -> tuple[Any, Any]:
    """Both ends of what ``connect_many`` was given; the second is None for a written edge."""
    if given.__class__ is tuple and len(given) == 2 and given[1] is not None:
        return given
    if isinstance(given, str):
        return given, None
    if isinstance(given, tuple | list) and len(given) == 2 and given[1] is not None:
        return given[0], given[1]
    raise EdgeError(f"{given!r} is no edge", hint="give pairs ('a', 'b') or written edges 'a -> b @ 3 ms'")


def read(text: Any, delay: Any, pre_channels: Any, post_channels: Any) -> tuple[str, str, Any, Any, Any]:
    """A written edge with what was given beside it. Raises EdgeError where both say the same thing."""
    if not isinstance(text, str) or "->" not in text:
        raise EdgeError(f"where does {shown(text)!r} lead to?", hint="connect('a', 'b') or connect('a -> b')")
    pre, post, late, *picked = rules.parse(text)
    none = isinstance(delay, int | float) and delay == 0
    said = [
        _either(text, "delay", late or None, None if none else delay),
        _either(text, "pre_channels", picked[0], pre_channels),
        _either(text, "post_channels", picked[1], post_channels),
    ]
    return pre, post, said[0] or 0.0, said[1], said[2]


def _either(text: str, what: str, written: Any, beside: Any) -> Any:
    if written is not None and beside is not None:
        raise EdgeError(f"{text}: the text gives the edge its {what}, and {what}={beside!r} another", hint="give one")
    return written if beside is None else beside
