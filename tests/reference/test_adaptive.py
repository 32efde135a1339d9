"""AdaptiveLIF against its equations: Taylor series of 60 digits, closed forms of intervals, covariance of noise.

tau_mem dv/dt = v_rest - v + r (I - w), tau_w dw/dt = a (v - v_rest) - w, tau_syn dI/dt = -I + u (Gerstner et al. 2014,
Neuronal Dynamics, section 6.1 without its exponential term), and a threshold that jumps and decays (section 6.4).
"""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy.linalg import solve_continuous_lyapunov
from scipy.optimize import brentq
from scipy.sparse import csr_array

from graphnet import Events, Span, TSContinuous, TSEvent
from graphnet.testing import advance_in_blocks, drive
from layers import LIF, AdaptiveLIF, CubaLIF

DT = 1e-3
NEVER = 1e9


def run(layer, block, steps, *watch):
    watched = {name: np.empty((steps, *layer.initial()[name].shape)) for name in watch}
    _, events = layer.advance(layer.initial(), block, Span(0, steps, key=1, watch=watched))
    return events, *watched.values()


def linear(matrix, start, times):
    """exp(matrix t) start at each time by the Taylor series with 60 digits, row by row."""
    with localcontext() as context:
        context.prec = 60
        rows = [[Decimal(one) for one in row] for row in matrix]
        found = []
        for t in times:
            term = [Decimal(one) for one in start]
            total, k = list(term), 1
            while any(abs(one) > Decimal("1e-40") for one in term):
                term = [sum(a * b for a, b in zip(row, term, strict=True)) * Decimal(t) / k for row in rows]
                total = [a + b for a, b in zip(total, term, strict=True)]
                k += 1
            found.append([float(one) for one in total])
        return np.array(found)


SYSTEMS = [  # tau_mem, tau_w, a, r, tau_syn
    (0.02, 0.1, 0.3, 1.0, 0.005),
    (0.02, 0.02, 0.0, 2.0, 0.02),
    (0.02, 0.02, 1.5, 1.0, 0.02 * (1 + 1e-12)),
    (0.01, 0.01 * (1 + 1e-10), 0.0, 1.0, 0.01),
    (0.02, 0.005, 40.0, 1.0, 0.003),
    (0.02, 0.1, -0.5, 1.5, 0.01),
]
ENDS = [Decimal(k + 1) / 1000 for k in range(60)]


def system(tau_mem, tau_w, a, r, tau_syn):
    """The matrix of (v, w, I, u), u held, from the numbers as the layer has them."""
    with localcontext() as context:
        context.prec = 60
        m, w, a, r, s = (Decimal(one) for one in (tau_mem, tau_w, a, r, tau_syn))
        return [[-1 / m, -r / m, r / m, 0], [a / w, -1 / w, 0, 0], [0, 0, -1 / s, 1 / s], [0, 0, 0, 0]]


@pytest.mark.parametrize("given", SYSTEMS)
def test_the_response_to_an_event_is_exact_for_any_time_constants(given):
    tau_mem, tau_w, a, r, tau_syn = given
    layer = AdaptiveLIF(
        [[2.0]], tau_mem=tau_mem, tau_w=tau_w, a=a, r=r, tau_syn=tau_syn, threshold=NEVER, input_type=TSEvent, dt=DT
    )
    event = Events(np.array([0]), np.zeros(1, dtype=np.int32))
    _, v, w = run(layer, event, 60, "v", "w")
    exact = linear(system(*given), [0, 0, 2, 0], ENDS)
    assert np.max(np.abs(v[:, 0] - exact[:, 0])) < 1e-12
    assert np.max(np.abs(w[:, 0] - exact[:, 1])) < 1e-12


