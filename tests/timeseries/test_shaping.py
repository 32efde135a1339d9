"""Cutting signals, joining them, moving them: against lists of (time, value)."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.errors import ChannelError, SeriesError, SeriesTypeError
from graphnet.timeseries import TimeSeries, TSContinuous, TSEvent

SOME = st.integers(1, 15)
TENTHS = st.integers(0, 40)


@st.composite
def signals(draw, clocked=None, rows=SOME, channels=2):
    count = draw(rows)
    samples = draw(st.integers(-99, 99)) + np.arange(float(count * channels)).reshape(count, channels)
    if draw(st.booleans()) if clocked is None else clocked:
        return TSContinuous.from_clocked(samples, 0.1, draw(TENTHS) / 10)
    stamps = np.sort(draw(st.lists(TENTHS, min_size=count, max_size=count)))
    return TSContinuous(stamps / 10, samples, t_stop=stamps[-1] / 10 + draw(st.integers(0, 9)) / 10)


def pairs(ts):
    return [(round(t * 1e6), *row) for t, row in ts]


@given(ts=signals(), low=TENTHS, high=TENTHS)
def test_a_slice_holds_the_samples_from_start_to_before_stop(ts, low, high):
    low, high = min(low, high), max(low, high)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        cut = ts[low / 10 : high / 10]
    assert pairs(cut) == [one for one in pairs(ts) if low * 100_000 <= one[0] < high * 100_000]
    if ts.dt is None:  # whose end may lie beside the tenth that it means
        assert (cut.t_start, cut.t_stop) == (pytest.approx(low / 10), pytest.approx(high / 10))
    else:
        assert (cut.t_start, cut.t_stop) == (low / 10, high / 10)
    assert cut.dt == ts.dt
    assert len(cut) == 0 or np.shares_memory(cut.samples, ts.samples)


@given(ts=signals(), low=st.floats(0, 1), high=st.floats(0, 1), inside=st.booleans(), stop=st.booleans())
def test_clip_reads_as_the_series_did_between_its_bounds(ts, low, high, inside, stop):
    first = float(ts._content.first)
    span = ts.t_stop - first
    low, high = first + span * min(low, high), first + span * max(low, high)
    cut = ts.clip(high, low, include_stop=stop, sample_limits=inside)
    assert abs(cut.t_start - low) < 1e-6
    assert abs(cut.t_stop - high) < 1e-6
    for t, row in cut:
        np.testing.assert_array_equal(row, ts(t)[0] if (ts.times == t).sum() < 2 else row)
    if inside:
        assert cut._content.first == cut._content.t_start
        assert cut.t_stop == float(cut._content.last) or not stop
    kept = [t for t in ts.times if low + 1e-6 < t < high - 1e-6]
    np.testing.assert_allclose([t for t in cut.times if low + 1e-6 < t < high - 1e-6], kept)


def test_clip_on_the_grid_copies_nothing_and_stays_clocked():
    ts = TSContinuous.from_clocked(np.arange(100.0), 0.01)
    cut = ts.clip(0.1 + 0.2, 0.7)
    assert (cut.dt, len(cut), cut.t_stop) == (0.01, 41, 0.7)
    assert np.shares_memory(cut.samples, ts.samples)
    assert len(ts.clip(0.1, 0.2, include_stop=False)) == 10


def test_clip_picks_channels_and_refuses_those_that_are_not_there():
    ts = TSContinuous.from_clocked(np.arange(6.0).reshape(2, 3), 0.1)
    np.testing.assert_array_equal(ts.clip(channels=[2, 0]).samples, [[2, 0], [5, 3]])
    np.testing.assert_array_equal(ts[:, 1].samples, [[1], [4]])
    np.testing.assert_array_equal(ts[:, ::-1].samples, ts.samples[:, ::-1])
    for channels in (3, [0, 7], [True]):
        with pytest.raises(ChannelError, match="channel"):
            ts.clip(channels=channels)
    with pytest.raises(IndexError, match="at most two"):
        ts[0, 1, 2]


def test_clip_beyond_the_series_warns_and_keeps_the_bounds():
    ts = TSContinuous.from_clocked([1.0, 2.0], 0.5)
    with pytest.warns(UserWarning, match="reaches beyond"):
        cut = ts.clip(-1.0, 3.0)
    assert (cut.t_start, cut.t_stop, len(cut)) == (-1.0, 3.0, 2)


@given(periods=st.integers(1, 4), low=st.integers(-30, 30), length=st.integers(1, 60), clocked=st.booleans())
def test_a_part_of_a_periodic_signal_is_what_it_reads_there_and_no_longer_periodic(periods, low, length, clocked):
    if clocked:
        ts = TSContinuous.from_clocked(np.arange(5.0 * periods), 0.1, 0.2, periodic=True)
    else:
        ts = TSContinuous(np.arange(5 * periods) / 10, np.arange(5.0 * periods), t_stop=0.5 * periods, periodic=True)
    cut = ts.clip(low / 10, (low + length) / 10)
    assert (cut.t_start, cut.t_stop) == (low / 10, (low + length) / 10)
    assert not cut.periodic or (cut.t_start, cut.t_stop) == (ts.t_start, ts.t_stop)
    assert cut.dt == ts.dt
    expected = ts.sample_steps(low, length + 1, 0.1)
    np.testing.assert_array_equal(cut.sample_steps(low, length + 1, 0.1), expected)


def test_a_strided_slice_samples_on_a_clock():
    ts = TSContinuous.from_clocked(np.arange(10.0), 0.1)
    assert ts[0.2:0.8:0.2].samples[:, 0].tolist() == [2, 4, 6]
    assert ts[0.2:0.8:-0.2].samples[:, 0].tolist() == [6, 4, 2]
    assert ts[::0.5].samples[:, 0].tolist() == [0, 5]
    assert ts[::0.1].equals(ts)
    assert ts[-1.0:0.35:0.1].samples[:, 0].tolist() == [0, 1, 2, 3]
    assert ts[[0.15, 0.85]].samples[:, 0].tolist() == [1, 8]
    assert ts[0.85].samples[:, 0].tolist() == [8]


@given(ts=signals(), data=st.data())
def test_resample_is_reading_at_times_which_become_the_extent(ts, data):
    low, high = float(ts._content.first), ts.t_stop
    times = np.sort(data.draw(st.lists(st.floats(low, high), min_size=1, max_size=9)))
    new = ts.resample(times, channels=[1])
    np.testing.assert_array_equal(new.samples, ts(times)[:, [1]])
    assert (new.t_start, new.t_stop, new.dt) == (times[0], times[-1], None)
    with pytest.raises(IndexError):
        ts.resample(times, channels=2)


@given(several=st.lists(signals(), min_size=1, max_size=4), unique=st.booleans())
def test_merge_interleaves_stably_and_the_first_series_wins(several, unique):
    merged = several[0].merge(several[1:], remove_duplicates=unique)
    seen, expected = set(), []
    for ts in several:
        mine = pairs(ts)
        expected += [one for one in mine if not unique or one[0] not in seen]
        seen |= {one[0] for one in mine}
    # stamps that differ in the last bit are different times where not all series are clocked
    if len({ts.dt for ts in several}) == 1:
        assert pairs(merged) == sorted(expected, key=lambda one: one[0])
    assert merged.t_start == min(ts.t_start for ts in several)
    assert merged.t_stop == max(ts.t_stop for ts in several)


def test_merging_two_halves_of_a_clocked_signal_gives_the_clocked_signal():
    ts = TSContinuous.from_clocked(np.arange(20.0), 0.1)
    assert ts[1.0:].merge(ts[:1.0]).equals(ts)
    assert ts.clip(0.0, 1.2).merge(ts[0.7:]).equals(ts)


def test_merge_of_many_samples_is_not_quadratic():
    n = 200_000
    a = TSContinuous(np.arange(n) * 2.0, np.zeros(n))
    b = TSContinuous(np.arange(n) * 2.0 + 1.0, np.ones(n))
    assert len(a.merge(b)) == 2 * n


def test_an_empty_series_takes_the_width_of_the_others():
    ts = TSContinuous.from_clocked(np.ones((3, 2)), 0.1)
    for joined in (TSContinuous().merge(ts), TSContinuous().append_t(ts), ts.merge(TSContinuous())):
        assert joined.num_channels == 2
        assert len(joined) == 3
    with pytest.raises(SeriesError, match="1 and 2 channels"):
        ts.merge(TSContinuous([0.0], [1.0]))
    with pytest.raises(SeriesTypeError, match="expected TSContinuous, got TSEvent"):
        ts.merge(TSEvent())
    with pytest.raises(TypeError):
        ts.append_c(3.0)


@given(ts=signals(clocked=True), cuts=st.lists(st.integers(0, 15), max_size=3).map(sorted))
def test_parts_appended_are_the_whole(ts, cuts):
    begin = ts.t_start
    edges = [begin, *(min(begin + cut * 0.1, ts.t_stop) for cut in cuts), ts.t_stop]
    parts = [ts[low:high] for low, high in pairwise(edges)]
    assert parts[0].append_t(parts[1:]).equals(ts)
    assert TSContinuous.concatenate_t(parts).equals(ts)


def test_an_irregular_series_is_appended_one_median_step_later():
    ts = TSContinuous([0.0, 1.0, 3.0], [1, 2, 3])
    np.testing.assert_array_equal(ts.append_t(ts).times, [0, 1, 3, 4.5, 5.5, 7.5])
    np.testing.assert_array_equal(
        ts.append_t([ts, ts], offset=[0.5, 1.0]).times, [0, 1, 3, 3.5, 4.5, 6.5, 7.5, 8.5, 10.5]
    )
    single = TSContinuous([0.0], [1.0], t_stop=2.0)
    np.testing.assert_array_equal(single.append_t(ts).times, [0, 2, 3, 5])
    with pytest.warns(UserWarning, match="1 offsets for 2 series"):
        assert len(ts.append_t([ts, ts], offset=[1.0])) == 9
    with pytest.raises(SeriesError, match="before the end"):
        ts.append_t(ts, offset=-2.0)


def test_concatenating_begins_where_the_first_series_begins():
    one, two = TSContinuous([1.0, 2.0], [1, 2]), TSContinuous([5.0, 6.0], [3, 4])
    np.testing.assert_array_equal(TSContinuous.concatenate_t([one, two]).times, [1, 2, 3, 4])
    np.testing.assert_array_equal(TSContinuous.concatenate_t([one, two], offset=[0.5, 2.0]).times, [1.5, 2.5, 4.5, 5.5])
    assert TSContinuous.concatenate_t([]).isempty()
    assert isinstance(TimeSeries.concatenate_t([one, two]), TSContinuous)


@given(ts=signals(), other=signals(clocked=True, rows=st.just(80)))
def test_appended_channels_are_the_other_series_at_the_times_of_the_first(ts, other):
    other = other.start_at(0.0)
    joined = ts.append_c(other)
    np.testing.assert_array_equal(joined.samples[:, :2], ts.samples)
    np.testing.assert_array_equal(joined.samples[:, 2:], other(ts.times))
    assert joined.dt == ts.dt


@given(ts=signals(), offset=st.integers(-1000, 1000))
def test_a_delay_moves_times_and_extent_and_back(ts, offset):
    late = ts.delay(offset / 10)
    np.testing.assert_allclose(late.times, ts.times + offset / 10, atol=1e-9)
    assert abs(late.t_start - ts.t_start - offset / 10) < 1e-9
    assert late.samples is ts.samples or np.shares_memory(late.samples, ts.samples)
    if ts.dt is not None:
        assert late.delay(-offset / 10).equals(ts)
    assert ts.start_at(7.0).t_start == 7.0
    assert ts.start_at_zero().t_start == 0.0


@given(ts=signals())
def test_in_place_variants_do_what_the_others_return(ts):
    acts = [
        lambda one, inplace: one.clip(one._content.first, one.t_stop, inplace=inplace),
        lambda one, inplace: one.delay(0.3, inplace=inplace),
        lambda one, inplace: one.start_at_zero(inplace=inplace),
        lambda one, inplace: one.resample(one.times, inplace=inplace),
        lambda one, inplace: one.merge(one.delay(0.05), inplace=inplace),
        lambda one, inplace: one.append_c(one, inplace=inplace),
        lambda one, inplace: one.append_t(one, inplace=inplace),
    ]
    for act in acts:
        mine = ts.copy()
        returned = act(mine, True)
        assert returned is mine
        assert mine.equals(act(ts, False))


def test_a_bound_that_misses_the_end_by_rounding_is_the_end():
    for ts in (TSContinuous([0.1, 0.7], [1, 2]), TSEvent([0.1], t_stop=0.7)):
        cut = ts.clip(0.1, 0.7000000000000001)
        assert cut.t_stop == pytest.approx(0.7, abs=1e-12)
        assert len(cut) == len(ts)


def test_a_slice_with_a_step_of_nothing_names_the_step():
    with pytest.raises(SeriesError, match="step: a slice with a step needs one that is not 0 s"):
        TSContinuous([0.0, 1.0], [1.0, 2.0])[0:1:0]
