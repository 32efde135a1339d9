"""Threads in compiled code that meet at every step see what the others wrote, and none of them waits for ever."""

import numpy as np
import pytest

import layers.reservoir
from graphnet import Network, RunError, Span, TSContinuous
from graphnet.backends import threads
from graphnet.jit import Kernel
from graphnet.meeting import Meeting, meet
from graphnet.team import share, team
from graphnet.testing import same_bits
from layers import Reservoir, activation

DRAW = np.random.default_rng(3).normal
SIZE = 2 * layers.reservoir.ALONE + 40


@activation("bent")
def bent(x):
    return x / (1.0 + abs(x))


def relay(me, turns, passed, at, parts, resting, meet):
    for k in range(turns):
        if k % parts == me:
            passed[k + 1] = passed[k] + 1  # what another thread wrote in the turn before
        meet(me, k + 1, at, parts, resting)


@pytest.mark.parametrize("parts", [2, 3])
def test_what_a_thread_wrote_before_a_turn_is_read_after_it(parts):
    place, passed = Meeting(parts), np.zeros(20_001, dtype=np.int64)
    run = Kernel(relay)
    run(0, 0, passed, *Meeting(1).arguments, meet())  # compiled before anybody waits
    with team(parts):
        share(lambda me: run(me, 20_000, passed, *place.arguments, meet()), parts)
    assert np.array_equal(passed, np.arange(20_001))


def test_nobody_waits_for_a_thread_that_does_not_come():
    place, passed = Meeting(2), np.zeros(6, dtype=np.int64)
    run = Kernel(relay)

    def work(me):
        if me == 1:
            place.end()
            raise ZeroDivisionError
        run(me, 5, passed, *place.arguments, meet())

    with team(2), pytest.raises(ZeroDivisionError):
        share(work, 2)


def reservoir(dtype="float64", **given):
    return Reservoir(
        DRAW(size=(3, SIZE)), DRAW(size=(SIZE, SIZE)) / np.sqrt(SIZE), leak=0.3, dtype=dtype, dt=1e-3, **given
    )


@pytest.mark.parametrize("given", [{}, {"bias": 0.1, "noise_std": 0.2}, {"activation": "bent"}], ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("steps", [0, 1, 40])
def test_units_that_threads_share_have_the_same_bits(steps, dtype, given):
    layer, u = reservoir(dtype, **given), DRAW(size=(steps, 3)).astype(dtype)

    def run(workers):
        watch = {"x": np.empty((steps, SIZE), dtype)}
        with team(workers):
            state, out = layer.advance(layer.initial(), u, Span(5, steps, 7, watch=watch))
        return out, state, watch

    assert same_bits(run(2), run(1))
    assert same_bits(run(3), run(1))


def test_a_reservoir_on_threads_meets_and_has_the_bits_of_a_serial_run(monkeypatch):
    met = []
    made = Meeting.__init__
    monkeypatch.setattr(Meeting, "__init__", lambda self, parts: (met.append(parts), made(self, parts))[1])
    monkeypatch.setattr(threads, "SLACK", 1e9)  # a busy machine does not have it given up
    u, net = TSContinuous.from_clocked(DRAW(size=(600, 3)), 1e-3), Network([reservoir()])
    alone = net.evolve(u, block=50)["reservoir"].samples
    net.reset_all()
    assert np.array_equal(net.evolve(u, block=50, backend="threads", workers=2)["reservoir"].samples, alone)
    assert set(met) == {2}


def test_a_thread_that_fails_in_a_scan_ends_the_run(monkeypatch):
    def scan(*given):
        raise ArithmeticError("on purpose")

    monkeypatch.setattr(threads, "SLACK", 1e9)
    monkeypatch.setattr(layers.reservoir, "_shared", lambda: scan)
    monkeypatch.setattr(layers.reservoir, "scan_with", lambda one, own: one)
    u, net = TSContinuous.from_clocked(DRAW(size=(600, 3)), 1e-3), Network([reservoir()])
    with pytest.raises(RunError, match="on purpose"):
        net.evolve(u, block=50, backend="threads", workers=2)
    assert net.t == 0.0
