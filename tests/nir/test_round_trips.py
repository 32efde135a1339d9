"""From NIR and back nothing changes, and a network that went through NIR gives the same signals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet import Network, TSContinuous, TSEvent
from graphnet.nir import from_nir, to_nir
from layers import (
    IF,
    LI,
    LIF,
    Affine,
    Concat,
    Conv2d,
    CubaLIF,
    ExpSyn,
    Flatten,
    Linear,
    LowPass,
    PassThrough,
    Select,
    SumPool2d,
)
from tests.nir.graphs import DT, assert_same_nodes, graphs

STEPS = 80


def signals(net, seed=0):
    """What the network gives for random input: events as counts, one column for each channel of each output."""
    rng = np.random.default_rng(seed)
    given = {}
    for name, one in net.inputs.items():
        if one.type is TSEvent:
            raster = rng.integers(0, 2, (STEPS, one.size))
            given[name] = TSEvent.from_raster(raster, DT, spikes_at_bin_start=True)
        else:
            given[name] = TSContinuous.from_clocked(rng.normal(0.5, 1.0, (STEPS, one.size)), dt=DT)
    result = net.evolve(given, duration=STEPS * DT, record=list(net.outputs))
    return [
        one.raster(DT) if isinstance(one, TSEvent) else one.samples for one in (result[name] for name in net.outputs)
    ]


@given(graphs())
@settings(max_examples=60)
def test_a_graph_that_was_read_is_written_as_it_was(graph):
    assert_same_nodes(graph, to_nir(from_nir(graph, dt=DT)))


@given(graphs(), st.integers(0, 9))
@settings(max_examples=15)
def test_a_network_that_went_through_nir_gives_the_same_bits(graph, seed):
    net = from_nir(graph, dt=DT)
    again = from_nir(to_nir(net), dt=DT)
    assert all(np.array_equal(a, b) for a, b in zip(signals(net, seed), signals(again, seed), strict=True))


def rng(seed=3):
    return np.random.default_rng(seed)


def joined(*edges, **layers):
    """A network with inputs x (4 channels) and s (3 channels of events), as far as edges use them; ``+`` adds up."""
    net = Network()
    for name, size, kind in (("x", 4, TSContinuous), ("s", 3, TSEvent)):
        if any(one.strip("+").startswith(name) for one in edges):
            net.input(name, size, kind)
    for name, layer in layers.items():
        net.add_layer(layer, name=name)
    for one in edges:
        net.connect(one.strip("+"), merge="sum" if one.startswith("+") else None)
    return net


NETWORKS = {
    "weights of a layer": lambda: joined("x -> a", a=LIF(rng().normal(size=(4, 5)), tau_mem=0.01, bias=1.5)),
    "sparse and diagonal weights": lambda: joined(
        "x -> a", "a -> b", a=Linear([0.5, 1.0, 2.0, -1.0]), b=LI(np.eye(4)[:, :2], tau=0.01, v_rest=0.5, r=2.0)
    ),
    "events into a layer": lambda: joined(
        "s -> a", a=LIF(rng().uniform(0.2, 0.6, (3, 4)), input_type=TSEvent, bias=0.4)
    ),
    "events into neurons without a leak": lambda: joined(
        "s -> a", a=IF(rng().uniform(0.2, 0.6, (3, 4)), input_type=TSEvent, r=30.0, bias=0.4)
    ),
    "events into synapses": lambda: joined(
        "s -> a", "s -> b", a=ExpSyn(rng().normal(size=(3, 2)), tau=0.004),
        b=LI(np.ones(3), tau=0.01, input_type=TSEvent)
    ),
    "recurrent weights": lambda: joined(
        "x -> a", a=LIF(rng().normal(size=(4, 5)), 0.3 * rng(4).normal(size=(5, 5)), tau_mem=0.01, bias=1.5)
    ),
    "recurrent weights with a delay": lambda: joined(
        "x -> a", a=LIF(np.eye(4), [0.3, -0.2, 0.5, 0.1], delay_rec=3 * DT, bias=1.5)
    ),
    "a loop with a delay": lambda: joined(
        "+x -> a", "a -> b", "+b -> a @ 3 ms", a=LI(np.ones(4), tau=0.01), b=Linear(-0.5 * np.eye(4))
    ),
    "loops of several delays": lambda: joined(
        "+x -> a", "a -> b @ 2 ms", "+b -> a @ 1 ms", "+a -> a @ 1 ms", a=LowPass(4, tau=0.01),
        b=Linear(-0.5 * np.eye(4))
    ),
    "delays": lambda: joined("+x -> a @ 2 ms", "+x -> a", "+x -> a @ 5 ms", a=LowPass(4, tau=0.01)),
    "the same edge twice": lambda: joined("+x -> a", "+x -> a", a=LowPass(4, tau=0.01)),
    "channels": lambda: joined("x[0:2] -> a[1:3]", "x[3] -> a[0]", a=LowPass(3, tau=0.01)),
    "channels into what hands on": lambda: joined(
        "x[2,0] -> a", "a[1] -> b", a=PassThrough(2), b=LowPass(1, tau=0.01)
    ),
    "inputs side by side": lambda: joined(
        "x -> a", "x -> b", "a -> c", "b -> c", a=LowPass(4, tau=0.01), b=Linear(np.ones((4, 2))), c=Concat(6)
    ),
    "picked channels": lambda: joined("x -> a", "a -> b", a=Select([3, 1, 1], 4), b=LowPass(3, tau=0.01)),
    "flat maps": lambda: joined(
        "x -> a", "a -> b", "b -> c", "c -> d",
        a=Conv2d.from_kernels(rng().normal(size=(3, 1, 3, 3)), (2, 2), padding=1),
        b=LIF(np.ones(12), tau_mem=0.005, r=3.0), c=SumPool2d((3, 2, 2), (1, 2), input_type=TSEvent),
        d=Affine(rng().normal(size=(6, 2)), [1.0, 2.0]),
    ),
    "oblong kernels": lambda: joined(
        "x -> a", a=Conv2d.from_kernels(rng().normal(size=(2, 1, 3, 1)), (2, 2), padding=(1, 0), bias=[1.0, 2.0])
    ),
    "groups of kernels": lambda: joined(
        "x -> a", "a -> b", a=Conv2d.from_kernels(rng().normal(size=(4, 2, 1, 1)), (1, 1), groups=2),
        b=Flatten((4, 1, 1), start_dim=0),
    ),
    "currents": lambda: joined(
        "x -> a",
        a=CubaLIF(rng().normal(1.0, 1.0, (4, 3)), tau_mem=0.02, tau_syn=0.005, input_type=TSContinuous, w_in=2.0)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_gives_the_same_signals_after_nir(name):
    net = NETWORKS[name]()
    net.set_outputs([one for one in net.layers if not net.edges_from(one)] or ["a"])
    again = from_nir(to_nir(net), dt=DT)
    found, expected = signals(again), signals(net)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert np.any(other != 0)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dt", [5e-4, 2.5e-4])
def test_events_into_currents_differ_by_less_than_a_step_of_input(dt):
    """A jump of the current becomes an input of the same charge: the last values of v differ by O(dt)."""

    def last(step):
        net = Network([CubaLIF(np.array([0.5]), tau_mem=0.02, tau_syn=0.005, threshold=9.0, dt=step)])
        again = from_nir(to_nir(net), dt=step)
        events = TSEvent([0.01, 0.012], [0, 0], t_start=0.0, t_stop=0.02)
        found = again.evolve(events, record=["cuba_lif.v"])
        return net.evolve(events, record=["cuba_lif.v"]), found

    coarse, fine = last(dt), last(dt / 2)
    gaps = [abs(a["cuba_lif.v"].samples[-1] - b["cuba_lif.v"].samples[-1]) for a, b in (coarse, fine)]
    assert gaps[0] > 0
    assert 1.5 < gaps[0] / gaps[1] < 2.5
