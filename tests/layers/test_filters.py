"""What filters refuse, and what they keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import ParameterError, Span
from graphnet.testing import check_layer
from layers import FIR, Butterworth, Envelope, FilterBank, Linear, LowPass, Rectify

RATE = "between 0 and half of the rate of steps, 500.0 Hz"

REFUSED = {
    "a cutoff above half of the rate": (
        lambda: Butterworth(1, order=2, cutoff=500.0),
        f"Butterworth: cutoff must be {RATE}, got 500.0 Hz",
    ),
    "one frequency for a band": (
        lambda: Butterworth(1, order=2, cutoff=50.0, btype="bandpass"),
        "Butterworth: cutoff of a bandpass must be a pair (low, high)",
    ),
    "two frequencies for a lowpass": (
        lambda: Butterworth(1, order=2, cutoff=(50.0, 60.0)),
        "Butterworth: cutoff of a lowpass must be one frequency",
    ),
    "a band that falls": (
        lambda: FilterBank(1, bands=[(10.0, 20.0), (40.0, 30.0)], order=2),
        "FilterBank: bands must rise from low to high, got (40.0, 30.0) Hz",
    ),
    "a band from zero": (
        lambda: FilterBank(1, bands=[(0.0, 20.0)], order=2),
        f"FilterBank: bands must be {RATE}, got (0.0, 20.0) Hz",
    ),
    "no band": (
        lambda: FilterBank(1, bands=[], order=2),
        "FilterBank: bands must be at least one pair (low, high)",
    ),
    "a filter too narrow for float32": (
        lambda: Butterworth(1, order=4, cutoff=(0.001, 0.002), btype="bandpass", dtype="float32"),
        "Butterworth: cutoff gives a filter that is unstable once rounded to float32; take dtype='float64'",
    ),
    "no taps": (lambda: FIR(1, taps=[]), "FIR: taps must be at least one number"),
    "noise on a filter without a state of first order": (
        lambda: FIR(1, taps=[1.0], noise_std=1.0),
        "FIR: noise_std must be 0: add noise to the signal before or after the filter",
    ),
    "a time constant of zero": (
        lambda: LowPass(1, tau=0.0),
        "LowPass: tau should be greater than 0, got 0.0 (in s)",
    ),
}


def whole(layer, x):
    return layer.advance(layer.initial(), x, Span(0, len(x)))[1]


@pytest.mark.parametrize("what", REFUSED)
def test_a_wrong_parameter_is_refused_in_words(what):
    make, text = REFUSED[what]
    with pytest.raises(ParameterError) as caught:
        make()
    assert str(caught.value) == text


def test_taps_that_are_not_finite_are_refused():
    with pytest.raises(ParameterError, match="taps"):
        FIR(1, taps=[1.0, np.nan])


@pytest.mark.parametrize("btype", ["bandpass", "bandstop"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_filters_of_a_band_obey_the_laws_of_every_layer(btype, dtype):
    check_layer(Butterworth, order=3, cutoff=(40.0, 90.0), btype=btype, dtype=dtype)


def test_one_tap_is_a_product():
    check_layer(FIR, taps=[0.5])
    x = np.random.default_rng(0).normal(size=(50, 3))
    assert np.array_equal(whole(FIR(3, taps=[0.5]), x), whole(Linear(np.full(3, 0.5)), x))


@pytest.mark.parametrize("given", [[(10.0, 20.0)], ((10, 20),), np.array([[10.0, 20.0]])])
def test_bands_are_held_as_tuples_however_they_are_given(given):
    assert FilterBank(1, bands=given, order=2).bands == ((10.0, 20.0),)


@given(cut=st.integers(1, 199), seed=st.integers(0, 5))
def test_a_bank_is_its_bands_one_by_one_to_the_bit(cut, seed):
    x = np.random.default_rng(seed).normal(size=(200, 2))
    bands = [(10.0, 20.0), (20.0, 80.0), (80.0, 200.0)]
    bank = FilterBank(2, bands=bands, order=2)
    state, first = bank.advance(bank.initial(), x[:cut], Span(0, cut))
    _, second = bank.advance(state, x[cut:], Span(cut, 200 - cut))
    found = np.concatenate([first, second]).reshape(200, 2, 3)
    for b, band in enumerate(bands):
        assert np.array_equal(found[:, :, b], whole(Butterworth(2, order=2, cutoff=band, btype="bandpass"), x))


def test_an_envelope_is_a_rectifier_and_a_low_pass():
    x = np.random.default_rng(0).normal(size=(200, 3))
    both = whole(LowPass(3, tau=0.01), whole(Rectify(3), x))
    assert np.array_equal(whole(Envelope(3, tau=0.01), x), both)


def test_half_a_wave_and_its_mirror_make_the_full_one():
    x = np.random.default_rng(0).normal(size=(200, 3))
    half = Rectify(3, wave="half")
    assert np.array_equal(whole(half, x) + whole(half, -x), whole(Rectify(3), x))
