"""What synapses refuse, record and keep narrow."""

import numpy as np
import pytest

from graphnet import Events, ParameterError, ParameterTypeError, Span
from graphnet.testing import check_layer
from layers import LI, AlphaSyn, DoubleExpSyn

TWO = np.ones((1, 2))

REFUSED = {
    "a time constant of zero": (
        lambda: AlphaSyn(TWO, tau=[0.01, 0.0]),
        "AlphaSyn: tau should be greater than 0, got 0.0 at unit 1 (in s)",
    ),
    "a negative rise": (
        lambda: DoubleExpSyn(TWO, tau_rise=-0.001, tau_decay=0.01),
        "DoubleExpSyn: tau_rise should be greater than 0, got -0.001 (in s)",
    ),
    "one time constant too many": (
        lambda: LI(TWO, tau=[0.01, 0.02, 0.03]),
        "LI: tau must be a number or have shape (2,), got shape (3,)",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_wrong_parameter_is_refused_in_words(what):
    make, text = REFUSED[what]
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == text


def test_missing_time_constants_are_named_together():
    with pytest.raises(ParameterTypeError, match=r"(?s)needs 'tau_rise'.*needs 'tau_decay'"):
        DoubleExpSyn(TWO)


def test_time_constants_for_each_unit_mixed_with_equal_ones_obey_the_laws():
    times = {"tau_rise": [0.001, 0.01, 0.02, 0.005], "tau_decay": [0.01, 0.01, 0.002, 0.005]}
    for dtype in ("float64", "float32"):
        check_layer(DoubleExpSyn, dtype=dtype, noise_std=0.5, **times)


@pytest.mark.parametrize("make", [AlphaSyn, lambda w: DoubleExpSyn(w, tau_rise=0.001, tau_decay=0.02)])
def test_the_peak_of_a_response_is_its_weight(make):
    """At dt = 1 us no sample is far from the peak: |y''| dt**2 / 8 is below 1e-6."""
    layer = type(make(TWO)).load_from_dict(make([[3.0]]).to_dict(), dt=1e-6)
    _, y = layer.advance(layer.initial(), Events(np.zeros(1, np.int64), np.zeros(1, np.int32)), Span(0, 20_000))
    assert 3.0 - 1e-5 < y.max() <= 3.0 + 1e-12


def test_the_first_stage_is_recorded_with_the_events_of_its_step():
    layer = AlphaSyn([[2.0]], tau=0.01)
    watch = {"x": np.full((3, 1), np.nan), "y": np.full((3, 1), np.nan)}
    span = Span(0, 3, watch=watch)
    _, y = layer.advance(layer.initial(), Events(np.array([1]), np.zeros(1, dtype=np.int32)), span)
    assert watch["x"][:, 0].tolist() == [0.0, 2.0, 2.0 * np.exp(-0.1)]
    assert np.array_equal(watch["y"], y)


def test_float32_is_kept_throughout():
    for layer in (LI(TWO, tau=0.01, dtype="float32"), AlphaSyn(TWO, dtype="float32")):
        state, y = layer.advance(layer.initial(), None, Span(0, 4))
        assert y.dtype == np.float32
        assert all(one.dtype == np.float32 for one in state.values())
