"""HH against the equations of 1952 in their own sign, a tight integrator, and what is known of their solutions.

Hodgkin and Huxley 1952, Journal of Physiology 117, 500-544: V is there the displacement from rest with depolarisation
negative, so V = -(v + 65). With a constant current repetitive firing exists from 6.26 uA/cm^2 on, and rest loses its
stability at 9.78 (Rinzel and Miller 1980, Mathematical Biosciences 49).
"""

import itertools
import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from graphnet import Events, Span, TSEvent
from layers import HH
from layers.spiking.hodgkin_huxley import rates


def run(layer, block, steps, *watch, state=None):
    state = layer.initial() if state is None else state
    watched = {name: np.empty((steps, *state[name].shape)) for name in watch}
    _, events = layer.advance(state, block, Span(0, steps, key=1, watch=watched))
    return events, *watched.values()


def rates_of_1952(v):
    """alpha and beta of m, h, n as printed, at a displacement V in mV; away from their 0/0."""
    big_v = -(v + 65.0)
    return (
        0.1 * (big_v + 25) / (math.exp((big_v + 25) / 10) - 1), 4 * math.exp(big_v / 18),
        0.07 * math.exp(big_v / 20), 1 / (math.exp((big_v + 30) / 10) + 1),
        0.01 * (big_v + 10) / (math.exp((big_v + 10) / 10) - 1), 0.125 * math.exp(big_v / 80),
    )  # fmt: skip


def slopes(t, y, i, phi=1.0):
    """The four equations, t in ms, with the conductances and potentials of 1952 (leak at 10.613 above rest)."""
    v, m, h, n = y
    am, bm, ah, bh, an, bn = rates_of_1952(v)
    ionic = 120 * m**3 * h * (v - 50) + 36 * n**4 * (v + 77) + 0.3 * (v + 54.387)
    gates = [phi * (a * (1 - x) - b * x) for a, b, x in ((am, bm, m), (ah, bh, h), (an, bn, n))]
    return [i - ionic, *gates]


def at_rest(v):
    am, bm, ah, bh, an, bn = rates_of_1952(v)
    return am / (am + bm), ah / (ah + bh), an / (an + bn)


def rest_under(i):
    """v at which nothing changes under a constant current."""
    return brentq(lambda v: slopes(0.0, [v, *at_rest(v)], i)[0], -70.1, -40.3, xtol=1e-13)


@given(v=st.floats(-120.0, 80.0))
def test_the_rates_are_those_of_1952(v):
    near = min(abs(v + 40), abs(v + 55))
    assume(near > 1e-3)  # below, the printed form divides small differences
    assert rates.python(v) == pytest.approx(rates_of_1952(v), rel=1e-11)


@pytest.mark.parametrize("off", [0.0, 1e-300, 1e-15, -1e-12, 1e-8, -1e-5, 1e-3])
@pytest.mark.parametrize(("place", "limit", "at"), [(0, 1.0, -40.0), (4, 0.1, -55.0)], ids=["m", "n"])
def test_the_rates_are_exact_where_they_read_nothing_over_nothing(place, limit, at, off):
    v = at + off
    with localcontext() as context:
        context.prec = 60
        x = (Decimal(v) - Decimal(at)) / 10
        exact = limit if x == 0 else float(Decimal(limit) * x / (1 - (-x).exp()))
    assert rates(v)[place] == pytest.approx(exact, rel=1e-13)


def test_rest_is_at_65_mv_with_the_gates_of_1952():
    """m = 0.053, h = 0.596, n = 0.318 at rest, and a membrane at rest stays there."""
    layer = HH([[1.0]])
    state = layer.initial()
    found = [state[name][0] for name in "mhn"]
    assert found == pytest.approx(at_rest(-65.0), rel=1e-14)
    assert found == pytest.approx([0.053, 0.596, 0.318], abs=5e-4)
    events, v = run(layer, None, 500, "v")
    assert events.count == 0
    assert np.max(np.abs(v + 65.0)) < 0.01
    assert abs(v[-1, 0] - rest_under(0.0)) < 1e-6


