"""The command that shows a network or a run as a page: view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .door import commands
from .reading import load, settings

if TYPE_CHECKING:
    from ..network import Network

Shown = tuple["Network", Mapping[str, Any]]
SUFFIXES = (".html", ".htm")


@commands.command(short_help="Show a network, or a run, as a page.")
@click.argument("what", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file .html that needs no server.")
@settings
def view(what: Path, output: Path | None, settings: tuple[str, ...]) -> None:
    """Show the network of a document, or a run in its folder with all that was recorded, as a page (extra: web).

    With -o the page is one file that works by itself, without a server and offline. Else it is served on this machine
    until Ctrl-C, and its address is printed.
    """
    if output is not None:
        _written(output, *_shown(what, settings))
        return
    from ..serving.server import serve
    from ..serving.still import Still

    serve(Still(*_shown(what, settings)), told=lambda url: click.echo(f"{what}: {url} (end with Ctrl-C)"))


def _shown(what: Path, settings: Sequence[str]) -> Shown:
    """The network and the signals to show; a document that was not run has none."""
    if not what.is_dir():
        return load(what, settings), {}
    if settings:
        raise click.UsageError("--set changes a document; a run is shown as it was")
    from ..run.result import SIGNALS, Result
    from ..runs.folder import DOCUMENT

    net = load(what / DOCUMENT, ())
    return net, Result.load(what) if (what / SIGNALS).exists() else {}


def _written(output: Path, net: Network, signals: Mapping[str, Any]) -> None:
    from ..errors import ParameterError
    from ..files import write_atomic
    from ..views.page import content, render

    if output.suffix.lower() not in SUFFIXES:
        raise ParameterError(
            f"{output}: a page is a file .html, got {output.suffix or 'no suffix'}",
            parameter="output",
            hint=f"give -o {output.with_suffix('.html')}",
        )
    write_atomic(output, render(content(net, signals)).encode())
