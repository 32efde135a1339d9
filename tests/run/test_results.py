"""Results in files: every signal comes back with every field, in the order of evolution; damage is told by name."""

import json
import math
import os
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import Network, TSContinuous, TSEvent
from graphnet.errors import FileError, GraphnetError, UnknownName
from graphnet.run import Info, Result
from graphnet.timeseries.bundle import read_bundle, write_bundle
from layers import LIF, Rate

INFO = Info(0.5, 0.25, 100, "serial", "a processor", {"graphnet": "0", "numpy": "2"})


def network():
    net = Network(name="two", seed=3)
    net.input("x", 2)
    net.add_layer(LIF(np.ones((3, 2)), dt=1e-3, bias=1.5), name="late")
    net.add_layer(Rate(np.ones((2, 3)), dt=1e-3), name="early")
    net.connect_many(["x -> early", "early -> late"])
    return net


def result():
    x = TSContinuous.from_clocked(np.random.default_rng(1).normal(size=(200, 2)), 1e-3, units="mV")
    return network().evolve(x, record=["late", "late.v", "early"])


def test_signals_stand_in_the_order_of_evolution_whatever_the_order_of_recording():
    found = result()
    assert list(found) == ["x", "early", "late", "late.v"]
    assert found.classes == {"x": "Input", "early": "Rate", "late": "LIF", "late.v": "LIF"}
    assert found.network == "two"
    blocks = list(network().stream(found["x"], record=["late", "early"], block=64))
    assert all(list(one) == ["x", "early", "late"] and one.classes["late"] == "LIF" for one in blocks)


def test_a_saved_result_comes_back_with_every_field(tmp_path):
    found = result()
    found.save(tmp_path / "r.npz")
    again = Result.load(tmp_path / "r.npz")
    assert list(again) == list(found)
    assert all(again[name].equals(found[name]) for name in found)
    assert (again.info, again.classes, again.network) == (found.info, found.classes, found.network)


names = st.text(st.characters(), min_size=1, max_size=12)
floats = st.floats(-1e6, 1e6)


@st.composite
def series(draw):
    name, periodic = draw(st.text(max_size=5)), draw(st.booleans())
    dt = draw(st.sampled_from([Fraction(1, 1000), Fraction(1, 44100), Fraction(1, 3)]))
    size = draw(st.integers(0, 4))
    if draw(st.booleans()):
        made = TSEvent(np.arange(size) * 0.5, np.arange(size) % 2, t_start=-0.5, t_stop=9.0, num_channels=3, name=name)
        made.periodic = periodic
        return made
    samples = np.array(draw(st.lists(floats, min_size=2 * size, max_size=2 * size))).reshape(size, 2)
    samples = samples.astype(draw(st.sampled_from([np.float32, np.float64])))
    about = {"name": name, "units": draw(st.none() | st.text(max_size=3))}
    if draw(st.booleans()):
        made = TSContinuous.from_clocked(samples, dt, draw(floats), periodic=periodic, **about)
    else:
        made = TSContinuous(np.sort(draw(st.lists(floats, min_size=size, max_size=size))), samples, **about)
        made.fill_value = draw(st.sampled_from([0.5, "extrapolate"]))
        made.trial_start_times = [0.0, 1.5]
    return made


@given(st.dictionaries(names, series(), max_size=4))
def test_any_series_by_any_name_come_back(tmp_path_factory, signals):
    path = tmp_path_factory.mktemp("bundle") / "s.npz"
    write_bundle(path, signals, {"more": [1, None]})
    found, about = read_bundle(path)
    assert list(found) == list(signals)
    assert all(found[name].equals(signals[name]) for name in signals)
    assert about == {"more": [1, None]}
    before = path.read_bytes()
    write_bundle(path, found, about)
    assert path.read_bytes() == before  # the same signals give the same bytes


