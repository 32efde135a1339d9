"""Readouts as layers of a network: when they learn, what of it stays, and by which names it is seen."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from graphnet import (
    ArrayLayer,
    InputError,
    Layer,
    Network,
    NetworkError,
    ParameterError,
    ParameterTypeError,
    RunError,
    Span,
    Trainable,
    TSContinuous,
)
from graphnet.testing import same_bits
from layers import LMS, RLS, Rate, Ridge

DT = 1e-3
ONLINE = {
    "rls": lambda **more: RLS(3, 2, **{"lam": 0.99, "delta": 0.1, **more}),
    "lms": lambda **more: LMS(3, 2, **{"mu": 0.05, **more}),
    "normalised lms": lambda **more: LMS(3, 2, **{"mu": 0.5, "normalised": True, **more}),
}
online = pytest.mark.parametrize("make", ONLINE.values(), ids=ONLINE)


def rows(seed, size, steps=200):
    return np.random.default_rng(seed).normal(size=(steps, size))


def series(table):
    return TSContinuous.from_clocked(table, DT)


def net_of(layer, target=True):
    net = Network(name="n", seed=1)
    net.input("x", 3)
    net.add_layer(layer, name="out")
    net.connect("x -> out.x")
    if target:
        net.input("wanted", 2)
        net.connect("wanted -> out.target")
    return net


def state_of(net):
    return {name: array.copy() for name, array in net.states["out"].items()}


# ---------------------------------------------------------------------- when they learn


@online
def test_nothing_is_learned_where_no_target_is_connected(make):
    net = net_of(make(w0=rows(0, 2, 3)), target=False)
    before = state_of(net)
    out = net.evolve(series(rows(1, 3)))["out"].samples
    assert same_bits(state_of(net), before)
    assert np.allclose(out, rows(1, 3) @ rows(0, 2, 3), rtol=0, atol=1e-14)


@online
@given(seed=st.integers(0, 2**32))
def test_steps_whose_target_is_nan_are_as_if_the_layer_had_not_learned_in_them(make, seed):
    x, y = rows(seed, 3), rows(seed + 1, 2)
    known = np.random.default_rng(seed).random(len(x)) < 0.5
    holes = np.where(known[:, None], y, np.nan)
    holes[:, 0] = np.where(np.arange(len(x)) % 2, y[:, 0], holes[:, 0])  # one output known is not enough
    layer, other = make(), make()
    state, out = layer.advance(layer.initial(), {"x": x, "target": holes}, Span(0, len(x)))
    expected, _ = other.advance(other.initial(), {"x": x[known], "target": y[known]}, Span(0, int(known.sum())))
    assert same_bits(state, expected)
    assert np.isfinite(out).all()


@online
@pytest.mark.parametrize("block", [1, 7, 200])
def test_it_learns_in_its_window_by_the_steps_that_begin_in_it(make, block):
    """From 30.5 ms and until 80 ms are steps 31 to 79."""
    net = net_of(make(learn_from=0.0305, learn_until=0.08))
    net.evolve({"x": series(rows(1, 3)), "wanted": series(rows(2, 2))}, block=block)
    layer = make()
    expected, _ = layer.advance(layer.initial(), {"x": rows(1, 3)[31:80], "target": rows(2, 2)[31:80]}, Span(0, 49))
    assert same_bits(state_of(net), expected)


@online
def test_the_weights_are_recorded_as_they_are_learned(make):
    given = {"x": series(rows(1, 3)), "wanted": series(rows(2, 2))}
    net, other = net_of(make()), net_of(make())
    whole = net.evolve(given, record=["out.weights", "out.bias"])
    assert np.array_equal(whole["out.weights"].samples[-1], net["out"].weights.ravel())
    other.evolve(given, duration=0.12)
    assert np.array_equal(whole["out.weights"].samples[119], other["out"].weights.ravel())
    assert np.array_equal(whole["out.bias"].samples[119], other["out"].intercept_)


@online
@pytest.mark.parametrize("options", [{"block": 1}, {"block": 13}, {"backend": "threads", "workers": 2, "block": 16}])
def test_a_network_whose_readout_feeds_back_while_it_learns_has_the_same_bits(make, options):
    """The readout drives the units that it reads, as in learning by feedback of the output."""

    def build():
        net = net_of(make())
        net.add_layer(Rate(0.2 * rows(3, 3, 5), activation="tanh"), name="units")
        net.disconnect("x", "out.x")
        net.connect("x", "units", post_channels=range(3))
        net.connect("out", "units", post_channels=range(3, 5), delay=2e-3)
        net.connect("units -> out.x")
        return net

    given = {"x": series(rows(1, 3)), "wanted": series(rows(2, 2))}
    net, other = build(), build()
    first, second = net.evolve(given, record=["out"]), other.evolve(given, record=["out"], **options)
    assert same_bits(first["out"].samples, second["out"].samples)
    assert same_bits(state_of(net), state_of(other))


# ---------------------------------------------------------------------- what stays


@online
def test_a_run_that_fails_leaves_nothing_learned(make):
    class Bad(ArrayLayer, register=False):
        def sizes(self):
            return 2, 2, 2

        def initial(self):
            return {}

        def advance(self, state, block, span):
            if span.start >= 100:
                raise ArithmeticError("bad")
            return state, np.array(block)

    net = net_of(make())
    net.add_layer(Bad(), name="bad", input_layer="out")
    before = state_of(net)
    with pytest.raises(RunError):
        net.evolve({"x": series(rows(1, 3)), "wanted": series(rows(2, 2))}, block=20)
    assert same_bits(state_of(net), before)


@online
def test_a_fit_takes_the_steps_of_a_run_that_learns(make):
    net, other = net_of(make()), net_of(make(), target=False)
    net.evolve({"x": series(rows(1, 3)), "wanted": series(rows(2, 2))})
    other.fit(series(rows(1, 3)), rows(2, 2), layer="out")
    assert same_bits(state_of(net), state_of(other))
    twice = state_of(other)
    other.fit(series(rows(1, 3)), rows(2, 2), layer="out")  # it begins from nothing
    assert same_bits(state_of(other), twice)


@online
def test_what_is_learned_is_state_until_end_fit_makes_it_a_parameter(make):
    net = net_of(make())
    net.evolve({"x": series(rows(1, 3)), "wanted": series(rows(2, 2))})
    learned = state_of(net)
    net.reset_state()
    assert np.all(net["out"].weights == 0)
    net.states["out"] = learned
    net["out"].end_fit()
    assert same_bits(state_of(net), learned)
    net.reset_all()
    again = Layer.load_from_dict(json.loads(json.dumps(net["out"].to_dict())))
    for state in (state_of(net), again.initial()):
        assert same_bits(state, learned)


@online
def test_partial_fits_of_any_pieces_go_on_from_what_was_learned(make):
    x, y = rows(1, 3), rows(2, 2)
    whole, split = make().fit(x, y), make()
    split.partial_fit(x[:50], y[:50])
    split.partial_fit(x[50:120], y[50:120])
    assert np.all(split.weights == 0)  # not before the end
    split.end_fit()
    split.partial_fit(x[120:], y[120:])
    split.end_fit()
    assert same_bits(split.state_now(), whole.state_now())


def test_learning_that_runs_away_is_refused_with_what_to_do():
    layer = LMS(3, 2, mu=50.0)
    with np.errstate(all="ignore"):
        layer.partial_fit(rows(1, 3, 2000), rows(2, 2, 2000))
    with pytest.raises(NetworkError, match=r"ran away to infinity\n  hint: make mu smaller, take normalised=True"):
        layer.end_fit()
    assert np.all(layer.weights == 0)


@pytest.mark.parametrize(
    ("make", "parameter"),
    [
        (lambda: RLS(3, 2, lam=1.01), "lam"),
        (lambda: RLS(3, 2, lam=0.0), "lam"),
        (lambda: RLS(3, 2, delta=0.0), "delta"),
        (lambda: RLS(3, 2, p0=np.eye(3)), "p0"),
        (lambda: RLS(3, 2, w0=np.eye(3)), "w0"),
        (lambda: RLS(3, 3, w0=np.ones(3)), "w0"),
        (lambda: LMS(3, 2, w0=csr_array(np.ones((3, 2)))), "w0"),
        (lambda: RLS(3, 2, noise_std=0.1), "noise_std"),
        (lambda: LMS(3, 2, mu=2.0, normalised=True), "mu"),
        (lambda: LMS(3, 2, learn_from=-1.0), "learn_from"),
    ],
)
def test_parameters_that_cannot_be_are_refused(make, parameter):
    with pytest.raises(ParameterError) as caught:
        make()
    assert caught.value.parameter == parameter


# ---------------------------------------------------------------------- by which names it is seen


EVERY = {"ridge": lambda **more: Ridge(3, 2, **more), **ONLINE}


@pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
def test_learned_attributes_have_the_shapes_of_the_convention_and_predict_by_them(make):
    x, y = rows(1, 3), rows(2, 2)
    layer = make()
    assert isinstance(layer, Trainable)
    assert layer.fit(x, y) is layer
    assert layer.n_features_in_ == 3
    assert layer.coef_.shape == (2, 3)
    assert layer.intercept_.shape == (2,)
    found = layer.predict(x)
    assert np.allclose(found, x @ layer.coef_.T + layer.intercept_, rtol=0, atol=1e-13)
    spread = ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    assert layer.score(x, y) == pytest.approx(np.mean(1 - ((y - found) ** 2).sum(axis=0) / spread), rel=1e-12)


def test_the_score_is_one_for_the_truth_and_zero_for_the_mean():
    x = rows(1, 3)
    layer = Ridge(3, 2, alpha=1e-12).fit(x, x[:, :2] + 5.0)
    assert layer.score(x, x[:, :2] + 5.0) == pytest.approx(1.0, abs=1e-12)
    layer.fit(np.zeros((4, 3)), np.array([[1.0, 2.0], [3.0, 2.0], [1.0, 2.0], [3.0, 2.0]]))
    y = np.array([[0.0, 2.0], [4.0, 2.0]])
    assert layer.score(np.zeros((2, 3)), y) == 0.5  # 0 for the first, the mean; 1 for the second, met and steady


@pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
def test_parameters_are_got_and_set_by_name_and_build_the_same_layer(make):
    layer = make().fit(rows(1, 3), rows(2, 2))
    twin = type(layer)(**layer.get_params())
    assert twin.to_dict() == layer.to_dict()
    kept = layer.coef_.copy()
    assert layer.set_params(dt=DT, seed=4) is layer
    assert layer.get_params()["seed"] == layer.to_dict()["seed"] == 4
    assert np.array_equal(layer.coef_, kept)


def test_another_alpha_counts_from_the_next_fit_on():
    x, y = rows(1, 3), rows(2, 2)
    layer = Ridge(3, 2).fit(x, y).set_params(alpha=100.0)
    assert layer.alpha == 100.0
    assert np.array_equal(layer.coef_, Ridge(3, 2).fit(x, y).coef_)
    assert np.array_equal(layer.fit(x, y).coef_, Ridge(3, 2, alpha=100.0).fit(x, y).coef_)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"alpha": -1.0}, ParameterError, "alpha"),
        ({"alfa": 1.0}, ParameterTypeError, "did you mean 'alpha'"),
        ({"alpha": 5.0, "size_in": 4, "weights": None}, ParameterError, r"its sizes \(in, units, out\) would change"),
        ({"alpha": 5.0, "dt": 0.5}, ParameterError, "its dt would change from 0.001 to 0.5"),
        ({"alpha": 5.0, "dtype": "float32"}, ParameterError, "its dtype would change"),
        ({"alpha": 5.0, "name": "b"}, ParameterError, "its name would change"),
    ],
)
def test_parameters_are_set_all_or_none_and_never_the_form(given, error, said):
    layer = Ridge(3, 2, name="a").fit(rows(1, 3), rows(2, 2))
    before = layer.to_dict()
    with pytest.raises(error, match=said):
        layer.set_params(**given)
    assert layer.to_dict() == before


def test_an_online_layers_state_keeps_its_shape_when_parameters_are_set():
    layer = RLS(3, 2)
    with pytest.raises(ParameterError, match="its state would change"):
        layer.set_params(fit_bias=False)
    layer.weights = np.ones((3, 2))
    assert np.array_equal(layer.set_params(lam=0.9).weights, np.ones((3, 2)))
    assert layer.lam == 0.9


@pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (np.ones((4, 2)), np.ones((4, 2)), r"input to fit must have shape \(n, 3\), got \(4, 2\)"),
        (np.ones((4, 3)), np.ones((4, 1)), r"targets to fit must have shape \(n, 2\)"),
        (np.ones((4, 3)), np.ones((5, 2)), "4 rows of input but 5 rows of targets"),
        (np.full((4, 3), np.nan), np.ones((4, 2)), "input to fit hold nan in row 0, channel 0"),
        (np.ones((4, 3)), np.full((4, 2), np.inf), "targets to fit hold inf"),
        ("abc", np.ones((4, 2)), "input to fit must be rows of numbers"),
    ],
)
def test_rows_that_do_not_fit_are_refused(make, x, y, said):
    layer = make()
    with pytest.raises(InputError, match=said):
        layer.partial_fit(x, y)
    layer.fit(rows(1, 3), rows(2, 2))
    clean = make().fit(rows(1, 3), rows(2, 2))
    assert np.array_equal(layer.coef_, clean.coef_)


def test_a_trainable_that_is_no_array_layer_is_told_how_to_become_one():
    class Alone(Trainable):
        def begin_fit(self): ...

        def partial_fit(self, x, y): ...

        def end_fit(self): ...

    with pytest.raises(ParameterTypeError, match=r"hint: class Alone\(ArrayLayer, Trainable\)"):
        Alone().get_params()


def test_a_bias_switched_off_amid_a_fit_is_refused():
    layer = Ridge(3, 2)
    layer.partial_fit(rows(1, 3), rows(2, 2))
    layer.set_params(fit_bias=False)
    with pytest.raises(NetworkError, match="fit_bias was changed after data had come in"):
        layer.end_fit()
