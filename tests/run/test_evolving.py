"""A run is all or nothing, goes on where the last one ended, and says what it was asked for wrongly."""

import pickle
import threading

import numpy as np
import pytest

from graphnet import Layer, Network, ParameterError, RunError, StateError, TimeError, TSContinuous, UnknownName
from graphnet.testing import same_bits
from layers import LIF, ExpSyn, Linear, PassThrough, Rate


class Overflowing(PassThrough):
    """Gives infinity on channel 1 from step 5 on."""

    def advance(self, state, block, span):
        y = span.empty((span.steps, self.size_out))
        y[:] = 1.0
        y[max(0, 5 - span.start) :, 1] = np.inf
        return state, y


class Plain(Layer):
    """Gives NaN at its third step."""

    block_safe = True

    def evolve(self, ts_input=None, duration=None, num_timesteps=None):
        _, rows, steps = self._prepare_input(ts_input, duration, num_timesteps)
        start, out = round(self.t / self.dt), np.array(rows)
        out[max(0, 2 - start) : max(0, 3 - start), 0] = np.nan
        self._t = (start + steps) * self.dt
        return TSContinuous.from_clocked(out, self.dt, start * self.dt)

    def to_dict(self):
        return super().to_dict()


def single(kind=Rate, **options):
    net = Network(name="one", seed=1)
    net.input("x", 3)
    net.add_layer(kind(np.eye(3), dt=1e-3, **options) if kind in (Rate, LIF, Plain) else kind(3, dt=1e-3), name="r")
    net.connect("x -> r")
    return net


def ones(steps=20, start=0.0):
    return TSContinuous.from_clocked(np.ones((steps, 3)), 1e-3, start)


@pytest.mark.parametrize("block", [1, 7, None])
def test_a_run_goes_on_in_absolute_time(block):
    net, twin = single(noise_std=0.3), single(noise_std=0.3)
    net.evolve(ones(30), duration=0.012, block=block)
    second = net.evolve(ones(30), block=block)["r"]
    assert second.t_start == 0.012 and second.t_stop == 0.03
    assert same_bits(second.samples, twin.evolve(ones(30))["r"].samples[12:])


def test_an_input_that_starts_anew_at_zero_is_refused_with_its_cure():
    net = single()
    net.evolve(ones(20))
    with pytest.raises(TimeError, match=r"ts\.start_at\(net\.t\)"):
        net.evolve(ones(20))
    assert len(net.evolve(ones(20).start_at(net.t))["r"]) == 20


def test_a_periodic_input_lasts_as_long_as_the_run():
    x = TSContinuous.from_clocked(np.arange(12.0).reshape(4, 3), 1e-3, periodic=True)
    net = single(PassThrough)
    assert np.array_equal(net.evolve(x, num_timesteps=10)["r"].samples, np.resize(x.samples, (10, 3)))


@pytest.mark.parametrize("block", [1, 7, None])
def test_the_layer_step_and_channel_where_infinity_is_born_are_named(block):
    net = single(Overflowing)
    with pytest.raises(RunError, match=r"r gives inf at step 5, 0\.005 s, channel 1") as caught:
        net.evolve(ones(), block=block, check_finite="block")
    assert caught.value.layer == "r" and net.t == 0
    assert (caught.value.__cause__.step, caught.value.__cause__.channel) == (5, 1)


def test_a_plain_layer_is_looked_at_too():
    with pytest.raises(RunError, match=r"r gives nan at step 2, 0\.002 s, channel 0"):
        single(Plain).evolve(ones(), block=4, check_finite="block")


def loop():
    net = Network(name="ring", seed=1)
    net.input("x", 3)
    net.add_layer(Rate(np.eye(3), dt=1e-3), name="a")
    net.add_layer(Overflowing(3, dt=1e-3), name="b")
    net.connect("x", "a", merge="sum")
    net.connect("a -> b")
    net.connect("b -> a @ 2 ms")
    return net


@pytest.mark.parametrize("block", [1, 7, None])
def test_a_member_of_a_loop_is_named_and_not_the_loop(block):
    net = loop()
    with pytest.raises(RunError, match=r"^b failed in block .* b gives inf at step 5") as caught:
        net.evolve(ones(), block=block, check_finite="block")
    assert caught.value.layer == "b"
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.layer, again.block, again.time, str(again)) == (
        caught.value.layer, caught.value.block, caught.value.time, str(caught.value),
    )  # fmt: skip


# ---------------------------------------------------------------------- recording


def test_what_is_recorded_twice_is_there_once_and_nothing_gives_nothing():
    net = single()
    assert sorted(net.evolve(ones(), record=["r", "r", "r.x", "x"])) == ["r", "r.x", "x"]
    assert list(net.evolve(num_timesteps=3, record=[])) == []


