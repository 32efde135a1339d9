"""CubaLIF and IF against closed forms.

With tau_syn dI/dt = -I and tau_mem dv/dt = -v + r I an event of weight w at t = 0 gives
v(t) = r w tau_syn / (tau_mem - tau_syn) (exp(-t/tau_mem) - exp(-t/tau_syn)), and r w (t/tau) exp(-t/tau) where both
times are tau: one line of algebra from the equations, evaluated here with 60 digits. v_k is the voltage at the end of
step k, so an event of step 0 gives v((k + 1) dt).
"""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import Events, Span, TSContinuous, TSEvent
from layers import IF, LIF, CubaLIF

DT = 1e-3
NEVER = 1e9


def one_event(step=0, channel=0):
    return Events(np.array([step]), np.array([channel], dtype=np.int32))


def run(layer, block, steps, *watch):
    watched = {name: np.empty((steps, *layer.initial()[name].shape)) for name in watch}
    _, events = layer.advance(layer.initial(), block, Span(0, steps, key=1, watch=watched))
    return events, *watched.values()


def psp(t, tau_mem, tau_syn):
    """The response to an event of weight 1, correctly rounded."""
    with localcontext() as context:
        context.prec = 60
        t, m, s = Decimal(t), Decimal(tau_mem), Decimal(tau_syn)
        if m == s:
            return float(t / m * (-t / m).exp())
        return float(s / (m - s) * ((-t / m).exp() - (-t / s).exp()))


TIMES = [
    (0.02, 0.005),
    (0.005, 0.02),
    (0.01, 0.01),
    (0.01, 0.01 * (1 + 1e-12)),
    (0.01 * (1 + 1e-9), 0.01),
    (0.01, 0.0101),
]


@pytest.mark.parametrize(("tau_mem", "tau_syn"), TIMES)
@pytest.mark.parametrize("dt", [1e-4, 1e-3, 0.01])
def test_a_postsynaptic_potential_is_its_closed_form_at_any_dt(tau_mem, tau_syn, dt):
    layer = CubaLIF([[2.0]], tau_mem=tau_mem, tau_syn=tau_syn, r=1.5, threshold=NEVER, dt=dt)
    _, v, current = run(layer, one_event(), 300, "v", "current")
    ends = [(k + 1) * Decimal(dt) for k in range(300)]
    assert np.max(np.abs(v[:, 0] - [3.0 * psp(t, tau_mem, tau_syn) for t in ends])) < 1e-12
    assert np.max(np.abs(current[:, 0] - [2.0 * math.exp(-float(t) / tau_syn) for t in ends])) < 1e-12


def test_an_event_of_a_step_acts_within_the_output_of_that_step():
    layer = CubaLIF([[500.0]], tau_mem=0.02, tau_syn=0.005, dt=DT)
    assert run(layer, one_event(7), 20)[0].step[0] == 7


@given(
    taus=st.tuples(st.floats(0.001, 0.1), st.floats(0.001, 0.1)),
    u=st.floats(-5.0, 5.0),
    bias=st.floats(-1.0, 1.0),
    w_in=st.floats(0.1, 3.0),
)
def test_a_signal_drives_the_current_as_in_nir_and_both_are_exact(taus, u, bias, w_in):
    """I(t) = x (1 - exp(-t/tau_syn)) with x = w_in u; v = (x + bias)(1 - exp(-t/tau_mem)) - x psp(t): superposition."""
    tau_mem, tau_syn = taus
    layer = CubaLIF(
        [[1.0]], tau_mem=tau_mem, tau_syn=tau_syn, bias=bias, w_in=w_in, threshold=NEVER, input_type=TSContinuous, dt=DT
    )
    _, v, current = run(layer, np.full((50, 1), u), 50, "v", "current")
    t = DT * np.arange(1, 51)
    x = w_in * u
    response = np.array([psp(one, tau_mem, tau_syn) for one in t])
    assert np.max(np.abs(current[:, 0] - x * -np.expm1(-t / tau_syn))) < 1e-12
    assert np.max(np.abs(v[:, 0] - ((x + bias) * -np.expm1(-t / tau_mem) - x * response))) < 2e-12


def test_receptors_add_up_to_the_sum_of_single_responses():
    rng = np.random.default_rng(0)
    taus, size, steps = {"a": 0.003, "b": 0.01, "c": [0.02, 0.01, 0.005]}, 3, 200
    weights = {name: rng.normal(size=(2, size)) for name in taus}
    step = np.sort(rng.integers(0, steps, 60))
    events = {name: Events(step, np.sort(rng.integers(0, 2, 60)).astype(np.int32)) for name in taus}
    for block in events.values():
        block.channel[:] = block.channel[np.lexsort((block.channel, block.step))]
    more = {"tau_mem": 0.01, "threshold": NEVER, "dt": DT}
    _, together = run(CubaLIF(weights, tau_syn=taus, **more), events, steps, "v")
    alone = [run(CubaLIF(weights[name], tau_syn=taus[name], **more), events[name], steps, "v")[1] for name in taus]
    assert np.max(np.abs(together - sum(alone))) < 1e-12


