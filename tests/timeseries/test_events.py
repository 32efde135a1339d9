"""Events: binning, tables, windows, joining, against lists of (time, channel)."""

import math
import warnings
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.blocks import sort_events
from graphnet.errors import ChannelError, SeriesError, SeriesTypeError
from graphnet.timeseries import TSContinuous, TSEvent

DTS = st.sampled_from([Fraction(1, 10), Fraction(1, 1000), Fraction(3, 2000), Fraction(1, 44100), Fraction(1, 3)])
WAYS = st.sampled_from(
    [lambda k: k * 0.1, lambda k: float(f"{k / 10:.1f}"), lambda k: float(np.sum([0.1] * k)) if k else 0.0]
)


@st.composite
def clocked(draw, dts=DTS):
    dt = draw(dts)
    start, count = draw(st.integers(-20, 20)), draw(st.integers(1, 30))
    several = draw(st.lists(st.tuples(st.integers(start, start + count - 1), st.integers(0, 3)), max_size=25))
    step = np.array([one[0] for one in several], dtype=np.int64)
    channel = np.array([one[1] for one in several], dtype=np.int32)
    return TSEvent.from_steps(*sort_events(step, channel), dt, 4, start, count)


@st.composite
def timed(draw):
    several = draw(st.lists(st.tuples(st.integers(0, 30), WAYS, st.integers(0, 3)), max_size=25))
    times = [way(k) for k, way, _ in several]
    return TSEvent(times, [one[2] for one in several], t_start=0.0, t_stop=3.1, num_channels=4), [
        (k, channel) for k, _, channel in several
    ]


def exact_events(ts):
    content = ts._content
    return [
        (content.grid.origin + int(k) * content.grid.dt, int(c))
        for k, c in zip(content.steps, content.channels, strict=True)
    ]


def repeated(ts, low, high):
    """The events of a periodic series in [low, high), period by period."""
    period, begin = Fraction(ts._content.duration), Fraction(ts._content.t_start)
    turns = range(math.floor((low - begin) / period) - 1, math.ceil((high - begin) / period) + 2)
    return sorted(
        (t + turn * period, c) for turn in turns for t, c in exact_events(ts) if low <= t + turn * period < high
    )


# --- on steps --------------------------------------------------------------------------------------------------------


@given(ts=clocked(), dt=DTS, start=st.integers(-40, 40), count=st.integers(0, 60), periodic=st.booleans())
def test_event_steps_are_the_floor_of_exact_times(ts, dt, start, count, periodic):
    ts.periodic = periodic
    events = repeated(ts, start * dt, (start + count) * dt) if periodic else exact_events(ts)
    expected = sorted((math.floor(t / dt), c) for t, c in events if start <= math.floor(t / dt) < start + count)
    found = ts.event_steps(start, count, dt)
    assert list(zip(found.step.tolist(), found.channel.tolist(), strict=True)) == expected
    assert (found.step.dtype, found.channel.dtype) == (np.int64, np.int32)


@given(ts=clocked())
def test_on_its_own_grid_events_cost_no_copy(ts):
    first, last = ts._content.t_start / ts.exact_dt, ts._content.t_stop / ts.exact_dt
    found = ts.event_steps(int(first), int(last - first), ts.exact_dt)
    assert found.count == len(ts)
    assert len(ts) == 0 or np.shares_memory(found.step, ts._content.steps)


@given(made=timed(), start=st.integers(-5, 35), count=st.integers(0, 40))
def test_timed_events_fall_in_the_step_that_they_mean(made, start, count):
    ts, meant = made
    found = ts.event_steps(start, count, 0.1)
    expected = sorted(one for one in meant if start <= one[0] < start + count)
    assert list(zip(found.step.tolist(), found.channel.tolist(), strict=True)) == expected


