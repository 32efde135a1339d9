"""Independent calls on the workers of a cluster: the function is sent once, items a few for each worker at a time.

``spread`` stops at the first call that fails. ``each`` gives what each call came to as it ends: of a call that raises,
or takes its worker process along, that is an error, and the others go on.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ...errors import ClusterError
from .cluster import PATIENCE, Watch, check_alike, connected, let_go
from .travel import packed, unpack
from .worker import call

if TYPE_CHECKING:
    from distributed import Client

A = TypeVar("A")
B = TypeVar("B")
GLANCE = 1.0  # seconds between two looks at whether workers have come or gone
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


def each(
    function: Callable[[A], B],
    items: Sequence[A],
    *,
    client: Client | str | None = None,
    workers: int | None = None,
    mixed: bool = False,
    patience: float = PATIENCE,
) -> Iterator[tuple[int, B | None, BaseException | None]]:
    """Call ``function`` on every item; as calls end, in any order, the number of the item, its result, and its error.

    A call whose worker process dies has a ClusterError, and is not tried again: it may kill the next one, too. Raises
    ClusterError where the cluster does not fit or is lost.
    """
    if not items:
        return
    with connected(client, workers, patience) as opened:
        expected = check_alike(opened, mixed, patience)
        calls: _Calls[A, B] = _Calls(opened, Watch(opened, patience), function, items, expected)
        yield from calls.all()


class _Calls(Generic[A, B]):
    """Calls under way, one for each thread of each worker, bound to it: so it is known which of them dies with it."""

    def __init__(
        self, client: Client, watch: Watch, function: Callable[[A], B], items: Sequence[A], expected: Any
    ) -> None:
        self.client, self.watch, self.items, self.expected = client, watch, items, expected
        self.token: str = uuid.uuid4().hex
        self.flying: dict[Any, tuple[int, str]] = {}
        """The number of the item and the worker's address of each call."""
        key = f"function-{self.token}"
        watch.names[key] = ("the call",)
        self.sent: Any = client.submit(unpack, _packed(function, "the call"), key=key, pure=False)

    def all(self) -> Iterator[tuple[int, B | None, BaseException | None]]:
        """What every call came to, as it ends."""
        waiting = list(reversed(range(len(self.items))))
        try:
            while waiting or self.flying:
                for address in self._free()[: len(waiting)]:
                    self._submit(waiting.pop(), address)
                for one in self._ended():
                    number, _ = self.flying.pop(one)
                    yield number, *self._outcome(one)
                    let_go([one])
                workers = self.watch.look()
                for one in [call for call, (_, address) in self.flying.items() if address not in workers]:
                    number, _ = self.flying.pop(one)
                    let_go([one])
                    yield number, None, _dead()
        finally:
            let_go([*self.flying, self.sent])

    def _free(self) -> list[str]:
        """The address of each thread without a call."""
        busy = Counter(address for _, address in self.flying.values())
        return [address for address, threads in self.watch.look().items() for _ in range(threads - busy[address])]

    def _submit(self, number: int, address: str) -> None:
        name, key = f"item {number}", f"item-{number}-{self.token}"
        self.watch.names[key] = (name,)
        item = _packed(self.items[number], name)
        made: Any = self.client.submit(
            call, self.sent, self.expected, item, key=key, pure=False, workers=[address], allow_other_workers=False
        )
        self.flying[made] = number, address

    def _ended(self) -> list[Any]:
        """The calls that have ended, after a while of waiting for one."""
        from distributed import wait

        if not self.flying:  # no worker is there now
            time.sleep(GLANCE)
            return []
        try:
            with self.client.as_current():
                ended: Any = wait(list(self.flying), timeout=GLANCE, return_when="FIRST_COMPLETED")
            return list(ended.done)
        except TimeoutError:
            return []

    def _outcome(self, one: Any) -> tuple[B | None, BaseException | None]:
        from distributed import KilledWorker

        try:
            (outcome,) = self.watch.results([one])
            return outcome.value, outcome.error
        except ClusterError as error:
            if isinstance(error.__cause__, KilledWorker):
                return None, _dead()
            raise


def _dead() -> ClusterError:
    """What is said of a call whose worker process died."""
    return ClusterError(
        "the process that ran it was killed, or it crashed",
        hint="a process is killed from outside, by the system where memory is short, or by the code of a layer",
    )


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
