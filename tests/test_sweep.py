"""Sweeps: the runs that are asked for, the same table from any number of workers, and what fails stands alone."""

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import DocumentError, ParameterError
from graphnet.cli import status
from graphnet.files import parse
from graphnet.sweeping import planned
from graphnet.sweeping.members import Member, spread
from graphnet.sweeping.table import Row, columns

NET = """\
name: small
layers:
  a: {type: Rate, weights: [[1.0, 0.0], [0.0, 1.0]], tau: 0.01, noise_std: 0.3, bias: 0.2}
  b: {type: LIF, weights: {init: normal, shape: [2, 3], seed: 4, scale: 100}, tau_mem: 0.02}
inputs: {x: {size: 2}}
edges: [x -> a, a -> b]
record: [a, b]
run: {duration: 0.05}
sweep:
  over:
    layers.a.tau: [0.01, 0.02]
    seed: {linspace: [1, 3, 3]}
"""
RUN = "import sys; from graphnet.cli import status; sys.exit(status(sys.argv[1:]))"
BREAKING = """
import os, sys
import numpy as np
from graphnet import ArrayLayer, Size, positional

class Breaking(ArrayLayer):
    \"\"\"y = limit, and nothing good above 1.\"\"\"

    size: Size = positional()
    limit: float = 0.0

    def initial(self):
        return {}

    def advance(self, state, block, span):
        if self.limit > 2:
            os._exit(7)
        if self.limit > 1:
            raise ArithmeticError("burnt out")
        y = span.empty((span.steps, self.size))
        y[:] = self.limit
        return state, y
"""


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET)
    return tmp_path


def rows(folder):
    with (folder / "runs.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def members(text):
    return planned(parse(text)).members


# ---------------------------------------------------------------------- which runs


def test_a_product_has_every_combination_the_last_key_fastest():
    found = [tuple(one.values.values()) for one in members("sweep: {over: {name: [a, b], seed: [1, 2, 3]}}")]
    assert found == [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("b", 2), ("b", 3)]


def test_side_by_side_the_values_go_together():
    found = members("sweep: {over: {name: [a, b], seed: [1, 2]}, combine: zip}")
    assert [one.settings for one in found] == [('name="a"', "seed=1"), ('name="b"', "seed=2")]


ends = st.floats(1e-6, 1e6)


@given(low=ends, high=ends, count=st.integers(2, 40), way=st.sampled_from(["linspace", "logspace"]))
def test_a_space_begins_and_ends_as_it_says_and_goes_one_way(low, high, count, way):
    found = spread("k", {way: [low, high, count]})
    assert len(found) == count
    assert found[0] == pytest.approx(low, rel=1e-14)
    assert found[-1] == high
    assert sorted(found, reverse=high < low) == found


@given(low=ends, high=ends, seed=st.integers(0, 2**31), way=st.sampled_from(["uniform", "loguniform"]))
def test_drawn_values_lie_between_and_are_drawn_again_by_seed_and_key(low, high, seed, way):
    asked = {way: [low, high, 20], "seed": seed}
    found = spread("k", asked)
    assert all(min(low, high) * (1 - 1e-12) <= one <= max(low, high) * (1 + 1e-12) for one in found)
    assert spread("k", asked) == found
    if abs(high - low) > 1e-6 * abs(high):  # else there are few numbers to draw from
        assert spread("other", asked) != found
        assert spread("k", {**asked, "seed": seed + 1}) != found


def test_decimal_ends_give_decimal_values():
    assert spread("k", {"linspace": [0.8, 1.2, 5]}) == [0.8, 0.9, 1.0, 1.1, 1.2]
    assert spread("k", {"logspace": [0.001, 1, 4]}) == [0.001, 0.01, 0.1, 1.0]


def test_whole_ends_with_whole_values_between_give_whole_numbers():
    assert [repr(one) for one in spread("seed", {"linspace": [1, 5, 3]})] == ["1", "3", "5"]
    assert spread("seed", {"linspace": [1, 2, 3]}) == [1.0, 1.5, 2.0]


def test_ends_in_one_unit_give_values_in_it_and_the_table_has_numbers_of_it(net):
    assert spread("tau", {"linspace": ["10 ms", "20 ms", 3]}) == ["10.0 ms", "15.0 ms", "20.0 ms"]
    over = "sweep.over={layers.a.tau: {logspace: [1 ms, 100 ms, 3]}, layers.b.tau_mem: [20 ms, 0.03]}"
    assert status(["sweep", "net.yaml", "-o", "s", "--set", over]) == 0
    found = rows(net / "s")
    assert [one["layers.a.tau (ms)"] for one in found] == ["1.0", "1.0", "10.0", "10.0", "100.0", "100.0"]
    assert [one["layers.b.tau_mem (s)"] for one in found[:2]] == ["0.02", "0.03"]
    assert status(["run", "net.yaml", "-o", "one", "--set", "layers.a.tau=0.1", "--set", "layers.b.tau_mem=0.03"]) == 0
    last = net / "s" / "runs" / "00005" / "signals.npz"
    assert last.read_bytes() == (net / "one" / "signals.npz").read_bytes()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "here are 0"),
        ({"linspace": ["1 ms", "1 s", 2]}, "two in one unit such as"),
        ({"linspace": ["1 ms", 2, 2]}, r"or two in one unit such as .*got \['1 ms', 2\]"),
        ({"linspace": [1, 2, "3 ms"]}, "a whole number above 0, got '3 ms'"),
        ({"linspace": [0, 1, 2], "uniform": [0, 1, 2]}, "here are 2"),
        ({"linspace": [0, 1, 0]}, "a whole number above 0, got 0"),
        ({"uniform": [0, 1, 2.5]}, "a whole number above 0, got 2.5"),
        ({"logspace": [0, 1, 2]}, "between numbers above 0, got 0 and 1"),
    ],
)
def test_a_spread_that_cannot_be_says_why(asked, said):
    with pytest.raises(ParameterError, match=said):
        spread("k", asked)


