"""Predictions and scores: what a run would give, against closed forms; the network stays as it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import (
    GraphnetError,
    InputError,
    Layer,
    Network,
    NetworkError,
    ParameterError,
    ParameterTypeError,
    StateError,
    TSContinuous,
    UnknownName,
)
from graphnet.layer.trainable import RSquared
from layers import LIF, Linear, Rate, Ridge

DT = 1e-3


class Count(Layer):
    """A plain layer: the number of steps that it has gone through."""

    def evolve(self, ts_input=None, duration=None, num_timesteps=None):
        base, _, n = self._prepare_input(ts_input, duration, num_timesteps)
        self.state = self.state + n
        self._t = base[0] + n * self.dt if n else self.t
        return TSContinuous.from_clocked(np.full((n, self.size), self.state[0]), self.dt, base[0] if n else 0.0)

    def to_dict(self):
        return super().to_dict()


def net_of(noise=0.01):
    net = Network(name="n", seed=5)
    net.input("x", 2)
    weights = np.random.default_rng(0).normal(size=(2, 6))
    net.add_layer(Rate(weights, tau=0.01, noise_std=noise, activation="tanh"), name="res")
    net.add_layer(Ridge(6, 2), name="out", input_layer="res")
    net.connect("x -> res")
    return net


def trial(k, steps=100, start=0.0):
    return TSContinuous.from_clocked(np.random.default_rng(k).normal(size=(steps, 2)), DT, t_start=start)


def fitted():
    net = net_of()
    net.fit([trial(k) for k in range(3)], [trial(k) for k in range(3)], layer="out", washout=0.01)
    return net


def held(net):
    return net.to_document(), {name: {k: v.tobytes() for k, v in one.items()} for name, one in net.states.items()}


def test_a_prediction_is_what_a_run_gives_after_the_washout_and_leaves_the_network_as_it_was():
    net, other = fitted(), fitted()
    before = held(net)
    found = net.predict([trial(5), trial(6)], layer="out", washout=0.01, first=3)
    assert held(net) == before
    assert net.t == other.t
    for k, one in enumerate(found):
        other.reset_all()
        expected = other.evolve(trial(5 + k), trial=3 + k)["out"]
        assert np.array_equal(one.samples, expected.samples[10:])
        assert one.t_start == 0.01
        assert one.t_stop == 0.1
    assert isinstance(net.predict(trial(5), layer="out"), TSContinuous)
    assert isinstance(net.predict({"x": trial(5)}, layer="out"), TSContinuous)


def test_a_plain_layer_is_put_back_as_well():
    net = Network([Linear(np.ones((2, 2)), dt=DT), Count(np.eye(2), dt=DT)])
    net.evolve(trial(0))
    net.predict(trial(0), layer="count")
    net.score(trial(0), np.ones(2), layer="count")
    assert np.all(net["count"].state == 100)
    assert net["count"].t == net.t == 0.1


@pytest.mark.parametrize("block", [1, 7, None])
def test_a_score_of_signals_is_r_squared_over_all_steps_of_all_trials(block):
    net = fitted()
    x, y = [trial(8), trial(9)], [trial(3).samples, trial(4)]
    got = np.concatenate([one.samples for one in net.predict(x, layer="out", washout=0.02, first=7)])
    wanted = np.concatenate([trial(3).samples[20:], trial(4).samples[20:]])
    spread = ((wanted - wanted.mean(axis=0)) ** 2).sum(axis=0)
    expected = np.mean(1 - ((wanted - got) ** 2).sum(axis=0) / spread)
    found = net.score(x, y, layer="out", washout=0.02, first=7, block=block)
    assert found == pytest.approx(expected, rel=1e-12)
    assert found == net.score(x, y, layer="out", washout=0.02, first=7)


@given(seed=st.integers(0, 2**32), offset=st.sampled_from([0.0, 1e6]))
def test_r_squared_of_pieces_is_that_of_the_whole(seed, offset):
    rng = np.random.default_rng(seed)
    y = offset + rng.normal(size=(rng.integers(2, 300), 3))
    f = y + 0.3 * rng.normal(size=y.shape)
    whole, split = RSquared("n"), RSquared("n")
    whole.take(y, f)
    for part in np.array_split(np.arange(len(y)), rng.integers(1, 8)):
        split.take(y[part], f[part])
    assert split.value() == pytest.approx(whole.value(), rel=1e-9)
    mean = RSquared("n")
    mean.take(y, np.broadcast_to(y.mean(axis=0), y.shape))
    assert mean.value() == pytest.approx(0.0, abs=1e-9)


def test_a_constant_target_scores_one_where_it_is_met_and_zero_elsewhere():
    """Also where the mean of its values is not the value itself, as of 0.1."""
    y = np.full((37, 2), 0.1)
    agreement = RSquared("n")
    agreement.take(y, np.stack([y[:, 0], y[:, 1] + 1], axis=1))
    assert agreement.value() == 0.5


def test_a_long_score_is_streamed():
    net = fitted()
    x, y = np.random.default_rng(1).normal(size=(2, 9000, 2))
    whole = net.score(TSContinuous.from_clocked(x, DT), y, layer="out", washout=5.0)
    chunks = (x[k : k + 1000] for k in range(0, 9000, 1000))
    assert net.score(chunks, y, layer="out", washout=5.0, stream=True) == pytest.approx(whole, rel=1e-9)


# ---------------------------------------------------------------------- labels


def levels(*values, steps=50):
    """A trial whose two channels are levels."""
    return TSContinuous.from_clocked(np.tile(values, (steps, 1)), DT)


def sorter():
    return Network([Linear(np.eye(2), dt=DT, name="out")])


def test_labels_are_decided_by_the_mean_or_the_last_step():
    net = sorter()
    ramp = TSContinuous.from_clocked(np.stack([np.linspace(0, 1, 50), np.full(50, 0.7)], axis=1), DT)
    x = [levels(1.0, 0.0), levels(0.0, 1.0), ramp]
    assert net.predict(x, layer="out", decide="mean") == [0, 1, 1]
    assert net.predict(x, layer="out", decide="last") == [0, 1, 0]
    assert net.predict(x, layer="out", decide="last", classes=["a", "b"]) == ["a", "b", "a"]
    assert net.predict(ramp, layer="out", decide="mean", washout=0.04) == 0


def test_the_score_of_labels_is_the_share_that_is_right():
    net = sorter()
    x = [levels(1.0, 0.0), levels(0.0, 1.0), levels(0.0, 1.0), levels(3.0, 1.0)]
    assert net.score(x, [0, 1, 0, 0], layer="out") == 0.75
    assert net.score(x, ["a", "b", "b", "a"], layer="out", classes=["a", "b"]) == 1.0
    assert net.score(x, np.array([1, 0, 0, 1]), layer="out", decide="last") == 0.0
    long = np.tile([0.2, 0.1], (9000, 1))
    assert net.score(long, 0, layer="out", stream=True) == 1.0


FAILING = {
    "labels and signals": (InputError, "some targets are labels", lambda net: net.score(
        [levels(1, 0)] * 2, [0, levels(1, 0)], layer="out")),
    "a washout that leaves nothing": (InputError, "no rows to score", lambda net: net.score(
        levels(1, 0), levels(1, 0), layer="out", washout=1.0)),
    "a washout that leaves nothing to decide": (InputError, "washout leaves nothing", lambda net: net.score(
        levels(1, 0), 0, layer="out", washout=1.0)),
    "another way to decide": (ParameterError, "decide is mean or last", lambda net: net.predict(
        levels(1, 0), layer="out", decide="first")),
    "a target that goes on": (InputError, "has 51 rows, the trial 50", lambda net: net.score(
        levels(1, 0), np.ones((51, 2)), layer="out")),
    "a target with NaN": (InputError, "NaN or infinity cannot be scored", lambda net: net.score(
        levels(1, 0), np.full((50, 2), np.nan), layer="out")),
    "no trials": (InputError, "no rows to score", lambda net: net.score([], [], layer="out")),
    "other classes": (InputError, "2 outputs, there are 3", lambda net: net.predict(
        levels(1, 0), layer="out", decide="mean", classes="abc")),
    "an unknown layer": (UnknownName, "no layer", lambda net: net.predict(levels(1, 0), layer="ot")),
    "an array": (InputError, "stream=True", lambda net: net.predict(np.ones((5, 2)), layer="out")),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAILING)
def test_what_cannot_be_scored_is_refused_and_leaves_the_network_as_it_was(kind):
    error, said, act = FAILING[kind]
    net = sorter()
    net.evolve(levels(1, 0), duration=0.02)
    with pytest.raises(error, match=said):
        act(net)
    assert net.t == 0.02


def test_events_are_no_signal_to_look_at():
    net = Network([LIF(np.eye(2), dt=DT, name="out")])
    with pytest.raises(NetworkError, match="emits events: there is no signal to look at"):
        net.predict(levels(1, 0), layer="out")


# ---------------------------------------------------------------------- parameters of all layers


def test_parameters_of_all_layers_are_got_and_set_by_one_name_each():
    net = fitted()
    params = net.get_params()
    assert params["out__alpha"] == 1e-3
    assert params["res__tau"] == 0.01
    assert net.get_params(deep=False) == {}
    state = {k: v.copy() for k, v in net.states["res"].items()}
    assert net.set_params(out__alpha=2.0, res__tau=0.02) is net
    assert (net["out"].alpha, net["res"].tau) == (2.0, 0.02)
    assert all(np.array_equal(state[k], v) for k, v in net.states["res"].items())
    built = net_of()
    built.replace("res", Rate(net["res"].weights, tau=0.02, noise_std=0.01, activation="tanh"))
    built.replace("out", Ridge(6, 2, alpha=2.0, weights=net["out"].weights, bias=net["out"].bias))
    for one in (net, built):
        one.reset_all()
    assert np.array_equal(net.evolve(trial(0))["out"].samples, built.evolve(trial(0))["out"].samples)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"out__alpha": 5.0, "res__tau": -1.0}, ParameterError, "tau"),
        ({"out__alpha": 5.0, "rse__tau": 1.0}, UnknownName, "did you mean 'res'"),
        ({"out__alpha": 5.0, "res__tua": 1.0}, ParameterTypeError, "did you mean 'tau'"),
        ({"out__alpha": 5.0, "alpha": 1.0}, ParameterError, "hint: write layer__parameter"),
        ({"out__alpha": 5.0, "res__dt": 0.005}, ParameterError, "hint: build another layer"),
    ],
)
def test_parameters_are_set_in_all_layers_or_in_none(given, error, said):
    net = fitted()
    before = held(net)
    with pytest.raises(error, match=said):
        net.set_params(**given)
    assert held(net) == before


def test_parameters_are_not_set_amid_a_run():
    net = fitted()
    net.reset_all()
    with pytest.raises(StateError, match="is being evolved"):
        net.evolve(trial(0), block=10, callbacks=[lambda net, k, signals: net.set_params(out__alpha=3.0)])
    assert net["out"].alpha == 1e-3


def test_a_search_over_parameters_finds_the_one_that_generalises():
    """The targets follow from the inputs with noise: some penalty predicts unseen trials better than none or a lot."""
    rng = np.random.default_rng(0)
    x = [TSContinuous.from_clocked(rng.normal(size=(30, 20)), DT) for _ in range(4)]
    truth = rng.normal(size=(20, 1)) * 0.3
    y = [one.samples @ truth + rng.normal(size=(30, 1)) for one in x]
    net = Network([Linear(np.eye(20), dt=DT), Ridge(20, 1, name="out")])
    scores = {}
    for alpha in (1e-6, 10.0, 1e5):
        net.set_params(out__alpha=alpha).fit(x[:1], y[:1], layer="out")
        scores[alpha] = net.score(x[1:], y[1:], layer="out")
    assert max(scores, key=lambda alpha: scores[alpha]) == 10.0
    with pytest.raises(GraphnetError):
        net.set_params(out__alpha=-1.0)
