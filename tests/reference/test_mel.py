"""The Mel bank: its bands by the formula of the scale, its filters against scipy.signal and their defining gains."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from graphnet import ParameterError, Span
from graphnet.testing import check_layer
from layers import FilterBank, MelBank

RATE = 16_000.0
DT = 1 / RATE


def run(layer, x, cuts=()):
    state, parts, low = layer.initial(), [], 0
    for high in (*cuts, len(x)):
        state, out = layer.advance(state, x[low:high], Span(low, high - low))
        parts.append(out)
        low = high
    return np.concatenate(parts)


def mels(f):
    return 2595.0 * np.log10(1.0 + np.asarray(f) / 700.0)


@given(count=st.integers(1, 40), low=st.floats(20.0, 500.0), width=st.floats(500.0, 7000.0))
def test_bands_touch_and_are_equally_wide_on_the_scale(count, low, width):
    bands = np.array(MelBank(1, count, low=low, high=low + width, dt=DT).bands)
    assert bands.shape == (count, 2)
    assert bands[0, 0] == low
    assert bands[-1, 1] == low + width
    assert np.array_equal(bands[1:, 0], bands[:-1, 1])
    np.testing.assert_allclose(np.diff(mels(bands))[:, 0], (mels(low + width) - mels(low)) / count, rtol=1e-9)


def test_a_thousand_hertz_is_a_thousand_mels():
    """What the scale is fixed at (Stevens, Volkmann and Newman 1937); the formula meets it to 0.02 Mel."""
    bands = MelBank(1, 2, low=700.0 * (10 ** (400 / 2595) - 1), high=700.0 * (10 ** (1600 / 2595) - 1), dt=DT).bands
    assert bands[0][1] == pytest.approx(1000.0, abs=0.05)


@given(count=st.integers(1, 12), order=st.integers(1, 4), cut=st.integers(1, 499))
def test_each_filter_is_scipys_whole_and_in_blocks(count, order, cut):
    """To rounding against scipy.signal.sosfilt; blocks give the same bits as the whole."""
    x = np.random.default_rng(0).normal(size=(500, 2))
    layer = MelBank(2, count, low=100.0, high=6000.0, order=order, dt=DT)
    found = run(layer, x)
    for b, band in enumerate(layer.bands):
        sections = signal.butter(order, band, "bandpass", output="sos", fs=RATE)
        expected = signal.sosfilt(sections, x, axis=0)
        part = found.reshape(500, 2, count)[:, :, b]
        assert np.max(np.abs(part - expected)) <= 1e-11 * (1.0 + np.max(np.abs(expected)))
    assert found.tobytes() == run(layer, x, (cut,)).tobytes()


@pytest.mark.parametrize("order", [1, 2, 4])
def test_the_gain_is_one_at_the_centres_and_half_of_the_power_passes_at_the_edges(order):
    """The definition of a Butterworth band (Oppenheim and Schafer 2010, chapter 7), by the transform of the answer to
    one sample.
    """
    layer = MelBank(1, 6, low=200.0, high=6000.0, order=order, dt=DT)
    x = np.zeros((20_000, 1))
    x[0] = 1.0
    answers = run(layer, x)
    k = np.arange(len(x))

    def gain(b, f):
        return abs(np.sum(answers[:, b] * np.exp(-2j * math.pi * f * DT * k)))

    for b, ((low, high), centre) in enumerate(zip(layer.bands, layer.centres, strict=True)):
        assert low < centre < high
        assert gain(b, centre) == pytest.approx(1.0, abs=1e-9)
        assert gain(b, low) == pytest.approx(math.sqrt(0.5), abs=1e-9)
        assert gain(b, high) == pytest.approx(math.sqrt(0.5), abs=1e-9)


def test_it_is_the_bank_of_its_bands_to_the_bit():
    x = np.random.default_rng(0).normal(size=(300, 3))
    layer = MelBank(3, 5, low=50.0, high=7000.0, dt=DT)
    assert np.array_equal(run(layer, x), run(FilterBank(3, bands=layer.bands, dt=DT), x))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_obeys_the_laws_at_any_order(dtype):
    check_layer(MelBank, order=3, dtype=dtype)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"low": 100.0, "high": 500.0}, "MelBank: high must be below half of the rate of steps, 500.0 Hz, got 500.0"),
        ({"low": 100.0, "high": 100.0}, "MelBank: high must be above low = 100.0 Hz, got 100.0 Hz"),
        ({"low": 0.0, "high": 100.0}, "MelBank: low should be greater than 0, got 0.0"),
        ({"low": 0.001, "high": 0.01, "dtype": "float32"}, "MelBank: low gives a filter that is unstable once rounded"),
        ({"low": 10.0, "high": 100.0, "noise_std": 1.0}, "MelBank: noise_std must be 0"),
    ],
)
def test_bands_that_cannot_be_are_refused(given, says):
    with pytest.raises(ParameterError, match=says):
        MelBank(1, 4, **given)
