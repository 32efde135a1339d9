"""What a layer says of how it steps without Python gives the bits of ``advance``: by itself, and in loops."""

import numpy as np
import pytest
import scipy.sparse

import graphnet.plan.loop
import layers
from graphnet import Network, Span, TSContinuous
from graphnet.testing import instance, pure_python, same_bits
from tests.laws.test_every_layer import variants

STEPS = 120


def steps(layer):
    continuous = layer.input_type is TSContinuous and layer.output_type is TSContinuous and layer.size_in > 0
    return continuous and layer.stepping(layer.initial(), Span(0, 1)) is not None


STEPPING = [(cls, given) for cls, given in variants() if steps(instance(cls, **given))]


def looped(cls, given, delay=1, both=True):
    """The layer in a loop whose edge back is late by ``delay`` steps; where ``both``, an input is added there."""
    layer = instance(cls, **given)
    dt, dtype, draw = layer.dt, layer.dtype, np.random.default_rng(5).normal
    net = Network(seed=3)
    net.input("x", layer.size_in)
    net.add_layer(layer, name="it")
    net.add_layer(layers.Linear(0.3 * draw(size=(layer.size_out, layer.size_in)), dtype=dtype, dt=dt), name="back")
    net.add_layer(layers.Scale(0.5, size=layer.size_in, dtype=dtype, dt=dt), name="turn")
    net.connect("it -> back")
    net.connect("back", "turn", delay=delay * dt, merge=None if both else "sum")
    net.connect("turn", "it", merge="sum" if both else None)
    net.connect("x", "it" if both else "turn")
    return net


def ran(net, block=None, dtype=None, **options):
    layer = net.layers["it"]
    rows = np.random.default_rng(9).normal(size=(STEPS, layer.size_in)).astype(dtype or layer.dtype)
    record = ["it", "back", "turn", *(f"it.{name}" for name in layer.recordable)]
    got = net.evolve({"x": TSContinuous.from_clocked(rows, layer.dt)}, record=record, block=block, **options)
    kept = [np.asarray(got[name].samples) for name in record]
    return kept, {name: dict(one.state_now()) for name, one in net.layers.items()}, dict(net.lines)


@pytest.fixture
def counted(monkeypatch):
    """How often the compiled walk went through a block."""
    hits = []
    walk = graphnet.plan.loop.walk

    def counting(*args):
        out = walk(*args)
        hits.append(out is not None)
        return out

    monkeypatch.setattr(graphnet.plan.loop, "walk", counting)
    return hits


@pytest.mark.parametrize(("cls", "given"), STEPPING, ids=[f"{cls.__name__}-{given}" for cls, given in STEPPING])
def test_a_compiled_walk_gives_the_bits_of_a_walk_by_members(cls, given, counted, monkeypatch):
    for delay, both in ((1, True), (3, False)):
        compiled = ran(looped(cls, given, delay, both))
        assert counted == [True]
        in_parts = ran(looped(cls, given, delay, both), block=50)
        assert counted[1:3] == [True, True]
        with monkeypatch.context() as patch:
            patch.setattr(graphnet.plan.loop, "walk", lambda *args: None)
            expected = ran(looped(cls, given, delay, both))
        assert same_bits(compiled, expected)
        assert same_bits(in_parts, expected)
        counted.clear()


def test_threads_and_parts_of_a_run_give_the_same_bits(counted):
    given = {"noise_std": 0.3}
    whole, state, lines = ran(looped(layers.Rate, given))
    assert same_bits(ran(looped(layers.Rate, given), block=50, backend="threads", workers=2), (whole, state, lines))
    net = looped(layers.Rate, given)
    rows = np.random.default_rng(9).normal(size=(STEPS, 3))
    x = TSContinuous.from_clocked(rows, 1e-3)
    parts = [np.asarray(net.evolve({"x": x}, num_timesteps=n)["turn"].samples) for n in (37, STEPS - 37)]
    assert same_bits(np.concatenate(parts), whole[2])
    assert counted == [True] * 6


@pytest.mark.parametrize("cls", [layers.Rate, layers.Scale, layers.LowPass])
@pytest.mark.parametrize(("inside", "outside"), [("float32", "float64"), ("float64", "float32")])
def test_an_input_of_another_width_is_added_as_it_is_and_then_cast(cls, inside, outside, counted, monkeypatch):
    found = ran(looped(cls, {"dtype": inside}), dtype=outside)
    assert counted == [True]
    monkeypatch.setattr(graphnet.plan.loop, "walk", lambda *args: None)
    assert same_bits(found, ran(looped(cls, {"dtype": inside}), dtype=outside))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("delay", [1e-3, (1e-3, 4e-3, 2e-3), 3e-3])
