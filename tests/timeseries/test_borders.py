"""What series refuse, by which error, and that nothing has changed then; what may be set."""

from fractions import Fraction

import numpy as np
import pytest

from graphnet.errors import GraphnetError, SeriesError, SeriesTypeError
from graphnet.timeseries import TimeSeries, TSContinuous, TSEvent

MASKED = np.ma.masked_array([0.0, 1.0], mask=[False, True])

BAD_TIMES = [
    ([1.0, 0.0], SeriesError, "must not decrease"),
    ([0.0, np.nan], SeriesError, "times\\[1\\] = nan"),
    ([0.0, np.inf], SeriesError, "must be finite"),
    ([0.0, 1j], SeriesTypeError, "complex"),
    ([0.0, None], SeriesTypeError, "object"),
    (["a", "b"], SeriesTypeError, "expected real numbers"),
    (MASKED, SeriesTypeError, "masked array of shape \\(2,\\)"),
    ([[0.0], [1.0, 2.0]], SeriesError, "unequal length"),
]


@pytest.mark.parametrize(("times", "kind", "said"), BAD_TIMES)
def test_times_that_are_none_are_refused(times, kind, said):
    with pytest.raises(kind, match=said):
        TSContinuous(times, [1.0, 2.0])
    with pytest.raises(kind, match=said):
        TimeSeries(times)
    if said != "must not decrease":
        with pytest.raises(kind, match=said):
            TSEvent(times, [0, 1], t_stop=9.0)
    ts = TSContinuous([0.0, 1.0], [1.0, 2.0])
    with pytest.raises(kind, match=said):
        ts.times = times
    assert ts.times.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("samples", "kind", "said"),
    [
        ([1.0], SeriesError, "1 rows for 2 times"),
        ([1j, 2.0], SeriesTypeError, "complex"),
        ([None, 1.0], SeriesTypeError, "object"),
        (MASKED, SeriesTypeError, "masked"),
        (np.zeros((2, 1, 1)), SeriesError, "expected shape"),
    ],
)
def test_samples_that_are_none_are_refused(samples, kind, said):
    with pytest.raises(kind, match=said):
        TSContinuous([0.0, 1.0], samples)
    ts = TSContinuous.from_clocked([1.0, 2.0], 0.1)
    with pytest.raises(kind, match=said):
        ts.samples = samples
    assert ts.samples[:, 0].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("channels", "kind", "said"),
    [
        ([0, -1], SeriesError, "from 0"),
        ([0, 0.5], SeriesError, "channels\\[1\\] = 0.5"),
        ([0, np.nan], SeriesError, "from 0"),
        ([0], SeriesError, "1 channels for 2 times"),
        ([True, False], SeriesTypeError, "booleans"),
        ([0, 2**31], SeriesError, "2\\*\\*31 - 1"),
        ([0, 5], SeriesError, "no room for channel 5"),
        (MASKED, SeriesTypeError, "masked"),
    ],
)
def test_channels_that_are_none_are_refused(channels, kind, said):
    with pytest.raises(kind, match=said):
        TSEvent([0.0, 1.0], channels, t_stop=2.0, num_channels=5)
    ts = TSEvent([0.0, 1.0], [0, 1], t_stop=2.0)
    if "room" not in said:
        with pytest.raises(kind, match=said):
            ts.channels = channels
        assert ts.channels.tolist() == [0, 1]


def test_extents_must_hold_their_samples():
    with pytest.raises(SeriesError, match="cannot start after its first sample"):
        TSContinuous([0.0, 1.0], [1, 2], t_start=0.5)
    with pytest.raises(SeriesError, match="cannot stop before its last sample"):
        TSContinuous([0.0, 1.0], [1, 2], t_stop=0.5)
    with pytest.raises(SeriesError, match="lies before t_start"):
        TSContinuous(t_start=1.0, t_stop=0.0)
    assert TSContinuous([0.0, 1.0], [1, 2], t_start=5e-10, t_stop=1.0 - 5e-10).duration == 1.0
    with pytest.raises(TypeError, match="where it ends"):
        TSEvent([0.0])
    with pytest.raises(SeriesError, match="must lie after the last event"):
        TSEvent([0.0, 1.0], t_stop=1.0)
    for wrong in (np.nan, np.inf):
        with pytest.raises(SeriesError, match="must be finite"):
            TSEvent(t_stop=wrong)
    with pytest.raises(SeriesTypeError, match="number of seconds"):
        TSEvent(t_stop="1")


