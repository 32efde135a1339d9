"""Signals on the steps of clocks, against Fractions looked up one by one."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.timeseries import TSContinuous

DTS = st.sampled_from(
    [Fraction(1, 10), Fraction(1, 1000), Fraction(3, 2000), Fraction(1, 44100), Fraction(1, 3), Fraction(2)]
)
PREVIOUS = st.just("previous")
KINDS = st.sampled_from(["previous", "next", "nearest", "linear", "zero", "cubic"])


@st.composite
def clocked(draw, kinds=PREVIOUS):
    dt = draw(DTS)
    rows = draw(st.integers(1, 12))
    start = draw(st.integers(-50, 50)) * dt
    samples = np.arange(rows * 2, dtype=draw(st.sampled_from([np.float32, np.float64]))).reshape(rows, 2) ** 2
    return TSContinuous.from_clocked(samples, dt, start, interp_kind=draw(kinds))


def held(ts, t, periodic=False):
    """The last sample at or before t, found by looking at every one."""
    grid, rows = ts._content.grid, len(ts)
    if periodic:
        t = grid.origin + (t - grid.origin) % (rows * grid.dt)
    return ts.samples[max(i for i in range(rows) if grid.origin + i * grid.dt <= t)]


@given(ts=clocked(KINDS.filter(lambda kind: kind != "cubic")), data=st.data())
def test_a_clocked_series_on_its_own_grid_is_its_samples_for_every_offset_and_window(ts, data):
    begin = data.draw(st.integers(0, len(ts) - 1))
    count = data.draw(st.integers(0, len(ts) - begin))
    first = ts._content.grid.origin / ts.exact_dt
    rows = ts.sample_steps(int(first) + begin, count, ts.exact_dt)
    np.testing.assert_array_equal(rows, ts.samples[begin : begin + count])
    assert rows.dtype == ts.samples.dtype
    assert not rows.flags.writeable
    assert rows.flags.c_contiguous
    if count:
        assert np.shares_memory(rows, ts.samples)
        np.testing.assert_array_equal(ts(ts.times), ts.samples)


@given(ts=clocked(), dt=DTS, data=st.data())
def test_between_rates_a_signal_is_held_and_sampled_at_step_starts(ts, dt, data):
    low = math.ceil(ts._content.t_start / dt)
    high = math.floor(ts._content.t_stop / dt)
    if high < low:
        return
    start = data.draw(st.integers(low, high))
    count = data.draw(st.integers(1, min(high - start + 1, 40)))
    expected = [held(ts, k * dt) for k in range(start, start + count)]
    np.testing.assert_array_equal(ts.sample_steps(start, count, dt), expected)


@given(ts=clocked(), dt=DTS, start=st.integers(-300, 300), count=st.integers(1, 30))
def test_a_periodic_signal_repeats_before_and_after(ts, dt, start, count):
    ts.periodic = True
    expected = [held(ts, k * dt, periodic=True) for k in range(start, start + count)]
    np.testing.assert_array_equal(ts.sample_steps(start, count, dt), expected)


@given(ts=clocked(KINDS), dt=DTS, data=st.data(), periodic=st.booleans())
def test_blocks_give_the_bits_of_the_whole(ts, dt, data, periodic):
    ts.periodic = periodic
    if ts.interp_kind == "cubic" and len(ts) < 4:
        return
    low, high = math.ceil(ts._content.t_start / dt), math.floor(ts._content.t_stop / dt)
    count = min(high - low + 1, 30)
    if count < 1:
        return
    cut = data.draw(st.integers(0, count))
    whole = ts.sample_steps(low, count, dt)
    halves = ts.sample_steps(low, cut, dt), ts.sample_steps(low + cut, count - cut, dt)
    np.testing.assert_array_equal(np.concatenate(halves), whole)


@given(ts=clocked(), dt=DTS, start=st.integers(-200, 200), count=st.integers(1, 40))
def test_what_covers_says_is_what_can_be_sampled(ts, dt, start, count):
    grid = ts._content.grid
    inside = grid.origin <= start * dt and (start + count) * dt <= grid.origin + len(ts) * grid.dt
    assert ts.covers(start, start + count, dt) == inside
    if inside:
        assert ts.sample_steps(start, count, dt).shape == (count, 2)
    if start * dt < grid.origin or (start + count - 1) * dt > grid.origin + len(ts) * grid.dt:
        with pytest.raises(ValueError, match="cannot be sampled"):
            ts.sample_steps(start, count, dt)


@given(ts=clocked(st.sampled_from(["linear", "slinear"])), parts=st.integers(2, 7))
def test_a_finer_reader_of_a_linear_signal_sees_straight_lines(ts, parts):
    dt = ts.exact_dt / parts
    start = int(ts._content.grid.origin / dt)
    count = (len(ts) - 1) * parts + 1
    rows = ts.sample_steps(start, count, dt)
    np.testing.assert_array_equal(rows[::parts], ts.samples)
    expected = np.stack([np.interp(np.arange(count) / parts, np.arange(len(ts)), column) for column in ts.samples.T], 1)
    np.testing.assert_allclose(rows, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "make", [lambda k: k * 0.1, lambda k: float(f"{k / 10:.1f}"), lambda k: float(np.sum([0.1] * k))]
)
@given(k=st.integers(0, 300))
def test_a_time_from_any_arithmetic_finds_the_sample_of_its_step(make, k):
    ts = TSContinuous.from_clocked(np.arange(301.0), 0.1)
    assert ts([make(k)])[0, 0] == k
    assert ts.start_at(make(k)).t_start == float(Fraction(k, 10))


def test_a_cumulative_sum_of_a_hundred_thousand_steps_still_means_them():
    ts = TSContinuous.from_clocked(np.arange(100_001.0), 0.1)
    times = np.concatenate(([0.0], np.cumsum(np.full(100_000, 0.1))))
    np.testing.assert_array_equal(ts(times)[:, 0], np.arange(100_001.0))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=10, unique=True).map(sorted), st.integers(0, 40))
def test_an_irregular_sample_is_found_at_the_step_that_its_stamp_means(steps, k):
    times = np.array([step * 0.1 if step % 2 else float(np.sum([0.1] * step)) for step in steps])
    ts = TSContinuous(times, np.array(steps, dtype=float), t_stop=5.0)
    if k < steps[0]:
        with pytest.raises(ValueError, match="cannot be sampled"):
            ts.sample_steps(k, 1, 0.1)
    else:
        assert ts.sample_steps(k, 1, 0.1)[0, 0] == max(step for step in steps if step <= k)


@given(st.lists(st.floats(0.0, 5.0), min_size=1, max_size=10).map(sorted), st.integers(1, 9), st.integers(-60, 60))
def test_a_periodic_irregular_signal_wraps(times, extra, k):
    ts = TSContinuous(times, np.arange(len(times)), t_stop=times[-1] + extra / 8, periodic=True)
    t = times[0] + math.fmod(k * 0.125 - times[0], ts.duration)
    t = t + ts.duration if t < times[0] else t
    near = [one for one in times if abs(one - t) < 1e-6] or abs(t - ts.t_stop) < 1e-6
    if not near:
        expected = max((i for i, one in enumerate(times) if one <= t), default=len(times) - 1)
        assert ts.sample_steps(k, 1, 0.125)[0, 0] == expected


def test_a_hundred_million_samples_and_a_cut_of_them_cost_no_copy():
    samples = np.zeros((10**8, 1), dtype=np.float32)
    ts = TSContinuous.from_clocked(samples, 1e-3)
    assert np.shares_memory(ts.samples, samples)
    assert ts.t_stop == 100_000.0
    assert np.shares_memory(ts[5000.0:6000.0].samples, samples)


def test_nan_beyond_the_extent_when_exceptions_are_off():
    ts = TSContinuous.from_clocked([1.0, 2.0], 0.1)
    ts.beyond_range_exception = False
    with pytest.warns(UserWarning, match="NaN beyond"):
        rows = ts.sample_steps(-1, 5, 0.1)
    np.testing.assert_array_equal(rows[:, 0], [np.nan, 1.0, 2.0, 2.0, np.nan])
