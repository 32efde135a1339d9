"""A schedule cuts a run into blocks, the same ones for every layer on its own steps."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from graphnet.plan import Schedule

schedules = st.builds(
    lambda first, dt, total, block: Schedule(first * dt, dt, total, block),
    st.integers(0, 50), st.fractions(Fraction(1, 1000), 2), st.integers(1, 200), st.integers(1, 60),
)  # fmt: skip


@given(schedules, st.integers(1, 7))
def test_the_blocks_of_every_layer_cover_its_steps_once(schedule, per):
    grid = schedule.grid(schedule.dt / per)
    at = grid.first
    for k in range(schedule.blocks):
        assert grid.start(k) == at and 0 < grid.steps(k) <= grid.block
        assert grid.start(k) * grid.dt == schedule.start(k) and grid.steps(k) == per * schedule.steps(k)
        at += grid.steps(k)
    assert at - grid.first == grid.total == per * schedule.total


@given(schedules, st.integers(0, 5))
def test_a_base_moves_block_0_on(schedule, base):
    moved = Schedule(schedule.now, schedule.dt, schedule.total, schedule.block, base)
    assert moved.start(0) == schedule.start(base) and moved.steps(0) == schedule.steps(base)
