"""Round trips through the data types of other packages, against the packages themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.errors import SeriesError, SeriesTypeError
from graphnet.timeseries import TSContinuous, TSEvent

DTS = st.sampled_from([0.1, 1e-3, 1 / 44100, 0.25])


@st.composite
def signals(draw, clocked=None):
    rows = draw(st.integers(1, 9))
    samples = np.sin(np.arange(rows * 2, dtype=draw(st.sampled_from([np.float32, np.float64])))).reshape(rows, 2)
    about = {"units": draw(st.sampled_from([None, "mV", "flops per fortnight"])), "name": "s", "interp_kind": "linear"}
    if draw(st.booleans()) if clocked is None else clocked:
        return TSContinuous.from_clocked(samples, draw(DTS), draw(st.integers(-9, 9)) * 0.5, **about)
    return TSContinuous(np.arange(rows) ** 2 / 7, samples, **about)


@st.composite
def trains(draw):
    times = draw(st.lists(st.floats(0.0, 1.0), max_size=20))
    channels = draw(st.lists(st.integers(0, 3), min_size=len(times), max_size=len(times)))
    # packages keep events of one time in their own order: none here
    times, index = np.unique(times, return_index=True)
    return TSEvent(times, np.array(channels, dtype=int)[index], t_start=-0.5, t_stop=1.5, num_channels=4, name="e")


@given(ts=signals(), periodic=st.booleans())
def test_xarray_gives_a_signal_back(ts, periodic):
    ts.periodic = periodic
    array = ts.to_xarray()
    assert array.dims == ("time", "channel")
    assert array.attrs.get("dt") == ts.dt
    assert array.attrs.get("units") == ts.units
    assert TSContinuous.from_xarray(array).equals(ts)
    assert TSContinuous.from_xarray(array.transpose()).equals(ts)
    np.testing.assert_array_equal(array.sel(channel=1).values, ts.samples[:, 1])


@given(ts=signals(), periodic=st.booleans())
def test_pandas_gives_a_signal_back(ts, periodic):
    ts.periodic = periodic
    frame = ts.to_pandas()
    assert frame.index.name == "time"
    assert TSContinuous.from_pandas(frame).equals(ts)
    np.testing.assert_array_equal(frame[1].to_numpy(), ts.samples[:, 1])


@given(ts=trains())
def test_pandas_gives_events_back(ts):
    frame = ts.to_pandas()
    assert list(frame.columns) == ["time", "channel"]
    assert TSEvent.from_pandas(frame).equals(ts)


def test_dates_and_spans_of_time_become_seconds():
    import pandas
    import xarray

    days = pandas.date_range("2024-01-01", periods=3, freq="250ms")
    ts = TSContinuous.from_pandas(pandas.Series([1.0, 2.0, 3.0], index=days))
    assert ts.times.tolist() == [0.0, 0.25, 0.5]
    spans = xarray.DataArray([1.0, 2.0], dims="time", coords={"time": np.array([500, 1500], dtype="timedelta64[ms]")})
    assert TSContinuous.from_xarray(spans).times.tolist() == [0.5, 1.5]
    with pytest.raises(SeriesError, match="expected a dim time"):
        TSContinuous.from_xarray(xarray.DataArray([1.0], dims="x"))


def test_a_dt_that_the_times_do_not_follow_is_refused():
    array = TSContinuous.from_clocked([1.0, 2.0, 3.0], 0.1).to_xarray()
    with pytest.raises(SeriesError, match=r"not on a clock of 0\.1"):
        TSContinuous.from_xarray(array.isel(time=[0, 2]))
    del array.attrs["dt"]
    assert TSContinuous.from_xarray(array).dt is None


@given(
    counts=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=9),
    dt=DTS,
    start=st.sampled_from([0.0, 0.37, -2.0, 1 / 3]),
    longer=st.sampled_from([0.0, 0.4]),
)
def test_events_amid_their_steps_keep_place_and_clock_in_tables(counts, dt, start, longer, tmp_path_factory):
    """Where an event lies is the middle of its bin by default: no way out and back may move it to the start."""
    ts = TSEvent.from_raster(counts, dt, start)
    ts.t_stop = ts.t_stop + longer * dt
    assert TSEvent.from_pandas(ts.to_pandas()).equals(ts)
    file = tmp_path_factory.mktemp("csv") / "events.csv"
    ts.to_csv(file)
    assert TSEvent.from_csv(file).equals(ts)


def test_a_dt_that_events_do_not_follow_moves_none(tmp_path):
    """A comment of a file may say what it will: events stay where their lines put them."""
    (tmp_path / "events.csv").write_text('# {"dt": 0.1, "t_start": 0, "t_stop": 1}\ntime,channel\n0.25,0\n')
    ts = TSEvent.from_csv(tmp_path / "events.csv")
    assert (ts.times.tolist(), ts.dt, ts.t_stop) == ([0.25], None, 1.0)


@given(ts=signals())
def test_neo_keeps_an_extent_beyond_the_samples(ts):
    ts.t_start, ts.t_stop = ts.t_start - 1.5, ts.t_stop + 2.5
    assert TSContinuous.from_neo(ts.to_neo()).equals(ts)


@given(ts=signals(), periodic=st.booleans())
def test_neo_gives_a_signal_back(ts, periodic):
    import neo

    ts.periodic = periodic
    signal = ts.to_neo()
    assert isinstance(signal, neo.IrregularlySampledSignal if ts.dt is None else neo.AnalogSignal)
    assert signal.t_start.rescale("s").item() == pytest.approx(ts.t_start)
    assert TSContinuous.from_neo(signal).equals(ts)
    if ts.units == "mV":
        assert signal.dimensionality.string == "mV"


@given(ts=trains())
def test_neo_gives_events_back(ts):
    several = ts.to_neo()
    assert [len(train) for train in several] == [int((ts.channels == j).sum()) for j in range(4)]
    assert TSEvent.from_neo(several).equals(ts)


def test_neo_signals_of_others_are_read():
    import neo
    import quantities as pq

    ts = TSContinuous.from_neo(neo.AnalogSignal([[1.0], [2.0]] * pq.uV, sampling_rate=2 * pq.kHz, t_start=10 * pq.ms))
    assert (ts.dt, ts.t_start, ts.units) == (0.0005, 0.01, "uV")
    train = neo.SpikeTrain([1.0, 3.0] * pq.ms, t_stop=3 * pq.ms)  # Neo lets an event lie at t_stop
    assert TSEvent.from_neo([train]).times.tolist() == [0.001, 0.003]
    assert TSEvent.from_neo([]).isempty()
    with pytest.raises(SeriesTypeError, match="expected a neo signal"):
        TSContinuous.from_neo(train)


@given(ts=signals(clocked=True))
def test_nir_gives_a_signal_back(ts, tmp_path_factory):
    import nir

    data = ts.to_nir()
    assert data.shape == (1, len(ts), 2)
    path = tmp_path_factory.mktemp("nir") / "data.nir"
    nir.write_data(path, nir.NIRGraphData({"a": nir.NIRNodeData({"v": data})}))
    back = nir.read_data(path).nodes["a"].observables["v"]
    again = TSContinuous.from_nir(back, t_start=ts.t_start)
    np.testing.assert_array_equal(again.samples, ts.samples)
    assert (again.dt, again.t_start, again.t_stop) == (ts.dt, ts.t_start, ts.t_stop)


@given(ts=trains())
def test_nir_gives_events_back(ts):
    data = ts.to_nir()
    assert (data.n_neurons, data.t_max) == (4, 2.0)
    back = TSEvent.from_nir(data, t_start=-0.5)
    np.testing.assert_allclose(back.times, ts.times, atol=1e-15)
    np.testing.assert_array_equal(back.channels, ts.channels)
    assert (back.t_start, back.t_stop, back.num_channels) == (ts.t_start, ts.t_stop, 4)


def test_nir_pads_events_and_grids_them():
    import nir

    data = nir.EventData(np.array([[1, -1]]), np.array([[0.5, np.inf]]), 2, 1.0)
    assert list(TSEvent.from_nir(data)) == [(0.5, 1)]
    grid = nir.TimeGriddedData(np.array([[[True, False], [False, True]]]), 0.1)
    assert list(TSEvent.from_nir(grid)) == [(0.0, 0), (0.1, 1)]
    with pytest.raises(SeriesError, match="clocked"):
        TSContinuous([0.0, 1.0], [1, 2]).to_nir()
    with pytest.raises(SeriesTypeError, match="expected nir"):
        TSContinuous.from_nir(data)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", [1, 8000, 44100])
def test_wav_gives_a_signal_back(tmp_path, dtype, rate):
    ts = TSContinuous.from_clocked(np.sin(np.arange(20, dtype=dtype)).reshape(10, 2), 1 / rate)
    ts.to_wav(tmp_path / "s.wav")
    assert TSContinuous.from_wav(tmp_path / "s.wav").equals(ts)


def test_wav_of_whole_numbers_goes_from_minus_one_to_one(tmp_path):
    from scipy.io import wavfile

    for dtype, low, high in ((np.int16, -(2**15), 2**15 - 1), (np.uint8, 0, 255), (np.int32, -(2**31), 2**31 - 1)):
        wavfile.write(tmp_path / "s.wav", 10, np.array([low, high], dtype=dtype))
        np.testing.assert_allclose(TSContinuous.from_wav(tmp_path / "s.wav").samples[:, 0], [-1.0, 1.0], atol=0.01)
    with pytest.raises(SeriesError, match="whole number of samples a second"):
        TSContinuous.from_clocked([1.0], 0.3).to_wav(tmp_path / "s.wav")


@given(ts=trains())
def test_csv_gives_events_back(ts, tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "e.csv"
    ts.to_csv(path)
    assert TSEvent.from_csv(path).equals(ts)


@given(counts=st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=2), min_size=1, max_size=9), dt=DTS)
def test_csv_keeps_a_clock(counts, dt, tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "e.csv"
    ts = TSEvent.from_raster(counts, dt, spikes_at_bin_start=True, name="e")
    ts.to_csv(path)
    assert TSEvent.from_csv(path).equals(ts)


def test_plain_csv_is_read_and_wrong_lines_are_named(tmp_path):
    path = tmp_path / "e.csv"
    path.write_text("# by hand\ntime,channel\n0.5,1\n\n0.25,0\n")
    ts = TSEvent.from_csv(path, t_stop=2.0, num_channels=3)
    assert (list(ts), ts.t_stop, ts.num_channels) == ([(0.25, 0), (0.5, 1)], 2.0, 3)
    path.write_text("0.5,1\n0.7,x\n")
    with pytest.raises(SeriesError, match=r"e\.csv:2: expected a time and a channel"):
        TSEvent.from_csv(path)
