"""Run folders: they hold all that a run needs, give its bits again, and go on where a run was killed."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from graphnet import TSContinuous, TSEvent
from graphnet.cli import status

NET = """\
name: small
inputs:
  x: {size: 2}
layers:
  a: {type: Rate, weights: [[1, 0], [0, 1]], tau: 0.01, noise_std: 0.3, bias: 0.2}
  b: {type: LIF, weights: {init: normal, shape: [2, 3], seed: 4, scale: 100}, tau_mem: 0.02}
  c: {type: Linear, weights: [[0.1, 0], [0, 0.1], [0.1, 0.1]], input_type: TSEvent}
edges: [x -> a, a -> b, b -> c, c -> a @ 3 ms]
merge: {a: sum}
record: [a, b, b.v]
run: {duration: 0.3, inputs: {x: x.npz}}
"""
RUN = "import sys; from graphnet.cli import status; sys.exit(status(sys.argv[1:]))"
OFTEN = "from graphnet.runs import pace; pace.Lengths.took = lambda *_: None; "
OFTEN += "pace.Pace.due = lambda self: True; "
"""Writes down how far a run has come after every block."""


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET)
    t = np.arange(0, 12.0, 1e-3)
    TSContinuous.from_clocked(np.stack([np.sin(9 * t), np.cos(7 * t)], axis=1), 1e-3).save(tmp_path / "x.npz")
    return tmp_path


def bits(folder):
    return (folder / "signals.npz").read_bytes()


def record(folder):
    return json.loads((folder / "record.json").read_text())


def test_the_document_of_a_run_gives_its_bits_again_from_another_place(net, monkeypatch):
    settings = ["--set", "layers.a.tau=0.02", "--seed", "7"]
    assert status(["run", "net.yaml", "-o", "one", *settings]) == 0
    (net / "elsewhere").mkdir()
    (net / "one").rename(net / "elsewhere" / "one")  # whole: nothing outside is needed
    (net / "x.npz").unlink()
    (net / "net.yaml").unlink()
    monkeypatch.chdir(net / "elsewhere")
    assert status(["run", "one/document.yaml", "-o", "two"]) == 0
    assert bits(net / "elsewhere" / "one") == bits(net / "elsewhere" / "two")


@pytest.mark.parametrize("kind", ["w.npy", "w.npz#inner", "table.csv"])
def test_arrays_in_files_come_along_from_wherever_they_may_lie(kind, net, monkeypatch):
    weights = np.array([[1.0, 0.25], [0.5, 1.0]])
    (net / "far").mkdir()
    path = net / "far" / kind.partition("#")[0]
    if path.suffix == ".npz":
        np.savez(path, inner=weights)
    elif path.suffix == ".npy":
        np.save(path, weights)
    else:
        path.write_text("1.0,0.25\n0.5,1.0\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (net / "near").mkdir()
    named = f'{{file: "../far/{kind}", sha256: {digest}}}'
    (net / "near" / "net.yaml").write_text(NET.replace("[[1, 0], [0, 1]]", named).replace("x.npz", "../x.npz"))
    assert status(["run", "near/net.yaml", "-o", "one"]) == 2
    assert status(["run", "near/net.yaml", "-o", "one", "--allow", ".", "--set", "layers.a.tau=0.02"]) == 0
    path.unlink()
    assert status(["run", "one/document.yaml", "-o", "two"]) == 0
    assert bits(net / "one") == bits(net / "two")
    assert not (net / "one" / "far").exists()


def test_the_record_says_what_the_bits_depend_on(net):
    assert status(["run", "net.yaml", "-o", "one", "--set", "layers.a.tau=0.02", "--seed", "7"]) == 0
    said = record(net / "one")
    assert said["state"] == "done"
    assert said["seed"] == 7
    assert said["settings"] == ["layers.a.tau=0.02", "seed=7"]
    assert said["versions"]["numpy"] == np.__version__
    assert said["processor"]
    assert said["blas"][0]["version"]


def test_the_seed_makes_another_run(net):
    for seed in ("7", "8"):
        assert status(["run", "net.yaml", "-o", seed, "--seed", seed]) == 0
    assert bits(net / "7") != bits(net / "8")


@pytest.mark.parametrize("every", ["0.001", "0.07", "0.3", "5.0"])
def test_checkpoints_change_no_bit_and_are_gone_in_the_end(every, net):
    assert status(["run", "net.yaml", "-o", "whole", "--set", "run.duration=0.1"]) == 0
    arguments = ["--set", "run.duration=0.1", "--set", f"run.checkpoint={every}"]
    assert status(["run", "net.yaml", "-o", "pieces", *arguments]) == 0
    assert bits(net / "whole") == bits(net / "pieces")
    assert not (net / "pieces" / "checkpoints").exists()


def begun(net, *arguments, first="3.npz", code=RUN):
    """A long run with many checkpoints, killed when it has written some."""
    command = [sys.executable, "-c", code, "run", "net.yaml", "-o", "cut", *arguments]
    with subprocess.Popen(command, cwd=net, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as running:
        limit = time.monotonic() + 30
        while not (net / "cut" / "checkpoints" / first).exists() and time.monotonic() < limit:
            time.sleep(0.01)
        os.kill(running.pid, signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL


def test_a_killed_run_goes_on_to_the_bits_of_one_that_was_not(net, capfd):
    length = ["--set", "run.duration=10.0"]
    begun(net, *length, "--set", "run.checkpoint=0.02")
    assert not (net / "cut" / "signals.npz").exists()
    assert record(net / "cut")["state"] == "running"
    assert status(["run", "net.yaml", "-o", "cut", *length]) == 2
    assert "holds a run that was stopped at 0." in (said := capfd.readouterr().err)
    assert "graphnet run --resume cut" in said
    assert status(["run", "--resume", "cut"]) == 0
    assert status(["run", "net.yaml", "-o", "whole", *length]) == 0
    assert bits(net / "cut") == bits(net / "whole")
    assert record(net / "cut")["state"] == "done"
    assert status(["run", "--resume", "cut"]) == 0
    assert "cut: this run is done" in capfd.readouterr().out


@pytest.mark.parametrize("first", ["0.npz", "now.npz", "2.npz"])
def test_a_killed_run_goes_on_though_nobody_asked_for_checkpoints(first, net, capfd):
    length = ["--set", "run.duration=10.0"]
    begun(net, *length, "--set", "run.block=100", first=first, code=OFTEN + RUN)
    assert status(["run", "--resume", "cut"]) == 0
    said = capfd.readouterr().err
    assert "cut: goes on where it stood at " in said or first == "0.npz"
    assert status(["run", "net.yaml", "-o", "whole", *length]) == 0
    assert bits(net / "cut") == bits(net / "whole")
    assert (net / "cut" / "activity.png").read_bytes() == (net / "whole" / "activity.png").read_bytes()
    assert not (net / "cut" / "checkpoints").exists()


def test_a_short_run_writes_no_checkpoint_and_one_that_was_stopped_early_says_that_it_begins_anew(net, capfd):
    assert status(["run", "net.yaml", "-o", "cut"]) == 0
    place = net / "cut" / "record.json"
    place.write_text(json.dumps({**record(net / "cut"), "state": "running"}))  # as if it had been killed
    assert status(["run", "--resume", "cut"]) == 0
    assert "cut: begins anew, since it was stopped before it had written down how far" in capfd.readouterr().err


def test_what_writing_costs_says_how_often_it_is_done(monkeypatch):
    """At least 2 s apart, 1% of the run so far, and 100 times what it took."""
    from graphnet.runs import pace

    clock = [0.0]
    monkeypatch.setattr(pace.time, "perf_counter", lambda: clock[0])
    one = pace.Pace()

    def due_after(seconds, write):
        clock[0] += seconds - 0.01
        early = one.due()
        clock[0] += 0.02
        late = one.due()
        with one.writing():
            clock[0] += write
        return early, late

    assert due_after(2.0, 0.05) == (False, True)
    assert due_after(5.0, 0.0) == (False, True)
    clock[0] = 1000.0
    with one.writing():
        pass
    assert due_after(10.1, 0.0) == (False, True)


def test_a_run_that_is_running_is_left_alone(net, capfd):
    from graphnet.runs.folder import alone

    assert status(["run", "net.yaml", "-o", "one"]) == 0
    with alone(net / "one"):
        assert status(["run", "net.yaml", "-o", "one"]) == 2
    assert "another process is running in one" in capfd.readouterr().err


def test_a_document_that_was_changed_is_not_gone_on_with(net, capfd):
    begun(net, "--set", "run.duration=10.0", "--set", "run.checkpoint=0.02")
    place = net / "cut" / "document.yaml"
    place.write_text(place.read_text().replace("bias: 0.2", "bias: 0.3"))
    assert status(["run", "--resume", "cut"]) == 2
    assert "document.yaml was changed after the run began" in capfd.readouterr().err


@pytest.mark.parametrize("damaged", ["1.npz", "now.npz"])
def test_a_damaged_piece_is_said_with_its_file_and_the_run_may_begin_anew(damaged, net, capfd):
    begun(net, "--set", "run.duration=0.2", "--set", "run.checkpoint=0.001")
    (net / "cut" / "checkpoints" / damaged).write_bytes(b"PK damaged")
    assert status(["run", "--resume", "cut"]) == 2
    assert f"cut/checkpoints/{damaged} cannot be read" in (said := capfd.readouterr().err)
    assert "delete cut/checkpoints to begin the run anew" in said
    shutil.rmtree(net / "cut" / "checkpoints")
    assert status(["run", "--resume", "cut"]) == 0


def test_files_of_others_are_never_overwritten_or_taken_away(net, capfd):
    (net / "files").mkdir()
    (net / "files" / "mine.txt").write_text("mine")
    for _ in range(2):  # a second run in the folder takes away what the first has left there
        assert status(["run", "net.yaml", "-o", "."]) == 0
    assert (net / "files" / "mine.txt").read_text() == "mine"
    assert len(list((net / "files").iterdir())) == 2
    (net / "theirs").mkdir()
    (net / "theirs" / "document.yaml").write_text(NET)
    assert status(["run", "net.yaml", "-o", "theirs"]) == 2
    assert "theirs/document.yaml is no run's document: it would be overwritten" in capfd.readouterr().err
    assert (net / "theirs" / "document.yaml").read_text() == NET
    assert status(["run", "net.yaml", "-o", "one"]) == 0
    assert status(["run", "one/document.yaml", "-o", "one"]) == 2
    assert "one holds files that this run reads" in capfd.readouterr().err


def test_what_is_wrong_from_the_start_leaves_no_folder(net, capfd):
    assert status(["run", "net.yaml", "-o", "one", "--set", "run.inputs.x=no.npz"]) == 2
    assert status(["run", "net.yaml", "-o", "one", "--set", "run.duration=99.0"]) == 2
    assert "no.npz" in capfd.readouterr().err
    assert not (net / "one").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--resume", "no"], "there is no run folder no"),
        (["--resume", "."], "it has no record.json beside a document.yaml"),
        (["--resume", "one", "--seed", "3"], "--resume continues a run as it was begun"),
    ],
)
def test_a_resume_that_cannot_be_is_status_2(arguments, said, net, capfd):
    assert status(["run", *arguments]) == 2
    assert said in capfd.readouterr().err


def test_what_a_used_document_leaves_open_is_said_at_the_layer_in_its_file(net, capfd):
    (net / "front.yaml").write_text(
        "inputs: {x: {size: 2}}\nlayers:\n  lp: {type: LowPass, size: 2, tau: 0.01}\n"
        "  a:\n    type: Rate\n    weights: [[1, 0], [0, 1], [1, 1]]\nedges: [x -> lp, 'lp -> a[0:2]']\n"
    )
    (net / "middle.yaml").write_text("layers: {inner: {use: front.yaml}}\n")
    (net / "outer.yaml").write_text("layers:\n  m: {use: middle.yaml}\nrun: {duration: 0.1}\n")
    assert status(["run", "outer.yaml", "-o", "one"]) == 2
    said = "front.yaml:4:3: layers.a: m.inner.a: no edge leads to its input channels 2 (1 of 3)\n  4 |   a:\n    |   ^"
    assert said in capfd.readouterr().err
    assert not (net / "one").exists()


DRIVEN = """\
inputs: {x: {size: 2}}
layers:
  a: {type: LowPass, size: 2, tau: -1}