@pytest.mark.parametrize("kind", [LIF, CubaLIF])
def test_the_rate_follows_the_f_i_curve_with_refractoriness(kind):
    """f(I) = 1 / (t_ref + tau ln(I / (I - 1))), each of the two parts rounded up to whole steps."""
    bias = np.concatenate([np.linspace(0.0, 0.999, 20), np.linspace(1.01, 10.0, 100)])
    tau, refractory, dt, steps = 0.02, 0.004, 1e-4, 10_000
    more = {"tau_syn": 0.005} if kind is CubaLIF else {}
    layer = kind(np.zeros((1, 120)), tau_mem=tau, bias=bias, refractory=refractory, dt=dt, **more)
    (events,) = run(layer, None, steps)
    counts = np.bincount(events.channel, minlength=120)
    assert np.all(counts[:20] == 0)
    exact = refractory + tau * np.log(bias[20:] / (bias[20:] - 1.0))
    for channel, interval in enumerate(exact, start=20):
        found = np.diff(events.step[events.channel == channel])
        assert len(found) > 5
        assert np.all((found >= interval / dt - 1e-6) & (found <= interval / dt + 1))


@given(current=st.floats(0.5, 50.0), r=st.floats(0.5, 3.0), below=st.floats(0.1, 2.0))
def test_a_neuron_without_leak_reaches_the_threshold_after_distance_over_slope(current, r, below):
    interval = below / (r * current)
    layer = IF([[1.0]], r=r, v_reset=1.0 - below, v0=1.0 - below, dt=1e-3)
    steps = int(5 * interval / 1e-3) + 20
    (events,) = run(layer, np.full((steps, 1), current), steps)
    found = np.diff(events.step, prepend=-1)
    assert len(found) >= 3
    assert np.all((found > interval / 1e-3 - 1e-6) & (found < interval / 1e-3 + 1 + 1e-6))


def test_if_integrates_exactly_and_events_jump_by_their_weight():
    layer = IF([[0.25]], r=2.0, bias=10.0, threshold=NEVER, v0=0.5, input_type=TSEvent, dt=DT)
    block = Events(np.array([1, 1, 3]), np.zeros(3, dtype=np.int32))
    _, v = run(layer, block, 5, "v")
    assert np.allclose(v[:, 0], 0.5 + 0.02 * np.arange(1, 6) + [0, 0.5, 0.5, 0.75, 0.75], rtol=0, atol=1e-14)


@pytest.mark.parametrize("dt", [1e-2, 1e-3])
def test_noise_without_leak_has_its_strength_after_one_second(dt):
    units, strength = 4000, 0.7
    layer = IF(np.zeros((1, units)), noise_std=strength, threshold=NEVER, dt=dt)
    _, v = run(layer, None, round(1 / dt), "v")
    assert abs(v[-1].mean()) < 5 * strength / math.sqrt(units)
    assert abs(v[-1].var() / strength**2 - 1) < 5 * math.sqrt(2.0 / units)


@pytest.mark.parametrize(("reset", "after"), [("to", -0.5), ("subtract", None)])
def test_a_spike_resets_the_voltage_and_refractory_steps_hold_it_while_the_current_goes_on(reset, after):
    common = {"tau_mem": 0.02, "tau_syn": 0.005, "v_reset": -0.5, "dt": DT}
    layer = CubaLIF([[60.0]], reset=reset, refractory=0.003, **common)
    events, v, current = run(layer, one_event(2), 12, "v", "current")
    free = run(CubaLIF([[60.0]], threshold=NEVER, **common), one_event(2), 12, "v", "current")
    first = 2  # 60 psp(1 ms) = 2.6
    assert events.step[0] == first
    expected = after if after is not None else free[1][first, 0] - 1.5
    assert v[first : first + 4, 0].tolist() == [expected] * 4
    assert np.array_equal(current, free[2])


def test_soft_reset_loses_no_charge_without_a_leak():
    """Each spike takes exactly threshold - v_reset: what went in is what is left and what the spikes took."""
    rng = np.random.default_rng(1)
    u = rng.uniform(0, 2000, size=(500, 1))
    layer = IF([[1.0]], reset="subtract", v_reset=-0.5, dt=DT)
    events, v = run(layer, u, 500, "v")
    assert events.count > 300
    assert abs(v[-1, 0] + 1.5 * events.count - DT * u.sum()) < 1e-9
