"""What the commands have in common: the document, what is changed in it, and the network that it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..network import Network

Wrap = Callable[[Any], Any]

document: Wrap = click.argument("file", type=click.Path(path_type=Path))


def _allowed(context: click.Context, _: click.Parameter, folders: Sequence[Path]) -> None:
    """Let documents name files in these folders, as long as the command runs."""
    if folders:
        from ..limits import current, limited

        context.with_resource(limited(replace(current(), allow=tuple(folders))))


def _limited(context: click.Context, _: click.Parameter, settings: Sequence[str]) -> None:
    """Other limits, as long as the command runs."""
    if settings:
        from ..limits import changed, current, limited

        context.with_resource(limited(changed(current(), settings)))


allow: Wrap = click.option(
    "--allow", multiple=True, metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False, exists=True),
    callback=_allowed, expose_value=False, help="Let the document name files in this folder too; may be repeated.",
)  # fmt: skip
limit: Wrap = click.option(
    "--limit", multiple=True, metavar="NAME=VALUE", callback=_limited, expose_value=False,
    help="Another limit for what is read: of a document (document, depth, nodes, aliases, references, uses, nesting, "
    "units), "
    "of arrays (stored, unpacked, text, drawn, total, members), of a file of NIR (groups, reading); may be repeated.",
)  # fmt: skip
_set: Wrap = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Replace a value, e.g. layers.res.tau=0.05."
)


def settings(command: Any) -> Any:
    """What every command that reads a document takes: values to replace, folders to allow, limits."""
    return _set(allow(limit(command)))


seed: Wrap = click.option("--seed", type=int, help="The seed of all noise, as --set seed=N.")


def with_seed(settings: Sequence[str], seed: int | None) -> tuple[str, ...]:
    """The settings, and the seed as the last of them."""
    return tuple(settings) if seed is None else (*settings, f"seed={seed}")


def load(file: Path, settings: Sequence[str]) -> Network:
    """The network of a document, sound, whether or not what drives it is at hand. Raises DocumentError with file and
    line of every problem."""
    from ..files import apply_settings, read_flawed
    from ..runs.ready import ready

    return ready(apply_settings(read_flawed(file), settings), driven=False)
