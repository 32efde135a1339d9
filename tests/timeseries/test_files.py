"""Series in files: every field comes back, older files are read, hostile ones refused, failures leave the old file."""

import copy
import io
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.errors import SeriesError, SeriesTypeError
from graphnet.timeseries import TimeSeries, TSContinuous, TSDictOnDisk, TSEvent, load_ts_from_file


@st.composite
def any_series(draw):
    rows = draw(st.integers(0, 6))
    about = {"name": draw(st.text(max_size=5)), "periodic": draw(st.booleans())}
    samples = np.arange(rows * 2, dtype=draw(st.sampled_from([np.float32, np.float64]))).reshape(rows, 2)
    kind = draw(st.sampled_from(["clocked", "irregular", "steps", "raster", "timed"]))
    dt, start = draw(st.sampled_from([0.1, 1 / 44100, 1e-3])), draw(st.floats(-5, 5))
    if kind in ("clocked", "irregular"):
        about |= {
            "units": draw(st.sampled_from([None, "mV", "\0"])),
            "interp_kind": draw(st.sampled_from(["previous", "linear"])),
        }
        if kind == "clocked":
            ts = TSContinuous.from_clocked(samples, dt, start, **about)
        else:
            ts = TSContinuous(start + np.arange(rows) ** 2, samples, t_stop=start + 99, t_start=start - 1, **about)
        ts.fill_value = draw(st.sampled_from(["extrapolate", 0.0, np.nan]))
        ts.beyond_range_exception = draw(st.booleans())
        ts.approx_limit_times = draw(st.booleans())
        return ts
    counts = draw(st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=2), min_size=1, max_size=5))
    ts = TSEvent.from_raster(counts, dt, start, num_channels=5, **about)
    if kind == "steps":
        ts.periodic = False
        events = ts.event_steps(-(10**7), 2 * 10**7, dt)
        ts = TSEvent.from_steps(*events, dt, 5, -(10**7), 2 * 10**7, name=about["name"])
    return TSEvent(ts.times, ts.channels, t_start=start - 1, t_stop=ts.t_stop, **about) if kind == "timed" else ts


@given(ts=any_series())
def test_saving_and_loading_keeps_every_field(ts):
    file = io.BytesIO()
    ts.save(file)
    assert load_ts_from_file(file).equals(ts)
    assert type(ts).load(file).equals(ts)
    assert TimeSeries.load(file, expected_type=type(ts)).equals(ts)


@given(ts=any_series())
def test_pickles_and_copies_are_equal_and_read_only(ts):
    for other in (pickle.loads(pickle.dumps(ts)), copy.copy(ts), copy.deepcopy(ts), ts.copy()):
        assert other.equals(ts)
        assert not other.times.flags.writeable
        assert not (other.samples if isinstance(ts, TSContinuous) else other.channels).flags.writeable
    if isinstance(ts, TSContinuous) and len(ts):
        assert not np.shares_memory(copy.deepcopy(ts).samples, ts.samples)


def test_a_path_gets_its_suffix_and_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    ts = TSContinuous.from_clocked([1.0, 2.0], 0.1, name="first")
    ts.save(tmp_path / "ts")
    assert [one.name for one in tmp_path.iterdir()] == ["ts.npz"]

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        TSContinuous.from_clocked([3.0], 0.1).save(tmp_path / "ts.npz")
    assert [one.name for one in tmp_path.iterdir()] == ["ts.npz"]
    assert TSContinuous.load(str(tmp_path / "ts.npz")).equals(ts)


def test_a_class_loads_its_own_kind(tmp_path):
    TSEvent([0.0], t_stop=1.0).save(tmp_path / "ts.npz")
    with pytest.raises(SeriesTypeError, match="expected a TSContinuous, the file holds a TSEvent"):
        TSContinuous.load(tmp_path / "ts.npz")
    with pytest.raises(TypeError, match="expected_type"):
        TSEvent.load(tmp_path / "ts.npz", expected_type=TSEvent)
    assert isinstance(TimeSeries.load(tmp_path / "ts.npz"), TSEvent)


def test_times_of_trials_are_restored():
    ts, file = TSContinuous.from_clocked([1.0], 0.1), io.BytesIO()
    ts.trial_start_times = np.array([0.0, 0.05])
    ts.save(file)
    assert load_ts_from_file(file).trial_start_times.tolist() == [0.0, 0.05]
    ts.trial_start_times = [0, 1]  # a list is an array, too
    ts.save(again := io.BytesIO())
    assert load_ts_from_file(again).equals(ts)
    with pytest.raises(SeriesError, match="trial_start_times: must be finite"):
        ts.trial_start_times = [0.0, np.nan]
    assert ts.trial_start_times.tolist() == [0.0, 1.0]