@pytest.mark.parametrize("given", SYSTEMS)
def test_the_response_to_a_held_signal_is_exact_with_synapses_and_without(given):
    tau_mem, tau_w, a, r, tau_syn = given
    more = {"tau_mem": tau_mem, "tau_w": tau_w, "a": a, "r": r, "threshold": NEVER, "v_rest": -0.3, "dt": DT}
    u = np.full((60, 1), 1.7)
    for through, start in ((tau_syn, [0, 0, 0, 1.7]), (None, [0, 0, 1.7, 1.7])):
        _, v, w = run(AdaptiveLIF([[1.0]], tau_syn=through, **more), u, 60, "v", "w")
        exact = linear(system(*given), start, ENDS)  # a current that begins at u stays there: no synapse
        assert np.max(np.abs(v[:, 0] + 0.3 - exact[:, 0])) < 1e-12
        assert np.max(np.abs(w[:, 0] - exact[:, 1])) < 1e-12


@pytest.mark.parametrize("given", SYSTEMS)
def test_a_state_anywhere_relaxes_as_the_equations_say(given):
    tau_mem, tau_w, a, r, _ = given
    layer = AdaptiveLIF([[1.0]], tau_mem=tau_mem, tau_w=tau_w, a=a, r=r, threshold=NEVER, bias=0.5, v_rest=0.25, dt=DT)
    state = {**layer.initial(), "v": np.array([1.25]), "w": np.array([-0.7])}
    watch = {"v": np.empty((60, 1)), "w": np.empty((60, 1))}
    layer.advance(state, None, Span(0, 60, watch=watch))
    exact = linear(system(*given), [1, -0.7, 0.5, 0.5], ENDS)
    assert np.max(np.abs(watch["v"][:, 0] - 0.25 - exact[:, 0])) < 1e-12
    assert np.max(np.abs(watch["w"][:, 0] - exact[:, 1])) < 1e-12


def test_the_interval_under_an_adaptation_current_is_that_of_its_equations():
    """In the periodic state w begins at w0 = b / (1 - exp(-T/tau_w)), and v(T) = threshold."""
    tau, tau_w, b, i, dt = 0.02, 0.1, 0.15, 2.5, 1e-5

    def above(t):
        begin = b / -math.expm1(-t / tau_w)
        pulled = begin * tau_w / (tau_w - tau) * (math.exp(-t / tau_w) - math.exp(-t / tau))
        return i * -math.expm1(-t / tau) - pulled - 1.0

    exact = brentq(above, 1e-3, 0.2, xtol=1e-14)
    layer = AdaptiveLIF([[1.0]], tau_mem=tau, tau_w=tau_w, b=b, dt=dt)
    events, _ = run(layer, np.full((150_000, 1), i), 150_000, "v")
    intervals = np.diff(events.step, prepend=-1) * dt
    first = tau * math.log(i / (i - 1.0))
    assert first - 1e-9 <= intervals[0] <= first + dt + 1e-9
    assert np.all(np.diff(intervals[:5]) > 0)  # it tires
    assert abs(intervals[-5:].mean() - exact) < 2 * dt
    assert exact > 1.5 * first


def test_the_interval_under_a_rising_threshold_is_that_of_its_equations():
    """In the periodic state theta(T) = jump exp(-T/tau) / (1 - exp(-T/tau)), and v(T) = threshold + theta(T)."""
    tau, tau_threshold, jump, i, dt = 0.02, 0.07, 0.3, 3.0, 1e-5
    exact = brentq(
        lambda t: i * -math.expm1(-t / tau) - 1.0 - jump / math.expm1(t / tau_threshold), 1e-3, 0.2, xtol=1e-14
    )
    layer = AdaptiveLIF([[1.0]], tau_mem=tau, b=0.0, threshold_jump=jump, tau_threshold=tau_threshold, dt=dt)
    events, theta = run(layer, np.full((100_000, 1), i), 100_000, "theta")
    intervals = np.diff(events.step) * dt
    assert abs(intervals[-5:].mean() - exact) < 2 * dt
    assert exact > 1.5 * tau * math.log(i / (i - 1.0))
    high = jump / -math.expm1(-exact / tau_threshold)
    assert abs(theta[events.step[-1], 0] - high) < 1e-3


