"""Write a page for every layer that this package brings, and their index: ``python docs/list_layers.py [NAME ...]``.

Everything comes from the class: text and equations from its docstring, the table from its parameters, the state from
what ``initial`` gives, the picture from running it. So a layer has its page by being registered. With names, only the
pages and pictures of those are written; the index always is.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from itertools import groupby
from pathlib import Path

from demonstrate import arguments, draw
from words import WORDS

from graphnet import ArrayLayer, ParameterError, registry
from graphnet.layer import declared_ports
from graphnet.layer.meanings import meanings, stated
from graphnet.layer.parameters import MISSING, Parameter

PAGE = Path(__file__).with_name("layers.md")
FOLDER = Path(__file__).with_name("layers")

OPENING = """# Layers

Written by `python docs/list_layers.py` from the classes themselves. Each layer has a page with its equation, its
parameters and a picture of its response; `graphnet layers NAME` says the same in a terminal. Parameters in bold are
required. Every layer also takes `dt` (its step in seconds, 0.001 where not given), `name` and `seed`, and where it
means something `noise_std` and `dtype`. How to write a layer of your own: [extending.md](extending.md).
"""
COMMON = ("dt", "noise_std", "name", "dtype", "seed")
SECTIONS = ("Shapes", "State", "Raises", "Source")


def found() -> list[type[ArrayLayer]]:
    """The classes of layers that this package brings."""
    registry.layers.load()
    every = [cls for _, cls in registry.layers if issubclass(cls, ArrayLayer) and not inspect.isabstract(cls)]
    every = [cls for cls in every if cls.__module__.partition(".")[0] == "layers"]
    return sorted(every, key=lambda cls: (room(cls), cls.__name__))


def room(cls: type[ArrayLayer]) -> str:
    """The module of a class within its package, without what is inside a package of its own."""
    return cls.__module__.split(".")[1]


# ---------------------------------------------------------------------- the index


def page() -> str:
    """The index of all layers."""
    parts = [OPENING]
    for name, classes in groupby(found(), key=room):
        parts.append(f"\n## {name}\n\n| layer | what it does | parameters |\n|---|---|---|\n")
        parts += [row(cls) for cls in classes]
    return "".join(parts)


def row(cls: type[ArrayLayer]) -> str:
    """A line of the index: name, summary, parameters of its own."""
    summary = cell((inspect.getdoc(cls) or "").partition("\n")[0])
    own = [parameter(one) for name, one in cls.parameters().items() if name not in COMMON]
    return f"| [`{cls.__name__}`](layers/{cls.__name__}.md) | {summary} | {', '.join(own)} |\n"


def parameter(one: Parameter) -> str:
    """A parameter's name and unit, bold where it has no default."""
    name = f"`{one.name}`" + (f" ({one.unit})" if one.unit else "")
    return f"**{name}**" if one.default is MISSING else name


def cell(text: str) -> str:
    """Text within a table."""
    return text.replace("|", "\\|")


# ---------------------------------------------------------------------- a page


def page_of(cls: type[ArrayLayer]) -> str:
    """The page of one class."""
    summary, body, examples = split(inspect.getdoc(cls) or "")
    title, equations = equation(summary)
    parts = [f"# {cls.__name__}\n\n{title}\n"]
    if equations:
        parts.append("```text\n" + "\n".join(equations) + "\n```\n")
    parts += [part + "\n" for part in prose(body)]
    parts.append(f"## Response\n\n{response(cls)}\n")
    parts.append(f"## Parameters\n\n{parameters(cls)}")
    parts.append(f"## Shapes and state\n\n{state(cls)}")
    parts += [f"## {name}\n\n{text}\n" for name, text in sections(body) if name in ("Raises", "Source")]
    text = re.sub(r"(?<!`)``(?!`)", "`", "\n".join(parts))
    if examples:
        text += f"\n## Example\n\n```pycon\n{examples}\n```\n"
    return text + f"\n[All layers](../layers.md) · defined in `{cls.__module__}`\n"


def split(text: str) -> tuple[str, str, str]:
    """A docstring's summary, what follows it, and its examples."""
    words, mark, examples = text.partition("\n>>> ")
    summary, _, body = words.strip().partition("\n\n")
    return " ".join(summary.split()), body, mark.lstrip() + examples.rstrip()


def equation(summary: str) -> tuple[str, list[str]]:
    """A summary as its title and its equations, one a line.

    >>> equation("A filter: tau dv/dt = x - v, y = v.")
    ('A filter.', ['tau dv/dt = x - v', 'y = v'])
    >>> equation("An event for every threshold.")
    ('An event for every threshold.', [])
    """
    title, colon, rest = summary.partition(": ")
    if not colon or not re.search(r" (=|<-) ", rest):
        return summary, []
    return f"{title}.", re.split(
        r"[,;] (?:and )?(?=[^,;()]*(?:\([^()]*\)[^,;()]*)*(?: = | <- | >= |$))", rest.rstrip(".")
    )