@pytest.mark.parametrize(
    ("record", "error", "words"),
    [
        (["rr"], UnknownName, "did you mean 'r'"),
        (["r.y"], UnknownName, "no state variable named 'y'"),
        ([{"signal": "r", "every": 0.0015}], TimeError, "the nearest are"),
        ([{"signal": "r", "every": 0.0}], ParameterError, "at least the layer's dt"),
        ([{"signal": "r", "evry": 1}], TypeError, "record takes names"),
        (7, TypeError, "record takes names"),
        ([None], TypeError, "record takes names"),
    ],
)
def test_what_cannot_be_recorded_is_refused(record, error, words):
    net = single()
    with pytest.raises(error, match=words) as caught:
        net.evolve(ones(), record=record)
    assert words in str(caught.value) and net.t == 0


@pytest.mark.parametrize("block", [1, 7, None])
def test_samples_are_kept_at_whole_multiples_of_the_interval(block):
    net = single()
    net.evolve(num_timesteps=3)
    found = net.evolve(ones(40), record=[{"signal": "r", "every": 0.005}], block=block)["r"]
    assert np.array_equal(found.times, np.arange(5, 40, 5) / 1000)


# ---------------------------------------------------------------------- callbacks, progress, threads


def test_callbacks_see_each_block_and_may_end_the_run():
    net, seen = single(), []

    def callback(given, block, signals):
        seen.append((given is net, block, signals["r"].t_start, len(signals["r"]), net.t))
        return block == 2

    result = net.evolve(ones(), block=4, callbacks=[callback])
    assert seen == [(True, 0, 0.0, 4, 0.0), (True, 1, 0.004, 4, 0.0), (True, 2, 0.008, 4, 0.0)]
    assert net.t == 0.012 and len(result["r"]) == 12 and result.info.simulated == 0.012


def test_a_callback_that_raises_changes_nothing():
    net = single()
    with pytest.raises(ZeroDivisionError):
        net.evolve(ones(), block=4, callbacks=[lambda *_: 1 / 0])
    assert net.t == 0 and not net["r"].state.any()


@pytest.mark.parametrize("callbacks", [(), [lambda *_: None]])
def test_progress_is_told_in_simulated_seconds(callbacks, capsys):
    single().evolve(ones(), block=4, progress=True, callbacks=callbacks)
    said = capsys.readouterr()
    assert "0.02/0.02 s simulated" in said.err and said.out == ""


def test_two_threads_in_one_network_are_told_so_and_do_no_harm():
    net, twin = single(noise_std=0.2), single(noise_std=0.2)
    began, refused = threading.Event(), []

    def second():
        began.wait(10)
        try:
            net.evolve(num_timesteps=1)
        except StateError as error:
            refused.append(str(error))

    other = threading.Thread(target=second)
    other.start()

    def callback(*_):
        began.set()
        other.join(10)

    found = net.evolve(ones(), callbacks=[callback])
    assert len(refused) == 1 and "is being evolved already" in refused[0]
    assert same_bits(found["r"].samples, twin.evolve(ones())["r"].samples)


def test_what_a_run_starts_from_is_read_after_the_run_before_it_has_ended(monkeypatch):
    """A second thread that comes while the first commits must not run from the old time and the new state."""
    net, times = single(), []
    target = "graphnet.run.evolving.check_ready"
    monkeypatch.setattr(target, lambda one: times.append(one.lock.locked()) or [])
    net.evolve(ones())
    assert times == [True]


def test_independent_trials_on_threads_give_the_bits_of_serial_ones():
    net = single(noise_std=0.2)
    net.add_layer(Linear(np.random.default_rng(1).normal(size=(3, 900)), dt=1e-3), name="wide")
    net.connect("r -> wide")
    given = [ones(100)] * 6
    one, other = (net.evolve_trials(given, backend=backend) for backend in ("serial", "threads"))
    assert all(same_bits(a["wide"].samples, b["wide"].samples) for a, b in zip(one, other, strict=True))
    assert not same_bits(one[0]["wide"].samples, one[1]["wide"].samples) and net.t == 0


def test_synapses_and_neurons_of_a_loop_run_on_after_a_run_of_no_steps():
    net = Network(seed=2)
    net.add_layer(LIF(np.eye(2), bias=2.0, dt=1e-3), name="n")
    net.add_layer(ExpSyn(np.eye(2), dt=1e-3), name="s")
    net.connect("n -> s")
    net.connect("s -> n @ 1 ms")
    assert len(net.evolve(num_timesteps=0)["s"]) == 0
    assert net.t == 0 and len(net.evolve(num_timesteps=5)["s"]) == 5
