"""Spiking neurons as layers: laws over their forms, receptors as inputs, delays in flight, and what is refused."""

import copy
import json
import pickle

import numpy as np
import pytest
from scipy.sparse import csr_array

from graphnet import (
    Checkpoint,
    EdgeError,
    Network,
    ParameterError,
    ParameterTypeError,
    Span,
    TSContinuous,
    TSEvent,
)
from graphnet.testing import advance_in_blocks, check_layer, cuts_of, drive, instance, same_bits
from layers import IF, LIF, CubaLIF
from layers.spiking import Thresholded

SIZE, CHANNELS, DT = 6, 4, 1e-3
rng = np.random.default_rng(2)
IN = rng.uniform(0.1, 0.7, size=(CHANNELS, SIZE))
REC = rng.normal(scale=0.4, size=(SIZE, SIZE))
SPARSE = csr_array(REC * (rng.random((SIZE, SIZE)) < 0.5))
LATE = csr_array((rng.integers(1, 6, SPARSE.nnz) * DT, SPARSE.indices, SPARSE.indptr), shape=SPARSE.shape)
BOTH = {"exc": np.abs(REC), "inh": csr_array(-np.abs(REC) * (REC > 0))}

FORMS = {
    "dense": {"weights_rec": REC},
    "dense, 3 steps": {"weights_rec": REC, "delay_rec": 3 * DT, "refractory": 0.002},
    "dense, each its own": {"weights_rec": REC, "delay_rec": DT * (1 + np.arange(36).reshape(6, 6) % 5)},
    "sparse, noise": {"weights_rec": SPARSE, "noise_std": 2.0, "reset": "subtract"},
    "sparse, each its own": {"weights_rec": SPARSE, "delay_rec": LATE, "threshold": np.linspace(0.5, 1.5, SIZE)},
    "diagonal": {"weights_rec": np.full(SIZE, 0.4), "delay_rec": 2 * DT},
    "no input": {"weights": None, "weights_rec": REC, "noise_std": 20.0},
    "receptors": {"weights": {"exc": IN, "inh": -0.2 * IN[:2]}, "weights_rec": BOTH},
    "receptors, delays": {"weights": {"exc": IN}, "weights_rec": BOTH, "delay_rec": {"inh": 4 * DT, "exc": DT}},
    "receptors, sparse input": {"weights": {"exc": csr_array(IN), "inh": csr_array(-IN)}},
    "receptors, mixed input": {"weights": {"exc": IN, "inh": np.linspace(-0.4, 0.0, SIZE)}},
}
MODELS = {
    LIF: {"bias": 1.5},
    IF: {"bias": 80.0},
    CubaLIF: {"bias": 1.5, "tau_mem": 0.02, "tau_syn": 0.004, "w_in": 4.0},
}


def given_to(model, form):
    return {"weights": IN, **MODELS[model], **FORMS[form], "dt": DT}


def build(model, form, **more):
    return model(**{**given_to(model, form), **more})


@pytest.mark.parametrize("kind", [TSEvent, TSContinuous])
@pytest.mark.parametrize("model", [LIF, CubaLIF])  # IF has the kernel of LIF
@pytest.mark.parametrize("form", FORMS)
def test_every_form_obeys_the_laws(form, model, kind):
    # signals wander on both sides of 0
    given = {**given_to(model, form), "input_type": kind, "bias": 6.0 if kind is TSContinuous else 1.5}
    check_layer(model, **given)
    layer = model(**given)
    out = advance_in_blocks(layer, drive(layer), [150])[1]
    assert out.count > 20
    if "weights_rec" in FORMS[form]:  # or the laws would hold of nothing
        alone = model(**{**given, "weights_rec": silent(given["weights_rec"]), "delay_rec": None})
        assert not same_bits(advance_in_blocks(alone, drive(alone), [150])[1], out)


def silent(weights):
    return {name: 0 * one for name, one in weights.items()} if isinstance(weights, dict) else 0 * weights


