"""Experiments on spike trains: what is judged of rates and times, beside which signals, and what is refused."""

import numpy as np
import pytest

from graphnet import DocumentError, GraphnetError, Network, TSContinuous, TSEvent, registry
from graphnet.datasets import Dataset, Trial, dataset
from graphnet.experiment import perform, write
from graphnet.spiketrains import correlation, smoothed

DT = 0.001


def source(kind="spikes"):
    """Two trials of 1 s one after the other; the target is what a LIF of the same kind does a step later."""
    drive = 1.5 + np.sin(np.arange(2000) * DT * 20)[:, None]
    whole = TSContinuous.from_clocked(drive, DT)
    twin = Network.from_document(document(kind, data=None, fit=None, evaluate=None))
    spikes = twin.evolve(whole, record=["neuron"])["neuron"]

    def part(first, stop):
        target = None
        if kind != "nothing":
            steps = spikes.event_steps(first, stop - first, DT)
            target = TSEvent.from_steps(
                steps.step, steps.channel, DT, 2 if kind == "two channels" else 1, first, stop - first, name="recorded"
            )
        if kind == "signal" or (kind == "mixed" and first):
            target = TSContinuous.from_clocked(drive[first:stop], DT, t_start=first * DT)
        return Trial({"x": TSContinuous.from_clocked(drive[first:stop], DT, t_start=first * DT)}, target=target)

    first, second = part(0, 1000), part(1000, 2000)
    if kind == "mixed":
        return Dataset("halves", {"train": [first], "test": [first, second]})
    return Dataset("halves", {"train": [first], "test": [second]})


@pytest.fixture(autouse=True)
def halves():
    dataset("halves")(source)
    yield
    registry.datasets._found.pop("halves")


def document(kind="spikes", **sections):
    whole = {
        "name": "halves",
        "inputs": {"x": {"size": 1}},
        "layers": {
            "neuron": {"type": "LIF", "weights": [[1.0]], "tau_mem": 0.02, "dt": DT},
            "lazy": {"type": "LIF", "weights": [[0.7]], "tau_mem": 0.02, "dt": DT},
            "rate": {"type": "Ridge", "size_in": 1, "size_out": 1, "alpha": 1e-6, "dt": 0.002},
        },
        "edges": ["x -> neuron", "x -> lazy", "x -> rate"],
        "data": {"source": "halves", "kind": kind},
        "fit": {"layer": "rate", "smooth": 0.01},
        "evaluate": {"signal": "neuron", "beside": ["lazy", "rate"], "reset": "none", "smooth": 0.01, "window": 0.002},
        **sections,
    }
    return {name: one for name, one in whole.items() if one is not None}


def test_a_neuron_that_goes_on_where_the_first_half_ended_meets_every_spike_of_its_twin(tmp_path):
    net = Network.from_document(document())
    outcome = perform(net)
    summary = outcome.summary
    assert summary["outputs_spikes"] == summary["wanted_spikes"] > 20
    assert (summary["coincidence"], summary["matched"], summary["jitter"]) == (1.0, 1.0, 0.0)
    assert summary["rate_correlation"] == pytest.approx(1.0)
    assert summary["beside"]["lazy"]["coincidence"] < 0.9
    assert 0.3 < summary["beside"]["rate"]["rate_correlation"] < 1.0
    assert "coincidence" not in summary["beside"]["rate"]  # a rate has no spikes
    assert np.array_equal(outcome.arrays["outputs.times"], outcome.arrays["wanted.times"])
    assert outcome.arrays["wanted.times"].min() >= 1.0
    head, first, second = (line.split() for line in outcome.table.splitlines()[:3])
    assert head == ["neuron", "lazy", "rate"]
    assert (first[:2], second[:2]) == (["rate_correlation", "1"], ["coincidence", "1"])
    assert second[3] == "-"
    write(net, outcome, tmp_path)
    assert (tmp_path / "comparison.png").stat().st_size > 10_000