@given(made=timed(), start=st.integers(-100, 100), count=st.integers(0, 90))
def test_timed_periodic_events_come_again_in_every_period(made, start, count):
    ts, meant = made
    ts.periodic = True
    found = ts.event_steps(start, count, 0.1)
    turns = range(-5, 8)
    expected = sorted((k + 31 * turn, c) for turn in turns for k, c in meant if start <= k + 31 * turn < start + count)
    assert list(zip(found.step.tolist(), found.channel.tolist(), strict=True)) == expected


@given(ts=clocked(), dt=DTS, cut=st.integers(0, 60))
def test_blocks_of_events_are_the_whole(ts, dt, cut):
    start, count = math.floor(ts._content.t_start / dt), 60
    whole = ts.event_steps(start, count, dt)
    parts = ts.event_steps(start, cut, dt), ts.event_steps(start + cut, count - cut, dt)
    for name in ("step", "channel"):
        np.testing.assert_array_equal(np.concatenate([getattr(one, name) for one in parts]), getattr(whole, name))


@given(ts=clocked(), dt=DTS, start=st.integers(-40, 40), count=st.integers(1, 40))
def test_events_cover_their_extent(ts, dt, start, count):
    inside = ts._content.t_start <= start * dt and (start + count) * dt <= ts._content.t_stop
    assert ts.covers(start, start + count, dt) == inside


# --- tables ----------------------------------------------------------------------------------------------------------


@given(made=timed(), first=st.integers(0, 10), rows=st.integers(0, 30), way=WAYS)
def test_raster_has_the_rows_asked_for_and_counts_every_event_in_its_bin(made, first, rows, way):
    ts, meant = made
    table = ts.raster(0.1, t_start=way(first), num_timesteps=rows, add_events=True)
    expected = Counter((k - first, c) for k, c in meant if first <= k < first + rows)
    assert table.shape == (rows, 4)
    assert {(k, c): n for (k, c), n in np.ndenumerate(table) if n} == dict(expected)
    np.testing.assert_array_equal(ts.raster(0.1, way(first), num_timesteps=rows), table > 0)
    np.testing.assert_array_equal(list(ts.xraster(0.1, way(first), num_timesteps=rows, add_events=True)), list(table))


@given(ts=clocked(), dt=DTS, first=st.integers(-30, 30), rows=st.integers(0, 40), periodic=st.booleans())
def test_rasters_of_clocked_events_are_floors_of_exact_times(ts, dt, first, rows, periodic):
    ts.periodic = periodic
    origin = first * ts.exact_dt
    events = repeated(ts, origin, origin + rows * dt) if periodic else exact_events(ts)
    expected = Counter((math.floor((t - origin) / dt), c) for t, c in events)
    table = ts.raster(dt, t_start=origin, num_timesteps=rows, add_events=True)
    found = {(k, c): n for (k, c), n in np.ndenumerate(table) if n}
    assert found == {one: n for one, n in expected.items() if 0 <= one[0] < rows}


@given(k=st.integers(0, 5000), way=WAYS)
def test_k_steps_make_k_bins(k, way):
    assert len(TSEvent(t_start=0.0, t_stop=way(k)).raster(0.1)) == k
    assert len(TSEvent(t_start=0.0, t_stop=5000.0).raster(0.1, 0.0, way(k))) == k


@given(start=st.integers(0, 3000), k=st.integers(0, 300), dt=st.sampled_from([0.1, 0.001, 1 / 44100, 0.3]))
def test_windows_anywhere_have_as_many_bins_as_steps(start, k, dt):
    ts = TSEvent(t_start=0.0, t_stop=10_000.0)
    assert len(ts.raster(dt, start * dt, (start + k) * dt)) == k


@given(k=st.integers(1, 100_000))
def test_just_below_an_edge_is_the_bin_below(k):
    times = [(k - 0.001) * 0.1, k * 0.1, float(np.cumsum(np.full(k, 0.1))[-1])]
    ts = TSEvent(times, 0, t_start=0.0, t_stop=10_001.0)
    table = ts.raster(0.1, (k - 1) * 0.1, num_timesteps=2, add_events=True)
    assert table[:, 0].tolist() == [1, 2]
    assert ts.event_steps(k - 1, 2, 0.1).step.tolist() == [k - 1, k, k]


