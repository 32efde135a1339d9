"""Training by a function: it sees every batch, may change what it likes, and a failed batch leaves no trace."""

import numpy as np
import pytest

from graphnet import InputError, Network, ParameterError, TimeError, TSContinuous, TSEvent, UnknownName
from graphnet.errors import BatchError
from layers import RLS, Linear, Rate, Ridge

DT = 1e-3


def net_of():
    net = Network(name="n", seed=5)
    net.input("x", 2)
    net.add_layer(Rate(np.random.default_rng(0).normal(size=(2, 6)), tau=0.01, noise_std=0.01), name="res")
    net.add_layer(Ridge(6, 2, weights=np.ones((6, 2))), name="out")
    net.connect("x -> res")
    net.connect("res -> out @ 3 ms")
    return net


def trial(k, steps=100, width=2, start=0.0):
    return TSContinuous.from_clocked(np.random.default_rng(k).normal(size=(steps, width)), DT, t_start=start)


def everything(net):
    return (
        {name: {key: array.tobytes() for key, array in state.items()} for name, state in net.states.items()},
        {number: {key: array.tobytes() for key, array in line.items()} for number, line in net.lines.items()},
        net.now,
        net.to_document(),
    )


def seen(net, *args, **options):
    """What a function is called with, one after the other."""
    found = []
    net.train(lambda net, batch: found.append(batch), *args, **options)
    return found


@pytest.mark.parametrize("block", [None, 7])
def test_batches_joined_are_the_run_as_a_whole(block):
    """State, noise and delayed edges go on between the batches of a trial."""
    net, other = net_of(), net_of()
    batches = seen(net, trial(0), batch=0.03, block=block)
    whole = other.evolve(trial(0), record=["res", "out"])
    for name in ("x", "res", "out"):
        joined = np.concatenate([one.signals[name].samples for one in batches])
        assert np.array_equal(joined, whole[name].samples)
    assert [(one.start, one.stop) for one in batches] == [(0.0, 0.03), (0.03, 0.06), (0.06, 0.09), (0.09, 0.1)]
    assert [one.first for one in batches] == [True, False, False, False]
    assert everything(net) == everything(other)


