"""The colours of signals beside each other, on light and on dark paper."""

from __future__ import annotations

from typing import Any

from ..palette import Theme

LINES: dict[str, Any] = {
    "light": ("#27598c", "#d0782a", "#3b8f6b", "#a23b5b", "#7c6bb0", "#8a7a3a"),
    "dark": ("#7db6ea", "#f2a65a", "#6fcf97", "#e68aa8", "#b6a6f2", "#d9c76b"),
}
# From low to high. Zero, or nothing, is the paper; what stands out from it is more.
RISING: dict[str, Any] = {"light": "Blues", "dark": ("#14181d", "#1f4468", "#3f82c0", "#9fd0f7", "#f1f8ff")}
AROUND: dict[str, Any] = {"light": "RdBu_r", "dark": ("#b9e0ff", "#4b90cf", "#14181d", "#cf6a3a", "#ffc9a6")}
POWER: dict[str, Any] = {"light": "magma_r", "dark": "magma"}


def line_colours(channels: int, theme: Theme) -> list[Any]:
    """A colour for each of a few channels."""
    if channels <= len(LINES[theme.name]):
        return list(LINES[theme.name][:channels])
    import numpy as np
    from matplotlib import colormaps

    low, high = (0.0, 0.9) if theme.name == "light" else (0.35, 1.0)
    return [tuple(colour) for colour in colormaps["viridis"](np.linspace(low, high, channels))]


def shades(kind: dict[str, Any], theme: Theme) -> Any:
    """A scale of colours; where there is no value the paper shows a rule's grey."""
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap

    said = kind[theme.name]
    scale = colormaps[said] if isinstance(said, str) else LinearSegmentedColormap.from_list("shades", said)
    return scale.with_extremes(bad=theme.rule)


def fading(colour: str) -> Any:
    """From nothing to a colour: the more, the denser."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    return LinearSegmentedColormap.from_list("ink", [(*to_rgba(colour)[:3], 0.0), to_rgba(colour)])


__all__ = ["AROUND", "POWER", "RISING", "fading", "line_colours", "shades"]
