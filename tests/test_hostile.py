"""No file from a stranger ends in an error of another house, costs more than it may, or changes anything."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphnet import GraphnetError, Network, NetworkError
from graphnet.checkpoint import Checkpoint
from graphnet.testing import same_bits
from layers import LIF, Delay, RateDecoder, SpikeCounter
from layers.spiking import STDP
from tests.hostile.archives import kept
from tests.hostile.corpus import CASES, KINDS, checkpointed
from tests.hostile.documents import GOOD

ROOT = Path(__file__).parents[1]
SECONDS = 2.0
BYTES = 300 * 2**20
LONGEST = 1500
"""Characters of one problem: its place, what is said, the line with the caret."""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What came of each case, by its name: each kind is read in a process of its own, one case after the other."""
    going = []
    for kind in KINDS:
        folder = tmp_path_factory.mktemp(kind)
        (folder / "here").mkdir()
        (folder / "temporary").mkdir()
        environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "temporary")}
        command = [sys.executable, "-m", "tests.hostile.worker", str(folder / "here"), kind]
        with (folder / "told").open("w") as out, (folder / "said").open("w") as wrong:
            going.append((folder, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=wrong)))
        if len(going) % 2 == 0:
            going[-2][1].wait(300)
    found = {}
    for folder, process in going:
        process.wait(300)
        lines = (folder / "told").read_text().splitlines()
        found |= {one["name"]: one for one in map(json.loads, lines)}
        found[folder.name] = (folder / "said").read_text()[-2000:]
    return found


@pytest.mark.parametrize("case", CASES, ids=[one.name for one in CASES])
def test_a_hostile_file_is_refused_at_once_in_words_and_nothing_changes(case, told):
    assert case.name in told, [text for name, text in told.items() if name.startswith(case.kind)][-1]
    one = told[case.name]
    assert one["ours"], (one["error"], one["says"][:500])
    assert case.says in one["says"] and case.file in one["says"], one["says"][:1000]
    assert all(line.isprintable() for line in one["says"].split("\n"))
    assert len(one["says"]) <= LONGEST * max(1, one["problems"])
    assert one["seconds"] < SECONDS
    assert one["bytes"] < BYTES
    assert one["unchanged"] and one["packages"] == [] and one["left"] == [0, 0, []], one
    assert one["goes on"]
    assert one.get("status", 2) == 2 and "Traceback" not in one.get("spoken", ""), one


def test_problems_of_a_document_are_told_together(told):
    assert told["document: thirty problems"]["problems"] == 30


KEPT = kept()
DOCUMENTS = GOOD.encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 8 * len(KEPT) - 1))
def test_any_flipped_bit_of_a_checkpoint_is_found_or_changes_nothing(at, tmp_path):
    content = bytearray(KEPT)
    content[at // 8] ^= 1 << at % 8
    (tmp_path / "c.npz").write_bytes(content)
    net, sound = checkpointed(), checkpointed()
    try:
        net.restore(Checkpoint.load(tmp_path / "c.npz"))
    except GraphnetError:
        assert net.t == 0
    else:
        (tmp_path / "c.npz").write_bytes(KEPT)
        sound.restore(Checkpoint.load(tmp_path / "c.npz"))
        assert same_bits(dict(net.states), dict(sound.states)) and net.t == sound.t


RINGS = [
    (lambda: Delay(2, delay=0.01, dt=1e-3), "at"),
    (lambda: Delay(2, delay=0.01, dt=1e-3, input_type="TSEvent"), "at"),
    (lambda: Delay(2, delay=0.01, dt=1e-3, input_type="TSEvent"), "held"),
    (lambda: RateDecoder(2, width=0.02, form="window", dt=1e-3), "at"),
    (lambda: SpikeCounter(2, window=0.01, mode="sliding", dt=1e-3), "at"),
    (lambda: LIF(np.eye(2), dt=1e-3, weights_rec=np.ones((2, 2)), delay_rec=0.003), "place"),
    (lambda: LIF(np.eye(2), dt=1e-3, weights_rec=np.ones((2, 2)), plasticity_rec=STDP()), "turn"),
    (lambda: LIF(np.eye(2), dt=1e-3, weights_rec=np.ones((2, 2)), plasticity_rec=STDP()), "sent"),
]


@pytest.mark.parametrize(("make", "variable"), RINGS)
@pytest.mark.parametrize("value", [-2, 10**9])
def test_a_position_that_leads_out_of_its_ring_is_refused_before_a_kernel_follows_it(make, variable, value):
    net = Network(name="rings")
    net.add_layer(make(), name="d")
    kept = net.checkpoint()
    net.restore(kept)
    kept.states["d"][variable].flat[-1] = value
    before = {name: one.copy() for name, one in net.states["d"].items()}
    with pytest.raises(NetworkError, match="the state of its layer 'd' leads out of its own arrays"):
        net.restore(kept)
    assert same_bits(dict(net.states["d"]), before)


def spliced(content: bytes, at: int, gone: int, more: bytes) -> bytes:
    """``content`` with some bytes replaced by others."""
    at %= len(content)
    return content[:at] + more + content[at + gone :]


SPLICES = st.builds(spliced, st.just(DOCUMENTS), st.integers(0, 10**4), st.integers(0, 20), st.binary(max_size=20))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.text(st.characters(codec="utf-8"), max_size=200).map(str.encode) | SPLICES)
def test_any_bytes_are_a_network_or_refused_in_words(content, tmp_path):
    (tmp_path / "net.yaml").write_bytes(content)
    for read in (Network.load, Checkpoint.load):
        try:
            read(tmp_path / "net.yaml")
        except GraphnetError as error:
            assert "net.yaml" in str(error)
            assert str(error).replace("\n", "").isprintable()