@pytest.mark.parametrize("form", ["dense, 3 steps", "sparse, each its own", "receptors, delays"])
@pytest.mark.parametrize("model", MODELS)
def test_narrow_floats_obey_the_laws(model, form):
    layer = build(model, form, dtype="float32", input_type=TSEvent)
    assert all(one.dtype == np.float32 for one in layer.initial().values() if one.dtype.kind == "f")
    whole = advance_in_blocks(layer, drive(layer), [150])
    assert same_bits(advance_in_blocks(layer, drive(layer), cuts_of(7)), whole)
    assert whole[1].count > 20


@pytest.mark.parametrize("form", ["dense, 3 steps", "sparse, each its own", "receptors, delays"])
@pytest.mark.parametrize("model", MODELS)
def test_what_is_under_way_survives_a_checkpoint_and_a_reset_of_the_clock(model, form, tmp_path):
    def network():
        net = Network(seed=1)
        layer = build(model, form, weights=None, **({"w_in": 1.0} if model is CubaLIF else {}))
        net.add_layer(layer, name="n")
        return net

    whole, halved = network(), network()
    expected = whole.evolve(duration=0.1, record=["n", "n.v"])
    halved.evolve(duration=0.043)
    halved.checkpoint().save(tmp_path / "half.npz")
    later = network()
    later.restore(Checkpoint.load(tmp_path / "half.npz"))
    found = later.evolve(duration=0.057, record=["n", "n.v"])
    assert np.array_equal(found["n.v"].samples, expected["n.v"].samples[43:])
    halved.reset_time()
    replayed = halved.evolve(duration=0.057, record=["n", "n.v"])
    assert np.array_equal(replayed["n.v"].samples, expected["n.v"].samples[43:])
    assert len(expected["n"].times) > 20


def test_the_order_of_receptors_changes_no_spike():
    one = CubaLIF({"exc": IN, "inh": -IN}, BOTH, tau_mem=0.02, tau_syn={"exc": 0.005, "inh": 0.01}, bias=5.0)
    two = CubaLIF({"exc": IN, "inh": -IN}, BOTH, tau_mem=0.02, tau_syn={"inh": 0.01, "exc": 0.005}, bias=5.0)
    x = drive(one)
    (a, spikes, _), (b, others, _) = (advance_in_blocks(layer, x, [150]) for layer in (one, two))
    assert same_bits(spikes, others)
    assert spikes.count > 20
    assert np.allclose(a["current"], b["current"][::-1], rtol=1e-12)


def test_each_receptor_is_an_input_of_its_own():
    net = Network()
    net.input("e", 4, TSEvent)
    net.input("i", 2, TSEvent)
    weights = {"exc": 3 * IN, "inh": -3 * IN[:2]}
    net.add_layer(CubaLIF(weights, BOTH, tau_mem=0.02, tau_syn={"exc": 0.005, "inh": 0.01}, dt=DT), name="n")
    net.connect("e -> n.exc")
    net.connect("i -> n.inh")
    with pytest.raises(EdgeError, match=r"n\.inh accepts TSEvent \(2\)"):
        net.connect("e -> n.inh")
    times = np.sort(rng.random(200)) * 0.1
    e = TSEvent(times, rng.integers(0, 4, 200), t_start=0.0, t_stop=0.1, num_channels=4)
    i = TSEvent(times[::2], rng.integers(0, 2, 100), t_start=0.0, t_stop=0.1, num_channels=2)
    both = net.evolve({"e": e, "i": i}, record=["n"])["n"]
    net.reset_all()
    assert net.evolve({"e": e, "i": i}, block=7, record=["n"])["n"].equals(both)
    assert len(both.times) > 20


def test_a_document_holds_weights_and_times_by_receptor(tmp_path):
    given = {"exc": {"init": "uniform", "shape": [4, 6], "seed": 1}, "inh": [[-1.0] * 6]}
    layer = CubaLIF(
        given, BOTH, tau_mem=0.02, tau_syn={"exc": 0.005, "inh": [0.01] * 6}, delay_rec={"exc": DT, "inh": 0.002}
    )
    written = json.loads(json.dumps(layer.to_dict()))
    assert written["weights"] == given
    assert written["tau_syn"] == {"exc": 0.005, "inh": [0.01] * 6}
    assert written["delay_rec"] == {"exc": DT, "inh": 0.002}
    assert CubaLIF.load_from_dict(written).to_dict() == layer.to_dict()
    net = Network()
    net.add_layer(layer, name="n")
    for name in ("net.yaml", "net.json"):
        net.save(tmp_path / name)
        assert Network.load(tmp_path / name) == net
    assert net.to_document()["layers"]["n"]["weights"]["exc"] == given["exc"]
    assert "n" in str(net.explain())
    assert any("n.exc" in one.where for one in net.check())


