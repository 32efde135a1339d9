"""Training: streaming, the same bits in any pieces, and no trace where it fails."""

import itertools
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose

from graphnet import (
    ArrayLayer,
    GraphnetError,
    InputError,
    Network,
    NetworkError,
    ParameterError,
    RunError,
    Size,
    Trainable,
    TSContinuous,
    positional,
)
from layers import Linear, Rate, Ridge

DT = 1e-3


def net_of(trained=None):
    rng = np.random.default_rng(0)
    net = Network(name="n", seed=5)
    net.input("x", 2)
    net.add_layer(Rate(rng.normal(size=(2, 6)), tau=0.01, noise_std=0.01), name="res")
    net.add_layer(trained or Ridge(6, 2), name="out", input_layer="res")
    net.connect("x", "res", merge="sum")
    net.connect("res[0:2] -> res @ 3 ms")
    return net


def trial(k, steps=100, start=0.0):
    rng = np.random.default_rng(k)
    return TSContinuous.from_clocked(rng.normal(size=(steps, 2)), DT, t_start=start)


def target(k, steps=100):
    return np.random.default_rng(100 + k).normal(size=(steps, 2))


class Watcher(ArrayLayer, Trainable):
    """Keeps the rows that it was shown; fails at the row number ``bad``."""

    size: Size = positional()
    bad: int = -1

    def initial(self):
        return {}

    def advance(self, state, block, span):
        return state, np.array(block)

    def begin_fit(self):
        self.x, self.y = [], []

    def partial_fit(self, x, y):
        if 0 <= self.bad < sum(len(one) for one in self.x) + len(x):
            raise ArithmeticError("a bad row")
        self.x.append(x.copy())
        self.y.append(np.array(y))

    def end_fit(self):
        self.seen = np.concatenate(self.x), np.concatenate(self.y)


@pytest.mark.parametrize("block", [1, 7, 64, 100, None])
def test_a_fit_gives_the_same_bits_for_any_block(block):
    net, other = net_of(), net_of()
    for one, size in ((net, block), (other, 33)):
        one.fit([trial(k) for k in range(3)], [target(k) for k in range(3)], layer="out", block=size, washout=0.013)
    assert np.array_equal(net["out"].weights, other["out"].weights)
    assert np.any(net["out"].weights != 0)
    assert {k: v.tobytes() for k, v in net.states["res"].items()} == {
        k: v.tobytes() for k, v in other.states["res"].items()
    }


def test_a_fit_is_the_ridge_solution_of_what_a_run_records():
    net = net_of()
    net.fit(trial(0), target(0), layer="out", washout=0.02)
    net.reset_all()
    x = net.evolve(trial(0), record=["res"])["res"].samples[20:]
    y = target(0)[20:]
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    assert_allclose(net["out"].weights, np.linalg.solve(x.T @ x + 1e-3 * np.eye(6), x.T @ y), rtol=1e-6, atol=1e-9)


def test_each_trial_has_noise_of_its_own_and_a_repeated_fit_the_same():
    first, again = net_of(Watcher(6)), net_of(Watcher(6))
    for net in (first, again, again):
        net.fit([trial(0), trial(0)], [np.zeros(6)] * 2, layer="out")
    x, _ = first["out"].seen
    assert not np.array_equal(x[:100], x[100:])
    assert np.array_equal(x, again["out"].seen[0])


@pytest.mark.parametrize(("form", "wanted"), [
    (lambda: target(3), lambda: target(3)),
    (lambda: target(3).tolist(), lambda: target(3)),
    (lambda: [0.5, -1.0], lambda: np.tile([0.5, -1.0], (100, 1))),
    (lambda: TSContinuous.from_clocked(target(3), DT), lambda: target(3)),
    (lambda: TSContinuous.from_clocked(target(3)[::2], 2 * DT), lambda: np.repeat(target(3)[::2], 2, axis=0)),
])  # fmt: skip
def test_a_target_is_an_array_a_row_or_a_series(form, wanted):
    net = Network([Linear(np.ones((2, 2))), Watcher(2)])
    net.fit(trial(0), form(), layer="watcher", washout=0.01)
    assert np.array_equal(net["watcher"].seen[1], wanted()[10:])
    assert len(net["watcher"].seen[0]) == 90


