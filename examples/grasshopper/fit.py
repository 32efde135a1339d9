"""Fit the neuron of grasshopper.yaml to the first half of the recording, and print its numbers.

    python examples/grasshopper/fit.py

The loss is stated in `loss`; ten numbers are sought by the method of Nelder and Mead from the plain guess in `GUESS`,
begun anew three times with a fresh simplex. Nothing is drawn at random and the second half is never looked at, so it
finds the same numbers again. It takes some minutes, for about a thousand runs over 5 s.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphnet import Network, TSEvent
from graphnet.datasets import Trial
from graphnet.experiment import load_data
from graphnet.files import read
from graphnet.sections import DataSection
from graphnet.spiketrains import correlation, smoothed

DOCUMENT = Path(__file__).with_name("grasshopper.yaml")
STEP = 1e-4  # s
SMOOTH = 0.002 / STEP  # steps: the rates whose correlation is sought, as sharp as the window of coincidence
WINDOW = 5000  # steps of the counts that tell slow changes
COUNTS = 10.0  # what the error of the counts weighs beside the correlation

# name: (guess, first step of the search); times are sought by their logarithm, in units of log10(s)
GUESS: dict[str, tuple[float, float]] = {
    "ear.tau": (-3.0, 0.3),
    "neuron.tau_mem": (-3.0, 0.3),
    "gain": (2.0, 0.5),
    "drive": (5.0, 1.5),  # of the mean loudness, in thresholds
    "fast": (-5.0, -1.5),
    "fast.tau": (-2.0, 0.3),
    "slow": (-0.1, -0.05),
    "slow.tau": (0.3, 0.3),
    "refractory": (3.0, 0.5),  # ms
    "delay": (6.0, 0.7),  # ms
}
MEAN = -18.0  # dB: gain and drive are sought about it, where they do not depend on each other


def main() -> None:
    from scipy.optimize import minimize

    document = read(DOCUMENT).data
    data = load_data(DataSection.model_validate(document["data"]))
    (trial,) = data.group("train")
    at, first = (np.array(column) for column in zip(*GUESS.values(), strict=True))
    for restart in range(4):
        turn = 1 if restart % 2 == 0 else -1
        simplex = np.vstack([at, at + turn * np.diag(first)])
        options = {"initial_simplex": simplex, "maxfev": 400, "xatol": 1e-3, "fatol": 1e-4}
        found = minimize(sought, at, (document, trial), method="Nelder-Mead", options=options)
        at = found.x
        print(f"round {restart + 1}: loss {found.fun:.4f} after {found.nfev} runs")
    for name, value in settings(at).items():
        print(f"{name}: {value}")


def settings(at: NDArray[np.float64]) -> dict[str, Any]:
    """Parameters of the document, rounded to what is written there."""
    given = dict(zip(GUESS, at.tolist(), strict=True))

    def tau(name: str) -> float:
        return float(f"{min(max(10 ** given[name], 5e-5), 20.0):.3g}")

    gain = float(f"{given['gain']:.3g}")
    return {
        "ear.tau": tau("ear.tau"),
        "neuron.weights": [[gain], [float(f"{given['fast']:.3g}")], [float(f"{given['slow']:.3g}")]],
        "neuron.bias": float(f"{given['drive'] - gain * MEAN:.3g}"),
        "neuron.tau_mem": tau("neuron.tau_mem"),
        # no pause may be longer than the shortest interval between two recorded spikes
        "neuron.refractory": round(min(max(given["refractory"], 2.0), 3.3), 1) / 1000,
        "fast.tau": tau("fast.tau"),
        "slow.tau": tau("slow.tau"),
        "delay": f"{round(max(given['delay'], 0.0), 1)} ms",
    }


def network(document: dict[str, Any], values: dict[str, Any]) -> Network:
    """The neuron of the document alone, without the baseline, with these values in place of its own."""
    layers = {name: dict(document["layers"][name]) for name in ("ear", "neuron", "fast", "slow")}
    edges = [edge for edge in document["edges"] if not {"line", "lags"} & set(re.findall("[a-z]+", edge))]
    for name, value in values.items():
        if name == "delay":
            edges = [f"sound -> ear @ {value}" if edge.startswith("sound -> ear") else edge for edge in edges]
        else:
            layer, parameter = name.split(".")
            layers[layer][parameter] = value
    return Network.from_document(
        {"inputs": document["inputs"], "layers": layers, "edges": edges, "merge": document["merge"]}
    )


def sought(at: NDArray[np.float64], document: dict[str, Any], trial: Trial) -> float:
    return loss(network(document, settings(at)), trial)


def loss(net: Network, trial: Trial) -> float:
    """1 - correlation of the smoothed rates + COUNTS times the relative squared error of the counts in each 0.5 s."""
    made = net.evolve(trial.inputs, record=["neuron"])["neuron"]
    ours, theirs = raster(made), raster(trial.target)
    if ours.sum() > 3 * theirs.sum():
        return 10.0
    ours_in, theirs_in = (one.reshape(-1, WINDOW).sum(axis=1) for one in (ours, theirs))
    error = float(np.sum((ours_in - theirs_in) ** 2) / np.sum(theirs_in**2))
    return 1.0 - correlation(smoothed(ours, SMOOTH), smoothed(theirs, SMOOTH)) + COUNTS * error


def raster(series: Any) -> NDArray[np.int64]:
    assert isinstance(series, TSEvent)
    return series.raster(STEP, 0.0, 5.0, add_events=True)


if __name__ == "__main__":
    main()
