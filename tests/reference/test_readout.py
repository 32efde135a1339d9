"""Readouts against their closed forms, worked out in long double.

Ridge regression is W = (X'X + alpha I)^-1 X'Y. With G = X'X + alpha I, errors dG of size eps |G| and d of size
eps |X| |Y| in X'Y give, to first order, dW = G^-1 (d - dG W), |dW| <= cond(G) eps (|W| + |X| |Y| / |G|) (Higham 2002,
Accuracy and Stability of Numerical Algorithms, section 7.1). The second term counts where the targets are nearly
orthogonal to the inputs, so that X'Y is a small rest of large terms. A bias that is regularised is the weight of one
more input that is always 1.

Recursive least squares minimises sum_i lam^(n-i) |y_i - W' u_i|^2 + delta lam^n |W - W_0|^2 with u = (x, 1), whose
solution is G^-1 (sum_i lam^(n-i) u_i y_i' + delta lam^n W_0), G = sum_i lam^(n-i) u_i u_i' + delta lam^n I = P^-1.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet import ParameterError, Span
from layers import LMS, RLS, Ridge


def solved(matrix, right):
    """The solution of a positive definite system by Cholesky's method in long double."""
    size = len(matrix)
    root = np.zeros_like(matrix)
    for j in range(size):
        root[j, j] = np.sqrt(matrix[j, j] - root[j, :j] @ root[j, :j])
        for i in range(j + 1, size):
            root[i, j] = (matrix[i, j] - root[i, :j] @ root[j, :j]) / root[j, j]
    out = right.copy()
    for i in range(size):
        out[i] = (out[i] - root[i, :i] @ out[:i]) / root[i, i]
    for i in range(size - 1, -1, -1):
        out[i] = (out[i] - root[i + 1 :, i] @ out[i + 1 :]) / root[i, i]
    return out


def closed_form(x, y, alpha, fit_bias, regularise_bias=False):
    x, y = x.astype(np.longdouble), y.astype(np.longdouble)
    if regularise_bias:
        x = np.concatenate([x, np.ones_like(x[:, :1])], axis=1)
    centred = fit_bias and not regularise_bias
    mean_x, mean_y = (x.mean(axis=0), y.mean(axis=0)) if centred else (0 * x[0], 0 * y[0])
    x, y = x - mean_x, y - mean_y
    gram = x.T @ x + np.longdouble(alpha) * np.eye(x.shape[1], dtype=np.longdouble)
    weights = solved(gram, x.T @ y)
    cond, size = np.linalg.cond(gram.astype(float)), np.linalg.norm(gram.astype(float), 2)
    rest = np.linalg.norm(x.astype(float), 2) * np.linalg.norm(y.astype(float), 2) / size
    bound = 10 * cond * np.finfo(float).eps * max(float(np.linalg.norm(weights.astype(float))), rest)
    if regularise_bias:
        return weights[:-1], weights[-1], bound
    return weights, mean_y - mean_x @ weights, bound


def fitted(x, y, cuts, **given):
    layer = Ridge(x.shape[1], y.shape[1], **given)
    layer.begin_fit()
    for low, high in zip([0, *cuts], [*cuts, len(x)], strict=True):
        layer.partial_fit(x[low:high], y[low:high])
    layer.end_fit()
    return layer


@st.composite
def problems(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows, m, n = draw(st.integers(1, 900)), draw(st.integers(1, 8)), draw(st.integers(1, 3))
    x = rng.normal(size=(rows, m)) * 10.0 ** rng.uniform(-2, 2, m) + draw(st.sampled_from([0.0, 1.0, 100.0]))
    y = x @ rng.normal(size=(m, n)) + rng.normal(size=(rows, n))
    cuts = sorted(draw(st.lists(st.integers(0, rows), max_size=6)))
    return x, y, cuts


BIASES = [
    {"fit_bias": False},
    {"fit_bias": True},
    {"fit_bias": True, "regularise_bias": True},
]
wide = pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="long double is no wider than double here")


@wide
@given(problem=problems(), alpha=st.sampled_from([1e-3, 1.0, 100.0]), bias=st.sampled_from(BIASES))
@settings(max_examples=300)
def test_weights_are_the_closed_form_to_ten_cond_eps_for_every_split(problem, alpha, bias):
    x, y, cuts = problem
    layer = fitted(x, y, cuts, alpha=alpha, **bias)
    weights, bias, bound = closed_form(x, y, alpha, **bias)
    assert np.linalg.norm((layer.weights - weights).astype(float)) <= bound
    assert np.max(np.abs(layer.bias - bias)) <= 2 * bound * np.abs(x).max() * x.shape[1] + 1e-15 * np.abs(y).max()


@given(problem=problems(), bias=st.sampled_from(BIASES))
def test_every_split_of_the_data_gives_the_same_bits(problem, bias):
    x, y, cuts = problem
    whole, split = (fitted(x, y, one, **bias) for one in ([], cuts))
    assert whole.weights.tobytes() == split.weights.tobytes()
    assert np.asarray(whole.bias).tobytes() == np.asarray(split.bias).tobytes()


