"""Rate units against a recursion written out by hand, and against the closed form of the linear equation."""

import math

import numpy as np
import pytest

from graphnet import Span
from layers import Rate
from layers.activations import SIGMOID, TANH, activate

ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0.0),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "identity": lambda x: x,
}


def run(layer, block, steps, key=1):
    _, out = layer.advance(layer.initial(), block, Span(0, steps, key=key))
    return out


@pytest.mark.parametrize("form", ["dense", "csr"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_euler_is_the_recursion_of_the_equation(activation, form):
    """x <- x + dt/tau (-x + gain (W' u + W_rec' y) + bias) with the y of the step before."""
    rng = np.random.default_rng(0)
    steps, m, n, dt = 200, 4, 30, 1e-3
    w, w_rec = rng.normal(size=(m, n)), 0.2 * rng.normal(size=(n, n))
    if form == "csr":
        from scipy.sparse import csr_array

        w_rec *= rng.random((n, n)) < 0.3
        given = csr_array(w_rec)
    else:
        given = w_rec
    tau, bias, gain = rng.uniform(0.005, 0.05, n), rng.normal(size=n), rng.uniform(0.5, 1.5, n)
    u = rng.normal(size=(steps, m))
    layer = Rate(w, given, tau=tau, bias=bias, gain=gain, activation=activation, dt=dt)
    f = ACTIVATIONS[activation]
    x, expected = np.zeros(n), np.empty((steps, n))
    for k in range(steps):
        x = x + dt / tau * (-x + gain * (u[k] @ w + f(x) @ w_rec) + bias)
        expected[k] = f(x)
    np.testing.assert_allclose(run(layer, u, steps), expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("dt", [1e-4, 1e-2, 1.0])
def test_exact_integration_follows_the_closed_form_at_any_dt(dt):
    """For constant input x(t) = x_inf + (x0 - x_inf) exp(-t/tau), x_inf = gain W' u + bias."""
    layer = Rate([[2.0]], tau=0.03, bias=0.25, gain=0.5, activation="identity", method="exact", x0=-1.0, dt=dt)
    steps = 300
    target = 0.5 * 2.0 * 1.5 + 0.25
    exact = target + (-1.0 - target) * np.exp(-dt * np.arange(1, steps + 1) / 0.03)
    assert np.max(np.abs(run(layer, np.full((steps, 1), 1.5), steps)[:, 0] - exact)) < 1e-12


def test_a_linear_network_follows_the_powers_of_its_matrix():
    """Without input and with identity activation, Euler gives x_k = A**k x_0, A = (1 - a) I + a W_rec'."""
    rng = np.random.default_rng(1)
    n, steps, a = 12, 50, 1e-3 / 0.02
    w_rec = rng.normal(size=(n, n)) / math.sqrt(n)
    x0 = rng.normal(size=n)
    layer = Rate(np.zeros((1, n)), w_rec, activation="identity", x0=x0)
    step = (1 - a) * np.eye(n) + a * w_rec.T
    np.testing.assert_allclose(run(layer, None, steps)[-1], np.linalg.matrix_power(step, steps) @ x0, rtol=1e-11)


@pytest.mark.parametrize("dt", [1e-2, 1e-3, 1e-4])
def test_exact_noise_has_the_stationary_spread_of_its_process_at_any_dt(dt):
    """Variance s**2 tau/2 of an Ornstein-Uhlenbeck process (Gardiner 2009, section 3.8.4)."""
    tau, strength, units = 0.02, 1.3, 4000
    layer = Rate(np.zeros((1, units)), tau=tau, noise_std=strength, method="exact", activation="identity", dt=dt)
    last = run(layer, None, round(10 * tau / dt))[-1]
    variance = strength**2 * tau / 2.0
    assert abs(last.mean()) < 5 * math.sqrt(variance / units)
    assert abs(last.var() - variance) < 5 * variance * math.sqrt(2.0 / units)


@pytest.mark.parametrize("dt", [1e-2, 1e-3])
def test_without_a_leak_to_speak_of_noise_std_is_the_spread_after_one_second(dt):
    units = 4000
    layer = Rate(np.zeros((1, units)), tau=1e6, noise_std=0.5, activation="identity", dt=dt)
    last = run(layer, None, round(1.0 / dt))[-1]
    assert abs(last.std() - 0.5) < 5 * 0.5 / math.sqrt(2 * units)


@pytest.mark.parametrize("name", ["tanh", "sigmoid"])
def test_activations_have_the_relative_accuracy_they_claim(name):
    """Against long double, over the whole range and near 0, relative error below 1e-15."""
    if np.finfo(np.longdouble).eps > 1e-18:
        pytest.skip("long double is no wider than double here")
    rng = np.random.default_rng(2)
    size = np.concatenate([10.0 ** rng.uniform(-300, 2.5, 20_000), rng.uniform(0, 40, 20_000)])
    x = np.concatenate([size, -size, [0.0]])
    wide = x.astype(np.longdouble)
    exact = np.tanh(wide) if name == "tanh" else 1 / (1 + np.exp(-wide))
    found = x.copy()
    activate(found, {"tanh": TANH, "sigmoid": SIGMOID}[name])
    scale = np.maximum(np.abs(exact), np.finfo(float).tiny)
    assert float(np.max(np.abs(found - exact) / scale)) < 1e-15


def test_activations_keep_their_limits_and_nan():
    ends = np.array([-np.inf, np.inf, np.nan])
    row = ends.copy()
    activate(row, TANH)
    assert row[:2].tolist() == [-1.0, 1.0]
    assert np.isnan(row[2])
    row = ends.copy()
    activate(row, SIGMOID)
    assert row[0] < 1e-300
    assert row[1] == 1.0
    assert np.isnan(row[2])
