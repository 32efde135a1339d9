"""Arithmetic with signals, against NumPy on their samples."""

import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nst

from graphnet.errors import SeriesError, SeriesTypeError
from graphnet.timeseries import TSContinuous, TSEvent

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.pow]
IN_PLACE = [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ifloordiv, operator.ipow]
NUMBERS = st.floats(0.5, 4.0) | st.just(np.nan)


def expected(operation, a, b):
    """What an operator gives: NaN stays NaN, but one NaN is 0 in a sum or a difference."""
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    if operation in (operator.add, operator.sub):
        lost = np.isnan(a) & np.isnan(b)
        return np.where(lost, np.nan, operation(np.where(np.isnan(a), 0, a), np.where(np.isnan(b), 0, b)))
    return np.where(np.isnan(a) | np.isnan(b), np.nan, operation(a, b))


@pytest.mark.parametrize("operation", OPERATORS)
@given(
    samples=nst.arrays(float, (4, 3), elements=NUMBERS),
    other=NUMBERS | nst.arrays(float, nst.broadcastable_shapes((4, 3), max_dims=2, max_side=1), elements=NUMBERS),
)
def test_operators_are_those_of_the_samples_from_both_sides(operation, samples, other):
    ts = TSContinuous.from_clocked(samples, 0.1, units="mV", name="v")
    if np.ndim(other) and np.broadcast_shapes(np.shape(other), (4, 3)) != (4, 3):
        return
    left, right = operation(ts, other), operation(other, ts)
    np.testing.assert_allclose(left.samples, expected(operation, samples, other))
    np.testing.assert_allclose(right.samples, expected(operation, other, samples))
    assert (left.units, left.name, left.dt) == ("mV", "v", 0.1)


@pytest.mark.parametrize(("operation", "in_place"), list(zip(OPERATORS, IN_PLACE, strict=True)))
@given(samples=nst.arrays(float, (4, 3), elements=NUMBERS))
def test_in_place_operators_replace_the_samples_of_the_object(operation, in_place, samples):
    ts = TSContinuous.from_clocked(samples, 0.1)
    kept = samples.copy()
    mine = ts.copy()
    assert in_place(mine, 2.0) is mine
    assert mine.equals(operation(ts, 2.0))
    np.testing.assert_array_equal(samples, kept)


@given(
    a=nst.arrays(float, (6, 2), elements=NUMBERS), b=nst.arrays(float, (10, 2), elements=NUMBERS), k=st.integers(0, 4)
)
def test_another_signal_is_read_at_the_times_of_the_first(a, b, k):
    one, two = TSContinuous.from_clocked(a, 0.1, k * 0.1), TSContinuous.from_clocked(b, 0.1)
    np.testing.assert_allclose((one + two).samples, expected(operator.add, a, b[k : k + 6]))
    np.testing.assert_allclose((one * two.clip(channels=1)).samples, a * b[k : k + 6, 1:])


def test_a_product_broadcasts_both_ways_and_nothing_else_does():
    ts = TSContinuous.from_clocked([1.0, 2.0], 0.1)
    assert (ts * [1.0, 10.0, 100.0]).samples.tolist() == [[1, 10, 100], [2, 20, 200]]
    for wrong in (
        lambda: ts + np.arange(3.0),
        lambda: ts * np.ones((3, 1)),
        lambda: ts - np.ones((2, 2)),
        lambda: ts * np.ones((2, 2, 1)),
    ):
        with pytest.raises(SeriesError, match="operand of shape"):
            wrong()
    assert ts.samples.tolist() == [[1], [2]]


def test_samples_times_a_matrix():
    ts = TSContinuous.from_clocked(np.arange(6.0).reshape(2, 3), 0.1)
    matrix = np.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal((ts @ matrix).samples, ts.samples @ matrix)
    np.testing.assert_array_equal((ts @ np.ones(3)).samples, ts.samples.sum(axis=1, keepdims=True))
    mine = ts.copy()
    mine @= matrix
    assert mine.equals(ts @ matrix)
    with pytest.raises(TypeError):
        matrix @ ts
    with pytest.raises(SeriesError, match="cannot be multiplied"):
        ts @ np.ones((4, 4))


def test_signs():
    ts = TSContinuous.from_clocked([-1.0, 2.0], 0.1)
    assert (-ts).samples.tolist() == [[1], [-2]]
    assert (+ts).equals(ts)
    assert abs(ts).samples.tolist() == [[1], [2]]
    assert (ts.min, ts.max) == (-1.0, 2.0)


def test_extremes_leave_nan_out_and_need_a_sample():
    assert TSContinuous.from_clocked([np.nan, 3.0, 1.0], 0.1).max == 3.0
    assert np.isnan(TSContinuous.from_clocked([np.nan], 0.1).min)
    with pytest.raises(SeriesError, match="empty"):
        _ = TSContinuous().max


def test_float32_stays_float32_beside_numbers():
    ts = TSContinuous.from_clocked(np.ones((2, 1), dtype=np.float32), 0.1)
    for result in (ts + 1, 2 * ts, ts / 3.0, ts**2, ts + ts, -ts, ts @ np.ones((1, 2), dtype=np.float32)):
        assert result.samples.dtype == np.float32


def test_an_unfit_operand_changes_nothing():
    ts = TSContinuous.from_clocked([1.0, 2.0], 0.1)
    for wrong in ("a", None, 1j, TSEvent([0.0], t_stop=1.0), np.ma.masked_array([1.0], mask=[True]), [object()]):
        with pytest.raises(SeriesTypeError):
            ts += wrong
    assert ts.samples.tolist() == [[1], [2]]
