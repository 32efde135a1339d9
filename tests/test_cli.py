"""The command line: exit statuses, one clear line for each mistake, and never a traceback for what a user did."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import click
import numpy as np
import pytest

from graphnet import TSContinuous, cli, registry
from graphnet.cli import commands, status

SOUND = """\
name: small
inputs:
  x: {size: 2}
layers:
  a: {type: Rate, weights: [[1, 0], [0, 1]], tau: 0.01}
  b: {type: PassThrough, size: 2}
edges: [x -> a, a -> b]
record: [a, b]
run: {duration: 0.05}
"""
LONG = SOUND.replace("duration: 0.05", "duration: 100000").replace("record: [a, b]", "record: []")
RUN = "import sys; from graphnet.cli import status; sys.exit(status(sys.argv[1:]))"


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(SOUND)
    return "net.yaml"


def process(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_check_is_silent_where_all_is_sound(net, capfd):
    assert status(["check", net]) == 0
    assert capfd.readouterr() == ("", "")


def test_check_says_every_error_with_file_and_line(net, tmp_path, capfd):
    (tmp_path / "bad.yaml").write_text(SOUND.replace("tau:", "tua:").replace("a -> b", "a -> bb"))
    assert status(["check", "bad.yaml"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert re.findall(r"^bad.yaml:(\d+):", err, re.MULTILINE) == ["5", "7"]
    assert "did you mean 'tau'?" in err


def test_check_finds_channels_that_nothing_leads_to(net, tmp_path, capfd):
    (tmp_path / "bad.yaml").write_text(SOUND.replace("a -> b]", "'a[0] -> b[1]']"))
    assert status(["check", "bad.yaml"]) == 2
    assert (err := capfd.readouterr().err).startswith("bad.yaml:6:")
    assert "b: no edge leads to its input channels 0" in err


def test_run_writes_results_and_a_table(net, tmp_path, capfd):
    assert status(["run", net]) == 0
    assert {one.name for one in (tmp_path / "out" / "small").iterdir()} == {
        "document.yaml", "record.json", "signals.npz", "summary.json", "network.png", "network.svg", "activity.png",
    }  # fmt: skip
    out, _ = capfd.readouterr()
    assert "real-time factor" in out
    assert "written to out/small/: activity.png, document.yaml, network.png" in out
    with np.load("out/small/signals.npz") as signals:
        assert signals["b.samples"].shape == (50, 2)


def test_settings_change_the_document(net, capfd):
    assert status(["run", net, "-o", "here", "--set", "run.duration=0.02", "--set", "layers.a.tau=0.5"]) == 0
    with np.load("here/signals.npz") as signals:
        assert signals["b.samples"].shape == (20, 2)


@pytest.mark.parametrize("suffix", ["svg", "png", "dot", "mmd"])
def test_draw_writes_the_form_that_the_suffix_names(net, suffix):
    assert status(["draw", net, "-o", f"n.{suffix}"]) == 0
    assert os.stat(f"n.{suffix}").st_size > 100  # noqa: PTH116


MISTAKES = {
    "a missing file": (["check", "nt.yaml"], "nt.yaml"),
    "a folder": (["check", "."], "."),
    "no YAML": (["check", "broken.yaml"], "broken.yaml:3"),
    "a list": (["check", "list.yaml"], "list.yaml:1"),
    "an empty file": (["run", "empty.yaml"], "empty.yaml"),
    "binary": (["check", "binary.yaml"], "binary.yaml"),
    "another suffix": (["check", "net.txt"], "net.txt"),
    "a setting without a value": (["check", "net.yaml", "--set", "seed"], "--set seed: a setting is KEY=VALUE"),
    "a setting of an unknown key": (["check", "net.yaml", "--set", "layers.aa.tau=1"], "did you mean 'a'?"),
    "a setting out of bounds": (["run", "net.yaml", "--set", "layers.a.tau=-1"], "--set layers.a.tau: "),
    "a setting of another type": (
        ["run", "net.yaml", "--set", "seed=abc"],
        "--set seed: ",
    ),
    "nothing to do": (["run", "net.yaml", "--set", "run=null"], "does not say what to do"),
    "a missing series": (["run", "net.yaml", "--set", "run.inputs={x: no.npz}"], "no.npz"),
    "a series that ends early": (["run", "net.yaml", "--set", "run.inputs={x: x.npz}"], "input 'x' covers"),
    "a file for a folder": (["run", "net.yaml", "-o", "net.yaml"], "cannot write into the folder net.yaml"),
    "a folder inside a file": (["run", "net.yaml", "-o", "net.yaml/out"], "cannot write into the folder net.yaml/out"),
    "an unknown picture": (["draw", "net.yaml", "-o", "n.gif"], "cannot draw a .gif"),
    "a picture nowhere": (["draw", "net.yaml", "-o", "no/n.svg"], "there is no folder"),
    "an unknown layer": (["layers", "Lif"], "no layer class named 'Lif'; did you mean 'LIF'?"),
    "a sweep over nothing that is there": (
        ["check", "net.yaml", "--set", "sweep={over: {layers.aa.tau: [1]}}"],
        "'a'?",
    ),
    "a checkpoint between steps": (
        ["check", "net.yaml", "--set", "run.checkpoint=1.5 ms"],
        "is not a whole number of steps",
    ),
    "a seed that is none": (["run", "net.yaml", "--seed", "x"], "'x' is not a valid integer"),
    "a schema nowhere": (["schema", "-o", "no/schema.json"], "there is no folder 'no'"),
    "an unknown command": (["chek", "net.yaml"], "No such command 'chek'"),
    "an unknown option": (["run", "net.yaml", "--sett", "a=1"], "--set"),
    "no file": (["check"], "Missing argument"),
    "nothing at all": ([], "Usage: graphnet"),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_status_2_and_said_without_a_traceback(kind, net, tmp_path, capfd):
    (tmp_path / "broken.yaml").write_text("layers:\n  a: {type: LIF\n")
    (tmp_path / "list.yaml").write_text("- a\n")
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "net.txt").write_text(SOUND)
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)))
    TSContinuous.from_clocked(np.ones((10, 2)), 1e-3).save(tmp_path / "x.npz")
    arguments, said = MISTAKES[kind]
    assert status(arguments) == 2
    out, err = capfd.readouterr()
    assert said in out + err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [(KeyboardInterrupt, 130, "interrupted"), (MemoryError, 1, "out of memory"), (click.Abort, 130, "interrupted")],
)
def test_what_stops_a_command_has_its_status(raised, code, said, net, monkeypatch, capfd):
    def stop(*_):
        raise raised

    monkeypatch.setattr(cli.looking, "load", stop)
    assert status(["explain", net]) == code
    assert capfd.readouterr().err.strip() == said


def test_a_layer_that_fails_while_it_runs_is_status_1_and_is_named(net, tmp_path, capfd):
    from layers import PassThrough

    def advance(self, state, block, span):
        raise ArithmeticError("burnt out")

    type("Burning", (PassThrough,), {"advance": advance, "__module__": "burning", "__doc__": "x"})
    (tmp_path / "bad.yaml").write_text(SOUND.replace("type: PassThrough", "type: Burning"))
    try:
        assert status(["run", "bad.yaml"]) == 1
    finally:
        registry.layers._found.pop("Burning")
    err = capfd.readouterr().err
    assert "RunError: b failed in block 0, at 0.0 s: ArithmeticError: burnt out" in err
    assert "Traceback" not in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")  # noqa: PTH110
def test_a_full_disk_is_status_1(net, tmp_path, monkeypatch, capfd):
    import errno

    from graphnet.files import atomic

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    assert status(["draw", net, "-o", "n.svg"]) == 1
    assert "n.svg: cannot be written: No space left on device" in capfd.readouterr().err
    assert not (tmp_path / "n.svg").exists()


@pytest.mark.parametrize(("sent", "code", "said"), [("SIGINT", 130, "interrupted"), ("SIGTERM", 143, "terminated")])
def test_a_run_that_is_stopped_has_its_status_and_writes_no_results(sent, code, said, tmp_path):
    (tmp_path / "long.yaml").write_text(LONG)
    with process("run", "long.yaml", cwd=tmp_path) as running:
        assert running.stderr is not None
        seen = ""
        limit = time.monotonic() + 240
        while "simulated" not in seen and time.monotonic() < limit:  # the bar of the run: it has begun
            seen += running.stderr.read(1)
        running.send_signal(signal.Signals[sent])
        _, err = running.communicate(timeout=120)
    assert running.returncode == code
    assert err.splitlines()[-1] == said
    assert "Traceback" not in err
    folder = tmp_path / "out" / "small"
    assert {one.name for one in folder.iterdir()} == {"document.yaml", "record.json"}
    assert json.loads((folder / "record.json").read_text())["state"] == "stopped"


def test_a_reader_who_leaves_is_no_accident():
    with process("layers") as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        err = running.stderr.read()
    assert running.returncode in (0, 1)
    assert "Traceback" not in err
    assert "Exception ignored" not in err


# ---------------------------------------------------------------------- describing


@pytest.mark.parametrize(("begun", "there"), [("Ridg", ["Ridge"]), ("no such", [])])
def test_the_shell_completes_the_names_of_layers(begun, there):
    words = {"_GRAPHNET_COMPLETE": "bash_complete", "COMP_WORDS": f"graphnet layers {begun}", "COMP_CWORD": "2"}
    with process(env={**os.environ, **words}) as running:
        out, _ = running.communicate(timeout=120)
    assert out.split() == [f"plain,{name}" for name in there]


def test_layers_lists_every_class_with_its_first_line(capfd):
    assert status(["layers"]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert any(line.startswith("Ridge ") and "ridge regression" in line for line in lines)
    assert [line.split()[0] for line in lines] == sorted(line.split()[0] for line in lines)
    assert max(len(line) for line in lines) <= 140


def test_layers_shows_the_parameters_of_one_in_columns_with_its_equation(capfd):
    assert status(["layers", "LIF"]) == 0
    out = capfd.readouterr().out
    assert "dv/dt" in out
    head = next(line for line in out.splitlines() if line.startswith("parameter"))
    assert head.split() == ["parameter", "type", "unit", "bounds", "default"]
    row = next(line for line in out.splitlines() if line.startswith("tau_mem"))
    assert row[head.index("unit") :].split()[0] == "s"
    assert row[head.index("default") :] == "0.02"
    assert "required" in next(line for line in out.splitlines() if line.startswith("weights "))


@pytest.mark.parametrize("command", ["", *commands.commands])
def test_every_command_explains_itself(command, capfd):
    assert status([*command.split(), "--help"]) == 0
    out = capfd.readouterr().out
    assert out.startswith("Usage: graphnet")
    assert "  -h, --help" in out


def test_the_version_is_told(capfd):
    assert status(["--version"]) == 0
    assert capfd.readouterr().out.startswith("graphnet, version ")
