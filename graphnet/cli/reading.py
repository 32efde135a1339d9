"""What the commands have in common: the document, what is changed in it, and the network that it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
        from ..arrays import Limits, limited

        context.with_resource(limited(Limits(allow=tuple(folders))))


allow: Wrap = click.option(
    "--allow", multiple=True, metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False, exists=True),
    callback=_allowed, expose_value=False, help="Let the document name files in this folder too; may be repeated.",
)  # fmt: skip
_set: Wrap = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Replace a value, e.g. layers.res.tau=0.05."
)


def settings(command: Any) -> Any:
    """What every command that reads a document takes: values to replace, folders to allow."""
    return _set(allow(command))


seed: Wrap = click.option("--seed", type=int, help="The seed of all noise, as --set seed=N.")


def with_seed(settings: Sequence[str], seed: int | None) -> tuple[str, ...]:
    """The settings, and the seed as the last of them."""
    return tuple(settings) if seed is None else (*settings, f"seed={seed}")


def load(file: Path, settings: Sequence[str]) -> Network:
    """The network of a document, sound and ready to run. Raises DocumentError with file and line of every problem."""
    from ..files import apply_settings, read
    from ..runs.ready import ready

    return ready(apply_settings(read(file), settings))
