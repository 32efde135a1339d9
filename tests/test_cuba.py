"""Recurrent spiking at scale: examples/cuba fires as other simulators have it, and in every process with the same bits.

The network is benchmark 2 of Brette et al. 2007, Journal of Computational Neuroscience 23, after Vogels and Abbott
2005, Journal of Neuroscience 25. The bounds are set around what Brian2 2.9.0 gives for it with connections and voltages
that it draws itself (``benchmarks.cuba --brian``, three seeds): in 1 s 5.60 to 5.67 Hz and a mean CV of 0.51 to 0.54,
in 10 s 5.47 to 5.58 Hz and 0.72.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from graphnet import Network
from graphnet.experiment import perform
from graphnet.run import Result

DOCUMENT = Path(__file__).parent.parent / "examples" / "cuba" / "cuba.yaml"
RUN = "import sys; from graphnet.cli import status; sys.exit(status(sys.argv[1:]))"


@pytest.fixture(scope="module")
def net():
    return Network.load(DOCUMENT)


def test_every_process_finds_the_same_spikes_and_draws_the_same_pictures(tmp_path):
    for name in ("one", "two"):
        done = subprocess.run(
            [sys.executable, "-c", RUN, "run", str(DOCUMENT), "-o", str(tmp_path / name)],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "events on 4000 channels" in done.stdout
    for name in ("signals.npz", "activity.png", "network.png", "network.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    fires = json.loads((tmp_path / "one" / "summary.json").read_text())["firing"]["neurons"]
    assert 5.3 < fires["rate"] < 5.9
    assert 0.45 < fires["cv"] < 0.6
    assert 0.9 < fires["pooled"] < 1.1
    signals = Result.load(tmp_path / "one")
    assert len(signals["neurons"]) == fires["events"] == round(4000 * fires["rate"])
    rates = signals["rates"].to_dict()["samples"][1000:].mean(axis=0)
    exc, inh = rates
    assert 0.8 * exc + 0.2 * inh == pytest.approx(fires["rate"], rel=0.02)


def test_ten_seconds_are_as_fast_and_as_irregular_as_elsewhere(net):
    net.reset_all()
    net.document["run"]["duration"] = 10.0
    fires = perform(net).summary["firing"]["neurons"]
    net.document["run"]["duration"] = 1.0
    assert fires["rate"] == pytest.approx(5.54, abs=0.3)
    assert fires["cv"] == pytest.approx(0.721, abs=0.05)


def test_the_weights_are_those_of_the_benchmark(net):
    """2% of all pairs, within 5 standard errors; 0.27 nS x 60 mV / 10 nS = 1.62 mV, 4.5 nS x 20 mV / 10 nS = 9 mV."""
    weights = net["neurons"].value("weights_rec")
    for name, value, rows in (("exc", 0.27 * 60 / 10, range(3200)), ("inh", -4.5 * 20 / 10, range(3200, 4000))):
        matrix, pairs = weights[name], len(rows) * 4000
        assert matrix.data == pytest.approx(value)
        assert set(np.flatnonzero(np.diff(matrix.indptr))) <= set(rows)
        assert abs(matrix.nnz - 0.02 * pairs) < 5 * np.sqrt(pairs * 0.02 * 0.98)


def test_half_a_second_is_spike_for_spike_what_the_equations_written_in_numpy_give(net):
    net.reset_all()
    steps = 5000
    spikes = net.evolve(duration=steps * 1e-4, record=["neurons"])["neurons"]
    layer = net["neurons"]
    v, wait = layer.value("v0").copy(), np.zeros(4000, dtype=int)
    exc, inh = np.zeros((2, 4000))
    dt, m, e, i = 1e-4, 0.02, 0.005, 0.01
    weights = layer.value("weights_rec")
    fired = []
    for k in range(steps):
        # the solution of both linear equations over a step, in the order of powers of e
        from_exc = exc * e / (m - e) * (np.exp(-dt / m) - np.exp(-dt / e))
        from_inh = inh * i / (m - i) * (np.exp(-dt / m) - np.exp(-dt / i))
        new = -49.0 + (v + 49.0) * np.exp(-dt / m) + from_exc + from_inh
        v, wait = np.where(wait > 0, v, new), np.maximum(wait - 1, 0)
        exc, inh = exc * np.exp(-dt / e), inh * np.exp(-dt / i)
        (who,) = np.nonzero(v >= -50.0)
        v[who], wait[who] = -60.0, 50
        exc += weights["exc"][who].sum(axis=0)
        inh += weights["inh"][who].sum(axis=0)
        fired += [(k, one) for one in who.tolist()]
    assert len(fired) > 8000
    assert fired == list(zip(np.rint(spikes.times / dt).astype(int).tolist(), spikes.channels.tolist(), strict=True))