def test_the_rates_are_the_spikes_smoothed_and_a_rate_is_smoothed_alike():
    outcome = perform(Network.from_document(document()))
    counts = np.bincount(np.rint((outcome.arrays["wanted.times"] - 1.0) / DT).astype(int), minlength=1000)
    wanted = smoothed(counts[:, None] / DT, 0.01 / DT)
    assert np.allclose(outcome.arrays["wanted.rate"], wanted)
    theirs = outcome.arrays["rate.outputs.rate"]
    assert theirs.shape == (500, 1)  # at the readout's own step
    number = outcome.summary["beside"]["rate"]["rate_correlation"]
    assert number == correlation(theirs, outcome.arrays["rate.wanted.rate"])


def test_the_washout_is_not_judged_but_its_spikes_reach_into_the_rate_behind_it():
    whole = perform(Network.from_document(document())).arrays
    section = {**document()["evaluate"], "washout": 0.3}
    part = perform(Network.from_document(document(evaluate=section))).arrays
    assert np.array_equal(part["wanted.rate"], whole["wanted.rate"][300:])
    assert np.array_equal(part["outputs.times"], whole["outputs.times"][whole["outputs.times"] >= 1.3])


def test_the_same_experiment_gives_the_same_bits_also_of_what_is_drawn(tmp_path):
    for name in ("one", "two"):
        net = Network.from_document(document())
        write(net, perform(net), tmp_path / name)
    for file in ("results.npz", "comparison.png", "activity.png"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.parametrize(
    ("kind", "sections", "said"),
    [
        ("spikes", {"fit": {"layer": "rate"}}, "fit: the targets of 'train' are spikes\n  hint: write how far"),
        (
            "spikes",
            {"evaluate": {"signal": "rate", "reset": "none"}},
            "evaluate: the targets are spikes\n  hint: write",
        ),
        ("two channels", {"fit": None}, "neuron has 1 channels, the target 2"),
        ("mixed", {"fit": None}, "some trials have spikes as their target and some have not"),
        ("nothing", {"fit": None}, "trials without label or target cannot be evaluated"),
        ("signal", {"fit": None}, "neuron emits events, the target is continuous\n  hint: evaluate a layer that turns"),
    ],
)
def test_what_spikes_do_not_give_is_said(kind, sections, said):
    if kind != "spikes":
        reset = "each" if kind != "mixed" else "none"
        sections = {**sections, "evaluate": {"signal": "neuron", "smooth": 0.01, "reset": reset}}
        if kind != "mixed":
            sections["evaluate"]["on"] = "train"
    with pytest.raises(GraphnetError, match=said):
        perform(Network.from_document(document(kind, **sections)))


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"signal": "neuron"}, "evaluate.signal: LIF 'neuron' emits events.*\n.*write how far"),
        ({"signal": "rate", "beside": ["lazi"]}, "no layer named 'lazi' in evaluate; did you mean 'lazy'"),
        ({"signal": "rate", "between": [2.0, 1.0]}, "between is a time and a later one, got 2 s, 1 s"),
        ({"signal": "rate", "between": [2.0]}, "between is a time and a later one, got 2 s"),
        ({"signal": "neuron", "smooth": 0.0}, "evaluate.smooth: should be greater than 0"),
        ({"signal": "neuron", "smooth": 0.1, "window": -0.1}, "evaluate.window: should be greater than 0"),
    ],
)
def test_a_section_that_cannot_be_meant_is_refused_when_the_document_is_read(section, said):
    with pytest.raises(DocumentError, match=said):
        Network.from_document(document(evaluate=section))


def test_a_signal_beside_keeps_its_place_under_another_name():
    net = Network.from_document(document())
    net.rename("lazy", "idle")
    assert net.document["evaluate"]["beside"] == ["idle", "rate"]
    assert Network.from_document(net.to_document()).document == net.document
