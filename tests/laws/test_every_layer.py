"""Properties over every registered layer class: a new layer is tested the day it is registered."""

import inspect

import numpy as np
import pytest

import layers
from graphnet import ArrayLayer, Network, ParameterError, TSContinuous, TSEvent, registry
from graphnet.layer import declared_ports
from graphnet.testing import advance_in_blocks, check_layer, drive, instance

registry.layers.load()
CLASSES = [
    cls
    for name, cls in registry.layers
    if not inspect.isabstract(cls) and issubclass(cls, ArrayLayer) and cls.__module__.startswith("layers.")
]


def takes_noise(cls):
    try:
        instance(cls, noise_std=0.3)
    except ParameterError as error:
        assert error.parameter == "noise_std"
        return False
    return True


def variants():
    """Each class as it comes, with noise, in float32, and with each value of its choices."""
    for cls in CLASSES:
        yield cls, {}
        yield cls, {"dtype": "float32"}
        if takes_noise(cls):
            yield cls, {"noise_std": 0.3}
        for name, parameter in cls.parameters().items():
            for value in parameter.choices:
                if name != "dtype" and value != parameter.default:
                    yield cls, {name: value}
                    yield cls, {name: value, "dtype": "float32"}


def ids():
    return [f"{cls.__name__}-{given}" for cls, given in variants()]


def test_every_public_class_of_the_layers_is_registered_and_checked():
    public = {name for name in layers.__all__ if inspect.isclass(getattr(layers, name))}
    assert public <= {cls.__name__ for cls in CLASSES}
    assert len(CLASSES) >= 7


@pytest.mark.parametrize(("cls", "given"), list(variants()), ids=ids())
def test_a_layer_obeys_the_laws(cls, given):
    check_layer(cls, **given)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_network_gives_what_the_layer_gives_by_itself(cls):
    alone, inside = instance(cls, seed=5), instance(cls, seed=5)
    net = Network(seed=1)
    x = drive(alone)
    if isinstance(x, dict):
        assert _same(*_several(net, inside, alone, x))
        return
    net.add_layer(inside, name="one", external_input=alone.size_in > 0)
    series = _series(x, alone.dt, alone.size_in)
    expected = alone.evolve(series, num_timesteps=150)
    found = net.evolve(series, num_timesteps=150, block=31)["one"]
    assert found.equals(expected) or _same(found, expected)
    assert net.t == alone.t
    assert np.array_equal(inside.state, alone.state)


def _series(x, dt, size):
    if isinstance(x, np.ndarray):
        return TSContinuous.from_clocked(x, dt)
    return None if x is None else TSEvent.from_steps(x.step, x.channel, dt, size, 0, 150)


def _several(net, inside, alone, x):
    """What the network gives that leads to every input of a layer, and what the layer gives for the same blocks."""
    net.add_layer(inside, name="one")
    given = {}
    for name, (size, kind) in declared_ports(alone).items():
        net.input(name, size, kind)
        net.connect(name, f"one.{name}")
        given[name] = _series(x[name], alone.dt, size)
    found = net.evolve(given, num_timesteps=150, block=31, record=["one"])["one"]
    key = net.noise_key("one", 5, 0)
    out = advance_in_blocks(alone, x, [150], key=key)[1]
    return found, _series(out, alone.dt, alone.size_out)


def _same(found, expected):
    if isinstance(found, TSEvent):
        return np.array_equal(found.times, expected.times) and np.array_equal(found.channels, expected.channels)
    return np.array_equal(found.samples, expected.samples)
