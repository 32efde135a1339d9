"""The leaky integrate-and-fire neuron against its closed forms.

With constant input v relaxes to v_inf = v_rest + r I: v(t) = v_inf + (v(0) - v_inf) exp(-t/tau), so that from v_reset
the threshold is reached after T = tau ln((v_inf - v_reset) / (v_inf - threshold)) and the rate is 1 / (refractory + T)
(Gerstner, Kistler, Naud and Paninski 2014, Neuronal Dynamics, section 1.3; each form is one line of algebra from the
equation).
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import Events, Span, TSContinuous, TSEvent
from layers import LIF

DT = 1e-3


def run(layer, block, steps, watch=None):
    _, events = layer.advance(layer.initial(), block, Span(0, steps, key=1, watch=watch))
    return events


def voltage(layer, block, steps):
    watch = {"v": np.empty((steps, layer.size))}
    run(layer, block, steps, watch)
    return watch["v"]


@given(
    current=st.floats(1.05, 20.0),
    tau=st.floats(0.005, 0.1),
    refractory=st.floats(0.0, 0.02),
    rest=st.floats(-0.5, 0.5),
    below=st.floats(0.1, 1.0),
)
def test_the_interval_between_spikes_is_the_closed_form_within_one_step(current, tau, refractory, rest, below):
    """From the step of a spike: whole steps of refractoriness, then the steps that reach the threshold."""
    threshold = rest + 1.0
    reset = threshold - below
    given = {"v_rest": rest, "v_reset": reset, "v0": reset, "refractory": refractory}
    layer = LIF([[1.0]], tau_mem=tau, threshold=threshold, dt=DT, **given)
    target = rest + current
    interval = refractory + tau * math.log((target - reset) / (target - threshold))
    steps = int(4 * interval / DT) + 30
    found = np.diff(run(layer, np.full((steps, 1), current), steps).step)
    assert len(found) >= 2
    assert np.all(found == found[0])
    # each of the two parts is rounded up to whole steps
    assert interval / DT - 1e-6 <= found[0] < interval / DT + 2


def test_the_rate_follows_the_f_i_curve_within_one_step_of_each_interval():
    """f(I) = 1 / (t_ref + tau ln(I / (I - 1))) above I = 1, nothing below it; t_ref is a whole number of steps."""
    currents = np.concatenate([np.linspace(0.0, 0.999, 20), np.linspace(1.01, 10.0, 200)])
    tau, refractory, dt, steps = 0.02, 0.004, 1e-4, 20_000
    layer = LIF(np.diag(currents), tau_mem=tau, refractory=refractory, dt=dt)
    events = run(layer, np.ones((steps, len(currents))), steps)
    counts = np.bincount(events.channel, minlength=len(currents))
    assert np.all(counts[:20] == 0)
    intervals = refractory + tau * np.log(currents[20:] / (currents[20:] - 1.0))
    for channel, interval in enumerate(intervals, start=20):
        own = np.diff(events.step[events.channel == channel])
        assert np.all(own >= round(interval / dt - 0.5) - 1e-6)
        assert np.all(own <= interval / dt + 1)
        assert counts[channel] == 1 + len(own)


@pytest.mark.parametrize("dt", [1e-4, 1e-3, 0.05])
def test_the_step_response_of_the_membrane_is_exact(dt):
    tau, rest, r, bias = 0.02, -0.3, 2.0, 0.05
    layer = LIF([[1.0]], tau_mem=tau, v_rest=rest, r=r, bias=bias, v0=0.7, threshold=10.0, dt=dt)
    steps = 500
    target = rest + r * (0.4 + bias)
    exact = target + (0.7 - target) * np.exp(-dt * np.arange(1, steps + 1) / tau)
    assert np.max(np.abs(voltage(layer, np.full((steps, 1), 0.4), steps)[:, 0] - exact)) < 1e-12


def test_an_event_adds_its_weight_after_the_leak_and_repeats_add_again():
    layer = LIF([[0.25]], tau_mem=0.02, v0=0.5, threshold=10.0, input_type=TSEvent, dt=DT)
    events = Events(np.array([2, 2, 2]), np.zeros(3, dtype=np.int32))
    keep = math.exp(-DT / 0.02)
    expected = [0.5 * keep, 0.5 * keep**2, 0.5 * keep**3 + 0.75, (0.5 * keep**3 + 0.75) * keep]
    assert np.allclose(voltage(layer, events, 4)[:, 0], expected, rtol=0, atol=1e-15)


def test_a_neuron_driven_by_events_alone_sums_exponentials():
    """v(t) = sum of w exp(-(t - t_i)/tau) over the events so far."""
    rng = np.random.default_rng(0)
    step = np.sort(rng.integers(0, 400, 60))
    channel = rng.integers(0, 3, 60).astype(np.int32)
    order = np.lexsort((channel, step))
    weights, tau = rng.normal(size=(3, 2)), 0.015
    layer = LIF(weights, tau_mem=tau, threshold=1e3, input_type=TSEvent, dt=DT)
    ago = np.arange(400)[:, None] - step[order]
    exact = np.where(ago >= 0, np.exp(-np.maximum(ago, 0) * DT / tau), 0.0) @ weights[channel[order]]
    assert np.max(np.abs(voltage(layer, Events(step[order], channel[order]), 400) - exact)) < 1e-12


def test_recurrent_weights_act_one_step_after_the_spike():
    """Neuron 0 fires in step 0 and lifts neuron 1 by 2 in step 1; neuron 1 lifts nobody."""
    layer = LIF(np.diag([100.0, 0.0]), np.array([[0.0, 2.0], [0.0, 0.0]]), refractory=0.005, dt=DT)
    events = run(layer, np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]), 3)
    assert events.step.tolist() == [0, 1]
    assert events.channel.tolist() == [0, 1]


@pytest.mark.parametrize(("reset", "after"), [("to", 0.125), ("subtract", 2.5 - 0.875)])
def test_a_spike_resets_and_refractory_steps_hold_the_voltage(reset, after):
    """0.0021 s of refractoriness are three steps of 1 ms, 0.003 s are three and not four."""
    for refractory in (0.0021, 0.003):
        layer = LIF([[2.5]], v_reset=0.125, reset=reset, refractory=refractory, input_type=TSEvent, dt=DT)
        events = Events(np.array([0, 1, 2, 3]), np.zeros(4, dtype=np.int32))
        assert voltage(layer, events, 4)[:, 0].tolist() == [after] * 4
        later = Events(np.arange(6), np.zeros(6, dtype=np.int32))
        assert run(layer, later, 6).step.tolist() == [0, 4]


def test_soft_reset_keeps_the_mean_rate_of_a_current_far_above_threshold():
    """Without a leak to speak of, each spike takes exactly one threshold of charge: n = floor of charge / threshold."""
    tau, current, steps = 1e6, 0.3e6 / 1e-3 * 1e-3, 1000
    layer = LIF([[1.0]], tau_mem=tau, reset="subtract", dt=DT)
    charge = steps * DT * current / tau
    events = run(layer, np.full((steps, 1), current), steps)
    assert abs(len(events.step) - charge) <= 1


@pytest.mark.parametrize("dt", [1e-2, 1e-3, 1e-4])
def test_noise_has_the_stationary_spread_of_its_process_at_any_dt(dt):
    """An Ornstein-Uhlenbeck process dv = -v/tau dt + s dW has variance s**2 tau/2 (Gardiner 2009, section 3.8.4)."""
    tau, strength, units = 0.02, 0.7, 4000
    layer = LIF(np.zeros((1, units)), tau_mem=tau, noise_std=strength, threshold=1e9, dt=dt)
    steps = round(10 * tau / dt)
    watch = {"v": np.empty((steps, units))}
    layer.advance(layer.initial(), None, Span(0, steps, key=9, watch=watch))
    last = watch["v"][-1]
    variance = strength**2 * tau / 2.0
    assert abs(last.mean()) < 5 * math.sqrt(variance / units)
    assert abs(last.var() - variance) < 5 * variance * math.sqrt(2.0 / units)


def test_the_face_of_the_reference_gives_the_same_spikes_in_seconds():
    layer = LIF([[1.0]], tau_mem=0.02, dt=DT)
    series = layer.evolve(TSContinuous.from_clocked(np.full((100, 1), 2.0), dt=DT))
    steps = run(layer, np.full((100, 1), 2.0), 100).step
    assert np.allclose(series.times, steps * DT, rtol=0, atol=1e-12)
