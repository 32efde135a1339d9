"""The receptor of a grasshopper: what the recording is, what its model reaches, and that it reaches it again."""

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from graphnet import Network, ParameterError, TSContinuous, TSEvent, UnknownName
from graphnet.experiment import load_data
from graphnet.files import read
from graphnet.sections import DataSection

FOLDER = Path(__file__).parent.parent / "examples" / "grasshopper"
DOCUMENT = FOLDER / "grasshopper.yaml"
RUN = "import sys; from graphnet.cli import status; sys.exit(status(sys.argv[1:]))"


def section(**options):
    given = {"source": "nitime", "dataset": "grasshopper", "recording": 1, "input": "sound"}
    return DataSection.model_validate({**given, **options})


def run(folder):
    done = subprocess.run(
        [sys.executable, "-c", RUN, "run", str(DOCUMENT), "-o", str(folder)],
        cwd=folder.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "summary.json").read_text()), done.stdout


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grasshopper")
    return [(folder / name, *run(folder / name)) for name in ("one", "two")]


def test_the_neuron_meets_recorded_spikes_it_was_not_fitted_to_and_beats_the_filter(runs):
    _, summary, said = runs[0]
    assert summary["coincidence"] > 0.6
    assert summary["matched"] > 0.75
    assert summary["jitter"] < 0.001
    assert summary["rate_correlation"] > summary["beside"]["lags"]["rate_correlation"] > 0.45
    assert summary["wanted_spikes"] == 415
    assert re.search(r"neuron +lags\nrate_correlation +0\.\d+ +0\.\d+\n", said)


def test_two_processes_write_the_same_bytes(runs):
    one, two = runs[0][0], runs[1][0]
    files = {path.name for path in one.iterdir()}
    pictures = {"activity.png", "comparison.png", "network.png", "network.svg"}
    assert files == {*pictures, "document.yaml", "record.json", "results.npz", "signals.npz", "summary.json"}
    for name in sorted(files - {"record.json", "summary.json"}):  # which hold when it was and how long it took
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_the_page_says_what_was_measured(runs):
    _, summary, _ = runs[0]
    page = (FOLDER / "README.md").read_text()
    for value in (
        f"| {summary['rate_correlation']:.3f} | {summary['beside']['lags']['rate_correlation']:.3f} |",
        f"| {summary['coincidence']:.3f} |",
        f"| {summary['matched']:.1%} |",
        f"| {summary['jitter'] * 1000:.2f} ms |",
        f"{summary['wanted_spikes']} spikes in the second half, {summary['outputs_spikes']} in the\nmodel",
    ):
        assert value in page, value


def test_the_numbers_in_the_document_are_those_of_the_least_loss_that_the_fit_tells():
    """Its loss is that of the page, and no single number changed by 5% or a step makes it less by more than 0.005."""
    fit = runpy.run_path(str(FOLDER / "fit.py"))
    document = read(DOCUMENT).data
    (trial,) = load_data(section()).group("train")
    reached = fit["loss"](fit["network"](document, {}), trial)
    assert f"ends at {reached:.3f}" in (FOLDER / "README.md").read_text()
    start = np.array([guess for guess, _ in fit["GUESS"].values()])
    assert fit["sought"](start, document, trial) > reached + 0.1
    layers = document["layers"]
    for name in ("ear.tau", "neuron.tau_mem", "fast.tau", "slow.tau", "neuron.bias"):
        layer, parameter = name.split(".")
        for factor in (0.95, 1.05):
            value = layers[layer][parameter] * factor
            assert fit["loss"](fit["network"](document, {name: value}), trial) > reached - 0.005, name


def test_the_recording_is_the_one_that_the_package_carries():
    """929 spikes in 10 s at a resolution of 0.1 ms, no two nearer than 3.2 ms; loudness from -36 to 0 dB at 20 kHz."""
    data = load_data(section())
    (first,), (second,) = data.group("train"), data.group("test")
    spikes = [trial.target for trial in (first, second)]
    assert all(isinstance(one, TSEvent) for one in spikes)
    times = np.concatenate([one.times for one in spikes])
    assert len(times) == 929
    assert np.diff(times).min() == pytest.approx(0.0032)
    assert np.allclose(times * 1e4, np.rint(times * 1e4), atol=1e-6)
    heard = [trial.inputs["sound"] for trial in (first, second)]
    assert all(isinstance(one, TSContinuous) and one.dt == 5e-5 and one.units == "dB" for one in heard)
    assert [(one.t_start, one.t_stop) for one in (*heard, *spikes)] == [(0.0, 5.0), (5.0, 10.0)] * 2
    level = np.concatenate([one.samples for one in heard])
    assert level.max() == 0.0
    assert level.min() == pytest.approx(-36.0, abs=1e-3)


def test_a_split_elsewhere_loses_no_sample_and_no_spike():
    data = load_data(section(recording=2, split=2.5))
    (first,), (second,) = data.group("train"), data.group("test")
    assert len(first.inputs["sound"].samples) == 50_000
    assert len(second.inputs["sound"].samples) == 150_000
    assert len(first.target) + len(second.target) == 868
    assert first.target.times.max() < 2.5 <= second.target.times.min()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"recording": 3}, "recording should be 1 or 2, got 3"),
        ({"recording": True}, "recording should be a number or text, got True"),
        ({"split": 10.0}, "split is a time between 0 and 10 s"),
        ({"split": 0.00001}, "split is a time between 0 and 10 s, a whole number of steps of 5e-05 s"),
        ({"split": "half"}, "split should be a time"),
    ],
)
def test_what_the_source_does_not_have_is_said(options, said):
    with pytest.raises(ParameterError, match=said):
        load_data(section(**options))


def test_another_animal_is_not_there():
    with pytest.raises(UnknownName, match="no dataset named 'grashopper' in source nitime; did you mean 'grasshopper'"):
        load_data(section(dataset="grashopper"))


def test_without_the_package_the_hint_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "nitime", None)
    with pytest.raises(ParameterError, match=r"needs the package nitime\n  hint: pip install 'graphnet-dataflow"):
        load_data(section())


def test_the_document_is_saved_and_read_again_as_the_same(tmp_path):
    net = Network.load(DOCUMENT)
    net.save(tmp_path / "again.yaml")
    assert Network.load(tmp_path / "again.yaml").to_document() == net.to_document()
