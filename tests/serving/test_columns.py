"""What a window shows is what a whole signal, cut into columns, would show; and it never grows."""

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.blocks import Events
from graphnet.serving.columns import COLUMNS, ROWS, Columns

DT = Fraction(1, 1000)
cuts = st.lists(st.integers(1, 400), min_size=1, max_size=12)


def in_blocks(columns, start, blocks, steps):
    for length in steps:
        columns.add(start, length, blocks(start, length))
        start += length
    return start


@settings(max_examples=60, deadline=None)
@given(first=st.integers(0, 5000), steps=cuts, channels=st.integers(1, 3), seed=st.integers(0, 99))
def test_lines_show_the_least_and_the_greatest_of_each_column(first, steps, channels, seed):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=(first + sum(steps), channels))
    columns = Columns(channels, False, DT, 2.4)  # 5 steps to a column
    end = in_blocks(columns, first, lambda start, length: signal[start : start + length], steps)
    shown = columns.shown()
    assert columns.per == 5
    assert shown.low is not None and shown.high is not None
    number = np.arange(max(first // 5, (end - 1) // 5 - columns.count + 1), (end - 1) // 5 + 1)
    parts = [signal[max(first, 5 * k) : min(end, 5 * k + 5)] for k in number]
    np.testing.assert_array_equal(shown.low, [part.min(axis=0) for part in parts])
    np.testing.assert_array_equal(shown.high, [part.max(axis=0) for part in parts])
    assert shown.start == float(number[0] * 5 * DT)


@settings(max_examples=60, deadline=None)
@given(first=st.integers(0, 5000), steps=cuts, channels=st.sampled_from([1, 7, 300, 4001]), seed=st.integers(0, 99))
def test_no_event_of_the_window_is_lost_or_doubled(first, steps, channels, seed):
    rng = np.random.default_rng(seed)
    end = first + sum(steps)
    step = np.sort(rng.integers(first, end, size=300))
    channel = rng.integers(0, channels, size=300).astype(np.int32)

    def block(start, length):
        inside = (step >= start) & (step < start + length)
        return Events(step[inside], channel[inside])

    columns = Columns(channels, True, DT, 2.4)
    in_blocks(columns, first, block, steps)
    shown = columns.shown()
    assert shown.cells is not None and shown.rate is not None and len(shown.cells) <= ROWS
    oldest = round(shown.start / float(DT))
    assert shown.cells.sum() == np.count_nonzero(step >= oldest)
    seconds = np.diff(np.append(np.maximum(oldest + 5 * np.arange(len(shown.rate)), first), end)) * float(DT)
    np.testing.assert_allclose(np.sum(shown.rate * seconds) * channels, np.count_nonzero(step >= oldest))


def test_an_image_shows_means_over_time_of_channels_that_lie_evenly():
    rng = np.random.default_rng(1)
    signal = rng.normal(size=(1000, 500))
    columns = Columns(500, False, DT, 4.8)
    in_blocks(columns, 0, lambda start, length: signal[start : start + length], [333, 333, 334])
    shown = columns.shown()
    picked = np.linspace(0, 499, ROWS).round().astype(int)
    assert shown.cells is not None
    np.testing.assert_allclose(shown.cells.T, signal[:, picked].reshape(100, 10, ROWS).mean(axis=1))


def test_a_column_without_a_number_is_empty_and_its_neighbours_are_not():
    signal = np.arange(20.0)[:, None]
    signal[5:10] = np.nan
    columns = Columns(1, False, DT, 2.4)
    columns.add(0, 20, signal)
    shown = columns.shown()
    assert shown.low is not None
    np.testing.assert_array_equal(shown.low[:, 0], [0, np.nan, 10, 15])


@settings(max_examples=20, deadline=None)
@given(channels=st.integers(1, 10_000), event=st.booleans(), seconds=st.floats(1e-4, 1e4))
def test_memory_is_bounded_by_the_window_whatever_the_layer(channels, event, seconds):
    columns = Columns(channels, event, DT, seconds)
    assert columns.count <= COLUMNS + 1 and columns.nbytes <= columns.count * (ROWS + 17) * 8
    before = columns.nbytes
    for start in range(0, 300, 100):
        block = Events(np.array([start]), np.zeros(1, np.int32)) if event else np.zeros((100, channels))
        columns.add(start, 100, block)
    assert columns.nbytes == before


@settings(max_examples=100, deadline=None)
@given(seconds=st.floats(0.001, 100.0), dt=st.sampled_from([Fraction(1, 10_000), DT, Fraction(1, 3), Fraction(1, 10)]))
def test_the_whole_window_is_covered_wherever_it_ends(seconds, dt):
    columns = Columns(1, False, dt, seconds)
    end = 10 * columns.count * columns.per + 7
    columns.add(0, end, np.zeros((end, 1)))
    shown = columns.shown()
    assert shown.start <= float(end * dt) - seconds + 1e-6


def test_a_block_longer_than_the_window_leaves_its_end():
    columns = Columns(1, False, DT, 0.48)
    signal = np.arange(10_000.0)[:, None]
    columns.add(0, 10_000, signal)
    shown = columns.shown()
    assert shown.low is not None
    np.testing.assert_array_equal(shown.low[:, 0], signal[-481:, 0])
    assert shown.start == 9.519