def sections(body: str) -> list[tuple[str, str]]:
    """The parts of a docstring that begin with the name of one, such as Source, each in one line."""
    flat = " ".join(body.split())
    places = [*re.finditer(rf"(?:^|(?<=[.;] ))({'|'.join(SECTIONS)})(?::| (?=[A-Z]\w+Error|\w+ for))", flat)]
    ends = [one.start() for one in places[1:]] + [len(flat)]
    return [(one[1], flat[one.end() : end].strip()) for one, end in zip(places, ends, strict=True)]


def prose(body: str) -> list[str]:
    """The paragraphs of a docstring before its sections; one that is set in from the others is shown as it is."""
    found = re.search(rf"(?:^|\s)(?:{'|'.join(SECTIONS)}):", body)
    before = body[: found.start()] if found else body
    paragraphs = [one.strip("\n") for one in before.split("\n\n") if one.strip()]
    return [f"```text\n{inspect.cleandoc(one)}\n```" if one.startswith("  ") else one for one in paragraphs]


def response(cls: type[ArrayLayer]) -> str:
    """The picture, and how one writes the layer that it shows, in Python and in a document."""
    given = arguments(cls)
    made = ", ".join(f"{name}={shown(value)}" for name, value in given.items())
    held = cls(**given).to_dict()
    entry = ", ".join(f"{name}: {written(held[name])}" for name in given)
    return f"""![What goes into {cls.__name__}, its state and its output over time](images/{cls.__name__}.svg)

```text
{cls.__name__}({made})
```

```yaml
layers:
  one: {{type: {cls.__name__}, {entry}}}
```"""


def written(value: object) -> str:
    """A value as one writes it in a document, cut where it is long."""
    text = json.dumps(value)
    text = text.strip('"') if isinstance(value, str) else text
    return text if len(text) <= 80 else "{file: NAME.npz, sha256: ...}"


def shown(value: object) -> str:
    """A value as one writes it in Python, cut where it is long."""
    name = value.__name__ if isinstance(value, type) else " ".join(repr(value).split())
    return name if len(name) <= 60 else f"{name[:57]}..."


def parameters(cls: type[ArrayLayer]) -> str:
    """The table of parameters."""
    lines = ["| name | meaning | type | unit | bounds | default |", "|---|---|---|---|---|---|"]
    said = meaning(cls)
    for name, one in cls.parameters().items():
        default = "required" if one.default is MISSING else f"`{shown(one.written(one.default))}`"
        bounds = f"`{one.range}`" if one.range else ""
        entries = (said.get(name, ""), one.shape, one.unit, bounds)
        lines.append(f"| `{name}` | " + " | ".join(cell(entry) for entry in entries) + f" | {default} |")
    return "\n".join(lines) + "\n"


def meaning(cls: type[ArrayLayer]) -> dict[str, str]:
    """What each parameter means: as the class says, or the word that many layers share."""
    found, below = meanings(cls), stated(cls)
    for name, text in WORDS.items():
        said = found.get(name, "")
        if name not in below and not re.match(rf"``{name}``:? (?!\()", said):
            found[name] = text
    try:
        cls(**arguments(cls) | {"noise_std": 0.1})
    except ParameterError as error:
        found["noise_std"] = error.message.partition("noise_std ")[2] or found["noise_std"]
    return {name: text[0].upper() + text[1:].removesuffix(".") for name, text in found.items()}


def state(cls: type[ArrayLayer]) -> str:
    """What goes in and out, in words and of the instance that is shown, and the variables of the state."""
    layer = cls(**arguments(cls))
    lines = [
        f"{name}: {text}\n"
        for name, text in sections(split(inspect.getdoc(cls) or "")[1])
        if name in ("Shapes", "State")
    ]
    ports = declared_ports(layer) or ({"input": (layer.size_in, layer.input_type)} if layer.size_in else {})
    table = ["| of the layer above | channels or shape | kind | recorded as |", "|---|---|---|---|"]
    table += [f"| {name} | {size} | {kind.__name__} | |" for name, (size, kind) in ports.items()]
    table.append(f"| output | {layer.size_out} | {layer.output_type.__name__} | `name` |")
    for name, array in layer.initial().items():
        table.append(f"| state `{name}` | {array.shape} | {array.dtype} | `name.{name}` |")
    return "\n".join(lines) + "\n" + "\n".join(table) + "\n"


def write(names: list[str]) -> list[str]:
    """Write the index, and pages and pictures of the classes of these names, or of all; return what went wrong."""
    (FOLDER / "images").mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    wrong: list[str] = []
    for cls in found():
        if names and cls.__name__ not in names:
            continue
        try:
            (FOLDER / f"{cls.__name__}.md").write_text(page_of(cls), encoding="utf-8")
            draw(cls, FOLDER / "images" / f"{cls.__name__}.svg")
        except Exception as error:  # whatever the code of a layer raises: the others get their pages
            wrong.append(f"{cls.__name__}: {type(error).__name__}: {error}")
    known = {cls.__name__ for cls in found()}
    for path in [*FOLDER.glob("*.md"), *(FOLDER / "images").glob("*.svg")]:
        if path.stem not in known:
            path.unlink()
    return wrong


if __name__ == "__main__":
    sys.exit("\n".join(write(sys.argv[1:])))
