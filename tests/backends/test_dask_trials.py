"""Trials on the processes of a cluster: the bits and the errors of serial ones, in their order."""

import os
import signal

import numpy as np
import pytest
from distributed import Client, LocalCluster

from graphnet import InputError, Network, TSContinuous, backends
from graphnet.errors import ClusterError
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


def deadly(item):
    if item < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    if item == 0:
        raise ZeroDivisionError("nothing goes into nothing")
    return 10 * item


def test_each_call_is_answered_though_others_raise_or_kill_their_worker():
    items = [-1, 1, 0, -1, 2, 3, 4]
    found = {number: (value, error) for number, value, error in backends.each(deadly, items, "dask", 2)}
    assert {number: value for number, (value, _) in found.items() if value is not None} == {1: 10, 4: 20, 5: 30, 6: 40}
    assert {number: type(error) for number, (value, error) in found.items() if value is None} == {
        0: ClusterError, 2: ZeroDivisionError, 3: ClusterError,
    }  # fmt: skip
    assert "the process that ran it was killed, or it crashed" in str(found[0][1])


@pytest.mark.parametrize("backend", ["serial", "threads"])
def test_in_this_process_a_call_that_raises_is_answered_too(backend):
    found = {number: (value, repr(error)) for number, value, error in backends.each(deadly, [1, 0, 2], backend, 2)}
    assert found == {0: (10, "None"), 1: (None, "ZeroDivisionError('nothing goes into nothing')"), 2: (20, "None")}