def test_repetitive_firing_begins_between_6_and_7_microamperes():
    """After a step from rest: none or one spike below 6.26, for ever above, from the first at some 50 per second."""
    current = np.array([1.0, 2.0, 4.0, 6.0, 7.0, 10.0, 20.0, 50.0])
    events, *_ = run(HH(current[None], dt=1e-3, substep=2e-5), np.ones((1000, 1)), 1000)
    late = np.array([np.sum(events.channel[events.step >= 500] == j) / 0.5 for j in range(8)])
    assert np.all(late[:4] == 0)
    assert 45 < late[4] < 65
    assert np.all(np.diff(late[4:]) > 0)
    assert late[7] < 160


def test_rest_is_lost_where_theory_says():
    """Near its rest a membrane returns at 9.5 uA/cm^2 and leaves for good at 10.1: the Hopf bifurcation at 9.78."""
    current = np.array([9.5, 10.1])
    start = np.array([rest_under(i) for i in current]) + 0.05
    layer = HH(current[None], v0=start, dt=1e-3, substep=2e-5)
    events, v = run(layer, np.ones((2000, 1)), 2000, "v")
    assert set(events.channel) == {1}
    assert np.max(np.abs(v[-100:, 0] - start[0] + 0.05)) < 0.05


def exact(i, ends, start=-65.0, phi=1.0, event=None):
    return solve_ivp(
        slopes, (0.0, ends[-1]), [start, *at_rest(start)], "DOP853", ends, args=(i, phi), rtol=1e-12, atol=1e-12,
        events=event,
    )  # fmt: skip


def test_the_method_is_of_second_order_with_gates_half_a_sub_step_before_v():
    """A spike and what follows, at ends of 0.2 ms: errors fall four times when sub-steps are halved."""
    ends = np.arange(1, 101) * 0.2
    v_exact = exact(10.0, ends).y[0]
    errors = []
    for substep in (1e-5, 5e-6, 2.5e-6):
        _, v, n = run(HH([[10.0]], dt=2e-4, substep=substep), np.ones((100, 1)), 100, "v", "n")
        n_exact = exact(10.0, ends - 0.5e3 * substep).y[3]
        errors.append([np.max(np.abs(v[:, 0] - v_exact)), np.max(np.abs(n[:, 0] - n_exact))])
    assert np.all(np.array(errors[0]) < [0.25, 4e-4])
    for coarse, fine in itertools.pairwise(np.array(errors)):
        assert np.all((coarse / fine > 3.7) & (coarse / fine < 4.3))


@pytest.mark.parametrize(("substep", "tolerance"), [(2.5e-5, 0.02), (1e-5, 0.004)])
def test_spike_times_are_those_of_a_tight_integrator(substep, tolerance):
    """Five spikes at 15 uA/cm^2: none is off by more than a step of 0.01 ms and the tolerance in ms."""
    crossing = lambda t, y, i, phi: y[0]  # noqa: E731 - solve_ivp reads attributes of it
    crossing.direction = 1.0
    times = exact(15.0, [60.0], event=crossing).t_events[0]
    dt = min(substep, 1e-5)
    steps = round(0.06 / dt)
    events, *_ = run(HH([[15.0]], dt=dt, substep=substep), np.ones((steps, 1)), steps)
    found = (events.step + 1) * dt * 1e3  # seen at the end of its step
    assert len(times) == len(found) == 5
    assert np.all(np.abs(found - times) < tolerance + dt * 1e3)


def test_warmth_makes_the_gates_three_times_as_fast_for_ten_degrees():
    ends = np.arange(1, 51) * 0.2
    reference = exact(20.0, ends, phi=3.0).y[0]
    _, v = run(HH([[20.0]], dt=2e-4, substep=2e-6, temperature=16.3), np.ones((50, 1)), 50, "v")
    assert np.max(np.abs(v[:, 0] - reference)) < 0.05


