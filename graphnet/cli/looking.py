"""Commands that look: check, draw, explain, diff, schema, layers."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .door import DONE, FAILED, commands
from .reading import allow, document, limit, load, settings

if TYPE_CHECKING:
    from ..layer.parameters import Parameter


@commands.command(short_help="Check a network: silent when it is sound.")
@document
@settings
def check(file: Path, settings: tuple[str, ...]) -> None:
    """Check a network: silent when it is sound, else every error with file and line."""
    from ..files import apply_settings, read_flawed
    from ..runs.ready import ready
    from ..sweeping import planned

    source = apply_settings(read_flawed(file), settings)
    ready(source)
    if source.data.get("sweep"):
        planned(source)


@commands.command()
@document
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="A file .svg, .png, .pdf, .dot, .mmd or .graphml.",
)
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", help="The paper [default: light].")
@click.option("--open", "opened", multiple=True, metavar="PATH", help="A sub-network that stands open, or all.")
@settings
def draw(file: Path, output: Path, theme: str, opened: tuple[str, ...], settings: tuple[str, ...]) -> None:
    """Draw a network. By default sub-networks stand open as long as all can be read."""
    from ..seeing import save

    names: str | tuple[str, ...] | None = "all" if opened == ("all",) else opened or None
    save(load(file, settings), [output], theme=theme, open=names)


@commands.command()
@document
@click.option("--block", type=click.IntRange(min=1), help="Network steps in a block [default: what a run takes].")
@settings
def explain(file: Path, block: int | None, settings: tuple[str, ...]) -> None:
    """Print how a network will run: order, blocks, loops, rates, memory, cost."""
    click.echo(str(load(file, settings).explain(block)))


@commands.command(short_help="Say what differs between two documents.")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@allow
@limit
def diff(old: Path, new: Path) -> int:
    """Say what differs between two documents: layers, parameters, edges, delays, what is done with the network.

    How a document is written makes no difference. The status is 0 where nothing differs, else 1, and 2 where one of the
    documents is wrong.
    """
    from ..differences import differences

    found = differences(load(old, ()), load(new, ()))
    for line in found:
        click.echo(line)
    return FAILED if found else DONE


@commands.command(short_help="Write the JSON Schema of documents, for editors.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file [default: standard output].")
def schema(output: Path | None) -> None:
    """Write the JSON Schema (2020-12) of documents: every section, and every layer that is installed with the type,
    unit, bounds, default and meaning of its parameters. A document that begins with the line

    # yaml-language-server: $schema=schema.json

    is checked and completed by editors as it is written.
    """
    from ..files import write_atomic
    from ..starting import schema_text

    if output is None:
        click.echo(schema_text(), nl=False)
    else:
        write_atomic(output, schema_text().encode())


# ---------------------------------------------------------------------- layers


def _names(_: Any, __: Any, incomplete: str) -> list[str]:
    """The classes of layers that begin so, for the shell's completion."""
    from .. import registry

    registry.layers.load()
    return [name for name, _ in registry.layers if name.startswith(incomplete)]


@commands.command()
@click.argument("name", required=False, shell_complete=_names)
def layers(name: str | None) -> None:
    """List the classes of layers, or show the parameters of one."""
    from .. import registry
    from ..layer import ArrayLayer

    registry.layers.load()
    if name is not None:
        click.echo(_described(registry.layers.get(name)), nl=False)
        return
    found = [(one, cls) for one, cls in registry.layers if not inspect.isabstract(cls) and issubclass(cls, ArrayLayer)]
    wide = max(len(one) for one, _ in found)
    for one, cls in found:
        click.echo(f"{one:<{wide}}  {_summary(cls)}")


def _summary(cls: type[Any]) -> str:
    return _docs(cls).partition("\n")[0]


def _docs(cls: type[Any]) -> str:
    """The docstring as a terminal shows it: without the marks around names."""
    return (inspect.getdoc(cls) or "").replace("``", "")


def _described(cls: type[Any]) -> str:
    """Docstring and parameters of a class of layers."""
    from ..layer import ArrayLayer
    from ..layer.meanings import stated

    lines = [f"{cls.__name__}  ({cls.__module__})", "", _docs(cls), ""]
    if issubclass(cls, ArrayLayer):
        rows = [("parameter", "type", "unit", "bounds", "default")]
        rows += [_row(one) for one in cls.parameters().values()]
        wide = [max(len(row[i]) for row in rows) for i in range(5)]
        lines += ["  ".join(text.ljust(width) for text, width in zip(row, wide, strict=True)).rstrip() for row in rows]
        lines += ["", *(f"{name}: {text.replace('``', '')}" for name, text in stated(cls).items())]
    return "\n".join(lines) + "\n"


def _row(one: Parameter) -> tuple[str, str, str, str, str]:
    from ..layer.parameters import MISSING

    default = "required" if one.default is MISSING else one.written(one.default)
    words = {None: "none", True: "true", False: "false"}  # as a document writes them
    shown = words[default] if default is None or isinstance(default, bool) else str(default)
    return one.name, one.shape, one.unit or "-", one.range or "-", shown
