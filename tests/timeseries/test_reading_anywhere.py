"""Signals read at any time: kinds of interpolation, ranges, folding, against scipy and plain loops."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import interp1d

from graphnet.errors import SeriesError
from graphnet.timeseries import TSContinuous

KINDS = ["previous", "next", "nearest", "nearest-up", "zero", "linear", "slinear", "quadratic", "cubic"]
STAMPS = st.lists(st.integers(0, 200), min_size=4, max_size=12, unique=True).map(lambda one: np.array(sorted(one)) / 7)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("clocked", [False, True])
@given(stamps=STAMPS, data=st.data())
def test_every_kind_agrees_with_scipy(kind, clocked, stamps, data):
    samples = np.sin(np.arange(2.0 * len(stamps))).reshape(-1, 2)
    if clocked:
        ts = TSContinuous.from_clocked(samples, 1 / 7, 1.0, interp_kind=kind)
        stamps = ts.times
    else:
        ts = TSContinuous(stamps, samples, interp_kind=kind)
    asked = data.draw(st.lists(st.floats(0.0, 1.0), max_size=20))
    times = np.clip(stamps[0] + np.array(asked) * (stamps[-1] - stamps[0]), stamps[0], stamps[-1])
    times = np.array([t for t in times if abs((t - stamps) / (stamps[1] - stamps[0])).min() > 1e-5])
    halves = (stamps[:-1] + stamps[1:]) / 2
    times = np.array([t for t in times if abs(t - halves).min() > 1e-9])  # where rounding decides
    expected = interp1d(stamps, samples, kind=kind, axis=0)(times) if len(times) else np.zeros((0, 2))
    np.testing.assert_allclose(ts(times), expected, atol=1e-9)
    np.testing.assert_allclose(ts(stamps), samples, atol=1e-9)


@given(stamps=STAMPS, order=st.randoms(), clocked=st.booleans())
def test_times_are_read_in_any_order(stamps, order, clocked):
    ts = TSContinuous(stamps, stamps**2, interp_kind="linear")
    ts = ts.to_clocked(0.05) if clocked else ts
    times = np.linspace(ts.times[0], ts.times[-1], 50)
    shuffled = times.copy()
    order.shuffle(shuffled)
    np.testing.assert_array_equal(ts(shuffled), ts(times)[np.searchsorted(times, shuffled)])


def test_an_empty_series_gives_no_channels():
    assert TSContinuous()([1.0, 2.0]).shape == (2, 0)


def test_previous_reaches_to_t_stop_and_every_other_kind_to_the_last_sample():
    times, samples = [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]
    assert TSContinuous(times, samples, t_stop=5.0)(4.5)[0, 0] == 4.0
    for kind in set(KINDS) - {"previous"}:
        with pytest.raises(SeriesError, match="outside the range"):
            TSContinuous(times, samples, t_stop=5.0, interp_kind=kind)(4.5)
    with pytest.raises(SeriesError, match="outside the range"):
        TSContinuous(times, samples, t_start=0.0)(0.5)


def test_outside_the_range_nan_comes_with_a_warning_when_exceptions_are_off():
    ts = TSContinuous([0.0, 1.0], [1.0, 2.0])
    ts.beyond_range_exception = False
    with pytest.warns(UserWarning, match="NaN there"):
        np.testing.assert_array_equal(ts([-1.0, 0.5, 2.0])[:, 0], [np.nan, 1.0, np.nan])


def test_times_outside_by_rounding_are_moved_to_the_limits_unless_switched_off():
    ts = TSContinuous([0.0, 1.0], [1.0, 2.0])
    with pytest.warns(UserWarning, match="moved to its limits"):
        assert ts(1.0 + 5e-10)[0, 0] == 2.0
    ts.approx_limit_times = False
    with pytest.raises(SeriesError, match="outside the range"):
        ts(1.0 + 5e-10)


def test_a_single_sample_is_constant_over_its_extent_only_if_it_may_be_extrapolated():
    ts = TSContinuous([1.0], [7.0], t_start=0.0, t_stop=3.0)
    np.testing.assert_array_equal(ts([0.0, 1.0, 3.0])[:, 0], 7.0)
    ts.fill_value = 0.0
    assert ts(1.0)[0, 0] == 7.0
    with pytest.raises(SeriesError, match="outside the range"):
        ts(2.0)


def test_a_fill_value_stands_after_the_last_sample():
    ts = TSContinuous([0.0, 1.0], [5.0, 6.0], t_stop=3.0, fill_value=-1.0)
    np.testing.assert_array_equal(ts([0.5, 1.0, 2.0])[:, 0], [5.0, 6.0, -1.0])


@given(turns=st.integers(-1000, 1000), k=st.integers(0, 29))
def test_a_periodic_signal_is_the_same_in_every_period(turns, k):
    ts = TSContinuous.from_clocked(np.arange(30.0), 0.1, periodic=True)
    assert ts(turns * 3.0 + k * 0.1)[0, 0] == k


def test_a_periodic_linear_signal_goes_on_to_the_next_period():
    ts = TSContinuous.from_clocked([0.0, 1.0], 0.5, periodic=True, interp_kind="linear")
    np.testing.assert_allclose(ts([-0.25, 0.25, 0.75, 1.25])[:, 0], 0.5)
    np.testing.assert_allclose(ts.sample_steps(-2, 6, 0.25)[:, 0], [1.0, 0.5, 0.0, 0.5, 1.0, 0.5])


def test_a_jump_belongs_to_the_later_sample():
    ts = TSContinuous([0.0, 1.0, 1.0, 2.0], [0.0, 1.0, 5.0, 6.0], interp_kind="linear")
    np.testing.assert_allclose(ts([0.5, 1.0, 1.5])[:, 0], [0.5, 5.0, 5.5])


def test_a_nan_sample_does_not_spread_to_the_sample_before_it():
    for ts in (
        TSContinuous.from_clocked([1.0, np.nan, 3.0], 0.5, interp_kind="linear"),
        TSContinuous([0.0, 0.5, 1.0], [1.0, np.nan, 3.0], interp_kind="linear"),
    ):
        np.testing.assert_array_equal(ts([0.0, 0.25, 1.0])[:, 0], [1.0, np.nan, 3.0])


def test_interp_is_a_function_that_never_raises():
    interp = TSContinuous([0.0, 1.0], [1.0, 2.0], interp_kind="linear").interp
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(interp([0.5, 3.0])[:, 0], [1.5, np.nan])


def test_a_spline_names_what_it_needs():
    with pytest.raises(SeriesError, match="needs 4 samples"):
        TSContinuous([0.0, 1.0], [1.0, 2.0], interp_kind="cubic")(0.5)
    with pytest.raises(SeriesError, match="there is no 'cubik'"):
        TSContinuous([0.0, 1.0], [1.0, 2.0], interp_kind="cubik")


@given(stamps=STAMPS, dt=st.sampled_from([0.1, 0.25, 1 / 3]))
def test_to_clocked_reads_at_t_start_plus_whole_steps(stamps, dt):
    ts = TSContinuous(stamps, np.arange(len(stamps)))
    clocked = ts.to_clocked(dt)
    assert clocked.dt == dt
    count = int(np.ceil(round(ts.duration / dt, 6)))
    assert len(clocked) == count
    times = ts.t_start + dt * np.arange(count)
    np.testing.assert_allclose(clocked.times, times, atol=1e-12)
    far = abs(times[:, None] - stamps[None, :]).min(axis=1) > 1e-6
    np.testing.assert_array_equal(clocked.samples[far], ts(times[far]))