def test_every_problem_of_a_sweep_is_said_with_its_line():
    over = "    layers.a.tau: [1]\n    seed: {logspace: [0, 1, 2]}\n    name: [1]\n"
    text = f"layers: {{aa: {{type: LIF}}}}\nsweep:\n  over:\n{over}"
    with pytest.raises(DocumentError) as caught:
        planned(parse(text, file="net.yaml"))
    assert [one.line for one in caught.value.problems] == [5, 4]
    assert "did you mean 'aa'?" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed: 1", "there is no section sweep"),
        ("sweep: {over: {seed: [1, 2], name: [a]}, combine: zip}", "seed has 2, name has 1"),
        ("sweep: {over: {seed: {linspace: [1, 2, 99999]}, name: [a, b]}}", "199998 runs are more than the 100000"),
        ("sweep: {over: {seed: [.nan]}}", "is no number that a document can hold"),
    ],
)
def test_a_sweep_that_cannot_be_says_why(text, said):
    with pytest.raises(DocumentError, match=said):
        planned(parse(text))


# ---------------------------------------------------------------------- the runs


def test_the_table_is_the_same_on_any_backend(net):
    assert status(["sweep", "net.yaml", "-o", "1"]) == 0
    assert status(["sweep", "net.yaml", "-o", "threads", "--backend", "threads", "--workers", "2"]) == 0
    assert status(["sweep", "net.yaml", "-o", "dask", "--workers", "2"]) == 0
    for other in ("threads", "dask"):
        assert (net / "1" / "runs.csv").read_bytes() == (net / other / "runs.csv").read_bytes()
    found = rows(net / "1")
    assert [(one["run"], one["layers.a.tau"], one["seed"], one["status"]) for one in found] == [
        ("0", "0.01", "1", "done"), ("1", "0.01", "2", "done"), ("2", "0.01", "3", "done"),
        ("3", "0.02", "1", "done"), ("4", "0.02", "2", "done"), ("5", "0.02", "3", "done"),
    ]  # fmt: skip
    assert len({one["signals.a.mean"] for one in found}) == 6
    assert (net / "1" / "sweep.png").stat().st_size > 5000


def test_each_run_is_a_run_folder_whose_document_gives_it_again(net):
    assert status(["sweep", "net.yaml", "-o", "s"]) == 0
    assert status(["run", "s/runs/00004/document.yaml", "-o", "again"]) == 0
    assert status(["run", "net.yaml", "-o", "alone", "--set", "layers.a.tau=0.02", "--seed", "2"]) == 0
    bits = (net / "s" / "runs" / "00004" / "signals.npz").read_bytes()
    assert bits == (net / "again" / "signals.npz").read_bytes() == (net / "alone" / "signals.npz").read_bytes()


