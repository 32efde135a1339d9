"""A layer that is recorded writes its rows where they are kept, whatever it does with its buffers."""

import numpy as np
import pytest

from graphnet import ArrayLayer, Network, Size, TSContinuous, positional
from graphnet.plan.recording import Recording
from graphnet.span import Arena
from layers import PassThrough, Rate

U = np.random.default_rng(1).normal(size=(90, 5))


class Turning(ArrayLayer):
    """Returns one of two buffers in turn, or its input, or a fresh array, by the number of the block."""

    size: Size = positional()

    def initial(self):
        return {"calls": np.zeros(1, dtype=np.int64)}

    def advance(self, state, block, span):
        one, two = span.empty((span.steps, self.size)), span.empty((span.steps, self.size))
        one[:] = -7.0
        two[:] = -8.0
        out = [one, two, two, block, block.copy(), one][state["calls"][0] % 6]
        state["calls"] += 1
        if out is not block:
            out[:] = block + 1.0
        return state, out


def series():
    return TSContinuous.from_clocked(U, 1e-3)


@pytest.mark.parametrize("backend", ["serial", "threads"])
@pytest.mark.parametrize("block", [1, 4, 7, 90])
def test_a_layer_that_returns_now_this_buffer_now_that_one_is_recorded_rightly(block, backend):
    net = Network([Turning(5, dt=1e-3), PassThrough(5, dt=1e-3)])
    calls = np.arange(-(-90 // block)).repeat(block)[:90, np.newaxis]
    expected = np.where(calls % 6 == 3, U, U + 1.0)
    for _ in range(2):  # the second run has the plan of the first
        found = net.evolve(series(), block=block, backend=backend, record=["turning", "pass_through"])
        assert np.array_equal(found["turning"].samples, expected)
        assert np.array_equal(found["pass_through"].samples, expected)
        net.reset_all()


def test_the_rows_of_a_record_are_what_the_layer_was_handed(monkeypatch):
    seen = []
    advance = Rate.advance
    monkeypatch.setattr(Rate, "advance", lambda *given: (seen.append(advance(*given)), seen[-1])[1])
    net = Network([Rate(np.eye(5), dt=1e-3)])
    samples = net.evolve(series(), block=30)["rate"].samples
    assert [np.shares_memory(out, samples) for _, out in seen] == [False, True, True]


def test_another_layer_of_the_same_form_does_not_write_into_a_record():
    net = Network([Rate(np.eye(5), dt=1e-3, name=name) for name in "abc"])
    both = net.evolve(series(), block=10, record=["a", "b", "c"])
    net.reset_all()
    assert np.array_equal(net.evolve(series(), block=10, record="a")["a"].samples, both["a"].samples)


def test_a_result_is_its_own_when_the_network_runs_on():
    net = Network([Rate(np.eye(5), dt=1e-3)])
    first = net.evolve(series(), block=10)["rate"].samples
    before = first.copy()
    net.reset_all()
    net.evolve(TSContinuous.from_clocked(-U, 1e-3), block=10)
    assert np.array_equal(first, before)


def test_a_buffer_of_another_shape_is_never_the_record():
    recording, rows = Recording(Arena()), np.zeros((4, 2))
    recording.begin()
    out = recording.take((4, 2), rows.dtype)
    recording.returned = recording.place_of(out)
    assert recording.place_of(np.zeros((4, 2))) == -1
    for shape, dtype in [((3, 2), rows.dtype), ((4, 2), np.dtype(np.float32))]:
        recording.begin()
        recording.rows = rows
        assert recording.take(shape, dtype) is not rows
    recording.begin()
    recording.rows = rows
    assert recording.take((4, 2), rows.dtype) is rows
    assert recording.take((4, 2), rows.dtype) is not rows
