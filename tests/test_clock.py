"""The clock: one rounding rule, exact steps, and what two clocks have in common."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from graphnet.clock import (
    checked_dt,
    exact,
    gcd,
    lcm,
    seconds,
    step_of,
    step_times,
    steps_of,
    whole_steps,
)
from graphnet.errors import ParameterError, ParameterTypeError, TimeError

DECIMALS = st.sampled_from([0.1, 0.25, 0.7, 0.01, 1e-3, 2e-3, 1e-4, 2.5e-5, 1 / 44100, 1 / 3, 0.1 * 3, 1.0])
fractions = st.fractions(min_value=Fraction(1, 10**5), max_value=10**4, max_denominator=10**5)


# ---------------------------------------------------------------- exact


@given(top=st.integers(1, 10**6), bottom=st.integers(1, 10**6))
def test_a_fraction_of_small_numbers_is_read_back_from_its_float(top, bottom):
    """Two fractions of denominators up to 10**6 lie 10**-12 apart; below 1000 s a double is finer."""
    assume(top / bottom < 1000)
    assert exact(top / bottom) == Fraction(top, bottom)


@given(st.floats(min_value=5e-324, max_value=1e300))
@example(5e-324)
@example(2e-323)
def test_the_fraction_lies_within_two_ulp_and_is_never_zero(dt):
    found = exact(dt)
    assert abs(found - Fraction(dt)) <= 2 * Fraction(math.ulp(dt))
    assert found > 0
    assert exact(-dt) == -found


@given(st.floats(min_value=1e-6, max_value=1e6))
def test_no_fraction_of_smaller_denominator_lies_as_near(dt):
    found, slack = exact(dt), 2 * Fraction(math.ulp(dt))
    if found.denominator > 1:
        rival = Fraction(dt).limit_denominator(found.denominator - 1)
        assert abs(rival - Fraction(dt)) > slack


def test_what_a_person_meant():
    assert exact(0.1 * 3) == Fraction(3, 10)
    assert exact(1 / 44100) == Fraction(1, 44100)
    assert exact(1e-3) == Fraction(1, 1000)
    assert exact(2.0) == 2
    assert exact(0.0) == 0
    for wrong in (math.nan, math.inf, -math.inf):
        with pytest.raises(ParameterError, match="finite"):
            exact(wrong)


# ---------------------------------------------------------------- the rounding rule


@given(k=st.integers(-(10**7), 10**7), dt=DECIMALS)
def test_a_step_is_found_from_product_and_from_exact_time(k, dt):
    assert step_of(k * dt, dt) == k
    assert step_of(seconds(k, dt), dt) == k
    assert step_of(float(repr(k * dt)), dt) == k
    assert steps_of(np.array([k * dt, seconds(k, dt)]), dt).tolist() == [k, k]


@given(k=st.integers(-(10**6), 10**6), digits=st.integers(1, 6))
def test_a_decimal_literal_falls_in_the_step_it_names(k, digits):
    assert step_of(float(f"{k}e-{digits}"), float(f"1e-{digits}")) == k


@pytest.mark.parametrize("dt", [0.1, 1e-3, 0.7, 1 / 44100, 1 / 3, 2.5e-5])
def test_a_cumulative_sum_of_a_hundred_thousand_steps_never_slips(dt):
    assert np.array_equal(steps_of(np.cumsum(np.full(10**5, dt)), dt), np.arange(1, 10**5 + 1))


@given(k=st.integers(-(10**6), 10**6), dt=DECIMALS)
def test_a_thousandth_of_a_step_below_the_edge_is_the_step_before(k, dt):
    t = (k - 1e-3) * dt
    assert step_of(t, dt) == k - 1
    assert steps_of(np.array([t]), dt).tolist() == [k - 1]
    assert step_of((k + 0.999) * dt, dt) == k


@given(
    times=st.lists(st.floats(-1e9, 1e9), max_size=20),
    dt=st.floats(1e-6, 1e3),
    origin=st.sampled_from([0.0, 0.3, -17.25, 1e6]),
)
def test_the_vector_says_what_the_scalar_says(times, dt, origin):
    try:
        expected = [step_of(t, dt, origin) for t in times]
    except TimeError:
        with pytest.raises(TimeError):
            steps_of(np.array(times), dt, origin)
    else:
        assert steps_of(np.array(times), dt, origin).tolist() == expected


@given(k=st.integers(0, 10**6), dt=DECIMALS, start=st.integers(-1000, 1000))
def test_an_origin_moves_the_grid(k, dt, start):
    origin = seconds(start, dt)
    assert step_of(seconds(start + k, dt), dt, origin) == k


@given(dt=st.floats(1e-6, 1e3), exponent=st.integers(0, 60))
def test_a_time_coarser_than_a_tenth_of_a_step_is_refused(dt, exponent):
    t = dt * 2.0**exponent
    if 4 * math.ulp(t) / dt > 0.1:
        with pytest.raises(TimeError, match="too large for a step"):
            step_of(t, dt)
        with pytest.raises(TimeError, match="too large for a step"):
            steps_of(np.array([0.0, t]), dt)
    else:
        assert step_of(t, dt) == 2**exponent


@pytest.mark.parametrize("t", [math.nan, math.inf, -math.inf])
def test_a_time_that_is_not_finite_is_refused(t):
    with pytest.raises(TimeError, match="finite"):
        step_of(t, 0.1)
    with pytest.raises(TimeError, match="finite"):
        steps_of(np.array([0.0, t]), 0.1)


def test_no_times_have_no_steps():
    assert steps_of(np.zeros(0), 0.1).shape == (0,)


# ---------------------------------------------------------------- times of steps


@given(start=st.integers(-(10**9), 10**9), count=st.integers(0, 50), dt=DECIMALS)
def test_the_times_of_steps_are_the_seconds_of_each(start, count, dt):
    assert step_times(start, count, dt).tolist() == [seconds(k, dt) for k in range(start, start + count)]


# ---------------------------------------------------------------- durations


@given(n=st.integers(0, 10**6), dt=DECIMALS)
def test_a_whole_number_of_steps_is_that_number(n, dt):
    assert whole_steps(n * dt, dt) == n
    assert whole_steps(seconds(n, dt), dt) == n


@given(n=st.integers(0, 10**5), dt=DECIMALS, part=st.floats(0.001, 0.999))
def test_any_other_duration_is_refused_with_its_two_neighbours(n, dt, part):
    with pytest.raises(TimeError) as caught:
        whole_steps((n + part) * dt, dt)
    assert repr(seconds(n, dt)) in caught.value.hint
    assert repr(seconds(n + 1, dt)) in caught.value.hint


def test_a_duration_is_a_number_of_seconds():
    assert whole_steps(2, 0.5) == 4
    assert whole_steps(Fraction(3, 10), 0.1) == 3
    assert whole_steps(np.float32(0.5), 0.25) == 2
    for wrong in ("1", True, None, [1.0]):
        with pytest.raises(ParameterTypeError, match="duration must be a number"):
            whole_steps(wrong, 0.1)
    for wrong in (-0.1, math.nan, math.inf):
        with pytest.raises(TimeError, match="finite and not negative"):
            whole_steps(wrong, 0.1)


def test_a_dt_is_a_positive_number():
    assert checked_dt(np.float32(0.5)) == checked_dt(Fraction(1, 2)) == checked_dt(np.array(0.5)) == 0.5
    for wrong in ("1", True, None, np.ones(1)):
        with pytest.raises(ParameterTypeError, match="dt must be a number"):
            checked_dt(wrong)
    for wrong in (0, -1, math.nan, math.inf):
        with pytest.raises(ParameterError, match="positive and finite"):
            checked_dt(wrong)


# ---------------------------------------------------------------- common clocks


@given(st.lists(fractions, min_size=1, max_size=6))
def test_gcd_divides_all_and_nothing_longer_does(steps):
    common = gcd(steps)
    quotients = [one / common for one in steps]
    assert all(q.denominator == 1 for q in quotients)
    assert math.gcd(*(q.numerator for q in quotients)) == 1


@given(st.lists(fractions, min_size=1, max_size=4))
def test_lcm_is_a_multiple_of_all_and_nothing_shorter_is(steps):
    common = lcm(steps)
    quotients = [common / one for one in steps]
    assert all(q.denominator == 1 for q in quotients)
    assert math.gcd(*(q.numerator for q in quotients)) == 1


def test_audio_and_milliseconds_meet_after_ten_milliseconds():
    """1/44100 and 1/1000: lcm(1, 1) / gcd(44100, 1000) = 1/100."""
    assert lcm([exact(1 / 44100), exact(1e-3)]) == Fraction(1, 100)
    assert gcd([exact(1 / 44100), exact(1e-3)]) == Fraction(1, 441000)
    assert gcd([]) == lcm([]) == 0