@pytest.mark.parametrize("reset", ["each", "state", "time", "none"])
def test_what_is_reset_before_each_trial_is_as_stated(reset):
    net = net_of(Watcher(6))
    starts = [0.0, 0.1] if reset in ("state", "none") else [0.0, 0.0]
    net.fit([trial(k, start=t) for k, t in enumerate(starts)], [np.zeros(6)] * 2, layer="out", reset=reset)
    assert net.t == starts[-1] + 0.1
    two = net["out"].seen[0][100:]
    apart = net_of(Watcher(6))
    if reset in ("time", "none"):  # the state of the first trial goes on
        apart.evolve(trial(0), record=())
    if reset == "time":
        apart.reset_time()
    if reset == "state":
        apart.evolve(trial(0), record=())
        apart.reset_state()
    x = apart.evolve(trial(1, start=apart.t), record=["res"], trial=1)["res"].samples
    assert np.array_equal(two, x)


def everything(net):
    layer = net["out"]
    return (
        {name: {key: array.tobytes() for key, array in state.items()} for name, state in net.states.items()},
        {number: {key: array.tobytes() for key, array in line.items()} for number, line in net.lines.items()},
        net.now,
        {name: repr(value) for name, value in vars(layer).items() if name not in ("_home", "_moments", "_matrices")},
        layer.weights.tobytes(),
    )


def fails(x=None, y=None, **options):
    return lambda net: net.fit(
        [trial(k) for k in range(4)] if x is None else x(), [target(k) for k in range(4)] if y is None else y(),
        **{"layer": "out", **options},
    )  # fmt: skip


FAILING = {
    "an input of another size": (InputError, fails(x=lambda: [trial(0), trial(1).append_c(trial(2))])),
    "an input that is none": (GraphnetError, fails(x=lambda: [trial(0), 7, 8, 9])),
    "too few targets": (InputError, fails(y=lambda: [target(0)])),
    "too many targets": (InputError, fails(y=lambda: [target(0)] * 5)),
    "a target that ends early": (RunError, fails(y=lambda: [target(0), target(1, 99), target(2), target(3)])),
    "a target that goes on": (InputError, fails(y=lambda: [target(0), target(1, 101), target(2), target(3)])),
    "a series that ends early": (
        RunError, fails(y=lambda: [target(0), TSContinuous.from_clocked(target(1, 50), DT), target(2), target(3)]),
    ),
    "a target of another width": (InputError, fails(y=lambda: [target(0), np.ones((100, 3)), target(2), target(3)])),
    "a target of text": (InputError, fails(y=lambda: [target(0), "walking", target(2), target(3)])),
    "a target with NaN": (RunError, fails(y=lambda: [target(0), target(1) * np.nan, target(2), target(3)])),
    "a target of three dimensions": (InputError, fails(y=lambda: [np.ones((2, 3, 2))] * 4)),
    "one target for many trials": (InputError, fails(y=lambda: TSContinuous.from_clocked(target(0), DT))),
    "no trials": (InputError, fails(x=list, y=list)),
    "no iterable": (InputError, fails(x=lambda: 5)),
    "an array as input": (InputError, fails(x=lambda: np.ones((100, 2)))),
    "a washout that leaves nothing": (NetworkError, fails(washout=1.0)),
    "a washout between steps": (GraphnetError, fails(washout=0.0005)),
    "an unknown reset": (ParameterError, fails(reset="every")),
    "an unknown layer": (GraphnetError, fails(layer="outt")),
    "a layer that learns nothing": (NetworkError, fails(layer="res")),
    "an input of the network": (GraphnetError, fails(layer="x")),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAILING)
def test_a_failed_fit_leaves_no_trace(kind):
    error, act = FAILING[kind]
    net, twin = net_of(), net_of()
    for one in (net, twin):
        one.fit([trial(8), trial(9)], [target(8), target(9)], layer="out")
        one["out"].partial_fit(np.ones((3, 6)), np.ones((3, 2)))
    before = everything(net)
    with pytest.raises(error):
        act(net)
    assert everything(net) == before
    for one in (net, twin):  # what was shown before the failed fit counts, what it has seen does not
        one["out"].partial_fit(np.random.default_rng(2).normal(size=(50, 6)), np.ones((50, 2)) * np.arange(50)[:, None])
        one["out"].end_fit()
    assert np.array_equal(net["out"].weights, twin["out"].weights)