edges: [x -> a]
run:
  duration: 0.3
  inputs:
    x: driving.npz
"""


def saved(path, channels=2, dt=1e-3, t_start=0.0, steps=400):
    TSContinuous.from_clocked(np.zeros((steps, channels)), dt, t_start).save(path)


def irregular(path, t_stop, number):
    t = np.linspace(0.0, t_stop, number)
    TSContinuous(t, np.zeros((number, 2)), t_start=0.0, t_stop=t_stop).save(path)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "cannot read driving.npz: No such file or directory"),
        (lambda path: path.write_text("none"), "no series can be read from it"),
        (lambda path: saved(path, channels=3), "input 'x' has 2 channels, the series has 3"),
        (lambda path: saved(path, channels=3, steps=200_000), "input 'x' has 2 channels, the series has 3"),
        (lambda path: TSEvent([0.1], [1], num_channels=2, t_stop=1.0).save(path), "takes TSContinuous, got TSEvent"),
        (
            lambda path: TSEvent(np.arange(300_000) * 1e-3, np.zeros(300_000, int), num_channels=2, t_stop=300).save(
                path
            ),
            "takes TSContinuous, got TSEvent",
        ),
        (lambda path: saved(path, t_start=0.1), "covers 0.1 s to 0.5 s, the run is 0.0 s to 0.3 s"),
        (lambda path: saved(path, t_start=0.1, steps=200_000), "covers 0.1 s to 200.1 s, the run is 0.0 s to 0.3 s"),
        (lambda path: saved(path, steps=299), "covers 0.0 s to 0.299 s, the run is 0.0 s to 0.3 s"),
        (lambda path: irregular(path, 0.2, 200_000), "covers 0.0 s to 0.2 s, the run is 0.0 s to 0.3 s"),
    ],
)
def test_an_input_that_cannot_drive_the_run_is_told_at_its_line(make, said, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "driving.npz")
    (tmp_path / "net.yaml").write_text(DRIVEN.replace("-1", "0.1"))
    for command in (["check"], ["run", "-o", "one"], ["check", "--set", "layers.a.tau=0.2"]):
        assert status([command[0], "net.yaml", *command[1:]]) == 2
        told = capfd.readouterr().err
        assert "net.yaml:8:8: run.inputs.x: " in told
        assert said in told
        assert "\n  8 |     x: driving.npz\n    |        ^\n" in told
    assert not (tmp_path / "one").exists()
    assert status(["draw", "net.yaml", "-o", "net.dot"]) == 0  # nothing drives a drawing


@pytest.mark.parametrize("make", [saved, lambda path: saved(path, steps=200_000), lambda p: irregular(p, 1.0, 10**5)])
def test_an_input_that_can_drive_the_run_is_sound(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "driving.npz")
    (tmp_path / "net.yaml").write_text(DRIVEN.replace("-1", "0.1"))
    assert status(["check", "net.yaml"]) == 0
    assert status(["run", "net.yaml", "-o", "one"]) == 0


def test_an_input_is_told_with_what_else_is_wrong_in_the_order_of_the_document(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "driving.npz", channels=3)
    (tmp_path / "net.yaml").write_text(DRIVEN + "    y: no.npz\nrecord: [b]\n")
    assert status(["check", "net.yaml"]) == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("net.yaml:")]
    assert [line.split(":")[1] for line in lines] == ["3", "8", "9", "9", "10"]


def test_of_a_large_input_only_headers_are_read(tmp_path, monkeypatch):
    """Numbers that do not have the sum that the archive states are found by whoever reads them."""
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "driving.npz", steps=200_000)
    content = bytearray((tmp_path / "driving.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "driving.npz").write_bytes(content)
    (tmp_path / "net.yaml").write_text(DRIVEN.replace("-1", "0.1"))
    assert status(["check", "net.yaml"]) == 0
    assert status(["run", "net.yaml", "-o", "one"]) == 2