def test_the_bias_is_not_penalised():
    """Targets that are constant are met exactly however large alpha is."""
    x = np.random.default_rng(0).normal(size=(50, 3))
    layer = fitted(x, np.full((50, 2), 4.0), [], alpha=1e6)
    assert np.all(layer.weights == 0.0)
    assert np.all(layer.bias == 4.0)


def test_sums_about_the_mean_survive_a_large_offset():
    """With inputs around 1e6 the raw X'X would lose all ten digits that the fit needs (Chan, Golub, LeVeque 1983)."""
    rng = np.random.default_rng(1)
    x = 1e6 + rng.normal(size=(2000, 2))
    truth = np.array([[1.0], [-2.0]])
    layer = fitted(x, x @ truth, [700], alpha=0.0)
    assert np.max(np.abs(layer.weights - truth)) < 1e-9


def test_a_regularised_bias_is_drawn_to_zero_by_alpha():
    """With x = 0 the bias alone meets the targets: b minimises n (4 - b)^2 + alpha b^2, so b = 4 n / (n + alpha)."""
    layer = fitted(np.zeros((50, 1)), np.full((50, 2), 4.0), [], alpha=150.0, regularise_bias=True)
    assert np.all(layer.bias == 1.0)
    with pytest.raises(ParameterError, match="asks for a penalty on a bias that fit_bias=False does not fit"):
        Ridge(1, 1, fit_bias=False, regularise_bias=True)


# ---------------------------------------------------------------------- recursive least squares


def weighted_ridge(x, y, lam, delta, w0, fit_bias):
    """Weights (K, N), G, and the bound on the error of weights that follow from G and sums with relative errors."""
    u = np.concatenate([x, np.ones_like(x[:, : int(fit_bias)])], axis=1).astype(np.longdouble)
    n = len(u)
    age = np.longdouble(lam) ** np.arange(n - 1, -1, -1)
    left = np.longdouble(delta) * np.longdouble(lam) ** n
    gram = (u * age[:, None]).T @ u + left * np.eye(u.shape[1], dtype=np.longdouble)
    return solved(gram, (u * age[:, None]).T @ y.astype(np.longdouble) + left * w0.astype(np.longdouble)), gram


@wide
@given(
    seed=st.integers(0, 2**32), rows=st.integers(0, 200), fit_bias=st.booleans(),
    lam=st.sampled_from([1.0, 0.99, 0.9]), delta=st.sampled_from([1e-3, 1.0, 30.0]), begun=st.booleans(),
)  # fmt: skip
def test_rls_is_the_weighted_ridge_solution_after_every_number_of_steps(seed, rows, fit_bias, lam, delta, begun):
    """To rows * cond(G) eps: every step adds an error of its own, where the closed form adds one."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    x = rng.normal(size=(rows, m)) * 10.0 ** rng.uniform(-1, 1, m)
    y = x @ rng.normal(size=(m, n)) + rng.normal(size=(rows, n)) + 2.0
    w0, b0 = (rng.normal(size=(m, n)), rng.normal(size=n)) if begun else (np.zeros((m, n)), np.zeros(n))
    layer = RLS(m, n, lam=lam, delta=delta, fit_bias=fit_bias, w0=w0, b0=b0 if fit_bias else 0.0)
    state, out = layer.advance(layer.initial(), {"x": x, "target": y}, Span(0, rows))
    start = np.concatenate([w0, b0[None]]) if fit_bias else w0
    expected, gram = weighted_ridge(x, y, lam, delta, start, fit_bias)
    found = np.concatenate([state["weights"], state["bias"][None]]) if fit_bias else state["weights"]
    cond = np.linalg.cond(gram.astype(float))
    bound = 10 * (rows + 1) * cond * np.finfo(float).eps * (1 + np.abs(expected).max() + np.abs(y).max(initial=0.0))
    assert np.abs(found - expected).max() <= bound
    if rows:  # the output is the prediction by what was known before the step
        before, _ = weighted_ridge(x[:-1], y[:-1], lam, delta, start, fit_bias)
        u = np.concatenate([x[-1], np.ones(int(fit_bias))])
        assert np.abs(out[-1] - u @ before).max() <= bound * max(1.0, cond) * (1 + np.abs(u).sum())


def test_rls_without_forgetting_is_ridge_with_a_regularised_bias():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(400, 5)), rng.normal(size=(400, 2))
    ridge, online = Ridge(5, 2, alpha=0.7, regularise_bias=True).fit(x, y), RLS(5, 2, delta=0.7).fit(x, y)
    assert np.abs(ridge.coef_ - online.coef_).max() < 1e-13
    assert np.abs(ridge.intercept_ - online.intercept_).max() < 1e-13


@given(seed=st.integers(0, 2**32), lam=st.sampled_from([1.0, 0.95]), scale=st.sampled_from([1e-3, 1.0, 1e4]))
def test_p_is_symmetric_and_positive_and_the_inverse_of_the_weighted_sum(seed, lam, scale):
    rng = np.random.default_rng(seed)
    x = scale * rng.normal(size=(100, 4))
    layer = RLS(4, 1, lam=lam, delta=1e-3, fit_bias=False).fit(x, rng.normal(size=(100, 1)))
    p = layer.inverse_correlation
    _, gram = weighted_ridge(x, x[:, :1], lam, 1e-3, np.zeros((4, 1)), False)
    assert np.array_equal(p, p.T)
    assert np.linalg.eigvalsh(p).min() > 0
    assert np.abs(p @ gram.astype(float) - np.eye(4)).max() < 1e-10


def test_p_stays_positive_where_updates_of_p_itself_lose_it():
    """P falls from 1e10 to 1e-8 in the first steps, eighteen digits: P - k u'P is nothing but rounding there."""
    rng = np.random.default_rng(4)
    u = 1e4 * (1.0 + 0.01 * rng.normal(size=(300, 3)))
    truth = np.array([[1.0], [2.0], [-1.0]])
    layer = RLS(3, 1, delta=1e-10, fit_bias=False)
    seen = np.empty((300, 3, 3))
    state, _ = layer.advance(layer.initial(), {"x": u, "target": u @ truth}, Span(0, 300, watch={"factor": seen}))
    p, least = 1e10 * np.eye(3), []
    for row in u:
        gain = p @ row / (1.0 + row @ p @ row)
        p = p - np.outer(gain, row @ p)
        p = (p + p.T) / 2.0
        least.append(np.linalg.eigvalsh(p).min())
    assert min(least) < 0
    assert np.diagonal(seen, axis1=1, axis2=2).min() > 0
    assert np.abs(state["weights"] - truth).max() < 1e-12


