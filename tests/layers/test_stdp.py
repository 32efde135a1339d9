"""Plasticity as a part of a layer: its state, blocks, documents, what is learned and what is refused."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from graphnet import DocumentError, Layer, Network, ParameterError, TSEvent, one_blas_thread
from graphnet.blocks import sort_events
from graphnet.span import Span
from graphnet.testing import advance_in_blocks, check_layer, cuts_of, pure_python, same_bits
from layers import IF, LIF, CubaLIF
from layers.spiking import STDP

M, N, STEPS = 6, 9, 200
rng = np.random.default_rng(2)
IN, REC = rng.uniform(0, 0.6, (M, N)), rng.uniform(0, 0.2, (N, N))
SPARSE = csr_array(REC * (rng.random((N, N)) < 0.4))
LATE = rng.integers(1, 9, size=(N, N)) * 1e-3
BLOCK = sort_events(rng.integers(0, STEPS, 400), rng.integers(0, M, 400).astype(np.int32))
RULE = {"A_plus": 0.02, "A_minus": 0.015, "mu": 0.5, "tau_plus": 0.01}
EVENTS = {"input_type": TSEvent, "refractory": 0.003}

CASES = {
    "dense": lambda **more: LIF(IN, plasticity=RULE, **EVENTS, **more),
    "sparse": lambda **more: IF(csr_array(IN * (IN > 0.3)), plasticity={"pairs": "nearest"}, **EVENTS, **more),
    "recurrent": lambda **more: LIF(IN, REC, plasticity_rec=STDP(**RULE), delay_rec=0.004, **EVENTS, **more),
    "both, sparse, delays": lambda **more: LIF(
        IN, REC, plasticity={}, plasticity_rec=RULE, delay_rec=LATE, noise_std=2.0, **EVENTS, **more
    ),
    "currents": lambda **more: CubaLIF(
        20 * IN, 5 * SPARSE, tau_mem=0.02, tau_syn=0.003, plasticity={"w_max": 20.0, "A_plus": 0.5},
        plasticity_rec=RULE, refractory=0.003, **more,
    ),
    "recurrence alone": lambda **more: LIF(None, 2 * REC, plasticity_rec=RULE, bias=2.0, refractory=0.002, **more),
}  # fmt: skip


def block_of(layer):
    return BLOCK if layer.size_in else None


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_every_length_of_block_gives_the_same_bits(name, dtype):
    layer = CASES[name](dtype=dtype)
    whole = advance_in_blocks(layer, block_of(layer), [STEPS])
    before = layer.initial()
    for length in (1, 7, 64):
        assert same_bits(advance_in_blocks(layer, block_of(layer), cuts_of(length, STEPS)), whole)
    assert whole[1].count > 50
    for name_of in {"weights", "weights_rec"} & set(before):
        assert np.max(np.abs(whole[0][name_of] - before[name_of])) > 0.01


@pytest.mark.parametrize("name", CASES)
def test_float32_is_kept_and_is_near_float64(name):
    narrow, wide = (
        advance_in_blocks(CASES[name](dtype=dtype), block_of(CASES[name]()), [20])[0]
        for dtype in ("float32", "float64")
    )
    for variable, array in narrow.items():
        assert array.dtype == np.float32 or array.dtype.kind != "f"
        np.testing.assert_allclose(array, wide[variable], rtol=1e-4, atol=1e-5)


VARIANTS = [
    (LIF, {"plasticity": {"w_min": -2.0, "w_max": 3.0, "mu": 1.0}, "input_type": TSEvent}),
    (IF, {"plasticity": {"w_min": -2.0, "w_max": 3.0}, "weights_rec": REC[:4, :4], "plasticity_rec": RULE}),
    (CubaLIF, {"weights_rec": csr_array(REC[:4, :4]), "plasticity_rec": RULE, "delay_rec": 0.003}),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("cls", "given"), VARIANTS, ids=lambda one: getattr(one, "__name__", "plastic"))
def test_a_layer_with_plasticity_obeys_the_laws(cls, given, dtype):
    check_layer(cls, **{**given, "input_type": TSEvent, "dtype": dtype})


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000),
    mu=st.sampled_from([0.0, 0.2, 1.0, 2.5]),
    a=st.floats(0.0, 5.0),
    pairs=st.sampled_from(["all", "nearest"]),
    sparse=st.booleans(),
)
def test_weights_stay_within_their_bounds(seed, mu, a, pairs, sparse):
    draw = np.random.default_rng(seed)
    rule = STDP(A_plus=a, A_minus=1.2 * a, mu=mu, w_min=-0.25, w_max=0.5, pairs=pairs)
    weights, rec = draw.uniform(-0.25, 0.5, (M, N)), draw.uniform(-0.25, 0.5, (N, N))
    form = csr_array if sparse else np.array
    layer = LIF(form(weights), form(rec), plasticity=rule, plasticity_rec=rule, input_type=TSEvent, bias=0.5)
    state = advance_in_blocks(layer, BLOCK, [STEPS])[0]
    for name in ("weights", "weights_rec"):
        assert state[name].min() >= -0.25
        assert state[name].max() <= 0.5


def network(layer, **settings):
    net = Network(seed=3, **settings)
    net.input("spikes", M, TSEvent)
    net.add_layer(layer, name="lif")
    net.connect("spikes -> lif")
    return net


SERIES = TSEvent.from_steps(BLOCK.step, BLOCK.channel, 1e-3, M, 0, STEPS)


@pytest.mark.parametrize("name", [name for name in CASES if name != "recurrence alone"])
def test_a_checkpoint_in_the_middle_goes_on_with_the_same_bits(name):
    net, other = network(CASES[name]()), network(CASES[name]())
    net.evolve(SERIES, duration=0.083)
    half = net.checkpoint()
    expected = net.evolve(SERIES, duration=0.117)["lif"]
    other.restore(half)
    assert other.evolve(SERIES, duration=0.117, block=5)["lif"].equals(expected)
    assert same_bits(dict(other.states["lif"]), dict(net.states["lif"]))
    net.reset_state()
    assert same_bits(dict(net.states["lif"]), CASES[name]().initial())


def test_a_run_that_fails_leaves_the_weights_as_they_were():
    net = network(CASES["dense"]())
    before = net["lif"].learned()["weights"]
    with pytest.raises(Exception, match="interrupted"):
        net.evolve(SERIES, block=50, callbacks=[_interrupted])
    assert np.array_equal(net["lif"].learned()["weights"], before)


def _interrupted(net, block, signals):
    if block == 2:
        raise RuntimeError("interrupted")


def test_weights_are_recorded_as_they_are_after_each_step():
    net = network(CASES["both, sparse, delays"]())
    result = net.evolve(SERIES, record=["lif", "lif.weights", "lif.weights_rec"])
    rows = result["lif.weights"].samples
    assert rows.shape == (STEPS, M * N)
    assert result["lif.weights_rec"].samples.shape == (STEPS, N * N)
    assert np.array_equal(rows[-1].reshape(M, N), net["lif"].learned()["weights"])
    quiet = ~np.isin(np.arange(1, STEPS), [*BLOCK.step, *np.rint(result["lif"].times / 1e-3)])
    assert np.any(quiet)
    assert not np.any(np.diff(rows, axis=0)[quiet])


@pytest.mark.parametrize("form", ["dense", "sparse", "diagonal", "by receptor"])
def test_what_was_learned_is_frozen_into_a_layer_that_does_not_learn(form):
    weights = {"dense": IN, "sparse": csr_array(IN * (IN > 0.2)), "diagonal": IN[0], "by receptor": IN}[form]
    given = (weights, SPARSE) if form != "by receptor" else ({"a": IN, "b": SPARSE}, {"a": REC, "b": SPARSE})
    rules = {"plasticity": RULE, "plasticity_rec": RULE}
    if form == "by receptor":
        rules = {"plasticity": {"b": RULE}, "plasticity_rec": {"a": RULE}}
    layer = LIF(*given, **rules, delay_rec=0.002, **EVENTS, dtype="float32")
    rec = rng.integers(0, 6, 500).astype(np.int32)
    block = sort_events(np.sort(rng.integers(0, STEPS, 500)), rec)
    block = {"a": block, "b": block} if form == "by receptor" else block
    layer.set_state_now(layer.advance(layer.initial(), block, Span(0, STEPS))[0])
    still = layer.frozen()
    assert still.plasticity is None
    assert still.plasticity_rec is None
    assert "weights" not in still.initial()
    for name, one in layer.learned().items():
        matrices = zip(*(x.values() if isinstance(x, dict) else [x] for x in (one, _plain(layer, name))), strict=True)
        changed = [np.max(np.abs(_dense(a) - _dense(b))) > 0.005 for a, b in matrices]
        assert changed == ([True] if form != "by receptor" else [name == "weights_rec", name == "weights"])
    again = LIF(**{**dict(zip(("weights", "weights_rec"), given, strict=True)), **layer.learned()}, **rules, **EVENTS)
    assert still.to_dict()["weights"] == again.to_dict()["weights"]
    assert same_bits(still.frozen().to_dict()["delay_rec"], 0.002)
    assert LIF(IN).learned() == {}


def _plain(layer, name):
    value = layer.value(name)
    return dict(value) if hasattr(value, "items") else value


def _dense(one):
    return one if isinstance(one, np.ndarray) else one.toarray()


# ---------------------------------------------------------------------- documents


def test_rules_are_written_in_full_and_read_again_from_a_document(tmp_path):
    rules = {"plasticity": STDP(A_plus=0.1), "plasticity_rec": STDP(pairs="nearest", w_min=-1)}
    net = network(LIF(IN, REC, **rules, **EVENTS))
    text = json.dumps(net["lif"].to_dict())
    assert json.loads(text)["plasticity"]["A_plus"] == 0.1
    assert json.loads(text)["plasticity_rec"]["w_min"] == -1.0
    assert Layer.load_from_dict(json.loads(text)).plasticity == rules["plasticity"]
    net.save(tmp_path / "net.yaml")
    again = Network.load(tmp_path / "net.yaml")["lif"]
    assert (again.plasticity, again.plasticity_rec) == (rules["plasticity"], rules["plasticity_rec"])
    by_name = LIF({"a": IN}, plasticity={"a": {"tau_plus": 0.01}}, **EVENTS)
    assert by_name.plasticity == {"a": STDP(tau_plus=0.01)}
    assert Layer.load_from_dict(json.loads(json.dumps(by_name.to_dict()))).plasticity == by_name.plasticity


def test_a_wrong_rule_in_a_document_is_told_with_its_line(tmp_path):
    path = tmp_path / "net.yaml"
    network(CASES["dense"]()).save(path)
    lines = path.read_text().replace("tau_plus", "tau_pluss").splitlines()
    path.write_text("\n".join(lines))
    line = next(i for i, text in enumerate(lines, 1) if "plasticity" in text)
    with pytest.raises(DocumentError, match=rf"net\.yaml:{line}:.*'tau_pluss'; did you mean 'tau_plus'"):
        Network.load(path)


def test_the_schema_says_what_a_rule_holds():
    schema = LIF.model().model_json_schema()["properties"]["plasticity"]
    rule = schema["anyOf"][0]
    assert rule["properties"]["tau_plus"] == {
        "type": "number", "exclusiveMinimum": 0, "unit": "s", "default": 0.02,
    }  # fmt: skip
    assert rule["properties"]["pairs"]["enum"] == ["all", "nearest"]
    assert set(rule["properties"]) == set(STDP())
    assert schema["anyOf"][1]["additionalProperties"] == rule


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"plasticity": {"tau_plus": -0.01}}, "tau_plus should be greater than 0"),
        ({"plasticity": {"A_minus": -1}}, "A_minus should be greater than or equal to 0"),
        ({"plasticity": {"w_min": 2.0}}, "w_min should be less than w_max"),
        ({"plasticity": {"mu": float("nan")}}, "mu should be finite"),
        ({"plasticity": {"mu": True}}, "mu should be a number"),
        ({"plasticity": {"pairs": "some"}}, "pairs should be 'all' or 'nearest'"),
        ({"plasticity": 0.01}, "should be an STDP or a mapping"),
        ({"plasticity": {}, "input_type": "TSContinuous"}, "set input_type=TSEvent"),
        ({"plasticity": {"exc": {}}}, "must name the receptors that learn"),
        ({"plasticity": {}, "weights": {"exc": IN}}, "must name the receptors that learn"),
        ({"plasticity": {"inh": {}}, "weights": {"exc": IN}}, "it has 'inh', weights has 'exc'"),
        ({"plasticity_rec": {}}, "says how weights_rec learn, and there are none"),
        ({"plasticity": {}, "weights": None, "weights_rec": REC}, "says how weights learn, and there are none"),
        ({"plasticity": {"w_max": 0.1}}, "keeps weights from 0.0 to 0.1, but weights has"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(more, says):
    with pytest.raises(ParameterError, match=says):
        LIF(**{"weights": IN, "input_type": "TSEvent", **more})


def test_plasticity_has_no_counterpart_in_nir():
    for layer in (LIF(IN, plasticity={}, **EVENTS), CubaLIF(IN, tau_mem=0.02, tau_syn=0.01, plasticity={})):
        with pytest.raises(Exception, match="plasticity"):
            layer.to_nir((M,))


# ---------------------------------------------------------------------- cost


def test_synapses_are_touched_at_spikes_only(monkeypatch):
    """Counted in the Python of the kernels: with as many spikes, ten times the synapses elsewhere are not looked at."""
    touched = {}
    for rows in (5, 50):
        layer = LIF(csr_array(np.full((rows, 4), 0.5)), plasticity={}, input_type=TSEvent)
        state = layer.initial()
        counted = _Counting(state["weights"])
        learn = layer.learner(state)
        learn = learn._replace(given=learn.given._replace(weights=counted))
        layer.learner = lambda state, learn=learn: learn
        with pure_python(), one_blas_thread():
            layer.advance(state, sort_events(np.array([1, 3]), np.array([0, 2], np.int32)), Span(0, 40))
        touched[rows] = counted.reads
    assert touched[5] == touched[50] > 0


class _Counting:
    """Weights that count how often one is read."""

    def __init__(self, array):
        self.array, self.reads = array, 0

    def __getitem__(self, place):
        self.reads += 1
        return self.array[place]

    def __setitem__(self, place, value):
        self.array[place] = value


# ---------------------------------------------------------------------- in networks


def test_threads_give_the_bits_of_a_serial_run():
    found = []
    for backend in ("serial", "threads"):
        net = network(CASES["both, sparse, delays"]())
        result = net.evolve(SERIES, backend=backend, workers=2, block=30, record=["lif", "lif.weights_rec"])
        found.append((result["lif"].times, result["lif.weights_rec"].samples, dict(net.states["lif"])))
    assert same_bits(*found)


def test_layers_that_learn_may_stand_in_a_loop():
    """A spike that comes back over an edge is a spike like those of weights_rec, and its weight learns the same."""
    alone = LIF(IN, REC, plasticity=RULE, plasticity_rec=RULE, delay_rec=0.003, **EVENTS)
    alone.evolve(SERIES, duration=0.1)
    net = Network(seed=1)
    net.input("spikes", M, TSEvent)
    net.add_layer(LIF({"x": IN, "own": REC}, plasticity={"x": RULE, "own": RULE}, **EVENTS), name="lif")
    net.connect("spikes -> lif.x")
    net.connect("lif -> lif.own @ 3 ms")
    net.evolve(SERIES, duration=0.1)
    learned = net["lif"].learned()["weights"]
    np.testing.assert_allclose(learned["x"], alone.learned()["weights"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(learned["own"], alone.learned()["weights_rec"], rtol=0, atol=1e-12)
    assert np.max(np.abs(learned["own"] - REC)) > 0.01


def test_a_matrix_without_any_synapse_learns_nothing():
    nobody = csr_array((N, N))
    layer = LIF(IN, nobody, plasticity=RULE, plasticity_rec=RULE, **EVENTS)
    state = advance_in_blocks(layer, BLOCK, [STEPS])[0]
    assert state["weights_rec"].size == 0
    expected = advance_in_blocks(LIF(IN, plasticity=RULE, **EVENTS), BLOCK, [STEPS])[0]
    assert same_bits(state["weights"], expected["weights"])