def test_values_by_name_are_fixed_shared_by_copies_and_travel():
    layer = build(CubaLIF, "receptors")
    twin = pickle.loads(pickle.dumps(layer))
    for one in (layer, twin, copy.deepcopy(layer)):
        assert list(one.value("weights")) == ["exc", "inh"]
        assert not one.value("weights")["exc"].flags.writeable
    with pytest.raises(TypeError, match="does not support item assignment"):
        layer.weights_rec["exc"] = REC
    assert copy.deepcopy(layer).value("weights") is layer.value("weights")


def test_weights_of_several_inputs_stand_below_each_other_and_are_replaced_by_name():
    layer = build(LIF, "receptors")
    assert np.array_equal(layer.weights, np.concatenate([IN, -0.2 * IN[:2]]))
    layer.weights = {"exc": 2 * IN, "inh": IN[:2]}
    assert np.array_equal(layer.weights, np.concatenate([2 * IN, IN[:2]]))
    before = layer.to_dict()
    for wrong in ({"exc": IN}, {"inh": IN[:2], "exc": IN}, {"exc": IN, "inh": IN}, IN):
        with pytest.raises(ParameterError, match="weights has 'exc': shape"):
            layer.weights = wrong
    assert layer.to_dict() == before


def test_the_schema_knows_values_by_name():
    schema = CubaLIF.model().model_json_schema()["properties"]
    names = [one for one in schema["tau_syn"]["anyOf"] if one.get("type") == "object" and "additionalProperties" in one]
    assert names[0]["propertyNames"]["not"] == {"enum": ["init", "file", "csr"]}
    assert names[0]["additionalProperties"]["anyOf"][0] == {"type": "number", "exclusiveMinimum": 0}
    assert {"type": "null"} in schema["delay_rec"]["anyOf"]
    assert schema["delay_rec"]["unit"] == "s"


def test_a_constant_bias_alone_drives_a_layer_without_input():
    layer = LIF(None, np.zeros((3, 3)), bias=2.0, dt=DT)
    assert (layer.size_in, layer.size) == (0, 3)
    assert layer.weights.shape == (0, 3)
    interval = np.diff(layer.evolve(num_timesteps=100).times[::3])
    assert np.allclose(interval, 0.014)  # 20 ms ln 2 in whole steps


CUBA = {"tau_mem": 0.02, "tau_syn": 0.005}
EYE = np.eye(2)
PAIR = {"exc": EYE, "inh": -EYE}

