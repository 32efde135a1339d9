"""Experiments: what a document asks is done, judged and written down; what cannot be is said in one line."""

import json

import numpy as np
import pytest

from graphnet import DocumentError, GraphnetError, InputError, Network, ParameterError, TSContinuous, TSEvent, registry
from graphnet.datasets import Dataset, Trial, dataset
from graphnet.experiment import perform, write
from graphnet.run import Result
from graphnet.timeseries.outlined import outlined
from layers import LIF

DT = 0.01


def wave(k, steps=50):
    return TSContinuous.from_clocked(np.sin(np.arange(steps) * DT * (3 + k))[:, None] * [1.0, 0.5], DT)


def toy(kind="labels"):
    """Eight trials of two classes, a slow and a fast wave; or the same with the doubled wave as target."""

    def made(k):
        fast = 10 * (k % 2)
        series = wave(fast + k / 10)
        if kind == "targets":
            return Trial({"x": series}, target=2.0 * series)
        if kind == "flat":
            return Trial({"x": series}, target=0.0 * series)
        return Trial({"x": series}, label=None if kind == "unlabelled" else ("slow", "fast")[k % 2])

    if kind == "empty":
        return Dataset("toy", {"train": [], "test": []}, ("slow", "fast"))
    if kind == "another input":
        return Dataset("toy", {"train": [Trial({"z": wave(1)}, label="slow")]}, ("slow", "fast"))
    trials = [made(k) for k in range(8)]
    return Dataset(
        "toy", {"train": trials[:4], "test": trials[4:]}, () if kind in ("targets", "flat") else ("slow", "fast")
    )


@pytest.fixture(autouse=True)
def source():
    dataset("toy")(toy)
    yield
    registry.datasets._found.pop("toy")


def document(kind="labels", **sections):
    return {
        "name": "toy",
        "inputs": {"x": {"size": 2}},
        "layers": {
            "res": {
                "type": "Rate", "weights": {"init": "uniform", "shape": [2, 30], "seed": 1}, "tau": 0.05,
                "activation": "tanh", "dt": DT,
            },
            "out": {"type": "Ridge", "size_in": 32, "size_out": 2, "alpha": 1e-6, "dt": DT},
        },
        "edges": ["x -> res", "res -> out", "x -> out"],
        "merge": {"out": "concat"},
        "outputs": ["out"],
        "data": {"source": "toy", "kind": kind},
        "fit": {"layer": "out", "washout": 0.05},
        "evaluate": {"signal": "out", "washout": 0.05},
        **sections,
    }  # fmt: skip


def test_a_classification_gives_accuracy_scores_and_a_table(tmp_path):
    net = Network.from_document(document())
    outcome = perform(net)
    summary = outcome.summary
    assert summary["accuracy"] == 1.0
    assert summary["accuracy_by_class"] == {"slow": 1.0, "fast": 1.0}
    assert summary["simulated_seconds"] == pytest.approx(8 * 50 * DT)
    assert np.array_equal(outcome.arrays["wanted"], [0, 1, 0, 1])
    assert outcome.arrays["outputs"].shape == (4 * 45, 2)
    assert outcome.arrays["scores"].shape == (4, 2)
    means = outcome.arrays["outputs"].reshape(4, 45, 2).mean(axis=1)
    assert np.allclose(outcome.arrays["scores"], means, rtol=1e-14, atol=1e-14)
    assert [line.split() for line in outcome.table.splitlines()[:4]] == [
        ["slow", "1.000"], ["fast", "1.000"], ["-" * 17], ["accuracy", "1.000"],
    ]  # fmt: skip
    assert set(outcome.activity) == {"x", "res", "out"}
    write(net, outcome, tmp_path / "deep" / "folder")
    stored = json.loads((tmp_path / "deep" / "folder" / "summary.json").read_text())
    assert stored == json.loads(json.dumps(summary))


def test_the_last_value_decides_where_it_is_asked_to():
    outcome = perform(Network.from_document(document(evaluate={"signal": "out", "decide": "last"})))
    assert np.array_equal(outcome.arrays["scores"], outcome.arrays["outputs"][49::50])


def test_a_regression_gives_its_error_and_the_error_by_the_spread():
    outcome = perform(Network.from_document(document("targets")))
    got, wanted = outcome.arrays["outputs"], outcome.arrays["wanted"]
    assert outcome.summary["rmse"] == pytest.approx(np.sqrt(np.mean((got - wanted) ** 2)))
    assert outcome.summary["nrmse"] < 1e-3
    assert np.array_equal(wanted[:45], 2 * wave(0.4).samples[5:])


def test_a_target_that_never_changes_has_no_relative_error(tmp_path):
    net = Network.from_document(document("flat"))
    outcome = perform(net)
    assert "nrmse" not in outcome.summary
    json.loads(json.dumps(outcome.summary, allow_nan=False))


def test_an_experiment_repeated_gives_the_same_bits():
    one, other = (perform(Network.from_document(document(seed=3))).arrays for _ in range(2))
    assert {name: array.tobytes() for name, array in one.items()} == {n: a.tobytes() for n, a in other.items()}


