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


A, B, E = ("a_rate",), ("b_dense", "b_sparse"), ("e_chain", "e_dag")
DENSE, C, D, F, J = ("b_dense",), ("c_lif",), ("d_cuba",), ("f_scale",), ("j_feedback",)
RASTER, LINES, H = ("g_raster",), ("g_resample",), ("h_ridge",)
PEERS: dict[str, Peer] = {
    "jax_scan": Peer(
        "jax", "jax_scan", A + DENSE + C + E + J, "JAX: lax.scan under jit; one jitted node for each layer", pinned=True
    ),
    "jax_whole": Peer("jax", "jax_scan", E, "JAX: all layers in one call", {"whole": True}, pinned=True),
    "rockpool": Peer(
        "rockpool",
        "rockpool_modules",
        A + DENSE + C + RASTER + LINES,
        "Rockpool: JAX under jit; its series",
        pinned=True,
    ),
    "rockpool_native": Peer(
        "rockpool", "rockpool_modules", A + C + E[:1], "Rockpool, native", {"native": True}, most_threads=1
    ),
    "rockpool_torch": Peer("rockpool", "rockpool_torch", C, "Rockpool, Torch"),
    "nengo": Peer("nengo", "nengo_model", A + B + E + F + J, "Nengo"),
    "nengo_plain": Peer("nengo", "nengo_model", F, "Nengo without its optimizer", {"optimize": False}, most_threads=1),
    "reservoirpy": Peer("reservoirpy", "reservoirpy_nodes", B + E + H + J, "ReservoirPy"),
    "brian2": Peer("brian2", "brian2_standalone", C + D, "Brian2, C++ standalone, the whole program"),
    "brian2_loop": Peer("brian2", "brian2_standalone", C + D, "Brian2, C++ standalone, its loop alone", {"loop": True}),
    "annarchy": Peer("annarchy", "annarchy_models", D, "ANNarchy, its compiled loop"),
    "nest": Peer("nest", "nest_kernel", C + D, "NEST"),
    "norse": Peer("torch", "torch_models", C, "Norse", {"library": "norse"}),
    "snntorch": Peer("torch", "torch_models", C, "snnTorch", {"library": "snntorch"}),
    "spikingjelly": Peer("torch", "torch_models", C, "SpikingJelly", {"library": "spikingjelly"}),
    "torch": Peer("torch", "torch_models", A + DENSE + C, "Torch, a loop over steps"),
    "numpy": Peer("scipy", "loops", A + B, "NumPy and SciPy, a loop over steps"),
    "bincount": Peer("scipy", "loops", RASTER, "np.bincount", most_threads=1),
    "interp": Peer("scipy", "loops", LINES, "np.interp", most_threads=1),
    "scipy": Peer("scipy", "loops", A + LINES, "SciPy: lfilter, interp1d", {"filtered": True}, most_threads=1),
    "scikit_learn": Peer("scipy", "scikit", H, "scikit-learn"),
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
