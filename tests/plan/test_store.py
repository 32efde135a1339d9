"""What is kept of a signal does not depend on the blocks in which it came."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graphnet.blocks import Events
from graphnet.plan import Schedule
from graphnet.plan.store import Store, Window


def grid(first, total, block):
    dt = Fraction(1, 1000)
    return Schedule(first * dt, dt, total, block).grid(dt)


@given(st.integers(0, 30), st.integers(1, 60), st.integers(1, 60), st.integers(1, 9))
def test_rows_at_whole_multiples_are_kept_whatever_the_block(first, total, block, every):
    rows = np.arange(2.0 * total).reshape(total, 2)
    steps = grid(first, total, block)
    store, window, parts = Store(steps, 2, False, every), Window(steps, 2, False, every), []
    for k in range(steps.schedule.blocks):
        begin = steps.start(k) - first
        for kept in (store, window):
            kept.add(steps.start(k), rows[begin : begin + steps.steps(k)])
        parts.append(window.part(steps.start(k), steps.steps(k), "y"))
    wanted = [k for k in range(first, first + total) if k % every == 0]
    found = store.series("y")
    assert np.array_equal(found.samples, rows[[k - first for k in wanted]].reshape(-1, 2))
    assert np.array_equal(found.times, np.array(wanted) / 1000)
    assert np.array_equal(np.concatenate([one.samples for one in parts]), found.samples)


def test_kept_blocks_are_copies_of_buffers_that_go_back():
    steps = grid(0, 4, 2)
    buffer, step, channel = np.ones((2, 1)), np.array([0]), np.array([0], dtype=np.int32)
    for make in (Store, Window):
        rows, events = make(steps, 1, False), make(steps, 1, True)
        rows.add(0, buffer.copy())
        held = buffer.copy()
        rows.add(0, held)
        events.add(0, Events(step, channel))
        held[:] = np.nan
        step[:] = 1
        assert rows.part(0, 2, "y").samples.tolist() == [[1.0], [1.0]]
        assert events.part(0, 2, "e").times.tolist() == [0.0]
        step[:] = 0
