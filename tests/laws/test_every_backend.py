"""Every registered layer gives the same bits on one core, on threads and on the processes of a cluster, in any blocks.

One network holds them all side by side, each with an input of its own, with noise where the class takes it.
"""

import inspect
from functools import cache

import pytest

from graphnet import ArrayLayer, Network, ParameterError, TSContinuous, TSEvent, registry
from graphnet.layer import declared_ports
from graphnet.testing import STEPS, drive, instance, same_bits

pytest.importorskip("distributed")

registry.layers.load()
CLASSES = [
    cls
    for _, cls in registry.layers
    if issubclass(cls, ArrayLayer) and not inspect.isabstract(cls) and cls.__module__.startswith("layers.")
]


def noisy(cls):
    try:
        return instance(cls, noise_std=0.3)
    except ParameterError as error:
        assert error.parameter == "noise_std"
        return instance(cls)


def series(block, dt, size):
    if isinstance(block, tuple):
        return TSEvent.from_steps(block.step, block.channel, dt, size, 0, STEPS)
    return TSContinuous.from_clocked(block, dt)


def everything():
    """The network, and its inputs."""
    net, given = Network(seed=3), {}
    for number, cls in enumerate(CLASSES):
        layer, name = noisy(cls), cls.__name__
        net.add_layer(layer, name=name)
        x = drive(layer, seed=number)
        ports = declared_ports(layer) or {"": (layer.size_in, layer.input_type)}
        for port, (size, kind) in ports.items() if x is not None else ():
            end = f"{name}.{port}" if port else name
            handle = net.input(f"to-{end}", size, kind)
            net.connect(handle, end)
            given[handle.name] = series(x[port] if port else x, layer.dt, size)
    return net, given


def content(result, net):
    """Every signal, and every state afterwards, as arrays."""
    found = {}
    for name in net.layers:
        one = result[name]
        found[name] = [one.times, one.channels] if isinstance(one, TSEvent) else [one.times, one.samples]
    return found, net.states


@cache
def reference(steps=STEPS):
    net, given = everything()
    return content(net.evolve(given, num_timesteps=steps, block=steps, record=list(net.layers)), net)


@pytest.fixture(scope="module")
def client():
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as opened,
    ):
        yield opened


def run(block, steps, **where):
    net, given = everything()
    return content(net.evolve(given, num_timesteps=steps, block=block, record=list(net.layers), **where), net)


def assert_same(found, expected):
    for part, wanted in zip(found, expected, strict=True):
        assert {name for name in wanted if not same_bits(part[name], wanted[name])} == set()


@pytest.mark.parametrize("block", [1, 7, 64])
def test_serial_runs_in_blocks_give_the_bits_of_the_whole(block):
    assert_same(run(block, STEPS), reference())


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("block", [1, 7, 64, STEPS])
def test_threads_give_the_bits_of_a_serial_run(block, workers):
    assert_same(run(block, STEPS, backend="threads", workers=workers), reference())


@pytest.mark.parametrize("block", [7, 64, STEPS])
def test_a_cluster_gives_the_bits_of_a_serial_run(client, block):
    assert_same(run(block, STEPS, backend=client), reference())


def test_a_cluster_gives_them_in_blocks_of_one_step(client):
    assert_same(run(1, 12, backend=client), reference(12))
