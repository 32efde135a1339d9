"""Which peers there are: the environment of each, its adapter, and the workloads that it can express.

Needs no package, so that any Python can read it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parent / ".envs"


@dataclass(frozen=True)
class Peer:
    """One contender. Several may share an environment, or an adapter with other options."""

    env: str
    """The environment, and the name of its file in ``requirements/``."""
    adapter: str
    """The module beside this one."""
    workloads: tuple[str, ...]
    what: str
    """What it is, for the table."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """What the adapter is told besides."""
    pinned: bool = False
    """Whether the process is held to as many cores as threads are asked: its libraries have no such switch."""
    most_threads: int = 2
    """One where it has no second thread to use."""

    @property
    def python(self) -> Path:
        """The interpreter of its environment, there or not."""
        return ENVIRONMENTS / self.env / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    @property
    def installed(self) -> bool:
        return self.python.exists() and (ENVIRONMENTS / self.env / "installed.txt").exists()

    def command(self, name: str, workload: str, inputs: str | Path, threads: int, dtype: str) -> list[str]:
        """What starts the worker."""
        return [str(self.python), str(HERE / "worker.py"), name, workload, str(inputs), str(threads), dtype]


BOTH = ("b_dense", "b_sparse")
PEERS: dict[str, Peer] = {
    "jax_scan": Peer("jax", "jax_scan", ("a_rate", "b_dense"), "JAX, a plain lax.scan under jit", pinned=True),
    "rockpool": Peer("rockpool", "rockpool_modules", ("a_rate", "b_dense"), "Rockpool, JAX under jit", pinned=True),
    "rockpool_native": Peer(
        "rockpool", "rockpool_modules", ("a_rate", "b_dense"), "Rockpool, native", {"native": True}, most_threads=1
    ),
    "nengo": Peer("nengo", "nengo_model", ("a_rate", *BOTH), "Nengo"),
    "reservoirpy": Peer("reservoirpy", "reservoirpy_nodes", BOTH, "ReservoirPy"),
    "numpy": Peer("scipy", "loops", ("a_rate", *BOTH), "NumPy and SciPy, a loop over steps"),
    "scipy": Peer("scipy", "loops", ("a_rate",), "SciPy, lfilter", {"filtered": True}),
}


def requirements(env: str) -> Path:
    """The pinned versions of an environment."""
    return HERE / "requirements" / f"{env}.txt"


def environments() -> list[str]:
    """All environments, in the order of the peers."""
    return list(dict.fromkeys(peer.env for peer in PEERS.values()))


def peers_of(workload: str) -> dict[str, Peer]:
    """The peers that can do a workload."""
    return {name: peer for name, peer in PEERS.items() if workload in peer.workloads}
