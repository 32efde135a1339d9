"""A layer that lags breaks a cycle as the delay of an edge does, to the bit, whatever the blocks and rates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet import CycleError, Network, TSContinuous, TSEvent
from graphnet.testing import same_bits
from layers import LIF, Delay, Linear, Rate, Select

RNG = np.random.default_rng(2)
W, BACK = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 3)) / 4
X = RNG.normal(size=(200, 3))


def rates(steps, *, layer, also=0, dt=1e-3):
    """A loop of two rate layers, fed back after some steps: over a layer, or over an edge and a layer that does nothing
    but hand on; ``also`` more steps on the edge behind it."""
    net = Network(seed=4)
    net.input("x", 3)
    net.add_layer(Rate(W, dt=1e-3, noise_std=0.1, seed=1, activation="tanh"), name="a")
    net.add_layer(Rate(np.eye(4), dt=dt, noise_std=0.1, seed=2, activation="tanh"), name="b")
    back = Delay(4, delay=steps * 1e-3, dt=1e-3) if layer else Select(range(4), 4, dt=1e-3)
    net.add_layer(back, name="back")
    net.add_layer(Linear(BACK, dt=1e-3), name="weigh")
    net.connect("x", "a", merge="sum")
    net.connect("a", "b")
    net.connect("b", "back", delay=0.0 if layer else steps * 1e-3)
    net.connect("back", "weigh", delay=also * 1e-3)
    net.connect("weigh", "a")
    return net


def content(net, block):
    out = net.evolve(TSContinuous.from_clocked(X, 1e-3), block=block, record=["a", "b", "back", "weigh", "a.x"])
    return [np.asarray(out[name].samples) for name in ("a", "b", "back", "weigh", "a.x")]


@given(steps=st.integers(1, 9), also=st.integers(0, 4), block=st.integers(1, 60))
def test_a_loop_over_a_delay_is_the_loop_over_an_edge(steps, also, block):
    expected = content(rates(steps, layer=False, also=also), 200)
    assert same_bits(content(rates(steps, layer=True, also=also), block), expected)


@given(steps=st.integers(1, 4), block=st.integers(1, 60))
def test_so_it_is_where_the_loop_has_two_rates(steps, block):
    expected = content(rates(2 * steps, layer=False, dt=2e-3), 100)
    assert same_bits(content(rates(2 * steps, layer=True, dt=2e-3), block), expected)


def spikes(layer):
    net = Network(seed=4)
    net.input("x", 3)
    net.add_layer(LIF(3.0 * W, noise_std=0.5, seed=1), name="lif")
    weights = 0.1 * (1.0 + np.arange(16.0).reshape(4, 4) % 5)
    net.add_layer(LIF(weights, input_type=TSEvent, v0=0.5, threshold=0.6), name="other")
    back = Delay(4, TSEvent, delay=[0.002, 0.003, 0.002, 0.004]) if layer else Select(range(4), 4, TSEvent)
    net.add_layer(back, name="back")
    net.connect("x", "lif")
    net.connect("lif", "other", merge="sum")
    if layer:
        net.connect("other", "back")
    else:
        for j, late in enumerate([0.002, 0.003, 0.002, 0.004]):
            net.connect("other", "back", delay=late, pre_channels=[j], post_channels=[j])
    net.connect("back", "other")
    return net


@pytest.mark.parametrize("block", [1, 3, 64, 200])
def test_events_come_round_a_loop_after_the_delay_of_each_channel(block):
    found, expected = (
        net.evolve(TSContinuous.from_clocked(X, 1e-3), block=size, record=["other", "back"])
        for net, size in ((spikes(True), block), (spikes(False), 200))
    )
    assert len(expected["back"]) > 50
    for name in ("other", "back"):
        assert np.array_equal(found[name].times, expected[name].times)
        assert np.array_equal(found[name].channels, expected[name].channels)


def test_a_variable_of_a_layer_that_lags_is_recorded_inside_a_loop():
    plain, watched = rates(3, layer=True), rates(3, layer=True)
    expected = content(plain, 50)
    out = watched.evolve(TSContinuous.from_clocked(X, 1e-3), block=50, record=["b", "back", "back.line"])
    assert np.array_equal(out["b"].samples, expected[1])
    assert np.array_equal(out["back"].samples, expected[2])
    ring = out["back.line"].samples.reshape(200, 3, 4)
    for k in range(200):  # a step leaves its sample where the ring then stands
        assert np.array_equal(ring[k, k % 3], expected[1][k])


def test_a_resumed_loop_over_a_delay_goes_on_with_the_same_bits():
    whole = content(rates(5, layer=True), 64)
    net = rates(5, layer=True)
    ts = TSContinuous.from_clocked(X, 1e-3)
    first = net.evolve(ts, duration=0.083, record=["b"])
    again = rates(5, layer=True)
    again.restore(net.checkpoint())
    rest = again.evolve(ts, duration=0.117, record=["b"])
    assert np.array_equal(np.concatenate([first["b"].samples, rest["b"].samples]), whole[1])


def test_threads_and_trials_run_such_a_loop():
    expected = content(rates(4, layer=True), 200)
    net = rates(4, layer=True)
    found = net.evolve(TSContinuous.from_clocked(X, 1e-3), backend="threads", workers=2, block=20, record=["b"])
    assert np.array_equal(found["b"].samples, expected[1])


def test_a_delay_of_no_steps_breaks_no_cycle():
    with pytest.raises(CycleError, match="these wait for each other: a -> b -> back -> weigh -> a"):
        rates(0, layer=True)


def test_a_delay_below_the_common_step_of_a_loop_is_refused_as_too_short():
    with pytest.raises(CycleError, match=r"no delay of the loop .* is as long as the common step of its layers, 2 ms"):
        rates(1, layer=True, dt=2e-3)
