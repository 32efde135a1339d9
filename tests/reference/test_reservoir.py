"""Reservoirs against the recursion written out by hand, and the two properties that make them memories."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet import Layer, Network, ParameterError, Span
from graphnet.arrays import resolve
from graphnet.testing import check_layer
from layers import Rate, Reservoir, activation
from layers.activations import CODES

FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0.0),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "identity": lambda x: x,
    "softsign": lambda x: x / (1.0 + np.abs(x)),
}


@activation("softsign")
def softsign(x):
    return x / (1.0 + abs(x))


def run(layer, u, steps, state=None):
    return layer.advance(layer.initial() if state is None else state, u, Span(0, steps, key=1))[1]


@pytest.mark.parametrize("density", [0.2, 0.6])  # held as CSR, and dense
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_state_follows_the_recursion_of_its_equation(name, density):
    rng = np.random.default_rng(0)
    n, steps = 40, 200
    leak, bias, x = rng.uniform(0.1, 1.0, n), rng.normal(size=n), rng.normal(size=n)
    u = rng.normal(size=(steps, 3))
    layer = Reservoir.random(3, n, seed=2, density=density, leak=leak, bias=bias, activation=name, x0=x)
    w_rec = layer.weights_rec.toarray() if density < 0.25 else layer.weights_rec
    expected = np.empty((steps, n))
    for k in range(steps):
        x = (1 - leak) * x + leak * FUNCTIONS[name](u[k] @ layer.weights + x @ w_rec + bias)
        expected[k] = x
    np.testing.assert_allclose(run(layer, u, steps), expected, rtol=0, atol=1e-11)


@given(leak=st.floats(0.01, 1.0), seed=st.integers(0, 9))
def test_with_the_identity_it_is_a_rate_layer_of_the_same_leak(leak, seed):
    """x + (dt / tau) (-x + ...) and (1 - leak) x + leak (...) are one equation where dt / tau = leak."""
    one = Reservoir.random(2, 30, seed=seed, leak=leak, bias=0.1, activation="identity")
    other = Rate(one.weights, one.weights_rec, tau=one.dt / leak, bias=0.1, activation="identity")
    u = np.random.default_rng(seed).normal(size=(100, 2))
    np.testing.assert_allclose(run(one, u, 100), run(other, u, 100), rtol=0, atol=1e-10)


@settings(max_examples=20)
@given(seed=st.integers(0, 99), radius=st.floats(0.1, 0.9), leak=st.floats(0.3, 1.0))
def test_a_reservoir_forgets_where_it_started(seed, radius, leak):
    """The echo-state property (Jaeger 2001): under one input, states from two starts come together."""
    layer = Reservoir.random(2, 50, seed=seed, spectral_radius=radius, leak=leak)
    u = np.random.default_rng(seed).normal(size=(600, 2))
    rng = np.random.default_rng(seed + 1)
    first, second = (run(layer, u, 600, {"x": rng.uniform(-1, 1, 50)}) for _ in range(2))
    assert np.max(np.abs(first[0] - second[0])) > 1e-3
    assert np.max(np.abs(first[-1] - second[-1])) < 1e-9


def memory(layer, delays, steps=4000, washout=200):
    """For each delay, the share of the variance of the input of so many steps ago that a linear readout recovers."""
    u = np.random.default_rng(5).uniform(-0.8, 0.8, size=(steps, 1))
    x = run(layer, u, steps)[washout:]
    x = np.column_stack([x, np.ones(len(x))])
    half = len(x) // 2
    capacity = []
    for delay in delays:
        target = u[washout - delay : steps - delay, 0]
        weights = np.linalg.lstsq(x[:half], target[:half], rcond=1e-12)[0]
        capacity.append(np.corrcoef(x[half:] @ weights, target[half:])[0, 1] ** 2)
    return np.array(capacity)


def test_memory_is_at_most_the_number_of_units_and_fades():
    """The capacity of n units for independent input is at most n (Jaeger 2002, Short term memory in echo state
    networks, GMD report 152); a linear reservoir comes near, a saturating one stays below, and both forget.
    """
    n, delays = 20, range(1, 61)
    linear = memory(Reservoir.random(1, n, seed=3, density=0.5, activation="identity"), delays)
    curved = memory(Reservoir.random(1, n, seed=3, density=0.5, input_scale=1.0), delays)
    assert 0.8 * n < linear.sum() < n + 0.05 * len(delays)
    assert 3 < curved.sum() < linear.sum()
    assert linear[0] > 0.99
    assert curved[-10:].max() < 0.05


@pytest.mark.parametrize("dt", [1e-2, 1e-3])
def test_noise_has_the_stationary_spread_of_the_recursion(dt):
    """x <- (1 - a) x + s sqrt(dt) xi has the variance s**2 dt / (1 - (1 - a)**2)."""
    units, a, s = 4000, 0.25, 2.0
    layer = Reservoir(np.zeros((1, units)), np.zeros(units), leak=a, noise_std=s, dt=dt)
    x = run(layer, None, 100)[-1]
    variance = s**2 * dt / (1 - (1 - a) ** 2)
    assert abs(x.mean()) < 5 * np.sqrt(variance / units)
    assert abs(x.var() - variance) < 5 * variance * np.sqrt(2 / units)


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_obeys_the_laws_with_every_activation(name, dtype):
    check_layer(Reservoir, activation=name, dtype=dtype)


# ---------------------------------------------------------------------- drawn weights


@pytest.mark.parametrize(("size", "density"), [(30, 0.25), (200, 0.05), (501, 0.02), (600, 0.1), (600, 1.0)])
def test_the_spectral_radius_is_the_one_asked_for(size, density):
    """Few units by all eigenvalues, many by a few of them: either way to 1e-9."""
    w = Reservoir.random(1, size, seed=1, spectral_radius=0.7, density=density).weights_rec
    assert isinstance(w, np.ndarray) == (density > 0.25)
    dense = w if isinstance(w, np.ndarray) else w.toarray()
    assert np.max(np.abs(np.linalg.eigvals(dense))) == pytest.approx(0.7, rel=1e-9)


def test_few_loops_among_many_units_are_found():
    """2,000 units of about one edge each: most lie on no loop, and the whole is far from a normal matrix."""
    w = Reservoir.random(1, 2000, seed=4, spectral_radius=0.9, density=0.0006).weights_rec
    powers, x = [], np.ones(2000)
    for _ in range(4000):  # x grows by the radius at each step, on average over the period of a loop
        x = w @ x
        powers.append(np.log(np.linalg.norm(x)))
        x /= np.linalg.norm(x)
    assert np.exp(np.mean(powers[2000:])) == pytest.approx(0.9, rel=1e-3)


def test_drawn_weights_are_the_same_numbers_as_a_normal_array_scaled():
    w = resolve({"init": "reservoir", "size": 1500, "seed": 3, "density": 0.01}).toarray()
    plain = resolve({"init": "normal", "shape": [1500, 1500], "seed": 3, "density": 0.01})
    scale = w[w != 0][0] / plain[w != 0][0]
    assert np.array_equal(w, plain * scale)


def test_one_seed_gives_input_and_recurrent_weights_that_have_nothing_in_common():
    layer = Reservoir.random(200, 200, seed=1, density=1.0, bias_scale=0.5)
    parts = [layer.weights.ravel(), layer.weights_rec.ravel()]
    for one, other in [(0, 1), (0, 0)]:
        apart = abs(np.corrcoef(parts[one], parts[other])[0, 1]) < 5 / 200
        assert apart == (one != other)
    assert abs(np.corrcoef(layer.bias, layer.weights[0])[0, 1]) < 5 / np.sqrt(200)
    assert 0.45 < np.max(np.abs(layer.bias)) < 0.5
    assert 0.99 < np.max(np.abs(layer.weights)) < 1.0


@pytest.mark.parametrize("size", [5, 600])
def test_weights_without_a_loop_are_refused(size):
    """A nilpotent matrix has the radius 0, which computed eigenvalues of it can miss by far."""
    with pytest.raises(ParameterError, match="has no loop to scale"):
        Reservoir.random(1, size, seed=0, density=0.2 / size)


@pytest.mark.parametrize("radius", [0.0, -0.5])
def test_a_radius_that_no_matrix_can_be_scaled_to_is_refused(radius):
    with pytest.raises(ParameterError, match=f"spectral_radius must be above 0, got {radius}"):
        Reservoir.random(1, 50, seed=0, spectral_radius=radius)


@pytest.mark.parametrize("leak", [0.0, 1.1, [0.5, -0.1]])
def test_a_leak_that_is_no_share_is_refused(leak):
    with pytest.raises(ParameterError, match="Reservoir: leak should be"):
        Reservoir(np.ones((1, 2)), np.eye(2), leak=leak)


def test_recurrent_weights_of_another_size_are_refused():
    with pytest.raises(ParameterError, match=r"weights_rec must have shape \(2, 2\), got \(3, 3\)"):
        Reservoir(np.ones((1, 2)), np.eye(3))


def test_documents_carry_seeds_and_not_the_numbers(tmp_path):
    layer = Reservoir.random(3, 500, seed=7, leak=0.3, bias_scale=0.1)
    written = json.dumps(layer.to_dict())
    assert len(written) < 600
    again = Layer.load_from_dict(json.loads(written))
    u = np.random.default_rng(0).normal(size=(50, 3))
    assert np.array_equal(run(again, u, 50), run(layer, u, 50))
    net = Network()
    net.add_layer(layer, name="echo", external_input=True)
    net.save(tmp_path / "net.yaml")
    assert (tmp_path / "net.yaml").stat().st_size < 1000
    read = Network.load(tmp_path / "net.yaml").layers["echo"]
    assert np.array_equal(run(read, u, 50), run(layer, u, 50))
