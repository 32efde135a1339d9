"""Ridge regression against its closed form W = (X'X + alpha I)^-1 X'Y, worked out in long double.

With G = X'X + alpha I, errors dG of size eps |G| and d of size eps |X| |Y| in X'Y give, to first order,
dW = G^-1 (d - dG W), |dW| <= cond(G) eps (|W| + |X| |Y| / |G|) (Higham 2002, Accuracy and Stability of Numerical
Algorithms, section 7.1). The second term counts where the targets are nearly orthogonal to the inputs, so that X'Y is a
small rest of large terms.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers import Ridge


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


def closed_form(x, y, alpha, fit_bias):
    x, y = x.astype(np.longdouble), y.astype(np.longdouble)
    mean_x, mean_y = (x.mean(axis=0), y.mean(axis=0)) if fit_bias else (0 * x[0], 0 * y[0])
    x, y = x - mean_x, y - mean_y
    gram = x.T @ x + np.longdouble(alpha) * np.eye(x.shape[1], dtype=np.longdouble)
    weights = solved(gram, x.T @ y)
    cond, size = np.linalg.cond(gram.astype(float)), np.linalg.norm(gram.astype(float), 2)
    rest = np.linalg.norm(x.astype(float), 2) * np.linalg.norm(y.astype(float), 2) / size
    bound = 10 * cond * np.finfo(float).eps * max(float(np.linalg.norm(weights.astype(float))), rest)
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


@given(problem=problems(), alpha=st.sampled_from([1e-3, 1.0, 100.0]), fit_bias=st.booleans())
@settings(max_examples=300)
def test_weights_are_the_closed_form_to_ten_cond_eps_for_every_split(problem, alpha, fit_bias):
    if np.finfo(np.longdouble).eps > 1e-18:
        pytest.skip("long double is no wider than double here")
    x, y, cuts = problem
    layer = fitted(x, y, cuts, alpha=alpha, fit_bias=fit_bias)
    weights, bias, bound = closed_form(x, y, alpha, fit_bias)
    assert np.linalg.norm((layer.weights - weights).astype(float)) <= bound
    assert np.max(np.abs(layer.bias - bias)) <= 2 * bound * np.abs(x).max() * x.shape[1] + 1e-15 * np.abs(y).max()


@given(problem=problems(), fit_bias=st.booleans())
def test_every_split_of_the_data_gives_the_same_bits(problem, fit_bias):
    x, y, cuts = problem
    whole, split = (fitted(x, y, one, fit_bias=fit_bias) for one in ([], cuts))
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
