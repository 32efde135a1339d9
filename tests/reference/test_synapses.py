"""Synapses of two stages and the leaky integrator against closed forms, worked out in 50 decimal digits."""

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet import Events, Span, TSEvent
from layers import LI, AlphaSyn, DoubleExpSyn, ExpSyn

getcontext().prec = 50
TIMES = st.floats(5e-4, 0.2)


def run(layer, x, steps, key=1):
    return layer.advance(layer.initial(), x, Span(0, steps, key=key))[1]


def one_event(step=0):
    return Events(np.array([step]), np.zeros(1, dtype=np.int32))


def alpha(tau, dt, steps):
    """(t / tau) exp(1 - t / tau) at t = 0, dt, ..."""
    turns = [k * Decimal(dt) / Decimal(tau) for k in range(steps)]
    return np.array([float(one * (1 - one).exp()) for one in turns])


def two_exponentials(rise, decay, dt, steps):
    """(exp(-t/decay) - exp(-t/rise)) over its largest value, at t = 0, dt, ...; 50 digits bear the small difference."""
    rise, decay, dt = Decimal(rise), Decimal(decay), Decimal(dt)

    def difference(t):
        return (-t / decay).exp() - (-t / rise).exp()

    peak = difference((decay / rise).ln() * rise * decay / (decay - rise))
    return np.array([float(difference(k * dt) / peak) for k in range(steps)])


@settings(max_examples=20)
@given(tau=TIMES, dt=st.sampled_from([1e-4, 1e-3, 1e-2]), weight=st.floats(-10, 10))
def test_one_event_of_an_alpha_synapse_is_the_alpha_function(tau, dt, weight):
    """Error below 1e-12 for a peak of 1 (Dayan and Abbott 2001, chapter 5)."""
    y = run(AlphaSyn([[weight]], tau=tau, dt=dt), one_event(3), 103)[:, 0]
    assert np.all(y[:4] == 0.0)
    assert np.max(np.abs(y[3:] - weight * alpha(tau, dt, 100))) < 1e-12 * max(1.0, abs(weight))


@settings(max_examples=20)
@given(rise=TIMES, ratio=st.floats(0.05, 0.999) | st.floats(1.001, 20.0), dt=st.sampled_from([1e-4, 1e-3]))
def test_one_event_of_a_double_exponential_synapse_is_the_difference_of_two(rise, ratio, dt):
    """Error below 1e-12 for a peak of 1; which of the two times is the longer makes no difference."""
    decay = rise * ratio
    y = run(DoubleExpSyn([[1.0]], tau_rise=rise, tau_decay=decay, dt=dt), one_event(), 100)[:, 0]
    assert np.max(np.abs(y - two_exponentials(rise, decay, dt, 100))) < 1e-12


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 1e-12, 2.3e-16])
def test_nearly_equal_time_constants_lose_no_digit(gap):
    rise, decay = 0.01, 0.01 * (1.0 + gap)
    assert decay > rise
    y = run(DoubleExpSyn([[1.0]], tau_rise=rise, tau_decay=decay), one_event(), 100)[:, 0]
    assert np.max(np.abs(y - two_exponentials(rise, decay, 1e-3, 100))) < 1e-12


def test_equal_time_constants_give_the_alpha_synapse_to_the_bit():
    rng = np.random.default_rng(0)
    step = np.sort(rng.integers(0, 200, 300))
    events = Events(step, np.zeros(300, dtype=np.int32))
    both = (AlphaSyn([[0.3]], tau=0.007), DoubleExpSyn([[0.3]], tau_rise=0.007, tau_decay=0.007))
    one, other = (run(layer, events, 200) for layer in both)
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("make", [AlphaSyn, lambda w, **more: DoubleExpSyn(w, tau_rise=0.002, tau_decay=0.011, **more)])
def test_many_events_superpose_and_repeats_count(make):
    rng = np.random.default_rng(0)
    step, channel = np.sort(rng.integers(0, 300, 400)), rng.integers(0, 5, 400).astype(np.int32)
    order = np.lexsort((channel, step))
    step, channel = step[order], channel[order]
    weights = rng.normal(size=(5, 7))
    single = run(make([[1.0]]), one_event(), 300)[:, 0]
    exact = np.zeros((300, 7))
    for k, c in zip(step, channel, strict=True):
        exact[k:] += np.outer(single[: 300 - k], weights[c])
    assert np.max(np.abs(run(make(weights), Events(step, channel), 300) - exact)) < 1e-12


@given(tau=TIMES, dt=st.sampled_from([1e-4, 1e-3, 1e-2]), rest=st.floats(-1, 1), start=st.floats(-1, 1))
def test_a_leaky_integrator_relaxes_to_its_input_as_the_closed_form(tau, dt, rest, start):
    """v(t) = v_inf + (v0 - v_inf) exp(-t/tau) with v_inf = v_rest + r W' u."""
    layer = LI([[2.0]], tau=tau, r=1.5, v_rest=rest, v0=start, dt=dt)
    v = run(layer, np.full((200, 1), 0.7), 200)[:, 0]
    end = rest + 1.5 * 2.0 * 0.7
    assert np.max(np.abs(v - (end + (start - end) * np.exp(-np.arange(1, 201) * dt / tau)))) < 1e-12


def test_a_leaky_integrator_of_events_is_the_exponential_synapse():
    rng = np.random.default_rng(0)
    events = Events(np.sort(rng.integers(0, 100, 50)), np.zeros(50, dtype=np.int32))
    weights = rng.normal(size=(1, 4))
    leaky = run(LI(weights, tau=0.01, r=7.0, input_type=TSEvent), events, 100)
    assert np.array_equal(leaky, run(ExpSyn(weights, tau=0.01), events, 100))


@pytest.mark.parametrize("dt", [1e-2, 1e-3, 1e-4])
@pytest.mark.parametrize("name", ["LI", "AlphaSyn", "DoubleExpSyn"])
def test_noise_has_the_stationary_spread_of_its_process_at_any_dt(name, dt):
    """Variance s**2 tau/2 of an Ornstein-Uhlenbeck process (Gardiner 2009, section 3.8.4)."""
    tau, strength, units = 0.01, 2.0, 4000
    layer = {
        "LI": lambda w, **more: LI(w, tau=tau, **more),
        "AlphaSyn": lambda w, **more: AlphaSyn(w, tau=tau, **more),
        "DoubleExpSyn": lambda w, **more: DoubleExpSyn(w, tau_rise=0.002, tau_decay=tau, **more),
    }[name](np.zeros((1, units)), noise_std=strength, dt=dt)
    last = run(layer, None, round(10 * tau / dt))[-1]
    variance = strength**2 * tau / 2.0
    assert abs(last.mean()) < 5 * math.sqrt(variance / units)
    assert abs(last.var() - variance) < 5 * variance * math.sqrt(2.0 / units)
