"""What the commands have in common: the document, what is changed in it, and the network that it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import DocumentError, GraphnetError

if TYPE_CHECKING:
    from ..files import Source
    from ..network import Network

Wrap = Callable[[Any], Any]

document: Wrap = click.argument("file", type=click.Path(path_type=Path))
settings: Wrap = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="Replace a value, e.g. layers.res.tau=0.05."
)
seed: Wrap = click.option("--seed", type=int, help="The seed of all noise, as --set seed=N.")


def with_seed(settings: Sequence[str], seed: int | None) -> tuple[str, ...]:
    """The settings, and the seed as the last of them."""
    return tuple(settings) if seed is None else (*settings, f"seed={seed}")


def load(file: Path, settings: Sequence[str]) -> Network:
    """The network of a document, sound and ready to run. Raises DocumentError with file and line of every problem."""
    from ..files import apply_settings, read

    return built(apply_settings(read(file), settings))


def built(source: Source) -> Network:
    """The network of a document as it was read, sound and ready to run. Raises DocumentError."""
    from ..document import build_source
    from ..run import check_ready

    net = build_source(source)
    problems = [source.problem(str(one), _place(source, one)) for one in check_ready(net)]
    if problems:
        raise DocumentError(problems)
    return net


def _place(source: Source, error: GraphnetError) -> tuple[str | int, ...]:
    """Where in the document the layer stands that an error of the whole network begins with."""
    name = error.message.partition(":")[0]
    return ("layers", name) if name in source.data.get("layers", {}) else ()
