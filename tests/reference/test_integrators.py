"""CubaLI against closed forms, worked out in 50 decimal digits where two time constants are near to each other."""

import math
from decimal import Decimal, getcontext
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet import Arriving, Events, ExchangeError, Span, TSContinuous, TSEvent
from graphnet.testing import check_layer
from layers import LI, CubaLI

getcontext().prec = 50
TIMES = st.floats(1e-3, 0.1)


def run(layer, x, steps):
    return layer.advance(layer.initial(), x, Span(0, steps, key=1))[1]


def impulse(mem, syn, dt, steps):
    """v at dt, 2 dt, ... after I = 1 at 0: tau_syn (exp(-t/tau_mem) - exp(-t/tau_syn)) / (tau_mem - tau_syn)."""
    mem, syn, dt = Decimal(mem), Decimal(syn), Decimal(dt)
    turns = [k * dt for k in range(1, steps + 1)]
    if mem == syn:
        return np.array([float(t / mem * (-t / mem).exp()) for t in turns])
    return np.array([float(syn * ((-t / mem).exp() - (-t / syn).exp()) / (mem - syn)) for t in turns])


def rise(mem, syn, dt, steps):
    """v at dt, 2 dt, ... after the input went to 1 at 0."""
    mem, syn, dt = Decimal(mem), Decimal(syn), Decimal(dt)
    turns = [k * dt for k in range(1, steps + 1)]
    if mem == syn:
        return np.array([float(1 - (1 + t / mem) * (-t / mem).exp()) for t in turns])
    return np.array([float(1 - (mem * (-t / mem).exp() - syn * (-t / syn).exp()) / (mem - syn)) for t in turns])


@settings(max_examples=25)
@given(
    mem=TIMES, ratio=st.just(1.0) | st.floats(0.05, 20.0), dt=st.sampled_from([1e-4, 1e-3, 1e-2]), r=st.floats(-3, 3)
)
def test_an_event_and_a_step_of_input_give_the_closed_forms(mem, ratio, dt, r):
    """To 1e-12 of the peak of I, whichever of the two times is the longer."""
    syn = mem * ratio
    layer = CubaLI([[2.0]], tau_mem=mem, tau_syn=syn, r=r, v_rest=0.5, input_type=TSEvent, dt=dt)
    found = run(layer, Events(np.array([0]), np.zeros(1, dtype=np.int32)), 100)[:, 0]
    assert np.max(np.abs(found - (0.5 + 2.0 * r * impulse(mem, syn, dt, 100)))) < 1e-12 * max(1.0, 2 * abs(r))
    layer = CubaLI([[2.0]], tau_mem=mem, tau_syn=syn, r=r, v_rest=0.5, dt=dt)
    found = run(layer, np.full((100, 1), 1.0), 100)[:, 0]
    assert np.max(np.abs(found - (0.5 + 2.0 * r * rise(mem, syn, dt, 100)))) < 1e-12 * max(1.0, 2 * abs(r))


@pytest.mark.parametrize("gap", [0.0, 2.3e-16, 1e-12, 1e-9, 1e-6, 1e-3])
def test_nearly_equal_time_constants_lose_no_digit(gap):
    mem, syn = 0.01, 0.01 * (1.0 + gap)
    layer = CubaLI([[1.0]], tau_mem=mem, tau_syn=syn, input_type=TSEvent)
    found = run(layer, Events(np.array([0]), np.zeros(1, dtype=np.int32)), 100)[:, 0]
    assert np.max(np.abs(found - impulse(mem, syn, 1e-3, 100))) < 1e-14
    found = run(CubaLI([[1.0]], tau_mem=mem, tau_syn=syn), np.ones((100, 1)), 100)[:, 0]
    assert np.max(np.abs(found - rise(mem, syn, 1e-3, 100))) < 1e-13


def test_a_current_that_is_gone_at_once_leaves_a_leaky_integrator():
    """As tau_syn goes to 0, I follows W' u."""
    u = np.random.default_rng(0).normal(size=(200, 3))
    weights = np.random.default_rng(1).normal(size=(3, 4))
    fast = run(CubaLI(weights, tau_mem=0.02, tau_syn=1e-9, r=1.5, v_rest=0.1), u, 200)
    np.testing.assert_allclose(fast, run(LI(weights, tau=0.02, r=1.5, v_rest=0.1), u, 200), rtol=0, atol=1e-6)