@pytest.mark.parametrize(
    ("kind", "sections", "said"),
    [
        ("empty", {}, "dataset 'toy' has no trials in its group 'train'"),
        ("empty", {"fit": None}, "no trials in its group 'test'"),
        ("another input", {}, "dataset 'toy' drives the input 'z'; the network has: x"),
        ("unlabelled", {}, "a trial has the label None; the classes are: slow, fast"),
        ("labels", {"fit": {"layer": "out", "on": "trian"}}, "no group of trials named 'trian'"),
        ("labels", {"fit": {"layer": "out", "washout": 5.0}}, "no data to fit to"),
        ("labels", {"evaluate": {"signal": "out", "washout": 5.0}}, "the washout of 5 s leaves nothing to evaluate"),
        ("labels", {"evaluate": {"signal": "res"}}, "res has 30 channels, the dataset 2 classes"),
        ("targets", {"evaluate": {"signal": "res"}}, "the evaluated signal has shape"),
    ],
)
def test_what_trials_do_not_give_is_said_in_one_line(kind, sections, said):
    net = Network.from_document({name: one for name, one in document(kind, **sections).items() if one is not None})
    with pytest.raises(GraphnetError, match=said):
        perform(net)


def test_a_signal_of_events_is_refused_when_the_document_is_read():
    data = document(evaluate={"signal": "spikes"})
    data["layers"]["spikes"] = {"type": "LIF", "weights": [[1.0], [1.0]], "dt": DT}
    with pytest.raises(DocumentError, match=r"evaluate.signal: LIF 'spikes' emits events"):
        Network.from_document(data)


# ---------------------------------------------------------------------- a single run


def running(record=None, **run):
    net = Network(name="run")
    net.input("x", 2)
    net.add_layer(LIF(np.array([[50.0], [50.0]]), dt=DT, tau_mem=0.05), name="lif", input_layer="x")
    data = net.to_document()
    return Network.from_document({**data, "run": run, **({} if record is None else {"record": record})})


def test_a_run_without_trials_records_what_its_section_names(tmp_path):
    TSContinuous.from_clocked(np.ones((50, 2)), DT).save(tmp_path / "x.npz")
    net = running(inputs={"x": str(tmp_path / "x.npz")}, record=["lif", "lif.v"], duration=0.4)
    outcome = perform(net)
    assert sorted(outcome.summary["recorded"]) == ["lif", "lif.v", "x"]
    twin = running().evolve(TSContinuous.from_clocked(np.ones((50, 2)), DT), duration=0.4, record=["lif"])["lif"]
    assert isinstance(twin, TSEvent)
    assert len(twin.times) > 0
    assert outcome.activity is not None
    assert outcome.activity["lif"].equals(twin)
    assert outcome.activity["lif.v"].to_dict()["samples"].shape == (40, 1)
    assert not outcome.arrays  # nothing was judged
    assert outcome.summary["simulated_seconds"] == 0.4
    fires = outcome.summary["firing"]
    assert list(fires) == ["lif"]
    assert fires["lif"]["events"] == len(twin.times)
    assert fires["lif"]["rate"] == pytest.approx(len(twin.times) / 0.4)
    assert fires["lif"]["cv"] == 0.0  # a constant input
    assert f"lif: {len(twin.times)} events on 1 channel, {len(twin.times) / 0.4:.2f} Hz each" in outcome.table


def test_a_document_that_does_not_say_what_to_do_is_told_what_to_write():
    with pytest.raises(ParameterError, match=r"does not say what to do\n  hint: add a section run"):
        perform(running())


def test_a_series_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    (tmp_path / "folder.npz").mkdir()
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    for name in ("missing.npz", "text.npz", "folder.npz", "other.npz"):
        with pytest.raises(InputError, match=f"input 'x': .*{name}"):
            perform(running(inputs={"x": str(tmp_path / name)}))


def test_a_folder_of_trials_keeps_the_signals_of_the_one_that_is_shown(tmp_path):
    net = Network.from_document(document())
    outcome = perform(net)
    write(net, outcome, tmp_path, pictures=False)
    kept = Result.load(tmp_path)
    assert outcome.activity is not None
    assert list(kept) == ["x", "res", "out"]
    assert all(kept[name].equals(one) for name, one in outcome.activity.items())
    assert kept.classes == {"x": "Input", "res": "Rate", "out": "Ridge"}
    before = (tmp_path / "signals.npz").read_bytes()
    again = Network.from_document(document())
    write(again, perform(again), tmp_path, pictures=False)
    assert (tmp_path / "signals.npz").read_bytes() == before  # no time of day, no seconds that it took


@pytest.mark.parametrize(
    "series",
    [
        TSContinuous.from_clocked(np.ones((200_000, 3), np.float32), 1e-3, 0.5),
        TSContinuous(np.linspace(1.0, 2.0, 200_000), np.ones((200_000, 3)), t_start=1.0, t_stop=2.5),
        TSContinuous.from_clocked(np.ones((20, 3)), 1e-3, 0.5),
        TSEvent(np.linspace(1.0, 2.0, 200_000), np.zeros(200_000, int), num_channels=5, t_start=0.5, t_stop=2.5),
        TSEvent.from_raster(np.ones((200_000, 2), int), 1e-3),
        TSEvent([0.1], [1], num_channels=2, t_stop=1.0, periodic=True),
    ],
)
def test_the_outline_of_a_file_has_the_kind_channels_and_extent_of_its_series(series, tmp_path):
    series.save(tmp_path / "x.npz")
    found = outlined(tmp_path / "x.npz")
    for one in ("num_channels", "t_start", "t_stop", "periodic"):
        assert getattr(found, one) == getattr(series, one)
    assert type(found) is type(series)
    for steps in ((0, 900), (500, 2000), (1000, 2500), (0, 200_000), (0, 200_001)):
        assert found.covers(*steps, 1e-3) == series.covers(*steps, 1e-3)