def test_a_layer_that_fails_in_the_third_trial_and_an_interrupt_leave_no_trace():
    net = net_of(Watcher(6, bad=250))
    before = {key: array.tobytes() for key, array in net.states["res"].items()}
    with pytest.raises(RunError, match=r"out failed in block .*: ArithmeticError: a bad row"):
        net.fit([trial(k) for k in range(4)], [np.zeros(6)] * 4, layer="out")
    assert {key: array.tobytes() for key, array in net.states["res"].items()} == before
    assert net.t == 0.0
    assert "x" not in vars(net["out"])

    def interrupted():
        yield trial(0)
        raise KeyboardInterrupt

    net = net_of()
    with pytest.raises(KeyboardInterrupt):
        net.fit(interrupted(), itertools.repeat(target(0)), layer="out")
    assert net.t == 0.0
    assert not np.any(net["out"].weights)


def test_trials_are_read_one_at_a_time_in_bounded_memory():
    """200 trials of 0.8 MB each are 160 MB together; what is held at once stays below a twentieth of it."""
    steps, alive = 10_000, []

    def trials():
        for _ in range(200):
            alive.append(1)
            yield TSContinuous.from_clocked(np.ones((steps, 10)), DT)

    net = Network([Linear(np.eye(10)), Ridge(10, 1)])
    net.fit(TSContinuous.from_clocked(np.ones((10, 10)), DT), [1.0], layer="ridge")
    tracemalloc.start()
    net.fit(trials(), ([1.0] for _ in range(200)), layer="ridge")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(alive) == 200
    assert peak < 8e6


# ---------------------------------------------------------------------- long series


STEPS = 10_000


def long_net(trained=None, dt=DT):
    """More than two pieces long, with state, noise, a delay, and two rates."""
    net = Network(name="n", seed=5)
    net.input("x", 2)
    net.add_layer(Rate(np.random.default_rng(0).normal(size=(2, 6)), tau=0.01, noise_std=0.01), name="res")
    net.add_layer(trained or Ridge(6, 2, dt=dt), name="out")
    net.connect("x -> res")
    net.connect("res -> out @ 4 ms")
    return net


def long_rows():
    """Rows that lose nothing as float32."""
    rng = np.random.default_rng(1)
    return tuple(rng.normal(size=(STEPS, 2)).astype(np.float32).astype(float) for _ in range(2))


def cut(table, lengths=(1, 700, 3000)):
    """The rows in chunks of uneven lengths."""
    begin = 0
    for n in itertools.cycle(lengths):
        if begin >= len(table):
            return
        yield table[begin : begin + n].astype(np.float32 if n == 700 else np.float64)
        begin += n


def asked(table):
    """A callable that gives up to n rows, and then none."""
    place = [0]

    def more(n):
        rows = table[place[0] : place[0] + n]
        place[0] += len(rows)
        return rows

    return more


def saved(folder, name, table):
    np.save(folder / name, table)
    return folder / name


SOURCES = {
    "arrays": lambda x, y, folder: (x, y),
    "files": lambda x, y, folder: (saved(folder, "x.npy", x), str(saved(folder, "y.npy", y))),
    "chunks": lambda x, y, folder: (cut(x), cut(y, (1000, 11))),
    "callables": lambda x, y, folder: (asked(x), asked(y)),
    "series": lambda x, y, folder: (TSContinuous.from_clocked(x, DT), TSContinuous.from_clocked(y, DT)),
    "pieces of series": lambda x, y, folder: (
        (TSContinuous.from_clocked(x[k : k + 900], DT, k * DT) for k in range(0, STEPS, 900)), y,
    ),
    "sources by name": lambda x, y, folder: ({"x": cut(x)}, y),
}  # fmt: skip


@pytest.mark.parametrize("block", [None, 77])
@pytest.mark.parametrize("kind", SOURCES)
def test_a_long_series_from_any_source_gives_the_bits_of_the_series_as_a_whole(kind, block, tmp_path):
    x, y = long_rows()
    whole, streamed = long_net(), long_net()
    whole.fit(TSContinuous.from_clocked(x, DT), y, layer="out", washout=0.5)
    source, wanted = SOURCES[kind](x, y, tmp_path)
    streamed.fit(source, wanted, layer="out", washout=0.5, stream=True, block=block)
    assert np.array_equal(whole["out"].weights, streamed["out"].weights)
    assert np.any(whole["out"].weights)
    assert streamed == whole
    assert streamed.t == STEPS * DT