@pytest.mark.parametrize(
    ("values", "head", "kind", "cells"),
    [
        ([1, 2, 3], "k", "Int64", ["1", "2", "3"]),
        ([1, 0.5, None], "k", "float64", ["1.0", "0.5", ""]),
        ([1, 2**70], "k", "float64", None),
        ([True, False, None], "k", "boolean", ["true", "false", ""]),
        (["a", "b", None], "k", "string", ["a", "b", ""]),
        (["a", "", None], "k", "string", ['"a"', '""', "null"]),
        ([1, "a", True], "k", "string", ["1", '"a"', "true"]),
        ([[1, 2], [0.5], None], "k", "string", ["[1, 2]", "[0.5]", "null"]),
        ([{"init": "normal"}, 0.5], "k", "string", ['{"init": "normal"}', "0.5"]),
        (["10 ms", "0.02 s"], "k (ms)", "float64", ["10.0", "20.0"]),
        (["10 ms", 0.02, None], "k (s)", "float64", ["0.01", "0.02", ""]),
        (["10 ms", "8 kHz"], "k", "string", ["10 ms", "8 kHz"]),
        (["-65 mV", -0.05], "k", "string", ['"-65 mV"', "-0.05"]),
        (["10 ms", [1]], "k", "string", ['"10 ms"', "[1]"]),
    ],
)
def test_every_column_of_keys_has_one_type(values, head, kind, cells):
    made = columns([Row(Member(number, {"k": value})) for number, value in enumerate(values)])["k"]
    assert (made.head, made.type) == (head, kind)
    if cells is not None:
        assert made.cells() == cells


def test_the_table_is_read_as_it_was_written_with_its_types(net):
    import pandas

    over = "{layers.a.tau: [0.01, -1.0, 20 ms], layers.b.weights: [[[100.0], [2.0]]], layers.a.noise_std: [0, 0.3]}"
    assert status(["sweep", "net.yaml", "-o", "s", "--set", f"sweep.over={over}"]) == 1
    types = json.loads((net / "s" / "sweep.json").read_text())["columns"]
    found = pandas.read_csv(net / "s" / "runs.csv", dtype=types)
    assert {name: str(kind) for name, kind in found.dtypes.items()} | {"status": "string", "error": "string"} == {
        **types, "status": "string", "error": "string",
    }  # fmt: skip
    assert types["layers.a.tau (s)"] == types["signals.a.mean"] == types["layers.a.noise_std"] == "float64"
    assert types["run"] == types["firing.b.events"] == "Int64"
    assert types["layers.b.weights"] == types["error"] == "string"
    assert found["layers.a.tau (s)"].tolist() == [0.01, 0.01, -1.0, -1.0, 0.02, 0.02]
    failed = found["status"] == "failed"
    assert found["error"].notna().tolist() == failed.tolist() == [False, False, True, True, False, False]
    assert found["signals.a.mean"].isna().tolist() == found["firing.b.events"].isna().tolist() == failed.tolist()
    assert json.loads(found["layers.b.weights"][0]) == [[100.0], [2.0]]
    again = found.to_csv(index=False)  # 17 digits and no more are needed to find every number again
    assert pandas.read_csv(io.StringIO(again), dtype=types).equals(found)
    first = json.loads((net / "s" / "runs" / "00000" / "summary.json").read_text())
    assert found["signals.a.mean"][0] == first["signals"]["a"]["mean"]


def test_what_is_done_is_not_run_again_and_what_was_changed_is(net):
    assert status(["sweep", "net.yaml", "-o", "s"]) == 0
    first = (net / "s" / "runs.csv").read_bytes()
    times = {path.parent.name: path.stat().st_mtime_ns for path in (net / "s" / "runs").glob("*/signals.npz")}
    (net / "s" / "runs" / "00002" / "record.json").write_text("{}")  # as if it had been killed
    assert status(["sweep", "net.yaml", "-o", "s"]) == 0
    assert (net / "s" / "runs.csv").read_bytes() == first
    now = {path.parent.name: path.stat().st_mtime_ns for path in (net / "s" / "runs").glob("*/signals.npz")}
    assert {name for name in times if now[name] != times[name]} == {"00002"}
    assert status(["sweep", "net.yaml", "-o", "s", "--set", "layers.a.bias=0.3"]) == 0
    assert (net / "s" / "runs.csv").read_bytes() != first
    assert status(["sweep", "net.yaml", "-o", "s", "--set", "sweep.over={seed: [1]}"]) == 0
    assert [path.name for path in (net / "s" / "runs").iterdir()] == ["00000"]


