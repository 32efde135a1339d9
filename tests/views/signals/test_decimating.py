"""What a picture shows of a long signal is exact: no extreme and no event is lost, in whatever columns."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import TSContinuous, TSEvent
from graphnet.views.signals import decimating
from graphnet.views.signals.decimating import counts, envelope, extremes, levels, means, totals, within

values = st.floats(-1e3, 1e3, width=32) | st.just(float("nan"))


@st.composite
def signals(draw):
    number, channels = draw(st.integers(0, 60)), draw(st.integers(1, 3))
    samples = np.array(draw(st.lists(values, min_size=number * channels, max_size=number * channels)))
    samples = samples.reshape(number, channels)
    dt = draw(st.sampled_from([Fraction(1, 1000), Fraction(1, 3), 0.1]))
    if draw(st.booleans()) and number:
        times = np.sort(draw(st.lists(st.floats(0, 10), min_size=number, max_size=number)))
        return TSContinuous(times, samples, t_stop=draw(st.sampled_from([None, 11.0])))
    return TSContinuous.from_clocked(samples, dt, draw(st.sampled_from([0.0, 7.3, 1.7e9])))


@given(signals(), st.integers(1, 80))
def test_the_envelope_has_every_extreme_and_nothing_that_is_not_there(series, columns):
    found = envelope(series, columns)
    samples = series.samples
    if not len(samples) or np.isnan(samples).all():
        assert np.isnan(found.low).all()
        return
    assert np.array_equal(np.fmin.reduce(found.low), np.fmin.reduce(samples), equal_nan=True)
    assert np.array_equal(np.fmax.reduce(found.high), np.fmax.reduce(samples), equal_nan=True)
    assert np.isin(found.low[~np.isnan(found.low)], samples).all()
    assert not (found.low > found.high).any()


@given(signals(), st.integers(1, 20), st.data())
def test_every_sample_lies_in_the_band_of_its_column(series, columns, data):
    if not len(series.samples):
        return
    found = envelope(series, columns)
    k = data.draw(st.integers(0, len(series.samples) - 1))
    column = int(np.searchsorted(found.edges, series.times[k], side="right")) - 1
    near = slice(max(column - 1, 0), column + 2)  # a sample within rounding of an edge lies on one side of it
    for c, value in enumerate(series.samples[k]):
        assert np.isnan(value) or np.fmin.reduce(found.low[near, c]) <= value <= np.fmax.reduce(found.high[near, c])


@given(signals(), st.integers(1, 80))
def test_the_part_held_into_a_column_belongs_to_it(series, columns):
    """A column without a sample of its own shows the value that holds there, as the series reads."""
    found = envelope(series, columns)
    middles = (found.edges[:-1] + found.edges[1:]) / 2
    number = len(series.samples)
    if not number or series.duration == 0:
        return
    for i, t in enumerate(middles):
        k = int(np.searchsorted(series.times, t, side="right")) - 1
        if 0 <= k < number and abs(series.times[k] - t) > 1e-6 and t < series.t_stop:
            value = series.samples[k]
            known = ~np.isnan(value)
            assert (found.low[i][known] <= value[known]).all()
            assert (value[known] <= found.high[i][known]).all()


@given(st.integers(1, 70), st.integers(1, 5), st.integers(0, 2**32))
def test_rows_folded_side_by_side_give_the_extremes_of_all(channels, columns, seed):
    rng = np.random.default_rng(seed)
    samples = rng.normal(size=(decimating.FOLD**2 * columns + int(rng.integers(2, 99)), channels))
    bounds = np.linspace(0, len(samples), columns + 1).astype(np.int64)
    low, high = extremes(samples, bounds)
    parts = [samples[a:b] for a, b in pairwise(bounds)]
    assert np.array_equal(low, [one.min(axis=0) for one in parts])
    assert np.array_equal(high, [one.max(axis=0) for one in parts])


def test_means_are_those_of_the_samples_and_hold_between_them():
    series = TSContinuous.from_clocked(np.arange(8.0), dt=0.25)
    assert means(series, 2)[:, 0].tolist() == [1.5, 5.5]
    assert means(series, 16)[:, 0].tolist() == [k // 2 for k in range(16)]
    wide = TSContinuous.from_clocked(np.full((10**6, 1), 0.1, dtype=np.float32), dt=1e-3)
    assert means(wide, 1)[0, 0] == pytest.approx(float(np.float32(0.1)), rel=1e-12)  # summed in double precision


@st.composite
def trains(draw):
    number, channels = draw(st.integers(0, 80)), draw(st.integers(1, 9))
    ids = np.array(draw(st.lists(st.integers(0, channels - 1), min_size=number, max_size=number)), dtype=np.int32)
    steps = np.sort(draw(st.lists(st.integers(0, 999), min_size=number, max_size=number))).astype(np.int64)
    start = draw(st.sampled_from([0.0, 1e6]))
    return TSEvent(start + steps * 0.01, ids, t_start=start, t_stop=start + 10.0, num_channels=channels)


@given(trains(), st.integers(1, 60), st.integers(1, 4))
def test_no_event_is_lost_or_counted_twice(series, columns, group):
    found = counts(series, columns, group=group)
    assert found.sum() == len(series)
    assert np.array_equal(found.sum(axis=1), totals(series, columns))
    rows = np.bincount(series.channels // group, minlength=found.shape[1])
    assert np.array_equal(found.sum(axis=0), rows)


def test_events_are_counted_in_pieces_as_in_one(monkeypatch):
    rng = np.random.default_rng(5)
    series = TSEvent(np.sort(rng.random(1000)), rng.integers(0, 7, 1000), t_start=0, t_stop=1, num_channels=7)
    whole = counts(series, 30)
    monkeypatch.setattr(decimating, "AT_ONCE", 17)
    assert np.array_equal(counts(series, 30), whole)


def test_an_event_on_a_boundary_belongs_to_the_later_column():
    """0.3 / 0.1 is not 3 in binary; on the clock of the network it is."""
    raster = np.zeros((10, 1), dtype=int)
    raster[3] = 2
    found = TSEvent.from_raster(raster, dt=0.1, spikes_at_bin_start=True)
    assert found.exact_dt == Fraction(1, 10)
    assert totals(found, 10).tolist() == [0, 0, 0, 2, 0, 0, 0, 0, 0, 0]
    assert within(found, 0.3, 0.4) == slice(0, 2)
    assert within(found, 0.2, 0.3) == slice(0, 0)


@given(signals(), st.integers(2, 40), st.integers(1, 9), st.integers(2, 5))
def test_every_level_has_every_extreme(series, numbers, least, factor):
    found = levels(series, numbers=numbers, least=least, factor=factor)
    assert found[0].low is not None
    assert found[0].low.size <= max(numbers, series.num_channels)
    for one in found:
        assert one.low is not None
        assert one.high is not None
        assert len(one.low) == len(one.high) == len(one.times)
        assert np.allclose(one.times, series.times[:: one.stride], rtol=1e-12)
        if len(series.samples):
            assert np.array_equal(np.fmin.reduce(one.low), np.fmin.reduce(series.samples), equal_nan=True)
            assert np.array_equal(np.fmax.reduce(one.high), np.fmax.reduce(series.samples), equal_nan=True)


@given(trains(), st.integers(1, 400), st.integers(1, 20), st.integers(1, 5))
def test_every_level_has_every_event(series, numbers, least, rows):
    found = levels(series, numbers=numbers, least=least, rows=rows)
    for one in found:
        assert one.counts is not None
        assert one.counts.sum() == len(series)
        assert one.counts.shape[1] <= rows
        assert len(one.times) == len(one.counts)


def test_a_short_signal_is_its_own_finest_level():
    series = TSContinuous.from_clocked(np.arange(50.0).reshape(25, 2), dt=0.1)
    (only,) = levels(series)
    assert only.stride == 1
    assert only.low is only.high
    assert np.array_equal(only.low, series.samples)