def test_every_setter_replaces_the_content_or_leaves_it():
    for ts in (
        TSContinuous([0.0, 1.0], [1, 2]),
        TSContinuous.from_clocked([1.0, 2.0], 1.0),
        TSEvent([0.0, 1.0], t_stop=2),
    ):
        before = ts.copy()
        for name, value in (("t_start", 0.5), ("t_stop", 0.5), ("t_start", np.nan), ("times", [0.0]), ("t_stop", "x")):
            with pytest.raises(GraphnetError):
                setattr(ts, name, value)
            assert ts.equals(before)
        ts.t_start, ts.t_stop = -1.0, 3.0
        assert (ts.t_start, ts.t_stop, ts.duration) == (-1.0, 3.0, 4.0)
        assert ts.dt == before.dt
        ts.times = [-2.0, 4.0]
        assert (ts.t_start, ts.dt) == (-2.0, None)
        assert ts.t_stop >= 4.0
        ts.name = None
        assert ts.name == "unnamed"


def test_channels_may_be_set_and_widened():
    ts = TSEvent([0.0, 1.0], [0, 1], t_stop=2.0)
    ts.channels = [4, 0]
    assert ts.num_channels == 5
    ts.num_channels = 7
    assert ts.num_channels == 7
    with pytest.raises(SeriesError, match="no room for channel 4"):
        ts.num_channels = 4
    ts.num_channels = 5


def test_a_t_stop_of_events_lies_after_the_last_of_them():
    ts = TSEvent([0.0, 1.0], t_stop=2.0)
    with pytest.raises(SeriesError, match="after the last event"):
        ts.t_stop = 1.0
    ts.t_stop = 1.0 + 1e-15
    assert ts.t_stop > 1.0


def test_memory_is_shared_read_only_and_isolated_on_request():
    times, samples = np.array([0.0, 1.0]), np.array([[1.0], [2.0]])
    ts = TSContinuous(times, samples)
    assert np.shares_memory(ts.times, times)
    assert np.shares_memory(ts.samples, samples)
    with pytest.raises(ValueError, match="read-only"):
        ts.samples[0] = 5.0
    samples[0] = 9.0  # the caller's array stays the caller's
    assert ts.samples[0, 0] == 9.0
    apart = TSContinuous(times, samples, copy=True), TSContinuous.from_clocked(samples, 0.1, copy=True), ts.copy()
    events = TSEvent(times, np.zeros(2, dtype=np.int32), t_stop=2.0, copy=True)
    samples[0] = times[0] = -1.0
    assert [one.samples[0, 0] for one in apart] == [9.0, 9.0, 9.0]
    assert events.times[0] == 0.0
    for array in (ts.times, ts(0.5), events.times, events.channels, apart[2].samples):
        if array is not None and array.flags.writeable:
            assert not np.shares_memory(array, ts.samples)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.float16, np.float32),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.int16, np.float64),
        (bool, np.float64),
        (">f8", np.float64),
    ],
)
def test_samples_are_float32_or_float64(given, kept):
    ts = TSContinuous.from_clocked(np.ones((3, 2), dtype=given), 0.1)
    assert ts.samples.dtype == kept
    assert ts.samples.dtype.isnative


def test_shapes_are_promoted():
    assert TSContinuous([0, 1], [1, 2]).samples.shape == (2, 1)
    assert TSContinuous([0], [[1, 2]]).samples.shape == (1, 2)
    assert TSContinuous([0, 1, 2], [[1, 2, 3]]).samples.shape == (3, 1)
    assert TSContinuous(num_channels=3).samples.shape == (0, 3)
    assert TSContinuous.from_clocked(5.0, 0.1).samples.shape == (1, 1)
    for nothing in (None, []):
        with pytest.raises(TypeError, match="from_clocked needs"):
            TSContinuous.from_clocked(nothing, 0.1)


@pytest.mark.parametrize("dt", [0.0, -0.1, np.nan, np.inf, "1", True, None, Fraction(-1)])
def test_a_step_must_be_positive(dt):
    with pytest.raises(ValueError, match="dt must be"):
        TSContinuous.from_clocked([1.0], dt)
    with pytest.raises(ValueError, match="dt must be"):
        TSEvent(t_stop=1.0).raster(dt)
    with pytest.raises(ValueError, match="dt must be"):
        TSContinuous.from_clocked([1.0], 1.0).sample_steps(0, 1, dt)


def test_equality_is_of_content_type_and_settings():
    ts = TSContinuous.from_clocked([1.0, np.nan], 0.1)
    assert ts.equals(ts.copy())
    for other in (
        TSContinuous.from_clocked(np.array([1, np.nan], dtype=np.float32), 0.1),
        TSContinuous(ts.times, ts.samples, t_stop=ts.t_stop),
        TSContinuous.from_clocked([1.0, np.nan], 0.1, units="V"),
        TSContinuous.from_clocked([1.0, np.nan], 0.1, name="x"),
        TSContinuous.from_clocked([1.0, 2.0], 0.1),
        TSEvent(),
        None,
    ):
        assert not ts.equals(other)
    assert ts != ts.copy()  # two objects, as ever
