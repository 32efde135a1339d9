"""``graphnet plot`` and ``Result.plot``: signals in the order of evolution, at the times and by the names asked for."""

import re

import numpy as np
import pytest

from graphnet import Result, TSContinuous, TSEvent
from graphnet.cli import status
from graphnet.errors import ParameterError, UnknownName
from graphnet.run import Info
from graphnet.views.signals import traces

NET = """\
name: small
inputs: {mic: {size: 1}}
layers:
  last: {type: LIF, weights: [[1, 1]], tau_mem: 0.02, bias: 1.1}
  first: {type: LowPass, size: 1, tau: 5 ms}
edges: [mic -> first, first -> last]
record: [last, first, last.v]
run: {duration: 0.3, inputs: {mic: mic.npz}}
"""
INFO = Info(1.0, 1.0, 1, "serial", "p", {})


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plots")
    t = np.arange(0, 0.3, 1e-3)
    TSContinuous.from_clocked(np.sin(2 * np.pi * 50 * t), 1e-3, units="Pa", name="sound").save(folder / "mic.npz")
    (folder / "net.yaml").write_text(NET)
    assert status(["run", str(folder / "net.yaml"), "-o", str(folder / "run")]) == 0
    return folder


@pytest.fixture
def run(done, monkeypatch):
    monkeypatch.chdir(done)
    return done


def drawn(figure):
    """What stands above each panel."""
    found = [[one.get_text() for one in ax.texts if one.get_gid() == "header"] for ax in figure.axes]
    return [words[0] for words in found if words]


def words_in(path):
    """The texts of an SVG."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text())


def test_a_run_folder_is_drawn_in_the_order_of_evolution(run, capfd):
    assert status(["plot", "run"]) == 0
    assert capfd.readouterr().out.endswith("written to run/plot.png\n")
    assert (run / "run" / "plot.png").stat().st_size > 10_000
    found = Result.load("run")
    assert list(found) == ["mic", "first", "last", "last.v"]
    assert drawn(found.plot()) == ["mic", "first", "last", "last.v"]
    assert drawn(found.plot(["last", "mic"])) == ["mic", "last"]
    assert drawn(found.plot("last.v", spectrogram=True)) == ["last.v", "spectrogram"]


def test_names_times_spectrogram_and_theme_reach_the_picture(run):
    options = ["--from", "100 ms", "--to", "0.2", "--spectrogram", "mic", "--theme", "dark"]
    assert status(["plot", "run", "first", "mic", "-o", "p.svg", *options]) == 0
    words = words_in(run / "p.svg")
    assert [one for one in words if one in ("mic", "first", "last", "spectrogram")] == ["mic", "spectrogram", "first"]
    assert "0.10" in words and "0.20" in words and "0.00" not in words
    assert "Pa" in words
    assert "#14181d" in (run / "p.svg").read_text()
    before = (run / "p.svg").read_bytes()
    assert status(["plot", "run", "first", "mic", "-o", "q.svg", *options]) == 0
    assert (run / "q.svg").read_bytes() == before


def test_a_file_of_a_result_or_of_a_series_is_drawn(run):
    assert status(["plot", "run/signals.npz", "-o", "signals.svg"]) == 0
    assert status(["plot", "mic.npz", "-o", "mic.svg"]) == 0
    assert "sound" in words_in(run / "mic.svg")
    Result.load("run").save("r.npz")
    assert status(["plot", "r.npz", "last", "-o", "r.svg"]) == 0
    assert {"last", "LIF, 2 channels", "events"} <= set(words_in(run / "r.svg"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "frist"], "no recorded signal named 'frist'; did you mean 'first'?"),
        (["run", "--spectrogram", "mik"], "did you mean 'mic'?"),
        (["run", "--spectrogram", "last"], "'last' is a series of events"),
        (["run", "-o", "p.gif"], "the ending must be one of .png, .svg, .pdf"),
        (["run", "-o", "nowhere/p.png"], "there is no folder 'nowhere'"),
        (["run", "--from", "0.2", "--to", "0.1"], "no time to show between t_start = 0.2 s and t_stop = 0.1 s"),
        (["run", "--from", "nan"], "should be a time such as 20 ms, or a number of seconds, got 'nan'"),
        (["run", "--from", "2 kg"], "should be a time"),
        (["run", "--theme", "blue"], "'light', 'dark'"),
        (["mic.npz"], "say where with -o, e.g. -o mic.png"),
        (["gone.npz", "-o", "p.png"], "gone.npz"),
        (["net.yaml", "-o", "p.png"], "net.yaml"),
        ([".", "-o", "p.png"], "no signals.npz"),
    ],
)
def test_wrong_input_is_told_and_nothing_is_written(run, arguments, said, capfd):
    before = {one.name for one in (*run.iterdir(), *(run / "run").iterdir())}
    assert status(["plot", *arguments]) == 2
    assert said in capfd.readouterr().err
    assert {one.name for one in (*run.iterdir(), *(run / "run").iterdir())} == before


def test_the_first_are_drawn_and_the_others_when_they_are_named(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(traces, "MOST", 4)
    signals = {f"s{k}": TSEvent([], [], t_start=0, t_stop=1) for k in range(traces.MOST + 20)}
    result = Result(signals, INFO)
    assert drawn(result.plot()) == list(signals)[: traces.MOST]
    assert drawn(result.plot(f"s{traces.MOST + 7}")) == [f"s{traces.MOST + 7}"]
    result.save(tmp_path / "many.npz")
    assert status(["plot", str(tmp_path / "many.npz"), "-o", str(tmp_path / "p.svg")]) == 0
    assert "the first 4 of 24 signals" in capfd.readouterr().err


def test_a_result_without_signals_cannot_be_drawn():
    with pytest.raises(ParameterError, match="at least one panel"):
        Result({}, INFO).plot()
    with pytest.raises(UnknownName, match="no recorded signal named 'x'"):
        Result({}, INFO).plot("x")