@given(
    counts=st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=12),
    dt=st.sampled_from([0.1, 1e-3, 1 / 44100, 1.0]),
    start=st.integers(-50, 50),
    at_start=st.booleans(),
)
def test_raster_to_events_to_raster_keeps_every_count(counts, dt, start, at_start):
    ts = TSEvent.from_raster(counts, dt, start * dt, spikes_at_bin_start=at_start)
    np.testing.assert_array_equal(ts.raster(dt, add_events=True), counts)
    np.testing.assert_array_equal(
        TSEvent(ts.times, ts.channels, t_start=ts.t_start, t_stop=ts.t_stop, num_channels=3).raster(
            dt, add_events=True
        ),
        counts,
    )
    assert ts.t_stop == float((start + len(counts)) * Fraction(ts.exact_dt))
    offsets = (ts.times - ts.t_start) / dt % 1.0
    np.testing.assert_allclose((offsets + 0.25) % 1.0, 0.25 if at_start else 0.75, atol=1e-6)


def test_a_raster_of_one_channel_keeps_its_shape():
    ts = TSEvent.from_raster(np.array([[1], [0], [2]]), 0.1)
    assert (ts.num_channels, len(ts), ts.t_stop) == (1, 3, 0.3)
    assert TSEvent.from_raster([True, False, True]).raster(1.0).tolist() == [[True], [False], [True]]
    assert TSEvent.from_raster(np.zeros((4, 0))).num_channels == 0
    for wrong in ([[0.5]], [[-1]], [[np.nan]], np.zeros((1, 1, 1)), [["a"]]):
        with pytest.raises(SeriesError, match="raster"):
            TSEvent.from_raster(wrong)


def test_raster_columns_are_the_channels_asked_for():
    ts = TSEvent([0.0, 0.1, 0.2], [0, 1, 2], t_stop=0.3, num_channels=4)
    assert ts.raster(0.1, channels=[2, 1]).astype(int).tolist() == [[0, 0], [0, 1], [1, 0]]
    with pytest.warns(UserWarning, match="no channel 9 among 4"):
        assert ts.raster(0.1, channels=[9, 0]).astype(int).tolist() == [[0, 1], [0, 0], [0, 0]]
    with pytest.raises(SeriesError, match="both say where it ends"):
        ts.raster(0.1, t_stop=0.2, num_timesteps=2)
    with pytest.raises(ValueError, match="dt must be positive"):
        ts.raster(0.0)


def test_a_hidden_repetition_is_noted_in_the_log(caplog):
    ts = TSEvent([0.0, 0.0], [0, 0], t_stop=0.1)
    with caplog.at_level("INFO", logger="graphnet"):
        assert ts.raster(0.1).tolist() == [[True]]
    assert "several events" in caplog.text


def test_three_hundred_events_in_a_bin_are_neither_lost_nor_wrapped():
    ts = TSEvent(np.zeros(300), 0, t_start=0.0, t_stop=0.1)
    assert ts.raster(0.1, add_events=True)[0, 0] == 300
    assert ts.raster(0.1).tolist() == [[True]]


@given(made=timed())
def test_on_a_clock_events_are_at_the_starts_of_their_steps(made):
    ts, meant = made
    clock = ts.to_clocked(0.1)
    assert exact_events(clock) == sorted((Fraction(k, 10), c) for k, c in meant)
    assert (clock.t_start, clock.t_stop) == (0.0, 3.1)


def test_a_step_longer_than_the_extent_loses_no_event():
    clock = TSEvent([0.5], [2], t_start=0.0, t_stop=1.0).to_clocked(1e9)
    assert (list(clock), clock.t_stop) == ([(0.0, 2)], 1e9)


