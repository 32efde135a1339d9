"""The colours of the page, light and dark, as variables of CSS: those of every picture, and some of the page's own."""

from __future__ import annotations

from ..palette import DARK, LIGHT, Theme, mixed

OWN = {
    "light": {"page": "#f4f6f8", "panel": "#ffffff", "hair": "#d5dbe1", "accent": "#1f5fae", "focus": "#0b57d0",
              "found": "#ffe08a"},
    "dark": {"page": "#0f1317", "panel": DARK.page, "hair": "#2c3640", "accent": "#7db4f0", "focus": "#9cc7ff",
             "found": "#6b5510"},
}  # fmt: skip


def css() -> str:
    """Both sets: the light one, and the dark one where the reader's system asks for it or the switch says so."""
    light, dark = _block(LIGHT), _block(DARK)
    families = "\n".join(
        f".family-{name} {{--c: var(--{name}); --f: var(--{name}-fill);}}" for name in LIGHT.families
    )  # fmt: skip
    return (
        f":root {{{light}}}\n"
        f"@media (prefers-color-scheme: dark) {{:root:not([data-theme=light]) {{{dark}}}}}\n"
        f":root[data-theme=dark] {{{dark}}}\n"
        f"@media print {{:root:root:root {{{light}}}}}\n"
        f"{families}\n"
    )


def _block(theme: Theme) -> str:
    colours = {**OWN[theme.name], "ink": theme.ink, "soft": theme.soft, "line": theme.rule}
    for family in theme.families:
        colours |= {family: theme.colour(family), f"{family}-fill": theme.fill(family)}
    for kind, name in (("TSContinuous", "continuous"), ("TSEvent", "events")):
        colours |= {name: theme.signals[kind], f"{name}-fill": mixed(theme.page, theme.signals[kind], theme.tint)}
    return f"color-scheme: {theme.name};" + "".join(f"--{name}: {colour};" for name, colour in colours.items())