def test_forgetting_in_silence_neither_overflows_nor_spoils_what_follows():
    """At lam = 0.9 P grows by e^1000 within 10,000 silent steps, and is past the largest number after 6,700."""
    rng = np.random.default_rng(5)
    layer = RLS(2, 1, lam=0.9)
    x = rng.normal(size=(50, 2))
    truth = np.array([[1.0], [-3.0]])
    layer.partial_fit(np.zeros((10_000, 2)), np.full((10_000, 1), 2.0))
    layer.partial_fit(x, x @ truth + 2.0)
    layer.end_fit()
    assert np.abs(layer.weights - truth).max() < 1e-9
    assert np.abs(layer.intercept_ - 2.0).max() < 1e-9


# ---------------------------------------------------------------------- least mean squares


@given(seed=st.integers(0, 2**32), normalised=st.booleans(), fit_bias=st.booleans())
def test_lms_takes_the_step_of_its_equation(seed, normalised, fit_bias):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(30, 3)), rng.normal(size=(30, 2))
    layer = LMS(3, 2, mu=0.1, normalised=normalised, eps=0.01, fit_bias=fit_bias)
    state, out = layer.advance(layer.initial(), {"x": x, "target": y}, Span(0, 30))
    w = np.zeros((3 + fit_bias, 2))
    for k in range(30):
        u = np.append(x[k], np.ones(int(fit_bias)))
        assert np.allclose(out[k], u @ w, rtol=0, atol=1e-12)
        rate = 0.1 / (0.01 + u @ u) if normalised else 0.1
        w = w + rate * np.outer(u, y[k] - u @ w)
    assert np.allclose(state["weights"], w[:3], rtol=0, atol=1e-12)
    assert np.allclose(state["bias"], w[3] if fit_bias else 0.0, rtol=0, atol=1e-12)


def test_a_normalised_step_of_one_meets_the_target_of_that_step():
    """After it the error of the same input is eps / (eps + |u|^2) of what it was, whatever the scale of the input."""
    for scale in (1e-1, 1.0, 1e5):
        x, y = scale * np.array([[1.0, 2.0]]), np.array([[3.0]])
        layer = LMS(2, 1, mu=1.0, normalised=True).fit(x, y)
        power = (x**2).sum() + 1.0
        assert abs(layer.predict(x) - y).item() == pytest.approx(3.0 * 1e-6 / (1e-6 + power), rel=1e-3, abs=1e-15)


def test_lms_converges_at_the_rate_of_the_inputs_power():
    """Of white inputs of unit variance E[W] - W* shrinks by (1 - mu) each step (Haykin 2002, chapter on LMS)."""
    rng = np.random.default_rng(6)
    mu, steps, runs = 0.02, 100, 400
    ends = []
    for _ in range(runs):
        x = rng.normal(size=(steps, 1))
        layer = LMS(1, 1, mu=mu, fit_bias=False)
        state, _ = layer.advance(layer.initial(), {"x": x, "target": x}, Span(0, steps))
        ends.append(1.0 - state["weights"].item())
    error = np.std(ends) / np.sqrt(runs)
    assert abs(np.mean(ends) - (1 - mu) ** steps) < 5 * error
