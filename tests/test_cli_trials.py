"""Runs of trials that were killed: they go on after the trial that was last written down, to the same bits."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from graphnet.cli import status

TRIALS = """
import numpy as np
from graphnet import TSContinuous
from graphnet.datasets import Dataset, Trial, dataset

@dataset("waves")
def waves():
    def made(k):
        x = np.sin(np.arange(60) * 0.01 * (3 + 10 * (k % 2) + k))[:, None] * [1.0, 0.5]
        return Trial({"x": TSContinuous.from_clocked(x, 0.01)}, label=("slow", "fast")[k % 2])
    trials = [made(k) for k in range(9)]
    return Dataset("waves", {"train": trials[:5], "test": trials[5:]}, ("slow", "fast"))
"""
NET = """\
name: judged
inputs: {x: {size: 2}}
layers:
  res: {type: Rate, weights: {init: uniform, shape: [2, 20], seed: 1}, tau: 0.05, noise_std: 0.2, dt: 0.01}
  out: {type: Ridge, size_in: 20, size_out: 2, alpha: 0.001, dt: 0.01}
edges: [x -> res, res -> out @ 20 ms]
data: {source: waves}
fit: {layer: out, washout: 0.05, reset: time}
evaluate: {signal: out, show: 1, reset: time}
"""
RUN = "import sys, trials_of_test; from graphnet.cli import status; sys.exit(status(sys.argv[1:]))"
KILLED = """
import os, signal, sys
from graphnet.runs import pace, trials
pace.Pace.due = lambda self: True
left = int(os.environ["LEFT"])
def dying(*given, write=trials.write_bundle, **more):
    step(); write(*given, **more)
import graphnet.files
def step():
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
whole = graphnet.files.write_atomic
def counted(path, content):
    if "checkpoints" in str(path):
        step()
    whole(path, content)
graphnet.files.write_atomic = counted
"""


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "trials_of_test.py").write_text(TRIALS)
    exec(compile(TRIALS, "trials_of_test", "exec"), {})
    yield tmp_path
    from graphnet import registry

    registry.datasets._found.pop("waves")


def killed(net, writes, *arguments):
    """A run that is killed before it has written so many files of how far it has come."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED + RUN, *arguments], cwd=net, check=False, capture_output=True, text=True,
        env={**os.environ, "LEFT": str(writes), "PYTHONPATH": str(net)},
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr


def summary(folder):
    said = json.loads((folder / "summary.json").read_text())
    return {key: one for key, one in said.items() if key not in ("elapsed_seconds", "real_time_factor")}


@pytest.mark.parametrize("writes", [0, 2, 3, 7, 13, 16, 20, 25])
def test_a_run_of_trials_that_was_killed_goes_on_to_the_bits_of_one_that_was_not(writes, net, capfd):
    killed(net, writes, "run", "net.yaml", "-o", "cut")
    assert status(["run", "--resume", "cut"]) == 0
    said = capfd.readouterr().err
    assert ("cut: begins anew" if writes < 3 else "cut: goes on where it stood after ") in said
    assert status(["run", "net.yaml", "-o", "whole"]) == 0
    for name in ("results.npz", "signals.npz", "activity.png"):
        assert (net / "cut" / name).read_bytes() == (net / "whole" / name).read_bytes(), name
    assert summary(net / "cut") == summary(net / "whole")
    assert not (net / "cut" / "checkpoints").exists()


def test_what_is_damaged_is_said_and_the_run_may_begin_anew(net, capfd):
    killed(net, 14, "run", "net.yaml", "-o", "cut")
    assert status(["run", "net.yaml", "-o", "cut"]) == 2
    assert "cut holds a run that was stopped after " in capfd.readouterr().err
    place = net / "cut" / "checkpoints" / "trials.json"
    for text in ("{", "[]", place.read_text().replace('"fit-', '"../fit-')):
        place.write_text(text)
        assert status(["run", "--resume", "cut"]) == 2
        assert "delete cut/checkpoints to begin the run anew" in capfd.readouterr().err


def test_what_a_fit_holds_is_taken_up_again_to_the_bit():
    from graphnet.training.sums import sums, take_up
    from layers import Ridge

    draw = np.random.default_rng(0).normal
    x, y = draw(size=(700, 3)), draw(size=(700, 2))
    one, other = Ridge(3, 2), Ridge(3, 2)
    one.begin_fit()
    one.partial_fit(x[:300], y[:300])
    held = sums(one)
    one.partial_fit(x[300:], y[300:])
    one.end_fit()
    other.begin_fit()
    take_up(other, held)
    other.partial_fit(x[300:], y[300:])
    other.end_fit()
    assert np.array_equal(one.weights, other.weights) and np.array_equal(one.bias, other.bias)
