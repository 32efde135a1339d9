"""Filters against scipy.signal, closed forms, and the response that defines them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from graphnet import Span
from layers import FIR, Butterworth, Envelope, FilterBank, LowPass

RATE = 1000.0


def run(layer, x, cuts=()):
    state, parts, low = layer.initial(), [], 0
    for high in (*cuts, len(x)):
        state, out = layer.advance(state, x[low:high], Span(low, high - low, key=3))
        parts.append(out)
        low = high
    return np.concatenate(parts)


def noise(steps, size, seed=0):
    return np.random.default_rng(seed).normal(size=(steps, size))


@given(
    order=st.integers(1, 8),
    low=st.floats(20.0, 200.0),
    width=st.floats(20.0, 200.0),
    btype=st.sampled_from(["lowpass", "highpass", "bandpass", "bandstop"]),
    cut=st.integers(1, 299),
)
def test_a_butterworth_filter_is_scipys_whole_and_in_blocks(order, low, width, btype, cut):
    """To rounding against scipy.signal.sosfilt; blocks give the same bits as the whole."""
    cutoff = (low, low + width) if btype.startswith("band") else low
    x = noise(300, 3)
    layer = Butterworth(3, order=order, cutoff=cutoff, btype=btype)
    found = run(layer, x)
    expected = signal.sosfilt(signal.butter(order, cutoff, btype, output="sos", fs=RATE), x, axis=0)
    assert np.max(np.abs(found - expected)) <= 1e-12 * (1.0 + np.max(np.abs(expected)))
    assert found.tobytes() == run(layer, x, (cut,)).tobytes()


@pytest.mark.parametrize("order", [1, 2, 4, 7])
def test_the_gain_is_the_one_that_defines_a_butterworth_filter(order):
    """|H|**2 = 1 / (1 + (tan(pi f dt) / tan(pi fc dt))**(2 n)): the definition, with the frequencies that the bilinear
    transform maps them (Oppenheim and Schafer 2010, chapter 7); so half of the power passes at fc.
    """
    x = np.zeros((4096, 1))
    x[0] = 1.0
    fc = 60.0
    gain = np.abs(np.fft.rfft(run(Butterworth(1, order=order, cutoff=fc), x)[:, 0])) ** 2
    f = np.fft.rfftfreq(4096, 1.0 / RATE)[:-1]
    exact = 1.0 / (1.0 + (np.tan(np.pi * f / RATE) / math.tan(np.pi * fc / RATE)) ** (2 * order))
    assert np.max(np.abs(gain[:-1] - exact)) < 1e-10


def test_a_narrow_band_of_low_frequencies_stays_as_exact_as_scipys():
    """The case that direct forms fail at: order 4, 1 to 2 Hz at 1 kHz."""
    x = noise(20_000, 2)
    found = run(FilterBank(2, bands=[(1.0, 2.0)], order=4), x)
    expected = signal.sosfilt(signal.butter(4, (1.0, 2.0), "bandpass", output="sos", fs=RATE), x, axis=0)
    assert np.max(np.abs(found - expected)) < 1e-9 * np.max(np.abs(expected))


def test_float32_is_near_scipys_float32():
    x = noise(500, 2).astype(np.float32)
    found = run(Butterworth(2, order=4, cutoff=60.0, dtype="float32"), x)
    expected = signal.sosfilt(signal.butter(4, 60.0, output="sos", fs=RATE).astype(np.float32), x, axis=0)
    assert found.dtype == expected.dtype == np.float32
    assert np.max(np.abs(found - expected)) < 1e-5


@given(taps=st.lists(st.floats(-2, 2), min_size=1, max_size=40), cut=st.integers(1, 99))
def test_an_fir_filter_is_a_convolution(taps, cut):
    x = noise(100, 2)
    layer = FIR(2, taps=taps)
    found = run(layer, x)
    expected = np.stack([np.convolve(column, taps)[:100] for column in x.T], axis=1)
    assert np.max(np.abs(found - expected)) < 1e-12
    assert found.tobytes() == run(layer, x, (cut,)).tobytes()


@given(tau=st.floats(1e-4, 1.0), dt=st.sampled_from([1e-4, 1e-3, 1e-2]))
def test_a_low_pass_answers_a_step_with_its_closed_form(tau, dt):
    """tau dv/dt = 1 - v from v = 0 gives v(t) = 1 - exp(-t / tau); sample k is v at the end of its step, (k + 1) dt."""
    y = run(LowPass(1, tau=tau, dt=dt), np.ones((200, 1)))[:, 0]
    assert np.max(np.abs(y + np.expm1(-np.arange(1, 201) * dt / tau))) < 1e-12


@pytest.mark.parametrize("dt", [1e-2, 1e-3, 1e-4])
def test_noise_has_the_stationary_spread_of_its_process_at_any_dt(dt):
    """Variance s**2 tau/2 of an Ornstein-Uhlenbeck process (Gardiner 2009, section 3.8.4)."""
    tau, strength, units = 0.01, 2.0, 4000
    last = run(LowPass(units, tau=tau, noise_std=strength, dt=dt), np.zeros((round(10 * tau / dt), units)))[-1]
    variance = strength**2 * tau / 2.0
    assert abs(last.mean()) < 5 * math.sqrt(variance / units)
    assert abs(last.var() - variance) < 5 * variance * math.sqrt(2.0 / units)


def test_the_envelope_of_a_fast_sine_is_its_mean_absolute_value():
    """The mean of A |sin| over a period is 2 A / pi; a ripple of about (A / (2 pi f tau)) / 2 is left."""
    dt, f, tau, amplitude = 1e-4, 200.0, 0.1, 3.0
    x = amplitude * np.sin(2 * np.pi * f * dt * np.arange(20_000) + 0.1)[:, None]
    y = run(Envelope(1, tau=tau, dt=dt), x)[-1, 0]
    assert abs(y - 2 * amplitude / math.pi) < 0.02
