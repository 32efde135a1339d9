"""The Dask backend: run a template on the processes of a cluster.

The template is cut into segments. One key of the graph is a batch of blocks of one segment; it follows the segment's
batch before and reads parcels of the segments that it depends on, so segments pipeline over batches. After a window of
batches the states come back to the caller and the next window starts from them: what the scheduler remembers, and what
has to be computed again when a worker is lost, is bounded by the window.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...tasks import Template
from .. import serial
from .cluster import PATIENCE, check_alike, connected
from .spreading import each, spread
from .windows import Run

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["connected", "each", "run", "spread"]


def run(
    template: Template,
    states: list[Any],
    blocks: int,
    after: Callable[[int], None] | None = None,
    *,
    client: Client | str | None = None,
    workers: int | None = None,
    mixed: bool = False,
    patience: float = PATIENCE,
) -> None:
    """Run every task for every block on a cluster; ``states`` is replaced at the end; ``after(k)`` follows block k.

    ``client``: a client of ``distributed``, the address of a scheduler, or None for a local cluster of ``workers``
    processes (default: one for each core), which is closed again. Local tasks run here. ``mixed`` accepts workers of
    another type of processor or with other versions, which may give other bits. ``patience``: how long (s) to wait for
    a scheduler that does not answer, or a cluster without workers.

    Raises TaskFailed where a task raises, for the same task and block as the serial backend; ClusterError where the
    cluster does not fit or is lost.
    """
    if all(task.local for task in template):
        serial.run(template, states, blocks, after)
        return
    with connected(client, workers, patience) as opened:
        expected = check_alike(opened, mixed, patience)
        Run(opened, template, states, blocks, after, expected, patience).go()