def test_while_v_is_held_the_adaptation_goes_on():
    """Two steps after the spike v is still its value after the reset, and w relaxes towards a (v - v_rest)."""
    layer = AdaptiveLIF(
        [[1.0]], tau_mem=0.02, tau_w=0.05, a=0.8, b=0.5, v_rest=0.1, v_reset=-0.4, refractory=0.004, dt=DT
    )
    events, v, w = run(layer, np.full((60, 1), 4.0), 60, "v", "w")
    k = events.step[0]
    assert np.all(v[k : k + 5] == -0.4)
    assert v[k + 5] > -0.4
    level = 0.8 * (-0.4 - 0.1)
    held = level + (w[k, 0] - level) * np.exp(-np.arange(5) * DT / 0.05)
    assert np.max(np.abs(w[k : k + 5, 0] - held)) < 1e-14


N = 12
rng = np.random.default_rng(5)
IN = rng.uniform(0.1, 0.6, size=(4, N))
REC = rng.normal(scale=0.3, size=(N, N))
SPARSE = csr_array(REC * (rng.random((N, N)) < 0.4))
PAIR = {"exc": np.abs(REC), "inh": csr_array(-np.abs(REC) * (REC > 0))}
WIRES = {
    "feed-forward": {},
    "dense": {"weights_rec": REC},
    "sparse, late": {"weights_rec": SPARSE, "delay_rec": 4 * DT, "refractory": 0.002},
    "dense, each its own": {"weights_rec": REC, "delay_rec": DT * (1 + np.arange(N * N).reshape(N, N) % 5)},
    "receptors": {"weights": {"exc": IN, "inh": -0.3 * IN[:2]}, "weights_rec": PAIR, "reset": "subtract"},
    "receptors, late": {"weights": {"exc": IN}, "weights_rec": PAIR, "delay_rec": {"exc": 2 * DT, "inh": 5 * DT}},
}


@pytest.mark.parametrize("kind", [TSEvent, TSContinuous])
@pytest.mark.parametrize("wires", WIRES)
@pytest.mark.parametrize("tau_syn", [None, 0.004])
def test_without_adaptation_it_is_the_leaky_neuron_with_or_without_synapses(tau_syn, wires, kind):
    """The same equations by other propagators: the same spikes, v to rounding, whatever is wired to what."""
    given = {"weights": IN, **WIRES[wires], "tau_mem": 0.015, "noise_std": 0.5, "dt": DT}
    given |= {"input_type": kind, "bias": 1.3 if kind is TSEvent else 6.0}  # signals wander on both sides of 0
    other = LIF(**given) if tau_syn is None else CubaLIF(**given, tau_syn=tau_syn)
    layer = AdaptiveLIF(**given, b=0.0, tau_syn=tau_syn)
    x = drive(layer)
    (state, out, _), (expected, spikes, _) = (advance_in_blocks(one, x, [150]) for one in (layer, other))
    assert out.count > 100
    assert np.array_equal(out.step, spikes.step)
    assert np.array_equal(out.channel, spikes.channel)
    for name, rows in expected.items():
        assert np.max(np.abs(rows - state[name])) < 1e-11


@pytest.mark.parametrize("a", [0.0, 0.6, -0.4])
@pytest.mark.parametrize("dt", [1e-2, 1e-3, 1e-4])
def test_noise_of_v_and_w_has_the_covariance_of_the_equations_at_any_dt(dt, a):
    """A S + S A' + diag(s^2, 0) = 0 (Gardiner 2009, Stochastic Methods, section 4.5.6); 5 standard errors."""
    units, strength, tau, tau_w, r = 4000, 0.7, 0.02, 0.03, 1.5
    layer = AdaptiveLIF(
        np.zeros((1, units)), tau_mem=tau, tau_w=tau_w, a=a, r=r, noise_std=strength, threshold=NEVER, dt=dt
    )
    state, _ = layer.advance(layer.initial(), None, Span(0, round(0.5 / dt), key=9))
    matrix = np.array([[-1 / tau, -r / tau], [a / tau_w, -1 / tau_w]])
    exact = solve_continuous_lyapunov(matrix, -np.diag([strength**2, 0.0]))
    found = np.cov(state["v"], state["w"])
    for i, j in ((0, 0), (0, 1), (1, 1)):
        error = math.sqrt((exact[i, i] * exact[j, j] + exact[i, j] ** 2) / units)
        assert abs(found[i, j] - exact[i, j]) <= 5 * error