@pytest.mark.parametrize("dt", [1e-3, 1e-4])
def test_an_event_raises_v_by_its_weight_in_the_course_of_its_step(dt):
    """Without sodium, potassium and next to no leak: v rises by w, and by half of it until half the step."""
    layer = HH([[7.0]], input_type=TSEvent, g_na=0.0, g_k=0.0, g_l=1e-9, c=2.0, dt=dt)
    event = Events(np.array([1, 3, 3]), np.zeros(3, dtype=np.int32))
    _, v = run(layer, event, 5, "v")
    assert np.allclose(v[:, 0] + 65.0, [0.0, 7.0, 7.0, 21.0, 21.0], atol=1e-5)


def test_a_synaptic_current_brings_its_charge_at_any_step():
    """Through a leak alone the response is that of the difference of exponentials, I held at its mean over a step."""
    g, c, w, tau = 0.5, 1.0, 4.0, 3.0  # a membrane of 2 ms
    found = []
    for dt in (2e-4, 1e-4):
        layer = HH(
            [[w]], input_type=TSEvent, tau_syn=tau * 1e-3, g_na=0.0, g_k=0.0, g_l=g, c=c, e_l=-65.0, substep=1e-3, dt=dt
        )
        event = Events(np.array([0]), np.zeros(1, dtype=np.int32))
        steps = round(0.01 / dt)
        _, v = run(layer, event, steps, "v")
        t = np.arange(1, steps + 1) * dt * 1e3
        exact_v = w / c / (1 / tau - g / c) * (np.exp(-g / c * t) - np.exp(-t / tau))
        found.append(np.max(np.abs(v[:, 0] + 65.0 - exact_v)))
    assert found[0] < 1e-2
    assert 3.5 < found[0] / found[1] < 4.5  # the mean over a step is right to second order


@given(i=st.floats(-200.0, 500.0), dt=st.sampled_from([1e-4, 1e-3, 2e-2]), v0=st.floats(-150.0, 100.0))
@settings(max_examples=40)
def test_no_step_is_too_long_to_stay_within_what_the_currents_pull_to(i, dt, v0):
    """v lies between its start, the reversal potentials, and where the current pulls the leak; gates in 0 to 1."""
    layer = HH([[i]], dt=dt, substep=dt, v0=v0)
    _, v, m, h, n = run(layer, np.ones((100, 1)), 100, "v", "m", "h", "n")
    low, high = min(-77.0, v0) + min(0.0, i) / 0.3, max(50.0, v0) + max(0.0, i) / 0.3
    assert np.all((v >= low - 1e-9) & (v <= high + 1e-9))
    for gate in (m, h, n):
        assert np.all((gate >= 0.0) & (gate <= 1.0))


@pytest.mark.parametrize("dt", [1e-3, 1e-4])
def test_noise_through_a_leak_has_its_stationary_variance(dt):
    """dv = -v/tau dt + s dW has s^2 tau/2; noise held over x tau has ((1 - e^-x)/x)^2 2x/(1 - e^-2x) of it."""
    units, strength, tau = 3000, 3.0, 5e-3
    layer = HH(
        np.zeros((1, units)), g_na=0.0, g_k=0.0, g_l=0.2, e_l=-65.0, noise_std=strength, dt=dt, input_type=TSEvent
    )
    state = layer.initial()
    layer.advance(state, None, Span(0, round(0.05 / dt), key=5))
    x = dt / tau
    held = ((1 - math.exp(-x)) / x) ** 2 / ((1 - math.exp(-2 * x)) / (2 * x))
    variance = strength**2 * tau / 2 * held
    assert abs(state["v"].var(ddof=1) - variance) < 5 * variance * math.sqrt(2.0 / units)
    assert abs(held - 1.0) < 0.01


def test_randomized_gates_are_gates():
    layer = HH(np.ones((1, 5000)))
    before = layer.state_now()
    layer.randomize_state()
    now = layer.state_now()
    assert abs(np.std(now["v"]) - 13.0) < 1.0
    for name in "mhn":
        assert np.all((now[name] >= 0) & (now[name] <= 1))
        assert not np.array_equal(now[name], before[name])
    layer.reset_state()
    assert np.array_equal(layer.state, before["v"])