WRONG = [
    (LIF, "LIF needs 'weights'"),
    (lambda: LIF(None), "LIF: weights may only be none where weights_rec are given"),
    (lambda: LIF(EYE, PAIR), "LIF: weights_rec must name the receptors where weights do, and only there: "
        "weights has one matrix without a name; weights_rec has 'exc', 'inh'"),
    (lambda: LIF(PAIR, EYE), "weights has 'exc', 'inh'; weights_rec has one matrix without a name"),
    (lambda: CubaLIF(PAIR, **{**CUBA, "tau_syn": {"exc": 0.01, "ihn": 0.01}}),
        "CubaLIF: tau_syn must name the receptors: it has 'exc', 'ihn'; weights has 'exc', 'inh'"),
    (lambda: CubaLIF(EYE, **{**CUBA, "tau_syn": {"exc": 0.01}}),
        "CubaLIF: tau_syn must name the receptors: it has 'exc'; weights has one matrix without a name"),
    (lambda: CubaLIF({"exc": EYE}, PAIR, w_in={"inh": 1.0}, **CUBA),
        "CubaLIF: w_in must name the receptors: it has 'inh'; weights has 'exc'; weights_rec has 'exc', 'inh'"),
    (lambda: CubaLIF(PAIR, {"exc": EYE}, delay_rec={"inh": 1e-3}, **CUBA),
        "delay_rec must name the receptors: it has 'inh'; weights has 'exc', 'inh'; weights_rec has 'exc'"),
    (lambda: CubaLIF(PAIR, **{**CUBA, "tau_syn": {"exc": 0.01, "inh": -1.0}}),
        "CubaLIF: tau_syn of 'inh' should be greater than 0, got -1.0"),
    (lambda: CubaLIF(PAIR, **{**CUBA, "tau_syn": {"exc": 0.01, "inh": [1.0, 2.0, 3.0]}}),
        "CubaLIF: tau_syn must be a number or have shape (2,), got shape (3,)"),
    (lambda: CubaLIF({"exc": EYE, "inh": np.eye(3)}, **CUBA),
        "weights must have as many columns by every name, got [2, 3]"),
    (lambda: CubaLIF({"exc": EYE, "init": EYE}, **CUBA), "words, and none of ('init', 'file', 'csr'), got 'init'"),
    (lambda: CubaLIF({"a b": EYE}, **CUBA), "should have names that are plain words"),
    (lambda: CubaLIF({}, **CUBA), "CubaLIF: weights should have at least one name, got an empty mapping"),
    (lambda: LIF(EYE, {"exc": EYE, "inh": np.eye(3)}), "weights_rec must name the receptors where weights do"),
    (lambda: LIF(PAIR, {"exc": EYE, "inh": np.eye(3)}), "LIF: weights_rec of 'inh' must have shape (2, 2), got (3, 3)"),
    (lambda: LIF(EYE, EYE, delay_rec=0.0), "LIF: delay_rec should be greater than 0, got 0.0"),
    (lambda: LIF(EYE, EYE, delay_rec=0.0015),
        "LIF: delay_rec must be whole steps of 0.001 s, got 0.0015 s; nearest: 0.001 s or 0.002 s"),
    (lambda: LIF(EYE, EYE, delay_rec=0.0004),
        "LIF: delay_rec must be whole steps of 0.001 s, got 0.0004 s; nearest: 0.001 s"),
    (lambda: LIF(EYE, EYE, delay_rec=[[0.001, 0.0015], [0.001, 0.001]]), "whole steps of 0.001 s, got 0.0015 s"),
    (lambda: LIF(EYE, EYE, delay_rec=np.ones((3, 3))),
        "LIF: delay_rec must be a number, or have the form and the shape of weights_rec"),
    (lambda: LIF(EYE, csr_array(EYE), delay_rec=csr_array(np.ones((2, 2)))),
        "LIF: delay_rec must have an entry wherever weights_rec has one, and only there"),
    (lambda: LIF(EYE, delay_rec=0.001), "LIF: delay_rec delays weights_rec, and there are none"),
    (lambda: CubaLIF(EYE, tau_mem=0.02), "CubaLIF needs 'tau_syn'"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "said"), WRONG, ids=[said[:60] for _, said in WRONG])
def test_what_does_not_agree_is_refused_with_what_each_side_says(make, said):
    with pytest.raises((ParameterError, ParameterTypeError)) as caught:
        make()
    assert said in caught.value.message


def test_what_models_share_is_no_layer_by_itself():
    with pytest.raises(TypeError, match="abstract"):
        Thresholded(EYE)


@pytest.mark.parametrize("model", MODELS)
def test_a_recorded_run_gives_what_is_left_in_the_state(model):
    layer = build(model, "sparse, each its own")
    state, _, watched = advance_in_blocks(layer, drive(layer), cuts_of(40))
    for name, rows in watched.items():
        assert np.array_equal(rows[-1], state[name])
    assert np.any(state["pending"])


def test_an_instance_made_up_for_the_laws_has_receptors_if_told_so():
    layer = instance(CubaLIF, weights=PAIR, weights_rec=PAIR)
    assert dict(layer.ports()) == {"exc": 2, "inh": 2}
    _, out = layer.advance(layer.initial(), {"exc": None, "inh": None}, Span(0, 5))
    assert out.count == 0
