"""Threads that share a piece of work change no bit of it, and end with it."""

import threading

import numpy as np
import pytest

from graphnet import Network, TSContinuous
from graphnet.backends import threads
from graphnet.products import TILE, WIDE, multiply
from graphnet.team import members, share, team
from layers import Rate


def test_a_team_has_its_members_and_ends_with_its_block():
    before = set(threading.enumerate())
    assert members() == 1
    with team(3):
        assert members() == 3
        with team(2):
            assert members() == 2
        assert members() == 3
    assert members() == 1
    assert set(threading.enumerate()) <= before


def test_every_part_is_done_by_a_thread_of_its_own_at_the_same_time():
    meeting, met = threading.Barrier(3), []
    with team(3):
        share(lambda part: met.append((meeting.wait(20) >= 0, part, threading.get_ident())), 3)
    assert sorted(part for _, part, _ in met) == [0, 1, 2]
    assert len({thread for *_, thread in met}) == 3


def test_another_thread_is_not_of_the_team():
    seen = []
    with team(2):
        one = threading.Thread(target=lambda: seen.append(members()))
        one.start()
        one.join()
    assert seen == [1]


@pytest.mark.parametrize("fails", [0, 1])
def test_an_error_of_any_part_is_raised_once_all_have_ended(fails):
    done = []

    def work(part):
        if part == fails:
            raise ZeroDivisionError(str(part))
        done.append(part)

    with team(2), pytest.raises(ZeroDivisionError, match=str(fails)):
        share(work, 2)
    assert done == [1 - fails]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("steps", [1, TILE, 3 * TILE, 5 * TILE + 17])
@pytest.mark.parametrize("workers", [2, 3, 8])
def test_a_product_that_is_shared_has_the_same_bits(steps, workers, dtype):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(steps, 70)).astype(dtype), rng.normal(size=(70, 260)).astype(dtype)
    assert w.size >= WIDE
    alone, shared = np.empty((steps, 260), dtype), np.empty((steps, 260), dtype)
    multiply(x, w, alone, 0, True)
    with team(workers):
        multiply(x, w, shared, 0, True)
    assert np.array_equal(alone, shared)


@pytest.mark.parametrize("block", [None, 64, 200])
def test_one_wide_layer_is_shared_where_nothing_else_can_be(block, monkeypatch):
    """On threads its products go to a team, and the run has the bits of a serial one."""
    sizes = []
    monkeypatch.setattr(threads, "team", lambda workers: (sizes.append(workers), team(workers))[1])
    w = np.random.default_rng(1).normal(size=(200, 1000))
    net = Network([Rate(w, dt=1e-3, activation="tanh")])
    u = TSContinuous.from_clocked(np.random.default_rng(2).normal(size=(2000, 200)), 1e-3)
    alone = net.evolve(u)["rate"].samples
    net.reset_all()
    shared = net.evolve(u, backend="threads", workers=2, block=block)["rate"].samples
    assert np.array_equal(alone, shared)
    assert set(sizes) == {2}
