"""Independent calls on the workers of a cluster: the function is sent once, items a few for each worker at a time."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ...errors import ClusterError
from .cluster import PATIENCE, Watch, check_alike, connected, let_go
from .travel import packed, unpack
from .worker import call

if TYPE_CHECKING:
    from distributed import Client

A = TypeVar("A")
B = TypeVar("B")
AHEAD = 2  # items for each worker that are under way at once


def spread(
    function: Callable[[A], B],
    items: Sequence[A],
    *,
    client: Client | str | None = None,
    workers: int | None = None,
    mixed: bool = False,
    patience: float = PATIENCE,
) -> list[B]:
    """Call ``function`` on every item; results in the order of the items.

    ``client``, ``workers``, ``mixed`` and ``patience`` as for ``run``. Raises what the call of the first failing item
    raised, and ClusterError where the cluster does not fit, is lost, or a worker dies of an item again and again.
    """
    if not items:
        return []
    with connected(client, workers, patience) as opened:
        expected = check_alike(opened, mixed, patience)
        watch = Watch(opened, patience)
        return list(_results(opened, watch, _packed(function, "the call"), items, expected))


def _results(client: Client, watch: Watch, function: bytes, items: Sequence[Any], expected: Any) -> Iterator[Any]:
    token = uuid.uuid4().hex
    threads: Any = client.nthreads()
    ahead = AHEAD * max(1, sum(threads.values()))

    def submit(what: str, name: str, run: Callable[..., Any], *given: Any) -> Any:
        key = f"{what}-{token}"
        watch.names[key] = (name,)
        return client.submit(run, *given, key=key, pure=False)

    sent = submit("function", "the call", unpack, function)
    flying: list[Any] = []
    try:
        for number in range(len(items) + ahead + 1):
            if number < len(items):
                name = f"item {number}"
                flying.append(submit(f"item-{number}", name, call, sent, expected, _packed(items[number], name)))
            if flying and (len(flying) > ahead or number >= len(items)):
                (outcome,) = watch.results(flying[:1])
                let_go([flying.pop(0)])
                if outcome.error is not None:
                    raise outcome.error
                yield outcome.value
    finally:
        let_go([*flying, sent])


def _packed(value: Any, name: str) -> bytes:
    try:
        return packed(value)
    except Exception as error:
        raise ClusterError(
            f"{name} cannot be sent to a worker: {type(error).__name__}: {error}", layers=(name,),
            hint="keep open files, locks and the like out of a layer, or leave them out in __getstate__",
        ) from error  # fmt: skip
