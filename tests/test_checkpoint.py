"""A run resumed from a checkpoint, in this process or another, gives the bits of one that was never interrupted."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from graphnet import Network, NetworkError, ParameterError, TSContinuous
from graphnet.checkpoint import Checkpoint
from graphnet.testing import same_bits
from layers import LIF, ExpSyn, PassThrough, Rate
from tests.laws.walls import Smooth

ROOT = Path(__file__).parents[1]


def build(seed=4, tau=0.02, delay=0.003):
    net = Network(name="kept", seed=seed)
    net.input("x", 2)
    net.add_layer(Rate(np.ones((2, 3)), dt=1e-3, tau=tau, noise_std=0.4, dtype="float32"), name="r")
    net.add_layer(LIF(np.ones((3, 3)), dt=1e-3, bias=1.5, noise_std=0.3, refractory=0.002), name="n")
    net.add_layer(ExpSyn(np.eye(3), dt=1e-3), name="s")
    net.connect("x -> r")
    net.connect("r", "n", merge="sum")
    net.connect("n -> s")
    net.connect("s", "n", delay=delay)
    return net


def nested():
    net = Network(name="outer", seed=9)
    net.input("y", 2)
    net.add_network(build(), name="inner")
    net.connect("y -> inner.x @ 2 ms")
    return net


def given(seconds=0.05, name="x"):
    rows = np.random.default_rng(1).normal(size=(round(seconds * 1000), 2))
    return {name: TSContinuous.from_clocked(rows, 1e-3)}


def signals(result):
    return {name: np.asarray(one.times if name.endswith("n") else one.samples) for name, one in result.items()}


SCRIPT = """
import sys, numpy as np
from graphnet.checkpoint import Checkpoint
from tests.test_checkpoint import build, given, nested, signals
net = {"build": build, "nested": nested}[sys.argv[1]]()
net.restore(Checkpoint.load("c.npz"))
found = signals(net.evolve(given(name=next(iter(net.inputs))), block=7))
net.randomize_state()
np.savez("found.npz", state=next(iter(net.states.values()))["x"], **found)
"""


@pytest.mark.parametrize("make", [build, nested])
def test_a_run_resumed_in_another_process_goes_on_with_the_same_bits(make, tmp_path):
    net = make()
    x = given(name=next(iter(net.inputs)))
    net.randomize_state()
    net.evolve(x, duration=0.021)
    net.checkpoint().save(tmp_path / "c.npz")
    expected = signals(net.evolve(x))
    net.randomize_state()
    subprocess.run(
        [sys.executable, "-c", SCRIPT, make.__name__], cwd=tmp_path, check=True, env={"PYTHONPATH": str(ROOT)}
    )
    with np.load(tmp_path / "found.npz") as found:
        assert same_bits(next(iter(net.states.values()))["x"], found["state"])
        assert set(found.files) == {"state", *expected}
        assert all(same_bits(found[name], one) for name, one in expected.items())


def test_a_checkpoint_in_memory_is_taken_back_to_again_and_again():
    net = build()
    net.evolve(given(), duration=0.02)
    kept = net.checkpoint()
    first = signals(net.evolve(given()))
    for block in (1, 9):
        net.restore(kept)
        assert net.t == 0.02
        assert same_bits(signals(net.evolve(given(), block=block)), first)


def test_float32_and_integer_states_are_kept_as_they_are(tmp_path):
    net = build()
    net.evolve(given(), duration=0.02)
    net.checkpoint().save(tmp_path / "c.npz")
    again = Checkpoint.load(tmp_path / "c.npz")
    assert same_bits(dict(again.states), dict(net.states)) and again.states["r"]["x"].dtype == np.float32
    assert same_bits(list(again.lines.values()), list(net.lines.values()))


OTHERS = [
    (lambda: build(seed=5), "its seed is 4, the network's 5"),
    (lambda: build(tau=0.03), "its layer 'r' has another parameter 'tau'"),
    (lambda: build(delay=0.004), r"its edge 3 is 's -> n @ 3 ms', the network's 's -> n @ 4 ms'"),
    (Network, "its seed is 4, the network's 0"),
]


@pytest.mark.parametrize(("make", "words"), OTHERS)
def test_the_first_difference_to_another_network_is_named_and_nothing_is_changed(make, words):
    kept, other = build().checkpoint(), make()
    with pytest.raises(NetworkError, match=words):
        other.restore(kept)
    assert other.t == 0


def test_a_missing_or_additional_layer_is_named():
    net = build()
    net.add_layer(PassThrough(3), name="more")
    with pytest.raises(NetworkError, match="the network has the layer 'more', it has not"):
        net.restore(build().checkpoint())
    with pytest.raises(NetworkError, match="it has the layer 'more', the network has not"):
        build().restore(net.checkpoint())


def test_a_plain_layer_is_refused_by_name_at_both_ends():
    net, other = Network(), Network()
    net.add_layer(Smooth(np.eye(3)), name="p")
    other.add_layer(PassThrough(3), name="p")
    with pytest.raises(NetworkError, match="p is a Smooth, a plain Layer"):
        net.checkpoint()
    with pytest.raises(NetworkError, match="its layer 'p' is a PassThrough, the network's a plain Smooth"):
        net.restore(other.checkpoint())


def saved(tmp_path):
    net = build()
    net.evolve(given(), duration=0.02)
    net.checkpoint().save(tmp_path / "c.npz")
    return tmp_path / "c.npz"


def test_a_truncated_file_is_no_checkpoint(tmp_path):
    path = saved(tmp_path)
    content = path.read_bytes()
    for size in (0, 10, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        with pytest.raises(ParameterError, match="not a checkpoint"):
            Checkpoint.load(path)


def test_a_damaged_file_is_found_by_its_checksum(tmp_path):
    path = saved(tmp_path)
    with np.load(path) as archive:
        arrays = dict(archive)
    arrays["a0"] = arrays["a0"] + 1
    np.savez(path, **arrays)
    with pytest.raises(ParameterError, match="its checksum does not fit"):
        Checkpoint.load(path)


def test_other_files_are_no_checkpoints(tmp_path):
    np.save(tmp_path / "a.npy", np.ones(3))
    np.savez(tmp_path / "a.npz", b=np.ones(3))
    (tmp_path / "a.txt").write_text("text")
    for name in ("a.npy", "a.npz", "a.txt"):
        with pytest.raises(ParameterError, match="not a checkpoint"):
            Checkpoint.load(tmp_path / name)
    with pytest.raises(ParameterError, match="there is no checkpoint"):
        Checkpoint.load(tmp_path / "none.npz")


def test_a_later_format_is_refused(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("graphnet.checkpoint.FORMAT", 2)
        path = saved(tmp_path)
    with pytest.raises(ParameterError, match="has checkpoint format 2, this version reads 1"):
        Checkpoint.load(path)


def test_a_file_holds_no_pickles_and_replaces_another_as_a_whole(tmp_path, monkeypatch):
    path = saved(tmp_path)
    with zipfile.ZipFile(path) as archive:
        assert all(b"|O" not in archive.read(name)[:128] for name in archive.namelist())
    before = path.read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "no space left")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="no space left"):
        build().checkpoint().save(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
