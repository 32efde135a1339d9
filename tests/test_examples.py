"""The example documents: what they reach, and that they reach it again, to the last bit."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parent.parent / "examples" / "imu"
RUN = "import sys; from graphnet.cli import status; sys.exit(status(sys.argv[1:]))"


def run(document, folder):
    """Run a document in a process of its own; gives its summary."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, "run", str(EXAMPLES / document), "-o", str(folder)],
        cwd=folder.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "accuracy" in done.stdout
    return json.loads((folder / "summary.json").read_text())


@pytest.mark.parametrize(
    ("document", "least"), [("imu.yaml", 0.975), ("imu_reservoir.yaml", 0.95), ("imu_spiking.yaml", 0.95)]
)
def test_each_branch_recognises_activities_alone_and_both_do_better_and_again_with_the_same_bits(
    document, least, tmp_path
):
    first, again = (run(document, tmp_path / name) for name in ("one", "two"))
    assert first["accuracy"] >= least
    assert first["trials"] == 40
    assert set(first["accuracy_by_class"]) == {"Badminton", "Running", "Standing", "Walking"}
    assert again["accuracy_by_class"] == first["accuracy_by_class"]
    for name in ("results.npz", "signals.npz", "network.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert {one.name for one in (tmp_path / "one").iterdir()} == {
        "activity.png", "document.yaml", "network.png", "network.svg", "record.json", "results.npz", "signals.npz",
        "summary.json",
    }  # fmt: skip
    with np.load(tmp_path / "one" / "results.npz") as results:
        assert np.mean(results["predicted"] == results["wanted"]) == first["accuracy"]
        assert results["scores"].shape == (40, 4)


def test_the_documents_of_the_branches_are_parts_of_the_whole():
    from graphnet import Network

    whole = Network.load(EXAMPLES / "imu.yaml").to_document()
    for name in ("imu_reservoir.yaml", "imu_spiking.yaml"):
        part = Network.load(EXAMPLES / name).to_document()
        readout, same = part["layers"].pop("readout"), whole["layers"]["readout"]
        assert readout["alpha"] == same["alpha"]
        assert all(whole["layers"][layer] == entry for layer, entry in part["layers"].items())
        assert set(part["edges"]) <= set(whole["edges"])
        assert (part["fit"], part["evaluate"], part["data"]) == (whole["fit"], whole["evaluate"], whole["data"])