@given(seed=st.integers(0, 50), dt=st.sampled_from([1e-3, 1e-2]))
def test_signals_that_change_at_every_step_superpose(seed, dt):
    """The answer to a held signal is the sum of those to its jumps; so is that to events, each a jump of I."""
    rng = np.random.default_rng(seed)
    u = rng.normal(size=(60, 1))
    layer = CubaLI([[1.0]], tau_mem=0.02, tau_syn=0.013, dt=dt)
    step = rise(0.02, 0.013, dt, 60)
    jumps = np.diff(u[:, 0], prepend=0.0)
    expected = [sum(jumps[i] * step[k - i] for i in range(k + 1)) for k in range(60)]
    np.testing.assert_allclose(run(layer, u, 60)[:, 0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dt", [1e-2, 1e-3, 1e-4])
def test_noise_has_the_stationary_spread_of_its_process_at_any_dt(dt):
    """Variance s**2 tau/2 of an Ornstein-Uhlenbeck process (Gardiner 2009, section 3.8.4)."""
    tau, strength, units = 0.01, 2.0, 4000
    layer = CubaLI(np.zeros((1, units)), tau_mem=tau, tau_syn=0.005, noise_std=strength, dt=dt)
    last = run(layer, None, round(10 * tau / dt))[-1]
    variance = strength**2 * tau / 2.0
    assert abs(last.mean()) < 5 * math.sqrt(variance / units)
    assert abs(last.var() - variance) < 5 * variance * math.sqrt(2.0 / units)


def test_it_obeys_the_laws_with_noise_on_events_in_single_precision():
    check_layer(CubaLI, input_type=TSEvent, noise_std=0.5, dtype="float32")


def test_it_stands_in_nir_as_its_equation_and_comes_back():
    node = SimpleNamespace(**{n: np.array([a, 2 * a]) for n, a in (("tau_mem", 0.02), ("tau_syn", 0.01), ("r", 1.5))})
    node.v_leak, node.w_in = np.array([0.1, 0.2]), np.array([0.5, 3.0])
    layer = CubaLI.from_nir(node, Arriving(1e-3, (2,), TSContinuous))
    u = np.random.default_rng(0).normal(size=(50, 2))
    for j in range(2):
        alone = {n: float(getattr(node, n)[j]) for n in ("tau_mem", "tau_syn", "r")}
        one = CubaLI([[node.w_in[j]]], v_rest=float(node.v_leak[j]), **alone)
        assert np.array_equal(run(layer, u, 50)[:, j], run(one, u[:, j : j + 1], 50)[:, 0])
    (written,) = layer.to_nir((2,)).chain
    assert written.kind == "CubaLI"
    again = CubaLI.from_nir(SimpleNamespace(**written.fields), Arriving(1e-3, (2,), TSContinuous))
    assert again.to_dict() == layer.to_dict()


def test_events_of_full_charge_in_a_step_end_where_a_signal_of_the_charge_does():
    """NIR has an event as 1 during its step, of the same charge: apart by less than dt / tau_syn of the peak."""
    layer = CubaLI([2.0], tau_mem=0.02, tau_syn=0.01, input_type=TSEvent, dt=1e-4)
    said = layer.to_nir((1,))
    (written,) = said.chain
    held = CubaLI.from_nir(SimpleNamespace(**written.fields), Arriving(1e-4, (1,), TSContinuous))
    one = np.zeros((2000, 1))
    one[0] = 1.0
    y = run(layer, Events(np.array([0]), np.zeros(1, dtype=np.int32)), 2000)
    assert said.note
    assert np.max(np.abs(run(held, one, 2000) - y)) < 1e-2 * np.max(y)


def test_what_nir_does_not_have_is_refused():
    for more, what in [({"noise_std": 1.0}, "noise"), ({"v0": 1.0}, "start")]:
        with pytest.raises(ExchangeError, match=what):
            CubaLI([1.0], tau_mem=0.02, tau_syn=0.01, **more).to_nir((1,))
