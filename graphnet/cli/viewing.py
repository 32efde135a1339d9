"""The command that shows a network or a run as a page: view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from .door import commands
from .reading import load, settings

if TYPE_CHECKING:
    from ..network import Network
    from ..serving import Page

Shown = tuple["Network", Mapping[str, Any]]
SUFFIXES = (".html", ".htm")


@commands.command(short_help="Show a network, or a run, as a page.")
@click.argument("what", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file .html that needs no server.")
@click.option("--live", is_flag=True, help="Run what the document says, and show it while it runs.")
@click.option("--speed", metavar="X", help="With --live: simulated seconds in a second, or max.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Port to serve at [default: a free one].")
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to listen to; 0.0.0.0 is all.")
@click.option("--allow-origin", multiple=True, metavar="HOST:PORT", help="Answer its pages too; may be repeated.")
@settings
def view(
    what: Path,
    output: Path | None,
    live: bool,
    speed: str | None,
    port: int,
    address: str,
    allow_origin: tuple[str, ...],
    settings: tuple[str, ...],
) -> None:
    """Show the network of a document, or a run in its folder with all that was recorded, as a page (extra: web).

    With -o the page is one file that works by itself, without a server and offline. Else it is served on this machine
    until Ctrl-C, and its address is printed. With --live the document is run as it is looked at: paused, restarted,
    its parameters changed. The page is for this machine alone unless --address or --allow-origin says otherwise.
    """
    if output is not None:
        if live:
            raise click.UsageError("-o writes a file, which cannot run anything; leave out --live")
        _written(output, *_shown(what, settings))
        return
    if speed is not None and not live:
        raise click.UsageError("--speed goes with --live")
    from ..serving.server import serve

    with _page(what, settings, live, speed) as page:
        serve(page, port=port, address=address, allow_origin=allow_origin,
              told=lambda url: click.echo(f"{what}: {url} (end with Ctrl-C)"))  # fmt: skip


@contextmanager
def _page(what: Path, settings: Sequence[str], live: bool, speed: str | None) -> Iterator[Page]:
    """What is served; a live run ends with it."""
    if not live:
        from ..serving.still import Still

        yield Still(*_shown(what, settings))
        return
    from ..serving.live import Live
    from ..serving.watching import Watching

    if what.is_dir():
        raise click.UsageError(f"--live runs a document: give {what / 'document.yaml'}")
    with Live(load(what, settings), speed=_speed(speed), paused=True) as run:
        yield Watching(run)


def _speed(text: str | None) -> float | Literal["max"] | None:
    if text is None or text == "max":
        return text
    try:
        return float(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no number, and not max", param_hint="--speed") from None


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
