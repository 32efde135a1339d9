"""Izhikevich's neurons against a plain loop of the paper's steps, and the kinds of firing that it names.

Izhikevich 2003, Simple model of spiking neurons, IEEE Transactions on Neural Networks 14(6): the equations, the four
parameters of each kind, and the program that steps a network by 1 ms: two steps of 0.5 ms for v, then one for u.
"""

import math

import numpy as np
import pytest

from graphnet import Events, Span, TSContinuous, TSEvent
from layers import Izhikevich

KINDS = {
    "regular spiking": {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0},
    "intrinsically bursting": {"a": 0.02, "b": 0.2, "c": -55.0, "d": 4.0},
    "chattering": {"a": 0.02, "b": 0.2, "c": -50.0, "d": 2.0},
    "fast spiking": {"a": 0.1, "b": 0.2, "c": -65.0, "d": 2.0},
    "low-threshold spiking": {"a": 0.02, "b": 0.25, "c": -65.0, "d": 2.0},
}


def run(layer, block, steps, *watch, key=1):
    watched = {name: np.empty((steps, *layer.initial()[name].shape)) for name in watch}
    _, events = layer.advance(layer.initial(), block, Span(0, steps, key=key, watch=watched))
    return events, *watched.values()


def plain_loop(current, kind, rec=None, parts=2, dt=1.0, tau_syn=None):
    """Spikes and v, u of the paper's program; rows of ``rec`` are added to the current of the step after a spike."""
    a, b, c, d = (np.broadcast_to(kind[name], current.shape[1:]) for name in "abcd")
    v = np.full(current.shape[1], -65.0)
    u = b * v
    sent, slow = np.zeros(len(v)), np.zeros(len(v))
    fired, voltages, recoveries = [], [], []
    for row in current:
        i = row + sent / dt
        if tau_syn is not None:  # the mean over the step of a current that decays
            slow = slow + sent
            i = row + slow * tau_syn / dt * -math.expm1(-dt / tau_syn)
            slow = slow * math.exp(-dt / tau_syn)
        for _ in range(parts):
            v = v + dt / parts * (0.04 * v**2 + 5.0 * v + 140.0 - u + i)
        u = u + dt * (a * (b * v - u))
        spikes = v >= 30.0
        v = np.where(spikes, c, v)
        u = np.where(spikes, u + d, u)
        sent = np.zeros(len(v))
        if rec is not None:
            for j in np.flatnonzero(spikes):
                sent = sent + rec[j]
        fired.append(spikes)
        voltages.append(v)
        recoveries.append(u)
    return np.array(fired), np.array(voltages), np.array(recoveries)


def raster(events, shape):
    found = np.zeros(shape, dtype=bool)
    found[events.step, events.channel] = True
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("dt", "parts"), [(1e-3, 2), (8e-4, 2), (5e-4, 1), (1e-4, 1)])
def test_every_kind_is_the_plain_loop_bit_for_bit(kind, dt, parts):
    steps = round(0.5 / dt)
    current = 10.0 + 4.0 * np.random.default_rng(1).normal(size=(steps, 3))
    events, v, u = run(Izhikevich(np.ones(3), **KINDS[kind], dt=dt), current, steps, "v", "u")
    fired, voltages, recoveries = plain_loop(current, KINDS[kind], parts=parts, dt=dt * 1e3)
    assert fired.sum() > 10
    assert np.array_equal(raster(events, fired.shape), fired)
    assert np.array_equal(v, voltages)
    assert np.array_equal(u, recoveries)


def papers_network(excitatory=160, inhibitory=40, steps=400):
    """The paper's network at a fifth of its size: its spread of parameters and weights, its thalamic input."""
    rng = np.random.default_rng(3)
    e, i = rng.random(excitatory), rng.random(inhibitory)
    kind = {
        "a": np.concatenate([0.02 + 0 * e, 0.02 + 0.08 * i]),
        "b": np.concatenate([0.2 + 0 * e, 0.25 - 0.05 * i]),
        "c": np.concatenate([-65 + 15 * e**2, -65 + 0 * i]),
        "d": np.concatenate([8 - 6 * e**2, 2 + 0 * i]),
    }
    size = excitatory + inhibitory
    rec = 5 * np.concatenate([0.5 * rng.random((excitatory, size)), -rng.random((inhibitory, size))])
    scale = np.concatenate([np.full(excitatory, 5.0), np.full(inhibitory, 2.0)])
    return kind, rec, scale * rng.normal(size=(steps, size))