def test_a_layer_that_lags_breaks_a_cycle_in_a_compiled_walk(dtype, delay, counted, monkeypatch):
    def build():
        net = Network(seed=3)
        net.input("x", 3)
        net.add_layer(layers.Rate(0.3 * np.eye(3), dtype=dtype, activation="tanh", dt=1e-3), name="it")
        net.add_layer(layers.Delay(3, delay=delay, dtype=dtype, dt=1e-3), name="back")
        net.add_layer(layers.Scale(0.5, size=3, dtype=dtype, dt=1e-3), name="turn")
        net.connect("x", "it", merge="sum")
        net.connect("it -> back")
        net.connect("back -> turn")
        net.connect("turn", "it", merge="sum")
        return net

    found, parts = ran(build()), ran(build(), block=60)
    assert counted == [True] * 3
    monkeypatch.setattr(graphnet.plan.loop, "walk", lambda *args: None)
    expected = ran(build())
    assert same_bits(found, expected)
    assert same_bits(parts, expected)


def test_a_class_below_that_advances_in_its_own_way_does_not_step(counted):
    class Doubled(layers.Scale, register=False):
        def advance(self, state, block, span):
            state, y = super().advance(state, block, span)
            y *= 2.0
            return state, y

    found = ran(looped(Doubled, {"scale": (0.2, 0.3)}))
    assert counted == []
    assert same_bits(found[0], ran(looped(layers.Scale, {"scale": (0.4, 0.6)}))[0])
    assert counted == [True]


def test_kernels_that_run_as_python_are_walked_member_by_member(counted):
    compiled = ran(looped(layers.Scale, {}))
    with pure_python():
        assert same_bits(ran(looped(layers.Scale, {})), compiled)
    assert counted == [True, False]


def test_a_registered_activation_steps_too(counted, monkeypatch):
    @layers.activation("bent_by_a_quarter")
    def bent(x):
        return x if x > 0.0 else 0.25 * x

    given = {"activation": "bent_by_a_quarter", "weights_rec": 0.1 * np.ones((4, 4))}
    found = ran(looped(layers.Rate, given)), ran(looped(layers.Reservoir, {"activation": "bent_by_a_quarter"}))
    assert counted == [True, True]
    monkeypatch.setattr(graphnet.plan.loop, "walk", lambda *args: None)
    expected = ran(looped(layers.Rate, given)), ran(looped(layers.Reservoir, {"activation": "bent_by_a_quarter"}))
    assert same_bits(found, expected)


@pytest.mark.parametrize("kind", ["csr", "diagonal", "dense"])
def test_slices_and_merges_meet_in_a_compiled_walk_as_in_any(kind, counted, monkeypatch):
    def build():
        net = Network(seed=1)
        net.input("x", 2)
        net.input("z", 5)
        weights = {
            "csr": scipy.sparse.csr_array(np.diag(np.arange(5.0) / 5)),
            "diagonal": np.arange(5.0) / 5,
            "dense": np.full((5, 5), 0.1),
        }[kind]
        net.add_layer(layers.LI(weights, tau=0.01, dt=1e-3), name="a")
        net.add_layer(layers.LowPass(3, tau=0.01, dt=1e-3), name="b")
        net.connect("x", "a", post_channels=slice(0, 2), merge="sum")
        net.connect("z", "a", merge="sum")
        net.connect("a", "b", pre_channels=slice(1, 4))
        net.connect("b", "a", post_channels=slice(2, 5), delay=2e-3, merge="sum")
        net.connect("a", "a", delay=1e-3, merge="sum")
        return net

    def run(**given):
        net, draw = build(), np.random.default_rng(4).normal
        every = {"x": draw(size=(STEPS, 2)), "z": draw(size=(STEPS, 5))}
        series = {
            name: TSContinuous.from_clocked(rows, 1e-3) for name, rows in {**every, **given}.items() if rows is not None
        }
        got = net.evolve(series, duration=STEPS * 1e-3, record=["a", "b"])
        return [np.asarray(got[name].samples) for name in ("a", "b")], {
            n: one.state_now() for n, one in net.layers.items()
        }

    found = run(), run(z=None)
    assert counted == [True, True]
    monkeypatch.setattr(graphnet.plan.loop, "walk", lambda *args: None)
    assert same_bits(found, (run(), run(z=None)))


@pytest.mark.parametrize("block", [1, 3, 7, 40])
def test_sums_of_singles_do_not_depend_on_where_a_block_begins(block):
    """Three parts of which one was under way: added in the order of the edges, all of them as singles."""
    rng = np.random.default_rng(5)

    def build():
        net = Network()
        net.input("x", 4)
        for name in ("a", "b", "c"):
            layer = layers.Rate(np.eye(4) * 0.7, tau=0.01, dt=1e-3, dtype="float32", activation="tanh")
            net.add_layer(layer, name=name)
        net.connect("x", "a", merge="sum")
        net.connect("a -> b")
        net.connect("b -> c")
        net.connect("c", "a", delay=4e-3)
        net.connect("b", "a", delay=3e-3)
        net.connect("c", "a", delay=9e-3)
        return net

    x = TSContinuous.from_clocked(rng.normal(size=(200, 4)).astype(np.float32), 1e-3)
    whole = build().evolve(x, block=200)["a"].samples
    assert np.array_equal(build().evolve(x, block=block)["a"].samples, whole)
