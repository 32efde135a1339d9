"""The colours and strokes of every picture: signals are told apart twice, so that a picture in grey says the same."""

from __future__ import annotations

from typing import Any

INK, SOFT, RULE = "#1b222b", "#4d5863", "#aab3bd"
COLOURS = {"TSContinuous": "#27598c", "TSEvent": "#b2401f"}
FILLS = {"TSContinuous": "#eef4fa", "TSEvent": "#fdf0e9"}
STROKES: dict[str, Any] = {"TSContinuous": "solid", "TSEvent": (0, (3.2, 1.8))}