def test_the_papers_network_is_its_program():
    """At dt = 1 ms a spike adds its weight to the current of the step after it, as the program does."""
    kind, rec, current = papers_network()
    size = current.shape[1]
    events, v, u = run(Izhikevich(np.ones(size), rec, **kind), current, len(current), "v", "u")
    fired, voltages, recoveries = plain_loop(current, kind, rec)
    assert fired.sum() > 500
    assert np.array_equal(raster(events, fired.shape), fired)
    # a sum of weights is added in another order
    assert np.max(np.abs(v - voltages)) < 1e-9
    assert np.max(np.abs(u - recoveries)) < 1e-9


def test_a_network_with_synaptic_currents_is_the_plain_loop():
    """While rounding, which the network makes ten times greater every 20 ms, is still small."""
    kind, rec, current = papers_network(steps=120)
    bias = 4.0 + np.abs(current[0])
    layer = Izhikevich(None, 0.1 * rec, bias=bias, tau_syn=5e-3, **kind)
    events, v = run(layer, None, len(current), "v")
    fired, voltages, _ = plain_loop(np.tile(bias, (len(current), 1)), kind, 0.1 * rec, tau_syn=5.0)
    assert fired.sum() > 500
    assert np.array_equal(raster(events, fired.shape), fired)
    assert np.max(np.abs(v - voltages)) < 1e-6


def test_currents_of_receptors_decay_exactly_and_enter_by_their_mean():
    layer = Izhikevich(
        {"exc": [[3.0]], "inh": [[-2.0]]}, tau_syn={"exc": 0.004, "inh": 0.01}, input_type=TSEvent, threshold=1e9
    )
    event = Events(np.array([0]), np.zeros(1, dtype=np.int32))
    watch = {"v": np.empty((40, 1))}
    state, _ = layer.advance(layer.initial(), {"exc": event, "inh": event}, Span(0, 40, watch=watch))
    starts = np.arange(40)[:, None]
    mean = [w * t * (1 - math.exp(-1 / t)) * np.exp(-starts / t) for w, t in ((3.0, 4.0), (-2.0, 10.0))]
    _, voltages, _ = plain_loop(sum(mean), KINDS["regular spiking"])
    assert np.max(np.abs(watch["v"] - voltages)) < 1e-10
    assert np.allclose(state["current"][:, 0], [3.0 * math.exp(-10), -2.0 * math.exp(-4)], rtol=1e-12)


def intervals(kind, current=10.0, seconds=1.0, dt=1e-4):
    """Milliseconds between spikes under a constant current, at a step at which bursts are those of the equations."""
    steps = round(seconds / dt)
    events, *_ = run(Izhikevich([[1.0]], **KINDS[kind], dt=dt), np.full((steps, 1), current), steps)
    return np.diff(events.step) * dt * 1e3


def test_regular_spiking_begins_fast_and_settles():
    found = intervals("regular spiking")
    assert found[0] < 0.7 * found[-3:].mean()
    assert np.ptp(found[3:]) < 1.0


def test_fast_spiking_fires_much_faster_and_without_slowing_down():
    fast, regular = intervals("fast spiking"), intervals("regular spiking")
    assert fast[-3:].mean() < 0.5 * regular[-3:].mean()
    assert np.ptp(fast[3:]) < 1.0


def test_intrinsically_bursting_begins_with_one_burst_and_goes_on_with_single_spikes():
    found = intervals("intrinsically bursting")
    assert found[0] < 8.0
    assert len(found) > 10
    assert np.all(found[2:] > 15.0)


def test_chattering_fires_bursts_all_along():
    found = intervals("chattering")
    within, between = found[found < 10.0], found[found > 15.0]
    assert len(between) > 10
    assert len(within) >= 2 * len(between)
    assert len(within) + len(between) == len(found)


def test_noise_adds_up_to_its_strength_at_any_dt():
    """Without drive b = 0 and u = 0 leave dv/dt = 0.04 v^2 + 5 v + 140 + noise: 0.6 per ms of pull back around -70."""
    units, rest = 4000, (-5.0 - math.sqrt(25.0 - 4 * 0.04 * 140)) / 0.08
    found = []
    for dt in (1e-3, 2.5e-4):
        layer = Izhikevich(np.zeros((1, units)), a=0.0, b=0.0, v0=rest, noise_std=20.0, dt=dt, input_type=TSContinuous)
        state, _ = layer.advance(layer.initial(), None, Span(0, round(0.02 / dt), key=3))
        found.append(state["v"].std())
    pull = -(0.08 * rest + 5.0)
    exact = 20.0 / math.sqrt(2 * pull * 1e3)  # of an Ornstein-Uhlenbeck process with that pull, per s
    assert found[1] == pytest.approx(exact, rel=0.1)
    assert found[0] == pytest.approx(found[1], rel=0.15)