# --- parts -----------------------------------------------------------------------------------------------------------


@given(
    ts=st.one_of(clocked(st.just(Fraction(1, 10))), timed().map(lambda made: made[0])),
    low=st.integers(-30, 60),
    high=st.integers(-30, 60),
    channels=st.none() | st.lists(st.integers(0, 3)),
)
def test_a_window_holds_the_events_from_its_start_to_before_its_end(ts, low, high, channels):
    low, high = low / 10 + 0.05, high / 10 + 0.05
    times, ids = ts(high, low, channels)
    low, high = min(low, high), max(low, high)
    expected = [(t, c) for t, c in ts if low <= t < high and (channels is None or c in channels)]
    assert list(zip(times.tolist(), ids.tolist(), strict=True)) == expected
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        cut = ts.clip(low, high, channels)
    assert list(cut) == expected
    assert (cut.t_start, cut.t_stop, cut.num_channels) == (pytest.approx(low), pytest.approx(high), 4)


@given(k=st.integers(0, 30), way=WAYS)
def test_bounds_of_a_clocked_window_mean_steps(k, way):
    ts = TSEvent.from_raster(np.ones((31, 1)), 0.1, spikes_at_bin_start=True)
    assert len(ts(way(k), 10.0)[0]) == 31 - k
    assert len(ts(0.0, way(k))[0]) == k


@given(ts=clocked(), low=st.integers(-100, 100), length=st.integers(1, 90))
def test_a_part_of_a_periodic_train_holds_its_repetitions(ts, low, length):
    ts.periodic = True
    low, high = low * ts.exact_dt, (low + length) * ts.exact_dt
    cut = ts.clip(low, high)
    assert exact_events(cut) == repeated(ts, low, high)
    times, channels = ts(low, high)
    np.testing.assert_array_equal(times, cut.times)
    np.testing.assert_array_equal(channels, cut.channels)
    assert not cut.periodic or cut.equals(ts)


def test_channels_are_picked_renumbered_and_refused():
    ts = TSEvent([0.1, 0.2, 0.3], [0, 3, 5], t_stop=1.0, num_channels=7)
    assert ts.clip(channels=[5, 0, 5]).channels.tolist() == [0, 5]
    few = ts.clip(channels=[5, 3], remap_channels=True)
    assert (few.channels.tolist(), few.num_channels) == ([0, 1], 2)
    assert ts(channels=[])[0].tolist() == []
    with pytest.raises(ChannelError, match="no channel -1 among 7"):
        ts(channels=[0, -1])
    for act in (lambda: ts(channels=[7]), lambda: ts.clip(channels=7)):
        with pytest.raises(ChannelError, match="no channel 7 among 7"):
            act()
    assert ts.remap_channels([1, 0, 0, 2, 0, 0, 0]).channels.tolist() == [1, 2, 0]
    with pytest.raises(SeriesError, match="3 entries for 7 channels"):
        ts.remap_channels([0, 1, 2])


def test_events_are_picked_by_position():
    ts = TSEvent([0.1, 0.2, 0.3], [0, 1, 2], t_stop=1.0)
    assert ts[1].times.tolist() == [0.2]
    assert ts[-1:].channels.tolist() == [2]
    assert ts[[2, 0]].channels.tolist() == [0, 2]
    assert ts[::-1].times.tolist() == [0.1, 0.2, 0.3]
    assert ts[ts.times > 0.15].num_channels == 3
    assert (ts[1:].t_start, ts[1:].t_stop) == (0.1, 1.0)
    assert len(ts[[]]) == 0
    for wrong in (3, [0, 7], "a"):
        with pytest.raises(ChannelError, match="no such events among 3"):
            _ = ts[wrong]


# --- joining ---------------------------------------------------------------------------------------------------------