def test_a_member_that_fails_is_noted_and_the_others_go_on(net, capfd):
    assert status(["sweep", "net.yaml", "-o", "s", "--set", "sweep.over={layers.a.tau: [0.01, -1.0, 0.02]}"]) == 1
    out, err = capfd.readouterr()
    assert "3 runs, 1 failed" in out
    assert "run 1 failed (layers.a.tau=-1.0): " in err
    assert "tau should be greater than 0, got -1.0" in err
    assert "Traceback" not in err
    assert [one["status"] for one in rows(net / "s")] == ["done", "failed", "done"]
    said = "net.yaml:3:59: layers.a.tau: Rate: tau should be greater than 0, got -1.0 (in s)"
    assert rows(net / "s")[1]["error"] == said
    assert f"run 1 failed (layers.a.tau=-1.0): {said}\n" in err


def test_every_problem_of_a_member_is_in_its_one_cell_with_the_place_in_the_document(net):
    """What a key of the sweep sets stands where the document says that key, or else what it would be in."""
    over = "sweep.over={inputs.x.size: [2, 3], layers.a.noise_std: [0.3, -1.0], layers.b.refractory: [-1.0]}"
    assert status(["sweep", "net.yaml", "-o", "s", "--set", over]) == 1
    found = [one["error"] for one in rows(net / "s")]
    assert found[0].startswith("net.yaml:4:6: layers.b.refractory: LIF: refractory should be")
    assert [one.partition(":")[0] for one in found[1].split("; net")] == ["net.yaml", ".yaml"]
    assert "net.yaml:3:76: layers.a.noise_std: " in found[1]
    assert "net.yaml:6:9: edges.0: x -> a: x emits TSContinuous (3)" in found[2]
    assert not any("\n" in one or "|" in one for one in found)


def test_the_document_says_what_runs_the_runs_and_the_command_says_otherwise(net, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "graphnet.sweeping.workers.backends.each", lambda function, items, *how: asked.append(how) or iter(())
    )
    section = "sweep={over: {seed: [1, 2]}, backend: threads, workers: 3}"
    for more in ([], ["--workers", "2"], ["--backend", "serial"], ["--scheduler", "tcp://10.0.0.1:8786"]):
        expected = 0 if "--scheduler" not in more else 2  # here the document speaks of threads
        assert status(["sweep", "net.yaml", "-o", "s", "--set", section, *more]) == expected
    assert asked == [("threads", 3), ("threads", 2), ("serial", 3)]
    asked.clear()
    for more in ([], ["--workers", "1"], ["--workers", "2"], ["--scheduler", "tcp://10.0.0.1:8786"]):
        assert status(["sweep", "net.yaml", "-o", "s", *more]) == 0
    assert asked == [("serial", None), ("serial", 1), ("dask", 2), ("tcp://10.0.0.1:8786", None)]


def test_a_sweep_on_a_cluster_that_was_there_before_leaves_it_there(net, monkeypatch, tmp_path_factory):
    """Its workers may stand in another folder than the command."""
    from distributed import LocalCluster

    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        monkeypatch.chdir(net)
        over = "sweep.over={layers.a.tau: [0.01, 0.02, -1.0]}"
        assert status(["sweep", "net.yaml", "-o", "far", "--set", over, "--scheduler", cluster.scheduler_address]) == 1
        assert len(cluster.scheduler_info["workers"]) == 2
    assert status(["sweep", "net.yaml", "-o", "near", "--set", over]) == 1
    assert (net / "far" / "runs.csv").read_bytes() == (net / "near" / "runs.csv").read_bytes()


