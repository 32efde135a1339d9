"""A client of a cluster that gives the same bits: given, reached by address, or started here and closed again."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ...errors import ClusterError, ParameterError, ParameterTypeError
from .worker import WAIVE, different, facts

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

AGAIN = "start a cluster, and run again"
POLL = 2.0  # seconds between two looks at whether the cluster is still there
PATIENCE = 30.0  # seconds to wait for a scheduler that does not answer, or a cluster without workers
STARTING = 60.0  # seconds that a local cluster may take to start


@contextmanager
def connected(
    client: Client | str | None = None, workers: int | None = None, patience: float = PATIENCE
) -> Iterator[Client]:
    """A client: the given one, one of the scheduler at an address, or one of a local cluster of ``workers`` processes.

    What is opened here is closed again, also after an error or Ctrl-C; a given client stays open. A local cluster
    listens on the loopback interface only, each of its processes runs one thread. ``patience``: how long (s) a
    scheduler may take to answer.
    """
    distributed = _imported()
    if isinstance(client, distributed.Client):
        given: Any = client
        _check_client(given)
        yield given
    elif isinstance(client, str):
        opened = _reached(client, patience)
        try:
            yield opened
        finally:
            opened.close()
    elif client is None:
        with _local(workers) as opened:
            yield opened
    else:
        raise ParameterTypeError(
            f"a cluster is given by a distributed.Client, an address, or None, got a {type(client).__name__}",
            parameter="client",
        )


def _imported() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise ClusterError(
            "running on a cluster needs the package distributed", hint="pip install 'graphnet-dataflow[dask]'"
        ) from error
    return distributed


def _check_client(client: Client) -> None:
    if client.asynchronous:
        raise ParameterError("an asynchronous client cannot run a network", parameter="client", hint="Client(address)")
    if client.status != "running":
        raise ClusterError(f"the client is {client.status}, not running", hint="give an open client")


def _reached(address: str, patience: float) -> Client:
    from distributed import Client

    try:
        return Client(address, timeout=patience, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no scheduler answers at {address!r}: {error}", hint="give the address that the scheduler printed"
        ) from error


@contextmanager
def _local(workers: int | None) -> Iterator[Client]:
    import os

    from distributed import Client, LocalCluster

    count = _checked_count(workers, os.cpu_count() or 1)
    # workers come later, so that an interrupt while they start finds a cluster to close
    cluster = LocalCluster(
        n_workers=0, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    )  # fmt: skip
    client: Client | None = None
    try:
        client = Client(cluster, set_as_default=False)
        cluster.scale(count)
        _wait_for_workers(cluster, client, count)
        yield client
    finally:
        if client is not None:
            client.close(timeout=10)
        cluster.close(timeout=20)


def _checked_count(workers: Any, cores: int) -> int:
    if workers is None:
        return cores
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise ParameterError(f"workers must be a whole number of at least 1, got {workers!r}", parameter="workers")
    return workers


def _wait_for_workers(cluster: LocalCluster, client: Client, count: int) -> None:
    from distributed import Status

    began = time.monotonic()
    while True:
        try:
            client.wait_for_workers(count, timeout=1.0)
            return
        except TimeoutError as error:
            failed = any(one.status == Status.failed for one in cluster.workers.values())
            if failed or time.monotonic() - began > STARTING:
                raise ClusterError(
                    f"a local cluster of {count} worker processes could not be started",
                    hint="in a script, evolve under: if __name__ == '__main__'",
                ) from error


# ---------------------------------------------------------------------- the same bits


def check_alike(client: Client, mixed: bool, patience: float) -> Mapping[str, str] | None:
    """Refuse a cluster whose workers would give other bits than this process; gives what they must agree on.

    ``mixed`` waives it. Raises ClusterError where no worker appears within ``patience`` seconds.
    """
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError as error:
        raise ClusterError(f"the cluster has no workers after {patience:g} s", hint="start some") from error
    found: Any = client.run(facts, on_error="return")  # typed as of either kind of client, this one and an async one
    for address, one in found.items():
        if address.startswith("inproc://"):
            raise ClusterError(
                f"worker {address} is a thread of this process", hint="Client(processes=True), or backend='threads'"
            )
        if isinstance(one, BaseException):
            raise ClusterError(
                f"worker {address} cannot import graphnet: {type(one).__name__}: {one}",
                hint="install the same version of graphnet on every worker",
            ) from one
        if not mixed and one != facts():
            raise ClusterError(different(f"worker {address}", one, facts()), hint=WAIVE)
    return None if mixed else facts()


# ---------------------------------------------------------------------- waiting without hanging


class Watch:
    """Waits for results, and looks whether anybody is still at work on them.

    ``names`` says which layers the task of a key runs. Without a worker for ``patience`` seconds, or without a
    scheduler, waiting ends with a ClusterError.
    """

    def __init__(self, client: Client, patience: float) -> None:
        self.client = client
        self.patience = patience
        self.names: dict[Any, tuple[str, ...]] = {}
        self._deserted: float | None = None

    def results(self, futures: Sequence[Future[Any]]) -> list[Any]:
        """What is sealed in some futures."""
        from concurrent.futures import CancelledError

        async def gathered() -> Any:
            gathering: Any = self.client.gather(list(futures), asynchronous=True)
            return await gathering

        limit = POLL
        while True:
            try:
                for one in futures:
                    error: Any = None if one.status == "finished" else one.exception(timeout=POLL)
                    if error is not None:
                        raise self._broken(futures, error) from error
                held: Any = self.client.sync(gathered, callback_timeout=limit)
                return [one.value for one in held]
            except TimeoutError:
                self.look()
                limit *= 2  # what is long on its way shall arrive
            except CancelledError as error:
                self.look(lost=True)
                raise self._lost(futures, error) from error
            except ClusterError:
                raise
            except Exception as error:
                raise self._broken(futures, error) from error

    def _lost(self, futures: Sequence[Future[Any]], error: BaseException) -> ClusterError:
        names = self._names(futures, "cancelled") or self._names(futures, "lost")
        return ClusterError(
            f"the cluster lost what {said(names)} had made or started from: the workers that held it are gone",
            layers=names,
            hint="run again; more workers keep more copies",
        )

    def _broken(self, futures: Sequence[Future[Any]], error: BaseException) -> ClusterError:
        """Errors of layers come as part of a result: this one is of the machinery."""
        from distributed import KilledWorker

        names = self._names(futures, "error")
        if isinstance(error, KilledWorker):
            names = self.names.get(error.task, names)
            return ClusterError(
                f"{error.allowed_failures + 1} worker processes died while they ran {said(names)}, the last of them "
                f"{error.last_worker.address}",
                layers=names,
                hint="a worker is killed when it runs out of memory (try a shorter block) or its process crashes",
            )
        return ClusterError(
            f"a worker could not run {said(names)}: {type(error).__name__}: {error}",
            layers=names,
            hint="install on the workers what is imported here",
        )

    def _names(self, futures: Sequence[Future[Any]], status: str) -> tuple[str, ...]:
        found = [name for one in futures if one.status == status for name in self.names.get(one.key, ())]
        return tuple(dict.fromkeys(found))

    def look(self, lost: bool = False) -> Mapping[str, int]:
        """The threads of each worker by its address; raises where the scheduler is gone, or no worker was there for
        too long."""
        try:
            if self.client.status != "running":
                raise OSError(f"the client is {self.client.status}")
            scheduler: Any = self.client.scheduler
            there: Any = self.client.sync(scheduler.ncores, callback_timeout=self.patience)
        except (OSError, TimeoutError) as error:
            raise ClusterError(f"the scheduler is lost: {error}", hint=AGAIN) from error
        if there:
            self._deserted = None
            return there
        now = time.monotonic()
        self._deserted = self._deserted or now
        if lost or now - self._deserted > self.patience:
            raise ClusterError(
                f"all workers of the cluster are gone for {now - self._deserted:.0f} s",
                hint=AGAIN,
            )
        return there


def said(names: Sequence[str]) -> str:
    """Names in a sentence: all of a few, the first and the last of many."""
    if not names:
        return "its part"
    return ", ".join(names) if len(names) <= 4 else f"{names[0]}, {names[1]}, ... {names[-1]} ({len(names)} tasks)"


def let_go(futures: Iterable[Future[Any]]) -> None:
    """Give results back to the cluster, and cancel what has not been computed yet."""
    for one in futures:
        with suppress(Exception):  # a cluster that is gone holds nothing any more
            one.release()