def test_rows_of_a_stream_lie_at_the_interval_that_is_said():
    x, y = long_rows()
    whole, streamed = long_net(), long_net()
    whole.fit(TSContinuous.from_clocked(x[:500], 0.01), y[:5000], layer="out")
    streamed.fit(iter([x[:500]]), y[:5000], layer="out", stream=True, dt=0.01)
    assert np.array_equal(whole["out"].weights, streamed["out"].weights)


def test_a_target_of_a_slower_layer_has_a_row_for_each_of_its_steps():
    x, y = long_rows()
    whole, streamed = long_net(dt=2e-3), long_net(dt=2e-3)
    whole.fit(TSContinuous.from_clocked(x, DT), y[: STEPS // 2], layer="out")
    streamed.fit(cut(x), cut(y[: STEPS // 2]), layer="out", stream=True)
    assert np.array_equal(whole["out"].weights, streamed["out"].weights)


FAILING_STREAMS = {
    "a target that ends early": (RunError, lambda x, y: (cut(x), cut(y[:9000]))),
    "a table that goes on": (InputError, lambda x, y: (cut(x[:9000]), y)),
    "a chunk of another width": (InputError, lambda x, y: (iter([x, np.ones((3, 3))]), y)),
    "a missing file": (InputError, lambda x, y: ("nothing.npy", y)),
    "a missing target": (InputError, lambda x, y: (x, "nothing.npy")),
    "an unknown input": (GraphnetError, lambda x, y: ({"z": x}, y)),
    "no input": (InputError, lambda x, y: ({}, y)),
    "complex rows": (InputError, lambda x, y: (x * 1j, y)),
    "a source that raises": (ZeroDivisionError, lambda x, y: ((x / (1 // (1 - k)) for k in range(2)), y)),
}


@pytest.mark.parametrize("kind", FAILING_STREAMS)
def test_a_failed_fit_of_a_stream_leaves_no_trace(kind):
    error, act = FAILING_STREAMS[kind]
    net = long_net()
    before = everything(net)
    with pytest.raises(error):
        net.fit(*act(*long_rows()), layer="out", stream=True)
    assert everything(net) == before


def test_rows_without_stream_are_told_of_it():
    with pytest.raises(InputError, match=r"got a ndarray\n  hint: rows from an array, .* stream=True"):
        long_net().fit(*long_rows(), layer="out")


def test_a_file_larger_than_what_is_held_is_fitted_in_bounded_memory(tmp_path):
    """32 MB of input and 16 MB of targets on disk; what is held at once stays below a tenth of it."""
    x, y = tmp_path / "x.npy", tmp_path / "y.npy"
    for path, width in ((x, 10), (y, 5)):
        np.lib.format.open_memmap(path, mode="w+", dtype=np.float64, shape=(400_000, width))[:] = 1.0
    net = Network([Linear(np.eye(10)), Ridge(10, 5)])
    net.fit(TSContinuous.from_clocked(np.ones((10, 10)), DT), np.ones(5), layer="ridge")
    tracemalloc.start()
    net.fit(x, y, layer="ridge", stream=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert net.t == 400.0
    assert peak < 4.8e6


# ---------------------------------------------------------------------- labels


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([1, 0, 1], None),
        (np.array([1, 0, 1]), None),
        (["run", "rest", "run"], ["rest", "run"]),
        ([7, 3, 7], [3, 7]),
        (np.array([7, 3, 7]), np.array([3, 7])),
    ],
)
def test_a_label_is_the_row_of_its_channel(labels, classes):
    net, other = net_of(), net_of()
    net.fit([trial(k) for k in range(3)], labels, layer="out", classes=classes)
    other.fit([trial(k) for k in range(3)], [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]], layer="out")
    assert np.array_equal(net["out"].weights, other["out"].weights)


@pytest.mark.parametrize(
    ("label", "classes", "said"),
    [
        (2, None, "label 2 is none of its output channels 0 to 1"),
        (-1, None, "label -1 is none"),
        (True, None, "a target is a continuous series"),
        ("run", None, r"hint: say classes=\[...\] to train on labels"),
        ("rn", ["rest", "run"], "no class named 'rn' in classes; did you mean 'run'"),
        ("run", ["rest", "run", "walk"], "has 2 outputs, there are 3 classes"),
    ],
)
def test_labels_that_mean_no_channel_are_refused(label, classes, said):
    with pytest.raises(GraphnetError, match=said):
        net_of().fit(trial(0), label, layer="out", classes=classes)
