"""The colours and strokes of every picture, on light and on dark paper.

Signals are told apart twice, by colour and by stroke, so that a picture in grey says the same; what a box does is also
its class's name. Tests hold the colours apart for readers with any of the three kinds of colour blindness, and hold all
words to the contrast that WCAG 2.1 asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import UnknownName

INK, SOFT, RULE = "#1b222b", "#4d5863", "#aab3bd"
COLOURS = {"TSContinuous": "#27598c", "TSEvent": "#b2401f"}
STROKES: dict[str, Any] = {"TSContinuous": "solid", "TSEvent": (0, (0.9, 1.5))}
FAMILIES: dict[str, str] = {
    "neurons": "spiking neurons",
    "rate": "rate units",
    "synapses": "synapses",
    "filters": "filters",
    "encoders": "encoders and decoders",
    "readouts": "readouts",
    "sources": "sources",
    "weights": "weights",
}
"""What a layer may announce as its ``family``, and the words for it; any other is drawn as "other"."""


@dataclass(frozen=True)
class Theme:
    """The colours of one kind of paper.

    ``signals`` are by type of series and ``families`` by what layers announce; ``tint`` is how much of a family's
    colour its boxes are filled with. ``scale`` is what the least and the greatest measured value are filled with.
    """

    name: str
    page: str
    ink: str
    soft: str
    rule: str
    signals: Mapping[str, str]
    families: Mapping[str, str]
    tint: float
    scale: tuple[str, str]
    severities: Mapping[str, str]

    def colour(self, family: str) -> str:
        """The colour of a family: of its boxes' borders."""
        return self.families.get(family, self.soft)

    def fill(self, family: str) -> str:
        """What the boxes of a family are filled with, pale enough to be written on."""
        return mixed(self.page, self.families[family], self.tint) if family in self.families else self.page

    def measured(self, part: float) -> str:
        """The fill for a measured value, ``part`` of the way from the least (0) to the greatest (1)."""
        return mixed(*self.scale, min(max(part, 0.0), 1.0))


LIGHT = Theme(
    "light", "#ffffff", INK, SOFT, RULE, COLOURS,
    {
        "neurons": "#ab0d0e", "rate": "#ad569b", "synapses": "#ab8709", "filters": "#078a6d", "encoders": "#249bcc",
        "readouts": "#1d5fa8", "sources": "#4f5710", "weights": "#828d96",
    },
    0.12, ("#fdf6e3", "#f0943f"), {"error": "#b00020", "warning": "#8a5a00", "note": "#4d5863"},
)  # fmt: skip
DARK = Theme(
    "dark", "#14181d", "#e8ecf0", "#b4bfca", "#56616c", {"TSContinuous": "#7db6ea", "TSEvent": "#f0875f"},
    {
        "neurons": "#ad4a13", "rate": "#ac448c", "synapses": "#f3d12a", "filters": "#0b975a", "encoders": "#45c4e0",
        "readouts": "#1870bd", "sources": "#b5881e", "weights": "#9e9e9e",
    },
    0.2, ("#20262d", "#8f4d10"), {"error": "#ff8b8b", "warning": "#f2bf5e", "note": "#b4bfca"},
)  # fmt: skip
THEMES = {one.name: one for one in (LIGHT, DARK)}


def theme(name: str) -> Theme:
    """The theme of a name, "light" or "dark". Raises UnknownName."""
    if name not in THEMES:
        raise UnknownName("theme", name, THEMES)
    return THEMES[name]


def mixed(one: str, other: str, part: float) -> str:
    """A colour ``part`` of the way from one to another.

    >>> mixed("#000000", "#ffffff", 0.5)
    '#808080'
    """
    ends = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (one, other)]
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(*ends, strict=True))
