"""AdaptiveLIF, Izhikevich, HH and ConstantLeakIAF as layers: laws over their wires, checkpoints, and refusals."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from graphnet import Checkpoint, Network, ParameterError, Span, TSContinuous, TSEvent
from graphnet.testing import advance_in_blocks, check_layer, cuts_of, drive, same_bits
from layers import HH, AdaptiveLIF, ConstantLeakIAF, Izhikevich

SIZE, CHANNELS, DT = 6, 4, 1e-3
rng = np.random.default_rng(2)
IN = rng.uniform(0.1, 0.7, size=(CHANNELS, SIZE))
REC = rng.normal(scale=0.4, size=(SIZE, SIZE))
SPARSE = csr_array(REC * (rng.random((SIZE, SIZE)) < 0.5))
LATE = csr_array((rng.integers(1, 6, SPARSE.nnz) * DT, SPARSE.indices, SPARSE.indptr), shape=SPARSE.shape)
BOTH = {"exc": np.abs(REC), "inh": csr_array(-np.abs(REC) * (REC > 0))}

FORMS = {
    "dense": {"weights_rec": REC},
    "dense, 3 steps": {"weights_rec": REC, "delay_rec": 3 * DT},
    "sparse, each its own": {"weights_rec": SPARSE, "delay_rec": LATE},
    "diagonal": {"weights_rec": np.full(SIZE, 0.4), "delay_rec": 2 * DT},
    "no input": {"weights": None, "weights_rec": REC},
    "receptors": {"weights": {"exc": IN, "inh": -0.2 * IN[:2]}, "weights_rec": BOTH},
    "receptors, delays": {"weights": {"exc": IN}, "weights_rec": BOTH, "delay_rec": {"inh": 4 * DT, "exc": DT}},
    "receptors, sparse input": {"weights": {"exc": csr_array(IN), "inh": csr_array(-IN)}},
}
SYNAPSES = {"dense, 3 steps": 0.004, "receptors": {"inh": 0.01, "exc": 0.005}, "receptors, delays": 0.003}

# what makes each model fire, and how strong its weights are
MODELS = {
    AdaptiveLIF: (1.0, {"bias": 2.5, "a": 0.3, "threshold_jump": 0.1, "refractory": np.arange(SIZE) * DT}),
    Izhikevich: (8.0, {"bias": 12.0, "d": np.linspace(1.0, 6.0, SIZE)}),
    HH: (8.0, {"bias": np.linspace(12.0, 20.0, SIZE)}),
    ConstantLeakIAF: (60.0, {"leak": -22 - 3 * np.arange(SIZE), "threshold": 100, "refractory": 0.001, "v_min": -50}),
}


def scaled(weights, scale, whole):
    if isinstance(weights, dict):
        return {name: scaled(one, scale, whole) for name, one in weights.items()}
    if isinstance(weights, np.ndarray):
        return np.rint(scale * weights) if whole else scale * weights
    data = scale * weights.data
    return csr_array((np.rint(data) if whole else data, weights.indices, weights.indptr), shape=weights.shape)


def given_to(model, form, **more):
    scale, own = MODELS[model]
    given = {"weights": IN, **own, **FORMS[form], "dt": DT, **more}
    for name in ("weights", "weights_rec"):
        if given.get(name) is not None:
            weak = name == "weights" and given.get("input_type") is TSContinuous  # signals wander far from 0
            given[name] = scaled(given[name], 0.2 * scale if weak else scale, model is ConstantLeakIAF)
    return given


@pytest.mark.parametrize("kind", [TSEvent, TSContinuous])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("model", MODELS)
def test_every_form_obeys_the_laws(model, form, kind):
    given = given_to(model, form, input_type=kind)
    check_layer(model, **given)
    layer = model(**given)
    out = advance_in_blocks(layer, drive(layer), [150])[1]
    assert out.count > 15
    if "weights_rec" in FORMS[form]:  # or the laws would hold of nothing
        alone = model(**{**given, "weights_rec": scaled(given["weights_rec"], 0.0, False), "delay_rec": None})
        assert not same_bits(advance_in_blocks(alone, drive(alone), [150])[1], out)


@pytest.mark.parametrize("kind", [TSEvent, TSContinuous])
@pytest.mark.parametrize("form", SYNAPSES)
@pytest.mark.parametrize("model", [AdaptiveLIF, Izhikevich, HH])
def test_synapses_and_noise_obey_the_laws(model, form, kind):
    given = given_to(model, form, input_type=kind, tau_syn=SYNAPSES[form], noise_std=3.0)
    check_layer(model, **given)
    layer = model(**given)
    state, out, _ = advance_in_blocks(layer, drive(layer), [150])
    assert out.count > 15
    assert np.all(np.any(state["current"].reshape(-1, SIZE), axis=1))


@pytest.mark.parametrize("form", ["dense, 3 steps", "sparse, each its own", "receptors, delays"])
@pytest.mark.parametrize("model", MODELS)
def test_narrow_floats_obey_the_laws(model, form):
    layer = model(**given_to(model, form, dtype="float32", input_type=TSEvent))
    assert all(one.dtype == np.float32 for one in layer.initial().values() if one.dtype.kind == "f")
    whole = advance_in_blocks(layer, drive(layer), [150])
    assert same_bits(advance_in_blocks(layer, drive(layer), cuts_of(7)), whole)
    assert whole[1].count > 15


@pytest.mark.parametrize("more", [{}, {"tau_syn": 0.004}], ids=["at once", "synapses"])
@pytest.mark.parametrize("model", MODELS)
def test_what_is_under_way_survives_a_checkpoint(model, more, tmp_path):
    if model is ConstantLeakIAF and more:
        more = {"leaks": "down"}

    def network():
        net = Network(seed=1)
        net.add_layer(model(**given_to(model, "sparse, each its own", weights=None, **more)), name="n")
        return net

    whole, halved, later = network(), network(), network()
    expected = whole.evolve(duration=0.2, record=["n", "n.v", "n.pending"])
    halved.evolve(duration=0.083)
    halved.checkpoint().save(tmp_path / "half.npz")
    later.restore(Checkpoint.load(tmp_path / "half.npz"))
    found = later.evolve(duration=0.117, record=["n", "n.v", "n.pending"])
    for name in ("n.v", "n.pending"):
        assert np.array_equal(found[name].samples, expected[name].samples[83:])
    assert np.any(expected["n.pending"].samples)
    assert len(expected["n"].times) > 15


@pytest.mark.parametrize("model", MODELS)
def test_every_variable_can_be_recorded_and_the_last_row_is_the_state(model):
    more = {} if model is ConstantLeakIAF else {"tau_syn": {"exc": 0.005, "inh": 0.01}}
    net = Network(seed=1)
    layer = model(**given_to(model, "receptors, delays", input_type=TSEvent, **more))
    net.input("in", CHANNELS, TSEvent)
    net.add_layer(layer, name="n")
    net.connect("in -> n.exc")
    times = np.sort(rng.random(300)) * 0.1
    events = TSEvent(times, rng.integers(0, CHANNELS, 300), t_start=0.0, t_stop=0.1, num_channels=CHANNELS)
    names = [name for name in layer.initial() if name != "place"]
    assert set(layer.recordable) | {"current", "pending"} >= set(names)
    found = net.evolve(events, record=[f"n.{name}" for name in names])
    for name in names:
        assert np.array_equal(found[f"n.{name}"].samples[-1], layer.state_now()[name].ravel())


@pytest.mark.parametrize("model", MODELS)
def test_neurons_with_parameters_of_their_own_are_the_neurons_alone(model):
    """A layer of different neurons gives each the spikes and the voltage that it has in a layer by itself."""
    each = {
        AdaptiveLIF: {"tau_mem": [0.01, 0.02, 0.03], "a": [0.0, 0.5, -0.2], "b": [0.1, 0.2, 0.0]},
        Izhikevich: {"a": [0.02, 0.1, 0.02], "b": [0.2, 0.25, 0.2], "c": [-65.0, -60.0, -50.0], "d": [8.0, 2.0, 2.0]},
        HH: {"g_na": [120.0, 130.0, 110.0], "temperature": [6.3, 10.0, 18.0], "c": [1.0, 1.5, 0.8]},
        ConstantLeakIAF: {"threshold": [30, 50, 70], "leak": [1, 2, 3], "v_reset": [0, -5, 5]},
    }[model]  # fmt: skip
    scale = {AdaptiveLIF: 3.0, Izhikevich: 12.0, HH: 15.0, ConstantLeakIAF: 9.0}[model]
    more = {"input_type": TSContinuous}
    u = np.ones((200, 1))

    def run(layer):
        watch = {"v": np.empty((200, layer.size))}
        _, events = layer.advance(layer.initial(), u, Span(0, 200, watch=watch))
        return events, watch["v"]

    events, v = run(model(np.full((1, 3), scale), **each, **more))
    for j in range(3):
        own, alone = run(model([[scale]], **{name: values[j] for name, values in each.items()}, **more))
        assert own.count >= 3
        assert np.array_equal(own.step, events.step[events.channel == j])
        assert np.array_equal(alone[:, 0], v[:, j])


EYE = np.eye(2)
WRONG = [
    (lambda: AdaptiveLIF(EYE, a=-2.0, r=0.5), "AdaptiveLIF: a times r must be above -1, or v would run away"),
    (lambda: AdaptiveLIF(EYE, threshold=0.0), "threshold must be above v_reset for every neuron"),
    (lambda: AdaptiveLIF(EYE, tau_syn={"exc": 0.01}), "tau_syn must name the receptors: it has 'exc'; weights has one"),
    (lambda: AdaptiveLIF(EYE, threshold_jump=-0.1), "threshold_jump should be greater than or equal to 0"),
    (lambda: Izhikevich(EYE, dt=0.002), "Izhikevich: dt must be at most 0.001 s, got 0.002 s"),
    (lambda: Izhikevich(EYE, a=[0.02, 2.5]), "a times dt in ms must be below 2, or Euler's steps of u are unstable"),
    (lambda: Izhikevich(EYE, c=30.0), "threshold must be above c for every neuron"),
    (lambda: HH(EYE, c=0.0), "c should be greater than 0"),
    (lambda: HH(EYE, g_l=0.0), "g_l should be greater than 0"),
    (lambda: HH(EYE, tau_syn=-1.0), "tau_syn should be greater than 0"),
]


@pytest.mark.parametrize(("make", "said"), WRONG, ids=[said[:60] for _, said in WRONG])
def test_what_makes_no_neuron_is_refused(make, said):
    with pytest.raises(ParameterError) as caught:
        make()
    assert said in caught.value.message


@pytest.mark.parametrize("dt", [1e-3, 5e-4, 3e-4])
def test_the_longest_step_of_izhikevich_is_in_seconds_and_fits_by_the_rounding_rule(dt):
    events = Izhikevich([[10.0]], dt=dt).evolve(TSContinuous.from_clocked(np.ones((round(0.3 / dt), 1)), dt=dt))
    assert 4 <= len(events.times) <= 9
