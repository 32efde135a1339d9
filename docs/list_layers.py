"""Write docs/layers.md from the classes of layers that this package brings: ``python docs/list_layers.py``."""

from __future__ import annotations

import inspect
from itertools import groupby
from pathlib import Path

from graphnet import registry
from graphnet.layer import ArrayLayer
from graphnet.layer.parameters import MISSING, Parameter

PAGE = Path(__file__).with_name("layers.md")

OPENING = """# Layers

Written by `python docs/list_layers.py` from the classes themselves; `graphnet layers NAME` says more about one of them.
Parameters in bold are required. Every layer also takes `dt` (its step in seconds, 0.001 where not given), `name` and
`seed`, and where it means something `noise_std` and `dtype`.
"""


def page() -> str:
    """The whole page."""
    registry.layers.load()
    found = [cls for _, cls in registry.layers if cls.__module__.startswith("layers.") and issubclass(cls, ArrayLayer)]
    parts = [OPENING]
    found.sort(key=lambda cls: (cls.__module__, cls.__name__))
    for module, classes in groupby(found, key=lambda cls: cls.__module__):
        parts.append(f"\n## {module.partition('.')[2]}\n\n| layer | what it does | parameters |\n|---|---|---|\n")
        parts += [row(cls) for cls in classes]
    return "".join(parts)


def row(cls: type[ArrayLayer]) -> str:
    """A line of the table: name, summary, parameters of its own."""
    summary = (inspect.getdoc(cls) or "").partition("\n")[0].replace("|", "\\|")
    own = [parameter(one) for name, one in cls.parameters().items() if name not in COMMON]
    return f"| `{cls.__name__}` | {summary} | {', '.join(own)} |\n"


COMMON = ("dt", "noise_std", "name", "dtype", "seed")


def parameter(one: Parameter) -> str:
    """A parameter's name and unit, bold where it has no default."""
    name = f"`{one.name}`" + (f" ({one.unit})" if one.unit else "")
    return f"**{name}**" if one.default is MISSING else name


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
