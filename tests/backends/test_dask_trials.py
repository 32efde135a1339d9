"""Trials on the processes of a cluster: the bits and the errors of serial ones, in their order."""

import numpy as np
import pytest
from distributed import Client, LocalCluster

from graphnet import InputError, Network, TSContinuous
from layers import Linear, Rate


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as opened,
    ):
        yield opened


def noisy():
    draw = np.random.default_rng(0).normal
    return Network([Rate(draw(size=(3, 20)), noise_std=0.1), Linear(draw(size=(20, 80)))], seed=4)


def recordings(count):
    draw = np.random.default_rng(1).normal
    return [TSContinuous.from_clocked(draw(size=(50, 3)), 1e-3) for _ in range(count)]


def test_trials_on_a_cluster_give_the_bits_of_serial_ones_and_leave_the_network(client):
    net = noisy()
    serial = net.evolve_trials(recordings(11))
    remote = net.evolve_trials(recordings(11), backend=client)
    for one, other in zip(serial, remote, strict=True):
        assert np.array_equal(one["linear"].samples, other["linear"].samples)
    assert net.t == 0.0 and not np.any(net["rate"].state)
    assert client.status == "running"


def test_each_trial_has_noise_of_its_own_whatever_runs_beside_it(client):
    series = recordings(1)[0]
    one, two = noisy().evolve_trials([series, series], backend=client)
    assert not np.array_equal(one["rate"].samples, two["rate"].samples)
    (alone,) = noisy().evolve_trials([series], backend=client, first=1)
    assert np.array_equal(alone["rate"].samples, two["rate"].samples)


def test_the_first_trial_that_fails_tells_its_error(client):
    wrong = recordings(6)
    wrong[2] = TSContinuous.from_clocked(np.zeros((50, 2)), 1e-3)
    with pytest.raises(InputError, match="has 3 channels, the series has 2"):
        noisy().evolve_trials(wrong, backend=client)
    assert noisy().evolve_trials([], backend=client) == []