def test_a_scheduler_that_does_not_answer_is_said(net, capfd):
    assert status(["sweep", "net.yaml", "-o", "s", "--scheduler", "10.0.0.1"]) == 2
    assert "--scheduler is the address of a Dask scheduler, such as tcp://host:8786" in capfd.readouterr().err


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_layer_that_raises_or_ends_its_process_takes_no_other_run_along(workers, net, tmp_path):
    values = "[0.5, 1.5, 0.25]" if workers == "1" else "[0.5, 1.5, 2.5, 0.25, 0.75]"
    (net / "breaking.py").write_text(BREAKING)
    (net / "net.yaml").write_text(
        "layers: {a: {type: Breaking, size: 1}}\nrun: {duration: 0.01}\n"
        f"sweep: {{over: {{layers.a.limit: {values}}}}}\n"
    )
    # the layer is announced as an installed package's would be
    made = net / "breaking-1.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: breaking\nVersion: 1\n")
    (made / "entry_points.txt").write_text("[graphnet.layers]\nbreaking = breaking\n")
    done = subprocess.run(
        [sys.executable, "-c", RUN, "sweep", "net.yaml", "-o", "s", "--workers", workers],
        cwd=net, env={**os.environ, "PYTHONPATH": str(net)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    found = {row["layers.a.limit"]: row for row in rows(net / "s")}
    for value in ("0.5", "0.25", "0.75")[: 2 if workers == "1" else 3]:
        assert found[value]["status"] == "done"
        assert float(found[value]["signals.a.mean"]) == float(value)
    said = "net.yaml:1:13: layers.a: RunError: a failed in block 0, at 0.0 s: ArithmeticError: burnt out"
    assert found["1.5"]["error"].startswith(said)
    if workers == "2":
        assert found["2.5"]["error"] == "the process that ran it was killed, or it crashed"


def test_a_run_whose_process_is_killed_is_noted_and_the_others_go_on(net):
    over = "sweep.over={run.duration: [100000.0, 0.01, 0.02, 0.03]}"
    command = [sys.executable, "-c", RUN, "sweep", "net.yaml", "-o", "s", "--workers", "2", "--set", over]
    with subprocess.Popen([*command, "--set", "record=[]"], cwd=net, stderr=subprocess.PIPE, text=True) as running:
        place = net / "s" / "runs" / "00000"
        limit = time.monotonic() + 120
        while not (place / "record.json").exists() and time.monotonic() < limit:
            time.sleep(0.02)
        (holder,) = _holding(place, running.pid)
        os.kill(holder, signal.SIGKILL)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 1, err
    assert "run 0 failed (run.duration=100000.0): the process that ran it was killed, or it crashed" in err
    assert "Traceback" not in err
    assert [one["status"] for one in rows(net / "s")] == ["failed", "done", "done", "done"]


def _holding(place, parent, limit=20.0):
    """The processes below ``parent`` that have a folder open: those that run in it."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if any(one.readlink() == place for one in (process / "fd").iterdir()):
                    found.append(int(process.name))
            except OSError:
                continue
        found = [one for one in found if one != parent]
        if found:
            return found
        time.sleep(0.02)
    return []


@pytest.mark.parametrize(
    ("sent", "code", "backend"), [("SIGINT", 130, "serial"), ("SIGINT", 130, "threads"), ("SIGTERM", 143, "dask")]
)
def test_a_sweep_that_is_stopped_keeps_what_has_ended_and_leaves_no_process(sent, code, backend, net):
    long = ["--set", "sweep.over={run.duration: [0.01, 100000.0, 100000.0]}", "--set", "record=[]"]
    how = ["--backend", backend, "--workers", "2"]
    command = [sys.executable, "-c", RUN, "sweep", "net.yaml", "-o", "s", *how, *long]
    last = "00001" if backend == "serial" else "00002"  # it begins when the first has ended
    with subprocess.Popen(command, cwd=net, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        limit = time.monotonic() + 120
        while not (net / "s" / "runs" / last / "record.json").exists() and time.monotonic() < limit:
            time.sleep(0.02)
        time.sleep(0.3)
        running.send_signal(signal.Signals[sent])
        _, err = running.communicate(timeout=60)
    assert running.returncode == code
    assert "Traceback" not in err
    assert [one["status"] for one in rows(net / "s")] == ["done"]
    limit = time.monotonic() + 10
    while _alive(running.pid) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not _alive(running.pid)


def _alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_workers_may_read_what_the_command_allows(net):
    (net / "near").mkdir()
    np.save(net / "w.npy", [[1.0, 0.25], [0.5, 1.0]])
    digest = hashlib.sha256((net / "w.npy").read_bytes()).hexdigest()
    text = NET.replace("[[1.0, 0.0], [0.0, 1.0]]", f"{{file: ../w.npy, sha256: {digest}}}")
    (net / "near" / "net.yaml").write_text(text)
    assert status(["sweep", "near/net.yaml", "-o", "s", "--workers", "2"]) == 2
    assert status(["sweep", "near/net.yaml", "-o", "s", "--workers", "2", "--allow", "."]) == 0


def test_another_process_in_the_folder_is_told(net, capfd):
    from graphnet.runs.folder import alone

    (net / "s").mkdir()
    with alone(net / "s"):
        assert status(["sweep", "net.yaml", "-o", "s"]) == 2
    assert "another process is running in s" in capfd.readouterr().err


def test_a_number_to_show_that_no_run_gives_is_told_with_the_nearest(net, caplog):
    assert status(["sweep", "net.yaml", "-o", "s", "--set", "sweep.show=signals.a.meen"]) == 0
    assert "did you mean 'signals.a.mean'?" in caplog.text
