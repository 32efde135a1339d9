"""Draw the gallery: ``python docs/draw_gallery.py [NAME ...]`` writes its pictures, light and dark, and its page.

What is told of a network is the comment at the head of its document; so a network has its place in the gallery by
standing in ``NETWORKS``.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from graphnet import Network
from graphnet.seeing import save

FOLDER = Path(__file__).with_name("gallery")
IMAGES = FOLDER / "images"
EXAMPLES = Path(__file__).parents[1] / "examples"
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Entry:
    """A network of the gallery: its document, and which of its sub-networks stand open, by default what can be read."""

    document: Path
    open: str | None = None

    @property
    def name(self) -> str:
        return self.document.stem


NETWORKS = (
    Entry(FOLDER / "chain.yaml"),
    Entry(FOLDER / "balance.yaml"),
    Entry(FOLDER / "rates.yaml"),
    Entry(EXAMPLES / "imu" / "imu.yaml"),
    Entry(FOLDER / "cochlea.yaml"),
    Entry(FOLDER / "localisation.yaml"),
    Entry(FOLDER / "competition.yaml"),
    Entry(EXAMPLES / "cuba" / "cuba.yaml"),
    Entry(EXAMPLES / "grasshopper" / "grasshopper.yaml"),
    Entry(FOLDER / "vision.yaml"),
    Entry(FOLDER / "control.yaml"),
    Entry(FOLDER / "cortex.yaml"),
)

OPENING = """# Gallery

Written by `python docs/draw_gallery.py`. Each picture is what `graphnet draw` makes of the document named under it; a
light and a dark one, as your page is set. How to read and to make them: [drawing.md](../drawing.md).
"""


def draw(entry: Entry) -> None:
    """Draw one network, light and dark."""
    net = Network.load(entry.document)
    for theme in THEMES:
        save(net, [image(entry, theme)], theme=theme, open=entry.open)


def image(entry: Entry, theme: str) -> Path:
    """Where a picture of the gallery lies."""
    return IMAGES / f"{entry.name}-{theme}.png"


def page() -> str:
    """The page of the gallery."""
    return OPENING + "".join(section(entry) for entry in NETWORKS)


def section(entry: Entry) -> str:
    """What the page says of one network."""
    said = told(entry)

    place = os.path.relpath(entry.document, FOLDER).replace(os.sep, "/")
    link = f"[`{entry.document.name}`]({place})"
    return f"""
## {entry.name}

{said}

<picture>
  <source media="(prefers-color-scheme: dark)" srcset="images/{entry.name}-dark.png">
  <img alt="The network {entry.name}" src="images/{entry.name}-light.png">
</picture>

{link}
"""


def told(entry: Entry) -> str:
    """The comment at the head of a document, up to its first empty line."""
    lines = []
    for line in entry.document.read_text(encoding="utf-8").splitlines():
        text = line.removeprefix("#").strip()
        if not line.startswith("#") or not text:
            break
        lines.append(text)
    return "\n".join(lines)


def main(names: list[str]) -> None:
    """Draw the networks of these names, or all, and write the page."""
    IMAGES.mkdir(exist_ok=True)
    for entry in NETWORKS:
        if not names or entry.name in names:
            draw(entry)
    (FOLDER / "README.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
