"""Pace by a clock that the test turns."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.serving.pace import FRAME, LATE, Pace, sensible


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@given(speed=st.floats(0.01, 100), done=st.floats(0, 100), passed=st.floats(0, 100))
def test_it_waits_or_is_behind_and_never_both(speed, done, passed):
    clock = Clock()
    pace = Pace(speed, clock)
    clock.now = passed
    wait, behind = pace.wait(done), pace.behind(done)
    assert wait == pytest.approx(max(0.0, done / speed - passed), abs=1e-9)
    assert not (wait and behind)
    if behind:
        assert behind == pytest.approx(passed * speed - done)


def test_a_block_of_delay_is_none_and_more_is_told_in_simulated_seconds():
    clock = Clock()
    pace = Pace(2.0, clock)
    clock.now = 1.0
    assert pace.behind(2.0 - 1.9 * LATE) == 0.0
    assert pace.behind(0.5) == 1.5


def test_as_fast_as_it_can_never_waits_and_is_never_behind():
    clock = Clock()
    pace = Pace(None, clock)
    clock.now = 100.0
    assert (pace.wait(1e9), pace.behind(0.0)) == (0.0, 0.0)


def test_what_it_was_behind_is_forgotten_at_a_new_beginning():
    clock = Clock()
    pace = Pace(1.0, clock)
    clock.now = 10.0
    assert pace.behind(1.0) == 9.0
    pace.begin(1.0)
    assert pace.behind(1.0) == 0.0


def test_the_speed_that_is_reached_is_that_of_the_last_second():
    clock = Clock()
    pace = Pace(None, clock)
    assert pace.reached is None
    for k in range(1, 101):  # 5 s at speed 2, then 5 s at speed 4
        clock.now = 0.1 * k
        pace.passed(0.2 * k if k <= 50 else 10.0 + 0.4 * (k - 50), 1, 0.1)
    assert pace.reached == pytest.approx(4.0)


@given(
    step=st.sampled_from([Fraction(1, 10_000), Fraction(1, 1000), Fraction(1, 10)]),
    speed=st.one_of(st.none(), st.floats(0.01, 100)),
    rate=st.floats(1.0, 1e6),
    present=st.sampled_from([0, 1, 16, 4096]),
)
def test_a_block_takes_about_a_frame_on_the_wall(step, speed, rate, present):
    pace = Pace(speed, Clock())
    pace.passed(1.0, 1000, 1000 / rate)
    block = pace.block(step, 4096, present)
    assert 1 <= block <= 4096
    if block > 1:
        assert block / rate <= 2 * FRAME
        assert speed is None or float(block * step) / speed <= 2 * FRAME
    assert pace.block(step, 4096, block) == block


def test_a_length_that_fits_stays():
    pace = Pace(1.0, Clock())
    for rate in (30_000, 40_000, 35_000, 60_000):
        pace.passed(1.0, 1000, 1000 / rate)
        assert pace.block(Fraction(1, 1000), 4096, 32) == 32


@pytest.mark.parametrize(
    ("step", "until", "speed"),
    [
        ("1/10000", None, 1.0), ("1/10000", 5.0, 1.0), ("1/10000", 1.0, 0.2), ("1/10000", 0.001, 0.01),
        ("1/20", None, 1.0), ("1/10", 10.0, 2.0), ("1/10", 1.0, 2.0), ("60", None, 100.0),
    ],
)  # fmt: skip
def test_what_is_slow_is_shown_faster_and_what_is_soon_over_slower(step, until, speed):
    assert sensible(Fraction(step), until) == speed