def test_a_file_that_is_none_is_refused_without_advice_to_unpickle_it():
    for content in (b"garbage", b""):
        with pytest.raises(SeriesError, match="the open file: no series can be read") as caught:
            load_ts_from_file(io.BytesIO(content))
        assert "allow_pickle" not in str(caught.value)


def saved(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file


def test_older_files_say_their_kind_in_the_names_of_entries():
    arrays = {"times": [0.0, 1.0], "samples": [[1.0], [2.0]], "t_start": 0.0, "t_stop": 2.0, "periodic": True}
    ts = load_ts_from_file(saved(**arrays, type_TSContinuous=0, name_old=0, interp_kind_nearest=0))
    assert (ts.name, ts.interp_kind, ts.periodic, ts.t_stop) == ("old", "nearest", True, 2.0)
    ts = load_ts_from_file(saved(**arrays, strType="TSContinuous", name="x"))
    assert (ts.name, ts.interp_kind) == ("x", "linear")
    with pytest.raises(KeyError, match="which kind"):
        load_ts_from_file(saved(**arrays))
    with pytest.warns(UserWarning, match="taken for a TSContinuous"):
        assert isinstance(load_ts_from_file(saved(**arrays), TSContinuous), TSContinuous)
    with pytest.raises(TypeError, match="cannot be loaded"):
        load_ts_from_file(saved(**arrays, str_type="TSUnknown"))


def test_hostile_files_are_refused(tmp_path):
    good = TSEvent.from_raster([[1], [1]], 0.1).to_dict()
    for change, said in [
        ({"clock": ["1/0", "0/1", "0/1", "1/1"]}, "positive dt"),
        ({"clock": ["1e999999999", "0/1", "0/1", "1/1"]}, "four ratios"),
        ({"clock": ["1/10"]}, "four ratios"),
        ({"steps": np.array([5, 0])}, "sorted"),
        ({"steps": np.array([0, 10**9])}, "outside the extent"),
        ({"steps": np.array([0.0, 1.0])}, "sorted int64"),
        ({"num_channels": 0}, "no room"),
        ({"channels": np.array([-1, 0])}, "from 0"),
    ]:
        with pytest.raises(SeriesError, match=said):
            load_ts_from_file(saved(**(good | change)))
    with pytest.raises(SeriesError, match="holds no 'steps'"):
        load_ts_from_file(saved(**{key: value for key, value in good.items() if key != "steps"}))
    with pytest.raises(SeriesError, match="no series can be read"):
        load_ts_from_file(saved(str_type="TSEvent", times=np.array([object()])))
    (tmp_path / "text.npz").write_text("not a zip file")
    with pytest.raises(SeriesError, match="no series can be read"):
        load_ts_from_file(tmp_path / "text.npz")
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(SeriesError, match="one array"):
        load_ts_from_file(tmp_path / "one.npy")


def test_smaller_types_in_files_keep_the_extent_around_the_times():
    ts = TSContinuous([0.0999, 1.0001], [1 / 3, 2 / 3])
    entry = ts.to_dict(dtype_times=np.float16, dtype_samples=np.float16)
    assert entry["samples"].dtype == np.float16
    file = io.BytesIO()
    ts.save(file, dtype_times=np.float16, dtype_samples=np.float16)
    back = TSContinuous.load(file)
    np.testing.assert_allclose(back.times, ts.times, rtol=1e-3)
    assert back.t_start <= back.times[0]
    assert back.samples.dtype == np.float32
    with pytest.raises(SeriesError, match="too small"):
        TSContinuous([0.0], [1e6]).to_dict(dtype_samples=np.float16)
    events = TSEvent([0.0999, 1.0], [0, 300], t_stop=1.0 + 1e-9)
    events.save(file, dtype_times=np.float16)
    assert len(TSEvent.load(file)) == 2
    with pytest.raises(ValueError, match="does not hold channels up to 300"):
        events.to_dict(dtype_channels=np.uint8)


def test_a_dictionary_on_disk():
    ts = TSContinuous.from_clocked([1.0], 0.1, name="a", units="mV")
    kept = TSDictOnDisk({"ts": ts, "n": 3})
    assert (list(kept), len(kept), kept["n"]) == (["n", "ts"], 2, 3)
    assert kept["ts"].equals(ts)
    assert kept["ts"] is not kept["ts"]
    assert "TSContinuous" in repr(kept)
    other = TSDictOnDisk()
    other.insert(kept)
    other.insert({"held": ts})
    assert other["held"] is ts
    kept["ts"] = 5
    assert kept["ts"] == 5
    assert other["ts"].equals(ts)
    kept["n"] = ts
    del kept["ts"]
    assert list(kept) == ["n"]
    with pytest.raises(KeyError):
        kept["ts"]
