"""Trials start where the network stands, leave it there, and have noise by their number alone."""

import numpy as np
import pytest

from graphnet import InputError, Network, NetworkError, TSContinuous
from graphnet.testing import same_bits
from layers import Rate
from tests.laws.walls import Smooth


def build():
    net = Network(seed=3)
    net.input("x", 2)
    net.add_layer(Rate(np.eye(2), dt=1e-3, noise_std=0.5), name="r")
    net.connect("x -> r")
    net.evolve(ones(0.0, 10))
    return net


def ones(start=0.01, steps=20):
    return TSContinuous.from_clocked(np.ones((steps, 2)), 1e-3, start)


def test_a_trial_is_the_run_of_its_number_and_leaves_the_network_as_it_was():
    net = build()
    before = net["r"].state.copy()
    found = net.evolve_trials([ones()] * 4, block=7)
    assert net.t == 0.01 and same_bits(np.array(net["r"].state), before)
    for number, one in enumerate(found):
        assert same_bits(one["r"].samples, net.copy().evolve(ones(), trial=number)["r"].samples)


def test_the_third_trial_is_the_same_however_many_there_are():
    net = build()
    (alone,) = net.evolve_trials([ones()], first=3)
    assert same_bits(alone["r"].samples, net.evolve_trials([ones()] * 5, backend="threads")[3]["r"].samples)


def test_no_trials_give_nothing_and_a_bad_one_says_why():
    net = build()
    assert net.evolve_trials([]) == []
    with pytest.raises(InputError, match="covers"):
        net.evolve_trials([ones(), ones(steps=3)], duration=0.02)


def test_a_plain_layer_would_share_its_state_among_trials():
    net = Network([Smooth(np.eye(2))])
    with pytest.raises(NetworkError, match="trials would share its state"):
        net.evolve_trials([ones()])
