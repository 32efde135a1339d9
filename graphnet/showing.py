"""How a value is shown that must not be trusted: on one line, cut where it is long, and obeyed by no terminal."""

from __future__ import annotations

import reprlib
from typing import Any

SHOWN = 80
"""Characters of a value that an error shows: enough to find it, too few to flood a terminal."""
_LONG_NUMBER = 256  # bits: longer ones are described, since Python refuses to write out very long ones


def shown(value: Any) -> str:
    """A value as an error shows it: one line, at most 80 characters, control characters escaped.

    >>> shown("a\\x1b[2J" + 200 * "b")[:12], len(shown(list(range(10**6))))
    ("'a\\\\x1b[2Jbbb", 80)
    """
    kind = _Shown()
    kind.maxstring = kind.maxother = 4 * SHOWN
    kind.maxlist = kind.maxtuple = kind.maxdict = 40
    return printable(kind.repr(value), SHOWN)


def named(text: str) -> str:
    """A name of a file or a member in an error: as it is, or escaped and cut like any other value."""
    return text if text.isprintable() and len(text) <= SHOWN else shown(text)[1:-1]


def printable(text: str, most: int = 120) -> str:
    """A text on one line that no terminal obeys: control characters escaped, cut where it is long."""
    text = text[: 2 * most]
    text = text if text.isprintable() else "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    return text if len(text) <= most else f"{text[: most - 3]}..."


class _Shown(reprlib.Repr):
    """Values of any size and depth on one line, without the parts that cost time."""

    def repr_int(self, x: int, level: int) -> str:
        return repr(x) if x.bit_length() <= _LONG_NUMBER else f"a whole number of {x.bit_length()} bits"

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        """In the order of the document, which the base class sorts."""
        if level <= 0:
            return "{...}"
        parts = [f"{self.repr1(key, level - 1)}: {self.repr1(x[key], level - 1)}" for key in list(x)[: self.maxdict]]
        return "{" + ", ".join([*parts, *(["..."] if len(x) > self.maxdict else [])]) + "}"