def test_batches_are_numbered_by_epoch_trial_and_place():
    batches = seen(net_of(), [trial(0), trial(1)], batch=0.05, epochs=2)
    places = [(one.number, one.epoch, one.trial, one.index) for one in batches]
    assert places == [(k, k // 4, k // 2 % 2, k % 2) for k in range(8)]
    res = [one.signals["res"].samples for one in batches]
    assert not np.array_equal(res[0], res[4])  # the second epoch has noise of its own
    again = [one.signals["res"].samples for one in seen(net_of(), [trial(0), trial(1)], batch=0.05, epochs=2)]
    assert all(np.array_equal(a, b) for a, b in zip(res, again, strict=True))


def test_every_batch_has_its_part_of_the_target():
    rows = trial(7).samples
    events = TSEvent([0.01, 0.06, 0.0999], [0, 1, 0], t_start=0, t_stop=0.1)
    y = {"series": trial(7), "rows": rows, "events": events, "label": "run", "row": np.ones(2)}
    batches = seen(net_of(), trial(0), y, batch=0.04)
    assert np.array_equal(np.concatenate([one.target["series"].samples for one in batches]), rows)
    assert np.array_equal(np.concatenate([one.target["rows"] for one in batches]), rows)
    assert [one.target["events"].times.tolist() for one in batches] == [[0.01], [0.06], [0.0999]]
    assert {one.target["label"] for one in batches} == {"run"}
    assert all(one.target["row"].shape == (2,) for one in batches)
    assert [one.target for one in seen(net_of(), [trial(0), trial(1)], [0, 1])] == [0, 1]
    assert [one.target for one in seen(net_of(), [trial(0), trial(1)])] == [None, None]


def test_what_the_function_changes_holds_from_the_next_batch_on():
    net = net_of()
    outs = []

    def double(net, batch):
        outs.append(batch.signals["out"].samples)
        net["out"].weights = 2.0 * net["out"].weights

    net.train(double, trial(0), batch=0.05)
    plain = net_of().evolve(trial(0))["out"].samples
    assert np.array_equal(outs[0], plain[:50])
    assert np.allclose(outs[1], 2.0 * plain[50:], rtol=1e-12)
    assert np.all(net["out"].weights == 4.0)


def test_gradient_descent_by_hand_comes_to_the_solution_of_least_squares():
    x = trial(1, 400, 3)
    truth = np.array([[1.0], [-2.0], [0.5]])
    net = Network([Linear(np.zeros((3, 1)), dt=DT, name="out")])

    def step(net, batch):
        given = batch.signals["external"].samples
        error = batch.signals["out"].samples - batch.target
        net["out"].weights = net["out"].weights - 0.5 * given.T @ error / len(given)

    assert net.train(step, x, x.samples @ truth, batch=0.1, epochs=50) is net
    assert np.abs(net["out"].weights - truth).max() < 1e-9


def test_a_function_that_returns_true_ends_the_training_there():
    net, other = net_of(), net_of()
    numbers = []
    net.train(lambda net, batch: numbers.append(batch.number) or batch.number == 1, [trial(0)] * 3, batch=0.03)
    assert numbers == [0, 1]
    other.evolve(trial(0), duration=0.06)
    assert everything(net) == everything(other)


def test_signals_are_those_that_are_recorded():
    batch = seen(net_of(), trial(0), record=["res.x", {"signal": "out", "every": 0.01}])[0]
    assert set(batch.signals) == {"x", "res.x", "out"}
    assert len(batch.signals["out"]) == 10
    assert batch.signals.info.simulated == 0.1


@pytest.mark.parametrize("source", [lambda x: x, lambda x: (x[k : k + 300] for k in range(0, len(x), 300))])
def test_a_long_series_comes_in_batches_from_a_stream(source):
    x = trial(0, 1000).samples
    batches = seen(net_of(), source(x), x, batch=0.25, stream=True)
    assert [one.stop for one in batches] == [0.25, 0.5, 0.75, 1.0]
    assert all(np.array_equal(one.signals["x"].samples, one.target) for one in batches)


def test_a_periodic_series_is_one_period_long():
    x = TSContinuous.from_clocked(trial(0).samples, DT, periodic=True)
    assert [one.stop for one in seen(net_of(), x, batch=0.06)] == [0.06, 0.1]


def test_readouts_learn_from_within_the_function():
    net, other = net_of(), net_of()
    target = trial(9).samples

    def learn(net, batch):
        net["out"].partial_fit(batch.signals["res"].samples, batch.target)

    net["out"].begin_fit()
    net.train(learn, trial(0), target, batch=0.03)
    net["out"].end_fit()
    rows = other.evolve(trial(0), record=["res"])["res"].samples
    assert np.array_equal(net["out"].weights, Ridge(6, 2).fit(rows, target).weights)


# ---------------------------------------------------------------------- batches that fail


def spoil(net, batch):
    """Change everything that can be changed, then fail in the third batch."""
    net["out"].weights = np.full((6, 2), float(batch.number))
    net["res"].state = np.full(6, 9.0)
    net["out"].partial_fit(np.ones((3, 6)), np.ones((3, 2)))
    if batch.number == 2:
        net.add_layer(Linear(np.eye(2)), name=f"more{batch.number}", input_layer="out")
        net.reset_time()
        raise ArithmeticError("bad luck")


@pytest.mark.parametrize("interrupt", [False, True])
def test_a_batch_that_fails_leaves_all_as_the_one_before_left_it(interrupt):
    net, other = net_of(), net_of()

    def act(net, batch):
        try:
            spoil(net, batch)
        except ArithmeticError:
            if interrupt:
                raise KeyboardInterrupt from None
            raise

    with pytest.raises(KeyboardInterrupt if interrupt else BatchError) as caught:
        net.train(act, trial(0), batch=0.03)
    other.train(lambda net, batch: spoil(net, batch) or batch.number == 1, trial(0), batch=0.03)
    assert everything(net) == everything(other)
    assert list(net.layers) == ["res", "out"]
    for one in (net, other):
        one["out"].end_fit()
    assert np.array_equal(net["out"].weights, other["out"].weights)
    assert np.array_equal(
        net.evolve(trial(0), duration=0.03)["out"].samples, other.evolve(trial(0), duration=0.03)["out"].samples
    )
    if not interrupt:
        error = caught.value
        assert str(error).startswith(
            "batch 2 (epoch 0, trial 0, 0.06 s to 0.09 s) failed: ArithmeticError: bad luck\n  hint: the batch left no"
        )
        assert (error.batch, error.epoch, error.trial, error.start, error.stop) == (2, 0, 0, 0.06, 0.09)
        assert isinstance(error.__cause__, ArithmeticError)


def test_the_reset_before_a_trial_belongs_to_its_first_batch():
    net, other = net_of(), net_of()

    def act(net, batch):
        if batch.trial == 1:
            raise ArithmeticError

    with pytest.raises(BatchError, match=r"batch 2 \(epoch 0, trial 1, 0.0 s to 0.05 s\)"):
        net.train(act, [trial(0), trial(1)], batch=0.05)
    other.train(lambda net, batch: None, [trial(0)], batch=0.05)
    assert everything(net) == everything(other)


def test_weights_that_are_refused_name_the_batch():
    def act(net, batch):
        net["out"].weights = np.ones((3, 3))

    with pytest.raises(BatchError, match=r"batch 0 .* failed: ParameterError: Ridge 'out': weights has shape"):
        net_of().train(act, trial(0))


def test_what_an_online_layer_learned_in_a_failed_batch_is_forgotten():
    def build():
        net = Network(seed=1)
        net.input("x", 2)
        net.add_layer(RLS(2, 2), name="out")
        net.connect("x -> out.x")
        net.connect("x -> out.target")
        return net

    def act(net, batch):
        if batch.number == 1:
            raise ArithmeticError

    net, other = build(), build()
    with pytest.raises(BatchError):
        net.train(act, trial(0), batch=0.05)
    other.evolve(trial(0), duration=0.05)
    assert everything(net) == everything(other)


@pytest.mark.parametrize(
    ("error", "said", "options"),
    [
        (ParameterError, "epochs", {"epochs": 0}),
        (ParameterError, "epochs", {"epochs": True}),
        (TimeError, "batch", {"batch": 0.0015}),
        (ParameterError, "a batch lasts at least one step", {"batch": 0.0}),
        (ParameterError, "reset is one of", {"reset": "every"}),
        (BatchError, "UnknownName: no layer named 'rse'", {"record": ["rse"]}),
        (InputError, "takes TSContinuous", {"x": TSEvent([0.1], [0], t_stop=1.0, num_channels=2)}),
        (UnknownName, "no input named 'y'", {"x": {"y": trial(0)}}),
        (InputError, "an iterator is gone after one epoch", {"x": iter([trial(0)]), "epochs": 2}),
        (InputError, "fewer targets than trials", {"x": [trial(0)] * 2, "y": [1]}),
        (BatchError, "the target has 90 rows, the batch ends with row 100", {"y": np.ones((90, 2))}),
        (InputError, "shift it with", {"x": trial(0, start=1.0)}),
        (InputError, "at least one input", {"x": {}}),
    ],
)
def test_what_cannot_be_trained_is_refused_and_changes_nothing(error, said, options):
    net = net_of()
    before = everything(net)
    given = {"x": trial(0), "y": None, **options}
    with pytest.raises(error, match=said):
        net.train(lambda net, batch: batch.trial == 1, given.pop("x"), given.pop("y"), **given)
    if "fewer" not in said:
        assert everything(net) == before
