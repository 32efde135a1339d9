"""The colours of the page, light and dark, as variables of CSS."""

from __future__ import annotations

LIGHT = {
    "page": "#f4f6f8", "panel": "#ffffff", "ink": "#1b222b", "soft": "#4d5863", "rule": "#d5dbe1", "line": "#aab3bd",
    "accent": "#1f5fae", "focus": "#0b57d0", "found": "#ffe08a",
    "continuous": "#27598c", "continuous-fill": "#eef4fa", "events": "#b2401f", "events-fill": "#fdf0e9",
}  # fmt: skip
DARK = {
    "page": "#12161b", "panel": "#1a2027", "ink": "#e8edf2", "soft": "#a9b5c1", "rule": "#313b46", "line": "#52606e",
    "accent": "#7db4f0", "focus": "#9cc7ff", "found": "#6b5510",
    "continuous": "#7db4e8", "continuous-fill": "#1d2c3b", "events": "#f29a78", "events-fill": "#3a241b",
}  # fmt: skip


def css() -> str:
    """Both sets: the light one, the dark one where the reader's system asks for it or the switch says so."""
    light, dark = _block(LIGHT, "light"), _block(DARK, "dark")
    return (
        f":root {{{light}}}\n"
        f"@media (prefers-color-scheme: dark) {{:root:not([data-theme=light]) {{{dark}}}}}\n"
        f":root[data-theme=dark] {{{dark}}}\n"
        f"@media print {{:root, :root[data-theme] {{{light}}}}}\n"
    )


def _block(colours: dict[str, str], scheme: str) -> str:
    return f"color-scheme: {scheme};" + "".join(f"--{name}: {colour};" for name, colour in colours.items())
