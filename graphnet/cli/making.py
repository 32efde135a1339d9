"""Commands that make documents: new, import, export."""

from __future__ import annotations

from pathlib import Path

import click

from .door import commands
from .reading import document, limit, load, settings


@commands.command(short_help="Start a project: a folder with a document that runs at once.")
@click.argument("name", type=click.Path(path_type=Path))
def new(name: Path) -> None:
    """Start a project: a folder NAME with a commented document that runs at once, the schema that editors read, and a
    README. Nothing that is there is overwritten.
    """
    from ..starting import start

    files = start(name)
    click.echo(f"{name}/: {', '.join(files)}\ntry: cd {name} && graphnet run {name.name}.yaml")


@commands.command("import", short_help="Make a document of a graph of NIR.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A file .yaml, .yml or .json.")
@click.option("--dt", type=float, required=True, help="The step of every layer, in seconds.")
@click.option("--events", multiple=True, metavar="INPUT", help="An input that carries events; may be repeated.")
@limit
def import_(file: Path, output: Path, dt: float, events: tuple[str, ...]) -> None:
    """Make a document of a graph of NIR (extra: nir). Loops get a delay of one step, which is told."""
    from ..nir import from_nir

    from_nir(file, dt=dt, events=events).save(output)


@commands.command()
@document
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A file .nir.")
@settings
def export(file: Path, output: Path, settings: tuple[str, ...]) -> None:
    """Write a network as a graph of NIR (extra: nir)."""
    from ..nir import to_nir, write

    write(to_nir(load(file, settings)), output)
