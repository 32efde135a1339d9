"""What a layer says of how it steps without Python gives the bits of ``advance``: by itself, and in loops."""

import numpy as np
import pytest

import graphnet.plan.loop
import layers
from graphnet import Network, Span, TSContinuous
from graphnet.testing import instance, same_bits
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


def ran(net, block=None, **options):
    layer = net.layers["it"]
    rows = np.random.default_rng(9).normal(size=(STEPS, layer.size_in)).astype(layer.dtype)
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
