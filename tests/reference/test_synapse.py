"""The exponential synapse against its closed form: a sum of exponentials, one for each event."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import Events, Span
from layers import ExpSyn


def run(layer, events, steps, key=1):
    _, out = layer.advance(layer.initial(), events, Span(0, steps, key=key))
    return out


@given(tau=st.floats(1e-3, 1.0), dt=st.sampled_from([1e-4, 1e-3, 1e-2]), weight=st.floats(-10, 10))
def test_one_event_decays_from_its_undecayed_weight(tau, dt, weight):
    """y_k = w exp(-(k - k0) dt / tau) from the event's own step k0 on (Neuronal Dynamics, section 3.1)."""
    layer = ExpSyn([[weight]], tau=tau, dt=dt)
    y = run(layer, Events(np.array([3]), np.zeros(1, dtype=np.int32)), 200)[:, 0]
    exact = weight * np.exp(-np.arange(197) * dt / tau)
    assert np.all(y[:3] == 0.0)
    assert y[3] == weight
    assert np.max(np.abs(y[3:] - exact)) < 1e-12


def test_many_events_superpose_and_repeats_count():
    rng = np.random.default_rng(0)
    step, channel = np.sort(rng.integers(0, 300, 400)), rng.integers(0, 5, 400).astype(np.int32)
    order = np.lexsort((channel, step))
    step, channel = step[order], channel[order]
    weights, tau = rng.normal(size=(5, 7)), np.linspace(0.002, 0.05, 7)
    ago = np.arange(300)[:, None, None] - step[:, None]
    exact = np.einsum("ken,en->kn", np.where(ago >= 0, np.exp(-np.maximum(ago, 0) * 1e-3 / tau), 0.0), weights[channel])
    assert np.max(np.abs(run(ExpSyn(weights, tau=tau), Events(step, channel), 300) - exact)) < 1e-12


@pytest.mark.parametrize("dt", [1e-2, 1e-3, 1e-4])
def test_noise_has_the_stationary_spread_of_its_process_at_any_dt(dt):
    """Variance s**2 tau/2 of an Ornstein-Uhlenbeck process (Gardiner 2009, section 3.8.4)."""
    tau, strength, units = 0.01, 2.0, 4000
    last = run(ExpSyn(np.zeros((1, units)), tau=tau, noise_std=strength, dt=dt), None, round(10 * tau / dt))[-1]
    variance = strength**2 * tau / 2.0
    assert abs(last.mean()) < 5 * math.sqrt(variance / units)
    assert abs(last.var() - variance) < 5 * variance * math.sqrt(2.0 / units)
