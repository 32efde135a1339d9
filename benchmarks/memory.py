"""Peak memory of long runs beyond the import of graphnet, each in a process of its own.

    python -m benchmarks.memory [SECONDS]

One simulated hour (by default) at 1 kHz with 100 channels, from a periodic series or as a stream of an array's chunks,
into a layer of 100 units of which a readout is recorded at 10 Hz. It must stay under 200 MB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from graphnet import Network, TSContinuous
from layers import Linear, Rate

LIMIT = 200.0  # MB
RECORD = {"signal": "readout", "every": 0.1}
KINDS = ("run", "stream")


def network(channels: int = 100) -> Network:
    """100 channels into 100 noisy units and one readout."""
    rng = np.random.default_rng(1)
    net = Network(name="hour", seed=1)
    net.input("x", channels)
    net.add_layer(Rate(rng.normal(size=(channels, channels)) / 10, dt=1e-3, noise_std=0.1), name="units")
    net.add_layer(Linear(rng.normal(size=(channels, 1)), dt=1e-3), name="readout")
    net.connect("x -> units")
    net.connect("units -> readout")
    return net


def chunks(seconds: int) -> Iterator[NDArray[np.float64]]:
    """A second of signal at a time."""
    rng = np.random.default_rng(2)
    for _ in range(seconds):
        yield rng.normal(size=(1000, 100))


def measure(kind: str, seconds: int) -> float:
    """Peak resident memory beyond the import, in MB, of this process."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    net = network()
    if kind == "run":
        second = TSContinuous.from_clocked(next(chunks(1)), 1e-3, periodic=True)
        kept = len(net.evolve(second, duration=float(seconds), record=RECORD)["readout"])
    else:
        kept = sum(len(out["readout"]) for out in net.stream(chunks(seconds), record=RECORD))
    assert kept == 10 * seconds
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def apart(kind: str, seconds: int) -> float:
    """The same, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.memory", str(seconds), kind]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 3600
    if len(sys.argv) > 2:
        print(measure(sys.argv[2], seconds))
        return
    for kind in KINDS:
        print(f"{kind:8s} {seconds} s: {apart(kind, seconds):6.1f} MB beyond the import (limit {LIMIT:.0f} MB)")


if __name__ == "__main__":
    main()