@given(one=clocked(), two=clocked(), unique=st.booleans())
def test_merged_trains_hold_the_events_of_both(one, two, unique):
    merged = one.merge(two, remove_duplicates=unique)
    expected = exact_events(one) + exact_events(two)
    assert exact_events(merged) == sorted(set(expected) if unique else expected)
    assert merged._content.t_start == min(one._content.t_start, two._content.t_start)
    assert merged._content.t_stop == max(one._content.t_stop, two._content.t_stop)


@given(one=timed(), two=timed(), unique=st.booleans())
def test_merged_timed_trains_keep_the_order_of_equal_times(one, two, unique):
    one, two = one[0], two[0]
    merged = one.merge(two, remove_duplicates=unique)
    expected = sorted([*one, *two], key=lambda event: event[0])
    if unique:
        expected = list(dict.fromkeys(expected))
    assert list(merged) == expected


@given(one=clocked(), two=clocked())
def test_appended_trains_follow_one_another(one, two):
    joined = one.append_t([two, one])
    second = one._content.t_stop - two._content.t_start
    third = second + two._content.t_stop - one._content.t_start
    expected = (
        exact_events(one)
        + [(t + second, c) for t, c in exact_events(two)]
        + [(t + third, c) for t, c in exact_events(one)]
    )
    assert exact_events(joined) == sorted(expected)
    assert joined._content.t_stop == third + one._content.t_stop
    assert TSEvent.concatenate_t([one, two, one]).equals(joined)


@given(one=clocked(), two=timed())
def test_appended_channels_are_numbered_on(one, two):
    joined = one.append_c([two[0], one])
    assert joined.num_channels == 12
    for channel, ts in ((0, one), (4, two[0]), (8, one)):
        part = joined.clip(channels=range(channel, channel + 4))
        assert sorted(zip(part.times, part.channels - channel, strict=True)) == sorted(ts)


def test_offsets_and_delays():
    ts = TSEvent([0.5], [0], t_start=0.0, t_stop=1.0)
    assert ts.append_t(ts, offset=0.25).times.tolist() == [0.5, 1.75]
    assert ts.append_t([ts, ts], offset=[1.0, 2.0]).times.tolist() == [0.5, 2.5, 5.5]
    assert ts.merge(ts, delay=0.25).times.tolist() == [0.5, 0.75]
    assert len(ts.merge(ts, remove_duplicates=True)) == 1
    with pytest.raises(SeriesTypeError, match="expected TSEvent, got TSContinuous"):
        ts.merge(TSContinuous([0.0], [1.0]))


@given(ts=clocked())
def test_in_place_variants_of_events_do_what_the_others_return(ts):
    acts = [
        lambda one, inplace: one.clip(channels=[0, 1], remap_channels=True, inplace=inplace),
        lambda one, inplace: one.clip(one.t_start, one.t_start + one.duration / 2, inplace=inplace),
        lambda one, inplace: one.remap_channels([3, 2, 1, 0], inplace=inplace),
        lambda one, inplace: one.merge(one.delay(0.05), inplace=inplace),
        lambda one, inplace: one.append_c(one, inplace=inplace),
        lambda one, inplace: one.append_t(one, inplace=inplace),
        lambda one, inplace: one.start_at_zero(inplace=inplace),
    ]
    for act in acts:
        mine = ts.copy()
        assert act(mine, True) is mine
        assert mine.equals(act(ts, False))


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(0, 9)), max_size=30))
def test_unsorted_events_are_sorted_stably(events):
    ts = TSEvent([one[0] for one in events], [one[1] for one in events], t_start=-1e6, t_stop=2e6)
    assert list(ts) == sorted(events, key=lambda one: one[0])


@given(made=timed(), offset=st.floats(-1e9, 1e9))
def test_moved_events_stay_within_their_extent(made, offset):
    late = made[0].delay(offset)
    assert late.isempty() or (late.t_start <= late.times[0] and late.times[-1] < late.t_stop)