def test_the_members_of_a_file_are_called_as_the_signals_are(tmp_path):
    result().save(tmp_path / "r.npz")
    with np.load(tmp_path / "r.npz") as arrays:
        assert set(arrays.files) == {
            "x.samples", "early.samples", "late.steps", "late.channels", "late.v.samples", "about",
        }  # fmt: skip
        about = json.loads(arrays["about"].tobytes())
    assert [one["signal"] for one in about["signals"]] == ["x", "early", "late", "late.v"]
    assert about["signals"][0]["units"] == "mV"


def test_a_run_folder_is_loaded_without_what_two_runs_would_differ_in(tmp_path):
    from graphnet.run.result import SIGNALS, write_signals

    found = result()
    write_signals(tmp_path / SIGNALS, found)
    again = Result.load(tmp_path)
    assert list(again) == list(found)
    assert again.info.simulated == pytest.approx(0.2)
    assert math.isnan(again.info.elapsed)
    with pytest.raises(UnknownName, match="did you mean 'early'"):
        again["earl"]


def _without(key):
    def change(about):
        about.pop(key)

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_without("signals"), "holds no 'signals'"),
        (_without("classes"), "what was run"),
        (_without("network"), "what was run"),
        (lambda about: about.update(info={"simulated": 1}), "what was run"),
        (lambda about: about.update(info=5), "what was run"),
        (lambda about: about["signals"][0].update(clock=["1/0"] * 4), "clock"),
        (lambda about: about["signals"][0].update(signal="gone"), "samples"),
        (lambda about: about["signals"][0].update(str_type="Thing"), "Thing"),
        (lambda about: about.update(signals=7), "cannot be read"),
    ],
)
def test_a_file_that_says_something_else_is_refused_by_name(tmp_path, change, said):
    path = tmp_path / "r.npz"
    result().save(path)
    with np.load(path) as stored:
        arrays = dict(stored)
    about = json.loads(arrays["about"].tobytes())
    change(about)
    np.savez(path, **{**arrays, "about": np.frombuffer(json.dumps(about).encode(), np.uint8)})
    with pytest.raises(FileError, match=said) as caught:
        Result.load(path)
    assert str(path) in str(caught.value)


@given(st.integers(0, 2**31), st.integers(0, 7))
def test_a_damaged_file_is_refused_or_whole(tmp_path_factory, where, bit):
    path = tmp_path_factory.mktemp("damaged") / "r.npz"
    found = Result({"x": TSContinuous.from_clocked(np.ones((5, 1)), 0.1)}, INFO, network="n")
    found.save(path)
    content = bytearray(path.read_bytes())
    content[where % len(content)] ^= 1 << bit
    path.write_bytes(bytes(content))
    try:
        again = Result.load(path)
    except GraphnetError as error:
        assert str(path) in str(error)
    else:
        assert again["x"].equals(found["x"])


@pytest.mark.parametrize("what", ["missing", "empty", "cut", "folder", "series"])
def test_what_is_no_file_of_a_result_is_refused_by_name(tmp_path, what):
    path = tmp_path / "r.npz"
    result().save(path)
    content = path.read_bytes()
    path.unlink()
    if what == "empty":
        path.write_bytes(b"")
    elif what == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif what == "folder":
        path.mkdir()
    elif what == "series":
        TSContinuous.from_clocked(np.ones((5, 1)), 0.1).save(path)
    with pytest.raises(FileError, match=r"r\.npz"):
        Result.load(path)


def test_a_failing_disk_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "r.npz"
    result().save(path)
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space left"):
        Result({}, INFO).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_saving_and_loading_hold_each_number_once(tmp_path):
    size = 100_000_000  # bytes
    found = Result({"x": TSContinuous.from_clocked(np.ones((size // 8, 1)), 1e-3)}, INFO)
    tracemalloc.start()
    try:
        found.save(tmp_path / "r.npz")
        assert tracemalloc.get_traced_memory()[1] < 0.3 * size
        tracemalloc.reset_peak()
        again = Result.load(tmp_path / "r.npz")
        assert tracemalloc.get_traced_memory()[1] < 1.3 * size
    finally:
        tracemalloc.stop()
    assert again["x"].equals(found["x"])
